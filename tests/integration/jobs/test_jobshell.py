# SPDX-License-Identifier: MIT
"""examples/c/jobshell.c: a job-control shell on libjig, as an example."""

import contextlib
import os
import pathlib
import re
import subprocess

import pytest
from helpers import TOP, jig, wait_until
from pty_session import CTRL_C, CTRL_D, CTRL_Z, Terminal

PROGRAM = pathlib.Path(jig()[0]).resolve().parent / "examples" / "jobshell"
SOURCE = TOP / "examples" / "c" / "jobshell.c"
LINES_MAX = 150


@pytest.fixture
def env(world):
    if not PROGRAM.exists():
        pytest.skip(f"no {PROGRAM}")
    return world.env | {"JIG_PROGRAM": jig()[0]}


class JobShell(Terminal):
    def __init__(self, env, **options):
        super().__init__([str(PROGRAM)], env=env, **options)
        self.prompt()

    def prompt(self, status: int = 0) -> str:
        """The output before the next prompt, which shows this status."""
        found = self.expect(r"(?s)\A(.*?)\[(\d+)\] \$ ")
        assert int(found[2]) == status, (found[0], self._seen)
        return found[1].removesuffix("\033[m")  # The rendition is reset each time.

    def do(self, line: str, status: int = 0) -> str:
        self.send(line + "\n")
        return self.prompt(status)


@pytest.fixture
def shell(env, world):
    with JobShell(env, cwd=world.place.work) as it:
        yield it


def test_it_is_as_short_as_promised():
    assert len(SOURCE.read_text().splitlines()) <= LINES_MAX


def test_a_command_says_all_and_gives_its_status(shell, world):
    said = shell.do("seq 3000; exit 3", 3)
    assert said.split() == [str(n) for n in range(1, 3001)]
    assert "not found" in shell.do("no-such-command", 127)
    assert shell.do("kill -9 $$", 137) == ""
    assert shell.do("") == ""
    assert world.jobs() == []


def test_ctrl_c_ends_the_command_and_not_the_shell(shell):
    # Of a dash whose child has not executed yet both would live on.
    shell.send("cat\n")
    shell.send("begun\n")
    shell.expect("(?s)begun\n.*begun\n")
    shell.send(CTRL_C)
    assert "^C" in shell.prompt(130)
    # The short example may miss a signal between its prompt and its read.
    wait_until(lambda: reads_terminal(shell.pid), "it reads")
    shell.send(CTRL_C)
    shell.prompt()
    assert shell.do("echo on") == "on\n"


def test_ctrl_d_ends_what_the_command_reads(shell, world):
    shell.send("echo begun; cat > typed\n")
    shell.expect("begun\n")
    shell.send("one\ntwo\n" + CTRL_D)
    shell.prompt()
    assert (world.place.work / "typed").read_text() == "one\ntwo\n"


def stop_cat(shell) -> None:
    shell.send("cat\n")
    shell.send("here\n")
    shell.expect(r"(?s)here\n.*here\n")
    shell.send(CTRL_Z)
    assert re.search(r"\n\[1\]\+  Stopped {17}.*cat'?\n\Z", shell.prompt(148))


def test_ctrl_z_stops_it_and_fg_goes_on(shell, world):
    modes = shell.modes()
    stop_cat(shell)
    assert shell.modes() == modes
    assert world.job(1)["state"] == "stopped"
    shell.send("fg\n")
    shell.send("again\n")
    shell.expect(r"(?s)again\n.*again\n")
    shell.send(CTRL_D)
    shell.prompt()
    assert shell.modes() == modes
    assert world.jobs() == []


@pytest.mark.parametrize("key, status", [(CTRL_Z, 148), (CTRL_C, 130)])
def test_the_screen_is_given_back(shell, key, status):
    """Of one that could not do that itself."""
    shell.send(r"printf '\033[?1049h\033[?25lready\n'; exec sleep 1000" + "\n")
    shell.expect("ready\n")
    wait_until(lambda: shell.modes() != shell.first_modes, "it is raw")
    shell.send(key)
    said = shell.prompt(status)
    assert "\033[?1049l" in said and "\033[?25h" in said


