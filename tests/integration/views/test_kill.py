# SPDX-License-Identifier: MIT
"""jig kill: jobs; and what jig did not start, in a pid namespace of its own.

A mistake in this code would end all processes of this machine. So every signal
to a group, or to a process that is no job, is sent inside `unshare --pid`,
and so is what bash does for comparison.
"""

import re
import signal
import subprocess

import helpers
import pytest
import worlds
from helpers import FAILED, PID_NAMESPACE, comm_of, stat_of, state_of, wait_until

BASH = ["bash", "--norc", "--noprofile", "-i"]

#: A process that handles SIGUSR1 says its name, and goes on.
LOOP = "echo on; while :; do sleep 1000 & wait; done"


def said(job: dict, text: str) -> str:
    return f"jig: kill: %{job['number']}: {text}\n"


def foreground_of(job: dict) -> int:
    """Of its terminal: tpgid, as proc_pid_stat(5) has it."""
    return int(stat_of(job["pid"])[5])


def await_foreground(job: dict, other_than: int) -> int:
    def look():
        group = foreground_of(job)
        return group if group != other_than else 0

    return wait_until(look, "another group has the foreground")


@pytest.fixture
def deaf(world):
    """A job with a grandchild in its own session, deaf to what asks it."""
    script = "setsid sh -c 'trap \"\" TERM HUP INT; echo on; exec sleep 1000' & wait"
    job = world.script(script, "--grace", "200ms")
    world.await_output(1, "on")
    return job


# ------------------------------------------------------------------ the policy


def test_without_a_signal_all_of_the_job_is_ended(world, place, deaf):
    done = world.do("kill", "%1")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("[1]+  Terminated ")
    assert place.await_empty() == []
    assert world.do("wait", "%1").status == 143


def test_a_name_is_a_job_too(world):
    world.script("exec sleep 1000", "--name", "nap")
    assert world.do("kill", "nap").status == 0
    assert world.job(1)["state"] == "ended"


def test_a_stopped_job_is_ended(world):
    world.script("exec sleep 1000")
    world.do("kill", "-STOP", "%1")
    world.await_state(1, "stopped")
    assert world.do("kill", "%1").status == 0
    assert world.job(1)["state"] == "ended"


def test_several_are_signalled_at_once_and_each_is_reported(world):
    for _ in range(3):
        world.script("exec sleep 1000")
    done = world.do("kill", "%1", "%2", "%3")
    assert done.status == 0
    assert [line[:3] for line in done.lines] == ["[1]", "[2]", "[3]"]
    assert all("Terminated" in line for line in done.lines)


def test_the_end_is_awaited_though_the_keeper_is_killed(world, place):
    """By the supervisor: its policy may take longer than a look at the record."""
    script = f"trap 'echo told=$((1+1))' TERM; {LOOP}"
    job = world.script(script, "--grace", "3s")
    world.await_output(1, "on")
    command = helpers.jig("kill", "%1")
    with helpers.Running(command, env=world.env, cwd=place.work) as kill:
        world.await_output(1, "told=2")
        with helpers.pinned([job["keeper"]]) as (fd,):
            helpers.send(fd, signal.SIGKILL)
        assert "[1]+  Lost" in kill.line()
        assert kill.wait() == 0
    assert place.await_empty() == []


def test_no_wait_asks_and_returns(world, place, deaf):
    done = world.do("kill", "--no-wait", "%1")
    assert done == (0, "", "")
    world.await_state(1, "ended")
    assert place.await_empty() == []


def test_quiet_says_nothing(world):
    world.script("exec sleep 1000")
    assert world.do("kill", "-q", "%1") == (0, "", "")


# ------------------------------------------------------------------ the signals


@pytest.mark.parametrize("name", ["TERM", "USR1", "KILL", "INT", "QUIT", "RTMIN+3"])
def test_a_signal_reaches_the_foreground_and_not_its_shell(world, name):
    shell = world.start("--grace", "200ms", "--", *BASH)
    # bash takes it first: else the line would be run before it is interactive.
    wait_until(lambda: foreground_of(shell) == shell["pid"], "bash has it")
    world.do("send", "%1", "ulimit -c 0; sleep 1000")
    inner = await_foreground(shell, shell["pid"])
    # Before that it still has bash's own handlers.
    wait_until(lambda: comm_of(inner) == "sleep", "it has executed")
    assert world.do("kill", f"-{name}", "%1") == (0, "", "")
    wait_until(lambda: not state_of(inner), "the inner command has ended")
    number = signal.SIGRTMIN + 3 if "+" in name else signal.Signals[f"SIG{name}"]
    world.do("send", "%1", "echo status=$?.")
    world.await_output(1, f"status={128 + number}.")
    assert world.job(1)["state"] == "running"


