# SPDX-License-Identifier: MIT
"""Waiting in an event loop: for descriptors, never in a blocking call."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Callable, Optional

if TYPE_CHECKING:
    from jig._run import Run


async def readable(fd: int, seconds: Optional[float] = None) -> None:
    """Wait until the descriptor is readable or the time is over, then close it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    timer = None if seconds is None else loop.call_later(seconds, _set, future)
    try:
        loop.add_reader(fd, _set, future)
        await future
    finally:
        if timer is not None:
            timer.cancel()
        loop.remove_reader(fd)
        os.close(fd)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def until(look: Callable[[], bool], run: Run) -> None:
    """Call `look` whenever there is news of the run, until it returns true.

    An event loop has only one reader for each descriptor, so each wait uses a
    copy. If there is no copy (None), look again at once.
    """
    while not look():
        fd = run.copy_fd()
        if fd is not None:
            await readable(fd, run.look_s())


async def in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread, to its end, also if this task is cancelled."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
