# SPDX-License-Identifier: MIT
"""Scenarios on a terminal that are played twice: with a command alone, and with
jig in front of it. What a user and a caller see has to be the same.

    @scenario("run", "exec")
    def ctrl_c_ends_a_loop(scene):
        shell = scene.bash()
        shell.type("while :; do via guest pause; echo again; done")
        scene.ready()
        shell.send(CTRL_C)
        shell.prompt()

`via` is the front: a program that executes its arguments, directly or by `jig
run --`, `jig exec --` and so on. So all messages name the same command.
`guest` (guest.c) says what happens to it. Each performance has a place, a terminal
and a session of its own.

What is compared: all that was on the screen (with numbers of processes as words),
what the scenario has noted, which processes are in the terminal's foreground, which
still run, the terminal's modes, and how the session's leader ended. A scenario waits for what is
said before it types, and for rest() before it sends a key or a signal: then every
process has got to where it waits.

With JIG_AS_IF=plain both performances are without jig: what fails then is wrong in
the table.
"""

from __future__ import annotations

import contextlib
import re
import resource
import select
import shlex
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

import helpers
import places
from helpers import oracle, stage, wait_until
from pty_session import CTRL_Z, Shell, Terminal

PLAIN = "plain"

#: What `via` does with its arguments.
FRONTS = {
    PLAIN: 'exec "$@"',
    "run": 'exec jig run -- "$@"',
    "with": 'exec jig run --quiet --with "exec sleep 1000" -- "$@"',
    "exec": 'exec jig exec -- "$@"',
    "up": 'exec jig up --quiet -- "$@"',
    "session": 'exec jig session -- "$@"',
    "services": 'exec "$@"',
}

_JIGS = ("jig", "jig-supervisor", "jig-up", "jig-job")

#: A session's leader ignores no signal, whatever the tests run under.
_LEADER = ("setsid", "--ctty", "env", "--default-signal")

#: Shorter than elsewhere: a jig that differs from bash often does so by hanging.
_DEADLINE_S = 20 * oracle.TIME_SCALE


class Scenario(NamedTuple):
    name: str
    fronts: tuple[str, ...]
    play: Callable[[Scene], None]
    #: Full screen programs draw as their time allows: compare notes alone.
    has_text: bool


#: The table, in the order of its file.
SCENARIOS: list[Scenario] = []


def scenario(*fronts: str, has_text: bool = True, name: str = ""):
    def take(play):
        SCENARIOS.append(Scenario(name or play.__name__, fronts, play, has_text))
        return play

    return take


def rows() -> list[tuple[Scenario, str]]:
    return [(each, front) for each in SCENARIOS for front in each.fronts]


class Bash(Shell):
    deadline_s = _DEADLINE_S

    def await_job_once(self, state: str) -> None:
        """await_job, and one answer alone on the screen."""
        before = self._seen
        self.await_job(state)
        answers = self._seen[len(before) :].split(self.PROMPT)
        # Whether it has been said before depends on when the shell looked.
        before = re.sub(r"\n\[\d+\]\+  Stopped  .*\n", "", before)
        self._seen = before + answers[-2] + self.PROMPT


class Screen(Terminal):
    deadline_s = _DEADLINE_S

    def end(self) -> int:
        """The leader's exit status, after all output has been read."""
        ends = time.monotonic() + self.deadline_s
        while self._read(ends):
            pass
        return self.wait()


class OtherShell(Shell):
    """Another interactive shell, with the prompt that we know."""

    deadline_s = _DEADLINE_S

    def __init__(self, command: list[str], env: dict[str, str], **options):
        Terminal.__init__(self, command, env=env | {"PS1": self.PROMPT}, **options)
        self.prompt()


