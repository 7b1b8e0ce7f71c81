# SPDX-License-Identifier: MIT
"""What holds a call up does not hold jig up (EDGE_CASES 38, 40, 41).

A file system that stops answering (hungfs.py), a frozen terminal, a socket
whose queue is full: jig answers signals and deadlines, and ends.
"""

import os
import re
import signal
import socket
import subprocess
import termios

import pytest
from helpers import (
    DEADLINE_S,
    PYTHON,
    as_shell,
    await_end,
    await_ready,
    children_of,
    comm_of,
    jig_run,
    pinned,
    send,
    stat_of,
    supervisor_of,
    wait_until,
)

SILENT = "the file system does not answer"


def asides_of(guard: int) -> list[int]:
    return [pid for pid in children_of(guard) if comm_of(pid) == "jig-aside"]


def await_abandoned(hung, said: str) -> None:
    """It was named, and it ends when the file system answers."""
    pid = int(re.search(r"process (\d+) waits for a file system", said)[1])
    hung.answer()
    wait_until(lambda: not stat_of(pid), "it has ended")


# ------------------------------------------------------------------- the log


def test_a_plain_run_has_no_helper(start, place):
    jig = start("--", "sleep", "1000")
    supervisor = supervisor_of(jig.pid)
    assert children_of(jig.pid) == [supervisor]


def test_38_a_log_that_hangs_does_not_hold_the_command_up(
    start, hung, cage, group, identity
):
    hung.hang("write", "data")
    more = "yes | head -c 1000000; echo done >&2"
    log = str(hung.path / "data")
    words = ["--cage", cage, "--log", log, "--", "sh", "-c", more]
    with start(*words, identity=identity, group=group) as jig:
        done = jig.end()
    assert done.status == 0, done
    await_abandoned(hung, done.err)


def test_38_a_log_that_hangs_does_not_hold_a_signal_up(start, hung, place):
    hung.hang("write", "data")
    words = ["sh", "-c", "yes"]
    jig = start("--log", str(hung.path / "data"), "--", *words)
    hung.await_hung("write")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143
    await_abandoned(hung, jig.err())


def test_38_a_log_that_cannot_be_opened_is_an_error(run, hung, place):
    hung.hang("open", "data")
    done = run("--log", str(hung.path / "data"), "--", "sleep", "1000")
    assert done.status == 125
    assert SILENT in done.err


def test_the_log_has_all_when_the_supervisor_is_killed(start, place):
    log = place.work / "log"
    words = ["sh", "-c", "echo first; exec sleep 1000"]
    jig = start("--cage", "subreaper", "--log", str(log), "--", *words)
    wait_until(lambda: log.exists() and log.read_text(), "its output")
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)
    assert jig.wait() == 125
    assert log.read_text() == "first\n"
    assert "survived" not in jig.err()


def test_the_logs_writer_ends_with_the_guard(start, place):
    jig = start("--log", str(place.work / "log"), "--", "sleep", "1000")
    supervisor_of(jig.pid)
    with pinned(asides_of(jig.pid)) as fds:
        assert len(fds) == 1
        jig.signal(signal.SIGKILL)
        await_end(fds[0])


def test_no_byte_of_a_log_is_lost_on_a_healthy_disk(run, place):
    log = place.work / "log"
    done = run("--log", str(log), "--", "sh", "-c", "yes | head -c 20000000")
    assert done.status == 0
    assert log.stat().st_size == 20000000


# ---------------------------------------------------------------- the probes


@pytest.mark.parametrize("probe", ["file:{}", "unix:{}", "unix:{} owner=any"])
def test_38_a_probe_whose_path_hangs(run, hung, place, probe):
    hung.hang("lookup", "dir")
    text = probe.format(hung.path / "dir" / "file")
    done = run("--ready", text, "--start-timeout", "1s", "--", "sleep", "1000")
    assert done.status == 125
    assert f"{text}: {SILENT}" in done.err


@pytest.mark.parametrize("probe", ["file:{}", "unix:{}", "unix:{} owner=any"])
def test_38_a_probe_whose_path_hangs_does_not_hold_a_signal_up(start, hung, place, probe):
    hung.hang("lookup", "dir")
    text = probe.format(hung.path / "dir" / "file")
    jig = start("--ready", text, "--", "sleep", "1000")
    hung.await_hung("lookup")
    supervisor_of(jig.pid)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


def test_38_a_probe_is_answered_when_the_file_system_is(start, hung, place):
    hung.hang("lookup", "dir")
    text = f"file:{hung.path / 'dir' / 'file'}"
    made = str(hung.path / "dir" / "file")
    words = ["sh", "-c", 'read line; echo >>"$0"; exec sleep 1000', made]
    jig = start("-v", "--ready", text, "--", *words, stdin=subprocess.PIPE)
    hung.await_hung("lookup")
    hung.answer()
    jig.stdin.write(b"go\n")
    jig.stdin.flush()
    await_ready(jig)


# ----------------------------------------------------------------- inherited


#: Its stdin is that file, which nobody has closed before.
WITH_STDIN = """
import os, sys
os.close(0)
os.set_inheritable(os.open(sys.argv[1], os.O_RDONLY), True)
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_38_an_inherited_file_whose_flush_hangs(start, hung, cage, group, identity):
    hung.hang("flush", "data")
    before = [PYTHON, "-c", WITH_STDIN, str(hung.path / "data")]
    words = ["--cage", cage, "--grace", "100ms", "--timeout", "1s"]
    words += ["--", "sleep", "1000"]
    jig = start(*words, before=before, identity=identity, group=group)
    hung.await_hung("flush")
    # The command has it as well, and its own end is held up.
    assert jig.wait() == 120, jig.err()
    hung.answer()


# ----------------------------------------------------------------- terminals


def is_full(slave: int) -> bool:
    try:
        os.write(slave, b"x" * 512)
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("how", ["full", "ctrl-s", "writer"])
@pytest.mark.parametrize("crash", [True, False])
def test_40_a_frozen_terminal_does_not_hold_jig_up(place, how, crash):
    master, slave = os.openpty()
    others = []
    try:
        if how == "writer":
            others.append(subprocess.Popen(["yes"], stdout=slave))
        script = "kill -SEGV $$" if crash else "exec sleep 1000"
        jig = subprocess.Popen(
            ["setsid", "--ctty", *jig_run("-q", "--", "sh", "-c", f"read line; {script}")],
            stdin=slave,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=place.env,
        )
        others.append(jig)
        supervisor_of(jig.pid)
        own = os.open(os.ttyname(slave), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        if how == "ctrl-s":
            termios.tcflow(slave, termios.TCOOFF)
        wait_until(lambda: is_full(own), "the terminal takes nothing")
        os.close(own)
        os.write(master, b"\n")
        if not crash:
            jig.send_signal(signal.SIGTERM)
        assert as_shell(jig.wait(DEADLINE_S)) == (139 if crash else 143)
    finally:
        os.close(slave)
        os.close(master)
        for one in others:
            one.kill()
            one.wait(DEADLINE_S)


# ------------------------------------------------------------------- sockets


def test_41_a_listener_with_a_full_queue_is_in_use(run, place):
    path = str(place.work / "full.sock")
    clients = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(0)
        for _ in range(16):
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            clients.append(client)
            if client.connect_ex(path):
                break
        done = run("--listen", f"a=unix:{path}", "--", "sleep", "1000")
        for client in clients:
            client.close()
    assert done.status == 125
    assert "in use" in done.err
    assert os.path.exists(path)
