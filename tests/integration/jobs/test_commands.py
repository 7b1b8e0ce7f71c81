# SPDX-License-Identifier: MIT
"""jig start, jobs, wait, logs, send, restart, rename: jobs without a terminal
attached. bash is the oracle for formats, jobspecs and statuses."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess

import pytest
from helpers import Running, jig, one_line, pinned, run, wait_until
from pty_session import Shell, kill

# -------------------------------------------------------------------- start


def test_start_prints_number_and_pid_and_returns(world, place):
    done = world.do("start", "sleep", "1000")
    pid = int(re.fullmatch(r"\[1\] (\d+)\n", done.out)[1])
    assert done.status == 0 and done.err == ""
    assert place.alive() == [pid]


def test_a_job_has_a_session_and_a_terminal_of_its_own(world):
    ids = "ps -o pid=,pgid=,sid=,tpgid=,tty= -p $$; tty"
    job = world.script(f"{ids}; sleep 1000")
    said = world.await_output(1, "/dev/pts/").split()
    pid, group, session, foreground, terminal, path = said
    assert int(pid) == int(group) == int(foreground) == job["pid"]
    assert int(session) == job["sid"] != job["pid"]
    assert f"/dev/{terminal}" == path == job["terminal"]


def test_no_pty(world):
    world.script("tty; readlink /proc/self/fd/0; echo err >&2", "--no-pty")
    said = world.await_output(1, "err")
    assert "not a tty" in said and "/dev/null\n" in said
    assert "terminal" not in (world.job(1) or {})


def test_its_size(world):
    world.script("stty size", "--size", "31x97")
    world.await_output(1, "31 97\n")


def test_it_starts_where_and_with_what_jig_start_was(world, place):
    sub = place.work / "a b"
    sub.mkdir()
    script = 'echo "$PWD|$GIVEN|$JIG_JOB"'
    world.start("--", *place.sh(script), cwd=sub, env=world.env | {"GIVEN": "x y"})
    world.await_output(1, f"{sub}|x y|1\n")


def test_a_word_with_blanks_is_a_line_for_a_shell(world, place):
    world.start("echo a; echo b > 'the file'")
    world.await_state(1, "ended")
    assert (place.work / "the file").read_text() == "b\n"
    assert world.job(1)["command"] == "echo a; echo b > 'the file'"


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["--", "/no/such/program"], 127, "/no/such/program"),
        (["--", "/etc/passwd"], 126, "/etc/passwd"),
        (["--with", "true", "--", "true"], 125, "a job takes no --with"),
        (["--grcae", "1s", "--", "true"], 125, "did you mean --grace?"),
        (["--if-dies", "stop", "--", "true"], 125, "unknown option --if-dies"),
        (["--name", "1", "--", "true"], 125, "--name"),
        (["--name", "a/b", "--", "true"], 125, "--name"),
        (["--size", "0x5", "--", "true"], 125, "--size"),
    ],
)
def test_what_cannot_be_started_is_no_job(world, words, status, reason):
    done = world.do("start", *words)
    assert (done.status, done.out) == (status, "")
    assert reason in done.err
    assert world.jobs() == []


def test_ready_is_waited_for(world, place):
    script = "echo begun; until [ -e go ]; do sleep 0.01; done; echo serving; sleep 1000"
    words = ["start", "--ready", "log:serving", "--", *place.sh(script)]
    with Running(jig(*words), env=world.env, cwd=place.work) as starting:
        world.await_output(1, "begun")
        assert starting.is_alive()
        (place.work / "go").touch()
        assert starting.wait() == 0


def test_one_that_is_never_ready_is_no_job(world, place):
    done = world.do("start", "--ready", "log:never", "--", *place.sh("echo last; exit 3"))
    assert done.status == 125 and "last" in done.err, done
    assert world.jobs() == []


@pytest.mark.parametrize("descriptors", range(9, 26))
def test_one_that_fails_for_want_of_descriptors_is_no_job(world, descriptors):
    """It fails at each step in turn."""
    command = ["/bin/sh", "-c", f'ulimit -n {descriptors}; "$@"', "sh"]
    done = run([*command, *jig("start", "sleep", "1000")], env=world.env)
    assert done.status in (0, 125)
    assert [job["state"] for job in world.jobs()] == ["running"] * (done.status == 0)
    if done.status == 125:
        # As musl and as glibc have it.
        told = r"jig: cannot .*: (No file descriptors available|Too many open files)"
        assert re.fullmatch(told, one_line(done).rstrip("\n"))


def test_numbers_are_the_smallest_free(world):
    for number in (1, 2, 3):
        assert world.start("sleep", "1000")["number"] == number
    world.do("kill", "%2")
    world.do("wait", "%2")
    assert world.start("sleep", "1000")["number"] == 2
    assert world.start("sleep", "1000")["number"] == 4


def test_names_are_unique_among_the_living(world):
    world.start("--name", "web", "sleep", "1000")
    done = world.do("start", "--name", "web", "sleep", "1000")
    assert done.status == 125 and "job 1 has the name web" in done.err
    world.do("kill", "%web")
    assert world.start("--name", "web", "sleep", "1000")["name"] == "web"
    assert [job["number"] for job in world.jobs()] == [1]


def test_a_job_ends_with_an_owner_that_it_was_given(world, place):
    with Running([*place.sh("echo; sleep 1000 & wait")], env=world.env) as owner:
        owner.line()
        world.start("--owner", str(owner.pid), "sleep", "1001")
        owner.signal(signal.SIGKILL)
        world.await_state(1, "ended")
    for pid in place.alive():  # the owner's own sleep
        kill(pid, signal.SIGKILL)


def test_nothing_is_left_of_it(world, place):
    world.script("(setsid sh -c 'trap \"\" HUP; sleep 1000 &'); sleep 0.05", "--grace", "1s")
    world.await_state(1, "ended")
    assert place.await_empty() == []
    done = world.do("wait", "%1")
    assert "jig: 1 leftover of the command:" in done.err and "sleep 1000" in done.err


# --------------------------------------------------------- jobs, beside bash


@pytest.fixture
def bash(place):
    """The oracle."""
    env = place.env | {"LC_ALL": "C"}
    with Shell(env, cwd=place.work) as shell:
        yield shell
        shell.do('for job in $(jobs -p); do kill -KILL "$job"; done; wait')


def test_the_lines_are_bashs(world, bash):
    """Running, Stopped, Done, Exit, by signal; current and previous; -l."""
    ends = {
        "true": "exit 0",
        "three": "exit 3",
        "term": "kill -TERM $$",
        "kill": "kill -KILL $$",
        "hup": "kill -HUP $$",
        "segv": "ulimit -c 0; kill -SEGV $$",
    }
    for name, script in ends.items():
        bash.do(f"/bin/sh -c '{script}' {name} &")
        world.start("--", "/bin/sh", "-c", script, name)
    for number in range(1, len(ends) + 1):
        world.await_state(number, "ended")
    bash.do("sleep 1000 &")
    world.start("sleep", "1000")
    bash.do("cat &")  # stopped (tty input)
    world.start("--", "/bin/sh", "-c", "kill -TTIN $$", "cat")
    world.await_state(8, "stopped")
    bash.await_job("Stopped")
    theirs = normal(bash.do("jobs -l"))
    ours = normal(world.do("jobs", "-l").out)
    assert len(ours) == 8  # bash has told of the six that have ended
    assert [head(one) for one in ours[6:]] == [head(one) for one in theirs]
    assert "Stopped (tty input)" in ours[7]


def normal(text: str) -> list[str]:
    """Lines with every pid as PID."""
    return [re.sub(r"(?<=\S )\s*\d{2,}(?= )", "PID", line) for line in text.splitlines()]


def head(line: str) -> str:
    """Mark, pid and state. Not the number, which bash gives again as soon as it
    has told of an end."""
    return line[3:33]


STATES = {
    "exit 0": "Done",
    "exit 3": "Exit 3",
    "kill -TERM $$": "Terminated",
    "kill -KILL $$": "Killed",
    "kill -HUP $$": "Hangup",
    "kill -INT $$": "Interrupt",
    "kill -USR1 $$": "User defined signal 1",
    "kill -PIPE $$": "Broken pipe",
    "ulimit -c 0; kill -SEGV $$": "Segmentation fault",
}


@pytest.mark.parametrize("script", STATES)
def test_a_state_is_said_as_bash_says_it(world, bash, script):
    """bash says it when the prompt comes next after the end."""
    bash.do(f"/bin/sh -c '{script}' & wait $!")
    said = bash.do("jobs") or bash.do(":")
    world.start("--", "/bin/sh", "-c", script)
    world.await_state(1, "ended")
    ours = world.do("jobs", cwd=world.place.work).out
    assert STATES[script] in ours
    padded = f"{STATES[script]:<24}"
    assert ours.startswith(f"[1]+  {padded}"), ours
    if said.strip():
        assert said.startswith(f"[1]+  {padded}"), said


def test_a_core_dump_is_reported(world, place):
    script = "ulimit -c unlimited; kill -SEGV $$"
    world.start("--", *place.sh(script))
    job = world.await_state(1, "ended")
    assert job["status"] == 139
    line = world.do("jobs").out
    if "core dumped" in line:  # as the machine's core_pattern lets it
        assert re.match(r"\[1\]\+  Segmentation fault +\(core dumped\) ", line)
    else:
        assert re.match(r"\[1\]\+  Segmentation fault +/", line)


def test_short_long_and_pids(world):
    job = world.start("sleep", "1000")
    where = {"cwd": world.place.work}
    line = "[1]+  Running                 sleep 1000 &\n"
    assert world.do("jobs", **where).out == line
    long = f"[1]+ {job['pid']:5} Running                 sleep 1000 &\n"
    assert world.do("jobs", "-l", **where).out == long
    assert world.do("jobs", "-p", **where).out == f"{job['pid']}\n"


def test_its_directory_is_shown_in_another_one(world):
    world.start("sleep", "1000")
    assert world.do("jobs", cwd="/").out.endswith(f"(wd: {world.place.work})\n")


def test_current_and_previous(world, bash):
    """The same steps in both shells."""
    for _ in range(3):
        bash.do("sleep 1000 &")
        world.start("sleep", "1000")
    assert marks(world.do("jobs").out) == marks(bash.do("jobs")) == " -+"
    bash.do("kill -STOP %1")
    world.do("kill", "-STOP", "%1")
    world.await_state(1, "stopped")
    bash.await_job("Stopped")
    assert marks(world.do("jobs").out)[0] == "+"
    world.do("bg", "%1")
    world.await_state(1, "running")
    assert marks(world.do("jobs").out)[0] == "+"


def marks(text: str) -> str:
    return "".join(re.findall(r"^\[\d+\](.)", text, re.MULTILINE))


def test_json(world):
    world.start("--name", "web", "sleep", "1000")
    world.script("exit 3", "--no-pty")
    world.await_state(2, "ended")
    web, ended = world.jobs()
    assert web["name"] == "web" and web["state"] == "running" and web["clients"] == 0
    assert {"pid", "sid", "keeper", "started", "directory", "terminal"} <= web.keys()
    assert ended["status"] == 3 and ended["ended"] >= ended["started"]
    assert "terminal" not in ended and "name" not in ended
    assert json.loads(world.do("jobs", "--json", "%web").out) == [web]


def test_json_has_the_addresses_and_ports(world, place):
    path = place.work / "a sock"
    world.start("--port", "web", "--listen", f"s=unix:{path}", "sleep", "1000")
    world.start("sleep", "1000")
    web, other = world.jobs()
    port = web["ports"]["web"]
    assert web["ports"] == {"web": port} and 0 < port < 65536
    assert web["addresses"] == {"s": str(path), "web": f"127.0.0.1:{port}"}
    assert other["ports"] == {} and other["addresses"] == {}
    # They are of the job that runs.
    world.do("kill", "%1")
    world.await_state(1, "ended")
    assert world.job(1)["ports"] == {}


ODD = {
    "controls": b"a\nb\t\x1b[31m\x7f",
    "quotes": b"\"\\\"' \\",
    "no UTF-8": b"\xff\xfe\x80 \xc3",
    "long": "\N{LATIN SMALL LETTER A WITH DIAERESIS}".encode() * 3000,
    "long, odd": b"x" + "\N{EURO SIGN}".encode() * 3000,
}


@pytest.mark.parametrize("word", ODD)
def test_json_of_odd_words_is_json(world, word):
    """Of UTF-8, whatever the words are; and the job gets them as they are."""
    command = [b"sh", b"-c", b'printf %s "$1" >got; sleep 1000', b"sh", ODD[word]]
    world.start("--no-pty", "--", *map(os.fsdecode, command))
    wait_until((world.place.work / "got").exists, "it runs")
    command = jig("jobs", "--json")
    done = subprocess.run(command, env=world.env, stdout=subprocess.PIPE, check=True)
    (job,) = json.loads(done.stdout.decode("utf-8", errors="strict"))
    assert job["command"].startswith("sh -c ")
    got = world.place.work / "got"
    wait_until(lambda: got.read_bytes() == ODD[word], "it has its word")


def test_a_command_is_shown_on_one_line_and_orders_no_terminal(world, place):
    odd = b"\n\033[31m\rx\xff"
    world.start("sh", "-c", "sleep 1000", os.fsdecode(odd))
    shown = "sh -c 'sleep 1000' '??[31m?x?'"
    done = world.do("jobs", cwd=place.work)
    assert done.out == f"[1]+  Running                 {shown} &\n"
    world.do("kill", "-STOP", "%1")
    world.await_state(1, "stopped")
    assert world.do("bg").out == f"[1]+ {shown} &\n"


def test_a_long_command_is_cut_between_characters(world, place):
    world.start("sh", "-c", "sleep 1000", *["ü"] * 600)
    line = world.do("jobs", cwd=place.work).out
    assert 1000 < len(line.encode()) < 1100
    assert re.search(r" (ü|'ü'|'?\?)+ &\n\Z", line), line[-20:]


def test_options_stand_behind_words_too(world):
    world.script("echo a; echo b; sleep 1000")
    world.await_output(1, "b\n")
    assert json.loads(world.do("jobs", "%1", "--json").out)[0]["number"] == 1
    assert world.do("logs", "%1", "-n", "1").out == "b\r\n"
    assert world.do("wait", "%1", "--timeout", "1ms").status == 124
    assert world.do("wait", "%9", "--", "-n").status == 127


def test_jobs_with_a_jobspec(world):
    world.start("sleep", "1000")
    world.start("sleep", "1001")
    assert world.do("jobs", "%2").out.startswith("[2]")
    done = world.do("jobs", "%9")
    assert done.status == 1 and "%9: no such job" in done.err


def test_forget(world):
    world.script("exit 3")
    world.start("sleep", "1000")
    world.await_state(1, "ended")
    assert world.do("jobs", "--forget").status == 0
    assert [job["number"] for job in world.jobs()] == [2]
    assert world.do("wait", "%1").status == 127


# ----------------------------------------------------------------- jobspecs

SPECS = {
    "%1": 1,
    "1": 1,
    "%%": 3,
    "%+": 3,
    "%": 3,
    "%-": 2,
    "%web": 2,
    "web": 2,
    "%tail": 3,
    "%?1001": 2,
}


@pytest.mark.parametrize("spec", SPECS)
def test_a_jobspec_means_a_job(world, spec):
    world.start("sleep", "1000")
    world.start("--name", "web", "sleep", "1001")
    world.start("tail", "-f", "/dev/null")
    assert world.do("jobs", spec).out.startswith(f"[{SPECS[spec]}]")


@pytest.mark.parametrize("spec", ["%4", "%x", "%?x", "nobody", ""])
def test_a_spec_of_no_job(world, bash, spec):
    world.start("sleep", "1000")
    bash.do("sleep 1000 &")
    done = world.do("jobs", spec)
    assert done.status == 1 and done.err.endswith(": no such job\n"), done
    if spec.startswith("%"):
        assert "no such job" in bash.do(f"jobs {spec}")


def test_an_ambiguous_jobspec(world, bash):
    for _ in range(2):
        world.start("sleep", "1000")
        bash.do("sleep 1000 &")
    for spec in ("%sle", "%?1000"):
        done = world.do("jobs", spec)
        assert done.status == 1 and done.err.endswith(": ambiguous job spec\n"), done
        assert "ambiguous job spec" in bash.do(f"jobs {spec}")


# --------------------------------------------------------------------- wait


@pytest.mark.parametrize("script", ["exit 0", "exit 3", "kill -TERM $$", "kill -KILL $$"])
def test_wait_has_the_jobs_status_as_bash_has_it(world, bash, script):
    bash.do(f"/bin/sh -c '{script}' & wait %1")
    world.start("--", "/bin/sh", "-c", script)
    assert world.do("wait", "%1").status == bash.status()
    assert world.jobs() == []
    assert world.do("wait", "%1").status == 127


def test_wait_waits(world, place):
    world.script("read line; exit 5")
    with Running(jig("wait", "%1"), env=world.env) as waiting:
        wait_until(lambda: waiting.is_alive(), "it waits")
        assert world.do("send", "%1", "go").status == 0
        assert waiting.wait() == 5


def test_wait_for_any(world):
    world.start("sleep", "1000")
    world.script("exit 4")
    assert world.do("wait", "--any").status == 4
    assert [job["number"] for job in world.jobs()] == [1]


def test_wait_for_several_has_the_last_ones_status(world):
    for status in (1, 2, 3):
        world.script(f"exit {status}")
    assert world.do("wait", "%3", "%1").status == 1
    assert world.do("wait").status == 0
    assert world.jobs() == []


def test_wait_has_a_timeout(world):
    world.start("sleep", "1000")
    assert world.do("wait", "--timeout", "10ms", "%1").status == 124
    assert world.job(1)["state"] == "running"


def test_a_status_is_kept_for_one_that_waits_later(world):
    world.script("exit 6")
    world.await_state(1, "ended")
    assert world.do("wait", "%1").status == 6


def test_one_that_ends_at_once_has_its_status(world):
    """Clients that connect while the keeper reports the end."""
    for _ in range(100):
        assert world.do("start", "--", "/bin/sh", "-c", "exit 3").status == 0
        assert world.do("wait", "%1").status == 3
    assert world.jobs() == []


def test_all_waiting_clients_get_the_status(world):
    world.script("read line; exit 5")
    with contextlib.ExitStack() as stack:
        waiting = [Running(jig("wait", "%1"), env=world.env) for _ in range(8)]
        for one in waiting:
            stack.enter_context(one)
        world.await_clients(1, 8)
        world.do("send", "%1", "go")
        assert [one.wait() for one in waiting] == [5] * 8
    assert world.jobs() == []


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_client_that_stops_waiting_ends_nothing(world, signo):
    world.start("sleep", "1000")
    with Running(jig("wait", "%1"), env=world.env) as waiting:
        world.await_clients(1, 1)
        waiting.signal(signo)
        assert waiting.wait() == 128 + signo
    assert world.job(1)["state"] == "running"


def test_a_stopped_job_is_waited_for(world):
    """Until its end, not its stop: as wait(1) of POSIX has it."""
    world.start("sleep", "1000")
    world.do("stop", "%1")
    assert world.do("wait", "--timeout", "10ms", "%1").status == 124
    with Running(jig("wait", "%1"), env=world.env) as waiting:
        world.await_clients(1, 1)
        world.do("kill", "%1")
        assert waiting.wait() == 143


# -------------------------------------------------------------- logs, send


def test_logs_during_and_after(world):
    world.script("seq 1 5; read line; echo $line")
    assert world.await_output(1, "5\n") == "1\n2\n3\n4\n5\n"
    assert world.do("logs", "-n", "2", "%1").out == "4\r\n5\r\n"
    world.do("send", "%1", "two words")
    world.await_state(1, "ended")
    assert world.do("logs", "-n", "1", "%1").out == "two words\r\n"
    assert world.do("logs", "%1").out.startswith("1\r\n2\r\n")


def test_logs_are_followed_to_the_end(world):
    world.script("echo one; read line; echo two", "--name", "talker")
    world.await_output(1, "one")
    with Running(jig("logs", "-f", "talker"), env=world.env) as following:
        while following.line().strip() != "one":
            pass
        world.do("send", "talker", "")
        while following.line().strip() != "two":
            pass
        assert following.wait() == 0


def test_send_from_stdin_byte_for_byte(world, place):
    """Through a raw terminal: a megabyte, every byte that there is."""
    data = bytes(range(256)) * 4096
    (place.work / "data").write_bytes(data)
    world.script("stty raw -echo; echo ready; head -c 1048576 >got; echo done")
    world.await_output(1, "ready")
    with open(place.work / "data", "rb") as file:
        assert world.do("send", "%1", stdin=file).status == 0
    world.await_output(1, "done")
    assert (place.work / "got").read_bytes() == data


def test_send_to_one_without_a_terminal(world):
    world.start("--no-pty", "sleep", "1000")
    done = world.do("send", "%1", "x")
    assert done.status == 1 and "it has no terminal" in done.err


def test_send_without_enter(world):
    world.script("stty raw -echo; echo ready; head -c 5 >got; touch done; sleep 1000")
    world.await_output(1, "ready")
    assert world.do("send", "-n", "%1", "ab", "c").status == 0
    assert world.do("send", "-n", "%1", "d").status == 0
    wait_until((world.place.work / "done").exists, "it has read five bytes")
    assert (world.place.work / "got").read_bytes() == b"ab cd"


def test_what_is_sent_may_look_like_an_option(world):
    world.start("--", "cat", "-v")
    assert world.do("send", "%1", "-n", "--help").status == 0
    assert world.await_output(1, "-n --help\n-n --help\n")


def test_send_presses_enter(world):
    """Which sends a carriage return, whatever the terminal makes of it."""
    world.script("stty raw -echo; echo ready; head -c 2 >got; touch done; sleep 1000")
    world.await_output(1, "ready")
    world.do("send", "%1", "x")
    wait_until((world.place.work / "done").exists, "it has read two bytes")
    assert (world.place.work / "got").read_bytes() == b"x\r"


@pytest.mark.parametrize("late, answer", [
    (b"", b"S\x01\0\0\0\0"),
    (b"I\x01\0\0\0x", b"E\x13\0\0\0job has terminated\nS\x01\0\0\0\x01"),
])
def test_send_to_one_that_ends_by_it(world, late, answer):
    """Whether its terminal has taken the text, and all of it, when it ends before
    `jig send` could say that this was all."""
    world.script("read line; exit 5")
    with socket.socket(socket.AF_UNIX) as sender:
        sender.settimeout(20)
        sender.connect(str(world.runtime / "jobs" / "1" / "socket"))
        sender.sendall(b"W\x06\0\0\0input\0" b"I\x03\0\0\0go\r")
        world.await_state(1, "ended")
        sender.sendall(late)
        sender.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: sender.recv(100), b"")) == answer
    assert world.do("wait", "%1").status == 5


def test_send_to_one_that_has_ended(world):
    world.script("exit 3")
    world.await_state(1, "ended")
    done = world.do("send", "%1", "x")
    assert done.status == 1 and "job has terminated" in done.err


def test_logs_are_the_last_of_the_output_and_no_more_than_was_asked_for(world):
    world.script("seq 1 200000", "--no-pty", "--ring-size", "64k")
    world.await_state(1, "ended")
    said = world.do("logs", "%1").out
    assert len(said) <= 65536 and said.endswith("199999\n200000\n")
    numbers = [int(line) for line in said.split("\n")[1:-1]]
    assert numbers == list(range(numbers[0], 200001)) and len(numbers) > 9000
    assert world.do("logs", "-n", "3", "%1").out == "199998\n199999\n200000\n"


def test_logs_are_byte_for_byte_without_a_terminal(world, place):
    data = bytes(range(256)) * 256
    (place.work / "data").write_bytes(data)
    world.start("--no-pty", "cat", "data")
    world.await_state(1, "ended")
    command = jig("logs", "%1")
    done = subprocess.run(command, env=world.env, stdout=subprocess.PIPE, check=True)
    assert done.stdout == data


def test_logs_of_a_lost_job_are_not_made_up(world):
    job = world.start("echo said; sleep 1000")
    world.await_output(1, "said")
    kill(job["keeper"], signal.SIGKILL)
    world.await_state(1, "lost")
    done = world.do("logs", "%1")
    assert done.status == 1 and done.out == "" and "cannot read its output" in done.err


# --------------------------------------------------------- restart, rename


def test_restart_keeps_number_name_words_and_place(world, place):
    first = world.script("echo $PWD $GIVEN; sleep 1000", "--name", "web")
    done = world.do("restart", "%web", cwd="/", env=world.env | {"GIVEN": "other"})
    assert done.status == 0 and done.out.startswith("[1] ")
    second = world.job(1)
    assert second["name"] == "web" and second["pid"] != first["pid"]
    assert second["command"] == first["command"]
    world.await_output(1, f"{place.work}\n")
    wait_until(lambda: len(place.alive()) == 2, "one sh and one sleep")


def test_restart_of_one_that_has_ended(world):
    world.script("exit 3")
    world.await_state(1, "ended")
    assert world.do("restart", "%1").status == 0
    world.await_state(1, "ended")
    assert world.do("wait", "%1").status == 3


def test_restart_from_within_is_refused(world):
    """It would end itself before it could start anything."""
    first = world.script("jig restart %1; echo status $?; sleep 1000")
    assert "jig runs in it" in world.await_output(1, "status 1")
    assert world.job(1)["pid"] == first["pid"]


def test_rename(world):
    world.start("--name", "a", "sleep", "1000")
    world.start("--name", "b", "sleep", "1000")
    assert world.do("rename", "%a", "c").status == 0
    assert world.job(1)["name"] == "c"
    done = world.do("rename", "%c", "b")
    assert done.status == 1 and "job 2 has the name b" in done.err
    assert world.do("rename", "%c", "7").status == 1
    assert world.do("restart", "%c").status == 0
    assert world.job(1)["name"] == "c"


# ------------------------------------------------------------------- others


def test_jobs_and_services_are_told_apart(world, place):
    """`jig start` with a Procfile's names is jig up; a jobspec means a job."""
    (place.work / "Procfile").write_text("web: sleep 1000\n")
    done = world.do("start", "--", "sleep", "1000")
    assert done.out.startswith("[1] ")
    assert world.do("stop", "%1").status == 0
    assert world.job(1)["state"] == "stopped"
    done = world.do("stop", "web")
    assert done.status == 1 and "no `jig up` of" in done.err, done


