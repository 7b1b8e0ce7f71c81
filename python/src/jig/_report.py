# SPDX-License-Identifier: MIT
"""The report of a fixture, as dataclasses.

The fields are those of the report's JSON (docs/report.schema.json).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Optional

from jig._text import clean


@dataclass(frozen=True)
class Leftover:
    """A process that was still alive when the main process had ended.

    In `survivors`: a process that could not be ended.
    """

    pid: int
    ppid: int
    pgid: int
    sid: int
    uid: Optional[int]
    state: str
    comm: str
    command: str
    #: How it detached itself: "own-session", "daemon", "ignores-sigterm" …
    how: tuple[str, ...]
    #: How it ended; both None if another process reaped it.
    exit_status: Optional[int]
    signal: Optional[str]
    survived: bool
    #: Seconds from the main process's end to its own; None if not seen.
    after: Optional[float]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Leftover:
        own = {key: data[key] for key in _PROCESS_FIELDS}
        ended = data["ended"]
        return cls(
            **own,
            how=tuple(data["how"]),
            exit_status=ended["exit_status"],
            signal=ended["signal"],
            survived=ended["survived"],
            after=ended["after_seconds"],
        )

    def __str__(self) -> str:
        how = f" ({', '.join(self.how)})" if self.how else ""
        return clean(f"{self.pid} {self.command or self.comm}{how}")


_PROCESS_FIELDS = ("pid", "ppid", "pgid", "sid", "uid", "state", "comm", "command")


@dataclass(frozen=True)
class SentSignal:
    """A signal that jig sent to stop the fixture."""

    signal: str
    #: Seconds since the start.
    at: float
    #: The number of processes that got it; 0 for SIGKILL, which goes to whole cages.
    processes: int


@dataclass(frozen=True)
class StopReport:
    """What happened in a fixture; complete when the fixture has ended."""

    #: "exit", "stop", "timeout", "owner-died", "guard-died", "failure",
    #: "not-ready" or "unhealthy".
    reason: str
    exit_status: Optional[int]
    signal: Optional[str]
    #: Whether it went on after the main process's end, see Command.daemon.
    daemon: bool
    #: The kind of cage ("cgroup"), and whether jig has proof that it is empty.
    cage: str
    proved_empty: bool
    #: Seconds: from start to verified end; user and system time.
    wall: float
    user: float
    system: float
    peak_bytes: int
    signals: tuple[SentSignal, ...]
    #: The number of leftovers; the tuple describes at most 64.
    leftover_count: int
    leftovers: tuple[Leftover, ...]
    survivor_count: int
    survivors: tuple[Leftover, ...]
    #: The decoded JSON, which also has values without a field here.
    data: dict[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, text: str) -> StopReport:
        data = json.loads(text)
        main, cage, usage = data["main"], data["cage"], data["usage"]
        return cls(
            reason=data["reason"],
            daemon=data["daemon"],
            exit_status=main["exit_status"],
            signal=main["signal"],
            cage=cage["kind"],
            proved_empty=cage["proved_empty"],
            wall=usage["wall_seconds"],
            user=usage["user_seconds"],
            system=usage["system_seconds"],
            peak_bytes=usage["peak_bytes"],
            signals=tuple(_sent(one) for one in data["signals"]),
            leftover_count=data["leftover_count"],
            leftovers=tuple(map(Leftover.from_json, data["leftovers"])),
            survivor_count=data["survivor_count"],
            survivors=tuple(map(Leftover.from_json, data["survivors"])),
            data=data,
        )


def _sent(data: dict[str, Any]) -> SentSignal:
    return SentSignal(data["signal"], data["at_seconds"], data["processes"])
