# SPDX-License-Identifier: MIT
"""Sockets that jig binds (--listen), and ports that it reserves (--port)."""

import concurrent.futures
import os
import pathlib
import signal
import socket
import stat

import pytest
from helpers import FAILED, await_ready, jig_run, one_line
from helpers import run as run_any
from helpers import wait_until
from sockets import reach, refuses

ADDRESSES = {
    "v4": "web=127.0.0.1:0",
    "localhost": "web=localhost:0",
    "bare": "web=:0",
    "any": "web=*:0",
    "v6": "web=[::1]:0",
    "v6-any": "web=[::]:0",
    "unix": "web=unix:sock",
    "path": "web={work}/sock",
}


def said(result) -> dict[str, str]:
    return dict(line.split("=", 1) for line in result.lines)


VARIABLES = ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "WEB_ADDR", "WEB_PORT"]
SAY = [f"print_env:{name}" for name in VARIABLES]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_socket_is_bound_and_passed(kind, start, act, place, identity):
    """By systemd's protocol; in words and environment; to a probe."""
    listen = ADDRESSES[kind].format(work=place.work)
    words = ["-v", "--listen", listen, "--env", "OWN=<{addr:web}>"]
    words += ["--ready", "log:words (.*)", "--log-prefix", "{port:web}"]
    part = ["pid", *SAY, "print_env:OWN", "say:words {web} {fd:web} {port:web} {x}"]
    part += ["listen_fd:{fd:web}", "mute"]
    jig = start(*words, *act(*part), identity=identity)
    found = {}
    while not (line := jig.line()).startswith("words"):
        name, value = line.split("=", 1)
        found[name] = value
    assert found["LISTEN_PID"] == found["pid"]
    assert (found["LISTEN_FDS"], found["LISTEN_FDNAMES"]) == ("1", "web")
    address, port = found["WEB_ADDR"], found["WEB_PORT"]
    assert found["OWN"] == f"<{address}>"
    is_path = kind in ("unix", "path")
    if is_path:
        assert port == "None" and line == f"words {address} 3 {{port:web}} {{x}}"
    else:
        assert address.endswith(f":{port}")
        assert line == f"words {address} 3 {port} {{x}}"
    reach(str(place.work / address) if is_path else address)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143
    assert not (place.work / "sock").exists()


@pytest.mark.parametrize("probe", ["tcp:{web}", "http:{web}/"])
def test_a_passed_socket_is_ready_only_when_it_is_served(probe, start, act, gate):
    """It is bound from the start on; the main process has it."""
    part = ["say:here", f"gate:{gate.path}", "listen_fd:3", "http:200"]
    jig = start("-v", "--listen", "web=:0", "--ready", probe, *act(*part))
    jig.await_line("here")
    gate()
    await_ready(jig)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


def test_listen_pid_is_the_process_that_serves(start, act, cage, identity, group):
    """As it numbers itself, in each cage; also behind a shell that execs."""
    words = ["--cage", cage, "--listen", "a=:0", *act("pid", *SAY[:3])]
    result = start(*words, identity=identity, group=group).end()
    found = dict(line.split("=", 1) for line in result.out.splitlines())
    assert found["LISTEN_PID"] == found["pid"], result


def test_several_sockets_are_in_order(run, act):
    words = ["--listen", "a=:0", "--listen", "b-c=unix:s", "--listen", "d=:0"]
    names = ["LISTEN_FDS", "LISTEN_FDNAMES", "A_PORT", "B_C_ADDR", "D_PORT"]
    part = [f"print_env:{name}" for name in names] + ["say:fds={fd:a}{fd:b-c}{fd:d}"]
    found = said(run(*words, *act(*part)))
    assert (found["LISTEN_FDS"], found["LISTEN_FDNAMES"]) == ("3", "a:b-c:d")
    assert (found["fds"], found["B_C_ADDR"]) == ("345", "s")
    assert len({found["A_PORT"], found["D_PORT"]}) == 2


def test_with_a_clear_environment_the_protocol_is_there(run, act):
    result = run("--clear-env", "--listen", "web=:0", *act("pid", *SAY))
    found = said(result)
    assert found["LISTEN_PID"] == found["pid"] and found["WEB_PORT"] != "None"


def test_an_inherited_protocol_is_replaced(run, act, place):
    env = place.env | {"LISTEN_FDS": "7", "LISTEN_PID": "1", "LISTEN_FDNAMES": "x"}
    found = said(run("--listen", "web=:0", *act("pid", *SAY), env=env))
    assert (found["LISTEN_FDS"], found["LISTEN_FDNAMES"]) == ("1", "web")
    assert found["LISTEN_PID"] == found["pid"]


def test_nothing_else_is_passed(run, place):
    result = run("--listen", "a=:0", "--port", "b", "ls", "/proc/self/fd")
    assert result.lines == ["0", "1", "2", "3", "4"]  # 4 is the directory.


