# SPDX-License-Identifier: MIT
"""jig run --daemon: main goes, and the fixture goes on with whom it leaves.

Daemons are forked twice, in a session of their own, in every cage that holds
them. The fixture's teardown asks the oracle whether anybody is left.
"""

import contextlib
import json
import signal

import pytest
from helpers import FAILED, PYTHON, TIMEOUT, Running, await_end, children_of, comm_of
from helpers import in_group, jig_run, one_line, pinned, send, stage
from helpers import supervisor_of, wait_until
from pty_session import CTRL_C, Terminal

pytestmark = pytest.mark.usefixtures("own_registry")

#: Says when it is there; it ends when the test lets it.
WAITER = "(setsid sh -c 'echo daemon; read x <gate' &) ; exit 0"

SLEEPER = "(setsid sh -c 'echo daemon; exec sleep 1000' &) ; exit 0"

#: Says that it got SIGTERM, and stays.
STUBBORN = """
(setsid sh -c '
    trap "echo told" TERM; echo daemon
    while :; do sleep 1000 & wait; done
' &) ; exit 0
"""


@pytest.fixture
def options(cage) -> list[str]:
    return ["--daemon", "--cage", cage, "--grace", "1h", "--report", "report"]


@pytest.fixture
def daemon(start, place, options, identity, group):
    """Start it in each cage, as each identity; main has ended, it has not."""

    def go(script: str, *words: str):
        command = [*options, *words, *place.sh(script)]
        jig = start(*command, identity=identity, group=group)
        jig.await_line("daemon")
        await_main(jig)
        return jig

    return go


def await_main(jig):
    """Until main has ended: jig-supervisor has adopted all that it has."""
    supervisor = supervisor_of(jig.pid)

    def is_daemon(pid: int) -> bool:
        return bool(line(pid)) and "exit 0" not in line(pid)

    def look():
        children = children_of(supervisor)
        return len(children) == 1 and is_daemon(children[0])

    wait_until(look, "main has ended")


def line(pid: int) -> str:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
        return file.read()
    return ""


def report_of(place) -> dict:
    return json.loads((place.work / "report").read_text())


def test_it_ends_when_the_last_one_does(daemon, place, gate):
    (place.work / "gate").symlink_to(place.path / "gate")
    jig = daemon(WAITER)
    assert jig.is_alive()
    gate()
    done = jig.end()
    assert (done.status, done.err) == (0, "")
    report = report_of(place)
    assert (report["daemon"], report["reason"]) == (True, "exit")
    assert (report["leftover_count"], report["signals"]) == (0, [])
    assert report["cage"]["proved_empty"]
    assert report["usage"]["wall_seconds"] > report["main"]["wall_seconds"]


def test_a_stop_ends_it_and_the_status_is_mains(daemon, place):
    jig = daemon(SLEEPER)
    jig.signal(signal.SIGTERM)
    done = jig.end()
    assert (done.status, done.err) == (0, "")
    report = report_of(place)
    assert (report["daemon"], report["reason"]) == (True, "stop")
    assert report["leftover_count"] == 0
    assert report["signals"][0]["signal"] == "SIGTERM"
    assert report["signals"][0]["processes"] == 1


def test_a_stop_goes_step_by_step(daemon, place):
    jig = daemon(STUBBORN)
    jig.signal(signal.SIGTERM)
    jig.await_line("told")
    assert jig.is_alive()
    jig.signal_again(signal.SIGTERM)  # hurries
    assert jig.wait() == 0
    report = report_of(place)
    assert report["leftover_count"] == 0
    assert report["signals"][-1]["signal"] == "SIGKILL"


def test_13_the_owner_is_killed(place, options, identity, group):
    words = [*stage.as_identity(identity), *jig_run(*options), *place.sh(SLEEPER)]
    command = [str(place.bin / "sh"), "-c", '"$@" & echo $!; wait', "sh", *words]
    command = [*in_group(group), *command] if group else command
    with Running(command, env=place.env, cwd=place.work) as owner:
        guard_pid = int(owner.line())
        owner.await_line("daemon")
        wait_until(lambda: comm_of(guard_pid) == "jig", "it is jig")
        with pinned([guard_pid]) as (guard,):
            owner.signal(signal.SIGKILL)
            owner.wait()
            await_end(guard)
    assert place.alive() == []
    assert report_of(place)["reason"] == "owner-died"


def test_14_the_guard_is_killed(daemon, place):
    jig = daemon(SLEEPER)
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        jig.signal(signal.SIGKILL)
        jig.wait()
        await_end(supervisor)
    assert place.await_empty() == []


def test_14_the_supervisor_is_killed(daemon, place):
    jig = daemon(SLEEPER)
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)
    assert jig.wait() == FAILED
    assert place.alive() == []


@pytest.mark.parametrize("end, status", [("exit 3", 3), ("kill -9 $$", 137)])
def test_another_end_of_main_is_the_end(run, place, options, end, status):
    done = run(*options, "--", *place.sh(f"setsid sleep 1000 & {end}"))
    assert done.status == status
    assert "1 leftover" in done.err
    report = report_of(place)
    assert (report["daemon"], report["reason"]) == (False, "exit")


def test_without_the_option_nothing_has_changed(run, place):
    done = run("--report", "report", "--", *place.sh("setsid sleep 1000 & exit 0"))
    assert done.status == 0
    assert "1 leftover" in done.err
    assert report_of(place)["daemon"] is False


def test_who_leaves_nobody_has_ended(run, place):
    assert run("--daemon", "--report", "report", "--", "true").status == 0
    assert report_of(place)["daemon"] is False


def test_a_timeout_is_kept(run, place):
    done = run("--daemon", "--timeout", "50ms", "--", *place.sh(SLEEPER))
    assert done.status == TIMEOUT
    assert done.err == ""


#: The supervisor sees main's stop, but not that it was continued before its end.
CONTINUED_UNSEEN = """
import os, signal, time
def state(pid):
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
def until(pid, wanted):
    while state(pid) != wanted:
        time.sleep(0.001)
main, supervisor = os.getpid(), os.getppid()
if os.fork() > 0:
    os.kill(main, signal.SIGTSTP)
    os._exit(0)
until(main, "T")
time.sleep(0.2)
os.kill(supervisor, signal.SIGSTOP)
until(supervisor, "T")
os.kill(main, signal.SIGCONT)
until(main, "Z")
os.kill(supervisor, signal.SIGCONT)
time.sleep(1000)
"""


#: SIGTSTP stops only members of a group that is not an orphaned one.
IN_A_GROUP = """
import os, subprocess, sys
sys.exit(subprocess.run(sys.argv[1:], preexec_fn=os.setpgrp).returncode)
"""


@pytest.mark.parametrize("cage", ["subreaper", "cgroup"], indirect=True)
def test_time_goes_on_when_main_ends_that_was_suspended(place, cage, identity, group):
    words = ["--daemon", "--cage", cage, "--timeout", "2s", "--"]
    words += [place.copy(PYTHON, "python"), "-SEc", CONTINUED_UNSEEN]
    words = [PYTHON, "-SEc", IN_A_GROUP, *jig_run(*words)]
    with Running(words, identity, group, env=place.env, cwd=place.work) as jig:
        assert jig.wait() == TIMEOUT
        assert place.alive() == []


def test_31_the_last_ones_end_before_ready_is_an_error(run, place):
    words = ("--daemon", "--ready", "file:never", "--", *place.sh("setsid true &"))
    done = run(*words)
    assert done.status == FAILED
    assert "before it was ready" in done.err


def test_liveness_goes_on_after_main(daemon, place):
    live = ("--live", "exec:test ! -e down", "--live-interval", "1ms")
    jig = daemon(SLEEPER, *live)
    assert jig.is_alive()
    (place.work / "down").touch()
    assert jig.wait() == FAILED
    assert "not healthy: exec:test ! -e down" in jig.err()
    assert report_of(place)["reason"] == "unhealthy"


def test_a_pgroup_cage_is_refused(run, place):
    done = run("--daemon", "--cage", "pgroup", "--", *place.sh(": >ran"))
    assert done.status == FAILED
    assert "--daemon" in one_line(done)
    assert not (place.work / "ran").exists()


def test_28_ctrl_c_is_jigs_when_main_has_gone(place):
    """Main had the foreground; jig has it back, and what is typed stops it."""
    jig = jig_run("--daemon", "--grace", "50ms", "--group", "foreground")
    command = [*jig, *place.sh(f"echo main; {SLEEPER}")]
    with Terminal(command, env=place.env, cwd=place.work) as terminal:
        terminal.expect("^main$")
        terminal.expect("^daemon$")
        # Its leader is jig itself, in the session's only group that is left.
        wait_until(lambda: terminal.foreground() == terminal.pid, "jig has it")
        terminal.send(CTRL_C)
        assert terminal.wait() == 0
