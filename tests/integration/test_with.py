# SPDX-License-Identifier: MIT
"""Fixtures around a command: `jig run --with 'server' … -- tests`.

What happened, and in which order, is in a log that all of them append to.
"""

import os
import re
import select
import shlex
import signal
import subprocess

import pytest
from helpers import FAILED, LEFTOVERS, NOT_FOUND, TIMEOUT, children_of
from helpers import comm_of, cpu_s, jig_run, one_line, pinned, send
from helpers import supervisor_of, wait_until
from pty_session import CTRL_C, Shell, Terminal


def line(words) -> str:
    return shlex.join(words)


def forever(place) -> str:
    """A shell's wait without a child, that a trap interrupts."""
    path = place.path / "never"
    if not path.exists():
        os.mkfifo(path)
        path.chmod(0o666)
    return f"while :; do read x <>{path}; done"


@pytest.fixture
def events(place):
    """What was appended to the shared log so far."""

    def read() -> list[str]:
        path = place.work / "events"
        return path.read_text().split() if path.exists() else []

    return read


@pytest.fixture
def note(place):
    """A line of shell that appends a word to the shared log."""
    return lambda word: f'echo {word} >>"{place.work}/events"'


@pytest.fixture
def server(place, note):
    """The options of a fixture that notes its start and its stop."""

    def go(name: str, *options: str, ready="log:^up", more="", stop=":") -> list[str]:
        script = f"trap '{note(name + '-stops')}; {stop}; exit 0' TERM INT; "
        # It waits without a child: a signal between fork and exec gets lost.
        script += f"{note(name + '-starts')}; {more} echo up; {forever(place)}"
        words = ["--with", line(place.sh(script)), "--name", name]
        return [*words, "--ready", ready, *options]

    return go


# ------------------------------------------------------------------- the order


def test_in_order_and_in_reverse_order(run, place, server, note, events):
    words = [*server("a"), *server("b"), *server("c")]
    result = run(*words, "--", *place.sh(f"{note('tests')}; exit 7"))
    assert result.status == 7, result
    assert events() == [
        *("a-starts", "b-starts", "c-starts", "tests"),
        *("c-stops", "b-stops", "a-stops"),
    ]
    summary = r"jig: fixtures: a ready \d+\.\d{3} s, b ready .*, c ready .* s; "
    assert re.search(summary + "the command ended with status 7\n", result.err)


@pytest.mark.parametrize("status", [0, 1, 120, 124, 125, 255])
def test_the_status_is_the_commands(status, run, place, server):
    result = run("-q", *server("a"), "--", *place.sh(f"echo out; exit {status}"))
    assert (result.status, result.out, result.err) == (status, "out\n", "")


def test_death_by_a_signal_is_passed(run, place, server):
    assert run(*server("a"), "--", *place.sh("kill -USR1 $$")).status == 138


def test_each_is_ready_before_the_next_starts(run, place, server, note, events):
    slow = server("a", more=f"sleep 0.2; {note('a-ready')};")
    assert run(*slow, *server("b"), "--", "true").status == 0
    assert events()[:3] == ["a-starts", "a-ready", "b-starts"]


def test_the_earlier_one_stops_after_the_later_has_gone(run, server, note, events):
    """A slow stop is waited for."""
    words = [*server("a"), *server("b", stop=f"sleep 0.2; {note('b-gone')}")]
    assert run(*words, "--", "true").status == 0
    assert events()[-3:] == ["b-stops", "b-gone", "a-stops"]


def test_in_parallel_each_may_wait_for_the_other(run, place, server):
    """Only when both run at once do they become ready."""
    meet = "until [ -e {1} ]; do sleep 0.01; done; "
    words = []
    for one, other in (("x", "y"), ("y", "x")):
        more = f"touch {place.work}/{one}; until [ -e {place.work}/{other} ]; "
        words += server(one, more=more + "do sleep 0.01; done;")
    assert meet and run(*words, "--parallel", "--", "true").status == 0


def test_a_command_line_is_a_shells(run, place):
    """Pipes and variables, and arguments that are no options of jig's."""
    words = ["--with", "X=1; echo $X -v --name z | sed s/1/up/; sleep 600"]
    assert run(*words, "--ready", "log:^up -v", "--", "true").status == 0


# ----------------------------------------------------------- names, environment