def test_all_is_every_process_and_the_foreground_is_not(world):
    other = f"setsid sh -c 'trap \"echo other=\\$((1+1))\" USR1; {LOOP}' &"
    world.script(f"{other} trap 'echo main=$((1+1))' USR1; {LOOP}")
    wait_until(lambda: world.await_output(1, "on").count("on\n") == 2, "both are on")
    world.do("kill", "-USR1", "%1")
    assert "other=2" not in world.await_output(1, "main=2")
    assert world.do("kill", "-s", "USR1", "--all", "%1") == (0, "", "")
    world.await_output(1, "other=2")


def test_without_a_terminal_it_is_mains_group(world):
    script = f"trap 'echo main=$((1+1))' USR1; {LOOP}"
    world.script(script, "--no-pty")
    world.await_output(1, "on")
    assert world.do("kill", "-USR1", "%1").status == 0
    world.await_output(1, "main=2")


@pytest.mark.parametrize("words", [["-STOP"], ["-STOP", "--all"], ["-TSTP"]])
def test_a_stop_and_cont_are_seen(world, words):
    world.script("exec sleep 1000")
    assert world.do("kill", *words, "%1").status == 0
    world.await_state(1, "stopped")
    assert world.do("kill", "-CONT", "%1").status == 0
    world.await_state(1, "running")


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_a_stopped_job_gets_the_signal_that_ends_it(world, name):
    world.script("exec sleep 1000")
    world.do("kill", "-STOP", "%1")
    world.await_state(1, "stopped")
    assert world.do("kill", f"-{name}", "%1").status == 0
    world.await_state(1, "ended")
    assert world.do("wait", "%1").status == 128 + signal.Signals[f"SIG{name}"]


def test_sigkill_to_main_takes_the_rest_with_it(world, place, deaf):
    assert world.do("kill", "-9", "%1").status == 0
    world.await_state(1, "ended")
    assert place.await_empty() == []
    assert world.do("wait", "%1").status == 137


def test_signal_0_asks(world):
    world.script("exec sleep 1000")
    assert world.do("kill", "-0", "%1") == (0, "", "")
    assert world.job(1)["state"] == "running"
    world.do("kill", "-9", "%1")
    world.await_state(1, "ended")
    assert world.do("kill", "-0", "%1").status == 1


def test_a_process_that_we_may_not_signal_is_not_hit(place, setuid):
    """EDGE_CASES 11: a user's job is root's by now; and its end is a survivor's."""
    with worlds.opened(place, identity="user") as world:
        words = ["--cage", "subreaper", "--grace", "0"]
        job = world.script(f"exec {setuid}", *words)
        world.await_output(1, "root ")
        done = world.do("kill", "-TERM", "%1")
        assert done == (1, "", said(job, "Operation not permitted"))
        assert state_of(job["pid"]) in "SR"
        done = world.do("kill", "%1")
        assert done.status == 1
        assert "have survived" in done.err


# ------------------------------------------------------------------- refused


def test_no_such_job(world):
    assert world.do("kill", "%9") == (1, "", "jig: kill: %9: no such job\n")
    assert world.do("kill", "nap") == (1, "", "jig: kill: nap: no such job\n")


def test_a_job_that_has_ended(world):
    job = world.script("exit 3")
    world.await_state(1, "ended")
    done = world.do("kill", "%1")
    assert done == (1, "", said(job, "job has terminated"))
    assert world.do("wait", "%1").status == 3


def test_the_job_that_it_runs_in_is_refused(world):
    world.script("jig kill %1; echo status=$?.; exec sleep 1000")
    text = world.await_output(1, "status=1.")
    assert "jig: kill: %1: this jig runs in it" in text
    assert world.job(1)["state"] == "running"


def test_forced_it_ends_the_job_that_it_runs_in(world, place):
    world.script("jig kill --force %1; exec sleep 1000")
    world.await_state(1, "ended")
    assert place.await_empty() == []


def test_a_dry_run_shows_and_signals_nothing(world, deaf):
    every = world.do("kill", "--dry-run", "%1")
    assert every.status == 0
    assert [line.split()[-2] for line in every.lines[1:]].count("sleep") == 1
    assert "jig-supervisor" not in every.out
    front = world.do("kill", "--dry-run", "-TERM", "%1")
    assert [int(line.split()[0]) for line in front.lines[1:]] == [deaf["pid"]]
    assert len(every.lines) > len(front.lines)
    assert world.job(1)["state"] == "running"


