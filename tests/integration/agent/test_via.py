# SPDX-License-Identifier: MIT
"""`start` with `via`: a fixture on another machine is as one here.

There jig is a copy in the place, so that an agent or a guard that is left there counts.
"""

import shlex
import signal

import agents
import pytest
import sshd
from helpers import stage, wait_until


HANGS = "sh -c 'exec sleep 600' sh"


@pytest.fixture(name="server")
def _server(place):
    place.copy(stage.jig_path(), "jig")
    with sshd.serving(place) as server:
        yield server


@pytest.fixture(name="near")
def _near(place):
    place.copy(stage.jig_path(), "jig")
    return "env"


@pytest.fixture(name="via", params=["env", "ssh"])
def _via(request, place):
    if request.param == "env":
        return request.getfixturevalue("near")
    return f"{shlex.quote(request.getfixturevalue('server').ssh)} host"


def test_output_the_code_and_the_report_are_those_there(agent, sh, via):
    agent.call("start", fixture="x", command=sh("echo out; echo err >&2; exit 3"),
               output="events", via=via)  # fmt: skip
    ended = agent.await_note("ended", "x")
    assert (ended["code"], ended["report"]["reason"]) == (3, "exit")
    assert ended["report"]["cage"]["proved_empty"] and ended["report"]["via"] == via
    assert (agent.text("x"), agent.text("x", "stderr")) == ("out\n", "err\n")


def test_ports_readiness_input_and_a_stop(agent, sh, via):
    script = "trap 'exit 5' TERM; echo up; read x; echo got $x; while :; do sleep 0.02; done"
    started = agent.call("start", fixture="x", command=sh(script), port=["web"],
                         ready="log:u(.)", stdin="pipe", output="events", via=via,
                         via_address="far")  # fmt: skip
    assert started["addresses"]["web"]["address"].startswith("far:")
    assert agent.await_note("ready", "x")["matches"] == {"1": "p"}
    agent.call("write", fixture="x", text="it\n")
    assert "got it" in agent.await_text("x", "got it")
    stopped = agent.call("stop", fixture="x", wait=True)
    assert (stopped["code"], stopped["report"]["reason"]) == (5, "stop")


@pytest.mark.parametrize(("name", "to"), [("KILL", "main"), ("USR1", "all"), ("KILL", "all")])
def test_signals_are_for_the_command_there(agent, sh, forever, via, name, to):
    agent.call("start", fixture="x", command=sh(f"echo up; {forever}"), ready="log:up", via=via)
    agent.await_note("ready", "x")
    agent.call("signal", fixture="x", signal=name, to=to)
    ended = agent.await_note("ended", "x")
    assert ended["code"] == 128 + signal.Signals[f"SIG{name}"]
    assert ended["report"]["cage"]["proved_empty"]


def test_variables_and_fields_are_sent(agent, sh, near, place):
    (place.work / "deep").mkdir()
    agent.call("start", fixture="x", command=sh('pwd; umask; echo "$A|$B"; ulimit -n'), via=near,
               chdir=str(place.work / "deep"), umask="077", env={"A": "a b", "B": ""},
               output="events", limit=["nofile=99:99"])  # fmt: skip
    agent.await_note("ended", "x")
    assert agent.text("x").splitlines() == [str(place.work / "deep"), "0077", "a b|", "99"]


def test_the_limit_of_files_is_that_there(agent, sh, near):
    """The agent has raised its own."""
    agent.call("start", fixture="x", command=sh("ulimit -n"), output="events", via=near)
    agent.call("start", fixture="y", command=sh("ulimit -n"), output="events")
    agent.await_note("ended", "x")
    agent.await_note("ended", "y")
    assert agent.text("x") == agent.text("y")


def test_a_restart_is_there_too(agent, sh, forever, via):
    first = agent.call("start", fixture="x", command=sh(f"echo up; {forever}"), port=["web"],
                       ready="log:up", via=via)  # fmt: skip
    agent.await_note("ready", "x")
    again = agent.call("restart", fixture="x")
    assert again["addresses"] == first["addresses"] and again["pid"] != first["pid"]
    assert agent.call("stop", fixture="x", wait=True)["report"]["via"] == via


@pytest.mark.parametrize(
    ("fields", "errno", "says"),
    [
        ({"via": "no-such-transport"}, "ENOENT", "no-such-transport"),
        ({"via": "false"}, "EHOSTUNREACH", "before jig there has answered"),
        ({"via_jig": "/nowhere"}, "ENOPKG", "has not found a '/nowhere'"),
        ({"via": HANGS, "via_timeout": "200ms"}, "ETIMEDOUT", "within 0.200 s"),
        ({"command": ["/nowhere"]}, "ENOENT", "/nowhere"),
        ({"user": "no-such-user"}, "EINVAL", "no-such-user"),
    ],
)
def test_a_start_that_fails(agent, near, fields, errno, says):
    error = agent.refusal("start", **{"via": near, "command": ["true"], **fields})
    assert error.data["errno"] == errno and says in str(error)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"via": "a 'b"}, "via"),
        ({"via": ""}, "via"),
        ({"via": 7.5, "via_timeout": "x"}, "via_timeout"),
        ({"via_push": True}, "via"),
        ({"via_timeout": 3}, "via"),
        ({"via": "env", "via_push": "yes"}, "via_push"),
        ({"via": "env", "via_address": "a b"}, "via_address"),
        ({"via": "env", "pty": True}, "pty"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(agent, fields, field):
    error = agent.refusal("start", command=["true"], **fields)
    assert (error.code, error.data["field"]) == (agents.PARAMS, field)


@pytest.mark.parametrize("how", ["eof", "kill"])
def test_the_agent_here_ends(agent, sh, place, via, how):
    agent.call("start", fixture="x", via=via, ready="log:up",
               command=sh("(setsid sleep 600 &); echo up; sleep 601"))  # fmt: skip
    agent.await_note("ready", "x")
    wait_until(lambda: len(place.pids("sleep")) == 2, "all run")
    if how == "eof":
        assert agent.end() == 0
    else:
        agent.popen.kill()
    wait_until(lambda: not place.pids("sleep"), "nothing is left there")


def test_an_end_that_is_not_known(agent, sh, near, place):
    """jig there is killed, and its supervisor ends the command."""
    script = "kill -KILL $(ps -o ppid= $(ps -o ppid= $PPID)); exec sleep 600"
    agent.call("start", fixture="x", command=["/bin/sh", "-c", script], via=near)
    ended = agent.await_note("ended", "x")
    assert ended["code"] in (None, -1) and "is not known" in ended["problem"]
    assert not (ended["report"] or {}).get("cage", {}).get("proved_empty")
