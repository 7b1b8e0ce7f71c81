# SPDX-License-Identifier: MIT
"""`jig run --via` in a terminal: Ctrl-C, Ctrl-Z, a hang-up, the background.

The command there has no terminal. What the keys of this one mean is passed on.
"""

import os
import shlex

import pytest
from helpers import state_of, wait_until
from pty_session import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Shell, Terminal

#: Its child must get the signal as well, as the terminal sends it to a group.
GROUP = (
    "trap 'echo main; exit 3' {0}; sh -c 'trap \"echo child; exit\" {0}; echo up; "
    "while :; do sleep 0.01; done'"
)


@pytest.fixture(name="shell")
def _shell(place):
    with Shell(place.env, cwd=place.work) as shell:
        yield shell


def line(far, script: str, *options: str) -> str:
    return shlex.join(far.words(*far.place.sh(script), options=options))


@pytest.mark.parametrize(("key", "name"), [(CTRL_C, "INT"), (CTRL_BACKSLASH, "QUIT")])
def test_keys_are_for_the_whole_command(ssh, key, name):
    with Terminal(ssh.words(*ssh.place.sh(GROUP.format(name))), env=ssh.place.env) as terminal:
        terminal.expect("up")
        terminal.send(key)
        terminal.expect("child")
        terminal.expect("main")
        assert terminal.wait() == 3


def test_ctrl_c_is_the_commands_alone(near):
    """Jig there, in the same process group, does not end by it."""
    script = "trap 'echo caught' INT; echo up; while :; do read -r l && break; done; echo $l"
    with Terminal(near.words(*near.place.sh(script)), env=near.place.env) as terminal:
        terminal.expect("up")
        terminal.send(CTRL_C)
        terminal.expect("caught")
        terminal.send("more\n")
        terminal.expect("more")
        assert terminal.wait() == 0


def test_nohup_holds_for_the_command_there(ssh):
    words = ssh.words(*ssh.place.sh("echo up; read l; echo end; exit 3"))
    words = ["sh", "-c", 'trap "" HUP; "$@" <fifo >out', "sh", *words]
    os.mkfifo(ssh.place.work / "fifo")
    with Terminal(words, env=ssh.place.env, cwd=ssh.place.work) as terminal:
        with open(ssh.place.work / "fifo", "w", encoding="utf8") as fifo:
            out = ssh.place.work / "out"
            wait_until(lambda: out.exists() and out.read_text() == "up\n", "it runs")
            terminal.hang_up()
            print("go", file=fifo)
        wait_until(lambda: out.read_text() == "up\nend\n", "it has gone on")


def test_ctrl_c_ends_a_loop_of_the_shell(ssh, shell):
    """jig dies of SIGINT as the command does."""
    shell.type(f"while :; do {line(ssh, 'echo up; exec sleep 600')}; done")
    shell.expect("up")
    shell.send(CTRL_C)
    shell.prompt()
    assert shell.status() == 130


def test_ctrl_z_suspends_there_too(ssh, shell):
    shell.type(line(ssh, "echo up; exec sleep 600"))
    shell.expect("up")
    shell.send(CTRL_Z)
    shell.prompt()
    (sleep,) = ssh.place.pids("sleep")
    wait_until(lambda: state_of(sleep) == "T", "it is suspended")
    shell.type("fg")
    wait_until(lambda: state_of(sleep) in "SR", "it runs again")
    shell.send(CTRL_C)
    shell.prompt()


def test_what_is_typed_arrives(ssh):
    with Terminal(ssh.words("cat"), env=ssh.place.env) as terminal:
        terminal.send("hello\n")
        terminal.expect("hello")
        terminal.send(CTRL_D)
        assert terminal.wait() == 0


def test_in_the_background_nothing_is_read(ssh, shell):
    """Neither is it suspended: the command there does not read."""
    done = ssh.place.work / "done"
    shell.do(line(ssh, f"sleep 0.5; echo done >{done}") + " &")
    wait_until(done.exists, "it has ended")
    assert shell.do("wait; echo typed").strip().endswith("typed")


def test_a_hang_up(ssh):
    with Terminal(ssh.words(*ssh.place.sh("echo up; exec sleep 600")), env=ssh.place.env) as one:
        one.expect("up")
        one.hang_up()
        one._popen.wait(30)
    assert ssh.place.await_empty() == []
