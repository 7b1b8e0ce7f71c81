# SPDX-License-Identifier: MIT
"""jig run on a terminal (EDGE_CASES 28 to 30), under a real pty.

The shell is a real bash with job control. The command is mostly the probe: a
program that says which signals it gets and what it reads. All processes execute
private copies, jig too, so the oracle (places.py) fails a test that leaves a
process behind.
"""

import os
import re
import select
import shutil
import signal

import pytest
from helpers import (
    PYTHON,
    RUNS,
    TIMEOUT,
    pinned,
    signals_in,
    stage,
    state_of,
    wait_until,
)
from pty_session import (
    CTRL_BACKSLASH,
    CTRL_C,
    CTRL_D,
    CTRL_Z,
    Shell,
    Terminal,
    kill,
)

PROBE = r"""
import fcntl, os, signal, struct, sys, termios, tty

def say(text):
    os.write(1, (text + "\n").encode())

def tell(signo, frame):
    name = signal.Signals(signo).name[3:]
    if name == "WINCH":
        size = fcntl.ioctl(1, termios.TIOCGWINSZ, bytes(8))
        name += " %dx%d" % struct.unpack("HHHH", size)[:2]
    say("got " + name)

for word in sys.argv[1:]:
    if word == "raw":
        tty.setraw(0)
    elif word == "cbreak":
        tty.setcbreak(0)
    elif word == "wait":
        say("waits")
        open(os.environ["GATE"]).close()
    else:
        signal.signal(signal.Signals["SIG" + word], tell)
# A signal that comes just before read(2) begins is seen when it returns, and
# that may be never: let it return now and then.
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
say("ready")
for line in iter(lambda: os.read(0, 4096).decode().strip(), ""):
    if line.startswith("quit"):
        sys.exit(int(line[4:]))
    say("read " + line)
"""


@pytest.fixture
def here(place):
    """The place, with jig, the probe and a gate that the probe can wait at."""
    place.copy(stage.jig_path(), "jig")
    place.copy(PYTHON, "python")
    (place.path / "probe.py").write_text(PROBE)
    probe = place.bin / "probe"
    probe.write_text(f'#!/bin/sh\nexec python -S {place.path}/probe.py "$@"\n')
    probe.chmod(0o755)
    os.mkfifo(place.path / "gate")
    yield place


@pytest.fixture
def env(here):
    return here.env | {"GATE": str(here.path / "gate")}


@pytest.fixture
def shell(here, env):
    with Shell(env, cwd=here.work) as shell:
        yield shell


@pytest.fixture
def terminal(here, env):
    """A session's leader that is no shell with job control."""
    with Terminals(env, here.work) as terminals:
        yield terminals


class Terminals:
    def __init__(self, env, cwd):
        self._options = {"env": env, "cwd": cwd}
        self._open = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self._open:
            one.__exit__()

    def __call__(self, *command: str) -> Terminal:
        one = Terminal(list(command), **self._options)
        self._open.append(one)
        return one


def one(place, name: str) -> int:
    return wait_until(lambda: place.pids(name), f"{name} runs")[0]


def guard_of(place) -> int:
    return wait_until(lambda: place.pids("jig"), "jig runs")[0]


def await_foreground(terminal, group: int) -> None:
    wait_until(lambda: terminal.foreground() == group, f"{group} is the foreground")


def await_state(pid: int, states: str) -> None:
    wait_until(lambda: state_of(pid) in states, f"{pid} is in a state of {states!r}")


def start(shell, line: str) -> None:
    shell.type(line)
    shell.expect("ready$")


def stop_with_ctrl_z(shell) -> None:
    shell.send(CTRL_Z)
    shell.expect(r"Stopped ")
    shell.prompt()


def reads(shell, word: str) -> None:
    """Input reaches the probe."""
    shell.type(word)
    shell.expect(f"^read {word}$")


def ends(shell, status: int) -> None:
    """The probe ends with this status, and the shell has the terminal again."""
    shell.type(f"quit {status}")
    shell.prompt()
    assert shell.status() == status
    assert shell.foreground() == shell.pid


def open_gate(place) -> None:
    """Let the probe pass; it is waiting at the gate, or comes to it."""
    os.close(os.open(place.path / "gate", os.O_WRONLY))


# 28: whose the foreground is


