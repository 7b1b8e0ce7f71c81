# SPDX-License-Identifier: MIT
"""Whatever ends node or one of its threads: nothing that it has started is left."""

import json
import os
import signal

import helpers
import pytest
from helpers import MASS_DEADLINE_S, wait_until

#: A fixture whose daemon has closed everything; "up" when both are there.
_HEAD = """
const { startFixture, spawn } = require('jig-fixture');
const { Worker, isMainThread } = require('node:worker_threads');
const words = %s;
const options = { ready: 'log:up' };
"""

_ENDS = {
    "stays": "await startFixture(words, options); console.log('up'); setInterval(() => {}, 1e6);",
    "returns": "await startFixture(words, options); console.log('up');",
    "exits": "await startFixture(words, options); console.log('up'); process.exit(3);",
    "exits at once": "startFixture(words, options); console.log('up'); process.exit(3);",
    "throws": "await startFixture(words, options); console.log('up'); throw new Error('x');",
    "aborts": "await startFixture(words, options); console.log('up'); process.abort();",
}


@pytest.fixture(name="program")
def _program(place, node, env, start_of):
    """Start node with the body of an async function."""
    sleep = f"{place.bin}/sleep"
    script = f"setsid {sleep} 1000 <&- >&- 2>&- & echo up; exec {sleep} 1000"
    head = _HEAD % json.dumps(place.sh(script))

    def go(body: str, **options) -> helpers.Running:
        path = place.work / "program.js"
        path.write_text(f"{head}\n(async () => {{\n{body}\n}})();\n")
        return start_of(node(str(path)), env=env, cwd=place.work, **options)

    return go


def is_whole(place):
    return len(place.pids("sleep")) == 2


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"])
def test_a_signal_ends_node(program, place, name):
    running = program(_ENDS["stays"])
    running.await_line("up", MASS_DEADLINE_S)
    wait_until(lambda: is_whole(place), "both processes")
    running.signal(getattr(signal, name))
    assert running.wait() == 128 + getattr(signal, name)
    assert place.await_empty() == []


@pytest.mark.parametrize(
    ("how", "status"),
    [("returns", 0), ("exits", 3), ("exits at once", 3), ("throws", 1), ("aborts", 134)],
)
def test_node_ends_by_itself(program, place, how, status):
    running = program(_ENDS[how])
    running.await_line("up", MASS_DEADLINE_S)
    assert running.wait() == status
    assert place.await_empty() == []


def test_a_fixture_does_not_keep_node_alive_and_what_waits_for_it_does(program):
    running = program(
        "const one = await startFixture(words, options);"
        "setTimeout(() => one.stop(), 50).unref();"
        "console.log((await one.wait()).signalCode);"
        "startFixture(words, options).then(() => console.log('started'));"
    )
    done = running.end()
    assert (done.status, done.lines) == (0, ["SIGTERM", "started"])


_WORKER = """
if (isMainThread) {
  const worker = new Worker(__filename);
  worker.on('error', () => console.log('error'));
  worker.on('exit', (code) => { console.log('exit', code); AFTER });
  worker.on('message', () => { console.log('up'); MAIN });
  setInterval(() => {}, 1e6);
} else {
  await startFixture(words, options);
  setInterval(() => {}, 1e6);
  require('node:worker_threads').parentPort.postMessage('up');
  WORKER
}
"""


@pytest.mark.parametrize(
    ("main", "worker", "line"),
    [
        ("worker.terminate();", "", "exit 1"),
        ("", "process.exit(4);", "exit 4"),
        ("", "throw new Error('x');", "error"),
    ],
)
def test_the_end_of_a_worker_ends_its_fixtures(program, place, main, worker, line):
    """The main thread lives on, with fixtures of its own."""
    body = _WORKER.replace("MAIN", main).replace("WORKER", worker).replace("AFTER", "")
    running = program(body)
    running.await_line(line, MASS_DEADLINE_S)
    wait_until(lambda: not place.pids("sleep"), "the worker's processes have ended")
    assert running.is_alive()


def test_sigkill_ends_the_fixtures_of_workers(program, place):
    body = _WORKER.replace("MAIN", "").replace("WORKER", "").replace("AFTER", "")
    running = program(body)
    running.await_line("up", MASS_DEADLINE_S)
    running.signal(signal.SIGKILL)
    running.wait()
    assert place.await_empty() == []


def test_ctrl_c_reaches_node_alone(program, place):
    """A handler of node decides: the fixture lives until it stops it."""
    running = program(
        "const one = await startFixture(words, options);"
        "process.on('SIGINT', async () => {"
        "  await new Promise((resolve) => setTimeout(resolve, 100));"
        "  console.log(one.hasEnded); await one.stop(); process.exit(5); });"
        "console.log('up'); setInterval(() => {}, 1e6);",
        start_new_session=True,
    )
    running.await_line("up", MASS_DEADLINE_S)
    wait_until(lambda: is_whole(place), "both processes")
    os.killpg(running.pid, signal.SIGINT)  # as the terminal does
    assert running.line(MASS_DEADLINE_S) == "false"
    assert running.wait() == 5


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
@pytest.mark.parametrize("detached", ["true", "false"])
def test_the_end_of_node_ends_the_tree_of_spawn(program, place, name, detached):
    """Also with streams of ours, and in a session of its own."""
    running = program(
        f"const options = {{ stdio: 'inherit', detached: {detached} }};"
        "spawn(words[0], words.slice(1), options);"
    )
    running.await_line("up", MASS_DEADLINE_S)
    wait_until(lambda: is_whole(place), "both processes")
    running.signal(getattr(signal, name))
    assert running.wait() == 128 + getattr(signal, name)
    assert place.await_empty() == []


def test_a_child_of_spawn_keeps_node_alive_until_its_tree_has_ended(program, place):
    running = program(
        "const child = spawn(words[0], words.slice(1), { stdio: 'inherit' });"
        "process.on('SIGUSR2', () => child.kill());"  # This handler keeps nothing alive.
        "child.on('exit', (code, signal) => console.log(signal));"
    )
    running.await_line("up", MASS_DEADLINE_S)
    wait_until(lambda: is_whole(place), "both processes")
    running.signal(signal.SIGUSR2)
    assert running.end().lines == ["SIGTERM"]
    assert place.alive() == []


def test_jig_command_ends_with_the_group_that_gets_sigkill(program, place):
    """As Playwright ends a webServer."""
    running = program(
        "const { jigCommand } = require('jig-fixture');"
        "const child = require('node:child_process').spawn(jigCommand(words),"
        "  { shell: true, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });"
        "child.stdout.once('data', () => process.kill(-child.pid, 'SIGKILL'));"
        "child.on('exit', (code, signal) => console.log(signal));"
    )
    assert running.line(MASS_DEADLINE_S) == "SIGKILL"
    assert running.wait() == 0
    assert place.await_empty() == []
