# SPDX-License-Identifier: MIT
"""Time for which the user has suspended a job does not count: for no timeout,
for no probe, and not for the guard's judgement of its supervisor. The guard of
a job stays awake meanwhile."""

import contextlib
import os
import select
import signal
import subprocess
import time

import pytest
from helpers import (
    DEADLINE_S,
    jig,
    oracle,
    pinned,
    send,
    state_of,
    supervisor_of,
    wait_until,
)

TIMEOUT = 124

#: The guard waits for 5 s after a deadline, and 1 s more.
OVERDUE_S = 14

#: How to start a job, and how to suspend it.
WAYS = {
    "stop": (["sleep", "1000"], []),
    "no-pty": (["--no-pty", "sleep", "1000"], []),
    "force": (["--", "sh", "-c", "trap '' TSTP; exec sleep 1000"], ["--force"]),
}


def assert_all_live(pids, seconds: float) -> None:
    """None of them ends within this time."""
    with pinned(pids) as fds:
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLIN)
        assert not poll.poll(seconds * 1000), "one has ended"


def suspend(world, number: int, *options: str) -> int:
    words = ["stop", *options, f"%{number}"]
    wait_until(lambda: world.do(*words).status == 0, f"{words} has an effect")
    job = world.await_state(number, "stopped")
    wait_until(lambda: state_of(job["pid"]) == "T", "it is stopped")
    return job["pid"]


def test_a_suspended_job_with_a_timeout_lives_on(world):
    numbers, pids = [], []
    for words, how in WAYS.values():
        # Longer than the 2 s that --force gives a job.
        job = world.start("--timeout", "7s", *words)
        numbers.append(job["number"])
        pids.append(suspend(world, job["number"], *how))
    pids += [supervisor_of(world.job(number)["keeper"]) for number in numbers]
    assert_all_live(pids, OVERDUE_S)
    for number in numbers:
        assert world.do("bg", f"%{number}").status == 0
    for number in numbers:  # The rest of its time counts.
        assert world.do("wait", f"%{number}").status == TIMEOUT


@pytest.mark.parametrize("cage", ["cgroup", "subreaper"])
def test_so_does_a_command_whose_jig_has_no_terminal(start, place, cage, identity):
    """Nothing notices that jig has stopped there, so it stays awake."""
    script = "echo $$; exec sleep 1000"
    command = ["--timeout", "1s", *CAGES[cage], "--", *place.sh(script)]
    jig_run = start(*command, identity=identity, process_group=0)
    main = int(jig_run.line())
    with pinned([main]) as (fd,):
        send(fd, signal.SIGTSTP)
        wait_until(lambda: state_of(main) == "T", "it is stopped")
        assert_all_live([main, jig_run.pid, supervisor_of(jig_run.pid)], OVERDUE_S)
        send(fd, signal.SIGCONT)
    assert jig_run.wait() == TIMEOUT


#: The control group is not asked for by name: it may not be had.
CAGES = {"cgroup": [], "subreaper": ["--cage", "subreaper"]}


@contextlib.contextmanager
def starting(world, *words: str):
    """`jig start`, which waits until the job is ready."""
    command = jig("start", *words)
    options = {"env": world.env, "cwd": world.place.work}
    with subprocess.Popen(command, stdout=subprocess.PIPE, **options) as client:
        try:
            yield client
        finally:
            client.kill()


@pytest.mark.parametrize("probe", ["file:up", "delay:2s", "log:up"])
def test_the_time_to_become_ready_does_not_run(world, place, probe):
    script = "echo up >up; sleep 0.5; echo up; exec sleep 1000"
    words = ["--ready", probe, "--start-timeout", "6s", "--", *place.sh(script)]
    # No process is started while it is suspended: sh cannot be, in a vfork(2).
    words[-1] = f": >runs; read word <go; {words[-1]}"
    os.mkfifo(place.work / "go", 0o666)
    with starting(world, *words) as client:
        wait_until((place.work / "runs").exists, "it runs")
        main = suspend(world, 1)
        assert_all_live([main, client.pid], 7)
        assert world.do("bg", "%1").status == 0
        (place.work / "go").write_text("\n")
        assert client.wait(20) == 0


@pytest.fixture(name="live")
def _live(world, place):
    """A job whose probe fails if there is a file `sick`; each attempt is
    written into `asked`."""
    folder = place.work
    probe = f"exec:echo >>{folder}/asked; test ! -e {folder}/sick"
    options = ["--live-interval", "20ms", "--live-failures", "1", "--live-timeout", "60s"]
    world.start("--live", probe, *options, "sleep", "1000")
    asked = folder / "asked"

    def attempts() -> int:
        return asked.stat().st_size if asked.exists() else 0

    wait_until(lambda: attempts() > 2, "it is asked")
    return attempts


def test_liveness_is_not_asked_of_what_is_suspended(world, place, live):
    sick = place.work / "sick"
    main = suspend(world, 1)
    sick.touch()
    assert_all_live([main], 1)
    sick.unlink()
    before = live()
    assert world.do("bg", "%1").status == 0
    wait_until(lambda: live() > before + 2, "it is asked again")
    assert world.job(1)["state"] == "running"
    sick.touch()
    world.await_state(1, "ended")


def test_a_request_before_the_keeper_knows_of_the_start_waits_for_it(world, place):
    """20 times, as soon as the command runs."""
    for i in range(20):
        runs = place.work / f"runs{i}"
        script = f"echo >{runs}; exec sleep 1000"
        with starting(world, "--name", f"a{i}", "--", *place.sh(script)) as client:
            for _ in oracle.looks(time.monotonic() + DEADLINE_S):
                if runs.exists():
                    break
            stopped = world.do("stop", f"%a{i}")
            assert stopped.status == 0, (i, stopped)
            assert client.wait(20) == 0
