# SPDX-License-Identifier: MIT
"""A place for one test: private copies of programs, whose processes the oracle
tells from all others without asking jig."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import helpers
import ticks
from helpers import oracle, stage
from pty_session import Terminal

_GONE_S = 20 * oracle.TIME_SCALE


class Place:
    """A directory for one test, which every user may enter.

    bin/   private copies of programs: the marks of this test's processes
    work/  owned by the ordinary user, writable for both
    """

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.work = path / "work"
        self.bin = path / "bin"
        path.chmod(0o755)
        for folder in (self.work, self.bin):
            folder.mkdir()
        if helpers.IS_ROOT:
            os.chown(self.work, stage.NOBODY, stage.NOBODY)
        self.programs: list[oracle.Program] = []
        self._ticks = path / "ticks"
        ticks.start()
        for name in ("sh", "sleep"):
            self.copy(shutil.which(name, path="/bin:/usr/bin"))

    def copy(self, program, name: str = "") -> str:
        """By another process: what we had open for writing ourselves could be
        inherited by a child that another thread forks (ETXTBSY)."""
        path = self.bin / (name or pathlib.Path(program).name)
        subprocess.run(["cp", "--", program, path], check=True)
        self.programs.append(oracle.Program(path))
        return str(path)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.work),
            "XDG_RUNTIME_DIR": str(self.work),
            "LC_ALL": "C",
        }

    def sh(self, script: str, *words: str) -> list[str]:
        return [str(self.bin / "sh"), "-c", script, *words]

    def alive(self) -> list[int]:
        return self._found(oracle.alive)

    def running(self) -> list[int]:
        """The same while processes start; it delays none of them."""
        return self._found(oracle.seen)

    def _found(self, look) -> list[int]:
        """Once each, though one that executes another program meanwhile is seen twice."""
        return sorted({pid for program in self.programs for pid in look(program)})

    def pids(self, name: str) -> list[int]:
        """Processes that execute the copy of this name, the lowest pid first."""
        program = next(one for one in self.programs if one.path == str(self.bin / name))
        found = set(oracle.seen(program))
        if name == "jig" and not helpers.IS_ROOT:
            found |= _undumpable_in(Terminal.sessions)
        return sorted(found)

    def read_report(self) -> dict:
        """What `jig run --report report` has written."""
        return json.loads((self.work / "report").read_text())

    def registry(self, identity: str) -> pathlib.Path:
        """The directory of jig's registry of cages."""
        return pathlib.Path("/run/jig") if identity == "root" else self.work / "jig"

    def await_empty(self) -> list[int]:
        return [p for one in self.programs for p in oracle.wait_gone(one, _GONE_S)]

    def ticks(self) -> pathlib.Path:
        """A FIFO for a shell that waits without a child, see ticks.py."""
        if not self._ticks.exists():
            os.mkfifo(self._ticks)
            self._ticks.chmod(0o666)
            ticks.toggle(self._ticks)
        return self._ticks

    def clear(self) -> None:
        if self._ticks.exists():
            ticks.toggle(self._ticks)
        for program in self.programs:
            oracle.kill_all(program)
            program.close()


def _with_directory_in(path: pathlib.Path) -> list[int]:
    """Processes whose working directory is there, whatever they execute: guards,
    too. Only root may ask that of all, proc(5)."""
    start, found = f"{path}/", []
    for pid in helpers.every_pid():
        with contextlib.suppress(OSError):
            directory = os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
            if f"{directory}/".startswith(start) and pid != os.getpid():
                found.append(pid)
    return found


def _undumpable_in(sessions: set[int]) -> set[int]:
    """Guards of these sessions, and their supervisors (which may lead sessions of
    their own): an ordinary user may not ask what they execute, proc(5)."""
    # State, parent, group, session: proc_pid_stat(5).
    rows = {pid: helpers.stat_of(pid) for pid in helpers.every_pid()}

    def named(name: str) -> dict[int, list[str]]:
        found = {p: row for p, row in rows.items() if helpers.comm_of(p) == name}
        return {p: row for p, row in found.items() if row and row[0] not in "ZX"}

    guards = {p for p, row in named("jig").items() if int(row[3]) in sessions}
    return guards | {
        p for p, row in named("jig-supervisor").items() if int(row[1]) in guards
    }


@contextlib.contextmanager
def opened(prefix: str, kind: type[Place] = Place):
    """A place that is removed, with all processes that execute its programs."""
    with contextlib.ExitStack() as stack:
        path = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        here = kind(path)
        stack.callback(here.clear)
        yield here


@contextlib.contextmanager
def left_empty(prefix: str, kind: type[Place] = Place):
    """The same; and at the end no process may execute its programs, or have its
    working directory there (a guard that is suspended, say)."""
    with opened(prefix, kind) as here:
        yield here
        left = here.await_empty()
        assert not left, f"left: {oracle.describe(left)}"
        for _ in oracle.looks(time.monotonic() + _GONE_S):
            left = _with_directory_in(here.path)
            if not left:
                return
        said = oracle.describe(left)
        with contextlib.suppress(ProcessLookupError):
            helpers.kill_at_once(left)
        raise AssertionError(f"left: {said}")
