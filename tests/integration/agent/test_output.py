# SPDX-License-Identifier: MIT
"""Output of `jig agent`: encodings, order, credit, floods, and what is lost."""

import base64
import functools
import itertools
import os

import pytest
from helpers import PYTHON, wait_until

#: Writes NUMBER numbered lines; a lost one is seen.
COUNTER = "i=0; while [ $i -lt {0} ]; do echo line $i; i=$((i+1)); done"


def test_streams_are_told_apart(agent, sh):
    agent.call(
        "start", fixture="x", command=sh("echo o; echo e >&2"), output="events"
    )
    agent.await_note("ended", "x")
    assert (agent.text("x"), agent.text("x", "stderr")) == ("o\n", "e\n")


def test_one_stream_keeps_the_order(agent, sh):
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done"
    agent.call(
        "start", fixture="x", command=sh(script), output="events", stderr="merge"
    )
    agent.await_note("ended", "x")
    assert agent.text("x") == "".join(f"o{i}\ne{i}\n" for i in range(1, 10))


def test_a_stream_may_be_off(agent, sh):
    agent.call(
        "start", fixture="x", command=sh("echo o; echo e >&2"), output="events",
        stderr="off",
    )  # fmt: skip
    agent.call("start", fixture="y", command=sh("readlink /proc/self/fd/1 >&2"),
               output="off")  # fmt: skip
    agent.await_note("ended", "x")
    agent.await_note("ended", "y")
    assert [note["fixture"] for note in agent.of("output")] == ["x"]
    assert agent.call("tail", fixture="y")["text"] == ""


def test_base64_is_every_byte(agent, place):
    data = bytes(range(256)) * 40
    (place.work / "data").write_bytes(data)
    agent.call(
        "start", fixture="x", command=["cat", "data"], output="events", encoding="base64"
    )
    agent.await_note("ended", "x")
    notes = [base64.b64decode(note["base64"]) for note in agent.of("output", "x")]
    assert b"".join(notes) == data
    tail = agent.call("tail", fixture="x")
    assert base64.b64decode(tail["base64"]) == data


def test_what_is_no_utf8_is_replaced(agent, place):
    data = b"a\xffb\xc3(\xe2\x82\x00\x1b[m\xed\xa0\x80z\xf0\x9f"
    (place.work / "data").write_bytes(data)
    agent.call("start", fixture="x", command=["cat", "data"], output="events")
    agent.await_note("ended", "x")
    # One mark for each byte that is no character.
    assert agent.text("x") == (
        "a\ufffdb\ufffd(\ufffd\ufffd\0\x1b[m\ufffd\ufffd\ufffdz\ufffd\ufffd"
    )


def test_a_character_is_never_cut(agent, gate):
    """Its bytes are written one by one, and read one by one."""
    script = (
        "import sys,time\n"
        "for b in 'aä€😀'.encode() * 3:\n"
        "    sys.stdout.buffer.write(bytes([b])); sys.stdout.flush(); time.sleep(0.002)"
    )
    agent.call("start", fixture="x", command=[PYTHON, "-c", script], output="events")
    agent.await_note("ended", "x")
    assert agent.text("x") == "aä€😀" * 3
    assert all("\ufffd" not in note["text"] for note in agent.of("output"))


def test_a_long_text_is_cut_between_characters(agent, place):
    text = "x" + "€" * 80_000
    (place.work / "data").write_text(text)
    agent.call("start", fixture="x", command=["cat", "data"], output="events")
    agent.await_note("ended", "x")
    assert len(list(agent.of("output"))) > 3
    assert agent.text("x") == text


def test_ended_is_the_last(agent, sh):
    for i in range(20):
        name = f"x{i}"
        agent.call(
            "start", fixture=name, command=sh(COUNTER.format(200)), output="events"
        )
        agent.await_note("ended", name)
        own = [n["method"] for n in agent.notes if n["params"].get("fixture") == name]
        assert own[-1] == "ended"
        assert agent.text(name) == "".join(f"line {k}\n" for k in range(200))


def test_credit_bounds_what_is_sent(agent, sh, forever):
    script = f"{COUNTER.format(1000)}; {forever}"
    agent.call(
        "start", fixture="x", command=sh(script), output="events", credit=100
    )
    agent.wait(lambda: len(agent.text("x")) == 100)
    # All is written, and nothing more is sent.
    wanted = "".join(f"line {k}\n" for k in range(1000))
    wait_until(
        lambda: agent.call("report", fixture="x")["output_bytes"] == len(wanted),
        "it has written all",
    )
    assert len(agent.text("x")) == 100
    agent.call("credit", fixture="x", bytes=50)
    agent.wait(lambda: len(agent.text("x")) == 150)
    agent.call("credit", fixture="x", bytes=10**6)
    agent.await_text("x", wanted[-20:])
    assert agent.text("x") == wanted
    assert not any("lost" in note for note in agent.of("output"))


