# SPDX-License-Identifier: MIT
"""Readiness tells the truth: which process a listener belongs to, which one may send
READY=1, which output a log probe reads, and what a server answers in chunks."""

import contextlib
import os
import shlex
import socket
import threading

import pytest
import ups
from helpers import FAILED, IS_ROOT, PYTHON, Running, jig_run, run as run_any, stage
from sockets import free_port

ADDRESSES = {
    "127.0.0.1": (socket.AF_INET, "127.0.0.1"),
    "0.0.0.0": (socket.AF_INET, "0.0.0.0"),
    "::": (socket.AF_INET6, "::"),
    "::1": (socket.AF_INET6, "::1"),
}
#: A server that wants the port on both families, and gives up without it.
WANTS = """
import socket, sys, time
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", int(sys.argv[1])))
s.listen()
time.sleep(600)
"""
V6ONLY = """
import socket, sys, time
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind(("::", int(sys.argv[1])))
s.listen()
print("listening", flush=True)
time.sleep(600)
"""


#: The server gives up before jig has looked, however slow the machine is.
NO_LOOK = ("--ready-delay", "1h")


def listening(address: str, port: int = 0) -> socket.socket:
    family, host = ADDRESSES[address]
    one = socket.socket(family)
    one.bind((host, port))
    one.listen()
    return one


