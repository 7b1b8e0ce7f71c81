# SPDX-License-Identifier: MIT
"""`--owner stdin`: the fixture ends with the process at the other end of standard input.

The teardown of `place` (conftest.py) asks the oracle for processes that are left.
"""

import contextlib
import os
import signal
import socket
import subprocess

import pytest
from helpers import FAILED, Running, await_end, children_of, jig_run, main_of, one_line
from helpers import pinned, send, state_of, stopped, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: Main, a child in its own session, and a daemon of this child.
FAMILY = """
setsid sh -c '(setsid sleep 600 &) ; echo child; exec sleep 600' &
echo main; wait
"""

#: A writer of standard input, and jig as its child: the writer says what jig says.
OWNER = """
import subprocess, sys, time
jig = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE)
if sys.argv[1] == "flood":
    while True:
        jig.stdin.write(b"x" * 65536)
time.sleep(600)
"""


def ready(running):
    assert {running.line(), running.line()} == {"child", "main"}


@pytest.fixture(name="place")
def _place(place):
    place.python = place.copy("/usr/bin/python3", "python")
    return place


@pytest.mark.parametrize("writes", ["nothing", "flood"])
def test_the_writer_is_killed(place, cage, identity, group, writes):
    """Also while it writes all the time: jig reads, and its end is still seen."""
    words = jig_run("--owner", "stdin", "--cage", cage, *place.sh(FAMILY))
    command = [place.python, "-SE", "-c", OWNER, writes, *words]
    with Running(command, identity, group, env=place.env, cwd=place.work) as owner:
        ready(owner)
        (jig,) = children_of(owner.pid)
        with pinned([jig]) as (guard,):
            owner.signal(signal.SIGKILL)
            owner.wait()
            await_end(guard)
    assert place.alive() == []


def test_the_normal_stop_policy_holds(start, place):
    script = "trap 'echo told' TERM; echo up; sleep 600 & while :; do wait; done"
    jig = start(
        "--owner", "stdin", "--report", "report", "--stop", "TERM 100ms KILL",
        *place.sh(script), stdin=subprocess.PIPE,
    )  # fmt: skip
    jig.await_line("up")
    jig.stdin.close()
    assert jig.line() == "told" and jig.wait() == 128 + signal.SIGKILL
    report = place.read_report()
    assert report["reason"] == "owner-died"
    assert [one["signal"] for one in report["signals"]] == ["SIGTERM", "SIGKILL"]


def test_the_bytes_are_not_the_commands(start, place):
    """The command has /dev/null, and a writer never waits for a reader."""
    jig = start(
        "--owner", "stdin", *place.sh('echo "<$(cat)>"; echo up; sleep 600'),
        stdin=subprocess.PIPE,
    )  # fmt: skip
    jig.await_line("<>")
    jig.await_line("up")
    assert os.readlink(f"/proc/{main_of(jig.pid)}/fd/0") == "/dev/null"
    block = b"x" * 65536
    for _ in range(64):  # 4 MiB: a pipe holds 64 KiB
        jig.stdin.write(block)
    jig.stdin.flush()
    jig.stdin.close()
    assert jig.wait() == 128 + signal.SIGTERM


def test_a_command_that_ends_first_ends_jig(start, place):
    jig = start("--owner", "stdin", *place.sh("exit 7"), stdin=subprocess.PIPE)
    assert jig.wait() == 7


@pytest.mark.parametrize("how", ["close", "shut"])
@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_a_socket_ends_when_its_peer_writes_no_more(start, place, family, how):
    """As sshd gives one: it shuts it down, or ends."""
    ours, theirs = connected(family)
    with ours, theirs:
        jig = start("--owner", "stdin", *place.sh("echo up; sleep 600"), stdin=theirs)
        theirs.close()
        jig.await_line("up")
        ours.sendall(b"x" * (1 << 20))
        if how == "shut":
            ours.shutdown(socket.SHUT_WR)
        else:
            ours.close()
        assert jig.wait() == 128 + signal.SIGTERM


def connected(family):
    if family == socket.AF_UNIX:
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        return ours, theirs


def test_another_reader_of_the_pipe_does_not_block_the_guard(start, place):
    """poll(2) says that there are bytes, and the other reader takes them: a guard
    that waited in read(2) would not act on SIGTERM."""
    out, into = os.pipe()
    with open(out, "rb", 0) as reader, open(into, "wb", 0) as writer:
        jig = start("--owner", "stdin", *place.sh("echo up; sleep 600"), stdin=out)
        jig.await_line("up")
        with pinned([jig.pid]) as (guard,):
            for _ in range(200):
                send(guard, signal.SIGSTOP)
                wait_until(lambda: state_of(jig.pid) == "T", "it is suspended")
                writer.write(b"x")
                send(guard, signal.SIGCONT)
                take(reader)
        # Nor are the flags changed that both share.
        assert os.get_blocking(out) and jig.is_alive()
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 128 + signal.SIGTERM