def test_without_credit_the_end_is_known_and_ended_waits(agent, sh):
    agent.call(
        "start", fixture="x", command=sh("echo some; exit 4"), output="events", credit=0
    )
    assert agent.call("wait", fixture="x", until="ended")["code"] == 4
    assert next(agent.of("status", "x"))["state"] == "ended"
    assert not list(agent.of("ended", "x")) and not list(agent.of("output", "x"))
    agent.call("credit", fixture="x", bytes=100)
    agent.await_note("ended", "x")
    assert agent.text("x") == "some\n"


@pytest.mark.parametrize("overflow", ["lose", "wait"])
@pytest.mark.parametrize("method", ["restart", "start"])
def test_what_starts_again_does_not_wait_for_credit(agent, sh, method, overflow):
    """The rest of its output is sent without it, and `ended` comes before."""
    again = {
        "fixture": "x", "command": sh("echo some"), "output": "events", "credit": 0,
        "overflow": overflow,
    }  # fmt: skip
    agent.call("start", **again)
    agent.call("wait", fixture="x", until="ended")
    if method == "restart":
        again = {"fixture": "x"}
    agent.call(method, **again)
    assert agent.text("x") == "some\n"
    notes = [note["method"] for note in agent.notes]
    assert notes.index("output") < notes.index("ended")
    assert notes.count("ended") == 1
    agent.call("wait", fixture="x", until="ended")
    assert agent.text("x") == "some\n"


def test_a_restart_of_what_runs_does_not_wait_for_credit(agent, sh, forever):
    command = sh(f"echo some; {forever}")
    agent.call("start", fixture="x", command=command, output="events", credit=0)
    first = agent.call("wait", fixture="x")["pid"]
    report = functools.partial(agent.call, "report", fixture="x")
    wait_until(lambda: report()["output_bytes"] == 5, "it has written")
    assert agent.call("restart", fixture="x")["pid"] != first
    assert agent.text("x") == "some\n"


def test_what_is_lost_is_counted(agent, sh):
    agent.call(
        "start", fixture="x", command=sh(COUNTER.format(5000)), output="events",
        credit=0, ring_size=1000,
    )  # fmt: skip
    agent.call("wait", fixture="x", until="ended")
    total = agent.call("report", fixture="x")
    agent.call("credit", fixture="x", bytes=10**6)
    agent.await_note("ended", "x")
    notes = list(agent.of("output", "x"))
    wanted = "".join(f"line {k}\n" for k in range(5000))
    assert total["output_bytes"] == len(wanted)
    assert notes[0]["lost"] == len(wanted) - 1000 == total["output_lost"]
    assert agent.text("x") == wanted[-1000:]


def test_loss_between_many_small_parts_is_counted(agent, sh):
    script = "i=0; while [ $i -lt 2000 ]; do echo o; echo e >&2; i=$((i+1)); done"
    agent.call("start", fixture="x", command=sh(script), output="events", credit=0)
    agent.call("wait", fixture="x", until="ended")
    agent.call("credit", fixture="x", bytes=10**6)
    agent.await_note("ended", "x")
    lost = sum(note.get("lost", 0) for note in agent.of("output", "x"))
    kept = len(agent.text("x")) + len(agent.text("x", "stderr"))
    assert kept + lost == 8000


def test_a_slow_reader_delays_no_other_fixture(agent, sh, forever, place):
    flood = "while :; do echo 012345678901234567890123456789012345678901234567; done"
    agent.call("start", fixture="flood", command=sh(flood), output="events")
    done = place.work / "done"
    agent.request("start", fixture="other", command=sh(f"echo x >{done}; {forever}"))
    # We read nothing at all now.
    wait_until(done.exists, "the other one runs")
    report = functools.partial(agent.call, "report", fixture="flood")
    first = report()["output_bytes"]
    wait_until(lambda: report()["output_bytes"] > first, "it goes on")
    agent.call("stop", fixture="flood", wait=True)
    agent.await_note("ended", "flood")


def test_a_flood_is_bounded_and_all_is_accounted_for(agent, sh, place):
    """A client that reads nothing for a while: memory stays small."""
    words = [PYTHON, "-c", "import os\nfor i in range(3000): os.write(1, b'x' * 10000)"]
    agent.request("start", fixture="x", command=words, output="events")
    done = place.work / "done"
    agent.request("start", fixture="y", command=sh(f"while [ -e /proc/self ]; do "
                  f"echo x >{done}; exit; done"))  # fmt: skip
    wait_until(done.exists, "the agent serves")
    assert _resident(agent.pid) < 32 << 20
    agent.await_note("ended", "x")
    lost = sum(note.get("lost", 0) for note in agent.of("output", "x"))
    assert len(agent.text("x")) + lost == 30_000_000


