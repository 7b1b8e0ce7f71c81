# SPDX-License-Identifier: MIT
"""One fixture for all workers of pytest-xdist: jig.start(…, share="run").

The controller starts it, since a fixture ends with the process that started it.
Workers ask it over a socket, each on one connection of its own for the whole
session. A worker that says goodbye lets go of what it used, and the last one to
do so stops it. A worker that crashes only loses its connection: what it used
goes on, for its successor, until the run ends.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any, Optional

from jig._command import Command
from jig._errors import StartError
from jig._fixture import Fixture


@dataclass(frozen=True)
class Shared:
    """What a worker knows of a fixture that the controller holds."""

    name: str
    pid: int
    addr: dict[str, str]
    port: dict[str, int]
    match: dict[str, str]
    _hub: Any

    def tail(self, lines: int = 0) -> str:
        """The last lines of its output; 0: all that is kept."""
        return str(self._hub.ask("tail", self.name, lines))


class _Entry:
    """A fixture of the run, and who uses it."""

    def __init__(self, command: Command):
        self.command = command
        self.fixture = Fixture(command)
        self.error: Optional[BaseException] = None
        self.users: set[int] = set()
        self.lock = threading.Lock()
        self.started = False

    def start(self) -> None:
        """Once; who comes meanwhile waits, and gets the same error."""
        with self.lock:
            if self.error is None and not self.started:
                try:
                    self.fixture.start()
                    self.started = True
                except (StartError, ValueError, OSError) as error:
                    self.error = error
            if self.error is not None:
                raise self.error


class Hub:
    """The controller's side."""

    def __init__(self) -> None:
        self._listener = Listener(family="AF_UNIX", authkey=os.urandom(32))
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="jig-hub", daemon=True).start()

    @property
    def address(self) -> tuple[str, str]:
        """What a worker needs to connect, plain enough for execnet."""
        key: bytes = self._listener._authkey  # type: ignore[attr-defined]
        return str(self._listener.address), key.hex()

    def close(self) -> None:
        """Stop what is left; nobody can start anything any more."""
        with self._lock:
            entries, self._entries = self._entries, {}
            self._listener.close()
        for entry in entries.values():
            entry.fixture.stop()

    def _accept(self) -> None:
        for number, connection in enumerate(self._connections()):
            threading.Thread(
                target=self._serve, args=(connection, number), daemon=True
            ).start()

    def _connections(self) -> Iterator[Connection]:
        while True:
            try:
                yield self._listener.accept()
            except (EOFError, ConnectionError, AuthenticationError):
                continue  # A worker that died while it connected; a stranger.
            except (OSError, AttributeError, TypeError):
                return  # Closed.

    def _serve(self, connection: Connection, user: int) -> None:
        # End of file: its worker has crashed, or is done.
        with connection, contextlib.suppress(EOFError, OSError):
            while True:
                what, *rest = connection.recv()
                try:
                    answer = getattr(self, f"_do_{what}")(user, *rest)
                except Exception as error:
                    answer = error
                connection.send(answer)

    def _do_start(self, user: int, name: str, command: Command) -> Shared:
        with self._lock:
            entry = self._entries.setdefault(name, _Entry(command))
            if entry.command != command:
                raise ValueError(f"the run has another command under {name!r} already")
            entry.users.add(user)
        entry.start()
        fixture = entry.fixture
        return Shared(
            name, fixture.pid, fixture.addr, fixture.port, fixture.match, None
        )

    def _do_tail(self, user: int, name: str, lines: int) -> str:
        entry = self._entries.get(name)
        return entry.fixture.tail(lines) if entry else ""

    def _do_leave(self, user: int) -> None:
        for entry in self._let_go(user):
            entry.fixture.stop()

    def _let_go(self, user: int) -> list[_Entry]:
        """Those that nobody uses after that. Others start them anew."""
        free = []
        with self._lock:
            for name, entry in list(self._entries.items()):
                if user in entry.users:
                    entry.users.remove(user)
                    if not entry.users:
                        free.append(self._entries.pop(name))
        return free


class Member:
    """A worker's side."""

    def __init__(self, address: tuple[str, str]):
        path, key = address
        self._connection = Client(path, family="AF_UNIX", authkey=bytes.fromhex(key))
        self._lock = threading.Lock()

    def start(self, name: str, command: Command) -> Shared:
        shared: Shared = self.ask("start", name, command)
        return replace(shared, _hub=self)

    def leave(self) -> None:
        self.ask("leave")
        self._connection.close()

    def ask(self, *question: Any) -> Any:
        with self._lock:
            self._connection.send(question)
            answer = self._connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer
