# SPDX-License-Identifier: MIT
"""SIGKILL to the owner, the guard, the supervisor, or both (EDGE_CASES 13 and 14).

The teardown of `place` (conftest.py) asks the oracle for processes that are left.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time

import pytest
from helpers import FAILED, MASS_DEADLINE_S, RUNS, Running, await_end, children_of
from helpers import comm_of, in_group, jig_run, kill_at_once, one_line, pinned
from helpers import run as run_any, send
from helpers import stage, state_of, supervisor_of, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: Main, a child in its own session, and a daemon of this child.
FAMILY = """
setsid sh -c '(setsid sleep 600 &) ; echo child; exec sleep 600' &
echo main; wait
"""

#: Says that it got SIGTERM, and stays.
STUBBORN = """
sleep 600 & trap 'echo told' TERM; echo ready
while :; do wait; sleep 600 & done
"""


def ready(jig):
    assert {jig.line(), jig.line()} == {"child", "main"}


@pytest.fixture
def family(start, place, cage, identity, group):
    """Start the family in each cage, as each identity."""

    def go(*words, **options):
        words = ["--cage", cage, "--grace", "1h", *words]
        words = [*words, *place.sh(FAMILY)]
        jig = start(*words, identity=identity, group=group, **options)
        ready(jig)
        return jig

    return go


def test_14_the_guard_is_killed(family, place):
    jig = family()
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        jig.signal(signal.SIGKILL)
        jig.wait()
        await_end(supervisor)
    assert place.await_empty() == []


def test_14_the_supervisor_is_killed(family, place):
    """The guard ends everything and says so; the hour's grace is over."""
    jig = family()
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)
    assert jig.wait() == FAILED
    assert "the supervisor was killed; all processes have ended" in jig.err()
    # No process is left when jig has ended, not only some time later.
    assert place.alive() == []


def test_14_the_supervisor_is_killed_while_stopping(
    start, place, cage, identity, group
):
    words = ["--cage", cage, "--grace", "1h", *place.sh(STUBBORN)]
    jig = start(*words, identity=identity, group=group)
    jig.await_line("ready")
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        jig.signal(signal.SIGTERM)
        jig.await_line("told")
        send(supervisor, signal.SIGKILL)
    assert jig.wait() == FAILED and place.alive() == []


def test_14_the_guard_is_killed_while_stopping(start, place, cage, identity, group):
    words = ["--cage", cage, "--stop", "TERM 500ms", *place.sh(STUBBORN)]
    jig = start(*words, identity=identity, group=group)
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    jig.await_line("told")
    jig.signal(signal.SIGKILL)
    jig.wait()
    assert place.await_empty() == []


#: Each one is looked at, pinned and signalled: many milliseconds of work.
CROWD = "i=0; while [ $i -lt 700 ]; do sleep 600 & i=$((i+1)); done; echo ready; wait"


def ration(pidfd, jig):
    """Let a process run for a millisecond of each 200 until jig has ended."""
    while jig.is_alive():
        with contextlib.suppress(ProcessLookupError):
            send(pidfd, signal.SIGCONT)
            time.sleep(0.001)
            send(pidfd, signal.SIGSTOP)
        time.sleep(0.2)


@pytest.mark.parametrize("kind", ["cgroup", "subreaper"])
def test_a_supervisor_that_gets_little_time_is_not_killed(kind, start, place, root):
    """The guard takes only one that uses no processor time for hung."""
    words = ["--cage", kind, "--stop", "TERM 100ms KILL", *place.sh(CROWD)]
    jig = start(*words)
    jig.await_line("ready", MASS_DEADLINE_S)
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        send(supervisor, signal.SIGSTOP)
        jig.signal(signal.SIGTERM)
        ration(supervisor, jig)
    assert jig.wait() == 128 + signal.SIGTERM, jig.err()
    assert place.alive() == []


