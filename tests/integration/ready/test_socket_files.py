# SPDX-License-Identifier: MIT
"""The files of unix sockets that jig binds (--listen): made, replaced, removed."""

import contextlib
import fcntl
import os
import pathlib
import socket
import subprocess

import pytest
from helpers import FAILED, Running, jig, jig_run
from helpers import run as run_any
from helpers import wait_until
from sockets import REPLACED, by_socket, reach


def test_a_stale_unix_socket_is_replaced(run, place, act):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place.work / "sock"))
    assert run("--listen", "a=unix:sock", *act("exit:3")).status == 3
    assert not (place.work / "sock").exists()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_no_socket_is_not_removed(what, run, place):
    path = place.work / "sock"
    path.mkdir() if what == "folder" else path.write_text("mine")
    result = run("--listen", "a=unix:sock", "true")
    assert result.status == FAILED and "cannot listen at unix:sock" in result.err
    assert path.exists()


def test_a_served_unix_socket_is_not_taken_away(run, place):
    path = place.work / "sock"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))
        one.listen(1)
        result = run("--listen", "a=unix:sock", "true")
        assert result.status == FAILED and "in use" in result.err
        reach(str(path))


@pytest.mark.parametrize("words", [["nowhere"], ["--chdir", "nowhere", "true"]])
def test_without_a_start_no_socket_is_left(words, run, place):
    assert run("--listen", "a=unix:sock", *words).status != 0
    assert not (place.work / "sock").exists()


#: Commands that make a socket at "sock"; its command ends once "go" is there.
MAKERS = {
    "run": ["run", "--listen", "a=unix:sock", "--"],
    "with": ["run", "--with", "sleep 1000", "--listen", "a=unix:sock", "--"],
    "up": ["up", "--"],
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("replace", REPLACED)
def test_only_the_socket_that_jig_has_bound_is_removed(place, maker, replace):
    """Not what has its place at the end."""
    path = place.work / "sock"
    (place.work / "there").touch()
    service = "processes: {a: {command: sleep 1000, listen: ['a=unix:sock']}}\n"
    (place.work / "jig.yaml").write_text(service)
    script = "echo on; until test -e go; do sleep 0.01; done"
    words = jig(*MAKERS[maker], *place.sh(script))
    with Running(words, env=place.env, cwd=place.work) as running:
        running.await_line("on")
        assert path.is_socket()
        path.unlink()
        replace(path)
        before = os.lstat(path)
        (place.work / "go").touch()
        assert running.wait() == 0
    after = os.lstat(path)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert (place.work / "there").exists()


@pytest.mark.parametrize("maker", MAKERS)
def test_the_socket_is_removed_at_the_end(place, maker):
    service = "processes: {a: {command: sleep 1000, listen: ['a=unix:sock']}}\n"
    (place.work / "jig.yaml").write_text(service)
    words = jig(*MAKERS[maker], *place.sh("test -S sock"))
    assert run_any(words, env=place.env, cwd=place.work).status == 0
    assert not os.path.lexists(place.work / "sock")


def test_a_link_to_a_stale_socket_is_no_stale_socket(run, place):
    by_socket(place.work / "other")
    (place.work / "sock").symlink_to("other")
    result = run("--listen", "a=unix:sock", "true")
    assert result.status == FAILED and "in use" in result.err
    assert (place.work / "sock").is_symlink()


def test_of_many_that_replace_a_stale_socket_one_does(place):
    """None takes the socket of another one, which has just made it, for stale."""
    script = "echo on; read x"
    words = jig_run("--listen", "a=unix:sock", "--", *place.sh(script))
    options = {"env": place.env, "cwd": place.work, "stdin": subprocess.PIPE}
    for _ in range(5):
        by_socket(place.work / "sock")
        with contextlib.ExitStack() as stack:
            all_of_them = [
                stack.enter_context(Running(words, **options)) for _ in range(20)
            ]
            # One prints its line and waits; the others fail.
            wait_until(
                lambda runs=all_of_them: sum(r.is_alive() for r in runs) <= 1,
                "one is left",
            )
            winners = [running for running in all_of_them if running.is_alive()]
            assert len(winners) == 1
            winners[0].await_line("on")
            reach(str(place.work / "sock"))
            winners[0].stdin.close()
            assert winners[0].wait() == 1
        assert not os.path.lexists(place.work / "sock")


@pytest.fixture
def runtime(place):
    """A runtime directory of the test's own."""
    path = place.path / "runtime"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def env(place, runtime):
    return place.env | {"JIG_RUNTIME_DIR": str(runtime)}


@contextlib.contextmanager
def locked(fd: int):
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextlib.contextmanager
def turn_at(folder, runtime):
    """As a jig that makes a socket there, and is not done yet."""
    at = folder.stat()
    path = runtime / f"bind-{at.st_dev}-{at.st_ino}"
    with locked(os.open(path, os.O_RDWR | os.O_CREAT, 0o600)):
        yield path
        path.unlink()


def holds_open(pid: int, path) -> bool:
    with contextlib.suppress(OSError):
        fds = pathlib.Path(f"/proc/{pid}/fd")
        return any(os.readlink(fd) == str(path) for fd in fds.iterdir())
    return False


def test_a_socket_that_is_being_made_is_not_stale(start, place, runtime, env):
    """Between its bind and its listen no process listens at it, as at a stale one."""
    path = place.work / "sock"
    by_socket(path)
    words = ["--listen", "a=unix:sock", "--", *place.sh("echo on; read x")]
    with socket.socket(socket.AF_UNIX) as other:
        with turn_at(place.work, runtime) as turn:
            jig = start(*words, env=env)
            wait_until(lambda: holds_open(jig.pid, turn), "it waits its turn")
            path.unlink()
            other.bind(str(path))
            other.listen()
        result = jig.end()
        assert result.status == FAILED and "in use" in result.err, result
        reach(str(path))


def test_a_turn_that_has_no_end_is_not_waited_for(run, place, runtime, env):
    """The other jig was stopped. It may be about to listen, so nothing is removed."""
    words = ["--listen", "a=unix:sock", "--", *place.sh("test -S sock")]
    with turn_at(place.work, runtime):
        assert run(*words, env=env).status == 0
        by_socket(place.work / "sock")
        result = run(*words, env=env)
        assert result.status == FAILED and "in use" in result.err, result
        assert (place.work / "sock").is_socket()


@pytest.mark.parametrize("name", ["work", "runtime"])
def test_a_lock_on_a_directory_is_not_jigs(run, place, runtime, env, name):
    """Any user may lock a directory that is readable, /tmp for instance."""
    by_socket(place.work / "sock")
    folder = os.open(place.path / name, os.O_RDONLY | os.O_DIRECTORY)
    with locked(folder):
        words = ["--listen", "a=unix:sock", "--", *place.sh("test -S sock")]
        result = run(*words, env=env)
        assert result.status == 0, result
    assert list(runtime.iterdir()) == []


def test_without_a_runtime_directory_a_stale_socket_is_replaced(run, place):
    by_socket(place.work / "sock")
    words = ["--listen", "a=unix:sock", "--", *place.sh("test -S sock")]
    env = place.env | {"JIG_RUNTIME_DIR": "/dev/null"}
    assert run(*words, env=env).status == 0


def test_another_chdir_does_not_move_the_socket(run, place):
    (place.work / "other").mkdir(mode=0o777)
    words = ["--chdir", "other", "--listen", "a=unix:sock"]
    assert run(*words, *place.sh("test -S ../sock")).status == 0
    assert not (place.work / "sock").exists()
