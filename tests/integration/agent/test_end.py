# SPDX-License-Identifier: MIT
"""The end of the client, in every state: nothing is left, and the agent exits."""

import json
import os
import signal
import socket
import subprocess
import time

import helpers
import pytest
from helpers import DEADLINE_S, pinned, send, wait_until

TERM = 128 + signal.SIGTERM


def line(method: str, number: int = 1, **params) -> bytes:
    body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(body).encode() + b"\n"


HELLO = line("initialize", 0, protocol=1)


def test_before_initialize(agent_of):
    assert agent_of(initialize=False).end() == 0


def test_while_fixtures_run(agent, sh, place, forever):
    for i in range(5):
        agent.call("start", fixture=f"x{i}", command=sh(f"sleep 1000 & {forever}"))
    wait_until(lambda: len(place.pids("sleep")) == 5, "all are there")
    assert agent.end() == 0
    assert place.alive() == []
    assert {note["fixture"] for note in agent.of("ended")} == {f"x{i}" for i in range(5)}
    assert next(agent.of("log"))["message"].endswith("standard input has ended")


def test_all_requests_before_the_end_are_taken(place):
    script = HELLO + line("start", fixture="a", command="echo a") + line("list", 2)
    done = helpers.run(helpers.jig("agent"), stdin=None, input=script, env=place.env)
    answers = [json.loads(text) for text in done.lines]
    assert [one["id"] for one in answers if "id" in one] == [0, 2, 1]
    assert done.status == 0


def test_during_a_start(agent, place):
    # The start is requested, and its answer is not awaited.
    agent.request("start", fixture="x", command=["sleep", "1000"])
    assert agent.end() == 0
    assert place.alive() == []


def test_during_a_hung_start(hung, agent):
    hung.hang("read", "prog")
    agent.request("start", fixture="x", command=[str(hung.path / "prog")])
    hung.await_hung("read")
    agent.close()
    hung.answer()
    agent.rest()
    assert agent.status() == 0


def test_during_a_stop(agent, sh, forever):
    script = f"trap 'echo told' TERM; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events", grace="1s")
    agent.await_text("x", "up\n")
    agent.request("stop", fixture="x", wait=True)
    agent.await_text("x", "told\n")
    assert agent.end() == 0
    report = agent.await_note("ended", "x")["report"]
    assert [one["signal"] for one in report["signals"]][-1] == "SIGKILL"


def test_while_a_restart_waits(agent, sh, forever):
    script = f"trap 'echo told' TERM; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events", grace="1s")
    agent.await_text("x", "up\n")
    agent.request("restart", fixture="x")
    agent.await_text("x", "told\n")
    assert agent.end() == 0
    assert len(list(agent.of("started", "x"))) == 1


def test_shutdown_is_answered_when_all_have_ended(agent, sh, place, forever):
    agent.call("start", fixture="x", command=sh(forever))
    assert agent.call("shutdown") == {}
    assert place.alive() == []
    assert len(list(agent.of("ended", "x"))) == 1
    agent.rest()
    assert agent.status() == 0


def test_no_start_after_shutdown(agent, sh, forever):
    script = f"trap 'echo told' TERM; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events", grace="1h")
    agent.await_text("x", "up\n")
    shutdown = agent.request("shutdown")
    agent.await_text("x", "told\n")
    assert agent.refusal("start", command="true").data["errno"] == "ECANCELED"
    assert agent.refusal("restart", fixture="x").data["errno"] == "ECANCELED"
    agent.call("stop", fixture="x", hurry=True)
    assert agent.answer(shutdown) == {}


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_an_end(agent, sh, place, forever, signo):
    agent.call("start", fixture="x", command=sh(forever))
    agent.popen.send_signal(signo)
    agent.rest()
    assert agent.status() == 128 + signo
    assert place.alive() == []


def test_a_second_signal_hurries(agent, sh, forever):
    script = f"trap 'echo told' TERM; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events", grace="1h")
    agent.await_text("x", "up\n")
    agent.popen.send_signal(signal.SIGTERM)
    agent.await_text("x", "told\n")
    agent.popen.send_signal(signal.SIGINT)
    agent.rest()
    assert agent.status() in (TERM, 128 + signal.SIGINT)


def test_the_agent_is_killed(agent, sh, place, forever):
    for i in range(3):
        agent.call("start", fixture=f"x{i}", command=sh(f"setsid sleep 1000 & {forever}"))
    wait_until(lambda: len(place.pids("sleep")) == 3, "all are there")
    with pinned([agent.pid]) as (fd,):
        send(fd, signal.SIGKILL)
    assert agent.status() == 128 + signal.SIGKILL
    assert place.await_empty() == []


def test_the_client_is_killed(place, sh, forever):
    """Another process holds neither pipe: the kernel closes them."""
    script = HELLO + line("start", fixture="x", command=sh(f"sleep 1000 & {forever}"))
    client = (
        "import subprocess, sys\n"
        f"p = subprocess.Popen({helpers.jig('agent')!r}, stdin=-1, stdout=-1)\n"
        f"p.stdin.write({script!r}); p.stdin.flush()\n"
        "[p.stdout.readline() for _ in range(3)]\n"
        "print(p.pid, flush=True); sys.stdin.read()\n"
    )
    words = [helpers.PYTHON, "-c", client]
    with helpers.Running(words, env=place.env, stdin=subprocess.PIPE) as running:
        agent = int(running.line())
        wait_until(lambda: place.pids("sleep"), "it runs")
        running.signal(signal.SIGKILL)
        running.wait()
    wait_until(lambda: not os.path.exists(f"/proc/{agent}"), "the agent has ended")
    assert place.await_empty() == []


def test_a_reader_that_goes_is_an_end(agent, sh, place, forever):
    """Its standard input is still open."""
    agent.call("start", fixture="x", command=sh(forever))
    agent.popen.stdout.close()
    agent.popen.stdout = None
    assert agent.status() == 0
    assert place.alive() == []


def test_a_client_that_does_not_read_does_not_block_the_end(agent, sh, place):
    script = "while :; do echo 0123456789012345678901234567890123456789; done"
    agent.call("start", fixture="x", command=sh(script), output="events")
    agent.await_text("x", "0123")
    agent.close()
    wait_until(lambda: not place.alive(), "the fixture has ended")
    assert agent.status() == 0  # nothing was read since


def test_a_client_that_does_not_read_and_sends_on(agent, sh, place, forever):
    """The queue is full, so its requests are not read; but its end is seen."""
    agent.call("start", fixture="x", command=sh(forever))
    os.set_blocking(agent.popen.stdin.fileno(), False)
    tail = line("list") * 100
    stuck = 0
    while stuck < 20:
        try:
            os.write(agent.popen.stdin.fileno(), tail)
            stuck = 0
        except BlockingIOError:
            stuck += 1
            time.sleep(0.01)
    agent.close()
    wait_until(lambda: not place.alive(), "the fixture has ended")
    assert agent.status() == 0


def test_on_a_socket(agent_of, sh, place, forever):
    """One socket for both: as inetd gives one."""
    ours, theirs = socket.socketpair()
    agent = agent_of(initialize=False, stdin=theirs, stdout=theirs)
    theirs.close()
    with ours, ours.makefile("rb") as answers:
        ours.settimeout(DEADLINE_S)
        ours.sendall(HELLO + line("start", fixture="x", command=sh(forever)))
        assert json.loads(answers.readline())["id"] == 0
        assert json.loads(answers.readline())["id"] == 1
        ours.shutdown(socket.SHUT_WR)
        assert b'"ended"' in answers.read()
    assert agent.status() == 0
    assert place.alive() == []


def test_from_a_file_to_a_file(place):
    (place.work / "in").write_bytes(HELLO + line("start", fixture="x", command="echo a"))
    with (place.work / "in").open("rb") as source, (place.work / "out").open("wb") as to:
        done = helpers.run(helpers.jig("agent"), stdin=source, stdout=to, env=place.env)
    assert done.status == 0
    lines = (place.work / "out").read_text().splitlines()
    assert [json.loads(one)["id"] for one in lines if '"id"' in one] == [0, 1]


def test_to_dev_null(place):
    with open(os.devnull, "wb") as null:
        done = helpers.run(
            helpers.jig("agent"), stdin=None, stdout=null, env=place.env,
            input=HELLO + line("start", fixture="x", command="exec sleep 1000"),
        )  # fmt: skip
    assert done.status == 0


def test_silence_is_an_end(agent_of, sh, place, forever):
    """The network is gone, and nothing closes the pipe."""
    agent = agent_of(initialize=False)
    agent.call("initialize", protocol=1, keep_alive="300ms")
    agent.call("start", fixture="x", command=sh(forever))
    agent.rest()
    assert agent.status() == 0
    assert "silent" in next(agent.of("log"))["message"]
    assert place.alive() == []


def test_a_ping_keeps_it(agent_of):
    agent = agent_of(initialize=False)
    agent.call("initialize", protocol=1, keep_alive="2s")
    for _ in range(8):
        time.sleep(0.4)
        agent.call("ping")
    assert list(agent.of("log")) == []


def test_a_client_without_a_flag_that_is_shared(agent_of):
    """The agent's O_NONBLOCK does not reach others that have the same pipe."""
    read, write = os.pipe()
    agent = agent_of(initialize=False, stdout=write)
    agent.send_bytes(HELLO)
    os.read(read, 65536)
    assert os.get_blocking(write) and os.get_blocking(read)
    assert os.get_blocking(agent.popen.stdin.fileno())
    agent.close()
    assert agent.status() == 0
    os.close(read)
    os.close(write)


def test_the_end_is_that_of_all_in_parallel(agent, sh, forever):
    """Ten fixtures that ignore SIGTERM take one grace time, not ten."""
    script = f"trap '' TERM; echo up; {forever}"
    for i in range(10):
        agent.call(
            "start", fixture=f"x{i}", command=sh(script), grace="1s", output="events"
        )
        agent.await_text(f"x{i}", "up\n")
    begun = time.monotonic()
    assert agent.end() == 0
    walls = [note["report"]["signals"] for note in agent.of("ended")]
    assert all(one[-1]["signal"] == "SIGKILL" for one in walls)
    # Each has begun its stop before the first one had ended.
    assert time.monotonic() - begun < 10