@pytest.mark.parametrize(
    "words",
    [
        ["--all", "12"],
        ["--no-wait", "12"],
        ["-s", "NOPE", "%1"],
        ["-TERM", "--", "-1"],
        ["-TERM", "--1"],
        ["- 5", "%1"],
        ["0"],
        [],
    ],
)
def test_wrong_words_are_refused(world, words):
    world.script("exec sleep 1000")
    assert world.do("kill", *words).status == FAILED
    assert world.job(1)["state"] == "running"


# --------------------------------------------------------------- as bash does


def in_namespace(command: list[str], env: dict, **options) -> helpers.Result:
    if not helpers.IS_ROOT:
        pytest.skip("needs root")
    return helpers.run([*PID_NAMESPACE, *command], env=env, **options)


@pytest.mark.parametrize(
    "words", ["%1", "%9", "%1 %9", "%9 %1", "-0 %1", "-0 %9", "-INT %1", "-KILL %1"]
)
def test_statuses_are_bashs(world, words):
    script = f"set -m; sleep 1000 & kill {words} 2>/dev/null; echo $?; {{ kill -9 %1; }}"
    bash = in_namespace(["bash", "-c", f"{script} 2>/dev/null; :"], world.env)
    world.script("exec sleep 1000")
    assert world.do("kill", *words.split()).status == int(bash.lines[0])


def test_the_status_of_a_killed_job_is_bashs(world):
    script = "set -m; sleep 1000 & kill %1; wait %1; echo $?"
    bash = in_namespace(["bash", "-c", script], world.env)
    world.script("exec sleep 1000")
    world.do("kill", "%1")
    assert world.do("wait", "%1").status == int(bash.lines[-1])


def test_names_and_numbers_are_bashs(world):
    words = [*(str(n) for n in range(1, 32)), "143", "TERM", "SIGUSR1", "RTMIN"]
    bash = subprocess.run(
        ["bash", "-c", 'kill -l "$@"', "-", *words], capture_output=True, text=True
    )
    assert world.do("kill", "-l", *words).out == bash.stdout
    assert world.do("kill", "-l").out.split()[:31] == bash.stdout.split()[:31]
    assert world.do("kill", "-l", "NOPE").status == 1


# -------------------------------------------------------------- not jig's own

#: `alive NAME PID…` prints of each, in order, whether it is there.
PRELUDE = """
alive() {
    for pid; do
        case $(sed 's/.*) //' /proc/$pid/stat 2>/dev/null) in
        '' | Z*) printf 'gone ' ;;
        *) printf 'alive ' ;;
        esac
    done
    echo
}
# Until all of them are gone.
until_gone() {
    until [ "$(alive "$@" | sed 's/gone //g')" = '' ]; do sleep 0.02; done
}
# Until the process has as many children.
await() {
    until [ $(cat /proc/$1/task/$1/children | wc -w) = $2 ]; do sleep 0.02; done
}
sleep 1000 & stranger=$!
"""

FAMILY = """
setsid sh -c 'sleep 1000 & setsid sleep 1000 & wait' & leader=$!
await $leader 2
set -- $(cat /proc/$leader/task/$leader/children)
until [ "$(cut -d ' ' -f 6 /proc/$2/stat)" = $2 ]; do sleep 0.02; done
"""


#: "bash: line 21:     3 Killed    sleep 1000"; in a function "environment: …"
OF_BASH = re.compile(r"\w+: line \d+: +\d+ [A-Z]")


@pytest.fixture
def outside(world):
    """Run a script as PID 1 of a namespace; the lines that it prints."""

    def go(script: str) -> list[str]:
        command = ["bash", "-c", f"exec 2>&1; {PRELUDE}{script}"]
        done = in_namespace(command, world.env, cwd=world.place.work)
        # Leave out what bash itself says of a child's end.
        return [line for line in done.lines if not OF_BASH.match(line)]

    return go


def test_a_group_is_hit_and_no_other_process(outside):
    script = "jig kill -TERM -$leader; echo $?; wait $leader; until_gone $1; "
    lines = outside(FAMILY + script + "alive $leader $1 $2 $stranger")
    assert lines[0].endswith(": SIGTERM 2 processes")
    assert lines[1:] == ["0", "gone gone alive alive "]


def test_a_tree_is_hit_whatever_its_groups(outside):
    script = "jig kill -q -KILL --tree $leader; echo $?; until_gone $leader $1 $2; "
    lines = outside(FAMILY + script + "alive $leader $1 $2 $stranger")
    assert lines == ["0", "gone gone gone alive "]


