#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An aiohttp server as a fixture, without blocking the event loop."""

import asyncio
import pathlib
import sys

import aiohttp

from jig import process_fixture, ready

APP = pathlib.Path(__file__).with_name("aiohttp_app.py")


async def main() -> None:
    server = process_fixture(
        [sys.executable, str(APP), "{fd:web}"],
        listen={"web": "127.0.0.1:0"},
        ready=ready.http("{web}/you"),
    )
    async with server as fixture, aiohttp.ClientSession() as session:
        async with session.get(f"http://{fixture.addr['web']}/world") as answer:
            print((await answer.json())["hello"])


asyncio.run(main())