def test_names_of_earlier_ones_are_known_to_later_ones(run, place, act):
    web = ["--with", line(act("listen_fd:{fd:web}", "http:200"))]
    web += ["--listen", "web=127.0.0.1:0", "--ready", "http:{web}/", "--name", "w"]
    api = ["--with", "echo got {web} {port:web} $WEB_PORT; sleep 600", "--name", "api"]
    api += ["--port", "own", "--ready", r"log:^got 127.0.0.1:(\d+) \1 \1$"]
    api = [word.replace(r"(\d+) \1 \1", "([0-9]+) [0-9]+ [0-9]+") for word in api]
    words = [*web, *api, "--log-dir", "logs", "--"]
    result = run(*words, *place.sh("echo {web} $WEB_ADDR $WEB_PORT {port:own} $OWN_PORT"))
    assert result.status == 0, result
    first, second, port, own, same = result.out.split()
    assert first == second == f"127.0.0.1:{port}" and own == same
    log = (place.work / "logs" / "api.log").read_text()
    assert log == f"got {first} {port} {port}\n"


def test_the_command_may_ask_for_the_fixture(run, place, act):
    """A probe of the command's own words, and a real connection."""
    web = ["--with", line(act("listen_fd:3", "http:200")), "--listen", "web=:0"]
    python = act()[0]
    script = "import socket,sys;h,p=sys.argv[1].split(':');"
    script += "socket.create_connection((h,int(p)));print('met')"
    words = [*web, "--ready", "http:{web}/", "--", python, "-SEc", script, "{web}"]
    assert run(*words).out == "met\n"


def test_a_name_that_comes_twice_is_an_error(run, place):
    words = ["--with", "sleep 600", "--name", "a", "--port", "web"]
    words += ["--with", "sleep 600", "--name", "b", "--port", "web"]
    result = run(*words, "--", *place.sh("touch ran"))
    assert result.status == FAILED and "web" in result.err
    assert not (place.work / "ran").exists()


def test_names_are_the_programs(run, place):
    words = ["--with", "/bin/sleep 600", "--with", "x=1 sleep 600"]
    err = run(*words, "--", "true").err
    assert "fixtures: sleep ready" in err and ", fixture ready" in err


def test_two_of_one_program_get_names_of_their_own(run, place):
    result = run("--with", "sleep 600", "--with", "sleep 600", "--", "true")
    assert result.status == 0, result
    names = re.findall(r"(\S+) ready", result.err)
    assert len(set(names)) == 2, result


def test_the_environment_reaches_the_fixture(run, place):
    words = ["--with", "echo $FROM; sleep 600", "--ready", "log:^here$"]
    assert run(*words, "--", "true", env=place.env | {"FROM": "here"}).status == 0


# ----------------------------------------------------------------- logs, quiet


def test_log_dir(run, place):
    words = ["--with", "echo a; echo b >&2; sleep 600", "--name", "one"]
    words += ["--ready", "log:b", "--log-dir", "x", "--", "true"]
    assert run(*words).status == 0
    assert (place.work / "x" / "one.log").read_text() == "a\nb\n"


def test_a_log_dir_that_cannot_be_is_an_error(run, place):
    (place.work / "x").write_text("")
    words = ["--with", "sleep 600", "--log-dir", "x", "--", *place.sh("touch ran")]
    result = run(*words)
    assert result.status == FAILED and "x" in result.err
    assert not (place.work / "ran").exists()


def test_output_of_fixtures_is_not_said(run, place, server):
    words = ["-q", *server("a", more="echo noise; echo noise >&2;"), "--", "echo", "x"]
    result = run(*words)
    assert (result.out, result.err) == ("x\n", "")


def test_a_fixture_gets_no_stdin(place, act):
    """It is the command's."""
    command = jig_run("--with", "cat; echo up; sleep 600", "--ready", "log:^up", "cat")
    done = subprocess.run(
        command, input=b"for tests\n", stdout=subprocess.PIPE, timeout=30, env=place.env
    )
    assert done.stdout == b"for tests\n"


# ------------------------------------------------------------------- who dies


def test_one_that_dies_while_the_command_runs_stops_it(run, place, server, note, gate):
    words = ["--with", line(place.sh(f"echo up; read x <{gate.path}; echo oh no; exit 3"))]
    words += ["--name", "db", "--ready", "log:up"]
    script = f"trap '{note('told')}; exit 9' TERM; : >{gate.path}; {forever(place)}"
    result = run(*words, "--", *place.sh(script))
    assert result.status == FAILED
    assert "jig: db exited with status 3\n" in result.err
    assert "jig: the last lines of db:\nup\noh no\n" in result.err
    assert (place.work / "events").read_text() == "told\n"


