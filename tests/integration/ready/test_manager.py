# SPDX-License-Identifier: MIT
"""A service manager of Type=notify believes jig alone: what jig passes on to it."""

import contextlib
import os
import select
import signal
import socket
import struct

import pytest
from helpers import CAGES, PYTHON, jig_run, main_of, need_cage, wait_until
from helpers import run as run_any
from ups import forever

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


#: What a manager sets for the service that it starts.
OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_FDNAMES")


def shown(names=OURS) -> str:
    return "; ".join(f'echo "{name}=${name}"' for name in names)


def test_the_readiness_of_fixtures_is_that_of_a_command_without_probes(
    start, manager, place, gate
):
    """It becomes ready with the last of them; and the stop is told, too."""
    slow = f"read x <{gate.path}; echo up; exec sleep 600"
    fixtures = ["--with", slow, "--ready", "log:up", "--with", "exec sleep 600"]
    command = place.sh("echo runs; exec sleep 600")
    jig = start(*fixtures, "--", *command, env=place.env | manager.env)
    assert manager.hears_nothing()
    gate()
    jig.await_line("runs")
    assert manager.heard() == ("READY=1", jig.pid)
    jig.signal(signal.SIGTERM)
    assert manager.heard() == ("STOPPING=1", jig.pid)
    jig.wait()
    assert manager.hears_nothing()


def test_fixtures_without_probes_leave_the_socket_to_the_command(run, manager, place):
    words = ["--with", "exec sleep 600", "--", *place.sh('echo "$NOTIFY_SOCKET"')]
    result = run(*words, env=place.env | manager.env)
    assert result.out == f"{manager.env['NOTIFY_SOCKET']}\n" and manager.hears_nothing()


def test_what_a_manager_sets_is_not_for_fixtures(run, manager, place):
    script = f"exec >said; {shown()}; echo $HOME; echo done >ready; exec sleep 600"
    words = ["--with", script, "--ready", "file:ready", "--", "true"]
    env = place.env | manager.env | {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}
    assert run(*words, env=env).status == 0
    said = (place.work / "said").read_text().split()
    assert said == [f"{name}=" for name in OURS] + [str(place.work)]


#: Executes its arguments as systemd executes a service with a socket: LISTEN_PID
#: is the pid of the program.
ACTIVATES = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web",
               "LISTEN_PIDFDID": "1"}
os.execv(sys.argv[1], sys.argv[1:])
"""
TAKES = """
import os, socket
mine = os.environ["LISTEN_PID"] == str(os.getpid()) and "LISTEN_PIDFDID" not in os.environ
print(mine, os.environ["LISTEN_FDS"], os.environ["LISTEN_FDNAMES"],
      socket.socket(fileno=3).getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
"""


@pytest.mark.parametrize("kind", CAGES)
def test_the_sockets_of_a_manager_are_the_commands(kind, place):
    need_cage(kind)
    command = jig_run("--cage", kind, "--", PYTHON, "-c", TAKES)
    result = run_any([PYTHON, "-c", ACTIVATES, *command], env=place.env)
    assert (result.out, result.err) == ("True 1 web 1\n", "")


def test_the_sockets_of_a_manager_are_not_for_fixtures(place):
    script = "ls -l /proc/self/fd >said; echo >ready; exec sleep 600"
    words = ["--with", script, "--ready", "file:ready", "--", PYTHON, "-c", TAKES]
    result = run_any([PYTHON, "-c", ACTIVATES, *jig_run(*words)], env=place.env, cwd=place.work)
    assert result.out == "True 1 web 1\n"
    assert "socket:" not in (place.work / "said").read_text()


def test_the_sockets_of_another_service_are_not_taken(run, place):
    """As sd_listen_fds(3): LISTEN_PID is another process's."""
    env = place.env | {"LISTEN_PID": "1", "LISTEN_FDS": "1"}
    assert run(*place.sh("echo $LISTEN_PID"), env=env).out == "1\n"


SLOW = """
processes:
  a:
    command: "({shown}) >said; read x <{gate}; touch up; {forever}"
    ready: file:up
  b: {{command: "{forever}"}}
"""


def test_a_project_is_ready_when_all_its_services_are(project, manager, place, gate):
    shown = f"printenv {' '.join(OURS)}"
    text = SLOW.format(shown=shown, gate=gate.path, forever=forever(place))
    here = project(jig__yaml=text)
    env = place.env | manager.env | {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}
    up = here.start(env=env)
    here.await_answer()
    here.await_state("b.1", "ready")
    assert manager.hears_nothing()
    gate()
    assert manager.heard() == ("READY=1", up.pid)
    up.signal(signal.SIGTERM)
    assert manager.heard() == ("STOPPING=1", up.pid)
    up.end()
    assert manager.hears_nothing()
    assert here.read("said") == ""


def test_a_project_that_has_failed_is_not_ready(project, manager, place):
    text = "processes:\n  a: {command: exit 3, ready: 'file:never'}\n"
    text += f"  b: {{command: '{forever(place)}'}}\n"
    up = project(jig__yaml=text).start(env=place.env | manager.env)
    assert manager.heard() == ("STATUS=not all services are ready", up.pid)
    up.signal(signal.SIGTERM)
    assert manager.heard() == ("STOPPING=1", up.pid)


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
