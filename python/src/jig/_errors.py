# SPDX-License-Identifier: MIT
"""The errors of a fixture that did not become ready."""

from __future__ import annotations

import functools
from typing import Any, Optional, Union

from jig._report import StopReport
from jig._text import clean, clean_lines

Argv = Union[str, list[str]]


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
        return (functools.partial(type(self), **self.__dict__), ())

    def __str__(self) -> str:
        command = self.argv if isinstance(self.argv, str) else " ".join(self.argv)
        lines = [clean(f"{command}: {self.reason}")]
        if self.tail:
            lines += ["its last lines:", *(f"  {x}" for x in clean_lines(self.tail))]
        return "\n".join(lines)


class SpawnFailed(StartError):
    """The command could not be executed; errno gives the reason."""


class ExitedBeforeReady(StartError):
    """The command ended before it was ready, with any status, also 0."""


class ReadyTimeout(StartError):
    """The fixture was not ready within start_timeout, and was stopped."""
