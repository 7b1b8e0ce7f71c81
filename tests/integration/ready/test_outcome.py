# SPDX-License-Identifier: MIT
"""When `jig run --ready` says that a command is ready, and when it never will
be (EDGE_CASES 31 to 34). The servers are real (actor.py).
"""

import contextlib
import signal
import socket
import subprocess

import pytest
from helpers import FAILED, NOT_EXECUTABLE, NOT_FOUND, PYTHON, await_ready, wait_until
from sockets import free_port


@pytest.fixture
def ready(start):
    """Start it, wait until it is ready, stop it; what it and jig have said."""

    def go(*words, **options):
        jig = start("-v", "--grace", "5s", *words, **options)
        await_ready(jig)
        jig.signal(signal.SIGTERM)
        result = jig.end()
        assert result.status == 128 + signal.SIGTERM, result
        return result

    return go


@pytest.fixture
def unready(run):
    """Run it; it fails before it is ready. What jig has said."""

    def go(*words, **options):
        result = run("--grace", "5s", *words, **options)
        assert result.status == FAILED, result
        assert "jig: not ready: " in result.err, result
        return result.err

    return go


HOLD = ["--port", "web"]
WEB = "{port:web}"

#: What Python's server answers to each of them.
METHODS = {"GET": 200, "HEAD": 200, "POST": 501}

