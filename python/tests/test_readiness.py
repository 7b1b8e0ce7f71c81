# SPDX-License-Identifier: MIT
"""Fixtures that are ready when start() returns, and those that never are."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import pathlib
import signal
import socket
import sys
import threading
import urllib.request

import jig
import pytest
from jig import process_fixture, ready
from waiting import DEADLINE_S, wait_for_file

SERVER = [sys.executable, str(pathlib.Path(__file__).with_name("server.py"))]
WEB = {"web": "127.0.0.1:0"}


def get(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/health", timeout=DEADLINE_S) as got:
        return got.read().decode()


def test_a_server_on_an_inherited_socket_answers():
    with process_fixture(
        [*SERVER, "fd", "{fd:web}"],
        listen=WEB,
        ready=ready.http("{web}/health", "good") & ready.log(r"up on (?P<id>\w+)"),
    ) as p:
        assert get(p.addr["web"]) == "in good health"
        assert p.addr["web"] == f"127.0.0.1:{p.port['web']}"
        assert p.match["id"] == p.match["1"] == "3"
        assert p.ready_after > 0


def test_a_server_on_a_reserved_port_answers():
    with process_fixture(
        [*SERVER, "port", "{port:web}"], ports=["web"], ready="http:{web}/health"
    ) as p:
        assert get(p.addr["web"]) == "in good health"


@pytest.mark.parametrize(
    "options",
    [
        {"args": ["fd", "{fd:web}"], "listen": WEB},
        {"args": ["fd", "{fd:web}"], "listen": {"web": "*:0"}},
        {"args": ["port", "{port:web}"], "ports": ["web"]},
    ],
)
def test_restart_keeps_the_addresses(options):
    args = [*SERVER, *options.pop("args")]
    with process_fixture(args, ready="http:{web}/health", **options) as p:
        before = (p.addr["web"], p.pid)
        for _ in range(3):
            assert get(p.addr["web"]) == "in good health"
            p.restart()
            assert p.addr["web"] == before[0]
            assert p.pid != before[1]
        assert get(p.addr["web"]) == "in good health"


def test_a_port_can_be_asked_for():
    with process_fixture("cat", ports=["a"], stdin=jig.PIPE) as p:
        taken = f"b={p.port['a']}"
        with pytest.raises(jig.SpawnFailed) as caught:
            process_fixture("cat", ports=[taken], stdin=jig.PIPE).start()
        assert caught.value.errno == errno.EADDRINUSE
    with process_fixture("cat", ports=[taken], stdin=jig.PIPE) as again:
        assert again.port["b"] == p.port["a"]
    for wrong in ("b=", "b=0", "b=65536", "b=x", "=5"):
        with pytest.raises(jig.SpawnFailed):
            process_fixture("cat", ports=[wrong], stdin=jig.PIPE).start()


def test_each_kind_can_say_so(tmp_path):
    notify = (
        "import os, socket; "
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
        "s.connect(os.environ['NOTIFY_SOCKET'].replace('@', chr(0), 1)); "
        "s.send(b'READY=1'); input()"
    )
    listens = (
        f"import socket; s = socket.socket(socket.AF_UNIX); s.bind('{tmp_path}/sock'); "
        "s.listen(); input()"
    )
    file = tmp_path / "file"
    for command, condition in (
        ([sys.executable, "-c", notify], ready.notify()),
        ([sys.executable, "-c", listens], ready.unix(tmp_path / "sock")),
        (f"touch {file}; cat", ready.file(file)),
        (f"touch {file}; cat", ready.exec(f"test -e {file}")),
        ("echo >&5; cat", ready.fd(5)),
        ("cat", ready.delay(0.001)),
        ("echo on; cat", ready.file("/no/such/file") | ready.log("^on$")),
    ):
        file.unlink(missing_ok=True)
        with process_fixture(command, ready=condition, stdin=jig.PIPE) as p:
            assert p.poll() is None, condition


@pytest.mark.parametrize(
    ("ending", "code"),
    [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", -signal.SIGKILL)],
)
def test_one_that_ends_before_it_is_ready(ending, code):
    """EDGE_CASES 31."""
    with pytest.raises(jig.ExitedBeforeReady) as caught:
        process_fixture(
            f"echo last words; {ending}", ready=ready.log("never"), start_timeout=None
        ).start()
    error = caught.value
    assert error.returncode == code
    assert error.tail == "last words\n"
    assert "log:never" in str(error) and "last words" in str(error)
    assert error.report.reason == "exit"


def test_one_that_is_not_ready_in_time(place):
    command = place.script(f"echo still trying; {place.sleep}; true")
    with pytest.raises(jig.ReadyTimeout) as caught:
        process_fixture(command, ready="log:never", start_timeout=0.2).start()
    error = caught.value
    assert error.errno == errno.ETIME
    assert error.elapsed > 0
    assert "log:never" in error.probe
    assert place.alive() == []


def test_a_foreign_listener_is_named(place):
    """EDGE_CASES 32."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as foreign:
        port = foreign.getsockname()[1]
        with pytest.raises(jig.StartError) as caught:
            process_fixture(place.sleeper, ready=ready.tcp(port)).start()
    assert caught.value.errno == errno.EADDRINUSE
    assert str(os.getpid()) in str(caught.value)
    assert place.alive() == []


