# SPDX-License-Identifier: MIT
"""No message between jig's processes is lost: not in a storm of signals, and not if
the receiver is stopped or has stopped itself.

tests/lib/flood.c does the same with the library.
"""

import contextlib
import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
from helpers import FAILED, PYTHON, await_end, has_ended, jig_run, pinned, send
from helpers import children_of, main_of, only_root, state_of, stopped, supervisor_of
from helpers import wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: Tells the name of each signal that it gets, and of real-time signals how many
#: hundreds there were; SIGTERM ends it.
TELL = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
print("ready", flush=True)
count = 0
while True:
    info = signal.sigwaitinfo(range(1, 65))
    if info.si_signo == signal.SIGTERM:
        sys.exit(7)
    if info.si_signo >= 34:
        count += 1
        if count % 100 == 0:
            print(count, flush=True)
    elif info.si_signo not in (signal.SIGCONT, signal.SIGCHLD, signal.SIGURG):
        print(signal.Signals(info.si_signo).name, flush=True)
"""

#: A shell that runs its words beside itself, and is jig's owner and parent.
OWNER = '"$@" & echo "$!"; wait'

#: Starts its words in a thread, says their pid, and ends the thread on SIGUSR2.
FORKING_THREAD = """
import signal, subprocess, sys, threading
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
def start():
    print(subprocess.Popen(sys.argv[1:]).pid, flush=True)
    signal.sigwait([signal.SIGUSR2])
thread = threading.Thread(target=start)
thread.start()
thread.join()
print("the thread has ended", flush=True)
signal.pause()
"""

GETFD = 438  # pidfd_getfd(2) has this number everywhere


@pytest.fixture
def teller(place):
    return [place.copy(PYTHON, "python"), "-SEc", TELL]


@pytest.fixture
def jig(start, cage, identity, group, teller):
    """One of each cage and identity, with TELL as its command, in a session of its
    own: a SIGTSTP to jig stops both, whatever the tests run under."""
    words = ["--cage", cage, "--group", "session", *teller]
    one = start(*words, identity=identity, group=group)
    one.await_line("ready")
    return one


def flood(pid, signo, count):
    for _ in range(count):
        os.kill(pid, signo)


def ends_by_term(jig):
    assert jig.wait() == 7


def test_a_stop_behind_a_storm_of_signals_arrives(jig):
    flood(jig.pid, signal.SIGURG, 100000)
    jig.signal(signal.SIGTERM)
    ends_by_term(jig)


def test_a_stop_for_a_supervisor_that_is_stopped_arrives(jig):
    with stopped(supervisor_of(jig.pid)):
        for signo in (signal.SIGURG, signal.SIGWINCH, signal.SIGCONT):
            flood(jig.pid, signo, 30000)
        flood(jig.pid, 40, 2000)
        jig.signal(signal.SIGTERM)
        # The guard has read all, and forwarded it.
        wait_until(lambda: pending(jig.pid) == 0, "the guard has read its signals")
    ends_by_term(jig)


def pending(pid):
    with open(f"/proc/{pid}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["ShdPnd"], 16) | int(lines["SigPnd"], 16)


def test_real_time_signals_are_counted(jig):
    with stopped(jig.pid):
        flood(jig.pid, 36, 1500)
        flood(jig.pid, 64, 1500)
    wait_until(lambda: pending(jig.pid) == 0, "the guard has read its signals")
    for hundreds in range(1, 31):
        assert jig.line() == str(100 * hundreds)
    jig.signal(signal.SIGTERM)
    assert jig.rest() == ""
    ends_by_term(jig)


def test_an_owner_that_dies_in_a_storm_is_noticed(start, place, cage, identity, group):
    owner = subprocess.Popen([str(place.bin / "sleep"), "600"])
    words = ["--cage", cage, "--owner", str(owner.pid), "--grace", "0"]
    jig = start(*words, *place.sh("echo ready; sleep 600"), identity=identity, group=group)
    jig.await_line("ready")
    with stopped(supervisor_of(jig.pid)):
        flood(jig.pid, signal.SIGURG, 50000)
        owner.kill()
        owner.wait()
    assert jig.wait() == 128 + signal.SIGKILL
    assert place.await_empty() == []


def test_jig_sleeps_after_a_storm(jig):
    supervisor = supervisor_of(jig.pid)
    flood(jig.pid, signal.SIGURG, 20000)
    jig.signal(signal.SIGUSR2)
    jig.await_line("SIGUSR2")
    wait_until(lambda: pending(jig.pid) == 0, "the guard has read its signals")
    both = (jig.pid, supervisor)
    for pid in both:  # A process that does not wait in poll(2) never sleeps.
        wait_until(lambda pid=pid: state_of(pid) == "S", "it sleeps")
    before = wakeups(both)
    subprocess.run(["/bin/sleep", "0.5"], check=True)
    assert wakeups(both) - before < 20
    for pid in both:
        wait_until(lambda pid=pid: state_of(pid) == "S", "it sleeps still")


def wakeups(pids) -> int:
    """How often they have gone to sleep, proc_pid_status(5)."""
    text = "".join(pathlib.Path(f"/proc/{pid}/status").read_text() for pid in pids)
    return sum(map(int, re.findall(r"(?m)^voluntary_ctxt_switches:\s+(\d+)$", text)))


# ------------------------------------------------- all other signals are main's

FATAL = ["SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGPIPE",
         "SIGXCPU", "SIGXFSZ"]


def test_signals_of_faults_are_forwarded_when_they_are_sent(jig):
    for name in FATAL:
        jig.signal(getattr(signal, name))
        jig.await_line(name)
    jig.signal(signal.SIGTERM)
    ends_by_term(jig)


def test_as_pid_1_too(start, place, teller, root):
    jig = start(*teller, before=["unshare", "-pf", "--mount-proc", "--kill-child"])
    jig.await_line("ready")
    (guard,) = children_of(jig.pid)
    for name in FATAL:
        os.kill(guard, getattr(signal, name))
        jig.await_line(name)
    os.kill(guard, signal.SIGTERM)
    ends_by_term(jig)


# --------------------------------------------------------- the supervisor's death


def steal_sockets(supervisor):
    """What a child that hangs in execve(2) does: hold the supervisor's sockets."""
    libc = ctypes.CDLL(None, use_errno=True)
    stolen = []
    with pinned([supervisor]) as (pidfd,):
        for name in only_root(lambda: os.listdir(f"/proc/{supervisor}/fd")):
            if os.readlink(f"/proc/{supervisor}/fd/{name}").startswith("socket:"):
                fd = libc.syscall(GETFD, pidfd, int(name), 0)
                assert fd >= 0, os.strerror(ctypes.get_errno())
                stolen.append(fd)
    assert stolen
    return stolen