def test_a_deaf_tree_is_ended_by_the_policy(outside):
    script = """
    sh -c 'trap "" TERM; setsid sleep 1000 & sleep 1000 & wait' & leader=$!
    await $leader 2
    set -- $(cat /proc/$leader/task/$leader/children)
    jig kill --grace 100ms --tree $leader; echo $?
    alive $leader $1 $2 $stranger"""
    lines = outside(script)
    assert lines[0].endswith(": ended 3 processes")
    assert lines[1:] == ["0", "gone gone gone alive "]


def test_an_orphan_of_the_tree_is_found_by_its_session(outside):
    script = """
    setsid sh -c '(sleep 1000 & echo $! >orphan); wait; exec sleep 1000' & leader=$!
    until [ -s orphan ]; do sleep 0.02; done
    until grep -q "^PPid:.1$" /proc/$(cat orphan)/status; do sleep 0.02; done
    jig kill -q -KILL --session --tree $leader; echo $?
    until_gone $leader $(cat orphan)
    alive $leader $(cat orphan) $stranger"""
    assert outside(script) == ["0", "gone gone alive "]


@pytest.mark.parametrize("words", ["-TERM -$leader", "--tree $leader", "$leader"])
def test_a_dry_run_shows_and_leaves_all_alive(outside, words):
    script = f"jig kill --dry-run {words}; echo $?; alive $leader $1 $2 $stranger"
    lines = outside(FAMILY + script)
    count = {"-TERM -$leader": 2, "--tree $leader": 3, "$leader": 1}[words]
    assert lines[0].split()[:4] == ["PID", "PPID", "PGID", "SID"]
    assert len(lines) == 1 + count + 2
    assert lines[-2:] == ["0", "alive alive alive alive "]


def test_a_process_that_has_gone_is_not_there(outside):
    script = "sleep 0 & pid=$!; wait $pid; jig kill -TERM $pid; echo $?; "
    lines = outside(script + "jig kill -- -4000000; echo $?")
    assert "does not exist" in lines[0] and "does not exist" in lines[2]
    assert (lines[1], lines[3]) == ("1", "1")


@pytest.mark.parametrize("words", ["-TERM -1", "-- -1", "0", "-TERM -0", "-9 0"])
def test_a_target_that_means_every_process_is_refused(outside, words):
    lines = outside(f"jig kill {words}; echo $?; alive $stranger")
    assert lines[1:] == [str(FAILED), "alive "]


@pytest.mark.parametrize("words", ["-9 1", "-9 $$", "-9 -$$", "--tree 1", "$BASHPID"])
def test_init_and_what_it_was_started_from_are_refused(outside, words):
    inner = f"jig kill {words}; echo $?; echo here"
    lines = outside(f"setsid --wait bash -c '{inner}'; alive $stranger")
    assert "nothing was sent" in lines[0]
    assert lines[1:] == ["1", "here", "alive "]


def test_forced_even_the_shell_is_hit(outside):
    inner = "jig kill --force -q -KILL $$; echo here"
    lines = outside(f"bash -c '{inner}' & wait $!; echo $?; alive $stranger")
    assert lines[-2:] == ["137", "alive "]
    assert "here" not in lines


def test_signal_0_asks_of_others_too(outside):
    script = "jig kill -0 $stranger; echo $?; jig kill -0 1; echo $?"
    assert outside(script) == ["0", "0"]


def test_a_process_of_root_is_not_a_users(outside):
    as_user = " ".join(helpers.stage.AS_NOBODY)
    script = f"{as_user} jig kill -TERM $stranger; echo $?; alive $stranger; "
    lines = outside(script + f"{as_user} jig kill -0 $stranger; echo $?")
    denied = [line for line in lines if "operation not permitted" in line]
    assert len(denied) == 2
    assert [line for line in lines if line in ("1", "alive ")] == ["1", "alive ", "1"]


def test_one_of_several_is_enough(outside):
    script = "jig kill -q -TERM $stranger 4000000; echo $?; wait $stranger; echo $?"
    assert outside(script)[1:] == ["0", "143"]


def test_a_users_jobs_are_a_users(place):
    """The same for an ordinary user."""
    if not helpers.IS_ROOT:
        pytest.skip("needs root")
    with worlds.opened(place, identity="user") as world:
        world.script("exec sleep 1000")
        assert world.do("kill", "-USR1", "%1").status == 0
        world.await_state(1, "ended")
        assert world.do("wait", "%1").status == 128 + signal.SIGUSR1
