# SPDX-License-Identifier: MIT
"""How tests wait: for an event, with a deadline that no machine needs."""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

DEADLINE_S = 30


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Look until it is true; return it."""
    ends = time.monotonic() + DEADLINE_S
    while time.monotonic() < ends:
        found = condition()
        if found:
            return found
        select.select([], [], [], 0.005)
    raise AssertionError(f"in vain: {what}")


def wait_for_file(path: pathlib.Path) -> str:
    """The text of a file, once it has a whole line."""

    def look() -> str:
        text = path.read_text() if path.exists() else ""
        return text if text.endswith("\n") else ""

    return str(wait_until(look, f"{path} is there"))


def python(script: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=3 * DEADLINE_S,
        **options,
    )


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A command that is killed, at the end, if it still runs."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident_bytes() -> int:
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
