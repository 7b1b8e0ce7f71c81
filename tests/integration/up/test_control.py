# SPDX-License-Identifier: MIT
"""The control socket of `jig up`: garbage, half messages, other users, readers
that are slow, sockets that are stale."""

import os
import pathlib
import random
import signal
import socket
import stat
import struct

import pytest
import ups
from helpers import IS_ROOT, Running, jig, run as run_any, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")


@pytest.fixture(name="here")
def _here(place):
    """A `jig up` of one service that stays, and answers."""
    stays = f"trap 'exit 0' TERM; echo up; {ups.forever(place)}"
    with ups.Project(place, {"Procfile": f"a: {stays}\n"}) as project:
        project.up = project.start()
        project.await_answer()
        yield project
        if project.up.is_alive():
            assert ups.end(project.up).status == 128 + signal.SIGTERM


def socket_of(place) -> str:
    found = [path for path in ups.runtime_files(place) if not path.endswith(".lock")]
    assert len(found) == 1, found
    return found[0]


def connected(place) -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(60)
    one.connect(socket_of(place))
    return one


def frame(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload


def answer(one: socket.socket) -> list[tuple[bytes, bytes]]:
    """Frames until the other side closes."""
    data = b""
    while chunk := one.recv(65536):
        data += chunk
    frames = []
    while data:
        size = struct.unpack("<I", data[1:5])[0]
        frames.append((data[:1], data[5 : 5 + size]))
        data = data[5 + size :]
    return frames


PS = frame(b"W", b"ps\0")


def test_it_is_ours_alone(here, place):
    path = pathlib.Path(socket_of(place))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.parent.stat().st_mode & 0o022 == 0


def test_an_answer_is_text_and_a_status(here, place):
    with connected(place) as one:
        one.sendall(PS)
        frames = answer(one)
    assert frames[-1] == (b"S", b"\0")
    assert b"a.1" in b"".join(text for kind, text in frames if kind == b"O")


@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"W\xff\xff\xff\xff",
        b"W" + struct.pack("<I", 3) + b"psx",
        b"S" + struct.pack("<I", 0),
        b"\0" * 100,
        random.Random(4).randbytes(4096) + b"\xff" * 8,
        PS + PS,
        frame(b"W", b"\0"),
        frame(b"W", b"scale\0a=999999999999\0"),
        frame(b"W", b"logs\0x\0"),
        frame(b"I", b"typed") + PS,
        frame(b"Z", b"\0\0\0\0") + PS,
    ],
    ids=range(12),
)
def test_garbage_does_no_harm(here, place, bytes_):
    with connected(place) as one:
        one.sendall(bytes_)
        one.shutdown(socket.SHUT_WR)
        while one.recv(65536):
            pass
    assert here.state("a.1") == "ready"


def test_half_a_message_keeps_no_other_client_waiting(here, place):
    with connected(place) as half:
        half.sendall(PS[:3])
        assert here.state("a.1") == "ready"
        half.sendall(PS[3:])
        assert answer(half)[-1] == (b"S", b"\0")


def test_many_clients_that_say_nothing(here, place):
    silent = [connected(place) for _ in range(50)]
    assert here.state("a.1") == "ready"
    for one in silent:
        one.close()


@pytest.mark.skipif(not IS_ROOT, reason="needs root, to be two users")
def test_another_user_is_refused(here, place):
    """The mode keeps him out; and if it did not, the peer's user is checked."""
    path = pathlib.Path(socket_of(place))
    os.chmod(path.parent, 0o755)
    os.chmod(path, 0o666)
    script = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX); "
        "s.connect(sys.argv[1]); s.sendall(bytes.fromhex(sys.argv[2])); "
        "print(len(s.recv(100)))"
    )
    command = [ups.helpers.PYTHON, "-c", script, str(path), PS.hex()]
    result = run_any(command, "user")
    refused = ("ConnectionReset", "BrokenPipe")
    assert result.out == "0\n" or any(one in result.err for one in refused), result
    assert here.state("a.1") == "ready"


def test_a_follower_that_reads_nothing(place):
    """It is given up; the services and the other clients go on."""
    script = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; echo end; "
    big = "x" * 8000
    loop = f"while read x; do for i in 1 2 3 4 5 6 7 8 9; do echo {big}; done; done"
    files = {"Procfile": f"a: {script} {loop} <>go\n"}
    with ups.Project(place, files) as here:
        os.mkfifo(place.work / "go")
        up = here.start("-D")
        assert up.wait() == 0
        with connected(place) as one:
            one.sendall(frame(b"W", b"logs\0" b"0\0follow\0\0"))
            with open(place.work / "go", "w", encoding="utf-8") as go:
                go.write("x\n" * 400)
            wait_until(lambda: "x" * 99 in here.jig("logs", "-n", "1").out, "written")
            assert here.state("a.1") == "ready"
        assert here.jig("down").status == 0


def test_a_stale_socket_is_replaced(place):
    files = {"Procfile": f"a: echo up; {ups.forever(place)}\n"}
    with ups.Project(place, files) as here:
        first = here.start()
        here.await_answer()
        first.signal(signal.SIGKILL)
        first.wait()
        assert ups.runtime_files(place)
        assert here.jig("ps").status == 1
        second = here.start()
        here.await_answer()
        assert here.jig("down").status == 0
        assert second.wait() == 0
        assert ups.runtime_files(place) == []


def test_stale_sockets_of_other_projects_are_cleared(place):
    files = {"Procfile": f"a: echo up; {ups.forever(place)}\n", "true": "b: true\n"}
    with ups.Project(place, files) as here:
        killed = here.start()
        here.await_answer()
        killed.signal(signal.SIGKILL)
        killed.wait()
        assert ups.runtime_files(place)
        assert here.jig("up", "-f", "true").status == 0
        assert ups.runtime_files(place) == []


def test_the_socket_of_a_living_one_is_not_cleared(here, place):
    (place.work / "true").write_text("b: true\n")
    assert here.jig("up", "-f", "true").status == 0
    assert here.state("a.1") == "ready"


def test_a_runtime_directory_that_is_not_ours(place):
    if not IS_ROOT:
        pytest.skip("needs root, to be two users")
    (place.work / "jig").mkdir(mode=0o777)
    os.chown(place.work / "jig", 1, 1)
    files = {"Procfile": "a: true\n"}
    with ups.Project(place, files, identity="user") as here:
        # It takes the other place, /tmp/jig-UID, and says nothing of it.
        assert here.jig("up").status == 0


def test_no_jig_of_another_directory_answers(here, place):
    elsewhere = place.work / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "Procfile").write_text("a: true\n")
    result = run_any(jig("ps"), env=place.env, cwd=elsewhere)
    assert result.status == 1 and "is running" in result.err


def test_of_many_that_start_after_a_crash_one_runs(place):
    """Each finds the stale lock and socket of one that was killed; none removes
    those of the one that runs."""
    runtime = place.path / "runtime"
    env = place.env | {"JIG_RUNTIME_DIR": str(runtime)}
    files = {"Procfile": f"a: echo up; {ups.forever(place)}\n"}
    with ups.Project(place, files) as here:
        for _ in range(5):
            killed = here.start(env=env)
            wait_until(lambda: here.jig("ps", env=env).status == 0, "it answers")
            killed.signal(signal.SIGKILL)
            killed.wait()
            assert len(list(runtime.glob("up-*"))) == 2
            starters = [here.start(env=env) for _ in range(20)]
            wait_until(
                lambda some=starters: sum(one.is_alive() for one in some) <= 1,
                "the others were refused",
            )
            (running,) = (one for one in starters if one.is_alive())
            wait_until(lambda: here.jig("ps", env=env).status == 0, "it answers")
            for one in starters:
                if one is not running:
                    assert one.wait() == 1 and "runs already" in one.err()
            assert here.jig("down", env=env).status == 0
            assert running.wait() == 0
            assert list(runtime.glob("up-*")) == []


def test_one_whose_directory_was_replaced_leaves_the_new_ones(place):
    """Its end removes its own names, and not those of another `jig up`."""
    runtime = place.path / "runtime"
    env = place.env | {"JIG_RUNTIME_DIR": str(runtime)}
    files = {"Procfile": f"a: echo up; {ups.forever(place)}\n"}
    with ups.Project(place, files) as here:
        first = here.start(env=env)
        wait_until(lambda: here.jig("ps", env=env).status == 0, "it answers")
        runtime.rename(place.path / "moved")
        second = here.start(env=env)
        wait_until(lambda: here.jig("ps", env=env).status == 0, "it answers")
        assert ups.end(first).status == 143
        assert here.jig("ps", env=env).status == 0
        assert here.jig("down", env=env).status == 0
        assert second.wait() == 0


# ---------------------------------------------------- one that is suspended, or dies


def client_of(here: ups.Project, *words: str) -> Running:
    return Running(jig(*words), env=here.place.env, cwd=here.directory)


@pytest.mark.parametrize(
    "words",
    [
        ("ps",),
        ("ps", "--wait"),
        ("logs",),
        ("logs", "-f"),
        ("reload", "--dry-run"),
        ("attach", "a"),
    ],
    ids=" ".join,
)
def test_a_suspended_one_is_named_and_waited_for(here, words):
    here.up.signal(signal.SIGSTOP)
    with client_of(here, *words) as client:
        named = f"`jig up` (pid {here.up.pid}) is suspended"
        wait_until(lambda: named in client.err(), "it is named")
        assert client.is_alive()
        here.up.signal(signal.SIGCONT)
        if words[1:] == ("-f",):
            while not client.line().endswith("| up"):
                pass
            here.jig("down")
            here.up.wait()
        result = client.end()
    # The service has no terminal.
    assert result.status == (words[0] == "attach"), result
    assert result.err.count("suspended") == 1


@pytest.mark.parametrize("words", [("scale", "a=2"), ("restart", "a"), ("stop", "a")])
def test_one_that_is_to_start_or_end_something_is_continued(here, words):
    here.up.signal(signal.SIGSTOP)
    result = here.jig(*words)
    assert result.status == 0 and result.err == ""


@pytest.mark.parametrize(
    "words", [("ps",), ("logs", "-f"), ("reload", "--dry-run")], ids=" ".join
)
def test_one_that_is_killed_is_named(here, words):
    """Its guards end the services."""
    here.up.signal(signal.SIGSTOP)
    with client_of(here, *words) as client:
        wait_until(lambda: "is suspended" in client.err(), "the client waits")
        here.up.signal(signal.SIGKILL)
        result = client.end()
    assert result.status == 1
    assert f"`jig up` (pid {here.up.pid}) has ended before it had answered" in result.err
    assert here.place.await_empty() == []


def test_one_that_is_killed_while_a_client_waits_for_ready(place):
    text = f'processes: {{a: {{command: "{ups.forever(place)}", ready: "file:never"}}}}\n'
    with ups.Project(place, {"jig.yaml": text}) as here:
        up = here.start()
        here.await_answer()
        here.await_state("a.1", "starting")
        up.signal(signal.SIGSTOP)
        with client_of(here, "ps", "--wait") as waits:
            wait_until(lambda: "is suspended" in waits.err(), "it is connected")
            up.signal(signal.SIGCONT)
            with client_of(here, "reload") as reload:
                reload.await_line("nothing has changed")
                up.signal(signal.SIGKILL)
                for client in (waits, reload):
                    result = client.end()
                    assert result.status == 1
                    assert "has ended before it had answered" in result.err
        assert place.await_empty() == []


def test_without_one_ps_wait_says_so_once(here):
    here.up.signal(signal.SIGTERM)
    here.up.wait()
    for words in ((), ("-f", "none.yaml")):
        result = here.jig("ps", "--wait", *words)
        assert (result.status, result.out) == (1, "")
        assert result.err.count("\n") == 1
