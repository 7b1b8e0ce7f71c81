# SPDX-License-Identifier: MIT
"""A file system that does not answer holds up only the processes that use it: jig
ends within the policy and its bounds, ends all other processes, and names these.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import time

import pytest
from helpers import (
    NOT_EXECUTABLE,
    SURVIVORS,
    TIMEOUT,
    await_end,
    children_of,
    comm_of,
    cpu_s,
    pinned,
    send,
    state_of,
    supervisor_of,
    wait_until,
)

#: The stop is soon at its last step, SIGKILL, which lasts 5 s.
STOP = ("--stop", "TERM 100ms KILL")


@pytest.fixture(name="go")
def _go(place, cage, group, identity, start, compiled, hung):
    """`jig run` as that identity in that cage; `play` on the file system."""
    place.hung = hung
    place.holder = place.copy(compiled("mmap_holder"), "mmap_holder")
    place.report = place.work / "report"
    options = ["--cage", cage, "--report", str(place.report), *STOP]

    def run(*words):
        return start(*options, *words, identity=identity, group=group)

    return run


def survivors(place):
    return json.loads(place.report.read_text())["survivors"]


def main_of(jig) -> int:
    supervisor = supervisor_of(jig.pid)
    return wait_until(lambda: children_of(supervisor), "main")[0]


@contextlib.contextmanager
def gone_after_abort(place, *pids):
    """Processes that hang in the file system end with it."""
    with pinned(pids) as fds:
        yield fds
        place.hung.abort()
        for fd in fds:
            await_end(fd)


#: What hangs before execve: an operation, its object, the words of `jig run`.
BEFORE_EXEC = {
    "program: read": ("read", "prog", ("--", "{}/prog")),
    "directory: lookup": ("lookup", "dir", ("--chdir", "{}/dir", "--", "sleep", "99")),
    "program: lookup": ("lookup", "prog", ("--", "{}/prog")),
    "program: getattr": ("getattr", "prog", ("--", "{}/prog")),
    "program: open": ("open", "prog", ("--", "{}/prog")),
    "program in a directory: lookup": ("lookup", "dir", ("--", "{}/dir/prog")),
    "directory: getattr": ("getattr", "dir", ("--chdir", "{}/dir", "--", "sleep", "99")),
}


@pytest.fixture(name="before")
def _before(go, place):
    """A jig whose command hangs before execve, and the pid of that."""

    def begin(*options, at="program: read"):
        operation, name, words = BEFORE_EXEC[at]
        place.hung.hang(operation, name)
        jig = go(*options, *(word.format(place.hung.path) for word in words))
        place.hung.await_hung(operation)
        return jig, main_of(jig)

    return begin


def assert_survived(place, jig, main):
    """It ended, and named main, with its number where that is the same."""
    assert jig.wait() == SURVIVORS, jig.err()
    named = survivors(place)
    assert len(named) == 1, named
    assert named[0]["state"] == "D", named


@pytest.mark.parametrize("at", BEFORE_EXEC)
def test_timeout_is_kept_when_the_program_does_not_answer(before, place, at, cage, identity):
    if at not in list(BEFORE_EXEC)[:2] and (cage, identity) != ("subreaper", "root"):
        pytest.skip("the first two stand for all of them")
    jig, main = before("--timeout", "2s", at=at)  # Later than the call that hangs.
    with gone_after_abort(place, main):
        assert_survived(place, jig, main)


def test_a_stop_is_kept_when_the_program_does_not_answer(before, place):
    jig, main = before()
    with gone_after_abort(place, main):
        jig.signal(signal.SIGTERM)
        assert_survived(place, jig, main)


def test_a_child_that_hung_before_execve_runs_when_the_file_system_answers(before, place):
    jig, _ = before()
    place.hung.answer()
    assert jig.wait() == 1, jig.err()
    assert "missing operand" in jig.err()  # sleep(1) without an argument


def has_pending_kill(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        masks = [line.split()[1] for line in status if line[:6] in ("SigPnd", "ShdPnd")]
    return any(int(mask, 16) & 1 << signal.SIGKILL - 1 for mask in masks)


def test_a_timeout_is_reported_when_the_file_system_answers_in_time(before, place):
    """The child that hung has died of SIGKILL: no process survives."""
    jig, main = before("--timeout", "1s")
    wait_until(lambda: has_pending_kill(main), "it was killed")
    place.hung.answer()
    assert jig.wait() == TIMEOUT, jig.err()
    assert survivors(place) == []


def test_an_error_of_the_file_system_is_that_of_the_command(before, place):
    jig, _ = before()
    place.hung.abort()
    assert jig.wait() in (NOT_EXECUTABLE, 125, 127), jig.err()
    assert "cannot" in jig.err()


def test_main_dies_with_the_guard_when_the_program_does_not_answer(before, place):
    """The supervisor stops by the policy, names no survivor, and ends."""
    jig, main = before()
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        with gone_after_abort(place, main):
            with pinned([jig.pid]) as (guard,):
                send(guard, signal.SIGKILL)
            if not is_inside_another(place, main):
                await_end(supervisor)
        await_end(supervisor)


def is_inside_another(place, main):
    """Of a pid namespace: the supervisor ends after its last member."""
    return os.readlink(f"/proc/{main}/ns/pid") != os.readlink("/proc/self/ns/pid")


def test_the_guard_ends_main_when_the_supervisor_is_killed_before_execve(before, place):
    """The child has a copy of the socket: no end of file says so."""
    jig, main = before()
    with gone_after_abort(place, main):
        with pinned([supervisor_of(jig.pid)]) as (supervisor,):
            send(supervisor, signal.SIGKILL)
        assert jig.wait() == SURVIVORS, jig.err()
        assert [one["state"] for one in survivors(place)][-1:] == ["D"]


# ----------------------------------- processes that hold their memory's lock


@pytest.fixture(name="holds")
def _holds(go, place):
    """A jig with a leftover, or a main, whose memory cannot be read; and another
    leftover, which is healthy and ignores no signal."""

    def begin(script):
        place.hung.hang("write", "data")
        words = (place.holder, str(place.hung.path / "data"))
        jig = go("--", *place.sh(script, *words))
        place.hung.await_hung("write")
        holder = wait_until(
            lambda: [p for p in place.running() if comm_of(p) == "mmap_holder"], "the holder"
        )[0]
        return jig, holder

    return begin


def alive(place, pid):
    return [p for p in place.running() if p != pid]


def test_a_leftover_that_holds_its_memory_delays_no_other_process(holds, place, gate):
    jig, holder = holds(f'setsid "$0" "$1" & setsid sleep 999 & read x <{gate.path}')
    gate()
    with gone_after_abort(place, holder):
        assert jig.wait() == SURVIVORS, jig.err()
        (named,) = survivors(place)
        assert (named["comm"], named["state"]) == ("mmap_holder", "D")
        assert alive(place, holder) == []
        # The healthy one has its command line in the report.
        left = json.loads(place.report.read_text())["leftovers"]
        assert any("sleep 999" in one["command"] for one in left), left


def test_a_main_that_holds_its_memory_delays_no_other_process(holds, place):
    jig, holder = holds('sleep 999 & exec "$0" "$1"')
    with gone_after_abort(place, holder):
        jig.signal(signal.SIGTERM)
        jig.signal(signal.SIGTERM)
        assert jig.wait() == SURVIVORS, jig.err()
        assert [one["comm"] for one in survivors(place)] == ["mmap_holder"]
        assert alive(place, holder) == []


def test_healthy_ones_die_with_the_supervisor_beside_one_that_hangs(holds, place):
    jig, holder = holds('"$0" "$1" & sleep 999 & wait')
    with gone_after_abort(place, holder):
        with pinned([supervisor_of(jig.pid)]) as (supervisor,):
            send(supervisor, signal.SIGKILL)
        assert jig.wait() == SURVIVORS, jig.err()
        assert "mmap_holder" in [one["comm"] for one in survivors(place)]
        assert alive(place, holder) == []


def test_healthy_ones_die_with_the_guard_beside_one_that_hangs(holds, place):
    jig, holder = holds('"$0" "$1" & sleep 999 & wait')
    with gone_after_abort(place, holder):
        with pinned([jig.pid]) as (guard,):
            send(guard, signal.SIGKILL)
        wait_until(lambda: alive(place, holder) == [], "the healthy have died")


def test_healthy_ones_die_with_the_owner_beside_one_that_hangs(
    go, place, hung, cage, group, identity, start
):
    """The owner is a shell between us and jig."""
    hung.hang("write", "data")
    words = [place.holder, str(hung.path / "data")]
    inner = place.sh('"$0" "$1" & sleep 999 & wait', *words)
    owner = ("sh", "-c", 'echo $$; "$@" & wait', "-")
    jig = start("--cage", cage, *STOP, "--", *inner, identity=identity, group=group, before=owner)
    with pinned([int(jig.line())]) as (shell,):
        hung.await_hung("write")
        holder = wait_until(
            lambda: [p for p in place.running() if comm_of(p) == "mmap_holder"], "the holder"
        )[0]
        with gone_after_abort(place, holder):
            send(shell, signal.SIGKILL)
            wait_until(lambda: alive(place, holder) == [], "the healthy have died")


def test_what_is_read_before_the_signals_needs_no_lock(hung, place, compiled, start):
    """The kernel's behaviour that leftovers.c relies on."""
    holder = place.copy(compiled("mmap_holder"), "mmap_holder")
    hung.hang("write", "data")
    jig = start(*STOP, "--cage", "subreaper", "--", holder, str(hung.path / "data"))
    hung.await_hung("write")
    main = main_of(jig)
    for name in ("stat", "status", "limits", "comm", "task/%d/children" % main):
        child = os.fork()
        if child == 0:
            os.read(os.open(f"/proc/{main}/{name}", os.O_RDONLY), 4096)
            os._exit(0)
        with pinned([child]) as (fd,):
            await_end(fd)
        assert os.waitpid(child, 0)[1] == 0, name
    hung.abort()
    jig.signal(signal.SIGTERM)
    jig.wait()


