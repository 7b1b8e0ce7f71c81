# SPDX-License-Identifier: MIT
"""The command's output: kept, logged, passed on (EDGE_CASES 24 and 26)."""

import contextlib
import fcntl
import hashlib
import os
import re
import select
import signal
import socket
import subprocess
import threading

import helpers
import pytest
from helpers import FAILED, Running, await_ready, cpu_s, jig_run, one_line
from helpers import wait_until

MEGABYTES = 10
SIZE = MEGABYTES << 20


def flood_text(size: int) -> bytes:
    """What the actor's `flood` writes."""
    return b"".join(b"%063d\n" % i for i in range(size // 64))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


WANTED = flood_text(SIZE) + b"up\n" + flood_text(SIZE)
FLOOD = [f"flood:{SIZE}", "say:up", f"flood:{SIZE}"]


# --------------------------------------------------------- 26: nothing is lost


@pytest.mark.parametrize("words", [[], ["--ring-size", "1"], ["--ring-size", "64M"]])
def test_26_ten_megabytes_before_and_after_ready_are_in_the_log(
    words, run, act, place
):
    result = run("--ready", "log:^up$", "--log", "log", *words, *act(*FLOOD))
    assert result.status == 0 and result.out == ""
    assert digest((place.work / "log").read_bytes()) == digest(WANTED)


def test_26_ten_megabytes_are_passed_on(run, act):
    result = run("--ready", "log:^up$", *act(*FLOOD))
    assert result.status == 0
    assert digest(result.out.encode()) == digest(WANTED)


def test_26_each_line_has_its_prefix(run, act, place):
    size = 1 << 20
    words = ["--log", "log", "--log-prefix", "web | "]
    run(*words, *act(f"flood:{size}", "write:last"))
    lines = (place.work / "log").read_bytes().split(b"\n")
    wanted = flood_text(size).split(b"\n")[:-1] + [b"last"]
    assert [line for line in lines if line] == [b"web | " + line for line in wanted]


def test_the_time_is_before_each_line(run, place):
    words = ["--log", "log", "--log-times", "--log-prefix", "p "]
    run(*words, *place.sh("echo a; echo; echo b >&2; printf c"))
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    wanted = rf"{time}p a\n{time}p \n{time}p b\n{time}p c\n?"
    assert re.fullmatch(wanted, (place.work / "log").read_text())


def test_a_fifo_for_a_log_loses_nothing_that_its_reader_takes(run, act, place):
    """Its reader is slower than the command."""
    fifo = place.work / "fifo"
    os.mkfifo(fifo)
    found = []

    def read():
        with open(fifo, "rb", buffering=0) as log:
            fcntl.fcntl(log, fcntl.F_SETPIPE_SZ, 4096)
            opened.set()
            while chunk := log.read(512):
                found.append(chunk)

    opened = threading.Event()
    thread = threading.Thread(target=read)
    thread.start()
    with open(fifo, "wb"):
        opened.wait()
        run("--log", fifo, "--capture", "both", *act(f"flood:{1 << 20}"))
    thread.join()
    assert digest(b"".join(found)) == digest(flood_text(1 << 20))


def test_the_log_is_appended_to(run, place):
    (place.work / "log").write_text("before\n")
    run("--log", "log", *place.sh("echo a; echo b >&2"))
    assert (place.work / "log").read_text() == "before\na\nb\n"


@pytest.mark.parametrize(
    "which, out, err, log",
    [
        ("none", "o\n", "e\n", None),
        ("out", "", "e\n", "o\n"),
        ("err", "o\n", "", "e\n"),
        ("both", "", "", "o\ne\n"),
    ],
)
def test_what_is_captured_is_not_said(which, out, err, log, run, place):
    words = ["--capture", which, *place.sh("echo o; echo e >&2")]
    result = run(*words)
    assert (result.status, result.out, result.err) == (0, out, err)
    if log:
        assert run("--log", "log", *words).status == 0
        assert (place.work / "log").read_text() == log


def test_the_order_of_both_outputs_is_kept(run, place):
    script = "i=0; while [ $i -lt 200 ]; do echo $i; i=$((i+1)); echo $i >&2; "
    run("--log", "log", *place.sh(script + "i=$((i+1)); done"))
    lines = (place.work / "log").read_text().split()
    assert lines == [str(i) for i in range(200)]


def test_the_tail_is_the_rings(run, act):
    """The last lines when it fails, of what the ring has kept."""
    words = ["--capture", "both", "--ring-size", "1k", "--ready", "notify"]
    result = run(*words, *act("flood:1000000", "say:the end", "exit:1"))
    tail = result.err.split("its last lines:\n")[1].splitlines()
    assert tail[-1] == "the end" and len(tail) <= 20
    assert sum(map(len, tail)) <= 1024


def test_output_of_descendants_after_mains_end_is_logged(run, place):
    """Also their output during the stop."""
    script = "(trap 'echo told; exit' TERM; echo child; sleep 600 & wait) & "
    run("--log", "log", *place.sh(script + "sleep 0.2; exit 0"))
    assert (place.work / "log").read_text() == "child\ntold\n"


# ------------------------------------------------------------ banners, strange


@pytest.mark.parametrize(
    "regex, part",
    [
        ("listening on ([0-9]+)$", ["write:listening o", "write:n 80"]),
        ("^up$", ["write:u", "write:p\\n"]),
        ("^up$", ["write:up"]),
        ("^up: .*green$", ["say:\\e[1;32mup\\e[0m: \\e[32mgreen\\e[K"]),
        ("^up ", ["say:\\xff\\xfe", "say:up \\xff\\xc3("]),
        ("^up.now$", ["say:up\\x00now"]),
        ("^up$", ["say:up\\r"]),
        ("(?i)READY", ["say:I am ready."]),
        (r"^\d+ up$", [f"flood:{1 << 17}", "say:42 up"]),
        ("x{20}$", ["write:" + "x" * 20000, "say:" + "x" * 20000]),
    ],
)
def test_26_a_banner_is_found(regex, part, start, act):
    """Split across writes, without a newline, coloured, not UTF-8, long."""
    jig = start("-v", "--capture", "both", "--ready", f"log:{regex}", *act(*part, "sleep"))
    await_ready(jig)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


def test_26_a_banner_that_comes_byte_by_byte(start, act):
    """Each with a pause that the reader takes a byte in."""
    python = act()[0]
    script = "import os,select\nfor c in b'\\x1b[1mserver up\\x1b[0m':\n"
    script += " os.write(2,bytes([c]));select.select([],[],[],0.002)\n"
    script += "select.select([],[],[])"
    words = ["-v", "--capture", "err", "--ready", "log:^server up$"]
    jig = start(*words, python, "-SEc", script)
    await_ready(jig)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


def test_26_a_line_that_never_ends(run, act, place):
    """Megabytes without a newline: bounded memory, nothing lost, no hang."""
    python = act()[0]
    script = "import os\nfor i in range(256): os.write(1,b'x'*65536)\nprint('up')"
    words = ["--log", "log", "--ready", "log:up$", python, "-SEc", script]
    assert run(*words).status == 0
    assert (place.work / "log").stat().st_size == 256 * 65536 + 3


# ----------------------------------------------------- closed, full, slow, gone


@pytest.mark.parametrize("probe", ["file:x", "log:up", "fd", "tcp:1"])
def test_26_closed_outputs_do_not_make_jig_spin(probe, start, act, gate, place):
    """All ends of the pipes are closed while it waits: it sleeps."""
    words = ["--capture", "both", "--ready", probe]
    part = ["touch:begun", "close:1", "close:2", f"gate:{gate.path}", "exit:0"]
    jig = start(*words, *act(*part))
    wait_until((place.work / "begun").exists, "it has begun")
    select.select([], [], [], 0.5)  # The test's subject: what waiting costs.
    used = cpu_s(jig.pid)
    gate()
    assert jig.wait() == FAILED
    assert used < 0.2, f"{used} s of CPU in 0.5 s of waiting"


def test_24_a_leftover_that_holds_the_output_does_not_hold_jig(run, act, place):
    """It is in the cage: ended, and its words are kept."""
    part = ["daemon", "say:daemon", "sleep", "end", "exit:3"]
    result = run("--grace", "100ms", "--log", "log", *act(*part))
    assert result.status == 3


def test_24_a_stranger_that_holds_the_output_does_not_hold_jig(start, act, place):
    """No process of the cage: it got the pipe over a socket."""
    path = str(place.path / "pass")
    python = act()[0]
    script = "import socket,sys\ns=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1])"
    script += "\nsocket.send_fds(s,[b'x'],[1]);s.recv(1)"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        jig = start("--log", "log", python, "-SEc", script, path)
        server.settimeout(20)
        client, _ = server.accept()
        with client:
            _, fds, _, _ = socket.recv_fds(client, 1, 1)
            client.send(b"x")
            try:
                assert jig.wait() == 0
            finally:
                os.close(fds[0])


def test_26_a_full_disk_loses_the_log_and_not_the_server(root, place, act):
    """64 KiB for a megabyte; the command runs to its end."""
    disk = place.path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=64k none "$0" && "$@"; s=$?; '
    script += 'wc -c <"$0/log"; exit $s'
    command = jig_run("--log", f"{disk}/log", *act("flood:1048576", "exit:7"))
    words = ["unshare", "-m", "sh", "-c", script, str(disk), *command]
    result = helpers.run(words, env=place.env)
    assert result.status == 7, result
    assert 0 < int(result.out) <= 65536


def test_the_log_may_be_dev_full(run, place):
    assert run("--log", "/dev/full", *place.sh("echo a; exit 5")).status == 5


@pytest.mark.parametrize("path", ["nowhere/log", ".", ""])
def test_a_log_that_cannot_be_written_is_an_error(path, run, place):
    result = run("--log", path, *place.sh("touch ran"))
    assert result.status == FAILED
    assert "log" in one_line(result)
    assert not (place.work / "ran").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--capture", "all"],
        ["--capture", ""],
        ["--ring-size", "0"],
        ["--ring-size", "2G"],
        ["--ring-size", "-1"],
        ["--ring-size", "x"],
    ],
)
def test_bad_forms_are_one_clear_error(words, run, place):
    result = run(*words, *place.sh("touch ran"))
    assert result.status == FAILED
    one_line(result)
    assert not (place.work / "ran").exists()


