# SPDX-License-Identifier: MIT
"""If a keeper or a `jig up` is stopped (SIGSTOP), its processes can still be ended,
and clients of a keeper need not wait for ever. A job's own command can stop its
keeper."""

import contextlib
import ctypes
import os
import signal
import subprocess

import helpers
import pytest
from helpers import (
    DEADLINE_S,
    Running,
    await_end,
    pinned,
    pinned_or_gone,
    send,
    state_of,
    stopped,
    wait_until,
)

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207

KEEPER = "K=$(ps -o ppid= -p $PPID)"


@contextlib.contextmanager
def held(pid: int):
    """By a tracer, so that SIGCONT does not continue it."""
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long] * 4
    assert ptrace(PTRACE_SEIZE, pid, 0, 0) == 0, os.strerror(ctypes.get_errno())
    assert ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0
    wait_until(lambda: state_of(pid) == "t", "it is held")
    yield


@pytest.mark.parametrize(
    "words", [["kill"], ["kill", "-s", "KILL"], ["kill", "-s", "KILL", "--all"]]
)
def test_a_job_whose_keeper_is_stopped_is_ended(world, place, words):
    job = world.script("sleep 1000 & sleep 1000", "--grace", "300ms")
    with stopped(job["keeper"]):
        assert world.do(*words, "%1").status == 0
        wait_until(lambda: world.job(1).get("state") in (None, "ended"), "its end")
    assert place.await_empty() == []


def test_a_job_whose_keeper_is_stopped_is_stopped(world):
    job = world.script("sleep 1000")
    with stopped(job["keeper"]):
        done = world.do("stop", "%1")
        assert done.status == 0, done
        assert world.job(1)["state"] == "stopped"


#: What shows the output of a job without a terminal.
SHOWS = [["logs"], ["logs", "--follow"], ["attach"], ["fg"]]


@pytest.mark.parametrize("words", SHOWS)
def test_the_output_of_a_job_whose_keeper_is_stopped_is_shown(world, words):
    job = world.script("echo on; sleep 1000", "--no-pty")
    world.await_output(1, "on")
    with stopped(job["keeper"]), client_of(world, *words, "%1") as client:
        client.await_line("on")


@pytest.mark.parametrize("words", SHOWS[1:])
def test_the_output_is_shown_if_the_keeper_is_stopped_later(world, place, words):
    script = "echo on; until [ -e go ]; do sleep 0.01; done; echo later; sleep 1000"
    job = world.script(script, "--no-pty")
    with client_of(world, *words, "%1") as client:
        client.await_line("on")
        with stopped(job["keeper"]):
            (place.work / "go").touch()
            client.await_line("later")


def client_of(world, *words: str, **options):
    return Running(helpers.jig(*words), env=world.env, cwd=world.place.work, **options)


def test_text_is_sent_to_a_job_whose_keeper_is_stopped(world):
    job = world.script("read x; echo got $x; sleep 1000")
    with stopped(job["keeper"]):
        assert world.do("send", "%1", "it").status == 0
        world.await_output(1, "got it")


def test_text_is_sent_if_the_keeper_is_stopped_meanwhile(world, place):
    """More than the socket takes."""
    job = world.script("stty raw -echo; echo on; head -c 1000004; echo all; sleep 1000")
    world.await_output(1, "on")
    script = "echo one; until [ -e go ]; do sleep 0.01; done; head -c 1000000 /dev/zero"
    source = place.sh(script)
    options = {"stdout": subprocess.PIPE, "cwd": place.work, "env": place.env}
    with (
        subprocess.Popen(source, **options) as producer,
        client_of(world, "send", "%1", stdin=producer.stdout) as client,
    ):
        producer.stdout.close()
        world.await_output(1, "one")
        with stopped(job["keeper"]):
            (place.work / "go").touch()
            assert client.wait() == 0
            world.await_output(1, "all")
        assert producer.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("words", [["wait"], ["wait", "-n"]])
def test_a_wait_for_a_job_whose_keeper_is_stopped_keeps_its_limit(world, words):
    job = world.script("sleep 1000")
    with stopped(job["keeper"]):
        assert world.do(*words, "--timeout", "50ms", "%1").status == 124
        assert state_of(job["keeper"]) in helpers.RUNS


