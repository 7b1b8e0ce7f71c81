# SPDX-License-Identifier: MIT
"""Stop policies and times: converts them to struct jig_step."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from typing import Optional, Union

Step = tuple[Union[int, str], float]
#: "INT 2s TERM 5s KILL", or [("INT", 2), (signal.SIGTERM, 5)].
Policy = Union[str, Iterable[Step]]

_UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "": 1_000_000, "m": 60_000_000}
_TIME = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|)")


_FOREVER_US = 2**63 - 1


def microseconds(seconds: float) -> int:
    """Convert to microseconds. Infinity and more than 292,000 years: no limit."""
    if not seconds >= 0:
        raise ValueError(f"a time is a number that is not negative: {seconds}")
    return _whole(seconds * 1_000_000)


def positive(name: str, seconds: float) -> int:
    """microseconds() of a time that must not be 0, which libjig takes as default."""
    us = microseconds(seconds)
    if us == 0:
        raise ValueError(f"{name} is a time above zero")
    return us


def _whole(us: float) -> int:
    """Round, but to 0 only from 0: to libjig, 0 is "never" or the default."""
    return _FOREVER_US if us >= _FOREVER_US else max(round(us), int(us > 0))


def signal_number(name: Union[int, str]) -> int:
    """15, SIGTERM, "TERM" or "SIGTERM"."""
    if isinstance(name, int):
        return int(name)
    upper = name.upper()
    known = getattr(signal, upper if upper.startswith("SIG") else f"SIG{upper}", None)
    if not isinstance(known, signal.Signals):
        raise ValueError(f"no such signal: {name!r}")
    return int(known)


def steps(grace: Optional[float], stop: Optional[Policy]) -> list[tuple[int, int]]:
    """[(signal, microseconds to wait)] for struct jig_command; []: the default."""
    if stop is None:
        return [] if grace is None else [(signal.SIGTERM, microseconds(grace))]
    if isinstance(stop, str):
        return _parse(stop, grace)
    return [(signal_number(name), microseconds(wait)) for name, wait in stop]


def _parse(text: str, grace: Optional[float]) -> list[tuple[int, int]]:
    """Parse signals, each with a time after it; the default time is `grace`."""
    found: list[tuple[int, int]] = []
    usual = microseconds(10 if grace is None else grace)
    for word in text.replace(",", " ").split():
        time = _TIME.fullmatch(word)
        if not time:
            found.append((signal_number(word), usual))
        elif not found:
            raise ValueError(f"a stop policy begins with a signal: {text!r}")
        else:
            wait = _whole(float(time[1]) * _UNITS_US[time[2]])
            found[-1] = (found[-1][0], wait)
    return found
