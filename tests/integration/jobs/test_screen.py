# SPDX-License-Identifier: MIT
"""What a terminal shows of a job after attaching and after detaching.

tmux is the terminal: it reports its screen and its modes.
"""

import os
import shutil
import subprocess

import helpers
import pytest
import worlds
from helpers import stage, wait_until
from pty_session import Terminal

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux")

DETACH = ("C-]", "d")
CLEAN = "0 1 0 0 0 0"
_MODES = " ".join(
    f"#{{{one}}}"
    for one in (
        "alternate_on",
        "cursor_flag",
        "keypad_flag",
        "keypad_cursor_flag",
        "mouse_any_flag",
        "origin_flag",
    )
)


class Pane:
    """A pane of a tmux of our own, with a bash in it."""

    def __init__(self, world):
        self._words = ["tmux", "-S", str(world.runtime / "tmux"), "-f", "/dev/null"]
        self._env = world.env | {"HISTFILE": ""}

    def open(self) -> None:
        # tmux asks a shell to start it, which would drop PS1.
        bash = f"PS1='@@> ' exec {BASH}"
        self._do("new-session", "-d", "-x", "80", "-y", "24", bash)
        self.await_end("@@>")

    def _do(self, *words: str) -> str:
        done = subprocess.run(
            [*self._words, *words],
            env=self._env,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout

    def close(self) -> None:
        self._do("kill-server")

    def keys(self, *keys: str) -> None:
        self._do("send-keys", *keys)

    def line(self, text: str) -> None:
        self._do("send-keys", "-l", text)
        self.keys("Enter")

    def screen(self, colours: bool = False) -> str:
        return self._do("capture-pane", "-p", *(["-e"] if colours else []))

    def modes(self) -> str:
        return self._do("display-message", "-p", _MODES).strip()

    def resize(self, rows: int) -> None:
        self._do("resize-window", "-y", str(rows))

    def await_modes(self, wanted: str) -> None:
        wait_until(lambda: self.modes() == wanted, f"modes {wanted}: {self.modes()}")

    def await_end(self, end: str) -> str:
        """Until the screen's last line that is not empty is this."""
        return self.await_screen(lambda text: text.rstrip().endswith(end), end)

    def await_screen(self, is_it, what) -> str:
        screen = ""

        def look():
            nonlocal screen
            screen = self.screen()
            return is_it(screen)

        try:
            wait_until(look, f"a screen with {what!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is:\n{screen}") from None
        return screen


BASH = "/bin/bash --norc --noprofile --noediting -i"


@pytest.fixture
def pane(world):
    one = Pane(world)
    try:
        one.open()
        yield one
    finally:
        one.close()


def attach(pane: Pane, words: str = "") -> None:
    pane.line(f"clear; jig fg {words}")


def leave(pane: Pane) -> None:
    pane.keys(*DETACH)
    pane.await_screen(lambda text: "jig: detached" in text, "detached")
    pane.await_end("@@>")


FULL = {
    "vim": ["vim", "-u", "NONE", "-i", "NONE", "--cmd", "set nocp mouse=a"],
    "less": ["less"],
}


@pytest.fixture(params=FULL)
def program(request, place, world):
    if not shutil.which(request.param):
        pytest.skip(f"no {request.param}")
    file = place.work / "file"
    file.write_text("".join(f"line {i} of the file\n" for i in range(300)))
    world.start(*FULL[request.param], str(file))
    return request.param


def await_line(pane: Pane, number: int) -> str:
    return pane.await_screen(lambda text: f"line {number} of" in text, number)


def test_a_full_screen_program_is_found_as_it_was_left(pane, program):
    attach(pane)
    await_line(pane, 0)
    pane.keys("5", "0", "G")
    before = await_line(pane, 49)
    modes = pane.modes()
    leave(pane)
    assert pane.modes() == CLEAN
    attach(pane)
    pane.await_screen(lambda text: text == before, before)
    pane.await_modes(modes)


def test_it_is_stopped_and_continued_as_in_a_shell(pane, program):
    attach(pane)
    await_line(pane, 0)
    pane.keys("5", "0", "G")
    before = await_line(pane, 49)
    pane.keys("C-z")
    stopped = pane.await_end("@@>")
    assert "[1]+  Stopped" in stopped
    assert pane.modes() == CLEAN
    attach(pane)
    # vim draws anew when it is continued, without the message in its last row.
    wanted = before.splitlines()[:23]
    pane.await_screen(lambda text: text.splitlines()[:23] == wanted, before)


def test_its_end_leaves_a_clean_terminal(pane, program, world):
    attach(pane)
    await_line(pane, 0)
    pane.keys(*{"vim": (":q!", "Enter"), "less": ("q",)}[program])
    pane.await_end("@@>")
    assert pane.modes() == CLEAN
    assert world.jobs() == []


def test_a_smaller_terminal_gets_a_screen_of_its_size(pane, program):
    attach(pane)
    await_line(pane, 0)
    leave(pane)
    pane.resize(12)
    attach(pane)
    await_line(pane, 9)
    assert "line 20 of" not in pane.screen()


def test_a_program_of_which_too_much_is_gone_draws_anew(pane, world):
    """jig has not kept all output since it entered the alternate screen, so it
    gets SIGWINCH to redraw."""
    draw = (
        r"draw() { printf '\033[H\033[2J'; seq 1 10; echo drawn; }; "
        r"trap draw WINCH; printf '\033[?1049h'; "
        r"head -c 20000 /dev/zero | tr '\0' x; draw; "
        r"head -c 20000 /dev/zero | tr '\0' '\a'; "
        r"echo over >over; while :; do sleep 0.01; done"
    )
    world.start("--ring-size", "8k", "--", "bash", "-c", draw)
    wait_until((world.place.work / "over").exists, "it has drawn")
    attach(pane)
    screen = pane.await_screen(lambda text: "drawn" in text, "drawn")
    assert screen.split() == [*map(str, range(1, 11)), "drawn"]
    leave(pane)
    assert pane.modes() == CLEAN


def test_lines_and_colours_are_shown_again(pane, world):
    attach_to = "jig start --grace 100ms --name inner -- " + BASH
    pane.line(attach_to)
    pane.await_end("@@>")
    attach(pane, "%inner")
    pane.await_end("@@>")
    pane.line(
        r"""for i in $(seq 60); do printf '\033[3%dmline %d\033[m\n' $((i%8)) $i; done"""
    )
    pane.await_screen(lambda text: "line 60" in text, "line 60")
    pane.await_end("@@>")
    before = pane.screen(colours=True)
    leave(pane)
    attach(pane, "%inner")
    pane.await_screen(lambda text: "line 60" in text, "line 60")
    wait_until(lambda: pane.screen(colours=True) == before, before)


def test_what_asks_the_terminal_is_not_replayed(pane, world):
    """Its answer would be typed into the job."""
    ask = r"printf '\033[6n\033[c\033]11;?\007'; echo asked; cat >typed"
    world.script(ask)
    world.await_output(1, "asked")
    attach(pane)
    pane.await_screen(lambda text: "asked" in text, "asked")
    pane.line("mine")
    pane.keys("C-d")
    pane.await_end("@@>")
    assert (world.place.work / "typed").read_text() == "mine\n"


def test_logs_are_the_bytes_themselves(world):
    world.script(r"printf '\033[6n\033[?1049hx\033[?1049l'")
    world.await_state(1, "ended")
    assert world.do("logs", "%1").out == "\x1b[6n\x1b[?1049hx\x1b[?1049l"


@pytest.mark.skipif(os.geteuid() != 0, reason="not root")
def test_a_terminal_of_another_user_is_left_clean(place):
    """After su(1): it can be written to, but not be opened again."""
    draw = r"printf '\033[?1049h\033[?2004h\033[?25l'; echo drawn; exec sleep 60"
    with worlds.opened(place, identity="user") as world:
        world.script(draw)
        world.await_output(1, "drawn")
        command = [*stage.as_identity("user"), *helpers.jig("fg")]
        with Terminal(command, env=world.env, cwd=place.work) as terminal:
            terminal.expect("drawn")
            terminal.send("\x1dd")
            left = terminal.expect(r"([\x1b\[?0-9a-zA-Z;=>]*)jig: detached")[1]
    for mode in ("?25h", "?2004l", "?1049l"):
        assert f"\x1b[{mode}" in left
