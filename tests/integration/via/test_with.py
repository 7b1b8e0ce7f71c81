# SPDX-License-Identifier: MIT
"""`jig run --with … --via`: a fixture on another machine, for a command here.

The teardown of `place` (conftest.py) asks the oracle for processes that are left:
of the fixture, and of jig on the far side.
"""

import shlex
import signal
import time

import pytest
from helpers import Running, children_of, comm_of, jig_run, pinned, run, send, wait_until

SERVER = (
    "import http.server,sys; http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])),"
    " http.server.SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture(name="forever")
def _forever(place):
    return f"{place.bin}/sleep 600"


def words(far, server: str, *options: str, command: list[str]) -> list[str]:
    return jig_run("--with", server, "--via", far.via, *options, "--", *command)


def test_a_server_there_serves_a_command_here(ssh, place):
    """Its address is that by which this side reaches it."""
    server = f"exec /usr/bin/python3 -c {shlex.quote(SERVER)} 127.0.0.1 {{port:web}}"
    options = ("--port", "web", "--ready", "http:{web}/", "--via-address", "127.0.0.1")
    client = "import sys,urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
    command = ["/usr/bin/python3", "-c", client, "http://{web}/"]
    done = run(words(ssh, server, *options, command=command), env=place.env, cwd=place.work)
    assert done.out == "200\n" and done.status == 0, done.err


def test_names_and_variables_of_a_fixture_there(near, place, forever):
    options = ("--port", "web=12345", "--via-address", "far", "--name", "server")
    command = ["sh", "-c", "echo {web} {host:web} {port:web} $WEB_ADDR $WEB_PORT"]
    done = run(words(near, forever, *options, command=command), env=place.env)
    assert done.out == "far:12345 far 12345 far:12345 12345\n" and done.status == 0


def test_a_stop_there_follows_its_policy(near, place):
    mark = place.work / "mark"
    server = f"trap 'echo >{mark}; exit' INT; while :; do sleep 0.01; done"
    options = ("--stop-signal", "INT", "--ready", "delay:100ms")
    done = run(words(near, server, *options, command=["true"]), env=place.env)
    assert done.status == 0 and mark.exists()


def test_a_fixture_there_that_does_not_become_ready(near, place, forever):
    options = ("--ready", "file:/never", "--start-timeout", "200ms", "--name", "srv")
    done = run(words(near, forever, *options, command=["echo", "never"]), env=place.env)
    assert done.status == 125 and done.out == ""
    assert "srv is not ready" in done.err and "/never" in done.err


def test_a_fixture_there_that_dies(near, place):
    options = ("--name", "srv", "--ready", "delay:1ms")
    command = place.sh("sleep 600")
    done = run(words(near, "sleep 0.3; exit 7", *options, command=command), env=place.env)
    assert done.status == 125 and "srv exited with status 7" in done.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--via-jig", "/nowhere"), "has not found a '/nowhere'"),
        (("--user", "no-such-user"), "no-such-user"),
    ],
)
def test_a_fixture_that_cannot_be_started_there(near, place, forever, options, says):
    done = run(words(near, forever, *options, command=["echo", "never"]), env=place.env)
    assert (done.status, done.out) == (125, "") and says in done.err


def test_a_machine_that_is_lost(ssh, place, forever):
    options = ("--name", "srv")
    command = place.sh("echo up; exec sleep 601")
    with Running(words(ssh, forever, *options, command=command), env=place.env) as running:
        assert running.line() == "up"

        def transports():
            return [pid for pid in _below(running.pid) if comm_of(pid) == "ssh"]

        (transport,) = wait_until(transports, "the transport runs")
        with pinned([transport]) as [fd]:
            send(fd, signal.SIGKILL)
        result = running.end()
    assert result.status == 125 and "srv: the connection to the other" in result.err
    assert "is not known" in result.err


def _below(pid: int) -> list[int]:
    found = children_of(pid)
    return found + [one for child in found for one in _below(child)]


@pytest.mark.parametrize("name", ["KILL", "TERM", "INT"])
def test_jig_here_ends(ssh, place, forever, name):
    command = place.sh("echo up; exec sleep 601")
    with Running(words(ssh, forever, command=command), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.Signals[f"SIG{name}"])
        assert running.wait() == 128 + signal.Signals[f"SIG{name}"]
    assert place.await_empty() == []


def test_a_stop_while_the_transport_hangs(far_of, place, forever):
    far = far_of("sh -c 'exec sleep 602' sh")
    with Running(words(far, forever, command=["true"]), env=place.env) as running:
        wait_until(lambda: place.pids("sleep"), "it hangs")
        began = time.monotonic()
        running.signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM
        assert time.monotonic() - began < 20


def test_fixtures_here_and_there(near, place, forever):
    """The later one gets the earlier one's name."""
    there = 'test "{db}" = 127.0.0.1:12346 && exec sleep 600'
    every = ["--with", forever, "--port", "db=12346", "--name", "a", "--with", there]
    every += ["--via", near.via, "--name", "b", "--ready", "delay:300ms"]
    done = run(jig_run(*every, "--", "echo", "{db}"), env=place.env)
    assert (done.status, done.out) == (0, "127.0.0.1:12346\n"), done.err