def test_if_it_may_die_the_command_goes_on(run, place, gate):
    words = ["--with", line(place.sh(f"echo up; read x <{gate.path}; exit 3"))]
    words += ["--if-dies", "ignore", "--ready", "log:up", "--name", "db"]
    script = f"pid=$(cat pid 2>/dev/null); : >{gate.path}; sleep 0.3; exit 4"
    result = run(*words, "--", *place.sh(script))
    assert result.status == 4
    assert "db exited with status 3" in result.err and "died" in result.err


def test_one_that_is_killed_is_named_with_its_signal(run, place):
    words = ["--with", "echo $$ >pid; exec sleep 600", "--ready", "file:pid"]
    words += ["--name", "db", "--", *place.sh("kill -KILL $(cat pid); sleep 600")]
    result = run(*words)
    assert result.status == FAILED
    assert "db was ended by Killed" in result.err


def test_one_that_dies_at_the_commands_very_end(run, place):
    """Whoever comes first: 125 or the command's own status, never another."""
    words = ["-q", "--with", "echo $$ >pid; exec sleep 600", "--ready", "file:pid"]
    words += ["--", *place.sh("kill -KILL $(cat pid); exit 5")]
    assert run(*words).status in (FAILED, 5)


def test_one_that_dies_before_it_is_ready(run, place, server, note, events):
    words = [*server("a"), "--with", "echo broken; exit 3", "--name", "b"]
    words += ["--ready", "log:up", *server("c"), "--", *place.sh(note("tests"))]
    result = run(*words)
    assert result.status == FAILED
    assert "b is not ready: it exited with status 3" in result.err
    assert "jig: the last lines of b:\nbroken\n" in result.err
    assert events() == ["a-starts", "a-stops"]


def test_one_that_dies_while_a_later_one_starts(run, place, note, events):
    words = ["--with", line(place.sh("echo up; sleep 0.1; exit 3")), "--name", "a"]
    words += ["--ready", "log:up", "--with", "sleep 600", "--name", "b"]
    words += ["--ready", "file:never", "--", *place.sh(note("tests"))]
    result = run(*words)
    assert result.status == FAILED and "a exited with status 3" in result.err
    assert events() == []


def test_one_that_never_becomes_ready(run, place, server, events, note):
    never = server("b", "--start-timeout", "200ms", ready="file:never")
    result = run(*server("a"), *never, "--", *place.sh(note("tests")))
    assert result.status == FAILED
    assert "b is not ready: " in result.err and "file:never" in result.err
    assert "tests" not in events() and events()[-1] == "a-stops"


def test_one_that_cannot_start(run, place, server, events, note):
    words = [*server("a"), "--with", "x", "--name", "b", "--chdir", "nowhere"]
    result = run(*words, "--", *place.sh(note("tests")))
    assert result.status == FAILED
    assert "jig: b: " in result.err and "nowhere" in result.err
    assert events() == ["a-starts", "a-stops"]


def test_a_command_that_cannot_start(run, place, server, events):
    result = run(*server("a"), "--", "./nowhere")
    assert result.status == NOT_FOUND and "nowhere" in result.err
    assert events() == ["a-starts", "a-stops"]


def test_leftovers_of_a_fixture_are_told(run, place):
    script = "(trap '' TERM; echo up; exec sleep 600) & trap 'exit 0' TERM; "
    script += forever(place)
    words = ["--with", line(place.sh(script)), "--ready", "log:up", "--name", "db"]
    words += ["--grace", "300ms"]
    result = run(*words, "--", "true")
    assert result.status == 0, result
    assert "jig: of db:\n" in result.err and "sleep 600" in result.err


def test_the_timeout_is_the_commands(run, place, server, events):
    result = run("--timeout", "200ms", *server("a"), "--", "sleep", "600")
    assert result.status == TIMEOUT and events()[-1] == "a-stops"


def test_leftovers_fail_is_the_commands(run, place, server, events):
    words = ["--leftovers", "fail", *server("a"), "--", *place.sh("sleep 600 & :")]
    assert run(*words).status == LEFTOVERS
    assert events()[-1] == "a-stops"