def test_28_command_is_the_foreground_and_the_shell_has_it_back(here, shell):
    start(shell, "jig run --group foreground probe")
    command = one(here, "python")
    assert shell.foreground() == os.getpgid(command)
    assert os.getpgid(command) != os.getpgid(guard_of(here))
    reads(shell, "something")
    ends(shell, 7)


def test_28_jig_takes_the_foreground_back_for_a_script(terminal):
    """A shell without job control relies on jig to give back what it took."""
    show = f"{PYTHON} -Sc 'import os; print(os.tcgetpgrp(0) == os.getpgrp())'"
    session = terminal("/bin/sh", "-c", f"jig run --group foreground sh -c 'exit 3'; echo $?; {show}")
    session.expect("^3$")
    session.expect("^True$")
    assert session.wait() == 0


def test_28_background_jig_never_steals_the_foreground(here, shell):
    shell.do("jig run sleep 1000 &")
    one(here, "sleep")
    assert shell.foreground() == shell.pid
    shell.do("kill %1; wait %1")
    assert shell.foreground() == shell.pid
    assert shell.do("echo still here") == "still here\n"


def test_28_background_jig_that_ends_by_itself_leaves_the_foreground(here, shell):
    shell.do("jig run probe wait </dev/null &")
    one(here, "python")
    start(shell, "jig run probe INT")
    before = shell.foreground()
    open_gate(here)
    wait_until(lambda: len(here.pids("python")) == 1, "the other one has ended")
    wait_until(lambda: len(here.pids("jig")) == 2, "and its jig")
    assert shell.foreground() == before
    reads(shell, "mine")
    ends(shell, 0)


def test_28_terminal_is_given_back_after_a_signal_to_jig(here, shell):
    start(shell, "jig run probe")
    kill(guard_of(here), signal.SIGTERM)
    shell.prompt()
    assert shell.status() == 143
    assert shell.foreground() == shell.pid


def test_28_terminal_is_given_back_after_the_shell_in_it_was_killed(here, terminal):
    """The foreground is a group of the command's making, and that has died."""
    show = f"{PYTHON} -Sc 'import os; print(os.tcgetpgrp(0) == os.getpgrp())'"
    # The outer shell is the system's, so that the inner one can be told.
    session = terminal("/bin/sh", "-c", f"jig run --group foreground -q sh -i; {show}")
    session.send("probe\n")
    session.expect("ready")
    inner = one(here, "sh")
    assert session.foreground() != os.getpgid(inner)
    kill(inner, signal.SIGKILL)
    session.expect("^True$")
    assert session.wait() == 0


def test_28_pipeline_with_jig_in_front(here, shell):
    start(shell, "jig run probe | cat")
    reads(shell, "through")
    stop_with_ctrl_z(shell)
    shell.type("fg")
    reads(shell, "again")
    shell.type("quit 0")
    shell.prompt()
    assert shell.foreground() == shell.pid


def test_28_pipeline_with_jig_at_its_end(here, shell):
    """stdin is no terminal: jig, in the foreground, gets Ctrl-Z and Ctrl-C."""
    # No subshell of bash's: one that forks at this moment misses the Ctrl-C.
    writer = "sh -c 'echo one; exec sleep 1000'"
    reader = "sh -c 'read x; echo got $x; exec sleep 1000'"
    shell.type(f"{writer} | jig run {reader}")
    shell.expect("^got one$")
    stop_with_ctrl_z(shell)
    shell.type("fg")
    await_foreground(shell, os.getpgid(guard_of(here)))
    shell.send(CTRL_C)
    shell.prompt()
    assert shell.status() == 130


def test_28_under_a_script_without_job_control(here, shell):
    start(shell, "sh -c 'jig run probe; echo after $?'")
    reads(shell, "something")
    shell.type("quit 4")
    shell.expect("^after 4$")
    shell.prompt()
    assert shell.foreground() == shell.pid


def test_28_session_asked_for_leaves_the_terminal_alone(here, shell):
    shell.type("jig run --group session sleep 1000")
    one(here, "sleep")
    jig = guard_of(here)
    assert shell.foreground() == os.getpgid(jig)
    shell.send(CTRL_C)
    shell.prompt()
    assert shell.status() == 130


# 27, 28: keys


