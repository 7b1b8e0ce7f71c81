# SPDX-License-Identifier: MIT
"""One run of a command, from its start to its verified end.

Fixture and Popen use it. It owns the handle of libjig, closes it when all
processes have ended, and keeps the report and the last output. Several threads
may wait, send signals and stop at the same time.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
import warnings
import weakref
from collections.abc import Callable
from typing import IO, Any, Optional

from jig import _jig
from jig._report import StopReport

#: The returncode if the guard was killed; subprocess has none for this.
GUARD_DIED = 125

#: Seconds between two looks during a stop.
_LOOK_S = 0.1

#: The upper bound of a time: an int may be larger than a C double.
_FOREVER_S = 1e18


_runs: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Stop all runs before the interpreter exits, all at the same time."""
    _end(_ours())


def _ours() -> list[Run]:
    while True:
        try:
            return [run for run in _runs if run.is_ours]
        except RuntimeError:
            pass  # Another thread has started one meanwhile.


def _end(runs: list[Run]) -> None:
    """Stop the runs and wait. Each Ctrl-C hurries them; raised at the end."""
    interrupt: Optional[KeyboardInterrupt] = None
    while True:
        try:
            for run in runs:
                run.stop()
            for run in runs:
                run.wait()
            break
        except KeyboardInterrupt as again:
            interrupt = again
            for run in runs:
                run.hurry()
    if interrupt:
        raise interrupt


class Run:
    """A command that was started."""

    def __init__(self, fields: dict[str, Any]):
        self._handle: Optional[_jig.Fixture] = _jig.Fixture(fields)
        self._owner = os.getpid()
        #: On another machine: then our pidfd is that of a process of jig here.
        self._is_there = "via" in fields
        #: Re-entrant: a signal handler of the thread that holds it may stop the run.
        self._lock = threading.RLock()
        self._report_text: Optional[str] = None
        self._report: Optional[StopReport] = None
        self._tail: Optional[bytes] = None
        self.pid = self._handle.pid
        #: As Popen has it; None before the end.
        self.returncode: Optional[int] = None
        #: Our ends of the command's pipes.
        self.pipes: list[IO[bytes]] = []
        _runs.add(self)

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        """The run is no longer referenced: stop it by its policy."""
        if getattr(self, "_handle", None) is not None and self.is_ours:
            _warn(f"process {self.pid} is still running", ResourceWarning, source=self)
            self.handle.close()

    @property
    def is_ours(self) -> bool:
        """False in a process that has inherited this object by fork(2)."""
        return self._owner == os.getpid()

    def check_ours(self) -> None:
        if not self.is_ours:
            raise RuntimeError("the fixture is the parent process's")

    @property
    def has_ended(self) -> bool:
        return self._handle is None

    @property
    def handle(self) -> _jig.Fixture:
        """The handle. Raises ProcessLookupError if the run has ended."""
        if self._handle is None:
            raise ProcessLookupError("the fixture has ended")
        return self._handle

    def wait(self, seconds: float = -1) -> bool:
        """Whether all its processes have ended. 0: do not wait; -1: no time limit."""
        if seconds != seconds:
            raise ValueError(f"a time is a number: {seconds}")
        handle = self._handle
        if handle is None:
            return True
        try:
            if not handle.wait(min(seconds, _FOREVER_S)):
                return False
        except (OSError, ValueError):
            # The guard was killed; or another thread was here before us.
            pass
        self._finish()
        return True

    def _finish(self) -> None:
        with self._lock:
            handle = self._handle
            if handle is None:
                return
            with contextlib.suppress(ValueError):  # The handler was here.
                self._report_text = handle.report()
                self._tail = handle.tail()
                self.returncode = _returncode(handle.status())
                self._handle = None
                handle.close()

    def copy_fd(self) -> Optional[int]:
        """A descriptor that is readable when there is news; the caller must close
        it. None if the run has ended."""
        with self._lock, contextlib.suppress(ProcessLookupError, ValueError):
            return os.dup(self.handle.fd)
        return None

    def look_s(self) -> Optional[float]:
        """Seconds until the next look without news; None: no look is needed.

        Needed during a stop: if another process suspends the guard, nothing
        becomes readable, and a look continues the guard.
        """
        handle = self._handle
        return _LOOK_S if handle is not None and handle.is_stopping else None

    def stop(self) -> None:
        """Begin to stop it. Has no effect during a stop. Never blocks."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            self.handle.stop()

    def hurry(self) -> None:
        """Begin the next step of the stop now, or begin a stop. Never blocks."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            self.handle.hurry()

    def end(self) -> None:
        """Stop it and wait; during a stop, only wait. Each Ctrl-C hurries the stop;
        KeyboardInterrupt is raised at the end."""
        _end([self])

    def close_pipes(self) -> None:
        for pipe in self.pipes:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # What was buffered for a process that is gone.

    def signal(self, signo: int, everybody: bool = False) -> None:
        """Send a signal; does nothing if the run has ended."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            handle = self.handle
            direct = not (everybody or self._is_there)
            if not direct or not _signal_pidfd(handle.pidfd, signo):
                handle.signal(signo, everybody)

    @property
    def report(self) -> Optional[StopReport]:
        if self._report is None and self._report_text is not None:
            self._report = StopReport.from_json(self._report_text)
        return self._report

    def tail(self, lines: int = 0) -> bytes:
        """The last lines of captured output; 0: all that are kept."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            return self.handle.tail(lines) or b""
        kept = (self._tail or b"").splitlines(keepends=True)
        return b"".join(kept[-lines:] if lines else kept)


def _signal_pidfd(pidfd: int, signo: int) -> bool:
    """Send a signal at once, never to another process. False: the guard must do it."""
    if pidfd < 0:
        return False
    try:
        signal.pidfd_send_signal(pidfd, signo)
    except (PermissionError, AttributeError):
        return False
    return True


def _returncode(status: Optional[int]) -> int:
    if status is None or status == -1:
        return GUARD_DIED
    return os.waitstatus_to_exitcode(status)
