# SPDX-License-Identifier: MIT
"""jig.Popen under a terminal: its child is in the session and the process group that
subprocess.Popen would give, so it reads, writes, sets modes and gets keys as there.
Each script is run with both, and what is seen has to be the same."""

from __future__ import annotations

import os
import sys

import pytest
from pty_session import CTRL_C, CTRL_Z, Shell, Terminal
from waiting import DEADLINE_S, wait_until

HEAD = {
    "subprocess": "import subprocess as s; Popen = s.Popen\n",
    "jig": "import subprocess as s, jig; Popen = s.Popen = jig.Popen\n",
}

#: The child says so when Ctrl-C would be its own.
WAITS = "['sh', '-c', 'echo ready; exec sleep 600']"

#: What is typed before, and the script. What is typed waits for its reader.
SCRIPTS = {
    "modes": ("", "print(Popen(['sh', '-c', 'stty -ixon; stty ixon']).wait())"),
    "a line": ("x\n", "print(s.run(['head', '-n', '1']).returncode)"),
    "its own input": ("x\n", "s.check_call([PYTHON, '-Sc', 'print(input())'])"),
    "input after it": (
        "x\ny\n",
        "s.check_call(['sh', '-c', 'read a; echo $a']); print(input())",
    ),
    "input beside it": (
        "x\n",
        "p = Popen(['sleep', '600']); print(input()); p.terminate(); print(p.wait())",
    ),
    "/dev/tty beside a pipe": (
        "x\n",
        "print(Popen(['sh', '-c', 'read x </dev/tty; echo $x'], stdin=s.PIPE).wait())",
    ),
    "/dev/tty beside /dev/null": (
        "x\n",
        "show = ['sh', '-c', 'read x </dev/tty; echo $x']\n"
        "print(s.run(show, stdin=s.DEVNULL).returncode)",
    ),
    "background writer": (
        "",
        "s.run(['stty', 'tostop']); print(s.run(['echo', 'hello']).returncode)",
    ),
    "group and session": (
        "",
        "import os\n"
        "show = 'import os; print(os.getpgrp() == {}, os.getsid(0) == {}, os.getpid() in '"
        "'(os.getpgrp(), os.getsid(0)))'.format(os.getpgrp(), os.getsid(0))\n"
        "for options in ({}, {'start_new_session': True}, {'process_group': 0}):\n"
        "    print(s.run([PYTHON, '-Sc', show], **options).returncode)",
    ),
}


def script_of(kind: str, text: str) -> list[str]:
    head = HEAD[kind] + f"PYTHON = {sys.executable!r}\n"
    return [sys.executable, "-c", head + text + "\nprint('done')"]


class Screen(Terminal):
    deadline_s = DEADLINE_S


def look(kind: str, typed: str, text: str) -> tuple:
    """What is on the screen up to its end, its status, and the modes then."""
    with Screen(script_of(kind, text), env=dict(os.environ)) as screen:
        screen.send(typed)
        screen.expect(r"^done\n")
        return screen._seen, screen.wait(), screen.modes()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_sees_the_same_as_with_subprocess(name):
    assert look("jig", *SCRIPTS[name]) == look("subprocess", *SCRIPTS[name])


CTRL_C_SCRIPT = f"""
import signal
raises = signal.signal(signal.SIGINT, lambda *_: None)
print(s.run({WAITS}).returncode, flush=True)
signal.signal(signal.SIGINT, raises)
try:
    s.run({WAITS})
except KeyboardInterrupt:
    print("interrupted")
"""


def interrupt_twice(kind: str) -> str:
    command = ["env", "--default-signal", *script_of(kind, CTRL_C_SCRIPT)]
    with Screen(command, env=dict(os.environ)) as screen:
        for _ in range(2):
            screen.expect("^ready$")
            await_wait(screen.pid)
            screen.send(CTRL_C)
        screen.expect(r"^done\n")
        return screen._seen


def await_wait(pid: int) -> None:
    """Python waits for its child, asleep."""

    wait_until(lambda: state_of(pid) == "S", f"{pid} sleeps")


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(") ", 1)[1][0]


def test_ctrl_c_is_the_childs_too():
    assert interrupt_twice("jig") == interrupt_twice("subprocess")


def suspend(kind: str, place) -> str:
    """Ctrl-Z and fg of a script and its child, in a shell with job control."""
    path = place.path / "parent.py"
    text = f"s.run([{place.sh!r}, '-c', 'echo ready; read x; echo got $x; exit 3'])"
    path.write_text(HEAD[kind] + text)
    with Shell(dict(os.environ)) as shell:
        shell.type(f"{sys.executable} {path}")
        shell.expect("^ready$")
        shell.send(CTRL_Z)
        shell.expect("Stopped")
        shell.prompt()
        # The shell's child is stopped; no process below it reads what is typed now.
        child = place.running()[0]
        wait_until(lambda: state_of(child) == "T", f"{child} is stopped")
        shell.type("fg")
        shell.type("hello")
        shell.expect("^got hello$")
        shell.prompt()
        assert shell.status() == 0
        assert shell.foreground() == shell.pid
        return shell._seen


def test_ctrl_z_and_fg(place):
    assert suspend("jig", place) == suspend("subprocess", place)
