# SPDX-License-Identifier: MIT
"""jig run --live: jig probes a ready command again, and stops it when it fails.

On SIGUSR1 the server stops listening but lives on, so its process shows no failure.
"""

import contextlib
import os
import signal
import socket

import pytest
from helpers import CAGES, FAILED, IS_ROOT, PYTHON, await_ready, one_line, wait_until
from sockets import free_port

SERVER = """
import os, signal, socket, sys

where, answer = sys.argv[1], b"HTTP/1.0 200 OK\\r\\n\\r\\n"
if where.isdigit():
    server = socket.create_server(("127.0.0.1", int(where)))
else:
    server = socket.socket(socket.AF_UNIX)
    server.bind(where)
    server.listen()

def deaf(*_):
    server.close()
    while True:
        signal.pause()

def told(*_):
    open("told", "w").close()
    sys.exit(3)

signal.signal(signal.SIGUSR1, deaf)
signal.signal(signal.SIGTERM, told)
while True:
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(answer)
    client.close()
"""

FAST = ("--live-interval", "20ms", "--live-failures", "2")
#: A slow machine is no failure.
PATIENT = ("--live-timeout", "60s")


@pytest.fixture
def server(place, start):
    """A server under jig, ready, and asked by this probe."""
    place.copy(PYTHON, "python")

    def go(probe: str, where: str, *options: str):
        words = ["-v", "--ready", probe, "--live", probe, *FAST, *options]
        words += ["--report", "report", "--", "python", "-c", SERVER, where]
        jig = start(*words)
        await_ready(jig)
        return jig

    return go


def assert_unhealthy(jig, place) -> str:
    done = jig.end()
    assert done.status == FAILED, done
    report = place.read_report()
    assert report["reason"] == "unhealthy"
    assert report["main"]["exit_status"] == 3  # by SIGTERM, as the policy has it
    assert (place.work / "told").exists()
    return next(line for line in done.err.splitlines() if "not healthy" in line)


@pytest.mark.parametrize("cage", [*CAGES, "pgroup"])
def test_in_each_cage(server, place, cage):
    if cage == "cgroup" and not IS_ROOT:
        pytest.skip("needs a control group that we may write to")
    port = free_port()
    with server(f"http:{port}/", str(port), "--cage", cage) as jig:
        jig.signal(signal.SIGUSR1)
        said = assert_unhealthy(jig, place)
    assert said == (
        f"jig: not healthy: http:{port}/: no process listens there (2 attempts in a row)"
    )


def test_tcp_and_unix(server, place):
    port = free_port()
    with server(f"tcp:{port}", str(port)) as jig:
        jig.signal(signal.SIGUSR1)
        assert "no process listens there" in assert_unhealthy(jig, place)
    (place.work / "told").unlink()
    with server("unix:sock", "sock") as jig:
        jig.signal(signal.SIGUSR1)
        assert "no process listens on it" in assert_unhealthy(jig, place)


def test_32_a_foreign_listener_is_not_health(server, place):
    port = free_port()
    with server(f"tcp:{port}", str(port), "--live-failures", "5") as jig:
        jig.signal(signal.SIGUSR1)

        def take():
            with contextlib.suppress(OSError):
                return socket.create_server(("127.0.0.1", port))

        # Retried as long as the server holds it; it is asked meanwhile.
        with contextlib.closing(wait_until(take, "the port")):
            assert_unhealthy(jig, place)


def test_a_healthy_one_is_left_alone(run, place):
    script = "until test -e n && test $(wc -l <n) -gt 5; do :; done; exit 5"
    live = ("--live", "exec:echo >>n", "--live-interval", "1ms")
    done = run(*live, "--report", "report", "--", *place.sh(script))
    assert done.status == 5
    assert done.err == ""
    assert place.read_report()["reason"] == "exit"


def test_failures_count_in_a_row(run, place):
    """Every second attempt fails; two in a row would stop the command."""
    look = "exec:echo >>n; test $(( $(wc -l <n) % 2 )) = 0"
    script = "until test -e n && test $(wc -l <n) -gt 6; do :; done; exit 5"
    live = ("--live", look, "--live-interval", "1ms", "--live-failures", "2", *PATIENT)
    assert run(*live, "--", *place.sh(script)).status == 5


def test_it_is_not_asked_before_it_is_ready(run, place):
    """An attempt before ready would fail: the file appears together with ready."""
    live = ("--live", "exec:test -e served", "--live-failures", "1", *PATIENT)
    script = ": >served; echo >&3; until test -e asked; do :; done; exit 5"
    second = ("--live", "exec:: >asked")
    done = run("--ready", "fd", *live, *second, "--", *place.sh(script))
    assert done.status == 5, done


