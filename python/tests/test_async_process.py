# SPDX-License-Identifier: MIT
"""jig.create_subprocess_exec: asyncio's, and the whole tree ends."""

from __future__ import annotations

import asyncio
import os
import signal

import jig
import pytest
from waiting import DEADLINE_S, open_fds, python, wait_until


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 3 * DEADLINE_S))


def tree(place) -> list[str]:
    """A main process with a daemon that keeps nothing of ours open."""
    daemon = f"setsid {place.sleep} <&- >&- 2>&- &"
    return place.script(f"{daemon} echo up; {place.sleep}; true")


async def started(place, **options):
    p = await jig.create_subprocess_exec(*tree(place), stdout=-1, **options)
    assert await p.stdout.readline() == b"up\n"
    return p


def test_it_is_a_process_of_asyncio(place):
    async def work():
        p = await jig.create_subprocess_shell("cat; exit 3", stdin=-1, stdout=-1)
        assert isinstance(p, asyncio.subprocess.Process)
        assert isinstance(p.stdout, asyncio.StreamReader)
        assert await p.communicate(b"word") == (b"word", None)
        assert p.report.exit_status == p.returncode == 3

    before = open_fds()
    run(work())
    assert open_fds() == before


def test_killing_main_ends_the_tree(place):
    async def work():
        p = await started(place)
        p.kill()
        assert await p.wait() == -signal.SIGKILL
        assert place.alive() == []
        assert p.report.leftover_count >= 1

    run(work())


def test_stop_ends_the_tree_by_its_policy(place):
    async def work():
        p = await started(place, stop="USR1 600s")
        waits = [asyncio.create_task(p.wait()) for _ in range(2)]
        assert await p.stop() == -signal.SIGUSR1
        assert await asyncio.gather(*waits) == [-signal.SIGUSR1] * 2
        assert await p.stop() == -signal.SIGUSR1
        assert [sent.signal for sent in p.report.signals] == ["SIGUSR1"]

    run(work())
    assert place.alive() == []


def test_a_stop_can_be_hurried_and_cancelled(place):
    script = place.script(f"trap '' TERM; echo up; {place.sleep} & wait; wait")

    async def work():
        p = await jig.create_subprocess_exec(*script, stdout=-1, grace=600)
        await p.stdout.readline()
        task = asyncio.create_task(p.stop())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        p.hurry()
        assert await p.wait() == -signal.SIGKILL

    run(work())
    assert place.alive() == []


def test_a_loop_that_ends_first_leaves_nothing(place):
    script = f"""
import asyncio, jig
async def work():
    p = await jig.create_subprocess_exec(*{tree(place)!r}, stdout=-1)
    await p.stdout.readline()
asyncio.run(work())
"""
    python(script)
    assert place.left() == []


def test_a_wait_in_a_cancelled_task_sees_the_end(place):
    """asyncio.run() cancels all tasks; the end is still noticed."""

    async def guard():
        p = await started(place)
        up.set()
        try:
            await asyncio.Event().wait()
        finally:
            p.kill()
            found.append(await p.wait())

    async def work():
        asyncio.create_task(guard())
        await up.wait()

    found: list[int] = []
    up = asyncio.Event()
    asyncio.run(work())
    assert found == [-signal.SIGKILL]
    assert place.alive() == []


def test_it_starts_as_popen_does(place):
    async def work():
        p = await jig.create_subprocess_exec(*place.sleeper, preexec_fn=os.setsid)
        assert os.getsid(p.pid) == p.pid
        await p.stop()
        for wrong in ("text", "universal_newlines", "shell"):
            with pytest.raises(ValueError, match=wrong):
                await jig.create_subprocess_exec("true", **{wrong: True})
        with pytest.raises(ValueError, match="cmd is a str or bytes"):
            await jig.create_subprocess_shell(["true"])
        with pytest.raises(FileNotFoundError):
            await jig.create_subprocess_exec("/no/such/program")
        with pytest.raises(ValueError, match="preexec_fn"):
            await jig.create_subprocess_exec("true", preexec_fn=print)

    before = open_fds()
    run(work())
    assert open_fds() == before
    assert place.alive() == []


def test_main_may_end_while_the_guard_is_suspended(place):
    """Nothing becomes readable then, and the timer of a stop looks."""

    async def work():
        p = await started(place)
        guard = parent(parent(p.pid))
        os.kill(guard, signal.SIGSTOP)
        wait_until(lambda: state(guard) == "T", "it is suspended")
        return await p.stop()

    assert run(work()) == -signal.SIGTERM
    assert place.alive() == []


def fields(pid: int) -> list[str]:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(") ")[2].split()


def state(pid: int) -> str:
    return fields(pid)[0]


def parent(pid: int) -> int:
    return int(fields(pid)[1])
