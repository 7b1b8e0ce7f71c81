# SPDX-License-Identifier: MIT
"""The pytest plugin in one process: which tests share a fixture, and when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from waiting import DEADLINE_S, running, wait_for_file


@pytest.fixture
def write(pytester, place):
    """Write a test module; SLEEP, UP and PATH in it are ours."""

    def go(source: str) -> None:
        names = (
            f"import os, signal, pytest\n"
            f"SLEEP = {place.sleep.split()!r}\n"
            f"PATH = {str(place.path)!r}\n"
        )
        pytester.makepyfile(names + source)

    return go


@pytest.fixture
def run(pytester):
    usual = ("-p", "no:cacheprovider")
    return lambda *words: pytester.runpytest_subprocess(*usual, *words)


def test_a_fixture_ends_with_its_test(write, run):
    write(
        """
def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

seen = []

def test_first(jig):
    p = jig.start("sleep", SLEEP)
    seen.append(p.pid)
    assert is_alive(p.pid)

def test_second(jig):
    assert not is_alive(seen[0])
"""
    )
    run().assert_outcomes(passed=2)


@pytest.mark.parametrize("share", ["session", "run"])
def test_a_fixture_of_the_session_is_shared(write, run, share):
    write(
        f"""
@pytest.fixture
def pid(jig):
    return jig.start("sleep", SLEEP, share={share!r}).pid

seen = set()

@pytest.mark.parametrize("number", range(3))
def test_it(pid, number):
    seen.add(pid)
    assert len(seen) == 1
"""
    )
    run().assert_outcomes(passed=3)


def test_a_fixture_is_there_until_the_tests_own_teardown_is_over(write, run):
    write(
        """
@pytest.fixture
def server(jig):
    return jig.start("sleep", SLEEP)

@pytest.fixture
def client(server):
    yield
    assert server.poll() is None

def test_it(client):
    pass
"""
    )
    run().assert_outcomes(passed=1)


def test_a_name_means_one_fixture(write, run):
    write(
        """
def test_twice(jig):
    jig.start("a", SLEEP)
    with pytest.raises(ValueError, match="already"):
        jig.start("a", SLEEP)

def test_another_command(jig):
    jig.start("b", SLEEP, share="session")
    with pytest.raises(ValueError, match="another command"):
        jig.start("b", ["true"], share="session")

def test_another_share(jig):
    with pytest.raises(ValueError, match="share"):
        jig.start("c", SLEEP, share="world")
"""
    )
    run().assert_outcomes(passed=3)


def test_a_failed_test_shows_what_its_fixtures_said(write, run):
    write(
        """
def test_it(jig):
    jig.start("talker", "echo hello from it").wait()
    jig.start("idle", SLEEP, share="session")
    assert False

def test_another(jig):
    jig.start("talker", "echo not shown").wait()
"""
    )
    result = run()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*jig: last lines of talker*", "hello from it"])
    result.stdout.no_fnmatch_line("*not shown*")


def test_a_start_that_fails_is_an_error_with_its_reason(write, run):
    write(
        """
@pytest.fixture
def server(jig):
    return jig.start("server", ["no-such-program"])

def test_it(server):
    pass
"""
    )
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*SpawnFailed: no-such-program: *"])


def test_logs_are_written_where_they_are_wanted(write, run, pytester):
    write(
        """
def test_it(jig):
    jig.start("talker", "echo one").wait()
    jig.start("shared", "echo two", share="session").wait()
"""
    )
    run("--jig-logs=logs/here").assert_outcomes(passed=1)
    logs = {path.name: path.read_text() for path in pytester.path.glob("logs/here/*")}
    assert sorted(logs.values()) == ["one\n", "two\n"]
    assert any("test_it" in name and "talker" in name for name in logs)


LEAVES = """
def test_it(jig):
    p = jig.start("parent", f"{' '.join(SLEEP)} & exit 0")
    p.wait()
"""


def test_leftovers_are_no_failure_usually(write, run):
    write(LEAVES)
    run().assert_outcomes(passed=1)


def test_leftovers_can_be_a_failure(write, run):
    write(LEAVES)
    result = run("--jig-fail-on-leftovers")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*parent has left processes behind*", "*sleep 600*"])


def test_fixtures_of_failed_tests_can_be_kept_to_the_end(write, run):
    write(
        """
kept = []

def test_fails(jig):
    kept.append(jig.start("a", SLEEP))
    assert False

def test_passes(jig):
    assert kept[0].poll() is None
    kept.append(jig.start("a", SLEEP))

def test_of_the_one_that_passed(jig):
    assert kept[1].poll() is not None
"""
    )
    run("--jig-keep").assert_outcomes(passed=2, failed=1)


HANGS = """
@pytest.fixture
def server(jig):
    yield jig.start("server", ["sh", "-c", COMMAND])
    with open(f"{PATH}/torn-down", "w") as file:
        file.write("yes\\n")

def test_it(server, jig):
    jig.start("daemon", f"setsid {' '.join(SLEEP)}", share="session")
    with open(f"{PATH}/up", "w") as file:
        file.write("up\\n")
    signal.pause()
"""


@pytest.fixture
def hanging(write, place, pytester):
    """A pytest whose test waits for a signal, with fixtures that run."""

    def go(command: str):
        write(f"COMMAND = {command!r}\n" + HANGS)
        return running(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
            cwd=pytester.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    return go


def test_sigterm_tears_down(hanging, place):
    with hanging(place.sleep) as pytest_process:
        wait_for_file(place.path / "up")
        pytest_process.terminate()
        said = pytest_process.communicate(timeout=DEADLINE_S)[0]
    assert place.alive() == []
    assert (place.path / "torn-down").exists()
    assert pytest_process.returncode == 2
    assert "Terminated: SIGTERM" in said


def test_a_second_ctrl_c_hurries(hanging, place):
    """EDGE_CASES 27: the server ignores SIGTERM for longer than we would wait."""
    stubborn = f'trap "" TERM; {place.sleep} & wait; wait; wait'
    with hanging(stubborn) as pytest_process:
        wait_for_file(place.path / "up")
        pytest_process.send_signal(signal.SIGINT)
        wait_for_file(place.path / "torn-down")
        pytest_process.send_signal(signal.SIGINT)
        pytest_process.communicate(timeout=DEADLINE_S)
    assert place.alive() == []
    assert pytest_process.returncode in (2, -signal.SIGINT)


def test_sigkill_leaves_nothing(hanging, place):
    with hanging(place.sleep) as pytest_process:
        wait_for_file(place.path / "up")
        os.kill(pytest_process.pid, signal.SIGKILL)
        pytest_process.communicate(timeout=DEADLINE_S)
    assert place.left() == []


def test_a_sigterm_handler_of_another_module_stays(write, run, pytester):
    pytester.makeconftest(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    )
    write("def test_it():\n    assert signal.getsignal(15) == signal.SIG_IGN\n")
    run().assert_outcomes(passed=1)
