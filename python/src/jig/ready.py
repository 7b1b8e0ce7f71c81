# SPDX-License-Identifier: MIT
"""What says that a fixture is ready.

    from jig import ready

    ready.tcp(8080) & ready.log(r"listening on (?P<where>.*)")
    ready.unix("/run/srv.sock") | ready.file("/run/srv.ready")

``a & b`` is ready when both are, ``a | b`` when one is. An expression is held
as jig has it: all of some, each of which is any of some. So ``|`` binds single
probes and what ``|`` has made; ``(a & b) | c`` is a TypeError, since a probe
would have to be asked twice: write ``(a | c) & (b | c)`` where that may be.

Wherever a Ready is asked for, its text does as well: ``ready="tcp:8080"``, or a
list of such texts, which all must be so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Optional, Union

from jig._policy import microseconds

__all__ = [
    "Ready",
    "ReadyLike",
    "delay",
    "exec",
    "fd",
    "file",
    "http",
    "log",
    "notify",
    "tcp",
    "unix",
]

#: Behind a probe: not only a process of the fixture may listen.
_ANY_OWNER = " owner=any"

Path = Union[str, "os.PathLike[str]"]


class Ready:
    """A condition: all of `clauses`, each of which is any of its probes."""

    __slots__ = ("clauses",)

    def __init__(self, *clauses: tuple[str, ...]):
        self.clauses = clauses

    def __and__(self, other: ReadyLike) -> Ready:
        return Ready(*self.clauses, *as_ready(other).clauses)

    def __rand__(self, other: ReadyLike) -> Ready:
        return as_ready(other) & self

    def __or__(self, other: ReadyLike) -> Ready:
        return Ready(_single(self) + _single(as_ready(other)))

    def __ror__(self, other: ReadyLike) -> Ready:
        return as_ready(other) | self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ready) and self.clauses == other.clauses

    def __hash__(self) -> int:
        return hash(self.clauses)

    def __repr__(self) -> str:
        return " & ".join(" | ".join(clause) for clause in self.clauses) or "started"

    def words(self) -> list[str]:
        """As jig_command.ready has them: '|' before each alternative."""
        return [
            f"|{probe}" if number else probe
            for clause in self.clauses
            for number, probe in enumerate(clause)
        ]


ReadyLike = Union[Ready, str, Iterable[str]]


def as_ready(value: Optional[ReadyLike]) -> Ready:
    """None, a Ready, a probe's text, or some which all must be so."""
    if value is None:
        return Ready()
    if isinstance(value, Ready):
        return value
    if isinstance(value, str):
        return Ready((value,))
    return Ready(*((text,) for text in value))


def _single(ready: Ready) -> tuple[str, ...]:
    if len(ready.clauses) != 1:
        raise TypeError(f"'|' takes no '&' within ({ready!r}): see help('jig.ready')")
    return ready.clauses[0]


def tcp(
    port: Union[int, str], host: Optional[str] = None, any_owner: bool = False
) -> Ready:
    """The fixture listens there; `port` may be "{http}", a name of `listen`.

    With `any_owner` whoever listens will do, as for the port of a container.
    """
    owner = _ANY_OWNER if any_owner else ""
    return Ready((f"tcp:{host}:{port}{owner}" if host else f"tcp:{port}{owner}",))


def unix(path: Path, any_owner: bool = False) -> Ready:
    """The fixture listens on this socket."""
    return Ready((f"unix:{os.fspath(path)}{_ANY_OWNER if any_owner else ''}",))


def http(
    address: str,
    expect: Union[None, int, str] = None,
    headers: Optional[Mapping[str, str]] = None,
    any_owner: bool = False,
) -> Ready:
    """GET gives 200 to 399: "{http}/health", "8080/", "localhost:8080/ping".

    With `expect` it is that status, or a body with that text in it.
    """
    sent = "".join(f" header={k}: {v}" for k, v in (headers or {}).items())
    asked = "" if expect is None else f" expect={expect}"
    owner = _ANY_OWNER if any_owner else ""
    return Ready((f"http:{address}{owner}{sent}{asked}",))


def log(pattern: str) -> Ready:
    """A line of stdout or stderr matches; groups are in Fixture.match."""
    return Ready((f"log:{pattern}",))


def file(path: Path) -> Ready:
    """The file is there."""
    return Ready((f"file:{os.fspath(path)}",))


def exec(command: str) -> Ready:
    """The shell's command exits with status 0."""
    return Ready((f"exec:{command}",))


def notify() -> Ready:
    """It sends READY=1 to $NOTIFY_SOCKET, see sd_notify(3)."""
    return Ready(("notify",))


def fd(number: int) -> Ready:
    """It writes a newline to this descriptor, as s6 has it."""
    return Ready((f"fd:{number}",))


def delay(seconds: float) -> Ready:
    """So long after the start. Anything else is better."""
    return Ready((f"delay:{microseconds(seconds) // 1000}ms",))