def test_28_ctrl_c_ends_a_command_that_does_not_catch_it(here, shell):
    shell.type("jig run sleep 1000")
    command = one(here, "sleep")
    await_foreground(shell, os.getpgid(command))
    shell.send(CTRL_C)
    shell.prompt()
    assert shell.status() == 130
    assert shell.foreground() == shell.pid


def test_28_ctrl_c_is_the_command_s_and_not_jig_s(here, shell):
    """A command that handles it goes on, any number of times."""
    start(shell, "jig run probe INT")
    for word in ("one", "two"):
        shell.send(CTRL_C)
        shell.expect("^got INT$")
        reads(shell, word)
    ends(shell, 7)


def test_28_ctrl_backslash_ends_a_command_that_does_not_catch_it(here, shell):
    shell.do("ulimit -c 0")
    shell.type("jig run sleep 1000")
    await_foreground(shell, os.getpgid(one(here, "sleep")))
    shell.send(CTRL_BACKSLASH)
    shell.prompt()
    assert shell.status() == 131


def test_28_ctrl_backslash_is_the_command_s(here, shell):
    start(shell, "jig run probe QUIT")
    shell.send(CTRL_BACKSLASH)
    shell.expect("^got QUIT$")
    ends(shell, 5)


def test_28_end_of_file_is_the_command_s(here, shell):
    start(shell, "jig run probe")
    shell.send(CTRL_D)
    shell.prompt()
    assert shell.status() == 0


def test_27_ctrl_c_hurries_when_only_leftovers_are_waited_for(here, shell):
    """Main has ended, a child ignores everything, the grace is long: Ctrl-C
    must still reach jig."""
    inner = "trap \"\" INT TERM; echo ready; sleep 1000"
    start(shell, f"jig run --grace 1000s sh -c 'sh -c '\\''{inner}'\\'' & wait'")
    main = one(here, "sh")
    shell.send(CTRL_C)
    wait_until(lambda: main not in here.pids("sh"), "main has ended")
    # Type it until it has an effect: jig learns of main's end later.
    wait_until(lambda: _is_over_after_ctrl_c(here, shell), "Ctrl-C hurries")
    shell.prompt()
    assert shell.status() == 130


def _is_over_after_ctrl_c(place, shell) -> bool:
    if not place.pids("jig"):
        return True
    shell.send(CTRL_C)
    return False


# 29: stopping and continuing


def test_29_ctrl_z_stops_command_and_jig_and_fg_continues_both(here, shell):
    start(shell, "jig run probe")
    command, jig = one(here, "python"), guard_of(here)
    for word in ("once", "twice"):
        stop_with_ctrl_z(shell)
        await_state(command, "T")  # the terminal has told each of them
        assert state_of(jig) == "T"
        assert shell.foreground() == shell.pid
        assert "Stopped" in shell.do("jobs")
        shell.type("fg")
        reads(shell, word)
        assert shell.foreground() == os.getpgid(command)
    ends(shell, 7)


def test_29_bg_continues_in_the_background(here, shell):
    start(shell, "jig run probe CONT USR1")
    command, jig = one(here, "python"), guard_of(here)
    stop_with_ctrl_z(shell)
    shell.type("bg")
    shell.expect("got CONT$")
    # It reads, from the background: stopped again, and jig with it.
    await_state(command, "T")
    shell.await_job("SIGTTIN")
    assert state_of(jig) == "T"
    assert shell.foreground() == shell.pid
    shell.type("fg")
    reads(shell, "mine")
    ends(shell, 2)


def test_29_bg_of_one_that_does_not_read(here, shell):
    shell.type("jig run sleep 1000")
    command = one(here, "sleep")
    await_foreground(shell, os.getpgid(command))
    stop_with_ctrl_z(shell)
    shell.do("bg")
    await_state(command, "S")
    assert "Running" in shell.do("jobs")
    shell.do("kill %1; wait %1")
    assert shell.foreground() == shell.pid


def test_29_ctrl_z_that_the_command_handles_suspends_nothing(here, shell):
    start(shell, "jig run probe TSTP")
    shell.send(CTRL_Z)
    shell.expect("got TSTP$")
    reads(shell, "on")
    ends(shell, 0)


def test_29_background_read_stops_with_sigttin(here, shell):
    shell.do("jig run probe &")
    shell.await_job("SIGTTIN")
    assert state_of(one(here, "python")) == "T"
    assert state_of(guard_of(here)) == "T"
    assert shell.foreground() == shell.pid
    shell.type("fg")
    reads(shell, "hello")
    ends(shell, 3)