def test_a_stopped_job_whose_keeper_is_continued_stays_stopped(world):
    """The request is about the terminal's size, and no more."""
    job = world.script("sleep 1000")
    assert world.do("stop", "%1").status == 0
    with stopped(job["keeper"]):
        assert world.do("kill", "-s", "WINCH", "--all", "%1").status == 0
        assert state_of(job["keeper"]) in helpers.RUNS
        assert world.job(1)["state"] == "stopped"


def test_a_job_whose_keeper_is_stopped_is_restarted(world):
    job = world.script("sleep 1000", "--grace", "300ms")
    with stopped(job["keeper"]) as fd:
        assert world.do("restart", "%1").status == 0
        await_end(fd)
    assert world.job(1)["state"] == "running"


@pytest.mark.parametrize("again", [False, True])
def test_a_job_that_stops_its_own_keeper_is_killed(world, place, again):
    stop = "while :; do kill -STOP $K; done" if again else "kill -STOP $K; sleep 1000"
    go = place.work / "go"
    job = world.script(f"{KEEPER}; until [ -e {go} ]; do :; done; {stop}")
    go.touch()
    with pinned([job["keeper"]]) as (fd,):
        wait_until(lambda: state_of(job["keeper"]) == "T", "it is stopped")
        try:
            done = world.do("kill", "-s", "KILL", "--all", "%1")
            assert done.status == 0, done
            assert place.await_empty() == []
            # Its last act may have been to stop the keeper once more. The next
            # request continues it; if the keeper has ended, there is no job.
            world.do("kill", "%1")
            await_end(fd)
        finally:
            send(fd, signal.SIGCONT)


def test_a_job_that_stops_its_keeper_and_ends_leaves_no_keeper(world, place):
    """No request continues it."""
    go = place.work / "go"
    job = world.script(f"{KEEPER}; until [ -e {go} ]; do :; done; kill -STOP $K")
    with pinned([job["keeper"]]) as (fd,):
        try:
            go.touch()
            await_end(fd)
        finally:
            if state_of(job["keeper"]) == "T":
                send(fd, signal.SIGCONT)
    assert place.await_empty() == []


@pytest.mark.parametrize("cage", ["auto", "pidns"])
def test_a_job_that_ends_while_its_keeper_is_stopped_leaves_no_keeper(world, place, cage):
    """Its init, in a pid namespace of its own, cannot signal the keeper."""
    if cage == "pidns" and not (helpers.IS_ROOT or helpers.has_user_namespaces()):
        pytest.skip("no user namespaces")
    job = world.script("until [ -e go ]; do sleep 0.01; done", "--cage", cage)
    with stopped(job["keeper"]) as fd:
        (place.work / "go").touch()
        await_end(fd)
    assert place.await_empty() == []


def test_a_job_that_stops_its_keeper_at_once_is_started_and_killed(world, place):
    world.script(f"{KEEPER}; kill -STOP $K; sleep 1000", "--grace", "300ms")
    assert world.do("kill", "%1").status == 0
    assert place.await_empty() == []


@pytest.mark.skipif(not helpers.IS_ROOT, reason="needs root")
def test_a_keeper_that_does_not_answer_is_named_and_then_killed(world, place):
    job = world.script("sleep 1000", "--grace", "300ms")
    with held(job["keeper"]):
        for words in (["kill"], ["stop"]):
            done = world.do(*words, "%1")
            assert done.status == 1
            assert "its keeper does not answer" in done.err
        with contextlib.ExitStack() as stack:
            for client in [
                stack.enter_context(client_of(world, *words, "%1")) for words in SHOWS
            ]:
                assert client.wait() == 1
                assert "its keeper does not answer" in client.err()
        assert world.do("kill", "-s", "KILL", "%1").status == 0
        assert os.waitpid(job["keeper"], 0x40000000)[0] == job["keeper"]
    assert place.await_empty() == []
    world.await_state(1, "lost")


@pytest.mark.parametrize("words", [["down"], ["stop", "web"], ["restart", "web"]])
def test_a_jig_up_that_is_stopped_does_what_clients_request(project, words):
    one = project("web: sleep 1000\n")
    up = one.start()
    one.await_answer()
    one.await_state("web.1", "ready")
    before = one.ps()["web.1"]["pid"]
    with stopped(up.pid):
        done = one.jig(*words)
        assert done.status == 0, done
        with pinned_or_gone(before) as fds:
            for fd in fds:
                await_end(fd)
    if words == ["down"]:
        assert up.wait() == 0
