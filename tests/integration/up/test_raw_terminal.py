# SPDX-License-Identifier: MIT
"""Our terminal in raw mode (src/tty/raw_terminal.h), under a real pty.

The terminal's modes are restored whatever ends the program, but not after SIGKILL.
Input arrives unchanged, and the detach key is found.
"""

import shutil
import signal
import subprocess

import pytest
from helpers import PROGRAMS, TOP
from pty_session import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Shell, Terminal, kill

ENDS = ["HUP", "INT", "QUIT", "TERM", "PIPE", "ALRM", "USR1", "SEGV", "ABRT", "BUS"]


@pytest.fixture(name="program", scope="module")
def _program(tmp_path_factory):
    """raw_terminal.c and what it tests."""
    compiler = next(filter(shutil.which, ["cc", "gcc", "clang"]), None)
    if not compiler:
        pytest.skip("no C compiler")
    path = tmp_path_factory.mktemp("programs") / "raw_terminal"
    src = TOP / "src"
    tested = ("tty/raw_terminal.c", "tty/detach_key.c", "base/fault.c", "base/text.c")
    sources = [PROGRAMS / "raw_terminal.c", *(src / one for one in tested)]
    flags = ["-D_GNU_SOURCE", "-std=gnu11", f"-I{src}"]
    subprocess.run([compiler, *flags, "-o", path, *sources], check=True)
    return path


@pytest.fixture(name="copy")
def _copy(place, program):
    """A private copy: the oracle looks for processes that still execute it."""
    return place.copy(program)


@pytest.fixture(name="start")
def _start(place, copy):
    """The program as the leader of a terminal's session; its modes before."""
    terminals = []

    def go(*words):
        terminal = Terminal([copy, *words], env=place.env)
        terminals.append(terminal)
        terminal.expect(r"^raw\s")
        return terminal

    yield go
    for terminal in terminals:
        terminal.hang_up()
        terminal.kill()


@pytest.fixture(name="shell")
def _shell(place):
    with Shell(place.env) as shell:
        yield shell


def before(place):
    """The modes of a new terminal."""
    with Terminal(["true"], env=place.env) as terminal:
        modes = terminal.modes()
        terminal.wait()
    return modes


def test_modes_are_raw_and_keys_arrive_as_they_are(place, start):
    terminal = start()
    assert terminal.modes() != before(place)
    for key in (CTRL_C, CTRL_Z, CTRL_BACKSLASH, CTRL_D, "\r", "\x13"):
        terminal.send(key)
        terminal.expect(rf"^typed {ord(key):02x}\s")


def test_the_detach_key_ends_it_and_restores(place, start):
    terminal = start()
    terminal.send("\x1d\x1d")
    terminal.expect(r"^typed 1d\s")
    terminal.send("\x1dx")
    terminal.expect(r"^typed 1d\s+typed 78\s")
    terminal.send("\x1d")
    terminal.send("dlost")
    terminal.expect(r"^detached\s")
    assert terminal.wait() == 0
    assert terminal.modes() == before(place)


@pytest.mark.parametrize("name", ENDS)
def test_modes_come_back_when_a_signal_ends_it(place, start, name):
    terminal = start()
    signo = signal.Signals["SIG" + name]
    kill(terminal.pid, signo)
    assert terminal.wait() == 128 + signo
    assert terminal.modes() == before(place)


def test_modes_come_back_after_a_crash(place, start):
    terminal = start()
    terminal.send("c")
    assert terminal.wait() == 128 + signal.SIGSEGV
    assert terminal.modes() == before(place)


def test_what_is_ignored_stays_ignored(start):
    terminal = start(str(int(signal.SIGHUP)), str(int(signal.SIGTERM)))
    kill(terminal.pid, signal.SIGHUP)
    kill(terminal.pid, signal.SIGTERM)
    terminal.send("x")
    terminal.expect(r"^typed 78\s")


def test_the_size_is_that_of_the_terminal(place, copy):
    with Terminal([copy], env=place.env) as terminal:
        terminal.expect(r"^SIZE 24x80\s")
        terminal.expect(r"^raw\s")


def test_in_the_background_it_is_refused_and_nothing_changes(shell, copy):
    modes = shell.modes()
    shell.type(f"{copy} & wait $!; echo status=$?")
    shell.expect("refused: not in the foreground")
    shell.expect(r"^status=3\s")
    shell.prompt()
    assert shell.modes() == modes
    assert shell.exit() == 0


def test_without_a_terminal_it_is_refused(copy):
    done = subprocess.run(
        [copy], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 3
    assert done.stdout == b"refused: stdin is not a terminal\n"
