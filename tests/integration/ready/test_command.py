# SPDX-License-Identifier: MIT
"""`jig ready`: wait until probes hold, without a fixture."""

import http.server
import os
import signal
import socket
import subprocess
import threading

import pytest
from helpers import FAILED, IS_ROOT, PID_NAMESPACE, PYTHON, Running, children_of, jig
from helpers import one_line, pinned, run as run_any, send, wait_until

TIMEOUT = 124

#: Listens, says its port, and goes on.
LISTENS = """
import signal, socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
signal.pause()
"""


@pytest.fixture(name="ready")
def _ready(place):
    def go(*words, **options):
        return run_any(jig("ready", *words), env=place.env, cwd=place.work, **options)

    return go


@pytest.fixture
def server():
    """An HTTP server in this process; /missing is 404."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404 if self.path == "/missing" else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def probes(place, server):
    """What holds here, and what does not: {kind: (yes, no)}."""
    (place.work / "there").write_text("from long ago")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket() as free:
        listener.bind(str(place.work / "sock"))
        listener.listen()
        free.bind(("127.0.0.1", 0))  # and does not listen
        closed = free.getsockname()[1]
        yield {
            "tcp": (f"tcp:{server.server_port}", f"tcp:127.0.0.1:{closed}"),
            "unix": ("unix:sock", "unix:nothing"),
            "http": (f"http:{server.server_port}", f"http:{server.server_port}/missing"),
            "file": ("file:there", "file:never"),
            "exec": ("exec:test -e there", "exec:echo why >&2; exit 3"),
            "delay": ("delay:1ms", "delay:1h"),
        }


KINDS = pytest.mark.parametrize("kind", ["tcp", "unix", "http", "file", "exec", "delay"])

REASONS = {
    "tcp": "refused",
    "unix": "nothing",
    "http": "404",
    "file": "does not exist",
    "exec": "exit status 3: why",
    "delay": "to go",
}


@KINDS
def test_a_probe_that_holds(ready, probes, kind):
    assert ready(probes[kind][0]) == (0, "", "")


@KINDS
def test_a_probe_that_does_not_hold_in_time(ready, probes, kind):
    result = ready("--timeout", "700ms", probes[kind][1])
    assert result.status == TIMEOUT and result.out == ""
    said = one_line(result)
    assert f"waiting for {probes[kind][1]}: " in said and REASONS[kind] in said
    assert ready("-q", "--timeout", "100ms", probes[kind][1]) == (TIMEOUT, "", "")


def test_all_must_hold_or_an_alternative(ready, probes):
    yes = [one for one, _ in probes.values()]
    assert ready(*yes).status == 0
    late = ["--timeout", "300ms"]
    assert ready(*late, *yes, "file:never").status == TIMEOUT
    assert ready(*late, *yes, "file:never", "|file:there").status == 0


def test_the_number_of_successes_in_a_row(ready, place):
    """The second attempt fails: so it is the third and the fourth that count."""
    probe = "exec:echo >>runs; [ $(wc -l <runs) -ne 2 ]"
    assert ready("--interval", "1ms", "--successes", "2", probe).status == 0
    assert (place.work / "runs").read_text() == "\n" * 4


def test_an_attempt_has_a_time_limit(ready, place):
    """The first attempt hangs; the next one succeeds."""
    probe = "exec:[ -e hung ] || { touch hung; sleep 1000; }"
    assert ready("--attempt", "300ms", "--interval", "1ms", probe).status == 0


def test_there_is_no_attempt_before_the_delay(ready, place):
    words = ("--delay", "1h", "--timeout", "200ms", "exec:touch tried")
    assert ready(*words).status == TIMEOUT
    assert not (place.work / "tried").exists()


@pytest.mark.parametrize(
    "words", [("--delay", "x"), ("--attempt", "0s"), ("--successes", "0")]
)
def test_a_wrong_time_or_number_is_refused(ready, words):
    done = ready(*words, "delay:0s")
    assert done.status == FAILED and words[1] in done.err


def test_it_waits_for_what_comes_later(place):
    with Running(jig("ready", "file:later", "unix:sock"), env=place.env, cwd=place.work) as one:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(place.work / "sock"))
            listener.listen()
            assert one.is_alive()
            (place.work / "later").touch()
            assert one.end() == (0, "", "")


@pytest.mark.parametrize(
    "words, said",
    [
        (["notify"], "needs the command"),
        (["fd:4"], "needs the command"),
        (["log:up"], "needs the command"),
        (["tcp:abc"], "the form is"),
        (["tcp:localhost:1 owner=me"], "owner=any"),
        (["tpc:80"], "did you mean tcp?"),
        (["|file:x"], "alternative to nothing"),
        ([], "no probe"),
        (["file:x"] * 17, "more than 16"),
        (["--timeout", "0", "file:x"], "--timeout '0'"),
        (["--interval", "soon", "file:x"], "--interval 'soon'"),
        (["--pid", "0", "file:x"], "--pid '0'"),
        (["--pid", "999999999", "file:x"], "cannot watch process 999999999"),
    ],
    ids=lambda one: "_".join(one)[:30] if isinstance(one, list) else "",
)
def test_what_can_never_hold_is_an_error_at_once(ready, words, said):
    result = ready("--timeout", "none", *words)
    assert result.status == FAILED and said in result.err, result


@pytest.fixture
def listening(place):
    """A process that listens, and its port."""
    with Running([PYTHON, "-c", LISTENS], env=place.env) as one:
        yield one, int(one.line())


def test_the_listener_is_the_process_or_a_descendant(ready, listening):
    one, port = listening
    assert ready("--pid", str(one.pid), f"tcp:{port}") == (0, "", "")
    assert ready("--pid", str(os.getpid()), f"tcp:{port}") == (0, "", "")


def test_the_listener_of_another_process_is_an_error_at_once(ready, listening):
    one, port = listening
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        try:
            words = ["--pid", str(other.pid), "--timeout", "none"]
            result = ready(*words, f"tcp:{port}")
            assert ready(*words, f"tcp:{port} owner=any").status == 0
        finally:
            other.kill()
    assert result.status == FAILED and f"process {one.pid} " in one_line(result)


def test_the_end_of_the_process_is_an_error_at_once(place):
    with Running(["/bin/sleep", "600"]) as other:
        words = ["--pid", str(other.pid), "--timeout", "none", "file:never"]
        with Running(jig("ready", *words), env=place.env, cwd=place.work) as one:
            other.signal(signal.SIGKILL)
            assert one.wait() == FAILED
            assert f"process {other.pid} has ended" in one.err()


STOPS = pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT"])


@STOPS
def test_a_signal_ends_it_with_its_run(place, name):
    """What an exec: probe has started ends, too: see the end of `place`."""
    words = ["file:never", "exec:setsid sleep 600 & echo >runs; exec sleep 600"]
    with Running(jig("ready", *words), env=place.env, cwd=place.work) as one:
        wait_until(lambda: (place.work / "runs").exists(), "the probe runs")
        one.signal(signal.Signals[f"SIG{name}"])
        assert one.wait() == 128 + signal.Signals[f"SIG{name}"]
        assert one.err() == ""


@STOPS
@pytest.mark.skipif(not IS_ROOT, reason="needs root, to make containers")
def test_a_signal_ends_it_as_pid_1(place, name):
    """An init container: the kernel gives PID 1 no default actions."""
    ask = "exec:echo >runs; exit 1"
    words = [*PID_NAMESPACE, *jig("ready", ask)]
    with Running(words, env=place.env, cwd=place.work) as one:
        wait_until(lambda: (place.work / "runs").exists(), "the probe runs")
        (init,) = children_of(one.pid)
        with pinned([init]) as (fd,):
            send(fd, signal.Signals[f"SIG{name}"])
            assert one.wait() == 128 + signal.Signals[f"SIG{name}"]


def test_an_ignored_signal_stays_ignored(place):
    command = ["nohup", *jig("ready", "file:later", "exec:echo >runs")]
    with Running(command, env=place.env, cwd=place.work) as one:
        wait_until(lambda: (place.work / "runs").exists(), "it looks")
        one.signal(signal.SIGHUP)
        (place.work / "later").touch()
        assert one.wait() == 0
