# SPDX-License-Identifier: MIT
"""The policy of --owner: which processes end a job when they end, for each way in
which a shell and its terminal can end."""

import signal

import pytest
from helpers import PYTHON, Running, jig, run, state_of, wait_until
from pty_session import kill


def log_out(shell) -> None:
    assert shell.exit() == 0


def hang_up(shell) -> None:
    shell.hang_up()
    shell.kill()


def die(shell) -> None:
    kill(shell.pid, signal.SIGKILL)
    shell.wait()


WAYS = [log_out, hang_up, die]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def go(request):
    return request.param


@pytest.mark.parametrize("owner", ["", "--owner none"])
@pytest.mark.parametrize("terminal", ["--pty", "--no-pty"])
def test_a_job_survives_the_shell_that_started_it(world, go, owner, terminal):
    with world.shell() as shell:
        shell.do(f"jig start {owner} {terminal} sleep 1000")
        go(shell)
    job = world.job(1)
    assert job["state"] == "running"
    wait_until(lambda: state_of(job["pid"]) == "S", "it sleeps")
    assert world.do("kill", "%1").status == 0


def test_a_stopped_job_survives_it_and_stays_stopped(world, go):
    """The kernel continues the orphaned groups of the shell's session alone."""
    with world.shell() as shell:
        shell.do("jig start sleep 1000")
        shell.do("jig stop %1")
        go(shell)
    assert world.job(1)["state"] == "stopped"
    assert state_of(world.job(1)["pid"]) == "T"


def test_a_job_of_its_parent_ends_with_the_shell(world, place, go):
    with world.shell() as shell:
        shell.do("jig start --owner parent sleep 1000")
        assert world.job(1)["state"] == "running"
        go(shell)
    world.await_state(1, "ended")
    assert place.await_empty() == []


def test_a_stopped_job_ends_with_its_owner_too(world, place):
    with world.shell() as shell:
        shell.do("jig start --owner parent sleep 1000")
        shell.do("jig stop %1")
        die(shell)
    world.await_state(1, "ended")
    assert place.await_empty() == []


def test_the_policy_is_kept_by_a_restart(world, place):
    """It is started again as it was started; the owner is still there."""
    with Running([PYTHON, "-c", "input()"], stdin=-1) as owner:
        world.start("--owner", str(owner.pid), "sleep", "1000")
        assert world.do("restart", "%1").status == 0
        assert world.job(1)["state"] == "running"
        owner.signal(signal.SIGKILL)
        world.await_state(1, "ended")
    assert place.await_empty() == []


@pytest.mark.parametrize("owner", ["0", "-1", "1x", "somebody", "99999999999"])
def test_an_invalid_owner_is_reported(world, owner):
    done = world.do("start", "--owner", owner, "sleep", "1000")
    assert done.status == 125 and "--owner" in done.err, done
    assert world.jobs() == []


def test_an_owner_that_has_gone_is_reported(world):
    with Running(["true"]) as gone:
        gone.wait()
    done = world.do("start", "--owner", str(gone.pid), "sleep", "1000")
    assert done.status == 125 and str(gone.pid) in done.err, done
    assert world.jobs() == []


def test_it_holds_no_pipe_of_the_process_that_started_it(world, place):
    """Or these substitutions, and the last cat, would wait for its end."""
    line = 'out=$(jig start sleep 1000 2>&1); echo "$out" | cat'
    done = run(place.sh(line), env=world.env, cwd=place.work)
    assert done.out.startswith("[1] ") and done.err == ""
    assert world.job(1)["state"] == "running"


def test_what_cannot_be_said_is_an_error(world):
    with open("/dev/full", "wb") as full:
        done = run(jig("start", "sleep", "1000"), env=world.env, stdout=full)
    assert done.status != 0 and "No space left" in done.err