@pytest.mark.parametrize("cage", ["auto", "pidns", "subreaper"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_foreign_listener_is_named_though_the_server_gives_up(run, address, cage):
    with listening(address) as foreign:
        port = foreign.getsockname()[1]
        for probe in (f"tcp:{port}", f"http:127.0.0.1:{port}/", f"tcp:[::1]:{port}"):
            words = ["--cage", cage, "--start-timeout", "1h", "--ready", probe]
            result = run(*words, PYTHON, "-c", WANTS, str(port))
            assert result.status == FAILED, result
            assert f"process {os.getpid()} (" in result.err, result
            assert "listens there already" in result.err, result


def test_a_foreign_unix_listener_is_named_though_the_server_gives_up(run, place):
    path = str(place.work / "sock")
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(path)
        foreign.listen()
        result = run("--ready", f"unix:{path}", "false")
    assert f"process {os.getpid()} (" in result.err and "status 1" in result.err


def test_run_with_names_a_foreign_listener_though_the_server_gives_up(run):
    with listening("127.0.0.1") as foreign:
        port = foreign.getsockname()[1]
        server = shlex.join([PYTHON, "-c", WANTS, str(port)])
        for probe in (f"tcp:{port}", f"http:127.0.0.1:{port}/"):
            words = ["--with", server, "--name", "web", "--ready", probe, *NO_LOOK]
            result = run(*words, "--", "echo", "ran")
            assert result.status == FAILED and result.out == "", result
            assert f"process {os.getpid()} (" in result.err, result
            assert "web is not ready: " in result.err and "status 1" in result.err, result


#: process-compose's own http_get takes an answer of any process; `ready` does not.
UP = """
processes:
  web:
    command: "exec {python} wants.py {port}"
    {probe}
"""
UP_PROBES = {
    "tcp": 'ready: "tcp:{}"',
    "http": 'ready: "http:{}/"',
    # Not looked at before the server has given up.
    "http_get": "readiness_probe:"
    " {{http_get: {{host: 127.0.0.1, port: {}}}, initial_delay_seconds: 3600}}",
}


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize("words", [["up"], ["up", "-D"]], ids=" ".join)
@pytest.mark.parametrize("kind", UP_PROBES)
def test_up_names_a_foreign_listener_though_the_server_gives_up(place, kind, words):
    with listening("127.0.0.1") as foreign:
        port = foreign.getsockname()[1]
        text = UP.format(python=PYTHON, port=port, probe=UP_PROBES[kind].format(port))
        with ups.Project(place, {"jig.yaml": text, "wants.py": WANTS}) as here:
            result = here.jig(*words)
    said = result.out + result.err
    assert f"process {os.getpid()} (" in said, result
    # On a slow machine jig may see it before the server does, and then ends that.
    gave_up = "status 1" in said
    assert gave_up or (kind != "http_get" and "ended by SIGTERM" in said), result


def test_a_server_that_gives_up_alone_blames_no_other(run):
    result = run("--ready", "tcp:1", "false")
    assert result.status == FAILED and "listens there" not in result.err.replace(
        "no process listens there", ""
    )


def test_an_ipv6_only_listener_is_not_ready_for_ipv4(run):
    port = str(free_port("::"))
    words = ["--start-timeout", "1500ms", "--ready", f"tcp:127.0.0.1:{port}"]
    result = run(*words, PYTHON, "-c", V6ONLY, port)
    assert result.status == FAILED and "not ready" in result.err, result


@pytest.mark.parametrize("probe", ["tcp:{}", "tcp:localhost:{}", "tcp:[::1]:{}"])
def test_an_ipv6_only_listener_is_ready_for_ipv6(start, probe):
    port = str(free_port("::"))
    jig = start("--verbose", "--ready", probe.format(port), PYTHON, "-c", V6ONLY, port)
    jig.await_line("listening")
    jig.signal(15)
    jig.wait()
    assert "not ready" not in jig.err()


def test_a_foreign_ipv6_only_listener_is_not_in_the_way_of_ipv4(run):
    port = str(free_port("::"))
    server = "import socket,sys,time\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
    with Running([PYTHON, "-c", V6ONLY, port]) as foreign:
        foreign.await_line("listening")
        words = ["--verbose", "--timeout", "3s", "--ready", f"tcp:127.0.0.1:{port}"]
        result = run(*words, PYTHON, "-c", server + "time.sleep(600)", port)
    assert "jig: ready after" in result.err, result


SPOOF = """
import os, socket, sys
for text in ("STOPPING=1", "ERRNO=5", "READY=1"):
    pid = os.fork()
    if pid == 0:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.sendto(text.encode(), b"\\0" + sys.argv[1][1:].encode())
        os._exit(0)
    os.waitpid(pid, 0)
"""


@pytest.mark.skipif(not IS_ROOT, reason="needs another user")
@pytest.mark.parametrize("cage", ["auto", "pidns"])
def test_another_user_cannot_speak_for_a_fixture(start, place, cage):
    script = 'echo "$NOTIFY_SOCKET"; read x; systemd-notify --ready; echo sent; read x; exit 7'
    words = ["--verbose", "--cage", cage, "--ready", "notify", *place.sh(script)]
    jig = start(*words, stdin=-1)
    name = jig.line()
    stranger = run_any([PYTHON, "-c", SPOOF, name], identity="user")
    assert stranger.status == 0, stranger
    assert "ready" not in jig.err()
    jig.stdin.write(b"\n")
    jig.stdin.flush()
    jig.await_line("sent")
    jig.stdin.write(b"\n")
    jig.stdin.flush()
    assert jig.wait() == 7
    assert "jig: ready after" in jig.err()


@pytest.mark.skipif(not IS_ROOT, reason="needs root, to become another user")
@pytest.mark.parametrize("cage", ["auto", "pidns"])
def test_the_user_of_a_fixture_may_speak_and_be_gone(run, place, cage):
    words = ["--verbose", "--cage", cage, "--user", str(stage.NOBODY), "--ready", "notify"]
    result = run(*words, *place.sh("systemd-notify --ready; sleep 0.3"))
    assert "jig: ready after" in result.err, result


#: Where output may go: the table of jig-ready(7), WHERE OUTPUT GOES. "Inherit"
#: is a pipe here.
PLACES = {"inherit": "", "file": "{fd}>{name}", "null": "{fd}>/dev/null", "closed": "{fd}>&-"}
CAPTURED = {"none": (), "out": (1,), "err": (2,), "both": (1, 2)}


def hear(place, how, capture, stream):
    """@return (its result, the streams whose places have the line)."""
    words = [*jig_run("--verbose", "--capture", capture, "--ready", "log:^up$"),
             *place.sh(f"echo up >&{stream}")]  # fmt: skip
    redirections = " ".join(how[fd].format(fd=fd, name=place.work / f"to{fd}") for fd in how)
    shell = ["/bin/sh", "-c", f'exec "$@" {redirections}', "sh"]
    result = run_any([*shell, *words], env=place.env, cwd=place.work)
    texts = {1: result.out, 2: result.err}
    for fd in how:
        path = place.work / f"to{fd}"
        if path.exists():
            texts[fd] += path.read_text()
            path.unlink()
    return result, {fd for fd in texts if "up" in texts[fd].splitlines()}


@pytest.mark.parametrize("stream", [1, 2])
@pytest.mark.parametrize("err", [*PLACES, "merged"])
@pytest.mark.parametrize("out", PLACES)
def test_a_log_probe_reads_both_outputs_wherever_they_go(place, out, err, stream):
    if (out, err) == ("closed", "merged"):
        pytest.skip("nothing to merge with")
    how = {1: PLACES[out], 2: "2>&1" if err == "merged" else PLACES[err]}
    apart = stream == 2 and err != "merged"
    for capture, caught in CAPTURED.items():
        result, seen = hear(place, how, capture, stream)
        assert result.status == 0, (capture, result)
        passed = stream not in caught and (err if apart else out) in ("inherit", "file")
        assert seen == ({2 if apart else 1} if passed else set()), (capture, result)


CHUNKED = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nhea\r\n4\r\nlthy\r\n0\r\n\r\n"
)


def test_chunks_are_read(run):
    with listening("127.0.0.1") as server:

        def serve():
            one, _ = server.accept()
            # jig has heard enough before the end.
            with one, contextlib.suppress(OSError):
                one.recv(4096)
                for byte in CHUNKED:  # As many segments as there can be.
                    one.sendall(bytes([byte]))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        probe = f"http:127.0.0.1:{port}/ expect=healthy owner=any"
        words = ["--verbose", "--timeout", "5s", "--ready", probe]
        result = run(*words, "sleep", "600")
        thread.join(30)
    assert "jig: ready after" in result.err, result


def test_few_descriptors_are_not_taken_for_a_machine_without_proc(run):
    """Either it works in the same cage, or it says what is missing."""
    taken = run("--verbose", "true").err.split(" in a ")[1].split(" cage")[0]
    for limit in range(4, 17):
        words = ["prlimit", f"--nofile={limit}:{limit}", *jig_run("--verbose", "true")]
        result = run_any(words)
        if result.status == 0:
            assert f" in a {taken} cage" in result.err, (limit, result)
        else:
            assert "descriptors" in result.err or "open files" in result.err, (limit, result)
            assert "no /proc" not in result.err, (limit, result)
