# SPDX-License-Identifier: MIT
"""`jig up` on a terminal: colours, Ctrl-C, prompts, hang-ups, `jig attach`."""

import os
import pathlib
import re
import signal
import termios

import pytest
import ups
from helpers import PYTHON, jig, state_of, wait_until
from pty_session import CTRL_C, Terminal
from ups import INT

pytestmark = pytest.mark.usefixtures("own_registry")

ESC = "\x1b"


@pytest.fixture(name="terminal")
def _terminal(place):
    """`jig up WORDS` in its own session on a new terminal."""
    made = []

    def go(procfile: str, *words: str, **env: str) -> Terminal:
        (place.work / "Procfile").write_text(procfile)
        command = jig("up", *words)
        made.append(Terminal(command, env={**place.env, **env}, cwd=place.work))
        return made[-1]

    yield go
    for one in made:
        one.__exit__()


def test_each_service_has_a_colour_on_a_terminal(terminal, stays):
    screen = terminal(f"a: {stays}\nb: {stays}\n")
    seen = {}
    for _ in range(2):
        found = screen.expect(r"\x1b\[([0-9;]+)m[0-9:]{8} ([ab])\.1 \|\S* up$")
        seen[found[2]] = found[1]
    assert set(seen) == {"a", "b"} and seen["a"] != seen["b"]
    screen.send(CTRL_C)
    assert screen.wait() == INT


@pytest.mark.parametrize(
    "words, env", [(("--colour", "never"), {}), ((), {"NO_COLOR": "1"})]
)
def test_no_colours(terminal, stays, words, env):
    screen = terminal(f"a: {stays}\n", *words, **env)
    line = screen.expect(r"^.*\| up$")[0]
    assert ESC not in line
    screen.send(CTRL_C)
    assert screen.wait() == INT


def test_the_programs_own_colours_pass_and_end_with_the_line(terminal, place):
    script = "printf '\\033[32mgreen\\n'; echo plain; "
    screen = terminal(f"a: {script}{ups.forever(place)}\n")
    screen.expect(r"\x1b\[32mgreen")
    # All attributes of the line are reset before the next prefix ends.
    between = screen.expect(r"([^\n]*)\n([^\n]*)plain$")
    assert re.search(r"\x1b\[0?m", between[1] + between[2])
    screen.send(CTRL_C)
    assert screen.wait() == INT


def test_ctrl_c_is_for_jig_which_stops_all(terminal, place, stays):
    screen = terminal(f"a: trap 'echo INT' INT; {stays}\n", "--no-times")
    screen.expect("up$")
    screen.send(CTRL_C)
    screen.expect("stopping all")
    screen.expect(r"\|\S* stopped")
    assert screen.wait() == INT
    assert "INT\n" not in screen._seen.replace("SIGINT", "")


def test_ctrl_c_twice_hurries(terminal, place):
    screen = terminal(f"a: trap '' TERM; echo up; {ups.forever(place)}\n", "-t", "1h")
    screen.expect("up$")
    screen.send(CTRL_C)
    screen.expect("stopping all")
    # Within 0.3 s it counts once: again, until it counts.
    wait_until(lambda: screen.send(CTRL_C) or state_of(screen.pid) == "Z", "it hurries")
    screen.expect("hurrying")
    assert screen.wait() == INT


def hurries_after_ctrl_c(screen: Terminal) -> bool:
    """Whether it says so before it would take another key for another one."""
    screen.send(CTRL_C)
    screen.deadline_s, usual = 0.5, screen.deadline_s
    try:
        return bool(screen.expect("hurrying"))
    except AssertionError:
        return False
    finally:
        screen.deadline_s = usual


def test_a_signal_that_is_delivered_twice_counts_once(place):
    """timeout, npm and make pass on what the terminal has sent already. A loaded
    machine may be slow between the two: then once more."""
    stopping = "trap 'echo stopping; read x <gate; echo clean; exit 0' INT TERM"
    os.mkfifo(place.work / "gate")
    service = f"{stopping}; echo up; {ups.forever(place)}"
    with ups.Project(place, {"Procfile": f"a: {service}\n"}) as here:
        assert any(stops_cleanly(here) for _ in range(5))


def stops_cleanly(here: ups.Project) -> bool:
    """Two signals, the second as soon as the first one has been seen; then the
    service may end."""
    up = here.start("--timeout", "1h")
    up.await_line("a.1 | up")
    up.signal(signal.SIGINT)
    up.await_line("jig | Interrupt: stopping all")
    up.signal(signal.SIGINT)
    wait_until(lambda: not is_pending(up.pid, signal.SIGINT), "jig has read it")
    with open(here.directory / "gate", "r+b", buffering=0) as gate:
        gate.write(b"\n")
        result = up.end()
    assert result.status == INT, result
    is_hurried = any("hurrying" in line for line in result.lines)
    return "a.1 | clean" in result.lines and not is_hurried


def is_pending(pid: int, signo: int) -> bool:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    sets = re.findall(r"(?m)^(?:SigPnd|ShdPnd):\s*(\w+)", status)
    return any(int(one, 16) & 1 << signo - 1 for one in sets)


