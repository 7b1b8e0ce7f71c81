# SPDX-License-Identifier: MIT
"""via: a command on another machine is as one here.

The transport is env(1), so that machine is this one; tests/integration/via has others.
"""

from __future__ import annotations

import asyncio
import signal

import jig
import pytest
from jig import process_fixture
from jig._program import program
from waiting import DEADLINE_S, wait_until

#: jig there is the one of this package.
THERE = {"via": "env", "via_jig": program()}


def test_a_server_there_is_ready_and_ends(place):
    script = f"setsid {place.sleep} & trap 'exit 5' TERM; echo up high; {place.sleep} & wait"
    with process_fixture(
        place.script(script), ports=["web"], ready="log:up (.*)", via_address="far", **THERE
    ) as p:
        assert p.match["1"] == "high"
        assert p.addr["web"] == f"far:{p.port['web']}"
        wait_until(lambda: len(place.running()) == 3, "all run")
    assert place.alive() == []
    assert p.returncode == 5 and p.report.reason == "stop"


def test_output_and_the_code_are_those_there():
    with process_fixture("echo out; echo err >&2; exit 3", **THERE) as p:
        assert p.wait() == 3
    assert p.tail().splitlines() == ["out", "err"]


def test_variables_are_sent_and_ours_are_not(monkeypatch):
    monkeypatch.setenv("OURS", "x")
    there = {**THERE, "via": "env -u OURS"}
    with process_fixture('echo "$A|$OURS|"', env={"A": "a b"}, **there) as p:
        p.wait()
    assert p.tail() == "a b||\n"


@pytest.mark.parametrize("name", ["KILL", "TERM", "USR1"])
def test_a_signal_is_for_the_command_there(place, name):
    signo = signal.Signals[f"SIG{name}"]
    with process_fixture(place.sleeper, **THERE) as p:
        p.send_signal(signo)
        assert p.wait() == -signo
    with jig.Popen(place.sleeper, **THERE) as q:
        q.send_signal(signo)
        assert q.wait() == -signo
        assert q.report.reason == "exit" and q.report.survivor_count == 0


def test_popen_communicates_with_what_is_there():
    with jig.Popen(
        ["cat"], stdin=jig.PIPE, stdout=jig.PIPE, text=True, cwd="/", **THERE
    ) as p:
        assert p.communicate("word", timeout=DEADLINE_S) == ("word", None)
    assert p.returncode == 0


def test_env_of_popen_is_the_whole_environment():
    env = {"A": "1"}
    with jig.Popen(["/usr/bin/env"], stdout=jig.PIPE, env=env, **THERE) as p:
        assert p.communicate()[0] == b"A=1\n"


def test_asyncio():
    async def run() -> bytes:
        p = await jig.create_subprocess_exec("echo", "far", stdout=jig.PIPE, **THERE)
        return (await p.communicate())[0]

    assert asyncio.run(run()) == b"far\n"


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"via": "no-such-transport"}, FileNotFoundError, "no-such-transport"),
        ({"via_jig": "/nowhere"}, OSError, "has not found a '/nowhere'"),
        ({"args": ["/nowhere"]}, FileNotFoundError, "/nowhere"),
        ({"via": "sh -c 'exec sleep 9' sh", "via_timeout": 0.2}, TimeoutError, "0.200 s"),
        ({"via": "a 'b"}, OSError, "via"),
    ],
)
def test_a_start_that_fails(options, error, says):
    every = {"args": ["true"], **THERE, **options}
    with pytest.raises(error) as raised, process_fixture(**every):
        pass
    assert isinstance(raised.value, jig.SpawnFailed) and says in raised.value.reason
    with pytest.raises(error):
        jig.Popen(**every)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"via_push": True}, ValueError, "need via"),
        ({"via_timeout": 1}, ValueError, "need via"),
        ({"via": ""}, ValueError, "via is empty"),
        ({"via": ["ssh", "host"]}, TypeError, "via is a str"),
        ({"via": "env", "pass_fds": [5]}, ValueError, "no descriptor"),
        ({"via": "env", "user": "root"}, ValueError, "as numbers"),
        ({"via": "env", "user": 0}, ValueError, "both given"),
    ],
)
def test_a_wrong_option_is_an_error_of_the_call(options, error, says):
    for make in (jig.Command, jig.Popen):
        with pytest.raises(error, match=says):
            make(["true"], **options)


def test_an_end_that_is_not_known():
    script = "kill -KILL $(ps -o ppid= $(ps -o ppid= $PPID)); sleep 600"
    with process_fixture(script, **THERE) as p:
        code = p.wait()
    assert code not in (0, 1) and (p.report is None or not p.report.proved_empty)
