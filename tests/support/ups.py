# SPDX-License-Identifier: MIT
"""What the tests of `jig up` share: projects in a place, running ones, clients."""

from __future__ import annotations

import contextlib
import json
import pathlib
import signal

import helpers
from helpers import Running, wait_until

#: Exit statuses of `jig up` after these signals.
TERM, INT = 128 + signal.SIGTERM, 128 + signal.SIGINT

#: A shell's wait without a child, that a trap interrupts: no signal gets lost
#: between a fork and an exec. It ends when the FIFO has been removed: to open it
#: would make a file, or fail, all the time.
FOREVER = "while test -p {0}; do read x <>{0}; done"


class Project:
    """A directory with a Procfile (or YAML) in a place."""

    def __init__(self, place, files: dict[str, str], identity: str = ""):
        self.place = place
        self.identity = identity
        self.directory = place.work
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._stack = contextlib.ExitStack()
        self._is_detached = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()
        # One in the background is not our child: a test that fails would leave it.
        if self._is_detached:
            self.jig("down")

    def jig(self, *words: str, **options) -> helpers.Result:
        """A command to its end, in the project's directory."""
        options.setdefault("env", self.place.env)
        options.setdefault("cwd", self.directory)
        self._is_detached |= "-D" in words
        return helpers.run(helpers.jig(*words), self.identity, **options)

    def start(self, *words: str, **options) -> Running:
        """`jig up WORDS` beside the test; its lines have no times."""
        options.setdefault("env", self.place.env)
        options.setdefault("cwd", self.directory)
        self._is_detached |= "-D" in words
        command = helpers.jig("up", "--no-times", *words)
        running = Running(command, self.identity, **options)
        return self._stack.enter_context(running)

    def ps(self) -> dict[str, dict]:
        result = self.jig("ps", "--json")
        assert result.status == 0, result
        return {one["name"]: one for one in json.loads(result.out)}

    def state(self, name: str) -> str:
        return self.ps().get(name, {}).get("state", "")

    def await_state(self, name: str, state: str) -> None:
        wait_until(lambda: self.state(name) == state, f"{name} is {state}")

    def await_answer(self) -> None:
        wait_until(lambda: self.jig("ps").status == 0, "jig ps answers")

    def read(self, name: str) -> str:
        path = self.directory / name
        return path.read_text() if path.exists() else ""


def forever(place) -> str:
    """A shell's loop that does nothing, starts nothing, and loses no signal."""
    return FOREVER.format(place.ticks())


def said_by(lines: list[str], name: str) -> list[str]:
    """The lines of a service, without prefixes."""
    return [text.split(" | ", 1)[1] for text in lines if text.split()[0] == name]


def end(jig: Running, signo: int = signal.SIGTERM) -> helpers.Result:
    jig.signal(signo)
    return jig.end()


def hurry(jig: Running, signo: int = signal.SIGTERM) -> None:
    """Ask once more until it has ended: jig counts no second request within the
    0.3 s in which make or timeout(1) may send the first one twice."""
    wait_until(lambda: jig.signal(signo) or not jig.is_alive(), "it has hurried")


def runtime_files(place) -> list[str]:
    """Names in the runtime directory that belong to a `jig up` that runs."""
    folders = (pathlib.Path("/run/jig"), place.work / "jig")
    found = [str(path) for folder in folders for path in folder.glob("up-*")]
    return [path for path in found if not path.endswith(".ended")]
