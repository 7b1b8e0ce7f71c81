# SPDX-License-Identifier: MIT
"""With few descriptors (RLIMIT_NOFILE) each command works, or gives the true reason.
It does not claim that a job, a service, /proc or a control group is missing."""

import contextlib
import re

import pytest
import ups
from helpers import IS_ROOT, in_group, jig, run, stage

pytestmark = pytest.mark.usefixtures("own_registry")

#: 0, 1 and 2 are open; at 20 nothing that is asked for here is short of them.
LIMITS = range(3, 21)

#: EMFILE in the words of musl, of glibc, and of the dynamic loader.
REASON = re.compile(r"No file descriptors available|Too many open files|Error 24\b")


def with_few(limit: int, words, place, group=None):
    limited = ["prlimit", f"--nofile={limit}:{limit}", *jig(*words)]
    if group:
        limited = [*in_group(group), *limited]
    return run(limited, env=place.env, cwd=place.work)


def check(place, words, status=0, group=None) -> list[int]:
    """@return the limits with which it worked."""
    worked = []
    for limit in LIMITS:
        done = with_few(limit, words, place, group)
        if done.status == status:
            worked.append(limit)
        else:
            assert REASON.search(done.out + done.err), (limit, done)
            assert len(done.err.splitlines()) <= 2, (limit, done)
    assert LIMITS[-1] in worked
    return worked


RUN = {
    "bare": [],
    "cgroup": ["--cage", "cgroup"],
    "subreaper": ["--cage", "subreaper"],
    "pidns": ["--cage", "pidns"],
    "pgroup": ["--cage", "pgroup"],
    "delay": ["--ready", "delay:1ms"],
    "notify": ["--ready", "notify", "--or", "delay:1ms"],
    "report": ["--report", "report.json"],
    "capture": ["--capture", "both"],
    "log": ["--log", "log"],
    "listen": ["--listen", "a=127.0.0.1:0"],
    "port": ["--port", "a"],
    "with": ["--with", "sleep 600", "--ready", "delay:1ms"],
}


@pytest.mark.parametrize("how", RUN)
def test_of_run(place, how):
    """In a control group of our own: none is left there that was begun."""
    if how == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    if how == "pidns" and not IS_ROOT:
        pytest.skip("needs root")
    with contextlib.ExitStack() as stack:
        group = None
        if stage.cgroup2_mount():
            group = stack.enter_context(stage.subtree("root" if IS_ROOT else "user"))
        # Ready before its end, also where jig gets no processor time for a while.
        lasts = "0.3" if how in ("delay", "notify") else "0.05"
        check(place, ["run", *RUN[how], "--", "sleep", lasts], group=group)
        assert group is None or list(group.glob("jig-*")) == []


JOBS = [["jobs"], ["jobs", "%1"], ["send", "%1", "x"], ["kill", "-0", "%1"],
        ["kill", "--dry-run", "%1"], ["bg", "%1"], ["rename", "%1", "x"]]  # fmt: skip


def test_of_jobs(place):
    started = run(jig("start", "--", "sleep", "600"), env=place.env, cwd=place.work)
    assert started.status == 0, started
    try:
        listed = run(jig("jobs"), env=place.env, cwd=place.work).out
        assert "Running" in listed
        for words in JOBS:
            for limit in check(place, words):
                if words == ["jobs"]:
                    again = with_few(limit, words, place)
                    assert again.out == listed, (limit, again)
        check(place, ["wait", "--timeout", "1ms", "%1"], 124)
    finally:
        run(jig("kill", "%1"), env=place.env, cwd=place.work)


def test_of_start(place):
    for limit in LIMITS:
        done = with_few(limit, ["start", "--", "true"], place)
        assert done.status == 0 or REASON.search(done.err), (limit, done)
    run(jig("wait"), env=place.env, cwd=place.work)
    assert run(jig("jobs", "--forget"), env=place.env, cwd=place.work).status == 0


ANYTHING = [["version"], ["help", "run"], ["completion", "bash"], ["ps", "-a"],
            ["tree", "-a"], ["tree", "--svg", "picture.svg"], ["doctor"]]  # fmt: skip


@pytest.mark.parametrize("words", ANYTHING, ids=" ".join)
def test_of_what_needs_nothing(place, words):
    if words != ["doctor"]:
        check(place, words)
        return
    for limit in LIMITS:
        done = with_few(limit, words, place)
        wrong = [line for line in done.out.splitlines() if re.match(r"  \w+ +no ", line)]
        if not IS_ROOT:  # There may be no control group for us at all.
            wrong = [line for line in wrong if "cgroup" not in line.split()]
        assert all(REASON.search(line) for line in wrong), (limit, done)


NAMED = [["ps"], ["logs"], ["reload"], ["restart", "a"], ["scale", "a=1"], ["stop", "a"]]


def test_of_those_that_ask_a_running_up(place):
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        here.start()
        here.await_answer()
        for words in NAMED:
            check(place, words)


@pytest.mark.parametrize("words", (["check"], ["export", "systemd", "out"], ["up"], ["up", "-D"]),
                         ids=" ".join)  # fmt: skip
def test_of_up(place, words):
    """A `jig up` that has begun may have too few for one of its services."""
    with ups.Project(place, {"Procfile": "a: true\n"}) as here:
        for limit in LIMITS:
            done = with_few(limit, words, place)
            said = done.out + done.err
            assert done.status in (0, 1, 125, 127), (limit, done)
            assert done.status == 0 or REASON.search(said) or "exited" in said, (limit, done)
            assert "was killed" not in said, (limit, done)
        here.jig("down")


def test_of_those_that_ask_no_up(place):
    """No `jig up` runs: it says this, or the reason why it cannot know."""
    (place.work / "Procfile").write_text("a: true\n")
    for limit in LIMITS:
        done = with_few(limit, ["down"], place)
        assert done.status != 0
        assert "is running" in done.err or REASON.search(done.err), (limit, done)
