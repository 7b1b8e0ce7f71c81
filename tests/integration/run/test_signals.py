# SPDX-License-Identifier: MIT
"""Signals to `jig run`, and stops in which a process does not obey."""

import itertools
import os
import shlex
import signal
import subprocess
import time

import held
import pytest
from helpers import (
    SURVIVORS,
    Running,
    await_end,
    children_of,
    needs_root,
    pinned,
    signals_in,
    stat_of,
    state_of,
    supervisor_of,
    wait_until,
)

STOPS = ["TERM", "INT", "HUP", "QUIT"]

#: Background jobs of a shell ignore INT and QUIT; this one does not.
PYTHON_TRAPS = """
import os, signal, sys, time
def said(number, frame):
    os.write(1, f"{signal.Signals(number).name}\\n".encode())
    if number in ENDING: os._exit(40 + number)
for number in ALL: signal.signal(number, said)
print("ready", flush=True)
while True: time.sleep(0.05)  # Not pause(2): the handler may be due just before it.
"""


def python_traps(every, ending=()):
    code = PYTHON_TRAPS.replace("ALL", str([int(n) for n in every]))
    code = code.replace("ENDING", str([int(n) for n in ending]))
    return ["/usr/bin/python3", "-c", code]


@pytest.mark.parametrize("name", STOPS)
def test_a_stop_begins_with_the_signal_that_jig_got(name, start):
    signo = signal.Signals[f"SIG{name}"]
    jig = start("--grace", "1h", *python_traps([signo], [signo]))
    jig.await_line("ready")
    jig.signal(signo)
    assert jig.end()[:2] == (40 + signo, f"{signo.name}\n")


@pytest.mark.parametrize("name", STOPS)
def test_27_the_second_one_hurries(name, start):
    """With an hour's grace; the command ignores the first one."""
    signo = signal.Signals[f"SIG{name}"]
    jig = start("--grace", "1h", *python_traps([signo]))
    jig.await_line("ready")
    jig.signal(signo)
    jig.await_line(signo.name)
    jig.signal_again(signo)
    assert jig.wait() == 128 + signal.SIGKILL


@pytest.mark.parametrize("first, second", itertools.permutations(STOPS, 2))
def test_27_another_signal_is_mains_and_no_hurry(first, second, start):
    """As SIGINT after SIGTERM, which means another kind of end to PostgreSQL."""
    one, other = signal.Signals[f"SIG{first}"], signal.Signals[f"SIG{second}"]
    jig = start("--grace", "1h", *python_traps([one, other]))
    jig.await_line("ready")
    jig.signal(one)
    jig.await_line(one.name)
    jig.signal_again(other)
    jig.await_line(other.name)
    assert jig.is_alive()
    jig.signal_again(other)
    assert jig.wait() == 128 + signal.SIGKILL


def test_27_the_first_one_hurries_a_stop_that_no_signal_has_begun(start, place):
    """Main has ended, and a leftover has an hour."""
    os.mkfifo(place.work / "fifo")
    script = '"$@" & read x <fifo'
    jig = start("--grace", "1h", *place.sh(script, "sh", *python_traps([signal.SIGTERM])))
    jig.await_line("ready")
    (place.work / "fifo").write_text("go\n")
    jig.await_line("SIGTERM")
    jig.signal_again(signal.SIGINT)
    assert jig.wait() == 0


def told_late(jig, main: int, signo: int, seen) -> None:
    """The signal goes to the process group, as by Ctrl-C or timeout(1), but jig acts
    on it later: when seen() of main's end."""
    jig.signal(signal.SIGSTOP)
    wait_until(lambda: state_of(jig.pid) == "T", "jig is suspended")
    with pinned([main]) as (fd,):
        os.killpg(jig.pid, signo)
        await_end(fd)
    seen()
    jig.signal(signal.SIGCONT)


def still_stops(jig) -> None:
    """An hour's grace goes on, until another signal hurries."""
    time.sleep(0.4)
    assert jig.is_alive()
    jig.signal(signal.SIGINT)
    jig.wait()


ENDERS = pytest.mark.parametrize("ender", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)


