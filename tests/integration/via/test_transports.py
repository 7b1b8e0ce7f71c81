# SPDX-License-Identifier: MIT
"""Transports of `jig run --via`: which lead nowhere, print a banner, hang, or lack
jig on the other side (--via-jig, --via-push)."""

import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import time

import pytest
from helpers import (
    DEADLINE_S,
    PYTHON,
    Running,
    is_valid_report,
    jig_run,
    main_of,
    pinned,
    run,
    send,
    stage,
    wait_until,
)

ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"protocol":1,"version":"x","methods":[]}}'


def through(far_of, script: str):
    """A transport that is a script; "$@" is `jig agent`."""
    return far_of(f"sh -c {shlex.quote(script)} sh")


def folders(place) -> list[pathlib.Path]:
    """Copies of jig that --via-push has made."""
    return list(place.work.glob("jig-*"))


# ------------------------------------------------------------------ leading nowhere


def test_a_transport_that_is_not_there(place):
    done = run(jig_run("--via", "no-such-transport x", "--", "true"), env=place.env)
    assert done.status == 125 and "cannot run the transport: no-such-transport" in done.err


def test_a_transport_that_fails_says_why_itself(far_of):
    far = through(far_of, "echo 'no route to host' >&2; exit 255")
    done = far.run("true")
    assert done.status == 125 and done.err.startswith("no route to host\n")
    assert "has ended with status 255 before jig there has answered" in done.err


def test_a_transport_that_is_killed(far_of):
    done = through(far_of, "kill -KILL $$").run("true")
    assert done.status == 125 and "was ended by signal 9" in done.err


@pytest.mark.parametrize("via", ["ssh", "env"])
def test_jig_is_not_there(via, request, far_of):
    far = request.getfixturevalue("ssh") if via == "ssh" else far_of("env")
    done = far.run("true", options=("--via-jig", "/nowhere/jig"))
    assert done.status == 125
    assert "has not found a '/nowhere/jig' that it can run there" in done.err
    assert "--via-push" in done.err


def test_jig_at_a_path(ssh):
    other = ssh.place.work / "a jig"
    shutil.copy(stage.jig_path(), other)
    assert ssh.run("echo", "hi", options=("--via-jig", str(other))) == (0, "hi\n", "")


def test_a_path_that_the_transport_would_split(far_of, there):
    (there.bin / "a b").symlink_to("/usr/bin/env")
    far = far_of(f"'{there.bin}/a b' \"X=1 2\"")
    assert far.sh('echo "$X"') == (0, "1 2\n", "")


# --------------------------------------------------------------- what is no answer


def test_a_banner_is_skipped(far_of):
    far = through(far_of, "echo Welcome; echo; echo '{\"a\":1}'; echo '[]'; exec \"$@\"")
    assert far.run("echo", "hi") == (0, "hi\n", "")


def test_a_banner_without_an_end_of_line_is_skipped(far_of):
    far = through(far_of, "printf 'last login: '; exec \"$@\"")
    assert far.run("echo", "hi") == (0, "hi\n", "")


def test_a_banner_that_is_too_long(far_of):
    far = through(far_of, "while :; do echo 'all work and no play'; done")
    done = far.run("true")
    assert done.status == 125 and "the last line: all work and no play" in done.err


@pytest.mark.parametrize("bytes_of", ["/dev/zero", "/dev/urandom"])
def test_bytes_without_lines(far_of, bytes_of):
    done = through(far_of, f"cat {bytes_of}").run("true")
    assert done.status == 125 and "prints too much that is no answer" in done.err


def test_what_a_terminal_would_obey_is_not_printed(far_of):
    done = through(far_of, r"printf 'a\033[2Jb\n'; exit 4").run("true")
    assert "\033" not in done.err and "it has printed: a" in done.err


def test_another_protocol(far_of):
    error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"what is that?"}}'
    done = through(far_of, f"read a; echo '{error}'; cat").run("true")
    assert done.status == 125 and "does not speak our protocol: what is that?" in done.err


