# SPDX-License-Identifier: MIT
"""An error names its place and what would be right: a line of a Procfile, the
range of a number, and whether a job or a service is meant."""

import contextlib

import pytest
import ups
from helpers import FAILED, Result, jig, one_line, run
from pty_session import Terminal

pytestmark = pytest.mark.usefixtures("own_registry")


def said(result: Result) -> str:
    """Its one line."""
    return one_line(result).rstrip("\n")


def do(place, *words) -> Result:
    return run(jig(*words), env=place.env, cwd=place.work)


# ------------------------------------------------------------------- a Procfile

LINES = {
    "worker sleep 5": "no colon after the name",
    "we b: sleep 5": "a name is of letters, digits, '_' and '-'",
    ": sleep 5": "a name is of letters, digits, '_' and '-'",
    "web:": "no command after the colon",
    "web: \t": "no command after the colon",
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("command", (["up", "-q"], ["check"], ["export", "systemd", "out"]),
                         ids=" ".join)  # fmt: skip
def test_a_line_that_is_no_entry_is_named_with_its_number(place, line, command):
    (place.work / "Procfile").write_text(f"a: true\n# a comment\n\n{line}\n")
    result = do(place, *command)
    file = place.work.resolve() / "Procfile"
    assert result.status == 0
    assert f"jig: {file}:4: {LINES[line]}; the line is ignored\n" in result.err
    assert result.err.count("is ignored") == 1


@pytest.mark.parametrize("line", LINES)
def test_a_file_without_an_entry_names_its_first_line(place, line):
    (place.work / "Procfile").write_text(f"# a comment\n{line}\n{line}\n")
    result = do(place, "up")
    file = place.work.resolve() / "Procfile"
    assert result.status == 1
    assert said(result) == (
        f"jig: {file}:2: {LINES[line]}; the file has no entry of the form NAME: COMMAND"
    )


def test_an_empty_file_has_no_line_to_name(place):
    (place.work / "Procfile").write_text("# nothing\n\n")
    result = do(place, "check")
    assert result.status == 1
    assert said(result).endswith("Procfile has no entry of the form NAME: COMMAND")


# --------------------------------------------------------------- ranges of numbers

PORT, PORT_OR_ANY = "a port is a number from 1 to 65535", "a port is a number from 0 (any) to 65535"
RANGES = {
    "run --port web=99999 true": PORT,
    "run --port web=0 true": PORT,
    "run --port web=-1 true": PORT,
    "run --port web=http true": PORT,
    "run --port web= true": PORT,
    "run --listen web=127.0.0.1:65536 true": PORT_OR_ANY,
    "run --listen web=:99999 true": PORT_OR_ANY,
    "run --ready tcp:99999 true": "not a port: 1 to 65535",
    "run --ready http:0/x true": "not a port: 1 to 65535",
    "ready tcp:99999": "jig: 'tcp:99999': '99999' is not a port: 1 to 65535",
    "ready http:0/x": "jig: 'http:0/x': ",
    "run --ready fd:2 true": "not a descriptor number: 3 to 1023",
    "run --pids 2147483648 true": "from 1 to 2147483647",
    "run --cpu 0.001 true": "from 0.01 to 100000",
    "run --cpu 1000000 true": "from 0.01 to 100000",
    "run --memory 0 true": "a size above 0",
    "run --limit nofile=18446744073709551616 true": "a number below 2^64",
    "run --umask 1000 true": "from 0 to 777",
    "run --nice 41 true": "from -40 to 40",
    "run --stop-signal 65 true": "1 to 64",
    "run --ring-size 2G true": "from 1 to 1G",
    "run --ready-successes 0 true": "from 1 to 1000000",
    "run --live-failures 1000001 true": "from 1 to 1000000",
    "start --size 0x80 true": "from 1 to 65535",
    "start --size 65536x80 true": "from 1 to 65535",
    "up --log-files 1001": "from 0 to 1000",
    "up --max-restarts 1000001": "from 0 to 1000000",
    "up -p 99999": "1 to 65535",
    "up -p 0": "1 to 65535",
    "up -p http": "1 to 65535",
    "up -c a=10001": "at most 10000",
    "up -c a=x": "of the form NAME=N",
    "up -c a": "of the form NAME=N",
    "up -c a=1,": "of the form NAME=N",
    "up -m =1": "--formation '=1' is not of the form NAME=N",
    "check -p 99999": "1 to 65535",
    "logs -n 1000000001": "from 0 to 1000000000",
    "ps -o pid:1000": "from 1 to 999",
}


@pytest.mark.parametrize("words", RANGES)
def test_a_number_out_of_range_is_refused_with_the_range(place, words):
    (place.work / "Procfile").write_text("a: true\n")
    result = do(place, *words.split())
    assert RANGES[words] in one_line(result) and result.out == ""
    assert result.status == FAILED


@pytest.mark.parametrize("formation", ("a=2", " a = 2 ", "all=1,a=0", "a=1, all = 0"))
def test_blanks_in_a_formation_are_accepted(place, formation):
    (place.work / "Procfile").write_text("a: true\n")
    assert do(place, "check", "-c", formation).status == 0


SIGNALS = {
    "-TREM": "no signal 'TREM'; did you mean TERM?",
    "-s TREM": "no signal 'TREM'; did you mean TERM?",
    "--signal=SIGTREM": "no signal 'SIGTREM'; did you mean TERM?",
    "-SIGHPU": "no signal 'SIGHPU'; did you mean HUP?",
    "-STOPP": "did you mean STOP?",
    "-NONESUCH": "no signal 'NONESUCH'; jig kill -l lists the signals",
    "-x": "unknown option -x",
}


@pytest.mark.parametrize("words", SIGNALS)
def test_a_mistyped_signal_is_answered_with_the_nearest(place, words):
    result = do(place, "kill", *words.split(), "%1")
    assert SIGNALS[words] in one_line(result) and result.status == FAILED


@pytest.mark.parametrize("words", ("--port we:b=80", "--port =80", "--listen web", "--listen web=x:1",
                                   "--listen w:b=:80"))  # fmt: skip
def test_what_is_wrong_but_the_port_shows_the_form(place, words):
    result = do(place, "run", *words.split(), "true")
    assert "is not of the form NAME" in one_line(result) and result.status == FAILED


def test_the_most_instances_of_a_service_are_said(place):
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        here.start()
        here.await_answer()
        result = here.jig("scale", "a=10001")
        assert "'a=10001' is not of the form NAME=N (at most 10000)" in one_line(result)


# ------------------------------------------------------------- jobs or services

PS = "here `jig ps` means services; processes: jig ps -a, jobs: jig jobs"
START = "here `jig start` means services; a job: jig start -- COMMAND"
MEANT = {
    "ps": PS,
    "start nonesuch": START,
    "stop a": "a job: jig stop %N",
    "stop": "a job: jig stop %N",
    "restart a": "a job: jig restart %N",
    "restart": "a job: jig restart %N",
    "logs": "a job: jig logs %N",
    "attach a": "a job: jig attach %N",
}


@pytest.mark.parametrize("file", ("Procfile", "jig.yaml"))
@pytest.mark.parametrize("words", MEANT)
def test_a_command_that_fails_for_services_says_how_to_say_a_job(place, words, file):
    text = {"Procfile": "a: true\n", "jig.yaml": "processes: {a: {command: 'true'}}\n"}[file]
    (place.work / file).write_text(text)
    result = do(place, *words.split())
    assert said(result).endswith(f" ({MEANT[words]})") and result.status in (1, FAILED)


@pytest.mark.parametrize("words", ("ps --services", "ps -f Procfile", "ps -d .", "down"))
def test_who_names_services_is_told_nothing_of_jobs(place, words):
    (place.work / "Procfile").write_text("a: true\n")
    result = do(place, *words.split())
    assert said(result).endswith(" is running") and result.status == 1


def test_a_bare_start_says_that_it_means_services(place):
    (place.work / "Procfile").write_text("a: true\n")
    assert f"jig: {START}\n" in do(place, "start").err
    for words in (["start", "-q"], ["start", "a"], ["up"]):
        assert START not in do(place, *words).err


def test_ps_says_that_it_means_services_on_a_terminal(place):
    """A script reads the list alone."""
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        here.start()
        here.await_answer()
        assert here.jig("ps").err == ""
        with Terminal(jig("ps"), env=place.env, cwd=place.work) as terminal:
            assert terminal.wait() == 0
            with contextlib.suppress(AssertionError):
                terminal.expect(r"(?!)")
            assert terminal._seen.endswith(f"jig: {PS}\n") and "a.1" in terminal._seen
