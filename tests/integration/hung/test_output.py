# SPDX-License-Identifier: MIT
"""A system call that hangs does not hold up jig (EDGE_CASES 38, 40, 41).

A file system that stops answering (hungfs.py), a frozen terminal, a socket
whose queue is full: jig answers signals and deadlines, and ends.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import termios
from collections.abc import Callable

import helpers
import pytest
from helpers import (
    DEADLINE_S,
    PYTHON,
    Running,
    as_shell,
    await_end,
    await_ready,
    children_of,
    comm_of,
    jig_run,
    main_of,
    pinned,
    send,
    stat_of,
    supervisor_of,
    wait_until,
)
from hungfs import SILENT


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
    words = ["sh", "-c", "while :; do echo line; done"]
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


@pytest.mark.parametrize("how", ["--ready", "--live"])
def test_38_a_probes_program_that_hangs_does_not_hold_a_signal_up(start, hung, place, how):
    hung.hang("open", "prog")
    jig = start(how, f"exec:{hung.path / 'prog'}", "--", "sleep", "1000")
    hung.await_hung("open")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


@pytest.mark.parametrize(
    "words, status",
    [
        (["--timeout", "1s", "--ready"], 124),
        (["--timeout", "1s", "--live"], 124),
        (["--start-timeout", "1s", "--ready"], 125),
        (["--live-timeout", "500ms", "--live"], 125),
    ],
)
def test_38_a_probes_program_that_hangs_holds_no_time_up(run, hung, place, words, status):
    hung.hang("open", "prog")
    done = run(*words, f"exec:{hung.path / 'prog'}", "--", "sleep", "1000")
    assert done.status == status, done


@pytest.mark.parametrize("end", ["signal", "timeout", "live"])
def test_38_a_probe_whose_jig_hangs_at_its_start(hung, place, end):
    """The run of an exec: probe is a jig, which may lie there as well."""
    own = hung.path / "jig"
    shutil.copy(helpers.stage.jig_path(), own)
    words = ["--live", "exec:true", "--live-interval", "100ms"]
    words += ["--live-failures", "1000"] if end == "timeout" else []
    words += ["--timeout", "2s"] if end == "timeout" else []
    words += ["--live-timeout", "500ms"] if end == "live" else []
    with Running([str(own), "run", *words, "--", "sleep", "1000"], env=place.env) as jig:
        supervisor_of(jig.pid)
        hung.hang("open", "jig")
        hung.await_hung("open")
        if end == "signal":
            jig.signal(signal.SIGTERM)
        wanted = {"signal": 143, "timeout": 124, "live": 125}
        assert jig.wait() == wanted[end], jig.err()
        hung.answer()


@pytest.mark.parametrize("around, status", [([], 120), (["--with", "exec sleep 99"], 125)])
def test_38_a_start_that_hangs_counts_as_time_to_get_ready(
    start, hung, place, around, status
):
    hung.hang("lookup", "dir")
    words = ["--ready", "delay:1ms", "--start-timeout", "1s"]
    words += ["--chdir", str(hung.path / "dir"), "--", "sleep", "1000"]
    jig = start(*around, "--grace", "100ms", *words)
    # The child that hangs is a survivor.
    assert jig.wait() == status
    hung.answer()
    assert "ready: the command was not executed within" in jig.err()


# ----------------------------------------------------------------- inherited


#: The file is open as this number from the start.
WITH_FILE = """
import os, sys
number = int(sys.argv[2])
os.closerange(number, number + 1)
while (last := os.open("/dev/null", os.O_RDONLY)) < number:
    pass
