# SPDX-License-Identifier: MIT
"""Probes that tell whether a fixture is ready; see jig-ready(7).

    from jig import ready

    ready.tcp(8080) & ready.log(r"listening on (?P<where>.*)")
    ready.unix("/run/srv.sock") | ready.file("/run/srv.ready")

``a & b`` is ready when both are, ``a | b`` when one of them is. jig supports
only a conjunction of alternatives. So the operands of ``|`` are single probes and
results of ``|``. ``(a & b) | c`` is a TypeError: write ``(a | c) & (b | c)``,
which runs the probe c twice.

A Ready may also be written as text: ``ready="tcp:8080"``. A list of these must all
be ready.
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

#: After a probe: a process outside of the fixture may listen, too.
_ANY_OWNER = " owner=any"

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


class Ready:
    """A condition: every clause must be ready; a clause is when one probe is."""

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
        """The texts for jig_command.ready, with '|' before each alternative."""
        return [
            f"|{probe}" if number else probe
            for clause in self.clauses
            for number, probe in enumerate(clause)
        ]


ReadyLike = Union[Ready, str, Iterable[Union[Ready, str]]]


def as_ready(value: Optional[ReadyLike], name: str = "ready") -> Ready:
    """Convert None, a Ready, a probe's text, or a list of these (all must be ready)."""
    if value is None:
        return Ready()
    if isinstance(value, (Ready, str)):
        return _condition(value, name)
    if isinstance(value, (bytes, bytearray)) or not isinstance(value, Iterable):
        raise _wrong(value, name)
    return Ready(*(c for item in value for c in _condition(item, name).clauses))


def _condition(value: Union[Ready, str], name: str) -> Ready:
    if isinstance(value, Ready):
        return value
    if not isinstance(value, str):
        raise _wrong(value, name)
    if not value.strip():
        raise ValueError(f"{name}: a probe is an empty text")
    return Ready((value,))


def _wrong(value: object, name: str) -> TypeError:
    expected = "a Ready, a text such as 'tcp:8080', or a list of these"
    hint = ""
    if isinstance(value, int) and not isinstance(value, bool):
        hint = f". Is it a port? Then write {name}='tcp:{value}'"
    elif callable(value):
        hint = ". Probes run outside of your process: see ready.exec and ready.file"
    return TypeError(f"{name} is {expected}, not {value!r}{hint}")


def _single(ready: Ready) -> tuple[str, ...]:
    if len(ready.clauses) != 1:
        raise TypeError(f"'|' takes no '&' within ({ready!r}): see help('jig.ready')")
    return ready.clauses[0]


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"ready.{name} takes a str, not {value!r}")
    return value


def tcp(
    port: Union[int, str], host: Optional[str] = None, any_owner: bool = False
) -> Ready:
    """A process of the fixture listens on the port.

    `port` may be "{http}", with a name of `listen`. With `any_owner` any process
    may listen, for example a container engine.
    """
    owner = _ANY_OWNER if any_owner else ""
    return Ready((f"tcp:{host}:{port}{owner}" if host else f"tcp:{port}{owner}",))


def unix(path: Path, any_owner: bool = False) -> Ready:
    """A process of the fixture listens on this unix socket."""
    return Ready((f"unix:{os.fsdecode(path)}{_ANY_OWNER if any_owner else ''}",))


def http(
    address: str,
    expect: Union[None, int, str, Iterable[Union[int, str]]] = None,
    headers: Optional[Mapping[str, str]] = None,
    any_owner: bool = False,
    *,
    method: Optional[str] = None,
    body: Optional[str] = None,
) -> Ready:
    """A request has an answer with a status of 200 to 399.

    `address` is, for example, "{http}/health", "8080/" or "localhost:8080/ping".
    `expect` requires another status (404, or "2xx" for 200 to 299), or a text in the
    body; in a list of these, one of the statuses is enough. `method` is "GET", with
    a `body` "POST", or for example "HEAD", to whose answer no body belongs. A body
    has no Content-Type unless `headers` name one.
    """
    expected = (expect,) if isinstance(expect, (int, str)) else expect or ()
    options = [
        ("method", method),
        *(("header", f"{name}: {value}") for name, value in (headers or {}).items()),
        ("body", body),
        *(("expect", one) for one in expected),
    ]
    asked = "".join(f" {name}={text}" for name, text in options if text is not None)
    return Ready((f"http:{address}{_ANY_OWNER if any_owner else ''}{asked}",))


def log(pattern: str) -> Ready:
    """A line of stdout or stderr matches; Fixture.match has the groups."""
    return Ready((f"log:{_text('log', pattern)}",))


def file(path: Path) -> Ready:
    """The file exists."""
    return Ready((f"file:{os.fsdecode(path)}",))


def exec(command: str) -> Ready:
    """The shell command exits with status 0."""
    return Ready((f"exec:{_text('exec', command)}",))


def notify() -> Ready:
    """The command sends READY=1 to $NOTIFY_SOCKET, see sd_notify(3)."""
    return Ready(("notify",))


def fd(number: int) -> Ready:
    """The command writes a newline to this descriptor, as servers under s6 do."""
    return Ready((f"fd:{number}",))


def delay(seconds: float) -> Ready:
    """This time has passed since the start. Use any other probe if you can."""
    return Ready((f"delay:{microseconds(seconds) // 1000}ms",))