def test_a_slow_reader_gets_all(place, act):
    """Passed on to a pipe that is read late: nothing is lost."""
    command = jig_run("--ready", "log:up", *act("flood:1048576", "say:up"))
    with Running(command, env=place.env, cwd=place.work) as jig:
        select.select([], [], [], 0.3)  # It is full by now, or will be.
        text = jig.rest()
        assert jig.wait() == 0
    assert digest(text.encode()) == digest(flood_text(1 << 20) + b"up\n")


def test_a_reader_that_goes_away_does_not_end_the_server(place, act, gate):
    """As with a log; later output is dropped."""
    part = ["say:up", f"gate:{gate.path}", "flood:1048576", "touch:done", "exit:6"]
    command = jig_run("--ready", "log:up", *act(*part))
    popen = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=place.env,
        cwd=place.work,
    )
    with contextlib.closing(popen.stdout):
        assert popen.stdout.readline() == b"up\n"
    gate()
    assert popen.wait(30) == 6
    assert (place.work / "done").exists()


def test_a_stuck_reader_does_not_hold_jig_at_the_end(place, act):
    """It never reads; main is killed: jig returns all the same."""
    words = ["--ready", "log:up", "--grace", "100ms", "--timeout", "1s"]
    command = jig_run(*words, *act("flood:1048576", "sleep"))
    read, write = os.pipe()
    try:
        popen = subprocess.Popen(
            command, stdout=write, stdin=subprocess.DEVNULL, env=place.env
        )
        assert popen.wait(30) == 124
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.parametrize("closed", ["1", "2", "1 2", "0 1 2"])
def test_closed_standard_descriptors(closed, run, place):
    """Ours are closed: the capture's descriptors are no standard ones."""
    shut = " ".join(f"{fd}>&-" for fd in closed.split())
    words = ["--log", "log", "--ready", "log:up", *place.sh("echo up; echo e >&2; exit 4")]
    command = ["sh", "-c", f'exec "$@" {shut}', "sh", *jig_run(*words)]
    assert helpers.run(command, env=place.env, cwd=place.work).status == 4
    assert (place.work / "log").read_text() == "up\ne\n"


def test_26_a_stop_while_the_output_floods(start, place, act):
    """Ctrl-C to one that never stops writing."""
    script = "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"
    jig = start("-v", "--ready", "log:x", "--log", "/dev/null", *place.sh(script))
    await_ready(jig)
    jig.signal(signal.SIGINT)
    assert jig.wait() == 130
