# SPDX-License-Identifier: MIT
"""jig fg as a process of a shell, on terminals that are shared, stuck, in the
background, or whose job dies: EDGE_CASES 28 to 30."""

import functools
import os
import signal

import pytest
import worlds
from helpers import Running, await_end, every_pid, jig, pinned, state_of, wait_until
from pty_session import CTRL_C, CTRL_D, CTRL_Z, DETACH, Terminal, kill

attach = functools.partial(worlds.attach, said="^cat$")

# --------------------------------------------------- 28: whose the terminal is


def test_28_jig_start_takes_nothing_of_the_terminal(shell, world):
    modes = shell.modes()
    shell.do("jig start cat")
    shell.do("jig start --no-pty cat")
    assert shell.foreground() == shell.pid and shell.modes() == modes
    ours = os.ttyname(shell.master)
    assert world.job(1)["terminal"] not in ("", ours)
    assert shell.do("jig start sleep 1000 & wait $!").count("[") >= 1
    assert shell.foreground() == shell.pid and shell.modes() == modes


def test_28_a_job_without_a_terminal_cannot_open_ours(world, place):
    world.script("(: </dev/tty) 2>/dev/null && echo open || echo shut", "--no-pty")
    world.await_output(1, "shut")


def test_28_fg_in_the_background_steals_nothing(shell, world):
    """It says what it wants, and ends; the job goes on."""
    world.start("cat")
    modes = shell.modes()
    said = shell.do("jig fg %1 & wait $!")
    assert shell.status() == 1
    assert "jig: not in the foreground of the terminal" in said
    assert shell.foreground() == shell.pid and shell.modes() == modes
    wait_until(lambda: world.job(1)["clients"] == 0, "no client is attached")
    assert world.job(1)["state"] == "running"


# --------------------------------------------- 29: the shell's job, and modes


def test_29_a_client_that_is_stopped_is_the_shells_job(shell, world):
    """SIGTSTP to jig fg itself: the job goes on, the shell has its modes."""
    modes = shell.modes()
    world.start("cat")
    attach(shell)
    wait_until(lambda: shell.modes() != modes, "it is raw")
    kill(shell.foreground(), signal.SIGTSTP)
    shell.prompt()
    assert shell.status() == 148
    assert shell.modes() == modes
    assert world.job(1)["state"] == "running"
    shell.type("fg")
    wait_until(lambda: shell.modes() != modes, "it is raw again")
    shell.send("again\n")
    shell.expect("(?s)again\n.*again$")
    shell.send(DETACH)
    shell.prompt()
    assert shell.modes() == modes


CRASHES = {
    "SEGV": ("ulimit -c 0; kill -SEGV $$", 139),
    "KILL": ("kill -KILL $$", 137),
    "ABRT": ("ulimit -c 0; kill -ABRT $$", 134),
    "exit": ("exit 200", 200),
}


@pytest.mark.parametrize("way", CRASHES)
def test_29_a_job_that_crashes_amid_raw_modes(shell, world, way):
    """Its terminal was raw, in the alternate screen and without a cursor."""
    script, status = CRASHES[way]
    modes = shell.modes()
    raw = r"stty raw -echo; printf '\033[?1049h\033[?25lready\n'"
    world.script(f"{raw}; head -c 1 >/dev/null; {script}")
    shell.type("jig fg")
    shell.expect("ready")
    shell.send("x")
    said = shell.prompt()
    assert shell.status() == status
    assert shell.modes() == modes
    assert "\x1b[?1049l" in said and "\x1b[?25h" in said
    assert world.jobs() == []


def test_29_the_keeper_is_killed_and_the_modes_come_back(shell, world, place):
    modes = shell.modes()
    job = world.start("cat")
    attach(shell)
    wait_until(lambda: shell.modes() != modes, "it is raw")
    kill(job["keeper"], signal.SIGKILL)
    assert "its keeper was killed" in shell.prompt()
    assert shell.status() == 125
    assert shell.modes() == modes
    assert place.await_empty() == []


