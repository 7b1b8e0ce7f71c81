# SPDX-License-Identifier: MIT
"""After the end of all processes jig may wait until it can write its last messages.
A stop signal ends jig in that wait, as it ends any other program."""

import contextlib
import fcntl
import os
import pathlib
import signal
import struct
import subprocess
import termios

import pytest
from helpers import (
    DEADLINE_S,
    jig,
    jig_run,
    supervisor_of,
    wait_until,
)

STOP = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT]

#: It leaves a process, which jig has to name.
LEAVES = "read line; sleep 1000 & exit 3"


def fill(fd: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(fd, b"x" * 512)


#: Of a terminal.
READ_BUFFER = 4095


def waiting(fd: int) -> int:
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]


@contextlib.contextmanager
def full(where: str):
    """(reader, writer) of a channel that no process reads and that is full."""
    reader, writer = os.pipe() if where == "pipe" else os.openpty()
    own = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        fill(own)
        if where == "terminal":
            # The kernel moves so much from the full buffer to the reader's end.
            wait_until(lambda: waiting(reader) >= READ_BUFFER, "the reader's end is full")
            fill(own)
        os.close(own)
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def blocks(pid: int, signo: int) -> bool:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    mask = int(status.split("SigBlk:")[1].split()[0], 16)
    return bool(mask & 1 << signo - 1)


def await_last_words(pid: int) -> None:
    """A guard blocks all signals before; then it lets the stop signals in."""
    wait_until(lambda: not blocks(pid, signal.SIGTERM), "it takes SIGTERM")


@contextlib.contextmanager
def beside(command, **options):
    one = subprocess.Popen(command, stdin=subprocess.PIPE, **options)
    try:
        yield one
    finally:
        one.kill()
        one.wait(DEADLINE_S)
        one.stdin.close()


def let_main_end(one) -> None:
    supervisor_of(one.pid)
    wait_until(lambda: blocks(one.pid, signal.SIGTERM), "it is a guard")
    one.stdin.write(b"\n")
    one.stdin.flush()


@pytest.mark.parametrize("where", ["pipe", "terminal"])
@pytest.mark.parametrize("signo", STOP)
def test_a_stop_signal_ends_jig_while_its_messages_are_not_read(place, where, signo):
    with full(where) as (_, writer):
        command = jig_run("--grace", "0", "--", "sh", "-c", LEAVES)
        with beside(command, env=place.env, stderr=writer) as one:
            let_main_end(one)
            await_last_words(one.pid)
            one.send_signal(signo)
            assert one.wait(DEADLINE_S) == -signo


@pytest.mark.parametrize("around", [[], ["--with", "exec sleep 1000"]])
@pytest.mark.parametrize("signo", STOP)
def test_a_stop_signal_ends_jig_while_its_report_is_not_read(place, around, signo):
    with full("pipe") as (_, writer):
        words = ["--report", f"/dev/fd/{writer}", *around, "--", "sh", "-c", "read line"]
        with beside(
            jig_run(*words), env=place.env, pass_fds=[writer], stderr=subprocess.DEVNULL
        ) as one:
            let_main_end(one)
            await_last_words(one.pid)
            one.send_signal(signo)
            assert one.wait(DEADLINE_S) == -signo


def test_a_signal_that_jigs_caller_ignores_does_not_end_its_last_words(place):
    with full("pipe") as (reader, writer):
        command = ["nohup", *jig_run("--grace", "0", "--", "sh", "-c", LEAVES)]
        with beside(
            command, env=place.env, stdout=subprocess.DEVNULL, stderr=writer
        ) as one:
            let_main_end(one)
            await_last_words(one.pid)
            assert blocks(one.pid, signal.SIGHUP)
            one.send_signal(signal.SIGHUP)
            said = b""
            while b"1 leftover" not in said:
                said += os.read(reader, 65536)
            assert one.wait(DEADLINE_S) == 3


def test_words_that_are_read_after_a_stop_signal_are_whole(place):
    """A stop that was acted on does not end the words of that stop."""
    with full("pipe") as (reader, writer):
        script = "echo; exec sleep 1000"
        command = jig_run("-v", "--", "sh", "-c", script)
        with beside(command, env=place.env, stdout=subprocess.PIPE, stderr=writer) as one:
            assert one.stdout.readline() == b"\n"
            one.send_signal(signal.SIGTERM)
            said = b""
            while b"proved empty" not in said:
                said += os.read(reader, 65536)
            assert one.wait(DEADLINE_S) == -signal.SIGTERM
            one.stdout.close()


@pytest.mark.parametrize("signo", STOP)
def test_a_stop_signal_ends_a_jig_up_that_cannot_say_why_it_failed(place, project, signo):
    """The project runs already; the stop signals are blocked by then."""
    running = project("web: sleep 1000\n")
    running.start()
    running.await_answer()
    with full("pipe") as (_, writer):
        options = {"cwd": place.work, "stdout": subprocess.DEVNULL, "stderr": writer}
        with beside(jig("up"), env=place.env, **options) as one:
            wait_until(lambda: catches(one.pid, signo), "its last words")
            one.send_signal(signo)
            assert one.wait(DEADLINE_S) == -signo


def catches(pid: int, signo: int) -> bool:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.split("SigCgt:")[1].split()[0], 16) & 1 << signo - 1)