@pytest.mark.parametrize("encoding", ["utf8", "base64"])
def test_a_command_may_wait_and_nothing_is_lost(agent, place, encoding):
    """With "overflow": "wait" a slow reader is what it is on a pipe."""
    count = 1_000_000
    script = f"import sys\nfor i in range({count}): sys.stdout.write('%d\\n' % i)"
    agent.call(
        "start", fixture="x", command=[PYTHON, "-c", script], output="events",
        overflow="wait", ring_size=4096, encoding=encoding,
    )  # fmt: skip
    agent.await_note("ended", "x")
    notes = list(agent.of("output", "x"))
    if encoding == "base64":
        text = b"".join(base64.b64decode(note["base64"]) for note in notes).decode()
    else:
        text = agent.text("x")
    assert text == "".join(f"{i}\n" for i in range(count))
    assert not any("lost" in note for note in notes)


#: Each byte is read before the next one, of the other stream, is written.
IN_TURN = """
import array, fcntl, os, termios, time

def write(fd):
    os.write(fd, b"oe"[fd - 1 : fd])
    left = array.array("i", [1])
    while left[0]:
        fcntl.ioctl(fd, termios.FIONREAD, left)
        time.sleep(0.0005)

for i in range(400):
    write(1)
    write(2)
"""


def test_streams_that_alternate_wait_and_lose_nothing(agent):
    """The agent stores the borders of some parts only (WRITTEN_PARTS)."""
    agent.call(
        "start", fixture="x", command=[PYTHON, "-c", IN_TURN], output="events",
        overflow="wait", credit=1,
    )  # fmt: skip

    def total() -> int:
        return agent.call("report", fixture="x")["output_bytes"]

    wait_until(lambda: total() >= 257, "no part more is stored")
    assert {total() for _ in range(100)} == {257}
    agent.call("credit", fixture="x", bytes=10**6)
    agent.await_note("ended", "x")
    assert agent.text("x") == "o" * 400 and agent.text("x", "stderr") == "e" * 400
    assert agent.call("report", fixture="x")["output_lost"] == 0


def test_without_credit_it_waits_and_is_stopped(agent, sh):
    script = "while :; do echo 0123456789; done"
    agent.call(
        "start", fixture="x", command=sh(script), output="events", overflow="wait",
        credit=1000, ring_size="64k",
    )  # fmt: skip
    agent.wait(lambda: len(agent.text("x")) == 1000)
    full = 1000 + 65536

    def total() -> int:
        return agent.call("report", fixture="x")["output_bytes"]

    wait_until(lambda: total() == full, "it stands still")
    assert total() == full
    assert agent.call("stop", fixture="x", wait=True)["state"] == "ended"
    assert not list(agent.of("ended", "x"))
    agent.call("credit", fixture="x", bytes=10**9)
    agent.await_note("ended", "x")
    text = agent.text("x")
    assert text == ("0123456789\n" * (len(text) // 11 + 1))[: len(text)]
    assert len(text) >= full


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("encoding", ["utf8", "base64"])
def test_two_floods_get_their_turns(agent, sh, encoding):
    flood = "while :; do echo 012345678901234567890123456789; done"
    for name in "ab":
        agent.call(
            "start", fixture=name, command=sh(flood), output="events", encoding=encoding
        )
    for name in itertools.islice(itertools.cycle("ab"), 6):
        agent.notes.clear()
        agent.await_note("output", name)
    for name in "ab":
        agent.request("stop", fixture=name)
    agent.notes.clear()
    for name in "ab":
        agent.await_note("ended", name)


def test_a_request_is_answered_beside_a_flood(agent, sh, forever):
    """A client reads all the time, but more slowly than the fixture writes: its
    requests are done, so that it can stop the flood."""
    agent.call("start", fixture="x", command=sh("while :; do echo 0123456789; done"),
               output="events")  # fmt: skip
    agent.await_text("x", "0123456789\n" * 1000)
    for _ in range(10):
        agent.call("ping")
    assert agent.call("stop", fixture="x", wait=True)["state"] == "ended"


def test_unread_output_leaves_room_for_answers(agent, sh):
    agent.call("start", fixture="x", command=sh("while :; do echo 0123456789; done"),
               output="events")  # fmt: skip
    wait_until(
        lambda: agent.call("report", fixture="x")["output_lost"] > 0, "its output has no room"
    )
    pings = [agent.request("ping") for _ in range(100)]
    for number in pings:
        assert agent.answer(number) == {}
