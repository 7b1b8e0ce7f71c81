# SPDX-License-Identifier: MIT
"""`ssh host jig run --owner stdin`, with a real sshd: a command ends with its client.

documents/test_blocks.py runs the examples of docs/migration/remote.md with it.

The teardown of `place` (conftest.py) asks the oracle for processes that are left.
"""

import contextlib
import shlex
import signal
import subprocess

import pytest
import sshd
from helpers import Running, await_end, jig_run, pinned, send, wait_until

#: Main, a child in its own session, and a daemon of this child.
FAMILY = """
setsid sh -c '(setsid sleep 600 &) ; echo child; exec sleep 600' &
echo main; wait
"""


@pytest.fixture(name="server")
def _server(place):
    with sshd.serving(place) as server:
        yield server


@pytest.fixture(name="remote")
def _remote(place, server):
    """Start `ssh host COMMAND`, whose standard input is a pipe; it is ready."""
    with contextlib.ExitStack() as stack:

        def go(*words, before="", terminal=(), script=FAMILY):
            words = jig_run(*words, *place.sh(script))
            command = [server.ssh, *terminal, "host", before + shlex.join(words)]
            client = Running(command, env=place.env, stdin=subprocess.PIPE)
            stack.enter_context(client)
            assert {client.line().strip() for _ in range(2)} == {"child", "main"}
            wait_until(lambda: len(place.running()) == 3, "all three run")
            return client

        yield go


def test_the_client_is_killed(remote, place):
    client = remote("--owner", "stdin")
    client.signal(signal.SIGKILL)
    client.wait()
    assert place.await_empty() == []


def test_the_connection_is_cut(remote, server, place):
    """By the death of the server's process."""
    client = remote("--owner", "stdin")
    with pinned(server.sessions()) as sessions:
        assert len(sessions) == 1
        send(sessions[0], signal.SIGKILL)
        await_end(sessions[0])
    assert client.wait() == 255 and place.await_empty() == []


def test_standard_input_ends(remote, place):
    client = remote("--owner", "stdin")
    client.stdin.close()
    assert client.end().status in (143, 255)
    assert place.await_empty() == []


def test_the_parent_is_the_server_if_the_shell_executes_jig(remote, place):
    client = remote(before="exec ")
    client.signal(signal.SIGKILL)
    client.wait()
    assert place.await_empty() == []


def test_a_terminal_hangs_up_and_no_process_notices_it(remote, server, place):
    """Without a word about the owner: jig leads the session of the terminal."""
    server.need_terminals()
    client = remote("--grace", "100ms", terminal=["-tt"], script=f"trap '' HUP; {FAMILY}")
    client.signal(signal.SIGKILL)
    client.wait()
    assert place.await_empty() == []


def test_without_an_owner_the_command_goes_on(remote, server, place):
    """What --owner stdin is for."""
    client = remote("--owner", "none")
    client.signal(signal.SIGKILL)
    client.wait()
    wait_until(lambda: not server.sessions(), "the server has noticed")
    assert len(place.running()) == 3
    with pinned(place.running()) as fds:
        for fd in fds:
            send(fd, signal.SIGKILL)


@pytest.mark.parametrize("status", [0, 3])
def test_the_status_is_the_commands(server, place, status):
    words = jig_run("--owner", "stdin", *place.sh(f"echo up; exit {status}"))
    command = [server.ssh, "host", shlex.join(words)]
    with Running(command, env=place.env, stdin=subprocess.PIPE) as client:
        assert client.end() == (status, "up\n", "")