KNOWS_MORE = ANSWER.replace("[]", '["close_output"]')
STARTED = '{"jsonrpc":"2.0","id":2,"result":{"pid":1,"addresses":{}}}'


def lying(far_of, place, line: str, how: str = "cat line"):
    """An agent that starts the command, it says; and then says this line."""
    (place.work / "line").write_text(line + "\n")
    return through(far_of, f"read a; echo '{ANSWER}'; read a; echo '{STARTED}'; {how}; cat")


def ended(**changes) -> str:
    """With a report as of a command that has exited with 0, but for the changes."""
    report = {
        "reason": "exit",
        "main": {"pid": 1, "exit_status": 0, "signal": None, "wall_seconds": 0.1},
        "cage": {"kind": "subreaper", "strength": "contained", "proved_empty": True},
        "usage": {"wall_seconds": 0.1, "user_seconds": 0, "system_seconds": 0},
        **changes,
    }
    params = {"fixture": "command", "report": report}
    return json.dumps({"jsonrpc": "2.0", "method": "ended", "params": params})


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        '{"jsonrpc":"2.0","method":"ended","params":{}}',
        '{"jsonrpc":"2.0","method":"ended","params":{"report":{"version":1}}}',
        '{"jsonrpc":"2.0","method":"ended","params":{"report":null,"code":null}}',
        ended(main={"pid": 1, "exit_status": None, "signal": None}),
        ended(main={"pid": 1, "exit_status": 256, "signal": None}),
        ended(main={"pid": 1, "exit_status": -1, "signal": "NONE"}),
        ended(survivor_count=1),
        ended(reason="luck"),
    ],
)
def test_an_agent_that_lies_proves_nothing(far_of, place, line):
    """After the start."""
    done = lying(far_of, place, line).run("true", options=("-v",))
    assert done.status == 125 and "is not known" in done.err and "proved" not in done.err


def test_numbers_that_cannot_be_are_not_reported(far_of, place):
    """The report keeps to its schema."""
    one = {"pid": -1, "ppid": 2**40, "pgid": -7, "sid": 1e300, "uid": -5, "how": ["x"],
           "state": "\x1b", "comm": "\x1b[2J" * 9, "command": "\u202e\n" * 999,
           "ended": {"signal": "KILL", "after_seconds": -1e11}}
    line = ended(
        usage={"wall_seconds": -1e11, "user_seconds": 1e300, "system_seconds": -1,
               "peak_bytes": -5, "processes": -1},
        signals=[{"signal": "\x1b", "processes": -9, "at_seconds": -1}] * 40,
        leftovers=[one] * 99, leftover_count=10**9, began=-1e11,
    )  # fmt: skip
    far = lying(far_of, place, line)
    done = far.run("true", options=("-v", "--report", "report"))
    assert done.status == 0 and "1000000000 leftovers" in done.err
    assert is_valid_report(far.place.read_report())
    assert not {"\x1b", "\u202e"} & set(done.err) and "-" not in done.err.splitlines()[-1]


def test_output_without_credit_is_not_stored(far_of, place):
    """An agent that sends more than it may, to a reader that does not read."""
    line = json.dumps({"jsonrpc": "2.0", "method": "output",
                       "params": {"stream": "stdout", "base64": "eHh4" * 10000}})  # fmt: skip
    far = lying(far_of, place, line, "while cat line 2>/dev/null; do :; done")
    running = far.begin("true")
    assert running.wait() == 125 and "than jig has room for" in running.err()


@pytest.mark.parametrize(
    "line",
    [
        '{"jsonrpc":"2.0","id":2,"result":[]}',
        '{"jsonrpc":"2.0","id":2}',
        '{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"no"}}',
    ],
)
def test_a_start_that_is_refused(far_of, line):
    far = through(far_of, f"read a; echo '{ANSWER}'; read a; echo '{line}'; cat")
    assert far.run("true").status == 125


