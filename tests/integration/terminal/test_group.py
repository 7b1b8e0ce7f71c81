# SPDX-License-Identifier: MIT
"""jig run --group terminal: a session of the command's own, with a terminal.

A pty that is no process's controlling terminal yet, in every cage, as root and as an
ordinary user. Input, changes of size and a hang-up reach the command; jig takes no part.
"""

import pytest
from helpers import FAILED, in_group, jig_run, stage, wait_until
from pty_session import CTRL_C, CTRL_Z, Shell, Terminal

@pytest.fixture
def words(cage, identity, group) -> list[str]:
    """`jig run` in a cage, as this user: the words before the command."""
    run = jig_run("--group", "terminal", "--cage", cage, "--leftovers", "ignore")
    return [*(in_group(group) if group else []), *stage.as_identity(identity), *run]


@pytest.fixture
def terminal(place, words):
    """A pty with `sh -c SCRIPT` under jig."""
    opened = []

    def go(script: str) -> Terminal:
        command = [*words, *place.sh(script)]
        opened.append(Terminal(command, leader=[], env=place.env, cwd=place.work))
        return opened[-1]

    yield go
    for one in opened:
        one.__exit__()


def test_stdin_is_the_controlling_terminal(terminal):
    one = terminal(
        "tty; echo opened >/dev/tty; echo ids $$ $(ps -o sid=,tpgid= -p $$)"
    )
    one.expect(r"^/dev/pts/\d+$")
    one.expect(r"^opened$")
    pid, session, foreground = one.expect(r"^ids (\d+) (\d+) (\d+)$").groups()
    assert pid == session == foreground
    assert one.wait() == 0


def test_ctrl_c_is_for_the_foreground_group(terminal):
    inner = "(trap 'echo inner; exit' INT; echo ready; sleep 1000 & wait)"
    one = terminal(f"trap 'echo outer; exit 7' INT; {inner}; :")
    one.expect("^ready$")
    one.send(CTRL_C)
    one.expect("^inner$")
    one.expect("^outer$")
    assert one.wait() == 7


def test_30_a_change_of_size_reaches_the_command(terminal):
    one = terminal("trap 'stty size; exit 0' WINCH; echo ready; sleep 1000 & wait")
    one.expect("^ready$")
    one.resize(33, 111)
    one.expect("^33 111$")
    assert one.wait() == 0


def test_24_the_master_sees_the_end(terminal):
    one = terminal("setsid sleep 1000 & echo last words")
    one.expect("^last words$")
    with pytest.raises(AssertionError, match="in vain"):
        one.expect("more")  # EIO at once, and not after our patience
    assert one.wait() == 0


def test_13_a_hang_up_ends_it(terminal, place):
    one = terminal("echo ready; sleep 1000")
    one.expect("^ready$")
    one.hang_up()
    left = place.await_empty()
    assert left == []


def test_29_job_control_works_inside(place, words):
    with Shell(place.env, leader=words, cwd=place.work) as shell:
        bash = shell.foreground()
        shell.type("sh -c 'echo ready; exec sleep 1000'")
        shell.expect("^ready$")
        assert shell.foreground() != bash
        shell.send(CTRL_Z)
        shell.prompt()
        shell.await_job("Stopped")
        assert shell.foreground() == bash
        shell.type("fg")
        wait_until(lambda: shell.foreground() != bash, "sleep has it again")
        shell.send(CTRL_C)
        shell.prompt()
        assert shell.status() == 130
        assert shell.exit() == 0


def test_what_is_no_terminal_is_one_clear_error(run):
    done = run("--group", "terminal", "--", "true")
    assert done.status == FAILED
    assert "it is not a terminal" in done.err and done.err.count("\n") == 1


def test_our_own_terminal_is_not_given_away(place):
    command = [*jig_run("--group", "terminal"), "true"]
    with Terminal(command, env=place.env) as one:  # setsid: it is ours
        one.expect("it already belongs to another session")
        assert one.wait() == FAILED