def test_29_background_write_stops_with_sigttou(shell):
    shell.do("stty tostop")
    shell.do("jig run sh -c 'echo written' &")
    shell.await_job("SIGTTOU")
    shell.type("fg")
    shell.expect("written$")
    shell.prompt()
    assert shell.status() == 0


@pytest.mark.parametrize("group", ["pgroup", "inherit"])
def test_29_a_job_stops_by_a_signal_that_its_script_ignores(here, shell, group):
    """Main, whose signals are the defaults, has stopped: jig does as well, and its
    processes do not stop and continue each other."""
    write = "env --default-signal=TTOU stty ixon"
    shell.do(f"(trap '' TTOU; exec jig run --group {group} -- {write}) &")
    shell.await_job("SIGTTOU")
    assert state_of(guard_of(here)) == "T"
    shell.do("kill %1")
    assert not here.await_empty()


def test_29_fg_of_a_running_jig(here, shell):
    """A shell sends no SIGCONT to a job that runs: jig learns by the SIGTTIN of
    its command that it is the foreground now."""
    shell.do("jig run --group foreground probe wait &")
    one(here, "python")
    shell.type("fg")
    shell.expect("^jig run --group foreground probe wait")
    await_foreground(shell, os.getpgid(guard_of(here)))
    open_gate(here)
    shell.expect("^ready$")
    reads(shell, "hello")
    ends(shell, 6)


def test_29_signal_tstp_to_jig_stops_both(here, shell):
    start(shell, "jig run probe")
    command, jig = one(here, "python"), guard_of(here)
    kill(jig, signal.SIGTSTP)
    shell.expect("Stopped")
    shell.prompt()
    await_state(command, "T")
    assert state_of(jig) == "T"
    shell.type("fg")
    reads(shell, "hello")
    ends(shell, 0)


def test_29_sigstop_to_jig_alone_and_cont(here, shell):
    """jig cannot see this one coming: its command goes on."""
    shell.type("jig run sleep 1000")
    command = one(here, "sleep")
    await_foreground(shell, os.getpgid(command))
    jig = guard_of(here)
    kill(jig, signal.SIGSTOP)
    shell.expect("Stopped")
    shell.prompt()
    assert state_of(command) in RUNS and state_of(jig) == "T"
    shell.type("fg")
    await_foreground(shell, os.getpgid(command))
    shell.send(CTRL_C)
    shell.prompt()
    assert shell.status() == 130


def test_29_stopped_jig_can_be_ended(here, shell):
    """kill %1 of a stopped job: bash continues it so that it can act."""
    start(shell, "jig run probe")
    stop_with_ctrl_z(shell)
    shell.do("kill %1")
    assert not here.await_empty()
    assert shell.foreground() == shell.pid


# 29: terminal modes


def test_29_modes_are_restored_after_a_crash(here, terminal):
    """This shell would not restore them itself."""
    session = terminal("/bin/sh", "-c", "jig run --group foreground probe raw; echo ended $?; read x")
    session.expect("ready")
    assert session.modes() != session.first_modes
    kill(one(here, "python"), signal.SIGKILL)
    session.expect("^ended 137$")
    assert session.modes() == session.first_modes


def test_29_modes_are_restored_after_a_time_out(here, terminal):
    session = terminal(
        "/bin/sh", "-c", "jig run --group foreground --timeout 1s probe raw; echo ended $?; read x"
    )
    session.expect("^ended 124$")
    assert session.modes() == session.first_modes


def test_29_modes_that_a_command_leaves_are_kept(shell):
    """Or stty would be of no use."""
    assert not shell.echoes()
    shell.do("jig run stty echo")
    assert shell.echoes()
    shell.type("jig run stty -echo")
    shell.prompt()
    assert not shell.echoes()


def test_29_messages_on_a_raw_terminal_begin_at_the_margin(terminal):
    script = "stty -opost; setsid sleep 600 & exit 3"
    session = terminal("jig", "run", "-v", "sh", "-c", script)
    said = b""
    while b"proved empty" not in said:
        assert select.select([session.master], [], [], session.deadline_s)[0]
        said += os.read(session.master, 4096)
    assert said.count(b"\n") >= 4 and b"1 leftover" in said
    assert re.findall(rb"(?<!\r)\n", said) == []


