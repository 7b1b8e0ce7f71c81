# SPDX-License-Identifier: MIT
"""is_daemon whose command ends and leaves no process: a server of another
supervisor, which the test plays (`docker run -d`)."""

import json
import signal

import pytest
import ups
from helpers import PYTHON, Running, wait_until
from sockets import free_port

pytestmark = pytest.mark.usefixtures("own_registry")

#: Asks the engine for the server, and ends.
LAUNCH = "echo launch >>asked"

#: Ends the server; the engine reaps it.
SHUTDOWN = "echo down >>said; kill $(cat pid)"

NEXT = """
  next:
    command: "echo next; exec sleep 600"
    depends_on: {web: {condition: process_healthy}}
"""

HTTP = "{http_get: {port: PORT}}"
EXEC = '{exec: {command: "test -f served/healthy"}, period_seconds: 1}'

#: A file and its probe, for a server on PORT.
FORMS = {
    "process-compose-http": ("process-compose.yaml", f"readiness_probe: {HTTP}"),
    "process-compose-exec": ("process-compose.yaml", f"readiness_probe: {EXEC}"),
    "jig-http": ("jig.yaml", 'ready: "http:127.0.0.1:PORT/healthy owner=any"'),
    "jig-tcp": ("jig.yaml", 'ready: "tcp:PORT owner=any"'),
    "jig-exec": ("jig.yaml", 'ready: "exec:test -f served/healthy"'),
}


def text_of(probe: str, more: str = "", shutdown: str = SHUTDOWN) -> str:
    return f"""
processes:
  web:
    command: "{LAUNCH}"
    is_daemon: true
    {probe}
    {more}
    shutdown: {{command: "{shutdown}"}}
{NEXT}"""


@pytest.fixture(name="open_project")
def _open_project(project):
    def go(text: str, name: str = "jig.yaml") -> ups.Project:
        return project(**{name: text})

    return go


