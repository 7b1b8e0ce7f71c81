# SPDX-License-Identifier: MIT
"""async with: the event loop runs on while a fixture starts and stops."""

from __future__ import annotations

import asyncio
import os
import signal

import jig
import pytest
from jig import process_fixture
from waiting import DEADLINE_S, open_fds


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 3 * DEADLINE_S))


def test_it_starts_and_stops(place):
    async def work():
        async with process_fixture(place.sleeper) as p:
            assert p.poll() is None
        return p.report.reason

    assert run(work()) == "stop"
    assert place.alive() == []


def test_the_loop_runs_while_it_stops(place):
    """The command ends only after the loop has answered it."""
    script = 'trap "echo term; read line; exit 7" TERM; echo up; while :; do :; done'

    async def work():
        loop = asyncio.get_running_loop()
        is_up = asyncio.Event()

        def reply():
            if p.stdout.readline() == b"up\n":
                is_up.set()
            else:
                os.write(p.stdin.fileno(), b"go\n")
                loop.remove_reader(p.stdout)

        async with process_fixture(
            place.script(script), grace=DEADLINE_S, stdin=jig.PIPE, stdout=jig.PIPE
        ) as p:
            loop.add_reader(p.stdout, reply)
            await is_up.wait()
        return p

    p = run(work())
    assert p.returncode == 7
    assert [sent.signal for sent in p.report.signals] == ["SIGTERM"]


def test_many_start_and_stop_at_once(place):
    async def one():
        async with process_fixture(place.sleeper) as p:
            await asyncio.sleep(0)
            return p.pid

    async def work():
        return await asyncio.gather(*(one() for _ in range(20)))

    assert len(set(run(work()))) == 20
    assert place.alive() == []


def test_two_may_wait_for_one(place):
    async def work():
        async with process_fixture(place.sleeper) as p:
            waits = [asyncio.create_task(p.wait_async()) for _ in range(3)]
            await asyncio.sleep(0)
            p.kill()
            return await asyncio.gather(*waits)

    assert run(work()) == [-signal.SIGKILL] * 3


def test_a_start_that_fails_is_the_same_error():
    async def work():
        async with process_fixture(["no-such-program"]):
            pass

    with pytest.raises(jig.SpawnFailed):
        run(work())


def test_a_cancelled_task_leaves_nothing(place):
    async def hang():
        async with process_fixture(place.sleeper):
            await asyncio.Event().wait()

    async def work():
        for turns in range(8):
            task = asyncio.create_task(hang())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    before = open_fds()
    run(work())
    assert place.left() == []
    assert open_fds() == before


def test_a_decorated_coroutine_has_a_fixture_for_each_call(place):
    @process_fixture(place.sleeper)
    async def work():
        return len(place.alive())

    assert run(work()) == 1
    assert place.alive() == []
