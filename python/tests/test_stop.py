# SPDX-License-Identifier: MIT
"""A stop takes its time, also when another thread asks for it again. Only Ctrl-C
and hurry() shorten it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import jig
import pytest
from jig import process_fixture
from waiting import DEADLINE_S, running, wait_for_file, wait_until


@pytest.fixture
def graceful(place):
    """A command that says in files when its stop begins and when it is done."""
    nap = str(place.path / "sleep")
    # A child that is there before the signal has reached all gets it, too.
    trap = f'trap "" TERM; echo term > term; {nap} 0.3; echo bye > bye; exit 3'
    return place.script(f"trap '{trap}' TERM; echo up; while :; do {nap} 0.02; done")


@pytest.fixture
def deaf(place):
    nap = str(place.path / "sleep")
    return place.script(
        f"trap 'echo term > term' TERM; echo up; while :; do {nap} 0.02; done"
    )


def options(place, **more):
    """The steps wait for longer than any test does."""
    return {"ready": "log:up", "grace": 4 * DEADLINE_S, "cwd": place.path, **more}


def was_graceful(place, fixture) -> bool:
    sent = [step.signal for step in fixture.report.signals]
    return (place.path / "bye").exists() and fixture.returncode == 3 and sent == ["SIGTERM"]


def in_threads(*calls) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_threads_stop_one(place, graceful):
    p = process_fixture(graceful, **options(place)).start()
    reports = []
    in_threads(*[lambda: reports.append(p.stop())] * 8)
    assert was_graceful(place, p)
    assert reports == [p.report] * 8


def test_a_thread_stops_while_the_block_is_left(place, graceful):
    with process_fixture(graceful, **options(place)) as p:
        thread = threading.Thread(target=p.stop)
        thread.start()
        wait_for_file(place.path / "term")
    thread.join()
    assert was_graceful(place, p)


def test_tasks_that_stop_one_wait_for_the_same_stop(place, graceful):
    async def work():
        p = await process_fixture(graceful, **options(place)).start_async()
        return p, await asyncio.gather(*(p.stop_async() for _ in range(4)))

    p, reports = asyncio.run(work())
    assert was_graceful(place, p)
    assert reports == [p.report] * 4


def test_a_thread_and_a_task_stop_one(place, graceful):
    async def work(p):
        await p.stop_async()

    p = process_fixture(graceful, **options(place)).start()
    in_threads(p.stop, lambda: asyncio.run(work(p)), p.stop, lambda: asyncio.run(work(p)))
    assert was_graceful(place, p)


def test_a_task_that_no_longer_waits_does_not_hurry(place, graceful):
    async def work():
        p = await process_fixture(graceful, **options(place)).start_async()
        task = asyncio.create_task(p.stop_async())
        await asyncio.to_thread(wait_for_file, place.path / "term")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await p.stop_async()
        return p

    assert was_graceful(place, asyncio.run(work()))


def test_a_stop_by_a_time_limit_is_not_hurried(place, graceful):
    with process_fixture(graceful, **options(place, timeout=1)) as p:
        wait_for_file(place.path / "term")
    assert was_graceful(place, p)
    assert p.report.reason == "timeout"


def test_one_that_does_not_become_ready_has_its_time(place, graceful):
    limits = {"ready": "file:/nowhere/at/all", "start_timeout": 1}
    with pytest.raises(jig.ReadyTimeout):
        process_fixture(graceful, **options(place, **limits)).start()
    assert (place.path / "bye").exists()


def test_restart_waits_for_the_stop_of_another_thread(place, graceful):
    p = process_fixture(graceful, **options(place, stdin=jig.PIPE)).start()
    thread = threading.Thread(target=p.stop)
    thread.start()
    wait_for_file(place.path / "term")
    p.restart()
    thread.join()
    assert (place.path / "bye").exists()
    assert p.poll() is None and not p.stdin.closed
    p.stop()
    assert was_graceful(place, p) and p.stdin.closed


def test_two_threads_close_a_popen(place, graceful):
    p = jig.Popen(graceful, cwd=place.path, stdout=subprocess.PIPE, grace=4 * DEADLINE_S)
    assert p.stdout.readline() == b"up\n"
    in_threads(*[p.close] * 4)
    p.stdout.close()
    assert was_graceful(place, p)


def test_hurry_begins_the_next_step(place, deaf):
    p = process_fixture(deaf, **options(place)).start()
    thread = threading.Thread(target=p.stop)
    thread.start()
    wait_for_file(place.path / "term")
    p.hurry()
    thread.join()
    assert p.returncode == -signal.SIGKILL
    p.hurry()  # It has ended: nothing happens.


def test_hurry_without_a_stop_begins_one(place, graceful):
    p = process_fixture(graceful, **options(place)).start()
    p.hurry()
    p.stop()
    assert was_graceful(place, p)


def test_a_popen_can_be_hurried(place, deaf):
    p = jig.Popen(deaf, cwd=place.path, stdout=subprocess.PIPE, grace=4 * DEADLINE_S)
    assert p.stdout.readline() == b"up\n"
    thread = threading.Thread(target=p.close)
    thread.start()
    wait_for_file(place.path / "term")
    p.hurry()
    thread.join()
    p.stdout.close()
    assert p.returncode == -signal.SIGKILL


def test_ctrl_c_hurries_a_stop_that_another_thread_has_begun(place, deaf):
    p = process_fixture(deaf, **options(place)).start()
    other = threading.Thread(target=p.stop)
    other.start()
    wait_for_file(place.path / "term")
    main = threading.main_thread().ident
    interrupt = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
    interrupt.start()
    with pytest.raises(KeyboardInterrupt):
        p.stop()
        wait_until(lambda: False, "Ctrl-C")
    interrupt.join()
    other.join()
    assert p.returncode == -signal.SIGKILL


SCRIPT = """
import sys, threading, time
from jig import process_fixture
p = process_fixture(sys.argv[1:], ready="log:up", grace=120).start()
"""


def test_the_interpreter_ends_while_a_daemon_thread_stops_one(place, graceful):
    stops = "threading.Thread(target=p.stop, daemon=True).start()\n"
    waits = "while not __import__('os').path.exists('term'): time.sleep(0.01)\n"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + stops + waits, *graceful],
        cwd=place.path,
        capture_output=True,
        text=True,
        timeout=3 * DEADLINE_S,
    )
    assert done.returncode == 0, done.stderr
    assert (place.path / "bye").exists()
    assert place.alive() == []


@pytest.mark.parametrize("stops", ["", "threading.Thread(target=p.stop, daemon=True).start()"])
def test_ctrl_c_at_the_end_of_the_interpreter_hurries(place, deaf, stops):
    command = [sys.executable, "-c", SCRIPT + stops, *deaf]
    with running(command, cwd=place.path, stderr=subprocess.PIPE) as interpreter:
        wait_for_file(place.path / "term")
        # The thread's stop may have begun before the end of the interpreter.
        ends = time.monotonic() + DEADLINE_S
        while time.monotonic() < ends and interpreter.poll() is None:
            interpreter.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                interpreter.wait(0.5)
        said = interpreter.communicate(timeout=DEADLINE_S)[1]
    assert "KeyboardInterrupt" in said
    assert place.alive() == []


def test_threads_that_wait_do_not_take_the_number_of_another_file(place):
    """One thread stops it and closes its descriptor while others wait for it."""
    over = threading.Event()

    def reuse():
        while not over.is_set():
            for one in socket.socketpair():
                one.close()

    reusers = [threading.Thread(target=reuse) for _ in range(2)]
    for thread in reusers:
        thread.start()
    try:
        for _ in range(30):
            p = process_fixture(place.sleeper).start()
            in_threads(*[p.wait] * 4, *[p.stop] * 4)
            assert p.returncode == -signal.SIGTERM
    finally:
        over.set()
        for thread in reusers:
            thread.join()


def test_a_signal_handler_that_stops_it_too(place, graceful):
    """It runs within the wait of the same thread."""
    seen = []
    p = process_fixture(graceful, **options(place)).start()
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(p.stop()))
    try:
        main = threading.main_thread().ident

        def interrupt():
            wait_for_file(place.path / "term")
            signal.pthread_kill(main, signal.SIGUSR1)

        thread = threading.Thread(target=interrupt)
        thread.start()
        p.stop()
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert was_graceful(place, p)
    assert seen == [p.report]


PLUGIN = """
import os, pathlib, threading, time
def test_it(jig):
    p = jig.start("server", COMMAND, ready="log:up", grace=120)
    threading.Thread(target=p.stop, daemon=True).start()
    while not os.path.exists("term"):
        time.sleep(0.01)