@pytest.mark.parametrize("command", ["jobs", "fg", "bg", "wait", "send", "rename"])
def test_a_wrong_option_is_reported(command):
    done = run(jig(command, "--no-such"))
    assert done.status == 125 and "--no-such" in done.err


def test_one_inside_of_a_fixture_ends_with_it(world, place):
    """A job is no way out of a cage."""
    done = run(
        [*jig("run", "-q", "--"), *place.sh("jig start sleep 1000 >/dev/null; echo")],
        env=world.env,
        cwd=place.work,
    )
    assert done.status == 0
    assert place.await_empty() == []
    assert world.job(1)["state"] in ("ended", "lost")


def test_a_stopped_job_is_ended_whole(world, place):
    job = world.start("sleep", "1000")
    world.do("stop", "%1")
    world.await_state(1, "stopped")
    with pinned([job["keeper"]]) as fds:
        assert world.do("kill", "%1").status == 0
        assert fds
    assert place.await_empty() == []
    assert world.job(1)["status"] == 143


def test_wait_in_a_job_does_not_wait_for_that_job(world):
    world.start("sh", "-c", "jig start true; jig wait; echo waited; read go")
    world.await_output(1, "waited\n")
    assert [job["number"] for job in world.jobs()] == [1]


def test_send_returns_when_the_terminal_has_taken_it(world, place):
    script = "stty raw -echo; echo raw; until test -e go; do sleep 0.01; done; "
    world.start("sh", "-c", script + "exec head -c 100000 >/dev/null")
    world.await_output(1, "raw")
    text = place.work / "text"
    text.write_bytes(b"x" * 100000)
    with text.open() as typed:
        with Running(jig("send", "-n", "%1"), env=world.env, stdin=typed) as sending:
            world.do("wait", "--timeout", "200ms", "%1")
            assert sending.is_alive()
            (place.work / "go").touch()
            assert sending.wait() == 0


def test_restart_does_not_end_what_it_cannot_start(world, place):
    gone = place.work / "gone"
    gone.mkdir()
    before = world.start("sleep", "1000", cwd=gone)
    gone.rmdir()
    done = world.do("restart", "%1")
    assert done.status == 1
    assert "cannot change to directory" in done.err
    assert world.job(1)["state"] == "running"
    assert world.job(1)["pid"] == before["pid"]