class Engine:
    """Starts the server outside of any fixture, as a container engine does."""

    def __init__(self, here: ups.Project, port: int):
        wait_until(lambda: here.read("asked"), "the engine was asked")
        served = here.directory / "served"
        served.mkdir()
        words = [PYTHON, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
        self._server = Running(words, cwd=served, env=here.place.env)
        (here.directory / "pid").write_text(str(self._server.pid))
        (served / "healthy").write_text("yes\n")

    def __enter__(self):
        return self._server

    def __exit__(self, *_):
        self._server.__exit__()


@pytest.mark.parametrize("form", FORMS)
def test_it_is_probed_until_it_is_ready(open_project, form):
    name, probe = FORMS[form]
    port = free_port()
    here = open_project(text_of(probe.replace("PORT", str(port))), name)
    jig = here.start()
    here.await_answer()
    here.await_state("web.1", "launched")
    assert here.state("next.1") == "waiting"
    with Engine(here, port) as server:
        here.await_state("next.1", "ready")
        assert here.state("web.1") == "launched"
        result = here.jig("down")
        assert result.status == 0, result
        assert server.wait() == 128 + signal.SIGTERM
    lines = ups.said_by(jig.end().lines, "web.1")
    assert "exited with status 0" in lines
    assert any(line.startswith("ready after ") for line in lines), lines
    assert here.read("said") == "down\n"
    assert here.read("asked") == "launch\n"


#: What never becomes ready, and what is said about it.
NEVER = {
    "timeout": (
        'ready: "exec:false"',
        "start_timeout: 2s",
        "timeout after 2 s; waiting for exec:false",
    ),
    "threshold": (
        "readiness_probe: {exec: {command: 'false'}, period_seconds: 1, failure_threshold: 1}",
        "",
        "timeout after 2 s; waiting for exec:",
    ),
    "log": ('ready: "log:up"', "", "its command has ended and left no process"),
    "alternative": (
        'ready: ["file:never", "|notify"]',
        "",
        "its command has ended and left no process",
    ),
}


@pytest.mark.parametrize("which", NEVER)
def test_one_that_does_not_become_ready_is_shut_down(open_project, which):
    probe, more, problem = NEVER[which]
    here = open_project(text_of(probe, more, "echo down >>said"))
    result = here.jig("up", "--no-times")
    assert result.status == 125, result
    said = ups.said_by(result.lines, "web.1")
    assert any(line.startswith(problem) for line in said), said
    assert any(line.startswith("skipped: ") for line in ups.said_by(result.lines, "next.1"))
    assert here.read("said") == "down\n"


def test_a_foreign_listener_is_not_taken_for_it(open_project):
    """No process of the service is left, so it cannot be one of them."""
    port = free_port()
    text = text_of(f'ready: "tcp:{port}"', "start_timeout: 20s", "echo down >>said")
    here = open_project(text)
    jig = here.start()
    here.await_answer()
    here.await_state("web.1", "launched")
    with Engine(here, port):
        assert jig.wait() == 125
    assert "does not belong to this fixture" in "\n".join(jig.end().lines)
    assert here.read("said") == "down\n"


def test_it_restarts_by_its_policy(open_project):
    more = "availability: {restart: on_failure, max_restarts: 2, backoff_seconds: 0.1}"
    here = open_project(text_of('ready: "log:never"', more, "echo down >>said"))
    assert here.jig("up").status == 125
    assert here.read("asked") == "launch\n" * 3
    assert here.read("said") == "down\n" * 3


STOPS = {
    "stop": (["stop", "web"], "stopped"),
    "restart": (["restart", "web"], ""),
    "down": (["down"], ""),
}


@pytest.mark.parametrize("which", STOPS)
def test_it_is_stopped_while_its_probes_run(open_project, which):
    words, state = STOPS[which]
    probe = 'ready: "exec:test -f healthy || exec sleep 600"'
    here = open_project(text_of(probe, "start_timeout: 1h", "echo down >>said"))
    jig = here.start()
    here.await_answer()
    here.await_state("web.1", "launched")
    if which == "restart":
        # It returns when the new one is ready.
        (here.directory / "healthy").write_text("")
    result = here.jig(*words)
    assert result.status == 0, result
    assert here.read("said") == "down\n"
    if state:
        assert here.state("web.1") == state
        assert here.state("next.1") == "skipped"
    if which == "restart":
        assert here.read("asked") == "launch\n" * 2
        here.await_state("next.1", "ready")
    assert ups.end(jig).status in (0, ups.TERM)


def test_others_wait_for_it(open_project):
    """`jig up -D`, and the command of `jig up -- command`."""
    probe = 'ready: "exec:test -f healthy"'
    here = open_project(text_of(probe, "", "echo down >>said"))
    with here.start("-D") as detached:
        here.await_answer()
        here.await_state("web.1", "launched")
        assert detached.is_alive()
        (here.directory / "healthy").write_text("")
        assert detached.wait() == 0
    assert here.jig("down").status == 0
    (here.directory / "healthy").unlink()
    with here.start("--", "cat", "healthy") as around:
        here.await_answer()
        here.await_state("web.1", "launched")
        (here.directory / "healthy").write_text("it is\n")
        assert around.end().out == "it is\n"


def test_a_failure_of_a_background_start_says_why(open_project):
    text = text_of('ready: "exec:false"', "start_timeout: 2s", "true")
    here = open_project(text)
    result = here.jig("up", "-D")
    assert result.status == 1
    assert "web.1: timeout after 2 s; waiting for exec:false" in result.err


def test_one_that_was_ready_before_its_end_is_not_probed_again(open_project):
    probe = 'ready: "exec:echo asked >>probes"'
    text = text_of(probe, "", "true").replace(LAUNCH, "until test -e go; do sleep 0.01; done")
    here = open_project(text)
    jig = here.start()
    here.await_answer()
    here.await_state("next.1", "ready")
    (here.directory / "go").touch()
    here.await_state("web.1", "launched")
    assert here.read("probes") == "asked\n"
    assert here.jig("down").status == 0
    assert jig.wait() == 0


def test_a_daemon_that_crashes_is_not_launched(open_project):
    """It has left a process, which was the service."""
    text = text_of('ready: "file:never"', "", "true")
    text = text.replace(LAUNCH, "sleep 0.1 & true")
    here = open_project(text)
    jig = here.start("--keep-going")
    here.await_answer()
    here.await_state("web.1", "ended")
    assert json.loads(here.jig("ps", "--json").out)[0]["problem"].startswith("it exited with status 0")
    assert here.jig("down").status == 0
    assert jig.wait() == 0