os.close(last)
os.set_inheritable(os.open(sys.argv[1], os.O_RDONLY), True)
os.execv(sys.argv[3], sys.argv[3:])
"""


def with_file(hung, number: int = 0) -> list[str]:
    return [PYTHON, "-c", WITH_FILE, str(hung.path / "data"), str(number)]


def test_38_an_inherited_file_whose_flush_hangs(start, hung, cage, group, identity):
    hung.hang("flush", "data")
    words = ["--cage", cage, "--grace", "100ms", "--timeout", "1s"]
    words += ["--", "sleep", "1000"]
    jig = start(*words, before=with_file(hung), identity=identity, group=group)
    hung.await_hung("flush")
    # The command has it as well, and its own end is held up.
    assert jig.wait() == 120, jig.err()
    hung.answer()


#: The second one is behind the smallest table of descriptors.
@pytest.mark.parametrize("number", [5, 200])
def test_38_an_inherited_file_whose_flush_hangs_has_any_number(start, hung, number):
    hung.hang("flush", "data")
    words = ["--grace", "100ms", "--timeout", "1s", "--", "sleep", "1000"]
    jig = start(*words, before=with_file(hung, number))
    hung.await_hung("flush")
    assert jig.wait() == 120, jig.err()
    hung.answer()


@pytest.mark.parametrize("number", [0, 5, 200])
def test_38_an_inherited_file_is_not_polled(
    start, hung, place, number, cage, group, identity
):
    hung.hang("poll", "data")
    words = ["--cage", cage, "--grace", "100ms", "--timeout", "1s"]
    words += ["--", *place.sh("exec sleep 1000")]
    jig = start(*words, before=with_file(hung, number), identity=identity, group=group)
    assert jig.wait() == 124, jig.err()


def test_38_a_stop_is_kept_beside_an_inherited_file_whose_poll_hangs(start, hung, place):
    hung.hang("poll", "data")
    words = place.sh("echo on; exec sleep 1000")
    jig = start("--", *words, before=with_file(hung, 5))
    jig.await_line("on")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143, jig.err()


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


# --------------------------------------------------------------- our own words


def fill(fd: int) -> None:
    """By its own open file description; only this one does not block."""
    own = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    wait_until(lambda: is_full(own), "it takes nothing")
    os.close(own)


@contextlib.contextmanager
def stuck(where: str):
    """(reader, writer) of a channel that no process reads, and that is full."""
    reader, writer = os.pipe() if where == "pipe" else os.openpty()
    try:
        fill(writer)
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def noted(place, name: str) -> tuple[str, Callable[[], int]]:
    """A shell command that notes its pid, and what gives it."""
    path = place.work / name
    command = f"echo $$ >{path}.new; mv {path}.new {path}; exec sleep 1000"

    def pid() -> int:
        wait_until(path.exists, f"{name} runs")
        return int(path.read_text())

    return command, pid


@pytest.mark.parametrize("where", ["pipe", "terminal"])
@pytest.mark.parametrize("why", ["signal", "owner", "death"])
def test_40_messages_that_are_not_read_hold_nothing_up(place, where, why):
    server, server_pid = noted(place, "server")
    main, main_pid = noted(place, "main")
    words = ["-v", "--with", server, "--ready", "delay:1ms"]
    words += ["--", "sh", "-c", main]
    owner = ["sh", "-c", '"$@" & echo $!; read line', "sh"]
    with stuck(where) as (_, full):
        with subprocess.Popen(
            [*owner, *jig_run(*words)],
            env=place.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=full,
        ) as outer:
            jig = int(outer.stdout.readline())
            with pinned([jig, server_pid(), main_pid()]) as fds:
                if why == "signal":
                    send(fds[0], signal.SIGTERM)
                elif why == "owner":
                    outer.kill()
                else:
                    send(fds[1], signal.SIGKILL)
                for fd in fds:
                    await_end(fd)
            outer.stdin.close()


@pytest.mark.parametrize("where", ["pipe", "terminal"])
def test_40_words_that_are_read_late_are_whole_and_in_order(place, where):
    main, main_pid = noted(place, "main")
    words = ["-v", "--", "sh", "-c", main]
    with stuck(where) as (reader, full):
        jig = subprocess.Popen(jig_run(*words), env=place.env, stderr=full)
        with pinned([main_pid()]) as (fd,):
            jig.send_signal(signal.SIGTERM)
            await_end(fd)
        said = b""
        while b"proved empty" not in said:
            said += os.read(reader, 65536)
        assert as_shell(jig.wait(DEADLINE_S)) == 143
    said = said.replace(b"\r\n", b"\n").lstrip(b"x").decode()
    lines = said.splitlines()
    assert [line.split()[1] for line in lines] == ["pid", "Terminated,"]


def test_40_words_to_a_file_are_whole_and_in_order(place):
    path = place.work / "words"
    with open(path, "wb") as file:
        done = subprocess.run(
            jig_run("-v", "--ready", "delay:1ms", "--", "sleep", "0.1"),
            env=place.env,
            stderr=file,
            timeout=DEADLINE_S,
            check=True,
        )
    assert done.returncode == 0
    lines = path.read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["pid", "ready", "main"]


def test_38_words_to_a_file_that_hangs_hold_nothing_up(hung, place):
    with open(hung.path / "words", "ab") as file:
        hung.hang("write", "words")
        jig = subprocess.Popen(
            jig_run("-v", "--", "sleep", "1000"), env=place.env, stderr=file
        )
        with pinned([main_of(jig.pid, helpers_end=False)]) as (fd,):
            hung.await_hung("write")
            jig.send_signal(signal.SIGTERM)
            await_end(fd)
        hung.answer()
        assert as_shell(jig.wait(DEADLINE_S)) == 143


@contextlib.contextmanager
def fifo_in(hung):
    """A reader and a writer of a FIFO there, whose attributes no server tells."""
    path = hung.path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    hung.hang("getattr", "fifo")
    try:
        yield reader, writer
    finally:
        hung.answer()
        os.close(reader)
        os.close(writer)


def said_in(reader: int, wanted: bytes) -> bool:
    with contextlib.suppress(BlockingIOError):
        return wanted in os.read(reader, 65536)
    return False


def test_38_words_to_a_fifo_whose_file_system_hangs_hold_nothing_up(hung, place):
    server, server_pid = noted(place, "server")
    main, main_pid = noted(place, "main")
    words = ["--with", server, "--", "sh", "-c", main]
    with fifo_in(hung) as (reader, writer):
        jig = subprocess.Popen(jig_run(*words), env=place.env, stderr=writer)
        with pinned([server_pid(), main_pid()]) as fds:
            send(fds[0], signal.SIGKILL)
            for fd in fds:
                await_end(fd)
        wait_until(lambda: said_in(reader, b"fixtures:"), "its words")
        assert as_shell(jig.wait(DEADLINE_S)) == 125


@pytest.mark.parametrize("end", ["signal", "timeout"])
def test_38_output_to_a_fifo_whose_file_system_hangs_is_passed_on(hung, place, end):
    main, main_pid = noted(place, "main")
    words = ["--ready", "log:on", "--timeout", "2s" if end == "timeout" else "1000s"]
    words += ["--", "sh", "-c", f"echo on; {main}"]
    with fifo_in(hung) as (reader, writer):
        jig = subprocess.Popen(jig_run(*words), env=place.env, stdout=writer)
        with pinned([main_pid()]) as (fd,):
            wait_until(lambda: said_in(reader, b"on"), "its output")
            if end == "signal":
                jig.send_signal(signal.SIGTERM)
            await_end(fd)
        assert as_shell(jig.wait(DEADLINE_S)) == (143 if end == "signal" else 124)


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