# ------------------------------------------- a supervisor that does not finish


def test_a_supervisor_that_was_stopped_is_continued(go, place):
    """The command may do that: it ends all the same."""
    jig = go("--", *place.sh("kill -STOP $PPID; exit 3"))
    assert jig.wait() in (3, 0), jig.err()


def test_a_supervisor_that_its_tracer_holds_is_ended_by_the_guard(go, place, root):
    jig = go("--", *place.sh("echo on; sleep 999 & wait"))
    jig.await_line("on")
    with held_by_tracer(supervisor_of(jig.pid)):
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 125, jig.err()
        assert survivors(place) == []
    assert place.await_empty() == []


PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207


@contextlib.contextmanager
def held_by_tracer(pid):
    """Stopped by us: SIGCONT does not help, SIGKILL does."""
    libc = ctypes.CDLL(None, use_errno=True)
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        assert libc.ptrace(request, pid, None, None) == 0, ctypes.get_errno()
    wait_until(lambda: state_of(pid) == "t", "it is held")
    try:
        yield
    finally:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
            os.waitpid(pid, 0)


def test_a_guard_that_ends_all_alone_beside_one_that_hangs_waits(holds, place, cage):
    """For the next round of SIGKILL: it does not use a processor meanwhile."""
    jig, holder = holds('"$0" "$1" & sleep 999 & wait')
    with gone_after_abort(place, holder), pinned([supervisor_of(jig.pid)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)
        used = 0.0
        while jig.is_alive():
            with contextlib.suppress(IndexError, ValueError):
                used = max(used, cpu_s(jig.pid))
            time.sleep(0.05)
        assert jig.wait() == SURVIVORS, jig.err()
    assert used < 1


#: Runs of probes that do not end by SIGTERM: a wait for each would take 10 s.
STOPPED_PROBES = 4


def test_orphans_die_at_once_with_the_supervisor_beside_probes_that_hang(go, place):
    words = ["--ready", "exec:sleep 999"] * STOPPED_PROBES
    jig = go(*words, "--", *place.sh("exec sleep 999"))
    supervisor = supervisor_of(jig.pid)
    main = main_of(jig)

    def probes():
        found = [pid for pid in children_of(jig.pid) if pid != supervisor]
        running = [pid for pid in found if children_of(pid)]
        return running if len(running) == STOPPED_PROBES else []

    with pinned([supervisor, main]) as (fd, orphan):
        for pid in wait_until(probes, "its probes run"):
            os.kill(pid, signal.SIGSTOP)
        send(fd, signal.SIGKILL)
        with select.epoll() as ends:
            ends.register(orphan, select.EPOLLIN)
            assert ends.poll(5), "it waited for the probes first"
    assert jig.wait() == 125, jig.err()
    assert place.await_empty() == []


# ----------------------------- a command that changes the limits of jig itself

#: Of supervisor and guard; in a pid namespace the command does not see these.
LOWER = (
    "lower() { prlimit --pid $1 --nofile=$LIMIT; };"
    " lower $PPID && lower $(sed -n 's/^PPid:.//p' /proc/$PPID/status);"
    " setsid sleep 999 & echo on; exec sleep 999"
)


@pytest.mark.parametrize("limit", ["0", "1", "4"])
@pytest.mark.parametrize("end", ["stop", "timeout", "supervisor"])
def test_guard_and_supervisor_end_all_without_descriptors(
    go, place, cage, identity, limit, end
):
    if cage == "pidns":
        pytest.skip("the command sees neither of the two")
    options = ("--timeout", "5s") if end == "timeout" else ()
    script = LOWER.replace("$LIMIT", f"{limit}:{limit}")
    jig = go(*options, "--", *place.sh(script))
    jig.await_line("on")
    supervisor = supervisor_of(jig.pid)
    if end == "stop":
        jig.signal(signal.SIGTERM)
    elif end == "supervisor":
        with pinned([supervisor]) as (fd,):
            send(fd, signal.SIGKILL)
    status = jig.wait()
    assert status in (143, TIMEOUT, SURVIVORS, 125), jig.err()
    assert place.await_empty() == []
    if end == "timeout" and limit != "0":
        assert status == TIMEOUT, jig.err()


def test_a_guard_whose_limit_was_lowered_does_not_use_a_processor(go, place, cage):
    if cage == "pidns":
        pytest.skip("the command sees neither of the two")
    jig = go("--", *place.sh(LOWER.replace("$LIMIT", "1:1")))
    jig.await_line("on")
    pids = [jig.pid, supervisor_of(jig.pid)]
    before = [cpu_s(pid) for pid in pids]
    time.sleep(1)
    assert [cpu_s(pid) - was < 0.5 for pid, was in zip(pids, before)] == [True, True]
    jig.signal(signal.SIGTERM)
    jig.wait()
    assert place.await_empty() == []