class Scene:
    """One performance of a scenario."""

    def __init__(self, place: places.Place, front: str):
        self._front = front
        self._place = place
        self._terminal: Terminal | None = None
        self._is_over = False
        self._screen: list[str] = []
        self.notes: dict[str, object] = {}
        for path in (stage.jig_path(), stage.jig_path().with_name("jig-up")):
            if path.exists():
                place.copy(path)
        self._program("via", FRONTS[front])
        self.write("Procfile", "server: exec sleep 1000\n")

    @property
    def env(self) -> dict[str, str]:
        own = {"TERM": "xterm", "LESSHISTFILE": "-", "JIG_RUNTIME_DIR": self._runtime}
        return self._place.env | own

    @property
    def _runtime(self) -> str:
        path = self._place.path / "jobs"
        path.mkdir(mode=0o700, exist_ok=True)
        return str(path)

    # ------------------------------------------------------------- the stage

    def _program(self, name: str, script: str) -> None:
        path = self._place.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        (self._place.work / name).write_text(text)

    def read(self, name: str) -> str:
        path = self._place.work / name
        return path.read_text() if path.exists() else ""

    def services(self, command: str) -> None:
        """`services` runs this command: alone, or as the service of a jig up."""
        plain = f"exec sh -c {shlex.quote(command)}"
        self.write("Procfile", f"server: {command}\n")
        up = "exec jig up --quiet --no-prefix"
        self._program("services", up if self._front == "services" else plain)

    def _open(self, kind, *words):
        options = {"env": self.env, "cwd": self._place.work, "leader": _LEADER}
        # Whether a core is dumped depends on the machine.
        limits = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, limits[1]))
        try:
            self._terminal = kind(*words, **options)
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, limits)
        return self._terminal

    def bash(self) -> Bash:
        """An interactive bash."""
        return self._open(Bash)

    def shell(self, *command: str) -> OtherShell:
        """Another interactive shell."""
        return self._open(OtherShell, list(command))

    def leader(self, *command: str) -> Screen:
        """A session's leader that is no interactive shell."""
        return self._open(Screen, list(command))

    # ------------------------------------------------------- what is looked at

    def pids(self, name: str = "guest") -> list[int]:
        """Processes that execute this private program, in the order of their start."""
        program = next(p for p in self._place.programs if p.path.endswith("/" + name))
        return sorted(oracle.seen(program), key=_start_of)

    def one(self, name: str = "guest") -> int:
        return wait_until(lambda: self.pids(name), f"{name} runs")[0]

    def foreground(self) -> list[str]:
        """Names of the processes in the terminal's foreground, without jig's."""
        return self._names_of(self._terminal.foreground())

    def _names_of(self, group: int) -> list[str]:
        members = (pid for pid in helpers.every_pid() if _group_of(pid) == group)
        return sorted({helpers.comm_of(pid) for pid in members} - {"", *_JIGS})

    def states(self, name: str = "guest") -> list[str]:
        """Whether each process of a program is stopped."""
        return ["T" if state == "T" else "S" for state in map(_state_of, self.pids(name))]

    def _alive(self) -> list[str]:
        """Programs of the place that still run, without jig's."""
        paths = (program.path for program in self._place.programs)
        names = {path.rsplit("/", 1)[1] for path in paths} - {*_JIGS}
        return sorted(name for name in names if self.pids(name))

    def note(self, name: str, what: object) -> None:
        assert name not in self.notes
        self.notes[name] = what

    def ready(self, count: int = 1) -> None:
        """So many guests say that they are; then rest(). A session shows what
        resets the modes of the terminal before."""
        for _ in range(count):
            self._terminal.expect(r"(?m)(^|\x1b\[m)ready\r?$")
        self.rest()

    def rest(self) -> None:
        """Until every process of the session and the place waits for something:
        a shell that has just forked is not yet at its wait(2)."""
        seen = [None]

        def look():
            before, seen[0] = seen[0], self._resting()
            return seen[0] and seen[0] == before

        wait_until(look, "all processes wait")

    def _resting(self) -> list[int]:
        """The processes, if each of them sleeps or is stopped; else nothing."""
        programs = {program.key for program in self._place.programs}
        session = str(self._terminal.pid)
        found = []
        for pid in helpers.every_pid():
            fields = helpers.stat_of(pid)
            if not fields or (fields[3] != session and _program_of(pid) not in programs):
                continue
            if fields[0] not in "ST":
                return []
            found.append(pid)
        return found

    # -------------------------------------------------------------- the acts

    def key(self, key: str) -> None:
        """A key, when all processes wait."""
        self.rest()
        self._terminal.send(key)

    def suspend(self, name: str = "guest") -> None:
        """Ctrl-Z; the shell has the terminal then."""
        self.key(CTRL_Z)
        self._terminal.expect("[Ss]topped|[Ss]uspended")
        self._terminal.prompt()
        self.rest()
        number = sum(key.startswith("suspended") for key in self.notes)
        self.note(f"suspended {number}", (self.states(name), self.foreground()))

    def kill(self, signo: int, name: str = "guest") -> None:
        """Signal the first process of a program, and no other."""
        with helpers.pinned([self.one(name)]) as (fd,):
            helpers.send(fd, signo)

    def await_log(self, wanted: str) -> None:
        """A guest writes into its log."""
        wait_until(lambda: wanted in self.read("log"), f"{wanted!r} in the log")

    def job(self, words: str) -> None:
        """`via guest WORDS &`, which is silent: nothing defines where the shell's
        prompt stands in the output of a job."""
        (self._place.work / "log").unlink(missing_ok=True)
        self._terminal.do(f"via guest log log {words} &")
        self.await_log("ready\n")
        self.rest()

    def hang_up(self) -> None:
        self._is_over = True
        self._screen = self.screen()
        self._terminal.hang_up()

    def kill_shell(self) -> None:
        self._is_over = True
        self._screen = self.screen()
        self._terminal.kill()

    def gone(self, name: str = "guest") -> None:
        """Also the process of --with, which ends after the command."""
        wait_until(lambda: not self.pids(name), f"{name} has gone")
        if self._front == "with":
            wait_until(lambda: not self.pids("sleep"), "that of --with has gone")

    def last_words(self) -> None:
        """How the performance ends: the terminal as it was left, then the shell."""
        if self._is_over:
            pass
        elif isinstance(self._terminal, Shell):
            self.rest()
            self.note("foreground", self.foreground())
            self.note("alive", self._alive())
            self.note("modes", self._terminal.modes())
            self._screen = self.screen()
            self._terminal.exit()
        else:
            self._terminal.end()
            self._screen = self.screen()
        if not self._is_over:
            self.note("leader", self._terminal._popen.returncode)
        # A process that outlives its caller without jig must not do so with jig.
        if self._front != PLAIN:
            left = self._place.await_empty()
            assert not left, f"left: {oracle.describe(left)}"

    def screen(self) -> list[str]:
        text = self._terminal._seen.replace("\r", "")
        text = re.sub(rf"\b{self._terminal.pid}\b", "SHELL", text)
        text = re.sub(r"(?m)((?:^|> )\[\d+\][ +-]*)\d+", r"\1PID", text)
        text = re.sub(r"(line \d+:) +\d+ ", r"\1 PID ", text)
        return text.splitlines()

    def close(self) -> None:
        """The session ends: also a loop of a shell that a failed scenario has left,
        which executes no program of the place."""
        if not self._terminal:
            return
        if self._terminal._popen.returncode is None:
            wait_until(self._end_members, "the session is its leader's alone")
        self._terminal.__exit__()

    def _end_members(self) -> bool:
        """The leader has not been waited for, so its number is the session's."""
        leader = self._terminal.pid
        is_alone = True
        for pid in helpers.every_pid():
            if pid == leader or _session_of(pid) != leader:
                continue
            with contextlib.suppress(ProcessLookupError), helpers.pinned([pid]) as (fd,):
                if _session_of(pid) == leader:
                    is_alone = False
                    helpers.send(fd, signal.SIGKILL)
        return is_alone