@pytest.mark.parametrize("kind", ["subreaper", "pidns"])
def test_a_dead_supervisor_that_its_tracer_has_not_reaped_is_no_survivor(
    kind, start, place, root
):
    """We are its tracer, and do not reap it until jig has ended."""
    words = ["--cage", kind, "--report", "report"]
    jig = start(*words, *place.sh("echo ready; exec sleep 600"))
    jig.await_line("ready")
    supervisor = supervisor_of(jig.pid)
    if ctypes.CDLL(None).ptrace(0x4206, supervisor, None, None) < 0:  # PTRACE_SEIZE
        pytest.skip("no ptrace here")
    try:
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 128 + signal.SIGTERM, jig.err()
        assert state_of(supervisor) == "Z"
    finally:
        os.waitpid(supervisor, 0)
    report = place.read_report()
    assert report["survivors"] == [] and report["cage"]["proved_empty"]
    assert "survivor" not in jig.err()


def files_of(identity, place, guard):
    """The registry's files of this guard."""
    return list(place.registry(identity).glob(f"jig-{guard}-*"))


def next_jig(place, identity, group):
    command = [*stage.as_identity(identity), *jig_run("true")]
    command = [*in_group(group), *command] if group else command
    assert run_any(command, env=place.env).status == 0


def test_13_14_both_are_killed_and_the_next_jig_clears_up(
    family, place, cage, identity, group
):
    """The kernel ends a pid namespace; for the others, the next jig of the same
    user (and in the same control group) finds what was abandoned."""
    jig = family()
    kill_at_once([supervisor_of(jig.pid), jig.pid])
    jig.wait()
    if cage == "pidns":
        assert place.await_empty() == []
    else:
        assert place.alive() != []
        assert files_of(identity, place, jig.pid) or stage.groups_in(group)
    next_jig(place, identity, group)
    assert place.await_empty() == []
    assert not files_of(identity, place, jig.pid)
    assert not group or stage.groups_in(group) == []


def test_14_what_is_not_abandoned_is_left_alone(family, place, identity, group):
    """The next jig sees the cage of a living one, and does not touch it."""
    jig = family()
    for _ in range(3):
        next_jig(place, identity, group)
    assert state_of(jig.pid) in RUNS and len(place.running()) >= 3
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGTERM


def test_14_one_of_the_pair_alive_is_not_abandoned(
    start, place, cage, identity, group
):
    """The guard is dead, the supervisor gives its hour of grace."""
    words = ["--cage", cage, "--grace", "1h", *place.sh(STUBBORN)]
    jig = start(*words, identity=identity, group=group)
    jig.await_line("ready")
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        jig.signal(signal.SIGKILL)
        jig.wait()
        jig.await_line("told")
        next_jig(place, identity, group)
        assert place.alive() != []
        send(supervisor, signal.SIGKILL)
        await_end(supervisor)
    # Now it is.
    next_jig(place, identity, group)
    assert place.await_empty() == []


@contextlib.contextmanager
def owned(place, words, identity="root", group=None, script='"$@" & wait'):
    """jig under its own owner, a shell, which is the Running."""
    command = ["/bin/sh", "-c", script, "sh", *jig_run(*words)]
    with Running(command, identity, group, env=place.env, cwd=place.work) as shell:
        yield shell


def guard_of(parent):
    def find():
        return [pid for pid in children_of(parent) if comm_of(pid) == "jig"]

    return wait_until(find, f"{parent} has a jig")[0]


def test_13_the_owner_is_killed(place, cage, identity, group):
    words = ["--cage", cage, *place.sh(FAMILY)]
    with owned(place, words, identity, group) as owner:
        ready(owner)
        with pinned([guard_of(owner.pid)]) as (guard,):
            owner.signal(signal.SIGKILL)
            owner.wait()
            await_end(guard)
        # The guard ends after all other processes.
        assert place.alive() == []


def test_13_the_owner_is_killed_while_stopping(place, cage, identity, group):
    words = ["--cage", cage, "--grace", "300ms", *place.sh(STUBBORN)]
    with owned(place, words, identity, group) as owner:
        owner.await_line("ready")
        with pinned([guard_of(owner.pid)]) as (guard,):
            send(guard, signal.SIGTERM)
            owner.await_line("told")
            owner.signal(signal.SIGKILL)
            owner.wait()
            await_end(guard)
        assert place.alive() == []


