# SPDX-License-Identifier: MIT
"""A file system that stops answering (hungfs.c), for a test.

    with hungfs.mounted(program, folder, "/bin/sleep") as fs:
        fs.hang("read", "prog")       # from now on; see hungfs.c for the words
        ...                           # start what runs into it: fs.path / "prog"
        fs.await_hung("read")         # a process waits there now, in state D
        fs.answer()                   # or fs.abort()

The test's process is in a private mount namespace meanwhile, so only its children
see the file system. The test itself must not touch it while it hangs: it would wait
for ever. At the end it is aborted: waiting processes get an error.
"""

from __future__ import annotations

import contextlib
import pathlib
import subprocess

import helpers
import mounts


#: What jig says of it.
SILENT = "the file system does not answer"


class HungFs:
    def __init__(self, path: pathlib.Path, running: helpers.Running):
        self.path = path
        self._running = running

    def _tell(self, word: str) -> None:
        self._running.stdin.write(word.encode() + b"\n")
        self._running.stdin.flush()

    def hang(self, operation: str, name: str = "") -> None:
        """Do not answer that operation any more (on what has this name)."""
        word = f"hang {operation} {name}".strip()
        self._tell(word)
        self._running.await_line(word)

    def await_hung(self, operation: str) -> None:
        """Until a process has asked for it, and waits."""
        while not self._running.line().startswith(f"hung {operation} "):
            pass

    def answer(self) -> None:
        self._tell("answer")
        self._running.await_line("answer")

    def abort(self) -> None:
        """End it: waiting processes get an error. Idempotent."""
        with contextlib.suppress(BrokenPipeError):
            self._tell("abort")
        self._running.wait()


@contextlib.contextmanager
def mounted(program, folder: pathlib.Path, content):
    """@program  hungfs, compiled; @content  what `prog` in it is a copy of."""
    folder.mkdir(exist_ok=True)
    with mounts.private():
        command = [str(program), str(folder), str(content)]
        with helpers.Running(command, stdin=subprocess.PIPE) as running:
            running.await_line("ready")
            fs = HungFs(folder, running)
            try:
                yield fs
            finally:
                fs.abort()
