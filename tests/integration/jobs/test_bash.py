# SPDX-License-Identifier: MIT
"""The same script with bash's job control and with jig's: messages, marks of jobs,
and statuses are the same."""

import random
import re

import pytest
from helpers import run, wait_until
from pty_session import Shell


class Both:
    """Two shells' worth of jobs: the one is bash's, the other jig's."""

    def __init__(self, bash: Shell, world):
        self._bash = bash
        self._world = world

    def start(self, *words: str) -> None:
        self._bash.do(" ".join(words) + " &")
        self._world.start(*words)

    def stop(self, number: int) -> None:
        self._bash.do(f"kill -STOP %{number}")
        self._world.do("kill", "-STOP", f"%{number}")
        self._world.await_state(number, "stopped")
        mark = f"[{number}]"
        wait_until(lambda: mark in self._bash.do("jobs -s"), "bash has seen it stop")

    def say(self, *words: str) -> tuple[tuple, tuple]:
        """What each says and its status; without the program's name."""
        said = self._bash.do(" ".join(words)).replace("bash: ", "")
        theirs = said, self._bash.status()
        done = self._world.do(*words)
        return theirs, ((done.out + done.err).replace("jig: ", ""), done.status)

    def lines(self, *words: str) -> tuple[list, list]:
        theirs, ours = self.say(*words)
        return normal(theirs[0]), normal(ours[0])


def normal(text: str) -> list[str]:
    """Lines with every pid as PID. (How wide one is, is held by a unit test.)"""
    return re.sub(r"(?m)^(\[\d+\].) *\d+ ", r"\1 PID ", text).splitlines()


@pytest.fixture
def both(place, world):
    with Shell(place.env, cwd=place.work) as bash:
        yield Both(bash, world)
        bash.do('for job in $(jobs -p); do kill -KILL "$job"; done; wait')


NO_JOB = [
    "fg",
    "bg",
    "jobs",
    "wait",
    "fg %",
    "fg %%",
    "fg %+",
    "fg %-",
    "fg %0",
    "fg 7",
    "fg %9",
    "fg %x",
    "fg %?x",
    "bg %9",
    "bg %x",
    "jobs %9",
    "jobs %x",
    "wait %9",
    "wait %x",
    "kill %9",
    "kill -TERM %x",
]


@pytest.mark.parametrize("line", NO_JOB)
def test_without_jobs_each_says_the_same(both, line):
    theirs, ours = both.say(*line.split())
    assert ours == theirs


JOBS = ["bg", "bg %1", "bg %9", "jobs %2 %1", "jobs %2 %9", "jobs %sleep%", "wait %x"]


@pytest.mark.parametrize("line", JOBS)
def test_with_jobs_each_says_the_same(both, line):
    both.start("sleep", "1000")
    both.start("sleep", "1001")
    theirs, ours = both.say(*line.split())
    assert ours == theirs


def test_a_stopped_one_is_continued_with_the_same_line(both):
    both.start("sleep", "1000")
    both.start("sleep", "1001")
    both.stop(1)
    theirs, ours = both.say("bg")
    assert ours == theirs == ("[1]+ sleep 1000 &\n", 0)


@pytest.mark.parametrize("seed", range(4))
def test_jobs_that_start_and_stop_in_any_order(both, seed):
    """Lines, long lines, marks. (Not after bg: there jig makes the job that was
    continued the current one, as jig-jobs(1) says, and bash only the one that
    was stopped or started last.)"""
    choice = random.Random(seed)
    running: list[int] = []
    count = 0
    for _ in range(10):
        if count < 2 or not running or choice.random() < 0.5:
            count += 1
            both.start("sleep", str(1000 + count))
            running.append(count)
        else:
            both.stop(running.pop(choice.randrange(len(running))))
        for words in (["jobs"], ["jobs", "-l"]):
            theirs, ours = both.lines(*words)
            assert ours == theirs, f"{words}, {count} jobs, {running} run"
            assert len(ours) == count


WAITS = {
    "one": "wait %1",
    "a stranger first": "wait %9 %1",
    "a stranger last": "wait %1 %9",
    "all": "wait",
    "again": "wait %1; wait %1",
}


@pytest.mark.parametrize("way", WAITS)
@pytest.mark.parametrize("status", [1, 127, 128, 143, 255])
def test_each_waits_with_the_same_status(world, place, way, status):
    """One script for both; `wait` is another word in the other."""
    line = WAITS[way]
    bash = ["/bin/bash", "-c", f"set -m; sh -c 'exit {status}' & {line}; exit $?"]
    theirs = run(bash, env=place.env, cwd=place.work)
    world.script(f"exit {status}")
    script = line.replace("wait", "jig wait")
    ours = run(place.sh(f"{script}; exit $?"), env=world.env, cwd=place.work)
    assert ours.status == theirs.status
    assert complaints(ours.err) == complaints(theirs.err)


def complaints(text: str) -> list[str]:
    """What `wait` says, without the program's name. (With set -m bash reports
    ends, too.)"""
    return re.findall(r"(?m)wait: .*$", text)