def test_the_delay_is_kept(run, place):
    live = ("--live", "exec:: >asked", "--live-delay", "1h")
    assert run(*live, "--", "true").status == 0
    assert not (place.work / "asked").exists()


def test_a_look_that_hangs_is_ended(run, place):
    """And nothing of it is left: the place says so."""
    live = ("--live", "exec:exec sleep 1000", "--live-timeout", "50ms", *FAST)
    done = run(*live, "--", "sleep", "1000")
    assert done.status == FAILED
    assert "it did not end within 50 ms (2 attempts in a row)" in done.err


def test_a_server_that_hangs_is_unhealthy(place, start):
    place.copy(PYTHON, "python")
    port = free_port()
    script = (
        "import signal, socket; s = socket.create_server(('127.0.0.1', %d));"
        "signal.pause()" % port
    )
    live = ("--live", f"http:{port}/", "--live-timeout", "50ms", *FAST)
    ready = ("-v", "--ready", f"tcp:{port}")
    with start(*ready, *live, "--", "python", "-c", script) as jig:
        done = jig.end()
    assert done.status == FAILED
    assert "no answer within 50 ms (2 attempts in a row)" in done.err


def test_an_end_by_itself_is_no_failure(run, place):
    live = ("--live", "exec:false", "--live-failures", "1000000", *FAST[:2])
    assert run(*live, "--", *place.sh("exit 9")).status == 9


@pytest.mark.parametrize("guard_dies", [False, True])
def test_nothing_is_left_of_a_look(start, place, guard_dies):
    """A probe that runs at the end is ended too, whichever process brings the end."""
    live = ("--live", "exec:: >asked; exec sleep 1000", "--live-timeout", "1h")
    with start(*live, "--", "sleep", "1000") as jig:
        wait_until(lambda: (place.work / "asked").exists(), "it is asked")
        jig.signal(signal.SIGKILL if guard_dies else signal.SIGTERM)
        jig.wait()
        assert place.await_empty() == []


@pytest.mark.parametrize("probe", ["log:x", "notify", "fd", "delay:1s", "lice:1"])
def test_what_cannot_be_asked_again_is_refused(run, place, probe):
    done = run("--live", probe, "--", *place.sh(": >ran"))
    assert done.status == FAILED
    assert probe in one_line(done)
    assert not (place.work / "ran").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--live-failures", "2"],
        ["--live", "tcp:1", "--live-failures", "0"],
        ["--live", "tcp:1", "--live-interval", "0"],
        ["--live", "tcp:1", "--live-timeout", "soon"],
        ["--ready", "tcp:1", "--ready-successes", "no"],
        ["--ready", "tcp:1", "--ready-timeout", "0"],
    ],
    ids=" ".join,
)
def test_wrong_figures_are_one_clear_error(run, words):
    done = run(*words, "--", "true")
    assert done.status == FAILED
    assert words[-2][:6] in one_line(done)


def test_ready_successes_count_in_a_row(start, place):
    """The second attempt fails, so the third is the first of three."""
    look = "exec:echo >>n; test $(wc -l <n) -ne 2"
    words = ("--ready", look, "--ready-successes", "3", "--interval", "1ms")
    with start("-v", *words, "--", "sleep", "1000") as jig:
        await_ready(jig)
        assert (place.work / "n").read_text().count("\n") == 5
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 128 + signal.SIGTERM


def test_ready_delay_comes_before_the_first_look(run, place):
    words = ("--ready", "exec:: >asked", "--ready-delay", "1h")
    done = run(*words, "--start-timeout", "50ms", "--", "sleep", "1000")
    assert done.status == FAILED
    assert not (place.work / "asked").exists()


def test_ready_timeout_bounds_a_look(start, place):
    """The first run hangs, and is ended; the second says yes."""
    look = "exec:test -e hung || { : >hung; exec sleep 1000; }"
    words = ("-v", "--ready", look, "--ready-timeout", "50ms")
    with start(*words, "--", "sleep", "1000") as jig:
        await_ready(jig)
        jig.signal(signal.SIGTERM)
        jig.wait()


def test_names_stand_for_sockets(start, place):
    words = ("--port", "web", "--live", "tcp:{web}", *FAST)
    with start(*words, "--", "sleep", "1000") as jig:
        done = jig.end()
    assert done.status == FAILED
    assert "not healthy: tcp:127.0.0.1:" in done.err
    assert os.fspath(place.work) not in done.err


def test_a_fixture_around_a_command_that_ceases_to_serve(run, place):
    """--with: jig says why, and stops the command."""
    server = f"{place.bin}/sleep 1000"
    look = f"exec:test ! -e {place.work}/down"
    words = ("--with", server, "--name", "db", "--live", look, *FAST)
    done = run(*words, "--", *place.sh(": >down; sleep 1000"))
    assert done.status == FAILED
    assert "db ceased to serve: exec:test" in done.err
