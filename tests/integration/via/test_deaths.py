# SPDX-License-Identifier: MIT
"""`jig run --via`: each process between the user and the command is killed or
suspended, and then nothing is left, on either side.

The teardown of `place` (conftest.py) asks the oracle for processes that are left:
of the command, and of jig on the far side.
"""

import signal
import time

import pytest
from helpers import (
    await_end,
    children_of,
    comm_of,
    main_of,
    pinned,
    send,
    stopped,
    supervisor_of,
    wait_until,
)

#: Main, a child in its own session, and a daemon of this child.
FAMILY = """
setsid sh -c '(setsid sleep 600 &) ; exec sleep 600' &
echo up; wait
"""
ALL = 3

UNKNOWN = "is not known"


def begin(far, options=(), script=FAMILY, count=ALL):
    """All of the family run."""
    running = far.begin(script, options=options)
    assert running.line() == "up"

    def family():
        return far.place.pids("sh") + far.place.pids("sleep")

    wait_until(lambda: len(family()) >= count, "all run")
    return running


def kill(pid: int) -> None:
    with pinned([pid]) as [fd]:
        send(fd, signal.SIGKILL)
        await_end(fd)


def relay_of(running) -> int:
    return main_of(running.pid)


def transport_of(running) -> int:
    """Not the writer of a file: that is a part of jig."""
    children = children_of(relay_of(running))
    (only,) = [pid for pid in children if comm_of(pid) == "ssh"]
    return only


def agent_of(place) -> int:
    """The far side's first process of jig."""
    return place.pids("jig")[0]


def test_the_guard_here_is_killed(ssh):
    running = begin(ssh)
    running.signal(signal.SIGKILL)
    running.wait()
    assert ssh.place.await_empty() == []


def test_the_guard_here_is_killed_and_the_policy_holds(ssh):
    """The supervisor here has the stop done there."""
    mark = ssh.place.work / "stopped"
    running = begin(ssh, script=f"trap 'echo >{mark}; exit' TERM; echo up; "
                    "while :; do sleep 0.01; done", count=1)
    running.signal(signal.SIGKILL)
    running.wait()
    assert ssh.place.await_empty() == [] and mark.exists()


def test_guard_and_supervisor_here_are_killed(ssh):
    running = begin(ssh)
    with pinned([supervisor_of(running.pid), running.pid]) as fds:
        for fd in fds:
            send(fd, signal.SIGKILL)
    running.wait()
    assert ssh.place.await_empty() == []


def test_the_supervisor_here_is_killed(ssh):
    running = begin(ssh)
    kill(supervisor_of(running.pid))
    result = running.end()
    assert result.status == 125 and "supervisor was killed" in result.err
    assert "proved empty" not in result.err
    assert ssh.place.await_empty() == []


def test_the_relay_is_killed(ssh):
    running = begin(ssh, options=("--report", "report"))
    kill(relay_of(running))
    result = running.end()
    assert result.status == 125 and UNKNOWN in result.err
    report = ssh.place.read_report()
    assert not report["cage"]["proved_empty"] and UNKNOWN in report["cage"]["reason"]
    assert report["main"]["exit_status"] is None and report["main"]["signal"] is None
    assert ssh.place.await_empty() == []


def test_the_transport_is_killed(ssh):
    running = begin(ssh, options=("--report", "report", "-v"))
    kill(transport_of(running))
    result = running.end()
    assert result.status == 125
    assert "the connection to the other machine has ended" in result.err
    assert "proved empty" not in result.err
    assert not ssh.place.read_report()["cage"]["proved_empty"]
    assert ssh.place.await_empty() == []


def test_the_servers_session_is_killed(ssh, server):
    """The machine is cut off: here an end of file."""
    running = begin(ssh)
    with pinned(server.sessions()) as sessions:
        for one in sessions:
            send(one, signal.SIGKILL)
    assert running.end().status == 125
    assert ssh.place.await_empty() == []


def test_the_agent_there_is_killed(ssh):
    """Its guards notice it, and end what it has started."""
    running = begin(ssh)
    kill(agent_of(ssh.place))
    result = running.end()
    assert result.status == 125 and UNKNOWN in result.err
    assert ssh.place.await_empty() == []


def test_the_guard_there_is_killed(ssh):
    running = begin(ssh)
    (guard,) = children_of(agent_of(ssh.place))
    kill(guard)
    result = running.end()
    assert result.status == 125 and UNKNOWN in result.err
    assert ssh.place.await_empty() == []


def test_the_supervisor_there_is_killed(ssh):
    running = begin(ssh)
    (guard,) = children_of(agent_of(ssh.place))
    kill(supervisor_of(guard))
    result = running.end()
    assert result.status == 125 and "supervisor was killed" in result.err
    assert ssh.place.await_empty() == []


def test_the_owner_dies(ssh):
    """The shell that has started jig."""
    command = ["sh", "-c", '"$@"; exit', "sh", *ssh.words(*ssh.place.sh(FAMILY))]
    from helpers import Running

    with Running(command, env=ssh.place.env) as shell:
        assert shell.line() == "up"
        shell.signal(signal.SIGKILL)
        shell.wait()
    assert ssh.place.await_empty() == []


def test_the_transport_is_suspended_and_a_stop_has_an_end(ssh):
    """The length of the policy and some seconds."""
    running = begin(ssh, options=("--grace", "100ms"))
    with stopped(transport_of(running)):
        began = time.monotonic()
        running.signal(signal.SIGTERM)
        result = running.end()
    assert result.status == 125 and UNKNOWN in result.err
    assert time.monotonic() - began < 30
    assert ssh.place.await_empty() == []


def test_the_agent_there_is_suspended_and_a_stop_has_an_end(near):
    running = begin(near, options=("--grace", "100ms"))
    with stopped(agent_of(near.place)):
        running.signal(signal.SIGTERM)
        result = running.end()
    assert result.status == 125 and UNKNOWN in result.err
    assert near.place.await_empty() == []


def test_the_relay_is_suspended_and_a_stop_continues_it(ssh):
    running = begin(ssh)
    with stopped(relay_of(running)):
        running.signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM


def test_two_survive_no_stop_that_begins_with_the_end(ssh):
    """A stop as the command ends: a status of the command, or of the stop."""
    for delay in (0, 0.002, 0.005, 0.01):
        running = ssh.begin(f"echo up; sleep {delay}")
        assert running.line() == "up"
        running.signal(signal.SIGTERM)
        assert running.wait() in (0, 128 + signal.SIGTERM)


@pytest.mark.parametrize("moment", [0, 0.01, 0.03, 0.1, 0.2, 0.3])
def test_a_stop_at_any_moment_of_the_start(ssh, moment):
    running = ssh.begin(FAMILY)
    time.sleep(moment)
    running.signal(signal.SIGTERM)
    assert running.wait() == 128 + signal.SIGTERM
    assert ssh.place.await_empty() == []


@pytest.mark.parametrize("moment", [0, 0.01, 0.03, 0.1, 0.2, 0.3])
def test_sigkill_at_any_moment_of_the_start(ssh, moment):
    running = ssh.begin(FAMILY)
    time.sleep(moment)
    running.signal(signal.SIGKILL)
    running.wait()
    assert ssh.place.await_empty() == []
