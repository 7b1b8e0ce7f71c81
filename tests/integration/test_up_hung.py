# SPDX-License-Identifier: MIT
"""`jig up` and `jig run --with` go on while a file system does not answer: a
program, a directory or a log file there holds up its own service alone."""

import signal

import pytest
import ups
from helpers import Running, await_end, jig, jig_run, pinned, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

TERM = 128 + signal.SIGTERM

#: What hangs when a service is started, and the operation that does not answer.
WAYS = {
    "program opened": ("open", "prog", "{path}/prog 1000", ""),
    "program read": ("read", "prog", "{path}/prog 1000", ""),
    "program looked up": ("lookup", "prog", "{path}/prog 1000", ""),
    "directory entered": ("getattr", "dir", "sleep 1000", "{path}/dir"),
    "directory looked up": ("lookup", "dir", "sleep 1000", "{path}/dir"),
}


@pytest.fixture(name="project", params=list(WAYS))
def _project(request, hung, place):
    """A service that hangs, and one that does not and stands behind it."""
    operation, name, command, directory = WAYS[request.param]
    words = ", ".join(f'"{word}"' for word in command.format(path=hung.path).split())
    where = directory.format(path=hung.path)
    yaml = f"""
processes:
  hangs:
    entrypoint: [{words}]
    {f'working_dir: "{where}"' if where else ""}
  good: {{command: "echo up; {ups.forever(place)}"}}
"""
    with ups.Project(place, {"jig.yaml": yaml}) as here:
        here.hung = hung
        here.operation = operation
        hung.hang(operation, name)
        yield here
        hung.answer()


def end(here: ups.Project, up: Running) -> int:
    """Its own end is not held up; what a request in flight keeps in state D can
    end when that is answered, and that is the guard's to bound."""
    wait_until(lambda: up.line().endswith("| ended by SIGTERM"), "the other has ended")
    here.hung.answer()
    return up.wait()


def start(here: ups.Project) -> Running:
    """Until the other one runs, though the first hangs."""
    up = here.start()
    here.hung.await_hung(here.operation)
    here.await_state("good.1", "ready")
    assert here.state("hangs.1") == "starting"
    return up


@pytest.mark.parametrize("signo", (signal.SIGTERM, signal.SIGINT))
def test_a_signal_stops_all_though_one_hangs_in_its_start(project, signo):
    up = start(project)
    up.signal(signo)
    assert end(project, up) == 128 + signo


def test_down_stops_all_though_one_hangs_in_its_start(project, place):
    up = start(project)
    with Running(jig("down"), env=place.env, cwd=place.work) as down:
        assert end(project, up) == 0
        assert down.wait() == 0


def test_one_that_hangs_in_its_start_can_be_stopped_and_started_again(project, place):
    up = start(project)
    with Running(jig("stop", "hangs"), env=place.env, cwd=place.work) as stop:
        project.await_state("hangs.1", "stopping")
        assert project.state("good.1") == "ready"
        project.hung.answer()
        assert stop.wait() == 0
    assert project.state("hangs.1") == "stopped"
    assert project.jig("restart", "hangs").status == 0
    assert project.state("hangs.1") == "ready"
    assert ups.end(up).status == TERM


def test_one_that_hangs_runs_once_it_is_answered(project):
    up = start(project)
    project.hung.answer()
    project.await_state("hangs.1", "ready")
    assert ups.end(up).status == TERM


def test_all_ends_when_up_is_killed_though_one_hangs_in_its_start(project, place):
    up = start(project)
    services = [one["pid"] for one in project.ps().values() if one["pid"]]
    with pinned(services) as pidfds:
        up.signal(signal.SIGKILL)
        up.wait()
        for pidfd in pidfds:
            await_end(pidfd)


def test_a_start_that_hangs_ends_with_its_start_timeout(hung, place):
    yaml = f"""
processes:
  hangs: {{entrypoint: ["{hung.path}/prog", "9"], ready: "log:up", start_timeout: 100ms}}
  good: {{command: "{ups.forever(place)}"}}
"""
    with ups.Project(place, {"jig.yaml": yaml}) as here:
        hung.hang("read", "prog")
        up = here.start("-D")
        here.await_answer()
        here.await_state("hangs.1", "stopping")
        assert here.state("good.1") == "ready"
        hung.answer()
        assert up.wait() == 1
        assert "does its file system answer" in up.err() and "goes on" in up.err()
        assert here.state("hangs.1") == "ended"
        assert here.jig("down").status == 0


def test_a_command_around_that_hangs_can_be_stopped(hung, place):
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        hung.hang("read", "prog")
        up = here.start("--", f"{hung.path}/prog", "9")
        hung.await_hung("read")
        up.signal(signal.SIGTERM)
        hung.answer()
        assert up.wait() == TERM


# ------------------------------------------------------------ jig run --with


@pytest.mark.parametrize("words", ([], ["--parallel"]), ids=("in turn", "at once"))
def test_with_can_be_stopped_though_a_fixture_hangs_in_its_start(hung, place, words):
    hung.hang("lookup", "dir")
    stays = f"echo up; {ups.forever(place)}"
    command = jig_run(
        *words, "--with", f"one={stays}", "--ready", "log:up",
        "--with", "two=sleep 1000", "--chdir", f"{hung.path}/dir",
        "--", "/bin/echo", "ran",
    )  # fmt: skip
    with Running(command, env=place.env, cwd=place.work) as run:
        hung.await_hung("lookup")
        run.signal(signal.SIGTERM)
        hung.answer()
        result = run.end()
        assert result.status == TERM and "ran" not in result.out, result