def test_the_command_around_which_all_runs_has_the_terminal(terminal, place, stays):
    """`wait` loses no signal that comes just before it; `read` does."""
    script = "trap 'echo got INT; exit 3' INT; echo asks; read x; "
    script += f'{place.bin}/sleep 600 & echo "reads $x"; wait'
    screen = terminal(f"a: {stays}\n", "--", "/bin/sh", "-c", script)
    screen.expect("^asks")
    screen.send("this\n")
    screen.expect("^reads this")
    screen.send(CTRL_C)
    screen.expect("^got INT")
    assert screen.wait() == 3


def test_a_hang_up_stops_all(terminal, place, stays):
    screen = terminal(f"a: (setsid {place.bin}/sleep 600 &); {stays}\n")
    screen.expect("up$")
    screen.hang_up()
    screen._popen.wait(60)
    assert place.await_empty() == []


def test_a_partial_line_is_shown(terminal, place):
    screen = terminal(f"a: printf 'password: '; {ups.forever(place)}\n")
    screen.expect(r"\|\S* password: ")
    screen.send(CTRL_C)
    assert screen.wait() == INT


def test_pty_gives_a_terminal(terminal, place):
    script = "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && tty; "
    screen = terminal(f"a: {script}{ups.forever(place)}\n", "--pty")
    screen.expect(r"\|\S* /dev/pts/[0-9]+")
    screen.send(CTRL_C)
    assert screen.wait() == INT


# ---------------------------------------------------------------------- attach


def is_cooked(client: Terminal) -> bool:
    return bool(client.modes()[3] & termios.ICANON)


@pytest.fixture(name="attached")
def _attached(place, terminal):
    """A `jig up --pty`, and a second terminal that is attached to a.1."""
    made = []

    def go(script: str, *words: str) -> tuple[Terminal, Terminal]:
        up = terminal(f"a: {script}\n", "--pty")
        up.expect("started with pid")
        client = Terminal(
            jig("attach", *words, "a"), env=place.env, cwd=place.work
        )
        made.append(client)
        # Before that, what is typed is for the terminal's own line editor.
        wait_until(lambda: not is_cooked(client), "it is attached")
        return up, client

    yield go
    for one in made:
        one.__exit__()


def test_attach_types_and_sees(attached):
    up, client = attached("cat")
    client.resize(30, 100)
    client.send("hello\n")
    # The terminal's own echo, then cat.
    client.expect("hello")
    client.expect("hello")
    client.send("\x1dd")
    assert client.wait() == 0
    up.send(CTRL_C)
    assert up.wait() == INT


def test_attach_and_ctrl_c_ends_the_service(attached):
    up, client = attached("trap 'echo got INT; exit 5' INT; echo on; sleep 1000 & while :; do wait; done")
    client.send(CTRL_C)
    client.expect("got INT")
    assert client.wait() == 0
    assert up.wait() == 5


def test_attach_gives_the_window_size(attached, place):
    up, client = attached(
        "trap 'stty size' WINCH; sleep 1000 & : >on; while :; do wait; done"
    )
    wait_until((place.work / "on").exists, "the trap is there")
    client.resize(31, 101)
    client.expect("31 101")
    client.send("\x1dd")
    assert client.wait() == 0
    up.send(CTRL_C)
    up.wait()


def test_read_only(attached):
    up, client = attached("echo up; cat", "--read-only")
    client.send("hello\n")
    client.send("\x1dd")
    assert client.wait() == 0
    assert "hello" not in client._seen
    up.send(CTRL_C)
    up.wait()


def test_the_modes_come_back(attached):
    up, client = attached("cat")
    client.send("\x1dd")
    assert client.wait() == 0
    assert is_cooked(client) and client.modes()[3] & termios.ISIG
    up.send(CTRL_C)
    up.wait()


def test_attach_without_a_terminal_of_the_service(place, stays):
    with ups.Project(place, {"Procfile": f"a: {stays}\n"}) as here:
        here.start()
        here.await_answer()
        result = here.jig("attach", "a")
        assert result.status == 1 and "has no terminal" in result.err, result
        assert here.jig("down").status == 0
        wait_until(lambda: here.jig("ps").status == 1, "it has gone")


def test_a_client_that_is_killed_leaves_the_service(attached, place):
    up, client = attached("cat")
    client.send("one\n")
    client.expect("one")
    client.kill()
    again = Terminal(jig("attach", "a"), env=place.env, cwd=place.work)
    with again:
        wait_until(lambda: not is_cooked(again), "it is attached")
        again.send("two\n")
        again.expect("two")
        again.send("\x1dd")
        assert again.wait() == 0
    up.send(CTRL_C)
    assert up.wait() == INT


def test_no_terminal_at_all(place, stays):
    with ups.Project(place, {"Procfile": f"a: {stays}\n"}) as here:
        up = here.start("--pty", stdin=os.open(os.devnull, os.O_RDONLY))
        here.await_answer()
        result = here.jig("attach", "a")
        assert result.status == 125 and "terminal" in result.err, result
        assert ups.end(up).status == 128 + signal.SIGTERM


def test_a_service_reads_our_terminal(terminal, stays):
    """A debugger's prompt, without a terminal of its own; the other one gets no key."""
    ask = f"exec {PYTHON} -c 'print(\"hi\", input(\"who? \")); input(\"more? \")'"
    screen = terminal(f"a: {ask}\nb: {stays}\n", "--stdin", "a")
    screen.expect(r"who\? $")
    screen.send("joe\r")
    screen.expect(r"hi joe")
    screen.expect(r"more\? $")
    screen.send(CTRL_C)
    assert screen.wait() == INT