# --------------------------------------------------------------------- which hang


def test_a_transport_that_does_not_answer(far_of):
    began = time.monotonic()
    done = through(far_of, "exec sleep 600").run("true", options=("--via-timeout", "500ms"))
    assert done.status == 125 and "has not answered within 0.500 s" in done.err
    assert time.monotonic() - began < 20


def test_a_transport_that_reads_nothing_after_the_greeting(far_of):
    """A stop has an end."""
    far = through(far_of, f"read a; echo '{ANSWER}'; exec sleep 600")
    running = far.begin("true", options=("--grace", "100ms"))
    wait_until(lambda: far.place.pids("sleep"), "it hangs")
    running.signal(signal.SIGTERM)
    assert running.end().status == 125


def test_a_transport_that_does_not_end(far_of):
    """After the command: it is ended."""
    far = through(far_of, 'trap "" TERM; "$@"; sleep 600')
    assert far.run("echo", "hi") == (0, "hi\n", "")


def test_nothing_of_the_transport_is_left(far_of):
    far = through(far_of, 'setsid sleep 600 & exec "$@"')
    assert far.run("echo", "hi") == (0, "hi\n", "")


IGNORES_ALL = """
import signal, time

for signo in range(1, 65):
    if signo not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
        signal.signal(signo, signal.SIG_IGN)
open("up", "w").close()
while True:
    time.sleep(600)
"""


def test_what_the_transport_leaves_does_not_have_the_time_of_the_policy(far_of):
    """That is for the command there. Programs in Go ignore all signals that they do
    not know."""
    left = f"{PYTHON} -c {shlex.quote(IGNORES_ALL)}"
    far = through(far_of, f'{left} & until [ -e up ]; do sleep 0.01; done; exec "$@"')
    assert far.run("echo", "hi", options=("--grace", "600s")) == (0, "hi\n", "")


def with_master(ssh) -> tuple[str, pathlib.Path]:
    """Words of a transport that shares a connection; and the socket for that."""
    socket = ssh.place.work / "master"
    return f"{ssh.via.removesuffix(' host')} -o ControlPath={socket}", socket


def test_a_master_of_ssh_that_the_transport_starts_is_ended(ssh, far_of):
    words, _ = with_master(ssh)
    far = far_of(f"{words} -o ControlMaster=auto -o ControlPersist=600 host")
    assert far.run("echo", "hi") == (0, "hi\n", "")
    check = [*shlex.split(words), "-O", "check", "host"]
    assert run(check, env=ssh.place.env).status != 0
    assert far.run("echo", "hi") == (0, "hi\n", "")


def test_a_master_of_ssh_that_ran_before_goes_on(ssh, far_of):
    words, socket = with_master(ssh)
    master = [*shlex.split(words), "-N", "-o", "ControlMaster=yes", "host"]
    with Running(master, env=ssh.place.env):
        wait_until(socket.exists, "the master is there")
        assert far_of(f"{words} host").run("echo", "hi") == (0, "hi\n", "")
        check = [*shlex.split(words), "-O", "check", "host"]
        assert run(check, env=ssh.place.env).status == 0


def test_the_other_machine_takes_silence_for_a_cut(far_of, place):
    """jig-agent(7): keep_alive."""
    assert through(far_of, 'read a; echo "$a" >said; exit 1').run("true").status == 125
    assert json.loads((place.work / "said").read_text())["params"]["keep_alive"] == "60s"


def test_silence_is_no_cut_while_jig_here_is_suspended(far_of, place):
    script = 'echo >up; while read a; do case $a in *ping*) echo "$a" >said; exit;; esac; done'
    start = f"read a; echo '{KNOWS_MORE}'; read b; echo '{STARTED}'; {script}"
    running = through(far_of, start).begin("true")
    wait_until((place.work / "up").exists, "it runs")
    with pinned([main_of(running.pid)]) as [relay]:
        wait_until(lambda: sent_and_said(relay, place), "it says so")
        send(relay, signal.SIGCONT)
        assert running.wait() == 125
    assert json.loads((place.work / "said").read_text())["params"] == {"keep_alive": 0}