"""


def test_the_plugins_teardown_waits_for_the_stop_of_a_test(place, graceful):
    (place.path / "test_plugin.py").write_text(f"COMMAND = {graceful!r}\n" + PLUGIN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_plugin.py"],
        cwd=place.path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=3 * DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (place.path / "bye").exists()
    assert place.alive() == []


@pytest.fixture
def stops_its_guard(place):
    """In its stop, so that nothing becomes readable."""
    nap = str(place.path / "sleep")
    trap = "read -r a a a G a </proc/$PPID/stat; echo $G > guard; kill -STOP $G; exit 3"
    yield place.script(f"trap '{trap}' TERM; echo up; while :; do {nap} 0.02; done")
    continue_child(int((place.path / "guard").read_text()))


def continue_child(pid: int) -> None:
    """So that a test which fails has an end."""
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        os.kill(pid, signal.SIGCONT)


def ends_in_time(*calls) -> bool:
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    return not any(thread.is_alive() for thread in threads)


def test_a_stop_ends_though_the_guard_was_stopped(place, stops_its_guard):
    """For threads that wait, too, which have not asked for it."""
    p = process_fixture(stops_its_guard, **options(place)).start()
    assert ends_in_time(p.wait, p.stop, p.wait)
    assert p.returncode == 3


def test_a_stop_in_an_event_loop_ends_though_the_guard_was_stopped(place, stops_its_guard):
    async def work():
        p = await process_fixture(stops_its_guard, **options(place)).start_async()
        await asyncio.wait_for(p.stop_async(), DEADLINE_S)
        return p.returncode

    assert asyncio.run(work()) == 3


def test_a_popen_is_closed_though_the_guard_was_stopped(place, stops_its_guard):
    p = jig.Popen(stops_its_guard, cwd=place.path, stdout=subprocess.PIPE)
    assert p.stdout.readline() == b"up\n"
    assert ends_in_time(p.close)
    p.stdout.close()
    assert p.returncode == 3