def test_29_modes_follow_ctrl_z_and_fg(here, shell):
    """The shell has its own while the command is stopped, which has its own
    again when it goes on."""
    before = shell.modes()
    start(shell, "jig run --group foreground probe cbreak")
    during = shell.modes()
    assert during != before
    stop_with_ctrl_z(shell)
    assert shell.modes() == before
    shell.type("fg")
    wait_until(lambda: shell.modes() == during, "the command's modes are back")
    shell.send("quit 0")
    shell.prompt()


# 30: sizes, and a group that no process could continue


def test_30_sigwinch_reaches_the_command(here, shell):
    start(shell, "jig run probe WINCH")
    shell.resize(50, 132)
    shell.expect("^got WINCH 50x132$")
    ends(shell, 0)


def test_30_sigwinch_is_forwarded_to_a_session_of_its_own(here, shell):
    """Only jig is in the terminal's foreground then."""
    shell.type("jig run --group session probe WINCH wait </dev/null")
    shell.expect("^waits$")
    shell.resize(50, 132)
    shell.expect("^got WINCH 50x132$")
    open_gate(here)
    shell.prompt()


#: In the caller's group the command is not stopped at all; in one of its own it
#: is, and jig continues it.
ORPHANED = {"inherit": [], "foreground": ["^got CONT$"]}


@pytest.mark.parametrize("group", ORPHANED)
def test_30_orphaned_group_is_not_left_stopped(here, terminal, group):
    """No shell has job control: Ctrl-Z has no effect (dumb-init#25)."""
    line = f"jig run --group {group} probe CONT; echo ended $?"
    session = terminal("/bin/sh", "-c", line)
    session.expect("^ready$")
    session.send(CTRL_Z)
    for line in ORPHANED[group]:
        session.expect(line)
    session.send("hello\n")
    session.expect("^read hello$")
    session.send("quit 4\n")
    session.expect("^ended 4$")


@pytest.mark.parametrize("group", ORPHANED)
def test_30_jig_that_leads_the_session_is_not_left_stopped(here, terminal, group):
    """As in a container with a terminal, or ssh -t host jig run …"""
    session = terminal("jig", "run", "--group", group, "probe", "CONT")
    session.expect("^ready$")
    session.send(CTRL_Z)
    for line in ORPHANED[group]:
        session.expect(line)
    session.send("hello\n")
    session.expect("^read hello$")
    session.send(CTRL_C)
    assert session.wait() == 130


# 13, 28: the terminal or the shell goes

DEAF = "sh -c 'trap \"\" HUP INT TERM; echo ready; sleep 1000; sleep 1000'"


@pytest.mark.parametrize("background", ["", " &"], ids=["foreground", "background"])
@pytest.mark.parametrize("how", ["hang_up", "kill"])
def test_13_nothing_is_left_when_the_terminal_goes(here, shell, how, background):
    start(shell, f"jig run --grace 100ms {DEAF}{background}")
    guards = here.pids("jig")
    with pinned(guards):
        getattr(shell, how)()
        assert not here.await_empty()


@pytest.mark.parametrize("how", ["hang_up", "kill"])
def test_13_nothing_is_left_of_a_stopped_jig_when_the_terminal_goes(here, shell, how):
    start(shell, "jig run --grace 100ms probe")
    stop_with_ctrl_z(shell)
    getattr(shell, how)()
    assert not here.await_empty()


def test_13_nothing_is_left_when_a_session_without_job_control_hangs_up(
    here, terminal
):
    session = terminal("/bin/sh", "-c", f"jig run --grace 100ms {DEAF}; :")
    session.expect("^ready$")
    session.hang_up()
    assert not here.await_empty()


def test_14_terminal_is_usable_after_sigkill_of_jig(here, shell):
    start(shell, "jig run probe raw")
    kill(guard_of(here), signal.SIGKILL)
    shell.expect("Killed")
    shell.prompt()
    # As long as it is there it may read the input.
    wait_until(lambda: not here.pids("python"), "the command has ended")
    assert shell.status() == 137
    assert not here.await_empty()


#: Held up before it starts the supervisor, and again before it reads any signal.
LATE_GUARD = (
    "strace -I4 -o /dev/null -e trace=socketpair,dup3"
    " -e inject=socketpair:delay_enter=700000:when=1"
    " -e inject=dup3:delay_enter=700000:when=1"
)