@pytest.mark.parametrize("cage", ["subreaper", "cgroup", "pidns"])
def test_its_death_counts_though_its_socket_is_held(start, place, root, cage):
    jig = start("--cage", cage, *place.sh("echo ready; sleep 600"))
    jig.await_line("ready")
    supervisor = supervisor_of(jig.pid)
    stolen = steal_sockets(supervisor)
    with pinned([supervisor]) as (fd,):
        send(fd, signal.SIGKILL)
    assert jig.wait() in (FAILED, 128 + signal.SIGKILL)
    for fd in stolen:
        os.close(fd)
    assert place.await_empty() == []


# ---------------------------------------------------- a guard that stopped itself


@pytest.fixture(params=["parent", "named"])
def owned(request, start, place, cage, identity, group):
    """(jig's pid, its owner's pidfd): the owner is its parent, or is not."""
    words = ["--cage", cage, "--group", "session", "--grace", "100ms"]
    command = place.sh("trap '' TERM; echo ready; sleep 600")
    if request.param == "parent":
        one = start(*words, *command, identity=identity, group=group,
                    before=[str(place.bin / "sh"), "-c", OWNER, "sh"])
        said = {one.line(), one.line()}  # two processes say them
        (pid,) = map(int, said - {"ready"})
        owner = one.pid
    else:
        named = subprocess.Popen([str(place.bin / "sleep"), "600"])
        request.addfinalizer(lambda: (named.kill(), named.wait()))
        words += ["--owner", str(named.pid)]
        one = start(*words, *command, identity=identity, group=group)
        pid, owner = one.pid, named.pid
        one.await_line("ready")
    with pinned([owner]) as (fd,):
        yield pid, fd


def test_a_suspended_guard_notices_that_its_owner_is_killed(owned, place):
    pid, owner = owned
    with pinned([pid, supervisor_of(pid)]) as (guard, supervisor):
        send(guard, signal.SIGTSTP)
        wait_until(lambda: state_of(pid) == "T", "jig is stopped")
        send(owner, signal.SIGKILL)
        await_end(supervisor)
        await_end(guard)
    assert place.await_empty() == []


def test_a_suspended_guard_notices_that_its_supervisor_is_killed(jig, place):
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        jig.signal(signal.SIGTSTP)
        wait_until(lambda: state_of(jig.pid) == "T", "jig is stopped")
        send(supervisor, signal.SIGKILL)
        jig.wait()
    assert place.await_empty() == []


def test_a_suspended_guard_goes_on_by_sigcont_only(jig):
    main = main_of(jig.pid)
    for _ in range(3):
        jig.signal(signal.SIGTSTP)
        wait_until(lambda: state_of(jig.pid) == "T", "jig is stopped")
        wait_until(lambda: state_of(main) == "T", "its command is stopped")
        # News for the guard: main goes on, and is stopped again.
        os.kill(main, signal.SIGCONT)
        wait_until(lambda: state_of(main) != "T", "its command goes on")
        os.kill(main, signal.SIGSTOP)
        wait_until(lambda: state_of(main) == "T", "its command is stopped")
        assert state_of(jig.pid) == "T"
        jig.signal(signal.SIGCONT)
        wait_until(lambda: state_of(main) != "T", "its command goes on")
    jig.signal(signal.SIGTERM)
    ends_by_term(jig)