def take(reader):
    """Read what is there, without a wait."""
    os.set_blocking(reader.fileno(), False)
    with contextlib.suppress(BlockingIOError):
        os.read(reader.fileno(), 1)
    os.set_blocking(reader.fileno(), True)


def test_a_suspended_guard_and_the_writer_dies(start, place):
    """The supervisor watches, too."""
    script = "trap 'echo told; exit 3' TERM; echo up; sleep 600 & wait"
    jig = start("--owner", "stdin", *place.sh(script), stdin=subprocess.PIPE)
    jig.await_line("up")
    with stopped(jig.pid):
        jig.stdin.close()
        jig.await_line("told")
    assert jig.wait() == 3


REFUSED = {
    "a file": "is not a pipe",
    "/dev/null": "is not a pipe",
    "closed": "is not a pipe",
    "a datagram socket": "is not a pipe",
    "a listening socket": "is not a pipe",
    "an ended pipe": "has ended",
    "an ended socket": "has ended",
}


@contextlib.contextmanager
def bad_input(kind, place):
    with contextlib.ExitStack() as stack:
        if kind == "a file":
            yield stack.enter_context(open(place.path / "file", "w+b"))
        elif kind == "a datagram socket":
            yield stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        elif kind == "a listening socket":
            yield stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        elif kind == "an ended pipe":
            out, into = os.pipe()
            os.close(into)
            yield stack.enter_context(open(out, "rb"))
        elif kind == "an ended socket":
            ours, theirs = socket.socketpair()
            ours.close()
            yield stack.enter_context(theirs)
        else:
            yield subprocess.DEVNULL


@pytest.mark.parametrize("kind", REFUSED)
def test_an_input_without_a_writer_is_refused(run, place, kind):
    words = ["--owner", "stdin", *place.sh("echo started")]
    with bad_input(kind, place) as stdin:
        options = {"preexec_fn": lambda: os.close(0)} if kind == "closed" else {}
        result = run(*words, stdin=stdin, **options)
    assert result.status == FAILED and result.out == ""
    assert REFUSED[kind] in one_line(result)


def test_a_terminal_stays_the_commands_and_its_hang_up_ends_all(place):
    """jig reads no key. The command ignores SIGHUP: the stop policy ends it."""
    script = 'trap "" HUP; echo up; read x; echo "<$x>"; exec sleep 600'
    words = ["--owner", "stdin", "--group", "session", *place.sh(script)]
    ours, theirs = os.openpty()
    with open(ours, "r+b", 0) as master:
        with Running(jig_run(*words), env=place.env, stdin=theirs) as jig:
            os.close(theirs)
            jig.await_line("up")
            master.write(b"typed\n")
            jig.await_line("<typed>")
            master.close()
            jig.wait()
    assert place.alive() == []


def test_while_fixtures_start_the_writer_dies(start, place):
    jig = start(
        "--owner", "stdin", "--with", "echo $$ >pid; exec sleep 600", "--ready",
        "file:never", "--", *place.sh("echo started"), stdin=subprocess.PIPE,
    )  # fmt: skip
    wait_until(lambda: (place.work / "pid").exists(), "the fixture runs")
    jig.stdin.close()
    result = jig.end()
    assert result.status == FAILED and result.out == ""
    assert "the owner has died" in result.err and place.alive() == []


def test_fixtures_end_with_the_command(start, place):
    jig = start(
        "--owner", "stdin", "--with", "exec sleep 600", "--",
        *place.sh("echo up; sleep 600"), stdin=subprocess.PIPE,
    )  # fmt: skip
    jig.await_line("up")
    jig.stdin.close()
    assert jig.wait() == 128 + signal.SIGTERM and place.alive() == []


def test_a_job_ends_with_the_writer(world, place):
    out, into = os.pipe()
    with open(out, "rb", 0) as theirs, open(into, "wb", 0) as ours:
        world.start("--owner", "stdin", "sleep", "1000", stdin=theirs)
        theirs.close()
        ours.write(b"x" * 65536)
        assert world.job(1)["state"] == "running"
        ours.close()
        world.await_state(1, "ended")
    assert place.await_empty() == []


@pytest.mark.parametrize("around", [False, True])
def test_jig_up_ends_with_the_writer(project, place, stays, around):
    command = ["--", *place.sh('echo "<$(cat)>"; echo around; sleep 600')] if around else []
    here = project(Procfile=f"a: {stays}\n")
    jig_up = here.start("--owner", "stdin", *command, stdin=subprocess.PIPE)
    if around:
        jig_up.await_line("<>")  # the command's own is /dev/null
    jig_up.await_line("around" if around else "a.1 | up")
    jig_up.stdin.write(b"x" * (1 << 20))
    jig_up.stdin.flush()
    jig_up.stdin.close()
    result = jig_up.end()
    assert result.status == FAILED, result
    said = (result.err if around else result.out).splitlines()
    assert "a.1 | exited with status 0" in said and place.alive() == []


def test_jig_up_refuses_an_input_without_a_writer(project):
    result = project(Procfile="a: true\n").jig("up", "--owner", "stdin")
    assert result.status == 1 and "--owner stdin" in one_line(result), result