def test_13_a_forked_child_of_the_owner_holds_everything_open(place, identity):
    """It has all the owner's descriptors; no end of file will ever come."""
    script = '/bin/sleep 600 & echo $!; "$@" & wait'
    with owned(place, place.sh(FAMILY), identity, script=script) as owner:
        with pinned([int(owner.line())]) as (holder,):
            try:
                ready(owner)
                with pinned([guard_of(owner.pid)]) as (guard,):
                    owner.signal(signal.SIGKILL)
                    owner.wait()
                    await_end(guard)
                assert place.alive() == []
            finally:
                send(holder, signal.SIGKILL)


def test_13_an_owner_that_is_no_parent_is_killed(place, start, cage, identity, group):
    """--owner PID: a foreign process."""
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        words = ["--owner", str(other.pid), "--cage", cage, *place.sh(FAMILY)]
        try:
            jig = start(*words, identity=identity, group=group)
            ready(jig)
        finally:
            other.kill()
        assert jig.wait() == 128 + signal.SIGTERM and place.alive() == []


def test_13_an_adopted_jig_refuses(place):
    """Its parent died before jig could look; jig would watch the wrong process."""
    script = '(read go <fifo; exec "$@" 2>said) & '
    os.mkfifo(place.work / "fifo")
    command = ["/bin/sh", "-c", script, "sh", *jig_run(*place.sh("echo started"))]
    result = subprocess.Popen(
        command,
        cwd=place.work,
        env=place.env,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    result.wait()
    (place.work / "fifo").write_text("go\n")
    assert result.stdout.read() == b""
    result.stdout.close()
    said = (place.work / "said").read_text()
    # Its session leader was the dead parent; the adopting process is in another session.
    assert "has died" in said and said.count("\n") == 1


def test_13_a_named_owner_that_has_died_is_refused(place):
    """Whichever process adopts jig, in any session."""
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    words = ["--owner", str(gone.pid), *place.sh("echo started")]
    result = run_any(jig_run(*words), env=place.env)
    assert result.status == 125 and result.out == ""
    assert f"the owner, pid {gone.pid}, is not alive" in one_line(result)


def kill_inner_jig(start, place, cage, identity, group):
    """Guard and supervisor at once: the outer main is dead by SIGKILL."""
    inner = jig_run("--cage", "subreaper", *place.sh(FAMILY))
    outer = start("--cage", cage, *inner, identity=identity, group=group)
    ready(outer)
    guard = guard_of(supervisor_of(outer.pid))
    kill_at_once([supervisor_of(guard), guard])
    assert outer.wait() == 128 + signal.SIGKILL
    return outer


def test_14_inner_jig_is_killed_and_its_orphans_reach_the_outer_one(
    start, place, cage, identity, group
):
    kill_inner_jig(start, place, cage, identity, group)
    assert place.alive() == []


def test_14_the_orphans_of_an_inner_jig_are_leftovers(
    start, place, cage, identity, group
):
    assert "leftover" in kill_inner_jig(start, place, cage, identity, group).err()


def test_14_orphans_that_were_left_to_an_inner_jig_get_the_signal(start, place, root):
    """The outer stop leaves them to the inner supervisor, which is killed before
    it can signal them: it is frozen here. No process waits for the hour's grace."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    says = "trap 'echo {}; exit' TERM; echo ready; sleep 600 & wait"
    inner = jig_run("--cage", "subreaper", *place.sh(says.format("told")))
    both = place.sh(f'( {says.format("swept")} ) & exec "$@"', "sh", *inner)
    outer = start("--cage", "subreaper", "--grace", "1h", *both)
    assert {outer.line(), outer.line()} == {"ready"}
    guard = guard_of(supervisor_of(outer.pid))
    with pinned([guard, supervisor_of(guard)]) as fds, stage.subtree("root") as frozen:
        (frozen / "cgroup.procs").write_text(str(supervisor_of(guard)))
        (frozen / "cgroup.freeze").write_text("1")
        events = frozen / "cgroup.events"
        wait_until(lambda: "frozen 1" in events.read_text(), "it is frozen")
        send(fds[0], signal.SIGKILL)
        outer.await_line("swept")
        send(fds[1], signal.SIGKILL)
        outer.await_line("told")
    assert outer.wait() == 128 + signal.SIGKILL


@pytest.mark.parametrize("victim", ["outer", "middle", "inner"])
@pytest.mark.parametrize("which", ["guard", "supervisor"])
def test_35_jig_in_jig_in_jig(victim, which, start, place, cage, identity, group):
    words = jig_run("--cage", cage, *jig_run("--cage", cage, *place.sh(FAMILY)))
    jig = start("--cage", cage, *words, identity=identity, group=group)
    ready(jig)
    guards = [jig.pid]
    for _ in range(2):
        supervisor = supervisor_of(guards[-1])
        guards += [pid for pid in children_of(supervisor) if comm_of(pid) == "jig"]
    assert len(guards) == 3
    guard = guards[["outer", "middle", "inner"].index(victim)]
    with pinned([guard, supervisor_of(guard)]) as fds:
        send(fds[["guard", "supervisor"].index(which)], signal.SIGKILL)
        for fd in fds:
            await_end(fd)
    jig.wait()
    assert place.await_empty() == []


def test_35_statuses_pass_through_three(run, place):
    words = [*jig_run(), *jig_run(), *place.sh("exit 77")]
    assert run(*words).status == 77
    result = run(*jig_run(), *jig_run("--timeout", "100ms"), *place.sh("sleep 600"))
    assert result.status == 124


@pytest.mark.parametrize("depth", [2, 3])
def test_35_a_stop_passes_through_with_all_its_grace(
    depth, start, place, cage, identity, group
):
    """Whichever process gets the outer stop's signal, once or twice: no stop hurries."""
    script = "sleep 600 & trap 'echo told; sleep 0.2; exit 12' TERM; echo ready; wait"
    words = jig_run("--cage", cage, "--grace", "1h") * (depth - 1)
    words = ["--cage", cage, "--grace", "1h", *words, *place.sh(script)]
    jig = start(*words, identity=identity, group=group)
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    result = jig.end()
    # Each cage around main signals it.
    assert result.status == 12 and set(result.lines) == {"told"}


def test_children_that_jig_had_before_are_not_ended(place):
    """`exec jig run …` in a shell with background jobs: strangers."""
    script = '/bin/sleep 600 & echo $!; exec "$@"'
    words = jig_run(*place.sh("setsid sleep 600 & :"))
    command = ["/bin/sh", "-c", script, "sh", *words]
    with Running(command, env=place.env) as jig:
        with pinned([int(jig.line())]) as (stranger,):
            try:
                assert jig.wait() == 0
                signal.pidfd_send_signal(stranger, 0)
                assert "1 leftover" in jig.err()
            finally:
                send(stranger, signal.SIGKILL)


def test_strangers_live_although_the_supervisor_is_killed(place):
    script = '/bin/sleep 600 & echo $!; exec "$@"'
    words = jig_run("--cage", "subreaper", *place.sh(FAMILY))
    with Running(["/bin/sh", "-c", script, "sh", *words], env=place.env) as jig:
        with pinned([int(jig.line())]) as (stranger,):
            try:
                ready(jig)
                with pinned([supervisor_of(jig.pid)]) as (supervisor,):
                    send(supervisor, signal.SIGKILL)
                assert jig.wait() == FAILED
                signal.pidfd_send_signal(stranger, 0)
            finally:
                send(stranger, signal.SIGKILL)


def test_jig_holds_no_zombie(start, place):
    """Orphans that end while main runs are reaped at once."""
    script = """
    i=0; while [ $i -lt 50 ]; do (setsid sleep 0 &); i=$((i+1)); done
    echo ready; sleep 600 & wait
    """
    jig = start("--cage", "subreaper", *place.sh(script))
    jig.await_line("ready")
    supervisor = supervisor_of(jig.pid)

    def zombies():
        return [pid for pid in children_of(supervisor) if state_of(pid) == "Z"]

    wait_until(
        lambda: len(children_of(supervisor)) == 1 and not zombies(), "all are reaped"
    )


def test_guard_and_supervisor_have_names_that_say_what_they_are(start, place):
    jig = start(*place.sh("echo ready; sleep 600"))
    jig.await_line("ready")
    assert comm_of(jig.pid) == "jig"
    assert comm_of(supervisor_of(jig.pid)) == "jig-supervisor"