def perform(what: Scenario, front: str, guest) -> dict[str, object]:
    """Play it; all that is compared."""
    with places.opened("jig-as-if-") as place:
        place.copy(guest, "guest")
        place.copy(guest, "parent")
        scene = Scene(place, front)
        with contextlib.closing(scene):
            try:
                what.play(scene)
                scene.last_words()
            except Exception as error:
                error.add_note(f"{what.name}, with the front {front!r}")
                raise
            screen = {"screen": scene._screen} if what.has_text else {}
            return scene.notes | screen


def _start_of(pid: int) -> tuple[int, int]:
    fields = helpers.stat_of(pid)
    return (int(fields[19]) if fields else 0, pid)


def _group_of(pid: int) -> int:
    fields = helpers.stat_of(pid)
    return int(fields[2]) if fields else 0


def _session_of(pid: int) -> int:
    """The session of a process that lives."""
    fields = helpers.stat_of(pid)
    return int(fields[3]) if fields and fields[0] not in "ZX" else 0


def _program_of(pid: int) -> tuple[int, int] | None:
    """The file that it executes, as a Program's key."""
    return oracle.file_key(f"/proc/{pid}/exe")


def _state_of(pid: int) -> str:
    return helpers.state_of(pid)


def until(ends: float) -> None:
    """Let time itself pass: what is tested is that it does not count."""
    while (left := ends - time.monotonic()) > 0:
        select.select([], [], [], left)