def test_29_ctrl_z_stops_all_of_a_pipeline(shell, world, place):
    world.start("cat | cat | cat")
    attach(shell, said=r"^cat \| cat \| cat$")
    shell.send("x\n")
    shell.expect("x$")
    pid = world.job(1)["pid"]

    def found():
        return [p for p in every_pid() if group_of(p) == pid]

    # The x may be the terminal's echo.
    wait_until(lambda: len(found()) >= 3, "the whole pipeline runs")
    shell.send(CTRL_Z)
    assert "Stopped" in shell.prompt()
    assert shell.status() == 148
    members = found()
    assert len(members) >= 3
    for one in members:
        wait_until(lambda one=one: state_of(one) == "T", "it is stopped")
    shell.type("jig fg")
    shell.send("y\n")
    shell.expect("y$")
    shell.send(CTRL_D)
    shell.prompt()
    assert shell.status() == 0


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


@pytest.mark.parametrize("signo", [signal.SIGTTIN, signal.SIGTTOU, signal.SIGSTOP])
def test_29_other_stops_are_reported_with_their_status(shell, world, signo):
    job = world.start("cat")
    attach(shell)
    kill(job["pid"], signo)
    assert "[1]+  Stopped " in shell.prompt()
    assert shell.status() == 128 + signo
    name = {signal.SIGTTIN: "tty input", signal.SIGTTOU: "tty output"}
    said = world.do("jobs", "-l").out
    assert f"Stopped ({name.get(signo, 'signal')})" in said


# ------------------------------------------------ 30: orphaned process groups


def test_30_a_client_that_leads_its_session(world, place):
    """Its group is an orphaned one: Ctrl-Z is the job's all the same, and a
    SIGTSTP to itself is a no-op."""
    world.start("cat")
    with Terminal(["jig", "fg"], env=world.env, cwd=place.work) as terminal:
        terminal.expect("^cat$")
        kill(terminal.pid, signal.SIGTSTP)
        terminal.send("on\n")
        terminal.expect("(?s)on\n.*on$")
        terminal.send(CTRL_Z)
        assert terminal.wait() == 148
    assert world.job(1)["state"] == "stopped"


def test_30_a_job_is_no_orphan_so_stop_works(world):
    """Its group's parent, the supervisor, is in its session."""
    world.start("--no-pty", "sleep", "1000")
    assert world.do("stop", "%1").status == 0
    assert world.do("bg", "%1").status == 0
    world.await_state(1, "running")


# --------------------------------------------------------- several, and stuck


def test_two_terminals_see_the_same(shell, world):
    with world.shell() as other:
        world.start("cat")
        attach(shell)
        attach(other)
        shell.send("from one\n")
        other.expect("(?s)from one\n.*from one$")
        other.send("from two\n")
        shell.expect("(?s)from two\n.*from two$")
        other.send(CTRL_D)
        for one in (shell, other):
            one.prompt()
            assert one.status() == 0


def test_a_stop_ends_each_fg_and_no_attach(shell, world):
    with world.shell() as other, world.shell() as third:
        world.start("cat")
        attach(shell)
        attach(other)
        third.type("jig attach %1")
        wait_until(lambda: world.job(1)["clients"] == 3, "all are attached")
        shell.send(CTRL_Z)
        for one in (shell, other):
            assert "Stopped" in one.prompt()
            assert one.status() == 148
        assert world.job(1)["clients"] == 1
        third.send(DETACH)
        third.prompt()


FLOOD = "read go; seq 1 600000; echo over; touch over; read go; exit 9"


def test_a_terminal_that_is_not_read_holds_nothing_up(shell, world, place):
    """Its client cannot write; the job goes on, others see all of it, and the
    client can be ended although its terminal is not read."""
    job = world.script(FLOOD)
    with Terminal(["jig", "attach", "%1"], env=world.env, cwd=place.work) as stuck:
        wait_until(lambda: world.job(1)["clients"] == 1, "it is attached")
        shell.type("jig attach %1 | tee out | tail -n 1")
        wait_until(lambda: world.job(1)["clients"] == 2, "both are attached")
        world.do("send", "%1", "")
        wait_until((place.work / "over").exists, "it has written all")
        world.do("send", "%1", "")
        shell.prompt()
        with pinned([stuck.pid]) as fds:
            kill(stuck.pid, signal.SIGTERM)
            await_end(fds[0])
    assert job["number"] == 1
    text = (place.work / "out").read_bytes().replace(b"\r", b"")
    numbers = [int(line) for line in text.split(b"\n") if line.isdigit()]
    assert numbers == list(range(1, 600001))