def sent_and_said(relay: int, place) -> bool:
    """Before the answer of the start has come, it has nothing to say."""
    send(relay, signal.SIGCONT)
    send(relay, signal.SIGTSTP)
    return (place.work / "said").exists() and (place.work / "said").read_text() != ""


# --------------------------------------------------------------------------- push


@pytest.fixture(name="bare")
def _bare(place, far_of):
    """No jig is there."""
    (place.bin / "jig").unlink()
    return far_of


@pytest.fixture(name="push")
def _push(place):
    return ("--via-push", "--env", f"TMPDIR={place.work}")


def pushing(place, via: str) -> str:
    """Copies come into the place."""
    return f"env TMPDIR={place.work} {via}"


def test_a_copy_is_made_run_and_removed(bare, place):
    far = bare(pushing(place, "env"))
    script = f"ls -d {place.work}/jig-*; exit 3"
    done = far.run("/bin/sh", "-c", script, options=("--via-push",))
    assert done.status == 3 and done.out == ""
    assert folders(place) == []


def test_a_copy_over_ssh(bare, server, place):
    far = bare(f"{shlex.quote(server.ssh)} host")
    assert far.run("echo", "hi", options=("--via-push",)) == (0, "hi\n", "")


def test_jig_that_is_there_is_not_copied(bare, place):
    named = place.bin / "jig"
    named.write_text(f'#!/bin/sh\nTHERE=yes exec {shlex.quote(str(stage.jig_path()))} "$@"\n')
    named.chmod(0o755)
    far = bare(pushing(place, "env"))
    assert far.sh('echo "$THERE"', options=("--via-push",)) == (0, "yes\n", "")


@pytest.mark.parametrize("moment", [0, 0.005, 0.01, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("name", ["TERM", "KILL"])
def test_a_push_that_is_broken_off_leaves_nothing(bare, place, moment, name):
    far = bare(pushing(place, "env"))
    running = far.begin("exec sleep 600", options=("--via-push",))
    time.sleep(moment)
    running.signal(signal.Signals[f"SIG{name}"])
    running.wait()
    wait_until(lambda: folders(place) == [], "the copy is removed")


def test_a_copy_that_is_changed_on_its_way(bare, place):
    """A disk that is full, a transport that is not clean."""
    script = '"$@" | sed -u s/musl/glibc/g'
    far = bare(pushing(place, f"sh -c {shlex.quote(script)} sh"))
    done = far.run("true", options=("--via-push",))
    assert done.status == 125 and "differs from what was sent" in done.err
    assert folders(place) == []


def test_a_copy_that_may_not_be_executed(bare, place):
    far = bare(pushing(place, "env"))
    (place.bin / "chmod").write_text("#!/bin/sh\nexit 0\n")
    (place.bin / "chmod").chmod(0o755)
    done = far.run("true", options=("--via-push",))
    assert done.status == 125 and "cannot be executed there" in done.err
    assert folders(place) == []


def test_another_kind_of_machine(bare, place):
    (place.bin / "uname").write_text("#!/bin/sh\necho vax\n")
    (place.bin / "uname").chmod(0o755)
    done = bare("env").run("true", options=("--via-push",))
    assert done.status == 125 and "that machine is a vax" in done.err


def test_a_copy_has_no_name_while_it_is_sent(bare, place):
    """So no SIGKILL of the script leaves it."""
    place.copy("/usr/bin/head")
    script = '{ dd bs=4096 count=75 status=none; exec sleep 600; } | "$@"'
    far = bare(pushing(place, f"sh -c {shlex.quote(script)} sh"))
    running = far.begin("true", options=("--via-push",))
    wait_until(lambda: len(place.pids("head")) == 1 and place.pids("sleep"), "half is sent")
    assert folders(place) == []
    with pinned(place.pids("sh")) as shells:
        for shell in shells:
            send(shell, signal.SIGKILL)
    assert running.wait() == 125 and folders(place) == []


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "ksh", "mksh", "zsh", "yash"])
def test_a_copy_is_taken_by_each_sh(bare, place, shell):
    """As sh there."""
    program = shutil.which(shell.split()[0]) or pytest.skip(f"not installed: {shell}")
    (place.bin / "sh").unlink()
    (place.bin / "sh").symlink_to(program)
    far = bare(pushing(place, "env"))
    assert far.run("echo", "hi", options=("--via-push",)) == (0, "hi\n", "")
    assert folders(place) == []