@ENDERS
def test_27_the_signal_that_ended_main_does_not_hurry_leftovers(ender, start, place):
    script = 'setsid "$@" & read x; echo $$; exec sleep 600'
    words = place.sh(script, "sh", *python_traps([signal.SIGTERM]))
    options = {"stdin": subprocess.PIPE, "start_new_session": True}
    jig = start("--grace", "1h", *words, **options)
    jig.await_line("ready")
    jig.stdin.write(b"go\n")
    jig.stdin.flush()
    told_late(jig, int(jig.line()), ender, lambda: jig.await_line("SIGTERM"))
    still_stops(jig)
    assert place.await_empty() == []


@ENDERS
def test_27_the_signal_that_ended_main_does_not_hurry_fixtures(ender, start, place):
    fixture = shlex.join(python_traps([signal.SIGTERM]))
    options = ("--grace", "1h", "--ready", "log:ready", "--log", "log")
    words = ("--with", fixture, *options, *place.sh("echo $$; exec sleep 600"))
    jig = start(*words, start_new_session=True)
    main = int(jig.line())
    with pinned([supervisor_of(jig.pid)]) as (supervisor,):
        told_late(jig, main, ender, lambda: await_end(supervisor))
    wait_until(lambda: "SIGTERM" in (place.work / "log").read_text(), "it is told")
    still_stops(jig)
    assert place.await_empty() == []


def test_27_the_same_signal_twice_at_once_counts_once(start, place):
    """timeout(1) sends it to its child and to its process group."""
    script = """
    sleep 600 & trap 'echo told; exit 7' TERM; echo ready
    while :; do wait; sleep 600 & done
    """
    jig = start("--grace", "1h", *place.sh(script), before=["timeout", "1"])
    jig.await_line("ready")
    jig.await_line("told")
    assert jig.wait() == 124  # timeout's own


@pytest.mark.parametrize("pair", [("HUP", "TERM"), ("TERM", "HUP")], ids=" ".join)
def test_27_a_hang_up_and_sigterm_at_once_are_one_stop(pair, start, place):
    """Of a shell that hangs up on a suspended job, and of SendSIGHUP=."""
    script = """
    sleep 600 & trap 'echo told' TERM HUP; echo ready
    while :; do wait; sleep 600 & done
    """
    jig = start("--grace", "1h", *place.sh(script))
    jig.await_line("ready")
    for name in pair:
        jig.signal(signal.Signals[f"SIG{name}"])
    jig.await_line("told")
    both = sum(1 << signal.Signals[f"SIG{name}"] - 1 for name in pair)
    wait_until(lambda: not signals_in("ShdPnd", jig.pid) & both, "jig has read both")
    time.sleep(0.4)  # If one of them hurried, SIGKILL would have ended all by now.
    assert jig.is_alive()
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGKILL


def test_27_each_further_one_takes_the_next_step(start):
    told = [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1]
    jig = start("--stop", "TERM 1h HUP 1h USR1 1h", *python_traps(told))
    jig.await_line("ready")
    for signo in told:
        jig.signal_again(signal.SIGTERM)
        jig.await_line(signo.name)
    jig.signal_again(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGKILL


FORWARDED = [
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
    signal.SIGALRM,
    signal.SIGURG,
    signal.SIGIO,
    signal.SIGPWR,
    signal.SIGXCPU,
]
REAL_TIME = [34, 35, 36, 50, 64]


@pytest.mark.parametrize("signo", FORWARDED)
def test_every_other_signal_is_mains(signo, start):
    jig = start(*python_traps([signo], [signo]))
    jig.await_line("ready")
    jig.signal(signo)
    assert jig.wait() == 40 + signo


@pytest.mark.parametrize("signo", REAL_TIME)
def test_real_time_signals_are_mains(signo, start, place):
    """By number: RTMIN, RTMIN+1, …, RTMAX as the kernel has them."""
    script = f"sleep 600 & trap 'echo {signo}; exit 9' {signo}; echo ready; wait"
    jig = start(*place.sh(script))
    jig.await_line("ready")
    jig.signal(signo)
    assert jig.end()[:2] == (9, f"{signo}\n")


def test_a_forwarded_signal_that_ends_main_is_the_status(start, place):
    jig = start(*place.sh("echo ready; exec sleep 600"))
    jig.await_line("ready")
    jig.signal(signal.SIGUSR1)
    assert jig.wait() == 128 + signal.SIGUSR1


def test_2_a_stopped_process_gets_cont_after_the_signal(start, place):
    """So that its handler runs: a stopped process acts on nothing else."""
    script = """
    setsid sh -c 'trap "echo handled; exit" TERM; echo $$; kill -STOP $$; wait' &
    wait
    """
    jig = start("--grace", "1h", *place.sh(script))
    pid = int(jig.line())
    wait_until(lambda: state_of(pid) == "T", "it is stopped")
    jig.signal(signal.SIGTERM)
    assert jig.rest() == "handled\n"
    assert jig.wait() == 128 + signal.SIGTERM


def test_2_a_stopped_main_gets_cont_in_stop_mode_main(start, place):
    script = "trap 'echo handled; exit 8' TERM; echo $$; kill -STOP $$; wait"
    jig = start("--grace", "1h", "--stop-mode", "main", *place.sh(script))
    pid = int(jig.line())
    wait_until(lambda: state_of(pid) == "T", "it is stopped")
    jig.signal(signal.SIGTERM)
    assert jig.end()[:2] == (8, "handled\n")


@needs_root  # an ordinary user may not trace a supervisor: it is undumpable
@pytest.mark.parametrize("mode", ["all", "main"])
def test_2_a_suspension_that_the_signal_causes_is_not_undone(mode, start, place):
    """The SIGSTOP of a tracer that attaches to a process which exits (a leak
    sanitizer does) is lost if SIGCONT comes late: both wait for ever."""
    log = place.path / "log"
    script = """
    trap 'kill -STOP $$; echo continued; exit 8' TERM
    echo $$; sleep 600 & wait
    """
    jig = start("--grace", "1h", "--stop-mode", mode, *place.sh(script))
    main = int(jig.line())
    calls = "pidfd_send_signal,kill"
    words = f"strace -o {log} -e trace={calls} -e inject={calls}:delay_exit=300000"
    words += f" -p {supervisor_of(jig.pid)}"
    with Running(words.split()) as tracer:
        wait_until(lambda: "attached" in tracer.err(), "strace is there")
        jig.signal(signal.SIGTERM)
        sent = {"all": 4, "main": 2}[mode]
        wait_until(lambda: len(log.read_text().splitlines()) >= sent, "it was told")
        wait_until(lambda: state_of(main) == "T", "it is suspended still")
        os.kill(main, signal.SIGCONT)
        if mode == "main":
            jig.signal_again(signal.SIGTERM)
        assert jig.end()[:2] == (8, "continued\n")


@pytest.mark.parametrize("mode", ["all", "main"])
def test_3_main_obeys_and_a_group_member_does_not(mode, start, place):
    """The KILL step comes all the same; the status is main's."""
    script = """
    trap 'exit 6' TERM
    (trap '' TERM; sleep 600 & echo $$; wait) & wait; wait
    """
    words = ["--grace", "1h", "--stop-mode", mode, "--report", "report"]
    jig = start(*words, *place.sh(script))
    main = int(jig.line())
    jig.signal(signal.SIGTERM)
    wait_until(lambda: state_of(main) == "", "main has obeyed and is reaped")
    jig.signal_again(signal.SIGTERM)
    assert jig.wait() == 6
    report = place.read_report()
    assert report["signals"][-1]["signal"] == "SIGKILL"
    assert report["survivor_count"] == 0 and report["cage"]["proved_empty"]


@pytest.mark.parametrize("ending", ["exit 0", "kill -TERM $$", "exec sleep 0"])
def test_24_a_leftover_that_holds_stdout_open(ending, start, place):
    """jig returns, and the pipe shows its end."""
    script = f"(trap '' TERM; setsid sleep 600) & {ending}"
    jig = start("--grace", "50ms", *place.sh(script))
    status = jig.wait()
    assert status in (0, 128 + signal.SIGTERM) and jig.rest() == ""


def test_30_tstp_stops_command_and_jig_and_cont_continues_both(start, place):
    """In its own session, where SIGTSTP would do nothing (POSIX)."""
    script = "sleep 600 & trap 'echo end; exit 5' TERM; echo $$; wait; wait"
    jig = start("--group", "session", *place.sh(script))
    main = int(jig.line())
    jig.signal(signal.SIGTSTP)
    wait_until(lambda: state_of(main) == "T", "the command is stopped")
    wait_until(lambda: state_of(jig.pid) == "T", "jig is stopped")
    jig.signal(signal.SIGCONT)
    wait_until(lambda: state_of(main) == "S", "the command runs again")
    wait_until(lambda: state_of(jig.pid) == "S", "jig runs again")
    jig.signal(signal.SIGTERM)
    assert jig.end()[:2] == (5, "end\n")


def test_30_a_cont_behind_a_tstp_is_not_lost(start, root):
    """200 times, while jig is about to stop itself: it was told to go on."""
    jig = start("--group", "session", *python_traps([signal.SIGUSR1]))
    jig.await_line("ready")
    for _ in range(200):
        with held.at_call(jig.pid, held.SENDMSG, lambda: os.kill(jig.pid, signal.SIGTSTP)):
            os.kill(jig.pid, signal.SIGCONT)
        jig.signal(signal.SIGUSR1)
        assert jig.line() == "SIGUSR1"
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGTERM


def test_30_tstp_reaches_those_in_other_sessions(start, place):
    script = "setsid sh -c 'echo $$; sleep 600 & wait' & wait"
    jig = start("--group", "session", *place.sh(script))
    away = int(jig.line())
    jig.signal(signal.SIGTSTP)
    wait_until(lambda: state_of(away) == "T", "the other session is stopped")
    wait_until(lambda: state_of(jig.pid) == "T", "jig is stopped")
    jig.signal(signal.SIGCONT)
    wait_until(lambda: state_of(away) == "S", "it runs again")


def test_27_a_stop_while_stopped_by_tstp(start, place):
    """TERM, then CONT, as a shell ends its stopped jobs."""
    words = ["--group", "session", "--grace", "1h"]
    jig = start(*words, *place.sh("echo $$; sleep 600"))
    main = int(jig.line())
    jig.signal(signal.SIGTSTP)
    wait_until(lambda: state_of(jig.pid) == "T", "jig is stopped")
    jig.signal(signal.SIGTERM)
    jig.signal(signal.SIGCONT)
    assert jig.wait() == 128 + signal.SIGTERM and state_of(main) == ""


def test_ctrl_c_is_for_the_command_not_for_the_supervisor(start, place):
    """Its own process group, once main has one: a signal to jig's group does not
    reach it."""
    jig = start(*place.sh("echo ready; sleep 600"), start_new_session=True)
    jig.await_line("ready")
    supervisor = supervisor_of(jig.pid)
    wait_until(lambda: int(stat_of(supervisor)[2]) == supervisor, "it leads a group")


@pytest.mark.parametrize("name", [*STOPS, "CHLD", "CONT", "PIPE"])
def test_a_signal_to_the_supervisor_alone_changes_nothing(name, start, place):
    """Only a signal to the guard requests a stop."""
    jig = start("--grace", "1h", *place.sh("echo $$; read x; exit 7"), stdin=-1)
    main = int(jig.line())
    os.kill(supervisor_of(jig.pid), signal.Signals[f"SIG{name}"])
    # Anything that passes through jig afterwards arrives after the signal.
    assert state_of(main) in "SR"
    jig.stdin.write(b"go\n")
    jig.stdin.close()
    assert jig.wait() == 7


def test_jig_waits_without_spinning(start, place):
    """Nothing happens, and nothing is done: no processor time goes by."""
    jig = start(*place.sh("echo ready; read x; echo more; read x"), stdin=-1)
    jig.await_line("ready")

    def ticks():
        pids = [jig.pid, supervisor_of(jig.pid)]
        return [stat_ticks(pid) for pid in pids]

    before = ticks()
    for _ in range(3):
        wait_until(lambda: children_of(jig.pid), "it has a supervisor")
    assert sum(ticks()) - sum(before) <= 2
    jig.stdin.close()
    assert jig.wait() not in (SURVIVORS,)


def stat_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return sum(map(int, stat.read().rsplit(") ", 1)[1].split()[11:13]))