def test_a_client_that_is_frozen_holds_nothing_up(shell, world, place):
    """SIGSTOP: it does not even read its socket."""
    world.script(FLOOD)
    with Terminal(["jig", "attach", "%1"], env=world.env, cwd=place.work) as frozen:
        wait_until(lambda: world.job(1)["clients"] == 1, "it is attached")
        kill(frozen.pid, signal.SIGSTOP)
        world.do("send", "%1", "")
        wait_until((place.work / "over").exists, "it has written all")
        world.do("send", "%1", "")
        assert world.do("wait", "%1").status == 9
        kill(frozen.pid, signal.SIGCONT)
        assert frozen.wait() in (9, 125)  # 125: the keeper did not wait so long


def test_ctrl_s_holds_the_jobs_output_and_ctrl_q_lets_it_go(shell, world):
    """They are keys of the job's terminal, not of ours."""
    world.start("cat")
    attach(shell)
    shell.send("\x13hidden\n")
    shell.send("\x11")
    shell.expect("hidden$")
    shell.send(CTRL_D)
    shell.prompt()


# ---------------------------------------------------------------------- keys


HALVES = [("\x1d\x1d\n", "^\x1d$"), ("\x1dx\n", "^\x1dx$")]


@pytest.mark.parametrize(("keys", "wanted"), HALVES, ids=["twice", "x"])
def test_half_of_the_detach_key_is_passed_on(shell, world, keys, wanted):
    """Twice it is once."""
    world.script("stty -echo -echoctl; echo ready; exec cat")
    attach(shell, said="ready$")
    shell.send(keys)
    shell.expect(wanted)
    shell.send(DETACH)
    assert "detached" in shell.prompt()


def test_the_detach_key_is_found_across_two_reads(shell, world):
    world.script("stty -echo -echoctl; echo ready; exec cat")
    attach(shell, said="ready$")
    shell.send("a\n\x1d")
    shell.expect("^a$")  # so what stood before it was read
    shell.send("d")
    assert "detached" in shell.prompt()
    assert world.job(1)["state"] == "running"


@pytest.mark.parametrize("key", ["", "ab", "ctrl-", "ctrl-] d x", "d e f"])
def test_an_invalid_detach_key_is_reported(world, key):
    world.start("cat")
    done = world.do("fg", "--detach-key", key, "%1")
    assert done.status == 125 and "--detach-key" in done.err, done


def test_read_only_shows_and_neither_stops_nor_ends_it(shell, world):
    world.start("cat")
    attach(shell, "--read-only")
    shell.send(CTRL_Z + CTRL_C + CTRL_D + "x\n")
    world.do("send", "%1", "heard")
    shell.expect("(?s)heard\n.*heard$")
    assert world.job(1)["state"] == "running"
    shell.send(DETACH)
    shell.prompt()
    assert shell.status() == 0


# The client that learns of the end forgets the job, before jig restart starts it again.
def test_a_restart_while_attached(shell, world):
    """An attached client learns of the end; the job runs again."""
    world.start("--name", "c", "cat")
    attach(shell, "%c")
    done = world.do("restart", "%c")
    shell.prompt()
    assert shell.status() == 143
    assert done.status == 0, done
    job = world.job(1)
    assert job["state"] == "running" and job["name"] == "c"


def test_a_restart_while_waited_for(world):
    world.start("--name", "c", "cat")
    with Running(jig("wait", "%c"), env=world.env) as waiting:
        world.await_clients(1, 1)
        done = world.do("restart", "%c")
        assert waiting.wait() == 143
    assert done.status == 0, done
    job = world.job(1)
    assert job["state"] == "running" and job["name"] == "c"
