# SPDX-License-Identifier: MIT
"""Probes that get messages: the last message counts, foreign ones cost next to
nothing, and jig sleeps until one arrives."""

import pathlib
import select
import signal

import pytest
from helpers import PYTHON, Running, await_ready, pinned, wait_until

ROUNDS = 20

#: How the command says it: the options of the probe, what it plays.
MESSAGES = {
    "notify": (["--ready", "notify"], "notify"),
    "fd": (["--ready", "fd"], "fd"),
    "log": (["--ready", "log:up"], "log"),
    "captured": (["--ready", "log:up", "--capture", "both"], "log"),
}


@pytest.mark.parametrize("cage", ["auto", "subreaper"])
@pytest.mark.parametrize("stopped", ["", "stop"])
@pytest.mark.parametrize("daemon", [[], ["--daemon"]], ids=["run", "daemon"])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_just_before_the_end_counts(
    run, place, compiled, identity, name, daemon, stopped, cage
):
    options, message = MESSAGES[name]
    program = place.copy(compiled("last_word"), "last_word")
    words = ["--quiet", "--leftovers", "ignore", "--cage", cage, *options, *daemon]
    command = [program, message, *filter(None, [stopped])]
    for _ in range(ROUNDS):
        done = run(*words, "--", *command, identity=identity)
        assert done.status == 0, done


def field(pid: int, file: str, name: str) -> int:
    """A number of /proc/PID/FILE."""
    lines = pathlib.Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


FLOOD = """
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for i in range(int(sys.argv[2])):
    s.sendto(b"STATUS=x", b"\\0" + sys.argv[1][1:].encode())
"""

MEMBERS = 150
SENT = 200

#: To list the cage takes a read for each member. A sender alone takes a few.
READS = 30 * SENT


@pytest.fixture(name="crowd")
def _crowd(root, start, place):
    """Root's fixture of many processes; only on request does it say READY=1, and
    it does not end on SIGTERM. @return it, and the name of its socket."""
    place.copy(PYTHON, "python")
    script = (
        "trap : TERM; i=0; while [ $i -lt $1 ]; do sleep 1000 & i=$((i+1)); done; "
        '[ -z "$2" ] || systemd-notify --ready; echo "$NOTIFY_SOCKET"; while :; do sleep 1000; done'
    )

    def go(ready: str):
        words = ["-v", "--grace", "15s", "--ready", "notify", "--cage", "subreaper", "--"]
        jig = start(*words, *place.sh(script, "sh", str(MEMBERS), ready))
        return jig, jig.line()

    return go


def reads_of_a_flood(jig, name: str) -> int:
    """How often the guard has read something for a stranger's messages; all but
    those that are in the queue have been read then."""
    before = field(jig.pid, "io", "syscr")
    command = [PYTHON, "-c", FLOOD, name, str(SENT)]
    with Running(command, "user") as stranger:
        assert stranger.wait() == 0
    return field(jig.pid, "io", "syscr") - before


def test_a_strangers_message_is_dropped_without_a_listing(crowd):
    jig, name = crowd("")
    assert reads_of_a_flood(jig, name) < READS
    assert "ready after" not in jig.err()


def test_messages_cost_nothing_once_it_is_ready(crowd):
    jig, name = crowd("ready")
    await_ready(jig)
    assert reads_of_a_flood(jig, name) < SENT


def test_messages_cost_nothing_during_a_stop(crowd, place):
    jig, name = crowd("")
    jig.signal(signal.SIGTERM)
    wait_until(lambda: len(place.running()) < MEMBERS / 2, "it is being stopped")
    assert reads_of_a_flood(jig, name) < SENT
    jig.signal_again(signal.SIGTERM)
    jig.wait()


def test_jig_sleeps_until_a_message_comes(start, place):
    words = ["-v", "--ready", "notify", "--ready", "fd:9", "--"]
    script = "echo up; read x; systemd-notify --ready; echo >&9; exec sleep 1000"
    jig = start(*words, *place.sh(script), stdin=-1)
    jig.await_line("up")

    def rests():
        seen = field(jig.pid, "status", "voluntary_ctxt_switches")
        select.select([], [], [], 0.5)
        return field(jig.pid, "status", "voluntary_ctxt_switches") == seen

    wait_until(rests, "its set-up is over")
    before = field(jig.pid, "status", "voluntary_ctxt_switches")
    with pinned([jig.pid]) as (fd,):
        assert not select.select([fd], [], [], 2)[0], "it has ended"
    assert field(jig.pid, "status", "voluntary_ctxt_switches") - before <= 3
    jig.stdin.write(b"\n")
    jig.stdin.flush()
    await_ready(jig)