@pytest.mark.parametrize("shell", ["dash", "bash", "fish", "tcsh", "zsh"])
@pytest.mark.parametrize("name", ["ssh", "other"])
def test_a_copy_for_each_shell_of_a_user_there(bare, place, shell, name):
    """Which splits the words again, as with ssh; whether or not we know that."""
    program = shutil.which(shell) or pytest.skip(f"not installed: {shell}")
    transport = place.bin / name
    transport.write_text(f'#!/bin/sh\nshift; exec {program} -c "$*"\n')
    transport.chmod(0o755)
    far = bare(pushing(place, f"{name} host"))
    options = ("--via-push", "--via-jig", "/no such/jig's")
    assert far.run("echo", "hi", options=options) == (0, "hi\n", "")


@pytest.mark.parametrize("shell", ["dash", "bash", "fish", "tcsh", "zsh"])
def test_ssh_quotes_for_each_shell_of_a_user_there(far_of, place, shell):
    program = shutil.which(shell) or pytest.skip(f"not installed: {shell}")
    (place.bin / "ssh").write_text(f'#!/bin/sh\nshift; exec {program} -c "$*"\n')
    (place.bin / "ssh").chmod(0o755)
    other = place.work / "a jig's $HOME"
    shutil.copy(stage.jig_path(), other)
    done = far_of("ssh host").run("echo", "hi", options=("--via-jig", str(other)))
    assert done == (0, "hi\n", "")


def test_a_copy_through_ssh_behind_other_words(bare, server, place):
    far = bare(f"env X=1 {shlex.quote(server.ssh)} host")
    assert far.run("echo", "hi", options=("--via-push",)) == (0, "hi\n", "")


def test_sh_is_not_there(bare):
    far = bare('env -S PATH=/nowhere env')
    done = far.run("true", options=("--via-push",))
    assert done.status == 125 and "has not found a 'sh'" in done.err


def test_a_disk_that_is_full(bare, place):
    """The reason is that of head(1)."""
    far = bare(pushing(place, "sh -c 'ulimit -f 8; trap \"\" XFSZ; exec \"$@\"' sh"))
    done = far.run("true", options=("--via-push",))
    assert done.status == 125 and "File too large" in done.err and folders(place) == []


def test_only_a_copy_is_executed_from_a_descriptor(place):
    with open("/dev/null") as null:
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" agent --from-descriptor 3<&0', stage.jig_path()],
            stdin=null, capture_output=True, text=True, check=False, timeout=DEADLINE_S,
        )  # fmt: skip
    assert done.returncode == 125 and "is not the program" in done.stderr


# ----------------------------------------------------------------------- a terminal


@pytest.mark.parametrize("options", [(), ("--via-push",)])
def test_a_terminal_in_between_is_refused(ssh, options):
    """It would change bytes, and would hold a long line."""
    far = type(ssh)(ssh.place, f"{ssh.via.removesuffix(' host')} -tt host")
    done = far.run("true", options=options)
    assert done.status == 125 and "gives jig there a terminal" in done.err


def test_the_descriptors_of_the_relay_are_not_the_commands(far_of):
    done = far_of("env").run("ls", "/proc/self/fd")
    assert done.out.split() == ["0", "1", "2", "3"]
    assert os.path.exists("/proc/self/fd")