def test_the_command_may_have_probes_of_its_own(run, place, server):
    words = ["--ready", "log:here", *server("a"), "--", *place.sh("echo here; exit 6")]
    assert run(*words).status == 6


# --------------------------------------------------------------------- signals


def stages(place, server, note, name):
    """Options under which jig stays in one stage, and how it shows."""
    never = server(name, ready="file:never")
    return {
        "first": ([*never, "--", "true"], f"{name}-starts"),
        "second": ([*server("z"), *never, "--", "true"], f"{name}-starts"),
        "command": (
            [*server(name), "--", *place.sh(f"{note('tests')}; exec sleep 600")],
            "tests",
        ),
        "stop": (
            [*server(name, "--grace", "1h", stop="sleep 600"), "--", "true"],
            f"{name}-stops",
        ),
    }


STAGES = ["first", "second", "command", "stop"]


@pytest.fixture
def at_stage(start, place, server, note, events):
    def go(stage_name, *before, **options):
        words, shown = stages(place, server, note, "a")[stage_name]
        running = start(*before, *words, **options)
        wait_until(lambda: shown in events(), f"{shown}; {running.err()}")
        return running

    return go


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("stage_name", STAGES[:3])
def test_a_signal_stops_all(stage_name, signo, at_stage, events):
    running = at_stage(stage_name)
    running.signal(signo)
    assert running.wait() == 128 + signo, running.err()
    assert events()[-1] == ("z-stops" if stage_name == "second" else "a-stops")


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT])
def test_27_a_signal_during_the_stop_hurries(signo, at_stage):
    """An hour's grace is over."""
    running = at_stage("stop")
    running.signal(signo)
    assert running.wait() == 0, running.err()


def test_27_the_second_signal_hurries(at_stage, place, start, server, note, events):
    """The first one stops the command, which does not listen."""
    script = f"trap '{note('told')}' TERM; {note('tests')}; "
    script += forever(place)
    words = [*server("a", "--grace", "1h"), "--", *place.sh(script)]
    running = start("--grace", "1h", *words)
    wait_until(lambda: "tests" in events(), "the command runs")
    running.signal(signal.SIGTERM)
    wait_until(lambda: "told" in events(), "it was told")
    running.signal_again(signal.SIGTERM)
    assert running.wait() == 128 + signal.SIGKILL
    assert events()[-1] == "a-stops"


@pytest.mark.parametrize("identity_of", ["root", "user"])
@pytest.mark.parametrize("stage_name", STAGES)
def test_14_sigkill_at_each_stage_leaves_nothing(
    stage_name, identity_of, at_stage, place
):
    if identity_of == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    options = [] if stage_name == "stop" else ["--grace", "1h"]
    running = at_stage(stage_name, *options, identity=identity_of)
    running.signal(signal.SIGKILL)
    running.wait()
    if stage_name == "stop":
        # Its policy goes on: end the hour's grace by the guards' own end.
        end_guards(place)
    assert place.await_empty() == []


def end_guards(place):
    for pid in place.alive():
        with pinned_or_gone(pid) as fds:
            for fd in fds:
                send(fd, signal.SIGKILL)


def pinned_or_gone(pid):
    try:
        return pinned([pid])
    except ProcessLookupError:
        return pinned([])


