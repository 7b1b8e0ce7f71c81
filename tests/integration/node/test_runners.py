# SPDX-License-Identifier: MIT
"""Vitest, Jest, Playwright and node:test, as they are: whatever ends them, no process of
a fixture is left."""

import json
import os
import shutil
import signal
import socket
import time

import helpers
import npm
import pytest
from helpers import MASS_DEADLINE_S, TOP, oracle, wait_until

RUNNERS = {
    "vitest-forks": ["vitest/vitest.mjs", "run"],
    "vitest-threads": ["vitest/vitest.mjs", "run"],
    "jest": ["jest/bin/jest.js"],
    "playwright": ["@playwright/test/cli.js", "test"],
    "node": [],
}
_NODE_TEST = ["--test", "one.node.js"]

#: No runner takes as long, however loaded the machine is.
_LIMIT_S = 300


class Project:
    def __init__(self, place, node, runner):
        self.place = place
        self.path = place.work / "project"
        shutil.copytree(TOP / "node" / "tests" / "runners", self.path)
        shutil.copy(TOP / "node" / "tests" / "server.js", self.path)
        modules = self.path / "node_modules"
        modules.mkdir()
        npm.unpack(modules)
        if runner != "node":
            peers = npm.peers()
            for path in peers.glob("[!.]*"):
                (modules / path.name).symlink_to(path)
        name, *rest = RUNNERS[runner] or [None]
        words = [str(modules / name), *rest] if name else _NODE_TEST
        self.words = node(*words)
        sleep = f"{place.bin}/sleep"
        script = f"setsid {sleep} 1000 <&- >&- 2>&- & echo up; exec {sleep} 1000"
        self.env = place.env | {
            "COMMAND": json.dumps(place.sh(script)),
            "POOL": runner.rpartition("-")[2],
            "PLAYWRIGHT_PORT": str(_free_port()),
            "CI": "1",
        }

    def options(self, scenario):
        return {"cwd": self.path, "env": self.env | {"SCENARIO": scenario}}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture(name="runner", params=RUNNERS)
def _runner(request):
    return request.param


@pytest.fixture(name="project")
def _project(place, node, runner):
    return Project(place, node, runner)


def await_test(project) -> None:
    """Runners take long to begin on a loaded machine."""
    for _ in oracle.looks(time.monotonic() + MASS_DEADLINE_S):
        if (project.path / "up").exists():
            return
    raise AssertionError("the test has not begun")


def fixtures_left(place):
    return place.pids("sleep") + place.pids("sh")


@pytest.mark.parametrize(
    ("scenario", "passes"),
    [("passes", True), ("exits", False), ("crashes", False), ("setup", False)],
)
def test_a_runner_ends(project, place, runner, scenario, passes):
    """Its test leaves a fixture behind on purpose."""
    done = helpers.run(project.words, timeout=_LIMIT_S, **project.options(scenario))
    assert (done.status == 0) == passes, done.out + done.err
    assert scenario == "setup" or (project.path / "up").exists(), done.out + done.err
    wait_until(lambda: not fixtures_left(place), "no process is left")


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_the_group_of_a_runner_gets_a_signal(project, place, start_of, name):
    """Ctrl-C, and a CI job that is cancelled."""
    running = start_of(project.words, start_new_session=True, **project.options("stays"))
    await_test(project)
    wait_until(lambda: len(place.pids("sleep")) >= 4, "two fixtures, with their daemons")
    os.killpg(running.pid, getattr(signal, name))
    running.wait()
    wait_until(lambda: not fixtures_left(place), "no process is left")


def test_a_runner_alone_is_killed_within_jig_run(project, place, start_of):
    """`npx jig run -- npx vitest`: its workers end, too."""
    words = helpers.jig_run("--leftovers", "ignore", "--stop-signal", "KILL", *project.words)
    running = start_of(words, **project.options("stays"))
    await_test(project)
    with helpers.pinned([helpers.main_of(running.pid)]) as (main,):
        helpers.send(main, signal.SIGKILL)
    assert running.wait() == 128 + signal.SIGKILL
    assert place.await_empty() == []