def test_bg_lets_it_go_on_without_the_terminal(shell, world):
    os.mkfifo(world.place.work / "gate")
    shell.send("echo begun; read x <gate; echo $x >passed\n")
    shell.expect("begun\n")
    shell.send(CTRL_Z)
    shell.prompt(148)
    shell.do("bg")
    world.await_state(1, "running")
    assert "Running" in shell.do("jobs")
    (world.place.work / "gate").write_text("word\n")
    shell.do("wait")
    assert (world.place.work / "passed").read_text() == "word\n"


def await_told(shell: JobShell, said: str, wanted: str) -> None:
    """At this prompt or one of the next: each shows what has ended."""
    wait_until(lambda: wanted in said or wanted in shell.do(""), wanted)


def test_jobs_in_the_background(shell, world):
    assert re.match(r"\[1\] \d+\n\Z", shell.do("sleep 1000 &"))
    assert shell.do("sleep 2000 &").startswith("[2] ")
    lines = shell.do("jobs").splitlines()
    assert lines[0].startswith("[1]-  Running") and lines[0].endswith(" &")
    assert lines[1].startswith("[2]+  Running")
    await_told(shell, shell.do("kill %1"), "Terminated")
    assert [job["number"] for job in world.jobs()] == [2]
    assert world.place.alive()


def test_a_job_is_waited_for(shell, world):
    shell.do("sleep 1000 &")
    shell.send("wait %1\n")
    assert world.do("kill", "%1").status == 0
    assert shell.prompt(143) == ""
    assert world.jobs() == []


def test_what_has_ended_is_shown_once(shell, world):
    await_told(shell, shell.do("exit 3 &"), "Exit 3")
    assert shell.do("jobs") == ""
    assert world.jobs() == []


def test_errors_are_said(shell):
    for verb in ("fg", "bg %7", "kill %no", "wait"):
        assert shell.do(verb, 1) == "jobshell: No such process\n"


def reads_terminal(pid: int) -> bool:
    return pathlib.Path(f"/proc/{pid}/wchan").read_text() == "wait_woken"


def asks(pid: int) -> bool:
    names = []
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(fd))
    return any(name.startswith("socket:") for name in names)


def test_ctrl_c_ends_a_wait_and_the_job_goes_on(shell, world):
    shell.do("sleep 1000 &")
    shell.send("wait\n")
    wait_until(lambda: asks(shell.pid), "it asks the job's keeper")
    shell.send(CTRL_C)
    shell.prompt(130)
    assert world.job(1)["state"] == "running"


def test_the_jobs_terminal_has_our_size_and_follows(shell):
    assert shell.do("stty size") == "24 80\n"
    shell.resize(30, 100)  # SIGWINCH at the prompt does no harm
    shell.send("trap 'stty size; exit 0' WINCH; stty size; while :; do sleep 0.05; done\n")
    shell.expect("30 100\n")
    shell.resize(40, 120)
    shell.expect("40 120\n")
    shell.prompt()


def test_pasted_megabytes_pass_whole(shell, world):
    lines = "".join(f"line {n:05}\n" for n in range(20000))
    shell.send("stty -echo; echo begun; cat > pasted\n")
    shell.expect("begun\n")
    for at in range(0, len(lines), 1000):
        shell.send(lines[at : at + 1000])
    shell.send(CTRL_D)
    shell.prompt()
    assert (world.place.work / "pasted").read_text() == lines


def test_its_jobs_outlive_it(env, world):
    with JobShell(env, cwd=world.place.work) as first:
        first.do("sleep 1000 &")
        first.send("exit\n")
        assert first.wait() == 0
    with JobShell(env, cwd=world.place.work) as second:
        assert "Running" in second.do("jobs")
        second.hang_up()
    assert world.job(1)["state"] == "running"


def test_without_a_terminal_it_runs_a_script(env, world):
    done = subprocess.run(
        [PROGRAM],
        input="echo one\nsleep 0 &\nwait\nexit 5\nsh -c 'exit 4'\n",
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.replace("\r", "").startswith("one\n[1] ")
    assert done.returncode == 4