# ------------------------------------------ a guard that another process stopped


@contextlib.contextmanager
def guard_stopped(pid):
    """Alone: its supervisor goes on. The pidfds of both."""
    with pinned([supervisor_of(pid)]) as (supervisor,), stopped(pid) as guard:
        yield guard, supervisor


def test_a_guard_that_was_stopped_ends_with_its_owner(owned, place):
    pid, owner = owned
    with guard_stopped(pid) as (guard, supervisor):
        send(owner, signal.SIGKILL)
        await_end(supervisor)
        await_end(guard)
    assert place.await_empty() == []


def test_a_guard_that_is_stopped_again_and_again_ends_with_its_owner(owned, place):
    pid, owner = owned
    with guard_stopped(pid) as (guard, supervisor), pinned([main_of(pid)]) as (main,):
        send(owner, signal.SIGKILL)
        for _ in range(20):
            send(guard, signal.SIGSTOP)
        if has_ended(main):
            # We were slow: a SIGSTOP after the supervisor's end is not undone
            # (GUARANTEES.md).
            await_end(supervisor)
            send(guard, signal.SIGCONT)
        await_end(supervisor)
        await_end(guard)
    assert place.await_empty() == []


@pytest.mark.parametrize("cage", ["pidns"])
def test_a_guard_that_was_stopped_ends_with_its_init(jig, cage, place):
    """The kernel has ended the cage, and continues the guard."""
    with guard_stopped(jig.pid) as (_, supervisor):
        send(supervisor, signal.SIGKILL)
        assert jig.wait() in (FAILED, 128 + signal.SIGKILL)
    assert place.await_empty() == []


# ------------------------------------------- all were stopped by another process


@contextlib.contextmanager
def all_stopped(pid):
    """Guard, supervisor and main, as `kill -STOP -1` does it: their pidfds."""
    pids = [pid, supervisor_of(pid), main_of(pid)]
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(stopped(one)) for one in pids]


@pytest.mark.parametrize("owned", ["parent"], indirect=True)
def test_all_that_were_stopped_end_with_their_owner(owned, place):
    """The owner is in jig's process group, so its death does not orphan the group,
    and the kernel continues no process of it."""
    pid, owner = owned
    with all_stopped(pid) as (guard, supervisor, _):
        send(owner, signal.SIGKILL)
        await_end(supervisor)
        await_end(guard)
    assert place.await_empty() == []


def test_all_that_were_stopped_end_with_their_guard(jig, place):
    with all_stopped(jig.pid) as (guard, supervisor, _):
        send(guard, signal.SIGKILL)
        await_end(supervisor)
    assert place.await_empty() == []


def test_a_stop_of_all_that_were_stopped_is_kept(jig, place):
    """SIGTERM waits until SIGCONT; this one continues the supervisor and main."""
    with all_stopped(jig.pid) as (guard, _, _):
        send(guard, signal.SIGTERM)
        send(guard, signal.SIGCONT)
        ends_by_term(jig)
    assert place.await_empty() == []


def test_all_that_were_stopped_and_continued_go_on(jig):
    """Events of the meantime are not lost, and there are no others."""
    with all_stopped(jig.pid) as (guard, supervisor, main):
        jig.signal(signal.SIGUSR1)
        for fd in (main, supervisor, guard):
            send(fd, signal.SIGCONT)
        jig.await_line("SIGUSR1")
    jig.signal(signal.SIGTERM)
    ends_by_term(jig)


def test_a_thread_of_the_owner_that_ends_continues_nothing(start, place, teller):
    """It has forked jig, and the kernel tells of *its* death (PDEATHSIG)."""
    owner = start(*teller, before=[PYTHON, "-c", FORKING_THREAD])
    said = {owner.line(), owner.line()}
    (pid,) = map(int, said - {"ready"})
    with all_stopped(pid) as (guard, supervisor, main):
        owner.signal(signal.SIGUSR2)
        owner.await_line("the thread has ended")
        for one in (pid, supervisor_of(pid)):
            assert state_of(one) == "T"
        for fd in (main, supervisor, guard):
            send(fd, signal.SIGCONT)
    owner.signal(signal.SIGKILL)
    assert place.await_empty() == []


# ------------------------------------------------------------- another version


def test_a_host_of_another_version_is_reported(place):
    """It sends no board; a packet that it cannot read says why."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = jig_run("--lifeline", str(theirs.fileno()), *place.sh("echo started"))
    with ours:
        with theirs:
            done = subprocess.run(words, pass_fds=[theirs.fileno()], env=place.env,
                                  stdout=subprocess.PIPE, timeout=60, check=False)
        assert ours.recv(100) == b"w"
        assert ours.recv(100) == b""
    assert done.returncode == FAILED
    assert done.stdout == b""