@pytest.mark.parametrize("form", ["a=127.0.0.1:{}", "a={}", "a=*:{}"])
def test_an_address_in_use_is_an_error(form, run, place):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen(1)
        port = one.getsockname()[1]
        result = run("--listen", form.format(port), *place.sh("touch ran"))
    assert result.status == FAILED, result
    assert "cannot listen at" in result.err and "in use" in result.err
    assert not (place.work / "ran").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--listen", "127.0.0.1:0"],
        ["--listen", "=127.0.0.1:0"],
        ["--listen", "9a=:0"],
        ["--listen", "a="],
        ["--listen", "a=:65536"],
        ["--listen", "a=::1:0"],
        ["--listen", "a=[::1:0"],
        ["--listen", "a=example.org:0"],
        ["--listen", "a=unix:"],
        ["--listen", "a=unix:" + "x" * 108],
        ["--listen", "a=:0", "--listen", "a=:0"],
        ["--listen", "a=:0", "--port", "a"],
        ["--port", ""],
        ["--port", "a b"],
        ["--port", "a=0"],
        ["--port", "a=65536"],
        ["--port", "x" * 32],
        [word for i in range(33) for word in ("--port", f"p{i}")],
        [word for i in range(65) for word in ("--listen", f"p{i}=:0")],
    ],
)
def test_bad_forms_are_one_clear_error(words, run, place):
    result = run(*words, *place.sh("touch ran"))
    assert result.status == FAILED, result
    one_line(result)
    assert not (place.work / "ran").exists()


def test_many_are_possible(run, place):
    words = [word for i in range(32) for word in ("--port", f"p{i}")]
    words += [word for i in range(50) for word in ("--listen", f"l{i}=:0")]
    result = run(*words, *place.sh("echo $LISTEN_FDS {port:p31} {fd:l49}"))
    fds, port, last = result.out.split()
    assert (fds, last) == ("50", "52") and 10000 <= int(port) <= 32000


# ---------------------------------------------------------------------- --port


def test_a_port_is_given_by_every_way(run, act):
    part = ["print_env:PORT", "print_env:A_PORT", "print_env:A_ADDR"]
    part += ["print_env:B_2_PORT", "say:words={port:a} {addr:a} {a} {fd:a}"]
    found = said(run("--port", "a", "--port", "b-2", *act(*part)))
    port = found["A_PORT"]
    assert found["PORT"] == port != found["B_2_PORT"]
    assert found["A_ADDR"] == f"127.0.0.1:{port}"
    assert found["words"] == f"{port} 127.0.0.1:{port} 127.0.0.1:{port} {{fd:a}}"


def test_the_port_can_be_bound_on_every_address(run, act):
    part = ["tcp:[::]:{port:a}", "say:up"]
    assert run("--port", "a", *act(*part)).out == "up\n"
    assert run("--port", "a", *act("tcp:0.0.0.0:{port:a}", "say:up")).out == "up\n"


ROUNDS, PARALLEL = 50, 8


def test_a_port_is_never_given_twice_while_it_lives(place):
    """8 at once, 50 rounds each, 4 ports each time."""
    claims = place.path / "claims"
    claims.mkdir()
    script = 'for p in "$@"; do mkdir "$0/$p" || exit 9; done; '
    script += 'for p in "$@"; do rmdir "$0/$p"; done'
    names = ["a", "b", "c", "d"]
    words = [word for name in names for word in ("--port", name)]
    sh = [*place.sh(script), str(claims), *(f"{{port:{name}}}" for name in names)]
    command = jig_run(*words, *sh)

    def rounds(_):
        return [run_any(command, env=place.env) for _ in range(ROUNDS)]

    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        for results in pool.map(rounds, range(PARALLEL)):
            assert [r for r in results if r.status or r.err] == []


def is_reserved(port: int) -> bool:
    names = pathlib.Path("/proc/net/unix").read_text()
    return any(line.endswith(f" @jig-port-{port}") for line in names.splitlines())


def test_the_port_is_free_after_the_end(run, act):
    found = said(run("--port", "a", *act("print_env:PORT")))
    assert not is_reserved(int(found["PORT"]))


def test_the_port_is_free_after_sigkill(start, act, place):
    """And with it the fixture, which the supervisor ends by its policy."""
    words = ["--grace", "100ms", "--port", "a"]
    jig = start(*words, *place.sh('echo $PORT; trap "" TERM; sleep 600'))
    port = int(jig.line())
    assert is_reserved(port)
    jig.signal(signal.SIGKILL)
    jig.wait()
    assert place.await_empty() == []
    wait_until(lambda: not is_reserved(port), "it is free")


def test_the_socket_is_free_after_sigkill(start, place):
    jig = start("--listen", "a=:0", *place.sh("echo $A_PORT; exec sleep 600"))
    port = int(jig.line())
    jig.signal(signal.SIGKILL)
    jig.wait()
    assert place.await_empty() == []

    wait_until(lambda: refuses(port), "no process listens any more")


def test_the_socket_is_free_when_the_command_closed_it(start, act):
    """jig holds no copy: clients get no connection that is never accepted."""
    part = ["say:{port:a}", "close:3", "say:closed", "sleep"]
    jig = start("--listen", "a=:0", *act(*part))
    port = int(jig.line())
    jig.await_line("closed")

    wait_until(lambda: refuses(port), "no process listens any more")


def test_a_sockets_file_is_the_users(run, place, root):
    """Made with our umask, by us."""
    result = run("--listen", "a=unix:sock", *place.sh("stat -c %F sock"))
    assert result.out == "socket\n"
    assert stat.S_ISDIR(os.stat(place.work).st_mode)
