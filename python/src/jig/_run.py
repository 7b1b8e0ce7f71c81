# SPDX-License-Identifier: MIT
"""One run of a command, from its start to its verified end.

What Fixture and Popen share: it owns the handle of libjig, gives it back when
all has ended, and keeps what is worth knowing afterwards. Any number of threads
may wait, signal and stop at once.
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

#: What subprocess has no status for: the guard was killed.
GUARD_DIED = 125

#: Interval of looks while it is being stopped.
_LOOK_S = 0.1

#: An int may be more than a C double holds.
_FOREVER_S = 1e18


_runs: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Nothing outlives the interpreter: all get their first signal at once."""
    _end(_ours())


def _ours() -> list[Run]:
    while True:
        try:
            return [run for run in _runs if run.is_ours]
        except RuntimeError:
            pass  # Another thread has started one meanwhile.


def _end(runs: list[Run]) -> None:
    """Stop them and wait. Each Ctrl-C meanwhile hurries, and is raised."""
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
        #: A signal handler of the thread that holds it may stop it, too.
        self._lock = threading.RLock()
        self._report_text: Optional[str] = None
        self._report: Optional[StopReport] = None
        self._tail: Optional[bytes] = None
        self.pid = self._handle.pid
        #: As Popen has it; None before the end.
        self.returncode: Optional[int] = None
        #: Our ends of its pipes.
        self.pipes: list[IO[bytes]] = []
        _runs.add(self)

    def __del__(self, _warn: Callable[..., None] = warnings.warn) -> None:
        """Forgotten: it is stopped by its policy."""
        if getattr(self, "_handle", None) is not None and self.is_ours:
            _warn(f"process {self.pid} is still running", ResourceWarning, source=self)
            self.handle.close()

    @property
    def is_ours(self) -> bool:
        """Not the copy of a process that has forked us."""
        return self._owner == os.getpid()

    @property
    def has_ended(self) -> bool:
        return self._handle is None

    @property
    def handle(self) -> _jig.Fixture:
        """While it runs."""
        if self._handle is None:
            raise ProcessLookupError("the fixture has ended")
        return self._handle

    def wait(self, seconds: float = -1) -> bool:
        """Has it ended, with all that it started? 0 looks, -1 is for ever."""
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
        """A descriptor, the caller's, that is readable when there is news; None
        when it has ended."""
        with self._lock, contextlib.suppress(ProcessLookupError, ValueError):
            return os.dup(self.handle.fd)
        return None

    def look_s(self) -> Optional[float]:
        """When to look again without news. In a stop: a guard that another process
        has stopped makes nothing readable, and a look continues it."""
        handle = self._handle
        return _LOOK_S if handle is not None and handle.is_stopping else None

    def stop(self) -> None:
        """Begin to stop it; a stop that goes on is left alone. Never blocks."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            self.handle.stop()

    def hurry(self) -> None:
        """Begin the next step of its stop, or the stop. Never blocks."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            self.handle.hurry()

    def end(self) -> None:
        """Stop it and wait, or wait for the stop that goes on. Each Ctrl-C
        meanwhile hurries, and is raised."""
        _end([self])

    def close_pipes(self) -> None:
        for pipe in self.pipes:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # What was buffered for a process that is gone.

    def signal(self, signo: int, everybody: bool = False) -> None:
        """Nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            handle = self.handle
            if everybody or not _signal_pidfd(handle.pidfd, signo):
                handle.signal(signo, everybody)

    @property
    def report(self) -> Optional[StopReport]:
        if self._report is None and self._report_text is not None:
            self._report = StopReport.from_json(self._report_text)
        return self._report

    def tail(self, lines: int = 0) -> bytes:
        """The last lines of captured output; 0: all that is kept."""
        with contextlib.suppress(ProcessLookupError, ValueError):
            return self.handle.tail(lines) or b""
        kept = (self._tail or b"").splitlines(keepends=True)
        return b"".join(kept[-lines:] if lines else kept)


def _signal_pidfd(pidfd: int, signo: int) -> bool:
    """At once, and never to another process. False: ask the guard to."""
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
