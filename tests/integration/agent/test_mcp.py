# SPDX-License-Identifier: MIT
"""`jig agent --mcp`: a scripted client of the Model Context Protocol."""

import json

import agents
import jsonschema
import pytest
from helpers import wait_until


@pytest.fixture
def mcp(agent_of):
    agent = agent_of("--mcp", initialize=False)
    hello = agent.call(
        "initialize", protocolVersion="2025-06-18", capabilities={},
        clientInfo={"name": "test", "version": "1"},
    )  # fmt: skip
    assert hello["protocolVersion"] == "2025-06-18"
    assert hello["serverInfo"]["name"] == "jig"
    assert "tools" in hello["capabilities"]
    agent.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return agent


def tool(agent: agents.Agent, name: str, **arguments) -> dict:
    """The structured result, which the text repeats."""
    result = agent.call("tools/call", name=name, arguments=arguments)
    (content,) = result["content"]
    assert content["type"] == "text"
    assert not result["isError"], content["text"]
    assert json.loads(content["text"]) == result["structuredContent"]
    return result["structuredContent"]


def tool_error(agent: agents.Agent, name: str, **arguments) -> str:
    result = agent.call("tools/call", name=name, arguments=arguments)
    assert result["isError"]
    return result["content"][0]["text"]


def test_tools_have_schemas(mcp):
    tools = mcp.call("tools/list")["tools"]
    assert [one["name"] for one in tools] == [
        "start", "wait_ready", "tail", "stop", "list"
    ]  # fmt: skip
    for one in tools:
        jsonschema.Draft202012Validator.check_schema(one["inputSchema"])
        assert one["inputSchema"]["type"] == "object" and one["description"]


def test_a_session(mcp, place, sh, forever):
    started = tool(
        mcp, "start", command=sh(f"sleep 1000 & echo up; {forever}"), fixture="web",
        ready="log:up",
    )  # fmt: skip
    assert tool(mcp, "wait_ready", fixture="web", timeout="30s")["state"] == "ready"
    assert tool(mcp, "tail", fixture="web", lines=5)["text"] == "up\n"
    (one,) = tool(mcp, "list")["fixtures"]
    assert (one["fixture"], one["pid"]) == ("web", started["pid"])
    ended = tool(mcp, "stop", fixture="web")
    assert ended["state"] == "ended" and ended["report"]["cage"]["proved_empty"]
    assert place.alive() == []
    assert mcp.notes == []  # no notification that a client does not know


def test_the_end_of_the_session_ends_all(mcp, place, sh, forever):
    tool(mcp, "start", command=sh(f"setsid sleep 1000 & {forever}"))
    wait_until(lambda: place.pids("sleep"), "it runs")
    assert mcp.end() == 0
    assert place.alive() == []


def test_what_is_not_ready_shows_its_last_lines(mcp, sh):
    script = "echo first; echo broken >&2; exit 7"
    tool(mcp, "start", command=sh(script), fixture="x", ready="tcp:1")
    text = tool_error(mcp, "wait_ready", fixture="x")
    assert text.startswith("x: ") and "7" in text
    assert "broken" in tool(mcp, "tail", fixture="x")["text"]


def test_errors(mcp):
    assert "No such file" in tool_error(mcp, "start", command=["/does/not/exist"])
    assert "no fixture 'x'" in tool_error(mcp, "stop", fixture="x")
    assert "comand" in tool_error(mcp, "start", comand="true")
    assert "wait" in tool_error(mcp, "stop", fixture="x", wait=False)
    assert mcp.refusal("tools/call", name="reboot").code == agents.PARAMS
    assert mcp.refusal("tools/call", name="stop", arguments=[]).code == agents.PARAMS
    assert mcp.refusal("resources/list").code == agents.NO_METHOD
    mcp.send({"jsonrpc": "2.0", "method": "notifications/cancelled"})
    assert mcp.call("ping") == {}


def test_a_call_that_is_cancelled_has_no_answer(mcp, sh, forever):
    tool(mcp, "start", command=sh(forever), fixture="x", ready="tcp:1")
    wait = mcp.request("tools/call", name="wait_ready", arguments={"fixture": "x"})
    params = {"requestId": wait, "reason": "the user does not want it any more"}
    mcp.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
    tool(mcp, "stop", fixture="x")
    assert not mcp.has_answer(wait)
    (one,) = tool(mcp, "list")["fixtures"]
    assert one["state"] == "ended"


@pytest.mark.parametrize("asked, given", [("2024-11-05", "2024-11-05"), ("1999", None)])
def test_versions(agent_of, asked, given):
    agent = agent_of("--mcp", initialize=False)
    hello = agent.call("initialize", protocolVersion=asked, capabilities={})
    assert hello["protocolVersion"] == (given or "2025-11-25")
