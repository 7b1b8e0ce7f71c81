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

#: Those of jig's options; without one: seconds.
_UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_TIME = re.compile(r"(\d+(?:\.\d+)?)([a-z]*)")

_EXPECTED = "a text such as 'INT 2s TERM 5s', or a list of (signal, seconds)"

_FOREVER_US = 2**63 - 1


def microseconds(seconds: float) -> int:
    """Convert to microseconds. Infinity and more than 292,000 years: no limit."""
    try:
        is_time = seconds >= 0
    except TypeError:
        raise TypeError(f"a time is a number of seconds, not {seconds!r}") from None
    if not is_time:
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
        if name not in signal.valid_signals():
            raise ValueError(f"no such signal: {name!r}")
        return int(name)
    if not isinstance(name, str):
        raise TypeError(f"a signal is a number or a name, not {name!r}")
    upper = name.upper()
    known = getattr(signal, upper if upper.startswith("SIG") else f"SIG{upper}", None)
    if not isinstance(known, signal.Signals):
        raise ValueError(f"no such signal: {name!r}")
    return int(known)


def steps(grace: Optional[float], stop: Optional[Policy]) -> list[tuple[int, int]]:
    """[(signal, microseconds to wait)] for struct jig_command; []: the default."""
    if stop is None:
        return [] if grace is None else [(signal.SIGTERM, microseconds(grace))]
    if isinstance(stop, bytes) or not isinstance(stop, Iterable):
        raise TypeError(f"stop is {_EXPECTED}, not {stop!r}")
    if isinstance(stop, str):
        found = _parse(stop, grace)
    else:
        found = [_step(step) for step in stop]
    if not found:
        raise ValueError(f"stop has no step: it is {_EXPECTED}")
    return found


def _step(step: Step) -> tuple[int, int]:
    if not isinstance(step, (tuple, list)) or len(step) != 2:
        raise TypeError(f"stop is {_EXPECTED}; {step!r} is not such a pair")
    return signal_number(step[0]), microseconds(step[1])


def _parse(text: str, grace: Optional[float]) -> list[tuple[int, int]]:
    """Parse signals, each with a time after it; the default time is `grace`."""
    found: list[tuple[int, int]] = []
    usual = microseconds(10 if grace is None else grace)
    has_time = True
    for word in text.replace(",", " ").split():
        time = _TIME.fullmatch(word)
        if not time:
            found.append((signal_number(word), usual))
        elif not found:
            raise ValueError(f"a stop policy begins with a signal: {text!r}")
        elif has_time:
            raise ValueError(f"no signal before the time {word!r} in stop: {text!r}")
        else:
            found[-1] = (found[-1][0], _time_us(time))
        has_time = bool(time)
    return found


def _time_us(time: re.Match[str]) -> int:
    if time[2] not in _UNITS_US:
        units = ", ".join(unit for unit in _UNITS_US if unit)
        raise ValueError(f"no such unit of time: {time[0]!r}; there are {units}")
    return _whole(float(time[1]) * _UNITS_US[time[2]])
