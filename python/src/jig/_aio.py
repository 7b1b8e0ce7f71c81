# SPDX-License-Identifier: MIT
"""How to wait in an event loop: on descriptors, never in a blocking call."""

from __future__ import annotations

import asyncio
import os
from typing import Callable, Optional


async def readable(fd: int) -> None:
    """Until poll(2) finds it readable; closes it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    try:
        loop.add_reader(fd, _set, future)
        await future
    finally:
        loop.remove_reader(fd)
        os.close(fd)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def until(look: Callable[[], bool], copy_fd: Callable[[], Optional[int]]) -> None:
    """Look whenever there is news, until it is so. A loop has one reader for a
    descriptor, so each wait has a copy; None: look again."""
    while not look():
        fd = copy_fd()
        if fd is not None:
            await readable(fd)


async def in_thread(work: Callable[[], None]) -> None:
    """In a thread, to its end even when we are cancelled meanwhile."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
