# SPDX-License-Identifier: MIT
"""logger=: what a fixture writes, and what happens to it, as records of logging.

The guard writes captured output into a FIFO, as it writes a log file, and a thread
reads it. A handler that takes nothing for a second loses lines, as a disk does that is
full; it does not hold the command up.
"""

from __future__ import annotations

import logging
import os
import select
import shutil
import tempfile
import threading
import weakref
from typing import Optional

from jig._run import Run
from jig._text import clean_lines

#: A longer line becomes several records.
_LINE_SIZE = 65536

#: How long a stop waits for the handlers of the last lines, seconds.
_JOIN_S = 10


class Follower:
    """The log of one run: open a FIFO first, then follow() what was started."""

    def __init__(self, logger: logging.Logger):
        self._logger = logger
        self._run: Optional[weakref.ref[Run]] = None
        #: Before, start() still asks for addresses: the run must not be finished.
        self._has_started = threading.Event()
        self._folder = tempfile.mkdtemp(prefix="jig-logger-")
        #: For struct jig_command.
        self.path = os.path.join(self._folder, "output")
        os.mkfifo(self.path, 0o600)
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        #: Until the guard has it open, too, a read would be at the end of file.
        self._writer = os.open(self.path, os.O_WRONLY)
        os.set_blocking(self._reader, True)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def follow(self, run: Run) -> None:
        """The guard has opened the FIFO: begin to read."""
        self._remove()
        self._run = weakref.ref(run)
        self._logger.info("started: pid %d", run.pid)
        self._thread.start()

    def discard(self) -> None:
        """Nothing was started."""
        self._remove()
        os.close(self._reader)

    def note_ready(self, seconds: float) -> None:
        self._logger.info("ready after %.3f s", seconds)
        self._has_started.set()

    def join(self) -> None:
        """After the end of the run: wait until all is logged."""
        self._has_started.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _remove(self) -> None:
        os.close(self._writer)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self) -> None:
        with os.fdopen(self._reader, "rb") as lines:
            while True:
                line = lines.readline(_LINE_SIZE)
                if not line:
                    break
                text = line.decode(errors="replace").rstrip("\n")
                self._logger.info("%s", " ".join(clean_lines(text)))
        self._has_started.wait()
        self._await_end()

    def _await_end(self) -> None:
        """Wait without a reference to the run: one that is forgotten must end."""
        while True:
            run = self._run() if self._run else None
            if run is None:
                return
            if run.wait(0):
                self._note_end(run)
                return
            fd, seconds = run.copy_fd(), run.look_s()
            del run
            if fd is not None:
                _poll(fd, seconds)

    def _note_end(self, run: Run) -> None:
        report = run.report
        reason = report.reason if report else "the guard was killed"
        count = report.leftover_count if report else 0
        self._logger.info(
            "ended with %s: %s; leftovers: %d", run.returncode, reason, count
        )


def _poll(fd: int, seconds: Optional[float]) -> None:
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
    finally:
        os.close(fd)