#: A server that wants its port on both families, and gives up without it.
WANTS = """
import socket, sys
one = socket.socket(socket.AF_INET6)
one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
one.bind(("::", int(sys.argv[1])))
one.listen()
sys.stdin.read()
"""


@pytest.mark.parametrize("probe", ["tcp:{}", "tcp:localhost:{}", "http:127.0.0.1:{}/"])
def test_a_foreign_listener_is_named_though_the_server_gives_up(place, probe):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as foreign:
        port = foreign.getsockname()[1]
        server = [sys.executable, "-c", WANTS, str(port)]
        with pytest.raises(jig.StartError) as caught:
            process_fixture(server, ready=probe.format(port)).start()
    assert caught.value.errno == errno.EADDRINUSE
    assert f"process {os.getpid()} (" in str(caught.value)
    assert "status 1" in str(caught.value)
    assert os.strerror(errno.EADDRINUSE) in str(caught.value)


def test_a_foreign_listener_that_may_be_meant_is_named_too(place):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as foreign:
        port = foreign.getsockname()[1]
        server = [sys.executable, "-c", WANTS, str(port)]
        probe = f"http:127.0.0.1:{port}/ owner=any"
        with pytest.raises(jig.ExitedBeforeReady) as caught:
            process_fixture(server, ready=probe).start()
    assert f"its place is taken: process {os.getpid()} (" in str(caught.value)


#: The table of jig-ready(7), WHERE OUTPUT GOES.
PLACES = {
    "None": lambda path: None,
    "path": lambda path: str(path),
    "file": lambda path: path.open("wb"),
    "DEVNULL": lambda path: jig.DEVNULL,
    "PIPE": lambda path: jig.PIPE,
    "CAPTURE": lambda path: jig.CAPTURE,
}


@pytest.mark.parametrize("stream", [1, 2])
@pytest.mark.parametrize("err", [*PLACES, "STDOUT"])
@pytest.mark.parametrize("out", PLACES)
def test_a_log_probe_reads_both_outputs_wherever_they_go(tmp_path, out, err, stream):
    places = {**PLACES, "STDOUT": lambda path: jig.STDOUT}
    with process_fixture(
        ["sh", "-c", f"echo up >&{stream}; read x"],
        ready="log:^up$",
        stdin=jig.PIPE,
        stdout=places[out](tmp_path / "1"),
        stderr=places[err](tmp_path / "2"),
    ) as p:
        apart = stream == 2 and err != "STDOUT"
        if (err if apart else out) == "PIPE":
            assert b"up" in (p.stderr if apart else p.stdout).readline()
    if (err if apart else out) in ("path", "file"):
        assert (tmp_path / str(1 + apart)).read_text() == "up\n"


@pytest.mark.parametrize(
    "probe", ["nonsense", "tcp:99999", "log:(", "tcp:", "http:{nobody}/", "fd:70000"]
)
def test_a_probe_that_makes_no_sense(probe):
    with pytest.raises(jig.SpawnFailed) as caught:
        process_fixture(["true"], ready=probe).start()
    assert caught.value.errno == errno.EINVAL


def test_ctrl_c_while_it_waits(place):
    script = f"echo up > {place.path}/up; {place.sleep}; true"

    def interrupt():
        wait_for_file(place.path / "up")
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        process_fixture(place.script(script), ready="log:never").start()
    thread.join()
    assert place.alive() == []


def test_the_loop_runs_while_it_becomes_ready(place):
    """The command is ready only after the loop has made a file."""

    async def work():
        file = place.path / "file"
        p = process_fixture(place.sleeper, ready=ready.file(file))
        start = asyncio.create_task(p.start_async())
        # One that was there before the command would be a stale one.
        while not place.running():
            await asyncio.sleep(0)
        file.write_text("")
        await start
        assert p.poll() is None
        await p.stop_async()

    asyncio.run(asyncio.wait_for(work(), DEADLINE_S))


def test_an_async_start_that_fails(place):
    async def work():
        async with process_fixture(place.sleeper, ready="log:never", start_timeout=0.1):
            pass

    with pytest.raises(jig.ReadyTimeout):
        asyncio.run(work())
    assert place.alive() == []


def test_an_async_start_that_is_cancelled(place):
    async def work():
        p = process_fixture(place.sleeper, ready="log:never")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(p.start_async(), 0.2)
        assert p.report.reason == "stop"

    asyncio.run(work())
    assert place.alive() == []
