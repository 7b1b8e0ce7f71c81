# SPDX-License-Identifier: MIT
"""The errors of a fixture that did not become ready."""

from __future__ import annotations

import errno as numbers
import functools
import os
from typing import Any, Optional, Union

from jig._report import StopReport
from jig._text import clean, clean_lines

Argv = Union[str, list[str]]

#: What jig tells apart, and execve(2) does not: a missing interpreter, a folder.
_OF_EXECVE = {numbers.ELIBBAD: numbers.ENOENT, numbers.EISDIR: numbers.EACCES}


def execve_errno(number: int) -> int:
    """The errno that subprocess has for a program that cannot be executed."""
    return _OF_EXECVE.get(number, number)


class StartError(Exception):
    """A fixture did not become ready. No process of it is left.

    This class itself is raised for errors without a class of their own, for
    example if a foreign process listens at the fixture's address (errno
    EADDRINUSE).
    """

    def __init__(
        self,
        reason: str,
        *,
        argv: Argv,
        errno: int = 0,
        returncode: Optional[int] = None,
        elapsed: float = 0.0,
        probe: str = "",
        tail: str = "",
        report: Optional[StopReport] = None,
    ):
        super().__init__(reason)
        self.reason = reason
        #: The command: a list, or a line for the shell.
        self.argv = argv
        self.errno = errno
        #: As Popen.returncode; None if the command never ran.
        self.returncode = returncode
        #: Seconds from the start to the failure.
        self.elapsed = elapsed
        #: The probe that jig waited for, and why it failed.
        self.probe = probe
        #: The last lines of its output.
        self.tail = tail
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: a pytest-xdist worker sends errors to another process."""
        again = functools.partial(type(self), self.reason, argv=self.argv)
        return (again, (), self.__dict__)

    def __str__(self) -> str:
        command = self.argv if isinstance(self.argv, str) else " ".join(self.argv)
        lines = [clean(f"{command}: {self.reason}")]
        if self.tail:
            lines += ["its last lines:", *(f"  {x}" for x in clean_lines(self.tail))]
        return "\n".join(lines)


class SpawnFailed(StartError, OSError):
    """The command could not be executed; errno gives the reason.

    It is also the OSError of this errno, as subprocess has it: `except
    FileNotFoundError` and `except PermissionError` catch it. `strerror` is the
    system's text of the errno, `filename` the program, the folder or the file that
    it is about, as you have given it, or None; `reason` is jig's own sentence.
    """

    def __new__(
        cls, reason: str, *, errno: int = 0, filename: Any = None, **_: Any
    ) -> SpawnFailed:
        kind = _kind_of(errno) if cls is SpawnFailed else cls
        about: Any = (errno, os.strerror(errno))
        if filename is not None:
            about += (filename,)
        return super().__new__(kind, *about)

    def __init__(self, reason: str, *, filename: Any = None, **fields: Any):
        super().__init__(reason, **fields)

    def __reduce__(self) -> tuple[Any, ...]:
        again = functools.partial(
            SpawnFailed,
            self.reason,
            argv=self.argv,
            errno=self.errno,
            filename=self.filename,
        )
        return (again, (), self.__dict__)


@functools.lru_cache(maxsize=None)
def _kind_of(errno: int) -> type[SpawnFailed]:
    """SpawnFailed that is also the subclass of OSError for this errno."""
    error = type(OSError(errno, ""))
    if error is OSError:
        return SpawnFailed
    about = {"__doc__": SpawnFailed.__doc__, "__module__": SpawnFailed.__module__}
    return type("SpawnFailed", (SpawnFailed, error), about)


class ExitedBeforeReady(StartError):
    """The command ended before it was ready, with any status, also 0."""


class ReadyTimeout(StartError):
    """The fixture was not ready within start_timeout, and was stopped."""
