# SPDX-License-Identifier: MIT
"""The protocol is what jig-agent(7) and docs/agent.schema.json say.

The transcript of the manual is replayed, and every message of a session is checked
against the schema.
"""

import json
import re

import agents
import pytest
from helpers import TOP, jig, run

MAN = (TOP / "man" / "jig-agent.7.scd").read_text()
SCHEMA = json.loads((TOP / "docs" / "agent.schema.json").read_text())


def transcript() -> list[tuple[str, dict]]:
    """(">" or "<", message) of the manual's example; longer lines go on, indented."""
    block = re.search(r"^# TRANSCRIPT\n.*?^```\n(.*?)^```", MAN, re.M | re.S)[1]
    lines = block.replace("\\\\", "\\").replace("\n  ", "").splitlines()
    return [(line[0], json.loads(line[2:])) for line in lines]


def is_like(shown, said) -> bool:
    """What the manual shows is there; "..." is anything."""
    if shown == "...":
        return True
    if isinstance(shown, dict):
        return isinstance(said, dict) and all(
            key in said and is_like(value, said[key]) for key, value in shown.items()
        )
    return shown == said


def test_the_transcript_is_what_happens(agent_of):
    agent = agent_of(initialize=False)
    steps = transcript()
    assert len(steps) > 15
    waiting: list[dict] = []
    for who, message in steps:
        if who == ">":
            assert waiting == []
            agent.send(message)
            continue
        said = agent.message()
        assert is_like(message, said), f"{message}\nbut {said}"


def test_every_message_is_as_the_schema_says(agent_of, sh, place, forever):
    valid = agents.validator()
    seen = []

    class Watched(agents.Agent):
        def message(self, deadline_s=agents.DEADLINE_S):
            said = super().message(deadline_s)
            if said is not None:
                valid.validate(said)
                seen.append(said.get("method", "answer"))
            return said

        def send(self, message):
            valid.validate(message)
            super().send(message)

    (place.work / "well").touch()
    with Watched(initialize=False, env=place.env, cwd=place.work) as agent:
        agent.call("initialize", protocol=1, capabilities=True, client={"a": 1})
        agent.call(
            "start", fixture="x", command=sh(f"echo up; echo e >&2; {forever}"),
            port=["web"], ready="log:u(.)", output="events", stdin="pipe",
            env={"A": "b"}, grace=1, limit=["nofile=99"], live="file:well",
            live_interval="20ms", live_failures=1,
        )  # fmt: skip
        agent.await_note("ready", "x")
        for method in ("list", "ping"):
            agent.call(method)
        for method in ("report", "ps", "tail"):
            agent.call(method, fixture="x")
        agent.call("write", fixture="x", text="a")
        agent.call("signal", fixture="x", signal="CONT", to="all")
        agent.call("credit", fixture="x", bytes=5)
        agent.call("wait", fixture="x", until="ready", timeout="1s")
        agent.refusal("resize", fixture="x", rows=1, columns=1)
        agent.refusal("stop", fixture="none")
        (place.work / "well").unlink()
        agent.await_note("ended", "x")
        (place.work / "well").touch()
        agent.call("restart", fixture="x")
        agent.call("start", fixture="y", command="printf '\\377'", pty=True)
        agent.call("stop", fixture="x", wait=True, hurry=True)
        agent.call("shutdown")
        agent.rest()
        assert agent.status() == 0
    assert {"answer", "started", "output", "ready", "unhealthy", "status", "ended",
            "log"} == set(seen)  # fmt: skip


def test_the_schema_has_the_methods_and_the_fields(agent):
    methods = SCHEMA["$defs"]["request"]["properties"]["method"]["enum"]
    assert sorted(methods) == sorted(agent.hello["methods"])
    source = (TOP / "src/agent/fixture/recipe_fields.c").read_text()
    fields = re.findall(r'\{ "(\w+)", FIELD_\w+ \}', source)
    rules = SCHEMA["$defs"]["request"]["allOf"]
    (start,) = (
        rule["then"]["properties"]["params"]
        for rule in rules
        if rule["if"]["properties"]["method"]["const"] == "start"
    )
    assert len(fields) > 40
    assert sorted(start["properties"]) == sorted(fields)


@pytest.mark.parametrize("field", sorted(
    re.findall(r'\{ "(\w+)", FIELD_\w+ \}',
               (TOP / "src/agent/fixture/recipe_fields.c").read_text())))  # fmt: skip
def test_the_manual_names_each_field_of_start(field):
    section = re.search(r"^# FIELDS OF START\n(.*?)^# ", MAN, re.M | re.S)[1]
    assert re.search(rf"\b{field}\b|\b_{field}_\b", section)


def test_the_manual_names_each_method_and_notification(agent):
    for name in agent.hello["methods"]:
        assert re.search(rf"^\*{name}\*$", MAN, re.M), name
    for one in SCHEMA["$defs"]["notification"]["oneOf"]:
        name = one["$ref"].rpartition("/")[2]
        assert re.search(rf"^\*{name}\*$", MAN, re.M), name


# ------------------------------------------------------------ jig run --events


def test_events_of_a_run(run, place):
    done = run("--events", "events", "--port", "web", "--ready", "log:u(.)", "--report",
               "report", *place.sh("echo up; exit 3"))  # fmt: skip
    assert (done.status, done.out) == (3, "up\n")
    started, ready, ended = agents.events_of((place.work / "events").read_text())
    assert started["method"] == "started"
    assert ready["params"]["matches"] == {"1": "p"}
    assert ready["params"]["addresses"] == started["params"]["addresses"]
    assert (ended["params"]["code"], ended["params"]["status"]) == (3, 3)
    assert ended["params"]["report"] == place.read_report()
    assert ended["params"]["report"]["main"]["pid"] == started["params"]["pid"]


def test_events_to_a_descriptor_that_the_command_does_not_have(place):
    script = '"$@" --events 3 -- ls -l /proc/self/fd 3>events'
    words = [str(place.bin / "sh"), "-c", script, "sh", *jig("run")]
    done = run(words, env=place.env, cwd=place.work)
    assert done.status == 0 and "events" not in done.out
    assert len(agents.events_of((place.work / "events").read_text())) == 2


def test_events_of_what_cannot_start(run, place):
    done = run("--events", "events", "/does/not/exist")
    (ended,) = agents.events_of((place.work / "events").read_text())
    assert done.status == 127
    assert ended["params"]["status"] == 127 and ended["params"]["report"] is None
    assert "/does/not/exist" in ended["params"]["problem"]


def test_events_of_what_is_not_healthy(run, place, forever):
    script = f"rm well; {forever}"
    (place.work / "well").touch()
    run("--events", "events", "--live", "file:well", "--live-interval", "20ms",
        "--live-failures", "1", *place.sh(script))  # fmt: skip
    methods = [one["method"] for one in agents.events_of((place.work / "events").read_text())]
    assert methods == ["started", "unhealthy", "ended"]


def test_a_wrong_descriptor_is_an_error_before_the_start(run, place):
    done = run("--events", "77", *place.sh("echo started"))
    assert (done.status, done.out) == (125, "")
    assert "77" in done.err
