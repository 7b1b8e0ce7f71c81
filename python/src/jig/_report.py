# SPDX-License-Identifier: MIT
"""What happened in a fixture, as dataclasses.

The fields are those of the report's JSON (docs/report.schema.json).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Optional

from jig._text import clean


@dataclass(frozen=True)
class Leftover:
    """A process that was alive when the main process had ended.

    Among the survivors: one that could not be ended.
    """

    pid: int
    ppid: int
    pgid: int
    sid: int
    uid: Optional[int]
    state: str
    comm: str
    command: str
    #: How it had got away: "own-session", "daemon", "ignores-sigterm" …
    how: tuple[str, ...]
    #: How it ended; both None when another process had reaped it.
    exit_status: Optional[int]
    signal: Optional[str]
    survived: bool
    #: From main's end to its own, seconds; None when its end was not seen.
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
    """A signal that was sent in order to stop the fixture."""

    signal: str
    #: Seconds since the start.
    at: float
    #: To how many processes; 0 for SIGKILL, which the whole cage gets.
    processes: int


@dataclass(frozen=True)
class StopReport:
    """The whole story, complete once the fixture has ended."""

    #: "exit", "stop", "timeout", "owner-died", "guard-died", "failure",
    #: "not-ready" or "unhealthy".
    reason: str
    exit_status: Optional[int]
    signal: Optional[str]
    #: Whether it went on after the main process, see process_fixture(daemon=).
    daemon: bool
    #: Which cage it was ("cgroup"), and whether it is proved to be empty.
    cage: str
    proved_empty: bool
    #: Seconds, from the start to the verified end; processor time.
    wall: float
    user: float
    system: float
    peak_bytes: int
    signals: tuple[SentSignal, ...]
    #: How many there were; the tuple describes the first 64.
    leftover_count: int
    leftovers: tuple[Leftover, ...]
    survivor_count: int
    survivors: tuple[Leftover, ...]
    #: The JSON itself, with all that has no field here.
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
