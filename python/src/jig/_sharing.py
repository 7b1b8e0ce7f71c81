# SPDX-License-Identifier: MIT
"""One fixture for all workers of pytest-xdist: jig.start(…, share="run").

The controller starts the fixture, because a fixture ends with the process that
started it. Each worker has one connection to the controller, over a socket, for
the whole session. The fixtures go on until the test run ends: one worker may have
done all its tests before another one begins, and a worker that crashes is replaced.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass, replace
from multiprocessing.connection import Client, Connection
from typing import Any, Optional

from jig._command import Command
from jig._errors import StartError
from jig._fixture import Fixture


@dataclass(frozen=True)
class Shared:
    """A worker's view of a fixture that the controller holds."""

    name: str
    pid: int
    addr: dict[str, str]
    port: dict[str, int]
    match: dict[str, str]
    _hub: Any

    def tail(self, lines: int = 0) -> str:
        """The last lines of its output; 0: all that are kept."""
        return str(self._hub.ask("tail", self.name, lines))


class _Entry:
    """A fixture of the run."""

    def __init__(self, command: Command):
        self.command = command
        self.fixture = Fixture(command)
        self.error: Optional[BaseException] = None
        self.lock = threading.Lock()
        self.started = False

    def start(self) -> None:
        """Start once. Other threads wait for this start, and get the same error."""
        with self.lock:
            if self.error is None and not self.started:
                try:
                    self.fixture.start()
                    self.started = True
                except (StartError, ValueError, OSError) as error:
                    self.error = error
            if self.error is not None:
                raise self.error

    def stop(self) -> None:
        """Stop; if another thread starts it at the moment, wait for that first."""
        with self.lock:
            self.fixture.stop()


class Hub:
    """The controller's side. Only its own user can enter the folder and connect."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="jig-hub-")
        self.address = os.path.join(self._folder, "socket")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.address)
        self._socket.listen(128)
        self._entries: dict[str, _Entry] = {}
        self._is_open = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop all fixtures that are left; later starts fail."""
        self._socket.shutdown(socket.SHUT_RDWR)  # accept() gives up.
        self._thread.join()
        self._socket.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        with self._lock:
            entries, self._entries, self._is_open = self._entries, {}, False
        for entry in entries.values():
            entry.stop()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            connection = Connection(accepted.detach())
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: Connection) -> None:
        # End of file: its worker has crashed, or is done.
        with connection, contextlib.suppress(EOFError, OSError):
            while True:
                what, *rest = connection.recv()
                try:
                    answer = getattr(self, f"_do_{what}")(*rest)
                except Exception as error:
                    answer = error
                connection.send(answer)

    def _do_start(self, name: str, command: Command) -> Shared:
        with self._lock:
            if not self._is_open:
                raise RuntimeError("the test run is over")
            entry = self._entries.setdefault(name, _Entry(command))
            if entry.command != command:
                raise ValueError(f"the run has another command under {name!r} already")
        entry.start()
        fixture = entry.fixture
        return Shared(
            name, fixture.pid, fixture.addr, fixture.port, fixture.match, None
        )

    def _do_tail(self, name: str, lines: int) -> str:
        entry = self._entries.get(name)
        return entry.fixture.tail(lines) if entry else ""


class Member:
    """A worker's side."""

    def __init__(self, address: str):
        self._connection = Client(address, family="AF_UNIX")
        self._lock = threading.Lock()

    def start(self, name: str, command: Command) -> Shared:
        shared: Shared = self.ask("start", name, command)
        return replace(shared, _hub=self)

    def leave(self) -> None:
        self._connection.close()

    def ask(self, *question: Any) -> Any:
        with self._lock:
            self._connection.send(question)
            answer = self._connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer
