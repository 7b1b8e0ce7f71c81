# SPDX-License-Identifier: MIT
"""`jig run --via`: as if the command ran here. Statuses, bytes, signals, probes.

The teardown of `place` (conftest.py) asks the oracle for processes that are left:
of the command, and of jig on the far side.
"""

import json
import os
import signal
import subprocess
import time

import pytest
from agents import events_of
from helpers import DEADLINE_S, Running, is_valid_report, jig_run, run, wait_until

#: Main, a child in its own session, and a daemon of this child.
FAMILY = """
setsid sh -c '(setsid sleep 600 &) ; exec sleep 600' &
echo up; wait
"""


@pytest.mark.parametrize("status", [0, 1, 3, 125, 255])
def test_the_status_is_the_commands(far, status):
    done = far.sh(f"echo out; echo err >&2; exit {status}")
    assert done == (status, "out\n", "err\n")


@pytest.mark.parametrize("name", ["TERM", "KILL", "USR1"])
def test_death_by_a_signal_is_seen_as_here(near, name):
    done = near.raw(*near.place.sh(f"kill -{name} $$"))
    assert done.returncode == -signal.Signals[f"SIG{name}"]


@pytest.mark.parametrize(
    ("word", "status", "says"),
    [("no-such-program", 127, "command not found"), ("/etc", 126, "cannot execute /etc")],
)
def test_a_program_that_cannot_be_executed(far, word, status, says):
    done = far.run(word)
    assert done.status == status and says in done.err


def test_words_and_variables_arrive_as_they_are(ssh):
    """Through a shell, which ssh starts there."""
    words = ["a b", "", "'", '"', "$HOME", "`id`", "\\", "*", "ä\u202e", "new\nline", "{x}"]
    options = ("--env", "V= $(id) 'x' ", "--env", "E=")
    script = 'printf "%s|" "$@" "$V" "$E"'
    done = ssh.run("sh", "-c", script, "sh", *words, options=options)
    assert done == (0, "|".join([*words, " $(id) 'x' ", "", ""]), "")


def test_a_word_that_is_not_utf8_is_refused(near):
    done = near.raw("echo", b"\xff")
    assert done.returncode == 125 and b"a word of the command is not UTF-8" in done.stderr


def test_the_environment_of_this_side_is_not_sent(near):
    """A transport of this machine has it; the words of --env are added there."""
    (near.place.work / "file").write_text("FROM_FILE=1\nBOTH=file\n")
    options = ("--clear-env", "--env", "BOTH=word", "--env-file", "file")
    done = near.run("/usr/bin/env", options=options)
    assert sorted(done.out.splitlines()) == ["BOTH=word", "FROM_FILE=1"]


def test_values_of_variables_are_in_no_words(near):
    """Other users can read the words of a process."""
    (near.place.work / "file").write_text("PASSWORD=once-upon\n")
    running = near.begin("echo $PASSWORD; exec sleep 600", options=("--env-file", "file"))
    assert running.line() == "once-upon"
    seen = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "once-upon" not in seen.stdout


# ------------------------------------------------------------------------- bytes


def test_standard_input_arrives_byte_for_byte(ssh):
    data = os.urandom(1_000_003)
    done = ssh.raw("cat", input=data)
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout == data


def test_both_streams_arrive_whole_and_apart(far):
    done = far.sh("head -c 3000000 /dev/zero; head -c 100000 /dev/zero >&2")
    assert (done.status, len(done.out), len(done.err)) == (0, 3_000_000, 100_000)


def test_one_file_for_both_streams_keeps_the_order(near):
    script = "i=0; while [ $i -lt 200 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done"
    done = near.raw(*near.place.sh(script), capture_output=False, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT)
    wanted = [f"{kind}{i}" for i in range(200) for kind in "oe"]
    assert done.stdout.decode().split() == wanted


def test_a_slow_reader_slows_the_command_and_loses_nothing(near):
    """The command is not ahead by more than what is on its way."""
    mark = near.place.work / "written"
    script = f"for i in 1 2 3 4 5 6 7 8; do head -c 1000000 /dev/zero; echo $i >{mark}; done"
    running = near.begin(script)
    wait_until(mark.exists, "it has begun")
    time.sleep(1)  # Time in which it could write all.
    assert running.is_alive() and int(mark.read_text()) < 5
    assert len(running.rest()) == 8_000_000 and running.wait() == 0


def test_a_stop_while_nothing_reads_has_an_end(near):
    """Its output waits for its reader when the command there has ended."""
    running = near.begin("head -c 500000 /dev/zero; exit 3")
    time.sleep(0.5)
    running.signal(signal.SIGTERM)
    assert running.wait() == 3


def test_a_reader_that_goes_ends_the_writer_as_here(far):
    """yes(1) gets SIGPIPE there."""
    first = subprocess.Popen(far.words("yes"), env=far.place.env, stdout=subprocess.PIPE)
    with first:
        assert first.stdout.read(4) == b"y\ny\n"
        first.stdout.close()
        assert first.wait(DEADLINE_S) == -signal.SIGPIPE


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("status", [0, 3])
def test_output_that_cannot_be_written_here_is_no_success(near, stream, status):
    """The command there has written all, and knows nothing of a full disk here."""
    number = {"stdout": 1, "stderr": 2}[stream]
    with open("/dev/full", "w") as full:
        words = near.place.sh(f"echo hi >&{number}; exit {status}")
        done = near.raw(*words, **{"capture_output": False, "stdout": subprocess.PIPE,
                                   "stderr": subprocess.PIPE, stream: full})  # fmt: skip
    assert done.returncode == (status or 125)
    if stream == "stdout":
        assert b"cannot write standard output: No space left" in done.stderr


def test_a_command_that_does_not_read_ends_the_writer_as_here(near):
    """The writer of our standard input gets SIGPIPE."""
    writer = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    with writer, Running(near.words("head", "-n", "1"), env=near.place.env,
                         stdin=writer.stdout) as running:
        writer.stdout.close()
        assert running.end() == (0, "y\n", "")
        assert writer.wait(DEADLINE_S) == -signal.SIGPIPE


def test_the_end_of_standard_input_arrives(near):
    running = near.begin("cat; echo end", stdin=subprocess.PIPE)
    running.stdin.write(b"one\n")
    running.stdin.flush()
    assert running.line() == "one"
    running.stdin.close()
    assert running.end() == (0, "end\n", "")


def test_output_goes_to_a_file_and_a_log(near):
    work = near.place.work
    with open(work / "out", "wb") as out:
        done = near.raw(*near.place.sh("echo one; echo two >&2"), capture_output=False,
                        stdout=out, stderr=subprocess.PIPE)
    assert (work / "out").read_text() == "one\n" and done.stderr == b"two\n"
    done = near.sh("echo one", options=("--log", "log", "--log-prefix", "x "))
    assert (work / "log").read_text() == "x one\n" and done.status == 0


# ----------------------------------------------------------------------- signals


@pytest.mark.parametrize("name", ["USR1", "WINCH", "HUP"])
def test_signals_are_the_commands(ssh, name):
    script = f"trap 'echo got; exit 7' {name}; echo up; while :; do sleep 0.01; done"
    options = ("--forward", "HUP") if name == "HUP" else ()
    running = ssh.begin(script, options=options)
    assert running.line() == "up"
    running.signal(signal.Signals[f"SIG{name}"])
    assert running.end() == (7, "got\n", "")


@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT"])
def test_a_stop_begins_with_the_signal_that_requests_it(ssh, name):
    traps = " ".join(f"trap 'echo {one}; exit 9' {one};" for one in ("TERM", "INT", "QUIT"))
    running = ssh.begin(f"{traps} echo up; while :; do sleep 0.01; done")
    assert running.line() == "up"
    running.signal(signal.Signals[f"SIG{name}"])
    assert running.end()[:2] == (9, f"{name}\n")


def test_a_stop_follows_the_policy_of_the_options(far):
    script = "trap '' TERM; trap 'echo int; exit 4' INT; echo up; while :; do sleep 0.01; done"
    running = far.begin(script, options=("--stop", "TERM 300ms INT 10s KILL"))
    assert running.line() == "up"
    running.signal(signal.SIGTERM)
    assert running.end() == (4, "int\n", "")


def test_a_second_signal_begins_the_next_step(near):
    script = "trap '' TERM; echo up; while :; do sleep 0.01; done"
    running = near.begin(script, options=("--grace", "100s"))
    assert running.line() == "up"
    running.signal(signal.SIGTERM)
    running.signal_again(signal.SIGTERM)
    assert running.wait() == 128 + signal.SIGKILL


def test_a_stop_reaches_what_has_escaped(ssh):
    running = ssh.begin(FAMILY, options=("--report", "report"))
    assert running.line() == "up"
    wait_until(lambda: len(ssh.place.pids("sleep")) == 2, "all run")
    running.signal(signal.SIGTERM)
    assert running.wait() == 128 + signal.SIGTERM
    report = ssh.place.read_report()
    assert report["reason"] == "stop" and report["cage"]["proved_empty"]
    assert ssh.place.pids("sleep") == []


def test_what_is_left_is_ended_and_reported(far):
    done = far.sh("(setsid sleep 600 &) ; exit 0", options=("--leftovers", "fail"))
    assert done.status == 122 and "1 leftover of the command" in done.err
    assert far.place.pids("sleep") == []


def test_a_timeout(near):
    done = near.sh("exec sleep 600", options=("--timeout", "300ms", "--report", "report"))
    assert done.status == 124 and near.place.read_report()["reason"] == "timeout"


def test_the_group_gets_the_signal_as_well(near):
    """timeout(1) signals its whole process group: the transport must not end."""
    command = ["timeout", "0.5", *near.words(*near.place.sh("trap 'exit 6' TERM; "
               "while :; do sleep 0.01; done"))]
    done = subprocess.run(command, env=near.place.env, capture_output=True, text=True,
                          timeout=DEADLINE_S, check=False)
    assert (done.returncode, done.stdout) == (124, "") and "jig" not in done.stderr