@pytest.mark.parametrize("stage_name", STAGES[:3])
def test_13_the_owner_dies(stage_name, place, server, note, events):
    """A shell that waits for jig gets SIGKILL."""
    words, shown = stages(place, server, note, "a")[stage_name]
    owner = subprocess.Popen(
        ["sh", "-c", '"$@"; :', "sh", *jig_run(*words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=place.env,
        cwd=place.work,
    )
    try:
        wait_until(lambda: shown in events(), shown)
    finally:
        owner.kill()
        owner.wait(20)
    assert place.await_empty() == []


def test_14_a_fixtures_guard_is_killed(start, place, server, events):
    """Its supervisor ends the fixture; the command is stopped."""
    running = start(*server("a"), "--", *place.sh("echo tests; exec sleep 600"))
    running.await_line("tests")
    guards = [p for p in children_of(running.pid) if comm_of(p) == "jig"]
    assert len(guards) == 1
    with pinned(guards) as (guard,):
        send(guard, signal.SIGKILL)
        assert running.wait() == FAILED
    assert "a died" in running.err()


#: In a line of shell that is main: it stops the fixture's guard.
STOPS_GUARD = "read -r a a a G a </proc/$PPID/stat; kill -STOP $G"


@pytest.mark.parametrize(
    "before, within",
    [
        pytest.param(STOPS_GUARD, ":", id="before"),
        pytest.param(":", STOPS_GUARD, id="within"),
    ],
)
def test_a_fixture_that_stops_its_guard_is_ended(before, within, run, place, events, note):
    """Before its stop, or in it."""
    go, told = place.work / "go", place.work / "events"
    script = f"trap '{within}; {note('stops')}; exit 0' TERM; echo up; "
    script += f"until [ -e {go} ]; do :; done; {before}; {note('runs')}; {forever(place)}"
    command = place.sh(f": >{go}; until [ -s {told} ]; do :; done")
    server = f"exec {line(place.sh(script))}"
    result = run("--with", server, "--ready", "log:^up", "--", *command)
    assert result.status == 0, result
    assert events() == ["runs", "stops"]


def test_14_a_fixtures_supervisor_is_killed(start, place, server):
    running = start(*server("a"), "--", *place.sh("echo tests; exec sleep 600"))
    running.await_line("tests")
    guard = next(p for p in children_of(running.pid) if comm_of(p) == "jig")
    with pinned([supervisor_of(guard)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)
        assert running.wait() == FAILED


def test_14_the_commands_supervisor_is_killed(start, place, server, events):
    running = start(*server("a"), "--", *place.sh("echo tests; exec sleep 600"))
    running.await_line("tests")
    with pinned([supervisor_of(running.pid)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)
        assert running.wait() == FAILED
    assert events()[-1] == "a-stops"


@pytest.mark.parametrize("cage_of", ["cgroup", "subreaper", "pidns", "pgroup"])
def test_the_cage_of_each_is_its_own(cage_of, run, place, server):
    words = [*server("a", "--cage", cage_of), *server("b"), "--", "true"]
    result = run("-q", *words)
    if result.status == FAILED and "cage" in result.err:
        pytest.skip(result.err)
    assert result.status == 0, result


# ------------------------------------------------------------------ bad options


@pytest.mark.parametrize(
    "words, said",
    [
        (["--with", ""], "--with"),
        (["--with", "sleep 1", "--name", "a b", "--", "true"], "--name"),
        (["--with", "sleep 1", "--if-dies", "x", "--", "true"], "--if-dies"),
        (["--with", "sleep 1", "--cage", "x", "--", "true"], "--cage"),
        (["--with", "sleep 1", "--nonsense", "--", "true"], "nonsense"),
        (["--with", "sleep 1", "--grace"], "grace"),
        (["--with", "sleep 1"], "no command"),
        (["--with", "sleep 1", "--"], "no command"),
        (["--with", "sleep 1", "--log-dir", "", "--", "true"], "--log-dir"),
        (["--with", "sleep 1", "--ready", "htp:80/", "--", "true"], "htp"),
        (["--with", "sleep 1", "--or", "file:x", "--", "true"], "needs a --ready before it"),
        (["--with", "sleep 1", "--listen", "nonsense", "--", "true"], "--listen"),
        (["--with", "sleep 1", "--port", "a b", "--", "true"], "--port"),
        (
            ["--with", "sleep 1", "--name", "a", "--with", "sleep 2", "--name", "a"]
            + ["--", "true"],
            "'a'",
        ),
        ([word for i in range(65) for word in ("--with", "sleep 1")], "64"),
    ],
)
def test_a_bad_option_of_a_group_is_told_before_anything_starts(
    words, said, run, place, server, events
):
    result = run(*server("first"), *words)
    assert result.status == FAILED
    assert said in one_line(result)
    assert events() == []


def test_64_fixtures(run, place):
    words = [word for i in range(64) for word in ("--with", "exec sleep 600")]
    result = run("-q", "--parallel", *words, "--", "true")
    assert (result.status, result.err) == (0, "")


def test_the_other_form_of_an_option(run, place):
    words = ["--with=echo up; sleep 600", "--ready=log:up", "--with=sleep 600"]
    assert run("-q", *words, "true").status == 0


def test_nested(run, place, server, events):
    inner = line(jig_run(*server("in"), "--", *place.sh("echo up; sleep 600")))
    words = [*server("out"), "--with", inner, "--ready", "log:^up", "--", "true"]
    assert run("-q", *words).status == 0
    assert events() == ["out-starts", "in-starts", "in-stops", "out-stops"]


def test_a_report_of_a_fixture_is_written(run, place):
    words = ["--with", "sleep 600", "--report", "srv.json", "--", "true"]
    assert run("-q", *words).status == 0
    assert '"reason"' in (place.work / "srv.json").read_text()


def test_no_descriptor_of_jigs_is_passed_to_the_command(run, place, server):
    result = run("-q", *server("a", "--listen", "x=:0"), "--", "ls", "/proc/self/fd")
    assert result.lines == ["0", "1", "2", "3"]


def test_jig_sleeps_while_a_fixture_is_dead_and_ignored(start, place, server, gate):
    """Its end is news once."""
    words = ["--with", line(place.sh("echo up; exit 3")), "--ready", "log:up"]
    words += ["--if-dies", "ignore", *server("b"), "--"]
    jig_ = start(*words, *place.sh(f"echo here; read x <{gate.path}; exit 2"))
    jig_.await_line("here")
    select.select([], [], [], 0.5)  # The test's subject: what waiting costs.
    used = cpu_s(jig_.pid)
    gate()
    assert jig_.wait() == 2
    assert used < 0.2


# ------------------------------------------------------------------ a terminal


@pytest.fixture
def terminal(place):
    def go(*words):
        env = place.env | {"TERM": "xterm"}
        return Terminal(jig_run(*words), env=env, cwd=place.work)

    return go


def test_a_line_on_the_terminal_says_what_is_waited_for(terminal, place, server, gate):
    slow = server("db", more=f"read x <{gate.path};")
    with terminal(*slow, "--", *place.sh("echo tests; exit 3")) as screen:
        screen.expect(r"db waiting for log:\^up")
        gate()
        screen.expect(r"tests")
        assert screen.wait() == 3


def test_in_the_background_no_line_is_drawn(place, server, events):
    words = jig_run(*server("db", ready="file:never"), "--", "true")
    with Shell(place.env, cwd=place.work) as shell:
        shell.do(f"{shlex.join(words)} &")
        wait_until(lambda: "db-starts" in events(), "it has started")
        # It would be drawn every 0.1 s.
        said = shell.do("for i in 1 2 3 4 5; do sleep 0.1; echo typed; done")
        assert said.count("typed") == 5 and "waiting for" not in said
        shell.type("kill %1; fg")
        shell.prompt()


def test_27_ctrl_c_while_it_waits(terminal, place, server, events):
    with terminal(*server("db", ready="file:never"), "--", "true") as screen:
        said = screen.expect(r"(?s)\A(.*)db waiting for file:never: it does not exist")
        assert "descriptor" not in said[1]  # Each question gets its answer.
        wait_until(lambda: "db-starts" in events(), "it has started")
        screen.send(CTRL_C)
        assert screen.wait() == 130
    assert events() == ["db-starts", "db-stops"]


def test_27_ctrl_c_while_the_command_runs(terminal, place, server, events):
    """It reaches the command by the terminal; the fixture after it."""
    script = f"trap 'echo int; exit 4' INT; echo tests; {forever(place)}"
    with terminal(*server("db"), "--", *place.sh(script)) as screen:
        screen.expect("tests")
        screen.send(CTRL_C)
        screen.expect("int")
        assert screen.wait() == 4
    assert events() == ["db-starts", "db-stops"]


def test_27_ctrl_c_during_the_stop_hurries(terminal, place, server, events):
    words = server("db", "--grace", "1h", stop="sleep 600")
    with terminal(*words, "--", "true") as screen:
        wait_until(lambda: "db-stops" in events(), "it stops")
        screen.send(CTRL_C)
        assert screen.wait() == 0


def test_a_terminal_that_hangs_up_ends_all(terminal, place, server):
    with terminal(*server("db"), "--", *place.sh("echo tests; exec sleep 600")) as screen:
        screen.expect("tests")
        screen.hang_up()
        assert place.await_empty() == []


@pytest.mark.parametrize("time", range(5))
def test_27_an_outer_jigs_stop_hurries_nobody(time, start, server, note, events):
    """It reaches the inner jig and its fixtures' guards: one stop, not two."""
    inner = server("a", stop=f"sleep 0.1; {note('a-gone')}")
    words = ["--", *jig_run(*inner, "--", "sh", "-c", "echo tests; exec sleep 600")]
    running = start(*words)
    running.await_line("tests")
    running.signal(signal.SIGTERM)
    assert running.wait() == 128 + signal.SIGTERM
    assert "a-gone" in events()
