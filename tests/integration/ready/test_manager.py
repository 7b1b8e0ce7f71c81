# SPDX-License-Identifier: MIT
"""A service manager of Type=notify believes jig alone: what jig passes on to it."""

import contextlib
import os
import select
import signal
import socket
import struct

import pytest
from helpers import PYTHON, main_of, wait_until

#: Notifies each line of its input, "|" between the lines of a message.
NOTIFIES = """
import os, socket, sys
print(os.environ["NOTIFY_SOCKET"], os.environ.get("WATCHDOG_PID"), flush=True)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
    one.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
    for line in open(sys.argv[1]):
        one.send(line.rstrip("\\n").replace("|", "\\n").encode())
"""


class Manager:
    """The socket of a manager."""

    def __init__(self, place, kind):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.settimeout(20)
        name = str(place.work / "manager") if kind == "path" else f"@{place.work}"
        self._socket.bind(name.replace("@", "\0", 1))
        self.env = {"NOTIFY_SOCKET": name, "WATCHDOG_PID": "1", "WATCHDOG_USEC": "9"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def heard(self):
        """The next message, and its sender."""
        text, extra, *_ = self._socket.recvmsg(4096, socket.CMSG_SPACE(12))
        ((_, _, credentials),) = extra
        return text.decode().rstrip("\n"), struct.unpack("3i", credentials)[0]

    def hears_nothing(self):
        return not select.select([self._socket], [], [], 0)[0]


@pytest.fixture(params=["path", "abstract"])
def manager(place, request):
    with Manager(place, request.param) as one:
        yield one


@pytest.fixture
def service(start, place, manager):
    """Start jig around a command that notifies what is written to its fifo."""
    os.mkfifo(place.work / "fifo")
    with contextlib.ExitStack() as stack:

        def go(*words):
            command = [PYTHON, "-c", NOTIFIES, "fifo"]
            jig = start(*words, "--", *command, env=place.env | manager.env)
            fifo = stack.enter_context(open(place.work / "fifo", "w", buffering=1))
            jig.told = jig.line()
            jig.notify = lambda text: fifo.write(text + "\n")
            return jig

        yield go


def test_what_the_command_notifies_is_passed_on(service, manager):
    """From jig's own pid: NotifyAccess=main. MAINPID= is not, nor what is unknown."""
    jig = service("--ready", "notify")
    assert jig.told.endswith(" None") and jig.told != manager.env["NOTIFY_SOCKET"]
    sent = {
        "STATUS=warming up|X_MINE=1": "STATUS=warming up",
        f"MAINPID={main_of(jig.pid)}|READY=1": "READY=1",
        "STATUS=serves": "STATUS=serves",
        "WATCHDOG=1": "WATCHDOG=1",
        "RELOADING=1|MONOTONIC_USEC=7": "RELOADING=1\nMONOTONIC_USEC=7",
        "READY=1|STATUS=again": "READY=1\nSTATUS=again",
        "EXTEND_TIMEOUT_USEC=1000000": "EXTEND_TIMEOUT_USEC=1000000",
        "STOPPING=1": "STOPPING=1",
    }
    for text, heard in sent.items():
        jig.notify(text)
        assert manager.heard() == (heard, jig.pid), text
    assert jig.is_alive() and manager.hears_nothing()


def test_ready_is_told_when_all_probes_hold(service, manager, place):
    jig = service("--ready", "notify", "--ready", "file:up")
    jig.notify("READY=1|STATUS=waits for a file")
    assert manager.heard() == ("STATUS=waits for a file", jig.pid)
    (place.work / "up").touch()
    assert manager.heard() == ("READY=1", jig.pid)


def test_other_probes_make_a_command_one_that_notifies(start, manager, place):
    jig = start(
        "--ready", "log:up", *place.sh("echo up; exec sleep 600"), env=place.env | manager.env
    )
    assert manager.heard() == ("READY=1", jig.pid)
    jig.signal(signal.SIGTERM)
    assert manager.heard() == ("STOPPING=1", jig.pid)
    assert jig.wait() == 128 + signal.SIGTERM and manager.hears_nothing()


def test_fixtures_around_the_command_tell_nothing(start, manager, place):
    fixture = ["--with", "echo up; exec sleep 600", "--ready", "log:up"]
    command = place.sh("echo up; exec sleep 600")
    jig = start("--ready", "log:up", *fixture, "--", *command, env=place.env | manager.env)
    assert manager.heard() == ("READY=1", jig.pid)
    jig.signal(signal.SIGTERM)
    assert manager.heard() == ("STOPPING=1", jig.pid)
    jig.wait()
    assert manager.hears_nothing()


def test_a_failure_is_not_ready(start, manager, place):
    words = ["--ready", "file:never", "--start-timeout", "50ms", "sleep", "600"]
    jig = start(*words, env=place.env | manager.env)
    assert manager.heard() == ("STOPPING=1", jig.pid)
    assert jig.wait() == 125 and manager.hears_nothing()


def test_without_ready_the_managers_socket_is_the_commands(run, manager, place):
    """As if jig were not there."""
    result = run(*place.sh('echo "$NOTIFY_SOCKET $WATCHDOG_PID"'), env=place.env | manager.env)
    assert result.out == f"{manager.env['NOTIFY_SOCKET']} 1\n"
    assert manager.hears_nothing()


def test_a_manager_with_a_full_queue_hears_ready_later(start, manager, place):
    """jig does not wait for it: SIGTERM arrives. But READY=1 is not lost."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.connect(manager.env["NOTIFY_SOCKET"].replace("@", "\0", 1))
        other.setblocking(False)
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                other.send(b"X=1")
                count += 1
        command = place.sh("echo up; exec sleep 600")
        jig = start("-v", "--ready", "log:up", *command, env=place.env | manager.env)
        wait_until(lambda: "ready after" in jig.err(), "it is ready")
        for _ in range(count):
            assert manager.heard()[0] == "X=1"
        assert manager.heard() == ("READY=1", jig.pid)


def test_a_manager_that_is_not_there_is_no_failure(run, place):
    env = place.env | {"NOTIFY_SOCKET": str(place.work / "nothing")}
    result = run("--ready", "delay:1ms", *place.sh("sleep 0.1; exit 7"), env=env)
    assert result.status == 7 and "NOTIFY_SOCKET is" in result.err
