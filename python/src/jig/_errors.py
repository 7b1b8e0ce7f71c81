# SPDX-License-Identifier: MIT
"""Why a fixture did not start."""

from __future__ import annotations

import functools
from typing import Any, Optional, Union

from jig._report import StopReport
from jig._text import clean, clean_lines

Argv = Union[str, list[str]]


class StartError(Exception):
    """A fixture did not become ready; nothing of it is left.

    Raised itself for what has no class of its own, such as a foreign process
    that listens on the fixture's address (errno EADDRINUSE).
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
        #: As Popen.returncode; None when it never ran.
        self.returncode = returncode
        #: Seconds from the start to the failure.
        self.elapsed = elapsed
        #: What it still waited for, and why that was not there.
        self.probe = probe
        #: The last lines of its output.
        self.tail = tail
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        """It may travel to another process, as from a pytest-xdist worker."""
        return (functools.partial(type(self), **self.__dict__), ())

    def __str__(self) -> str:
        command = self.argv if isinstance(self.argv, str) else " ".join(self.argv)
        lines = [clean(f"{command}: {self.reason}")]
        if self.tail:
            lines += ["its last lines:", *(f"  {x}" for x in clean_lines(self.tail))]
        return "\n".join(lines)


class SpawnFailed(StartError):
    """It could not be executed at all; errno says why."""


class ExitedBeforeReady(StartError):
    """It ended before it was ready: by exit(0), too."""


class ReadyTimeout(StartError):
    """It was not ready within start_timeout; it was stopped."""