#: Options, and the part of a server that becomes ready by them.
KINDS = {
    "tcp": ([*HOLD, "--ready", f"tcp:{WEB}"], [f"tcp:127.0.0.1:{WEB}"]),
    "tcp-address": ([*HOLD, "--ready", "tcp:{web}"], [f"tcp:127.0.0.1:{WEB}"]),
    "tcp-any": ([*HOLD, "--ready", f"tcp:{WEB}"], [f"tcp:0.0.0.0:{WEB}"]),
    "tcp-v6": ([*HOLD, "--ready", f"tcp:[::1]:{WEB}"], [f"tcp:[::1]:{WEB}"]),
    "localhost-v6": ([*HOLD, "--ready", f"tcp:localhost:{WEB}"], [f"tcp:[::1]:{WEB}"]),
    "unix": (["--ready", "unix:sock"], ["unix:sock"]),
    "http": (
        [*HOLD, "--ready", "http:{web}/x"],
        [f"tcp:127.0.0.1:{WEB}", "http:503,503,200"],
    ),
    "http-3xx": ([*HOLD, "--ready", "http:{web}/"], [f"tcp:[::]:{WEB}", "http:302"]),
    "http-status": (
        [*HOLD, "--ready", "http:{web}/ expect=404"],
        [f"tcp:127.0.0.1:{WEB}", "http:200,404"],
    ),
    "http-body": (
        [*HOLD, "--ready", "http:{web}/ expect=hello"],
        [f"tcp:127.0.0.1:{WEB}", "http:200"],
    ),
    "http-patterns": (
        [*HOLD, "--ready", "http:{web}/ method=HEAD expect=2xx expect=404"],
        [f"tcp:127.0.0.1:{WEB}", "http:302,410,404"],
    ),
    "http-unix": (["--ready", "http:unix:sock:/x"], ["unix:sock", "http:200"]),
    "log": (["--ready", "log:^up on ([0-9]+)"], ["say:no", "err:up on 80"]),
    "log-capture": (["--capture", "err", "--ready", "log:^up$"], ["err:up"]),
    "file": (["--ready", "file:there"], ["touch:there"]),
    "exec": (["--ready", "exec:test -e there"], ["touch:there"]),
    "notify": (["--ready", "notify"], ["notify:STATUS=x\\nREADY=1"]),
    "fd": (["--ready", "fd"], ["put:3:x", "put:3:\\n"]),
    "fd-number": (["--ready", "fd:9"], ["put:9:\\n", "close:9"]),
    "delay": (["--ready", "delay:10ms"], []),
    "none": ([], []),
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_each_kind_of_probe(kind, ready, act, identity):
    options, part = KINDS[kind]
    ready(*options, *act(*part, "sleep"), identity=identity)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_sent(method, ready):
    probe = f"http:{{web}}/ method={method} expect={METHODS[method]}"
    server = [PYTHON, "-m", "http.server", "--bind", "127.0.0.1", WEB]
    ready(*HOLD, "--ready", probe, *server)


@pytest.mark.parametrize("kind", ["tcp", "unix", "http", "notify", "fd", "exec"])
def test_in_each_cage(kind, ready, act, cage, identity, group):
    options, part = KINDS[kind]
    words = ["--cage", cage, *options, *act(*part, "sleep")]
    ready(*words, identity=identity, group=group)


@pytest.mark.parametrize("kind", ["tcp", "unix", "notify"])
def test_in_a_pgroup_cage(kind, ready, act, identity):
    options, part = KINDS[kind]
    ready("--cage", "pgroup", *options, *act(*part, "sleep"), identity=identity)


@pytest.mark.parametrize("kind", ["tcp", "http", "unix", "notify", "fd", "log"])
def test_a_worker_serves_and_main_is_a_shell(kind, ready, act, place):
    """Main is a shell, its child forks the worker that serves."""
    options, part = KINDS[kind]
    ready(*options, *place.sh('"$@"; :', "sh", *act("fork", *part, "sleep")))


@pytest.mark.parametrize("kind", ["tcp", "unix", "notify"])
def test_a_daemon_serves_while_main_lives(kind, ready, act):
    options, part = KINDS[kind]
    ready(*options, *act("daemon", *part, "sleep", "end", "sleep"))


@pytest.mark.parametrize("kind", ["tcp", "unix", "http", "notify", "exec"])
def test_a_daemon_serves_after_mains_end(
    kind, start, act, cage, identity, group, place, gate
):
    """--daemon: only the daemon is left when it becomes ready."""
    options, part = KINDS[kind]
    words = ["-v", "--daemon", "--cage", cage, *options]
    wait = f"gate:{place.path}/gate"
    command = act("daemon", "say:daemon", wait, *part, "sleep", "end")
    with start(*words, *command, identity=identity, group=group) as jig:
        jig.await_line("daemon")
        wait_until(lambda: len(place.running()) == 1, "main has ended")
        gate()
        await_ready(jig)
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 0


@pytest.mark.parametrize("kind", ["tcp", "http", "unix"])
def test_another_user_serves(kind, ready, act, root):
    options, part = KINDS[kind]
    ready("--user", "nobody", *options, *act(*part, "sleep"))


def test_http_server_of_python(ready, place, act):
    words = [*HOLD, "--ready", "http:{web}/ expect=Directory"]
    python = act()[0]
    ready(*words, python, "-m", "http.server", "-b", "127.0.0.1", WEB)


def test_systemd_notify(ready, place):
    ready("--ready", "notify", *place.sh("systemd-notify --ready; sleep 600"))


@pytest.mark.parametrize("family", ["127.0.0.1", "[::1]"])
def test_in_a_network_namespace_of_its_own(family, ready, act, root):
    """The listener is found where main is, not where we are."""
    up = "import fcntl,socket,struct,os,sys;"
    up += "s=socket.socket();fcntl.ioctl(s,0x8914,struct.pack('16sH14x',b'lo',0x41));"
    up += "s.close();os.execv(sys.argv[1],sys.argv[1:])"
    python = act()[0]
    words = ["unshare", "-n", python, "-SEc", up]
    words += act(f"tcp:{family}:{WEB}", "http:200")
    ready(*HOLD, "--ready", f"tcp:{WEB}", *words)


# ------------------------------------------------------ several, and how long


def test_all_must_be_ready(unready, act):
    words = ["--ready", "file:b", "--ready", "file:a"]
    said = unready(*words, *act("touch:a", "exit:0"))
    assert "waiting for file:b: it does not exist" in said


def test_any_of_alternatives_is_enough(ready, act):
    words = ["--ready", "file:a", "--or", "file:b", "--or", "file:c"]
    ready(*words, "--ready", "log:up", *act("touch:c", "say:up", "sleep"))


def test_alternatives_are_all_named(unready, act):
    words = ["--ready", "file:a", "--or", "unix:s", *act("exit:0")]
    said = unready(*words)
    assert "file:a" in said and " or unix:s" in said


def test_the_interval_is_kept(start, act, place):
    """With an interval of an hour there is no second attempt; a descriptor needs none."""
    words = ["--interval", "1h", "--ready", "fd", *act("put:3:\\n", "sleep")]
    jig = start("-v", *words)
    await_ready(jig)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


def test_start_timeout(unready, act, place):
    words = ["--start-timeout", "2s", "--ready", "unix:s", "--capture", "both"]
    said = unready(*words, *act("say:still loading", "sleep"))
    assert "timeout after " in said
    assert "waiting for unix:s: " in said
    assert "still loading" in said


def test_start_timeout_none(ready, act):
    ready("--start-timeout", "none", "--ready", "log:up", *act("say:up", "sleep"))


def test_after_start_timeout_the_stop_policy_is_kept(run, act, place):
    words = ["--start-timeout", "200ms", "--ready", "file:x", "--log", "log"]
    result = run(*words, *act("term:7", "sleep"))
    assert result.status == FAILED
    # The interpreter may still have been starting when SIGTERM came.
    assert (place.work / "log").read_text() in ("told\n", "")


def test_extend_timeout_is_heard(start, act, gate):
    """EXTEND_TIMEOUT_USEC= moves the end behind --start-timeout."""
    words = ["--start-timeout", "5s", "--ready", "notify", "--ready", "delay:5100ms"]
    part = ["notify:EXTEND_TIMEOUT_USEC=60000000", "notify:READY=1", "sleep"]
    jig = start("-v", *words, *act(*part))
    await_ready(jig)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143


def test_a_stop_before_it_is_ready_is_no_error_of_readiness(start, act):
    jig = start("--ready", "file:x", *act("say:here", "sleep"))
    jig.await_line("here")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143
    assert "not ready" not in jig.err()


def test_the_timeout_is_one_also_while_waiting(run, act):
    assert run("--timeout", "200ms", "--ready", "file:x", *act("sleep")).status == 124


# -------------------------------------------------------------------- 31: died


@pytest.mark.parametrize(
    "end, how",
    [
        ("exit:0", "exited with status 0"),
        ("exit:3", "exited with status 3"),
        ("exit:255", "exited with status 255"),
        ("kill:KILL", "was ended by SIGKILL"),
        ("kill:TERM", "was ended by SIGTERM"),
    ],
)
@pytest.mark.parametrize("probe", ["tcp:1", "log:up", "notify", "file:x", "exec:false"])
def test_31_an_end_before_ready_is_an_error_at_once(end, how, probe, unready, act):
    """With status, time, reason and the last lines."""
    words = ["--start-timeout", "1h", "--ready", probe, "--capture", "both"]
    said = unready(*words, *act("say:loading", "err:oh no", end))
    assert f"it {how} after 0." in said or f"it {how} after " in said
    assert f"waiting for {probe}" in said
    assert said.endswith("jig: its last lines:\nloading\noh no\n")


def test_31_output_that_is_passed_on_is_not_shown_twice(run, act):
    result = run("--ready", "log:up", *act("say:a", "err:b", "exit:1"))
    assert (result.status, result.out) == (FAILED, "a\n")
    assert result.err.count("b\n") == 1 and "last lines" not in result.err


def test_31_the_last_words_count(run, act):
    """It says that it is ready, and ends: then it was ready."""
    result = run("--ready", "log:up", *act("say:up", "exit:3"))
    assert result.status == 3, result


def test_31_closing_the_descriptor_is_an_error_at_once(unready, act):
    said = unready("--ready", "fd", *act("close:3", "sleep"))
    assert "closed descriptor 3 without a newline" in said


def test_31_stopping_is_an_error_at_once(unready, act):
    said = unready("--ready", "notify", *act("notify:STATUS=bad\\nSTOPPING=1", "sleep"))
    assert "it stops" in said or "says that it stops" in said
    assert "bad" in said


def test_31_leftovers_of_one_that_died_are_ended_and_reported(run, act):
    words = ["--ready", "file:x", *act("daemon", "sleep", "end", "exit:1")]
    result = run(*words)
    assert result.status == FAILED
    assert "python" in result.err


# ----------------------------------------------------------- 32: the foreigner


@contextlib.contextmanager
def foreigner(address, kind=socket.AF_INET):
    """Another process that listens; its pid."""
    with socket.socket(kind) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(address)
        one.listen(4)
        script = "read x"
        child = subprocess.Popen(
            ["sh", "-c", script], stdin=subprocess.PIPE, pass_fds=[one.fileno()]
        )
        one.close()
        try:
            yield child.pid
        finally:
            child.stdin.close()
            child.wait(20)


@pytest.mark.parametrize("probe", ["tcp:%d", "http:127.0.0.1:%d/", "tcp:localhost:%d"])
def test_32_a_foreign_listener_is_named(probe, unready, act):
    port = free_port()
    with foreigner(("127.0.0.1", port)) as pid:
        said = unready("--ready", probe % port, *act("sleep"))
    assert f"process {pid} (sh) listens there already" in said


def test_32_a_foreign_listener_that_comes_later(start, act):
    port = free_port()
    jig = start("--ready", f"tcp:{port}", *act("say:here", "sleep"))
    jig.await_line("here")
    with foreigner(("127.0.0.1", port)) as pid:
        assert jig.wait() == FAILED
    assert f"process {pid} (sh) listens there already" in jig.err()


def test_32_a_foreign_unix_listener_is_named(unready, act, place):
    path = str(place.work / "sock")
    with foreigner(path, socket.AF_UNIX) as pid:
        said = unready("--ready", f"unix:{path}", *act("sleep"))
    assert f"process {pid} (sh)" in said


def test_32_of_any_owner_a_foreign_listener_will_do(start):
    """The process that holds a container's port is not of the fixture."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as foreign:
        port = foreign.getsockname()[1]
        probe = f"tcp:{port} owner=any"
        with start("-v", "--ready", probe, "--", "sleep", "1000") as jig:
            await_ready(jig)


def test_32_another_fixtures_listener_is_foreign(start, unready, act):
    port = free_port()
    words = ["-v", "--ready", f"tcp:{port}"]
    first = start(*words, *act(f"tcp:127.0.0.1:{port}", "sleep"))
    await_ready(first)
    assert "listens there already" in unready(*words, *act("sleep"))


def test_32_the_users_foreigner_of_root_is_refused(run, act, root):
    """Of a process that the user may not see there is no pid, but an error."""
    port = free_port()
    with foreigner(("127.0.0.1", port)):
        words = ["--ready", f"tcp:{port}", *act("sleep")]
        result = run(*words, identity="user")
    assert result.status == FAILED and "listens there already" in result.err


# ------------------------------------------------------------- 33: odd servers


@pytest.mark.parametrize("status", [404, 500])
def test_33_http_errors_are_not_ready(status, unready, act):
    words = [*HOLD, "--start-timeout", "2s", "--ready", "http:{web}/nothing"]
    answers = ",".join(1000 * [str(status)])
    said = unready(*words, *act(f"tcp:127.0.0.1:{WEB}", f"http:{answers}"))
    assert str(status) in said.split("http:")[1].split("/nothing")[1]


def test_33_an_accept_that_hangs_is_not_ready(unready, act):
    words = [*HOLD, "--start-timeout", "1300ms", "--ready", "http:{web}/"]
    said = unready(*words, *act(f"tcp:127.0.0.1:{WEB}", "mute"))
    assert "http:127.0.0.1:" in said


def test_33_a_server_that_never_accepts_listens_all_the_same(ready, act):
    options, part = KINDS["tcp"]
    ready(*options, *act(*part, "sleep"))


def test_33_a_stale_unix_socket_is_not_ready(unready, act, place):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place.work / "sock"))
    said = unready("--start-timeout", "200ms", "--ready", "unix:sock", *act("sleep"))
    assert "unix:sock: " in said


def test_33_a_stale_file_is_not_ready(unready, act, place):
    (place.work / "pid").write_text("1")
    words = ["--start-timeout", "200ms", "--ready", "file:pid", *act("sleep")]
    assert "it has not changed since the start" in unready(*words)


def test_33_a_stale_file_that_is_written_again_is_ready(ready, place):
    (place.work / "pid").write_text("1")
    ready("--ready", "file:pid", *place.sh("echo 1 >pid; sleep 600"))


def test_33_a_server_that_listens_and_ends_is_not_ready(unready, act):
    options, part = KINDS["http"]
    said = unready(*options, *act(part[0], "exit:0"))
    assert "exited with status 0" in said


# ---------------------------------------------------------------- 34: no start

WAITING = ["--ready", "tcp:1", "--listen", "a=127.0.0.1:0", "--port", "b", "--capture"]
WAITING += ["both", "--start-timeout", "1h"]


def bad_commands(place):
    (place.work / "plain").write_text("no program")
    (place.work / "other").write_text("#!/nowhere/sh\n")
    (place.work / "broken").write_bytes(b"\x7fELF broken")
    (place.work / "folder").mkdir()
    for name in ("other", "broken"):
        (place.work / name).chmod(0o755)


@pytest.mark.parametrize(
    "words, status, said",
    [
        (["nowhere"], NOT_FOUND, "nowhere"),
        (["./plain"], NOT_EXECUTABLE, "ermission denied"),
        (["./other"], NOT_EXECUTABLE, "the interpreter that it names"),
        (["./broken"], NOT_EXECUTABLE, "neither a program"),
        (["./folder"], NOT_EXECUTABLE, "older"),
        (["--chdir", "nowhere", "true"], FAILED, "nowhere"),
    ],
)
def test_34_a_failed_start_is_reported_before_any_wait(words, status, said, run, place):
    bad_commands(place)
    result = run(*WAITING, *words)
    assert "not ready" not in result.err, result
    assert said in result.err, result
    assert result.status == status, result


# ------------------------------------------------------------- notify, further


def test_notify_of_a_stranger_is_refused(start, act, place):
    """It knows the name, but is not a process of the fixture."""
    jig = start("--ready", "notify", *act("print_env:NOTIFY_SOCKET", "sleep"))
    name = jig.line().split("=", 1)[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.sendto(b"READY=1", "\0" + name[1:])
        one.sendto(b"STOPPING=1", "\0" + name[1:])  # Heard, it would be an error.
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143
    assert "ready" not in jig.err()


def test_a_flood_of_notifications_is_survived(ready, place, act):
    """jig also reads those after it is ready: no sender blocks."""
    python = act()[0]
    script = (
        "import os,socket;n='\\0'+os.environ['NOTIFY_SOCKET'][1:];"
        "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM);"
        "[s.sendto(b'STATUS=%d'%i,n) for i in range(3000)];"
        "s.sendto(b'READY=1',n);"
        "[s.sendto(b'STATUS=%d'%i,n) for i in range(3000)];"
        "print('done',flush=True);input()"
    )
    words = ["--ready", "notify", "--ready", "log:done"]
    ready(*words, python, "-SEc", script, stdin=subprocess.PIPE)


# ------------------------------------------------------------------ bad forms


@pytest.mark.parametrize(
    "words, said",
    [
        (["--ready", "htp:80/"], "http"),
        (["--ready", ""], "unknown probe"),
        (["--ready", "tcp:99999"], "99999"),
        (["--ready", "tcp:"], "port"),
        (["--ready", "log:("], "regular expression"),
        (["--ready", "log:"], "regular expression"),
        (["--ready", "fd:1"], "3"),
        (["--ready", "fd:x"], "x"),
        (["--ready", "fd:5", "--ready", "fd:5"], "5"),
        (["--ready", "fd:3", "--listen", "a=127.0.0.1:0"], "3"),
        (["--ready", "delay:soon"], "soon"),
        (["--ready", "notify:x"], "notify"),
        (["--ready", "exec: "], "command"),
        (["--ready", "file:"], "path"),
        (["--or", "file:x"], "needs a --ready before it"),
        (["--interval", "0"], "interval"),
        (["--start-timeout", "0"], "start-timeout"),
        (["--start-timeout", "soon"], "start-timeout"),
        (["--ready", "http:127.0.0.1:1/ expcet=3"], "expect"),
        (["--ready", "http:example.org/"], "example.org"),
        ([word for i in range(17) for word in ("--ready", "file:x")], "16"),
    ],
)
def test_bad_probes_are_one_clear_error(words, said, run, place):
    result = run(*words, *place.sh("touch ran"))
    assert result.status == FAILED, result
    assert result.err.startswith("jig: "), result
    assert said in result.err, result
    assert not (place.work / "ran").exists()
