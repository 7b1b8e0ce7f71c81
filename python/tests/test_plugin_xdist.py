# SPDX-License-Identifier: MIT
"""share="run": one fixture for all workers of pytest-xdist."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import jig
import pytest
from jig._command import Command
from jig._sharing import Hub, Member
from waiting import DEADLINE_S, running, wait_for_file, wait_until

xdist = pytest.importorskip("xdist")

#: Each worker tells what it got, and waits until the other one has told it, too.
MEETS = """
import os, pathlib, time
import pytest

def meet(pid):
    folder = pathlib.Path(PATH, "met")
    folder.mkdir(exist_ok=True)
    mine = folder / os.environ["PYTEST_XDIST_WORKER"]
    mine.with_suffix(".new").write_text(str(pid))
    ends = time.monotonic() + 30
    mine.with_suffix(".new").rename(mine)
    while len(list(folder.glob("gw?"))) < 2:
        assert time.monotonic() < ends
        time.sleep(0.005)
    return {int(one.read_text()) for one in folder.glob("gw?")}
"""


@pytest.fixture
def write(pytester, place):
    def go(source: str) -> None:
        names = f"PATH = {str(place.path)!r}\nSLEEP = {place.sleep!r}\n"
        pytester.makepyfile(names + MEETS + source)

    return go


@pytest.fixture
def run(pytester):
    return lambda *words: pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-n2", "--dist=load", *words
    )


def test_all_workers_get_the_same(write, run, place):
    write(
        """
@pytest.mark.parametrize("number", range(2))
def test_it(jig, number):
    p = jig.start("server", f"echo hello; exec {SLEEP}", share="run",
                  ready="log:hello", listen={"web": "127.0.0.1:0"})
    assert len(meet(p.pid)) == 1
    assert p.addr["web"] == f"127.0.0.1:{p.port['web']}"
    assert p.tail(1) == "hello\\n"
"""
    )
    run().assert_outcomes(passed=2)
    assert place.alive() == []


def test_it_survives_a_worker_that_crashes(write, run, place):
    write(
        """
@pytest.mark.parametrize("number", range(4))
def test_it(jig, number):
    pid = jig.start("server", SLEEP, share="run").pid
    with open(f"{PATH}/pids", "a") as file:
        file.write(f"{pid}\\n")
    if number == 0:
        os.kill(os.getpid(), 9)
"""
    )
    run("--max-worker-restart=2").assert_outcomes(failed=1, passed=3)
    assert len(set((place.path / "pids").read_text().split())) == 1
    assert place.alive() == []


def test_a_start_that_fails_is_the_same_error_for_all(write, run):
    write(
        """
import jig as package

@pytest.mark.parametrize("number", range(2))
def test_it(jig, number):
    with pytest.raises(package.SpawnFailed, match="no-such-program"):
        jig.start("server", ["no-such-program"], share="run")
    meet(1)
"""
    )
    run().assert_outcomes(passed=2)


@pytest.mark.parametrize("signo", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_when_the_controller_ends(write, pytester, place, signo):
    write(
        """
@pytest.mark.parametrize("number", range(2))
def test_it(jig, number):
    jig.start("run", SLEEP, share="run")
    jig.start("session", f"setsid {SLEEP}", share="session")
    jig.start("test", SLEEP)
    meet(1)
    pathlib.Path(PATH, "up").write_text("up\\n")
    while True:
        time.sleep(1)
"""
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n2"]
    with running(
        command, cwd=pytester.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as controller:
        wait_for_file(place.path / "up")
        os.kill(controller.pid, signo)
        controller.wait(2 * DEADLINE_S)
    assert place.left() == []


@pytest.fixture
def hub(place):
    """Closed before the place looks for processes that are left."""
    hub = Hub()
    yield hub
    with contextlib.suppress(OSError):  # Closed by the test.
        hub.close()


def test_it_goes_on_until_the_run_ends(hub, place):
    """One worker may have done all its tests before another one begins."""
    first = Member(hub.address)
    pid = first.start("a", Command(place.sleeper)).pid
    first.leave()
    second = Member(hub.address)
    assert second.start("a", Command(place.sleeper)).pid == pid
    second.leave()
    assert place.alive() == [pid]
    hub.close()
    assert place.alive() == []


def test_a_name_means_one_command(hub, place):
    member = Member(hub.address)
    member.start("a", Command(place.sleeper))
    with pytest.raises(ValueError, match="another command"):
        member.start("a", Command("true"))


def test_no_other_user_can_connect(hub):
    assert os.stat(os.path.dirname(hub.address)).st_mode & 0o777 == 0o700


def test_nothing_starts_once_the_run_is_over(hub):
    member = Member(hub.address)
    hub.close()
    with pytest.raises(RuntimeError, match="over"):
        member.start("a", Command("true"))


def test_a_fixture_that_has_ended_is_still_reported(hub):
    member = Member(hub.address)
    shared = member.start("a", Command("echo last words"))
    wait_until(lambda: shared.tail() == "last words\n", "what it said")
    assert isinstance(shared.pid, int) and jig.__version__
