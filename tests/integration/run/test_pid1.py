# SPDX-License-Identifier: MIT
"""`jig run` as PID 1 of a container (EDGE_CASES 35)."""

import os
import signal
import subprocess

import pytest
from helpers import IS_ROOT, PID_NAMESPACE, Running, children_of, is_sanitized, jig_run
from helpers import pinned, run as run_any, send, state_of, wait_until
from ups import forever

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root, to make containers")


@pytest.fixture
def init(place):
    """Start jig as PID 1; the Running is unshare, .init is jig as we number it."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def go(*words):
            command = [*PID_NAMESPACE, *jig_run(*words)]
            running = stack.enter_context(Running(command, env=place.env, stdin=-1))
            running.await_line("ready")
            (running.init,) = children_of(running.pid)
            (fd,) = stack.enter_context(pinned([running.init]))
            running.tell = lambda signo: send(fd, signo)
            return running

        yield go


KINDS = pytest.mark.parametrize("kind", ["auto", "subreaper", "pidns"])


@KINDS
def test_35_as_pid_1_the_status_is_mains(kind, place):
    words = jig_run("--cage", kind, *place.sh("echo $$; exit 33"))
    result = run_any([*PID_NAMESPACE, *words], env=place.env)
    assert (result.status, result.err) == (33, "") and int(result.out) > 1


@KINDS
def test_35_as_pid_1_death_by_signal_and_leftovers(kind, place):
    words = jig_run("--cage", kind, *place.sh("setsid sleep 600 & kill -9 $$"))
    result = run_any([*PID_NAMESPACE, *words], env=place.env)
    assert result.status == 137 and "1 leftover" in result.err


@KINDS
@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT"])
def test_35_as_pid_1_a_stop_is_a_stop(kind, name, init, place):
    """The kernel gives PID 1 no default actions: jig reads its signals."""
    script = f"trap 'exit 9' {name}; echo ready; {forever(place)}"
    jig = init("--cage", kind, "--grace", "1h", *place.sh(script))
    jig.tell(signal.Signals[f"SIG{name}"])
    assert jig.wait() == 9


@KINDS
def test_35_as_pid_1_other_signals_are_forwarded(kind, init, place):
    script = "trap 'echo told' USR1; trap 'exit 8' WINCH; trap 'echo again' HUP; "
    script += "echo ready; sleep 600 & while :; do wait; done"
    jig = init("--cage", kind, *place.sh(script))
    jig.tell(signal.SIGUSR1)
    jig.await_line("told")
    jig.tell(signal.SIGHUP)  # of a user: the server reads its files again
    jig.await_line("again")
    jig.tell(signal.SIGWINCH)
    assert jig.wait() == 8


def enter(jig, script, **options):
    command = ["nsenter", "-t", str(jig.init), "-p", "-m", "sh", "-c", script]
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


@KINDS
def test_35_as_pid_1_it_reaps_strangers(kind, init, place):
    """A process that entered from outside leaves an orphan. jig does not touch it,
    and when it ends, no zombie stays."""
    jig = init("--cage", kind, *place.sh("echo ready; sleep 600 & wait"))
    read, write = os.pipe()
    try:
        enter(jig, "exec 3<&0; cat <&3 >/dev/null 2>&1 &", stdin=read)
        os.close(read)
        found = wait_until(lambda: strangers(jig), "the orphan is init's")
        assert state_of(found[0]) in "SR"
    finally:
        os.close(write)
    wait_until(lambda: not strangers(jig), "the stranger is reaped")
    jig.tell(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGTERM


def strangers(jig):
    """Children of jig but its supervisor, zombies among them."""
    return [pid for pid in children_of(jig.init) if not is_supervisor(pid)]


def is_supervisor(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
            return comm.read().strip() == "jig-supervisor"
    except OSError:
        return False


def test_35_as_pid_1_many_strangers(init, place):
    jig = init("--cage", "subreaper", *place.sh("echo ready; sleep 600 & wait"))
    enter(jig, "i=0; while [ $i -lt 300 ]; do (true &); i=$((i+1)); done")
    wait_until(lambda: not strangers(jig), "all strangers are reaped")


@KINDS
def test_35_as_pid_1_the_supervisor_is_killed(kind, init, place):
    jig = init("--cage", kind, *place.sh("setsid sleep 600 & echo ready; sleep 600"))
    (supervisor,) = children_of(jig.init)
    with pinned([supervisor]) as (fd,):
        send(fd, signal.SIGKILL)
    assert jig.wait() == 125
    assert "the supervisor was killed" in jig.err()


def test_35_as_pid_1_the_container_is_killed(init, place):
    jig = init("--cage", "subreaper", *place.sh("setsid sleep 600 & echo ready; wait"))
    jig.tell(signal.SIGKILL)
    jig.wait()
    assert place.await_empty() == []


def test_35_jig_in_jig_as_pid_1(place):
    words = jig_run(*jig_run(*place.sh("setsid sleep 600 & exit 44")))
    result = run_any([*PID_NAMESPACE, *words], env=place.env)
    assert result.status == 44 and "1 leftover" in result.err


def test_35_as_pid_1_without_proc(place):
    script = 'mount -t tmpfs none /proc && exec "$@"'
    words = jig_run("--cage", "subreaper", *place.sh("setsid sleep 600 & exit 45"))
    if is_sanitized():
        pytest.skip("AddressSanitizer itself needs /proc")
    command = ["unshare", "-p", "-f", "-m", "--kill-child", "sh", "-c", script, "sh"]
    result = run_any([*command, *words], env=place.env)
    assert result.status == 45
