# SPDX-License-Identifier: MIT
"""communicate(): write stdin and read the pipes at the same time, with no thread."""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import time
from typing import IO, Optional

#: What one read takes, and one write, which never blocks up to this size.
_READ_SIZE = 65536
_WRITE_SIZE = select.PIPE_BUF


class Conversation:
    """What was written and read so far. After a time limit it can go on."""

    def __init__(self, stdin: Optional[IO[bytes]], readers: list[IO[bytes]]):
        self._stdin = stdin
        self._input: Optional[memoryview] = None
        self._read: dict[IO[bytes], list[bytes]] = {pipe: [] for pipe in readers}

    def go_on(self, data: Optional[bytes], timeout: Optional[float]) -> bool:
        """Until all pipes have ended: True. False: the time is over before."""
        if self._input is None:
            self._begin(data)
        ends = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            if self._stdin is not None and not self._stdin.closed:
                selector.register(self._stdin, selectors.EVENT_WRITE)
            for pipe in self._read:
                if not pipe.closed:
                    selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                left = None if ends is None else ends - time.monotonic()
                if left is not None and left <= 0:
                    return False
                for key, _ in selector.select(left):
                    self._turn(key.fileobj, selector)
        return True

    def output(self, pipe: Optional[IO[bytes]]) -> Optional[bytes]:
        """What was read from a pipe; None if there is no such pipe."""
        return None if pipe is None else b"".join(self._read[pipe])

    def _begin(self, data: Optional[bytes]) -> None:
        self._input = memoryview(data or b"").cast("B")
        if self._stdin is not None and not self._stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._stdin.flush()
            if not self._input:
                self._close_stdin()

    def _turn(self, pipe: object, selector: selectors.BaseSelector) -> None:
        """Write or read once; at the end close the pipe."""
        if pipe is self._stdin:
            if not self._write():
                selector.unregister(self._stdin)
                self._close_stdin()
            return
        for reader, chunks in self._read.items():
            if reader is pipe:
                chunk = os.read(reader.fileno(), _READ_SIZE)
                chunks.append(chunk)
                if not chunk:
                    selector.unregister(reader)
                    reader.close()

    def _write(self) -> bool:
        """Whether more is to be written."""
        assert self._stdin is not None and self._input is not None
        try:
            written = os.write(self._stdin.fileno(), self._input[:_WRITE_SIZE])
        except BrokenPipeError:
            return False  # As in subprocess: it does not read all of its input.
        self._input = self._input[written:]
        return len(self._input) > 0

    def _close_stdin(self) -> None:
        assert self._stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