def test_a_stop_before_jig_there_has_answered(near, far_of):
    slow = far_of(f"{near.place.bin}/sh -c 'sleep 600; exec \"$@\"' sh")
    running = slow.begin("echo never")
    wait_until(lambda: near.place.pids("sleep"), "the transport runs")
    running.signal(signal.SIGINT)
    assert running.end() == (128 + signal.SIGINT, "", "")


# ------------------------------------------------------------------------ probes


_SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"far")
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_probes_and_ports_are_of_the_far_side(ssh):
    events = ssh.place.work / "events"
    options = ("--port", "web", "--ready", "http:{web}/", "--events", str(events))
    words = ["/usr/bin/python3", "-c", _SERVER, "{port:web}"]
    with Running(ssh.words(*words, options=options), env=ssh.place.env) as running:
        def told():
            lines = events.read_text().splitlines() if events.exists() else []
            return [json.loads(line) for line in lines]

        wait_until(lambda: any(one["method"] == "ready" for one in told()), "it is ready")
        started, ready = told()[:2]
        address = ready["params"]["addresses"]["web"]
        assert started["params"]["pid"] > 0 and address["address"].startswith("host:")
        running.signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM


def test_the_given_address_is_told(near):
    events = near.place.work / "events"
    options = ("--port", "web=12345", "--via-address", "::1", "--events", str(events))
    assert near.run("true", options=options).status == 0
    started = json.loads(events.read_text().splitlines()[0])
    assert started["params"]["addresses"]["web"] == {"address": "[::1]:12345", "port": 12345}


def test_what_does_not_become_ready(near):
    options = ("--ready", "file:never", "--start-timeout", "300ms", "--report", "report")
    done = near.sh("exec sleep 600", options=options)
    assert done.status == 125 and "not ready" in done.err and "never" in done.err
    assert near.place.read_report()["reason"] == "not-ready"


def test_an_end_before_it_is_ready(near):
    done = near.sh("exit 3", options=("--ready", "file:never"))
    assert done.status == 125 and "not ready" in done.err


def test_what_becomes_unhealthy(near):
    flag = near.place.work / "flag"
    flag.write_text("")
    options = ("--live", f"file:{flag}", "--live-interval", "50ms", "--live-failures", "1")
    running = near.begin("echo up; exec sleep 600", options=options)
    assert running.line() == "up"
    flag.unlink()
    result = running.end()
    assert result.status == 125 and "not healthy" in result.err


def test_a_daemon_goes_on(near):
    script = "(trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done) & exit 0"
    running = near.begin(script, options=("--daemon",))
    assert running.line() == "up"
    running.signal(signal.SIGTERM)
    assert running.wait() == 0


# ------------------------------------------------------------------- the report


def test_the_report_is_that_of_the_far_side(ssh):
    done = ssh.sh("(setsid sleep 600 &) ; exit 5", options=("--report", "report", "-q"))
    report = ssh.place.read_report()
    assert done.status == 5 and is_valid_report(report)
    assert report["via"] == ssh.via and report["main"]["exit_status"] == 5
    assert report["leftover_count"] == 1 and report["leftovers"][0]["sid"] > 0
    assert report["cage"]["proved_empty"]


def test_without_via_the_report_does_not_name_it(place):
    run(jig_run("--report", "report", "--", "true"), env=place.env, cwd=place.work)
    assert "via" not in place.read_report()


# ----------------------------------------------------------------------- options


def test_the_order_of_options_does_not_count(near):
    (near.place.work / "in").mkdir()
    words = jig_run("--chdir", "in", "--stop-signal", "INT", "--via", near.via, "--umask", "077",
                    "--", "sh", "-c", "pwd; umask")
    done = run(words, env=near.place.env, cwd=near.place.work)
    assert done == (0, f"{near.place.work}/in\n0077\n", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--via", ""], "--via '' is not a command"),
        (["--via", "ssh 'host"], "is not a command such as 'ssh host'"),
        (["--via-push"], "need --via"),
        (["--via", "env", "--via-address", "a/b"], "is not a host's name"),
        (["--via", "env", "--via-timeout", "soon"], "is not a duration"),
        (["--via", "env", "--grace", "soon"], "is not a duration"),
    ],
)
def test_wrong_options(place, words, says):
    done = run(jig_run(*words, "--", "true"), env=place.env)
    assert done.status == 125 and says in done.err


def test_a_user_is_one_of_the_far_side(near):
    done = near.run("true", options=("--user", "no-such-user"))
    assert done.status == 125 and "no-such-user" in done.err


def test_the_events_are_those_of_a_command(near):
    events = near.place.work / "events"
    assert near.run("true", options=("--events", str(events))).status == 0
    names = [one["method"] for one in events_of(events.read_text())]
    assert names == ["started", "ended"]
