# SPDX-License-Identifier: MIT
"""`jig up`: a service whose `via` leads to another machine.

The teardown of `place` (conftest.py) asks the oracle for processes that are left:
of the service, and of jig on the far side.
"""

import json
import shlex
import signal

import pytest
import ups
from helpers import children_of, comm_of, pinned, send, stage, wait_until

pytestmark = pytest.mark.usefixtures("own_registry", "there")

#: A transport whose far side has a variable that this side has not.
THERE = "env THERE=yes"
#: Its end is that of the project.
LAST = {"availability": {"exit_on_end": True}}
SERVER = (
    "import http.server,sys; http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])),"
    " http.server.SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture(name="up_of")
def _up_of(project):
    """A project of these services."""

    def of(**services) -> ups.Project:
        text = json.dumps({"processes": services})
        return project(**{"jig__yaml": text})

    return of


def far(command: str, via=THERE, **more) -> dict:
    return {"command": command, "via": via, **more}


# --------------------------------------------------------------------- a start


def test_a_server_there_serves_a_service_here(up_of, server):
    """It has the address by which this side reaches it."""
    serve = f"exec /usr/bin/python3 -c {shlex.quote(SERVER)} 127.0.0.1 {{port:web}}"
    get = "import sys,urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)"
    client = f"/usr/bin/python3 -c {shlex.quote(get)}"
    via = {"command": f"{shlex.quote(server.ssh)} host", "address": "127.0.0.1"}
    web = far(serve, via, ports=["web"], ready="http:{web}/")
    test = {"command": f"{client} http://{{web}}/; {client} http://$WEB_ADDR/", **LAST}
    test["depends_on"] = {"web": {"condition": "process_healthy"}}
    result = up_of(web=web, test=test).jig("up", "--no-times")
    assert ups.said_by(result.lines, "test.1")[1:3] == ["200", "200"], result
    assert result.status == 0, result
    assert any("started via '" in one and "ssh host'" in one for one in result.lines)


def test_names_of_a_service_there(up_of, stays):
    """The host is the one that is given; a service that does not depend on it gets
    nothing, and a variable that is set stays."""
    db = far(stays, {"command": THERE, "address": "far"}, ports={"db": 12345})
    show = "echo {db} {host:db} {port:db} $DB_ADDR $DB_PORT"
    on = {"db": {"condition": "process_healthy"}}
    own = {"command": show, "depends_on": on, "environment": ["DB_PORT=own"]}
    ended = {name: {"condition": "process_completed"} for name in "abc"}
    last = {"command": ":", "depends_on": ended, **LAST}
    a, c = {"command": show, "depends_on": on}, {"command": show}
    here = up_of(db=db, a=a, b=own, c=c, last=last)
    result = here.jig("up", "--no-times")
    wanted = "far:12345 far 12345 far:12345"
    assert f"a.1    | {wanted} 12345" in result.lines, result
    assert f"b.1    | {wanted} own" in result.lines, result
    assert "c.1    | {db} {host:db} {port:db}" in result.lines, result
    result = here.jig("up", "db", "--", "sh", "-c", "echo $DB_ADDR $DB_PORT")
    assert result.out == "far:12345 12345\n" and result.status == 0, result


def test_the_environment_of_this_side_is_not_sent(up_of, place):
    """But what the file sets is; names alone, .env and the instance's are."""
    (place.work / ".env").write_text("DOT=dot\n")
    env = ["OWN=own", "NAMED"]
    show = 'echo "$THERE-$OWN-$NAMED-$DOT-$PS-$SECRET-"'
    via = "env -i THERE=yes PATH=" + place.env["PATH"]
    here = up_of(a=far(show, via, environment=env))
    more = {**place.env, "NAMED": "named", "SECRET": "secret"}
    result = here.jig("up", "--no-times", env=more)
    assert "a.1 | yes-own-named-dot-a.1--" in result.lines and result.status == 0, result


@pytest.mark.parametrize("given", ["", "sub", "absolute"])
def test_the_directory_is_there(up_of, place, given):
    """A relative one begins where the transport starts jig."""
    folder = place.work / "else"
    (folder / "sub").mkdir(parents=True)
    more = {"working_dir": str(folder) if given == "absolute" else given} if given else {}
    here = up_of(a=far("pwd", f"env -C {folder} THERE=yes", **more))
    result = here.jig("up", "--no-times")
    wanted = folder / "sub" if given == "sub" else folder
    assert f"a.1 | {wanted}" in result.lines, result


def test_probes_and_the_shutdown_command_run_there(up_of, place, stays):
    """And a directory of a probe is one of that machine."""
    (place.work / "else" / "sub").mkdir(parents=True)
    probe = {"exec": {"command": 'test "$THERE" = yes && test -d ../sub', "working_dir": "sub"}}
    stop = {"command": f'echo "$THERE" >{place.work}/mark'}
    via = f"env -C {place.work}/else THERE=yes"
    here = up_of(a=far(stays, via, readiness_probe=probe, shutdown=stop))
    result = here.jig("up", "--no-times", "--", "echo", "go")
    assert result.out == "go\n" and result.status == 0, result
    assert "stopped" in ups.said_by(result.err.splitlines(), "a.1"), result
    assert here.read("mark") == "yes\n"


def test_a_service_there_that_does_not_become_ready(up_of, stays):
    here = up_of(a=far(stays, ready="file:/never", start_timeout="200ms"))
    result = here.jig("up", "--no-times", "--", "echo", "never")
    assert result.status == 125 and result.out == "", result
    assert "file:/never: it does not exist" in result.err


def test_a_transport_that_cannot_be_started(up_of):
    """A transport that does not exist is a program that is not found."""
    result = up_of(a=far("true", "/nowhere/transport")).jig("up", "--no-times")
    assert result.status == 127 and "cannot start: cannot run the transport" in result.out
    result = up_of(a=far("true", "sh -c 'exit 3' sh")).jig("up", "--no-times")
    assert result.status == 125, result
    assert "has ended with status 3 before jig there has answered" in result.out, result
    result = up_of(a=far("exec /nowhere/program")).jig("up", "--no-times")
    assert result.status == 127, result


def test_a_copy_of_jig_is_pushed(up_of, place):
    """As by --via-push: there is no jig of this name there."""
    via = {"command": f"env TMPDIR={place.work}", "jig": "no-such-jig", "push": True}
    here = up_of(a=far("echo it runs", via))
    result = here.jig("up", "--no-times")
    assert "a.1 | it runs" in result.lines and result.status == 0, result


def test_a_procfile_and_the_command_line(project, stays):
    """PORT is one of that machine; its address has the host of ssh."""
    here = project(f"web: {stays}\n")
    words = ("up", "--no-times", "-p", "7000", "--via", "web=env THERE=yes")
    result = here.jig(*words, "--", "sh", "-c", f"{stage.jig_path()} ps; echo $WEB_ADDR")
    assert "127.0.0.1:7000" in result.lines and "[env THERE=yes]" in result.out, result
    (here.directory / "jig.yaml").write_text(
        f"processes: {{web: {{via: {{command: {THERE}, address: 'fe80::1'}}}}}}\n"
    )
    result = here.jig("up", "-p", "7000", "--", "sh", "-c", "echo $WEB_ADDR")
    assert result.out == "[fe80::1]:7000\n" and result.status == 0, result


# ---------------------------------------------------------------- while it runs


def test_it_is_shown_restarted_scaled_and_stopped(up_of, stays):
    here = up_of(a=far(stays), b={"command": stays})
    running = here.start("--keep-going")
    wait_until(lambda: here.jig("ps", "--wait").status == 0, "all run")
    before = here.ps()
    assert before["a.1"]["via"] == THERE and before["b.1"]["via"] is None
    assert f"[{THERE}]" in here.jig("ps").out
    assert here.jig("restart", "a").status == 0
    wait_until(lambda: here.ps()["a.1"]["pid"] not in (None, before["a.1"]["pid"]), "again")
    assert here.jig("scale", "a=2").status == 0
    assert here.jig("ps", "--wait").status == 0
    assert here.ps()["a.2"]["state"] == "ready"
    wait_until(lambda: "up" in here.jig("logs", "a.2").out, "its output is logged")
    assert here.jig("stop", "a").status == 0
    wait_until(lambda: here.state("a.1") == "stopped", "it has stopped")
    assert ups.end(running).status == ups.TERM


def test_another_machine_is_another_process(up_of, stays):
    here = up_of(a=far(stays), b=far(stays))
    running = here.start()
    wait_until(lambda: here.jig("ps", "--wait").status == 0, "all run")
    before = here.ps()
    services = {"a": far(stays, "env THERE=no"), "b": far(stays)}
    (here.directory / "jig.yaml").write_text(json.dumps({"processes": services}))
    assert here.jig("reload").lines == ["restart a: via"]
    after = here.ps()
    assert after["a.1"]["via"] == "env THERE=no" and after["b.1"]["pid"] == before["b.1"]["pid"]
    assert ups.end(running).status == ups.TERM


def test_the_stop_policy_is_followed_there(up_of, place):
    loop = f"trap 'echo INT' INT; trap 'echo TERM; exit 0' TERM; echo up; {ups.forever(place)}"
    here = up_of(a=far(loop, stop="INT 300ms TERM 1h", ready="log:up"))
    result = here.jig("up", "--no-times", "--", "true")
    said = ups.said_by(result.err.splitlines(), "a.1")
    assert said.index("INT") < said.index("TERM") and result.status == 0, result


def test_a_daemon_there(up_of, place):
    command = f"(setsid {place.bin}/sleep 600 &) ; exit 0"
    here = up_of(a=far(command, is_daemon=True))
    running = here.start()
    wait_until(lambda: place.pids("sleep"), "the daemon runs")
    assert here.state("a.1") == "ready"
    assert ups.end(running).status == ups.TERM


# ------------------------------------------------------------------------- ends


def transports(pid: int) -> list[int]:
    """Below a jig up."""
    below = children_of(pid)
    found = [one for one in below if comm_of(one) == "ssh"]
    return found + [one for child in below for one in transports(child)]


def cut(running) -> None:
    """The connection ends."""
    (transport,) = wait_until(lambda: transports(running.pid), "the transport runs")
    with pinned([transport]) as [fd]:
        send(fd, signal.SIGKILL)


def test_a_machine_that_is_lost(up_of, server, stays):
    """That is an end with status 125, which says what is not known."""
    here = up_of(a=far(stays, f"{shlex.quote(server.ssh)} host", ready="log:up"))
    running = here.start()
    running.await_line("a.1 | up")
    cut(running)
    result = running.end()
    assert result.status == 125, result
    assert "the connection to the other machine has ended" in result.out
    assert "what it has left on the other machine is not known" in result.out


def test_a_service_of_a_lost_machine_is_restarted(up_of, server, stays):
    again = {"restart": "on_failure", "backoff_seconds": 1}
    here = up_of(a=far(stays, f"{shlex.quote(server.ssh)} host", availability=again))
    running = here.start()
    running.await_line("a.1 | up")
    cut(running)
    running.await_line("a.1 | up")
    assert here.ps()["a.1"]["restarts"] == 1
    assert ups.end(running).status == ups.TERM


@pytest.mark.parametrize("name", ["KILL", "TERM", "INT"])
def test_jig_here_ends(up_of, place, server, name):
    """Nothing is left there: see the teardown."""
    command = f"setsid {place.bin}/sleep 600 & echo up; exec {place.bin}/sleep 601"
    here = up_of(a=far(command, f"{shlex.quote(server.ssh)} host"))
    running = here.start()
    running.await_line("a.1 | up")
    running.signal(signal.Signals[f"SIG{name}"])
    signo = signal.Signals[f"SIG{name}"]
    assert running.wait() == 128 + signo
    assert place.await_empty() == []


# ----------------------------------------------------------------- what is wrong

WRONG = [
    ({"via": "ssh 'host"}, "via: 'ssh 'host' is not a command"),
    ({"via": {"push": True}}, "via: it has no command"),
    ({"via": {"command": "ssh a", "address": "a/b"}}, "address: 'a/b'"),
    ({"via": {"command": "ssh a", "timeout": "soon"}}, "'soon' is not a duration"),
    ({"via": {"command": "ssh a", "psuh": True}}, "did you mean 'push'"),
    ({"via": "ssh a", "is_tty": True}, "is_tty: 'a' runs on another machine"),
    ({"via": "ssh a", "is_interactive": True}, "is_tty: 'a' runs on another machine"),
    ({"via": "ssh a", "is_daemon": True, "ready": "tcp:1"}, "is_daemon: 'a' runs on another"),
]


@pytest.mark.parametrize("keys, said", WRONG, ids=range(len(WRONG)))
def test_what_cannot_work_is_an_error_of_the_file(up_of, keys, said):
    result = up_of(a={"command": "true", **keys}).jig("check")
    assert result.status == 1 and said in result.err, result
    assert "jig.yaml:1:" in result.err


def test_a_wrong_transport_on_the_command_line(project, up_of):
    here = project("web: true\n")
    for value, said in (("web", "NAME=COMMAND"), ("web='x", "quote"), ("no=x", "'no'")):
        result = here.jig("up", "--via", value)
        assert result.status in (1, 125) and said in result.err, result
    (here.directory / "Procfile").unlink()
    result = up_of(web={"command": "true"}).jig("up", "--via", "web=env")
    assert result.status == 1 and "has the key 'via'" in result.err, result


def test_check_shows_the_machine(up_of):
    result = up_of(a=far("true"), b={"command": "true"}).jig("check")
    assert "[env THERE=yes] true" in result.out and result.status == 0, result


def test_terminals_are_for_services_here(up_of):
    """--pty is about all services; one there has none."""
    here = up_of(a=far("test -t 1; echo $?"), b={"command": "test -t 1; echo $?"})
    result = here.jig("up", "--no-times", "--pty")
    assert "a.1 | 1" in result.lines and "b.1 | 0" in result.lines, result