@pytest.mark.parametrize("key", [CTRL_C, CTRL_Z], ids=["ctrl-c", "ctrl-z"])
def test_13_a_key_before_the_command_is_cloned_is_not_lost(here, shell, key):
    shell.type(f"{LATE_GUARD} jig run python -Sc 'import time; time.sleep(600)'")
    blocks = 1 << signal.SIGINT - 1

    def is_deaf():
        return any(signals_in("SigBlk", pid) & blocks for pid in here.pids("jig"))

    wait_until(is_deaf, "the guard blocks signals")
    shell.send(key)
    if key == CTRL_Z:
        await_state(one(here, "python"), "T")
        kill(guard_of(here), signal.SIGKILL)
    shell.prompt()
    assert shell.status() == (137 if key == CTRL_Z else 130)
    assert not here.await_empty()


#: Main runs before the supervisor has told of the clone, and is held up before it
#: acts on the signal of its read.
LATE_CLONE = (
    "strace -DD -f -o /dev/null -e trace=rt_sigpending,readv"
    " -e inject=rt_sigpending:delay_enter=1000000"
    " -e inject=readv:delay_exit=2000000"
)


def test_20_a_command_that_reads_at_once_in_the_background_has_its_timeout(here, shell):
    """Its SIGTTIN, which reaches jig before main's number does, is main's."""
    read = "python -Sc 'import os; os.readv(0, [bytearray(1)])'"
    shell.type(f"{LATE_CLONE} jig run --timeout 4s -- {read} &")
    wait_until(lambda: f"Exit {TIMEOUT}" in shell.do("/bin/true; jobs"), "its end")
    assert not here.await_empty()


# 35, 29: nested


def test_35_jig_in_jig_on_a_terminal(here, shell):
    start(shell, "jig run jig run probe INT")
    command = one(here, "python")
    assert shell.foreground() == os.getpgid(command)
    shell.send(CTRL_C)
    shell.expect("^got INT$")
    for word in ("once", "twice"):
        stop_with_ctrl_z(shell)
        await_state(command, "T")
        shell.type("fg")
        reads(shell, word)
    ends(shell, 7)


def test_29_a_shell_with_job_control_inside(here, shell):
    """Its own jobs are its own affair; jig is stopped when that shell is."""
    shell.type("jig run sh -i")
    inner = one(here, "sh")
    await_foreground(shell, inner)
    shell.send("PS1='in> '\n")
    shell.expect("in> ")
    shell.send("probe\n")
    shell.expect("ready$")
    command = one(here, "python")
    assert shell.foreground() == os.getpgid(command) != os.getpgid(inner)
    shell.send(CTRL_Z)
    await_foreground(shell, inner)
    shell.send("jobs; fg\n")
    shell.expect("Stopped|Suspended")
    reads(shell, "hello")
    shell.send("quit 3\n")
    await_foreground(shell, inner)
    shell.send("echo inner=$?; exit 9\n")
    shell.expect("inner=3$")
    shell.prompt()
    assert shell.status() == 9
    assert shell.foreground() == shell.pid


@pytest.mark.parametrize("program", ["less", "vi"])
def test_29_full_screen_program(here, shell, program):
    """It changes modes and screen, and does so again after Ctrl-Z and fg."""
    if not shutil.which(program):
        pytest.skip(f"no {program}")
    here.copy(os.path.realpath(shutil.which(program)), "screen")
    (here.work / "text").write_text("".join(f"line {i}\n" for i in range(1, 200)))
    before = shell.modes()
    shell.type("jig run screen text")
    shell.expect("line 7")
    command = one(here, "screen")
    for _ in range(2):
        wait_until(lambda: shell.modes() != before, "modes of the screen")
        # less misses a Ctrl-Z of just before it reads, under bash alone too.
        wait_until(lambda: state_of(command) == "S", "it reads")
        shell.send(CTRL_Z)
        shell.expect("Stopped")
        shell.prompt()
        await_state(command, "T")
        assert shell.modes() == before
        shell.type("fg")
        shell.expect("line 7")
    shell.send("q" if program == "less" else ":q\r")
    shell.prompt()
    assert shell.status() == 0
    assert shell.modes() == before
