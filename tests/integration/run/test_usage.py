# SPDX-License-Identifier: MIT
"""Bad input: one clear line on stderr, the right status, nothing started."""

import subprocess

import pytest
from helpers import FAILED, LAUNCH, NOT_EXECUTABLE, NOT_FOUND
from helpers import jig, jig_run, one_line, run as run_any

WRONG_OPTIONS = {
    "--cgae auto": "did you mean --cage?",
    "--timout=1s": "did you mean --timeout?",
    "--stop-singal INT": "did you mean --stop-signal?",
    "--nonsense": "unknown option --nonsense",
    "-x": "unknown option -x",
    "-qx": "unknown option -x",
    "--quiet=yes": "--quiet takes no argument",
    "--timeout ten": "a duration such as",
    "--timeout -1s": "a duration such as",
    "--timeout 5parsecs": "a duration such as",
    "--timeout 99999999999999999999h": "a duration such as",
    "--grace 1s2": "a duration such as",
    "--grace=": "a duration such as",
    "--stop-signal TREM": "a signal",
    "--stop-signal 0": "a signal",
    "--stop-signal 65": "a signal, such as TERM, or 1 to 64",
    "--stop-signal RTMAX+1": "a signal",
    "--stop 5s": "a policy such as",
    "--stop TERM,5s,KILL,1s,INT": "a policy such as",
    "--stop=": "a policy such as",
    "--stop INT --grace 1s": "--stop excludes",
    "--stop-mode mian": "did you mean 'main'?",
    "--leftovers fial": "did you mean 'fail'?",
    "--cage cgruop": "did you mean 'cgroup'?",
    "--group sesion": "did you mean 'session'?",
    "--owner nobody": "a pid, 'parent', 'stdin' or 'none'",
    "--owner 0": "a pid, 'parent', 'stdin' or 'none'",
    "--owner -5": "a pid, 'parent', 'stdin' or 'none'",
    "--owner 99999999999": "a pid, 'parent', 'stdin' or 'none'",
    "--user no-such-user": "no user 'no-such-user'",
    "--user root:no-such-group": "no group 'no-such-group'",
    "--user=": "no user ''",
    "--user 4294967295": "no user",
    "--limit nofile": "of the form NAME=SOFT[:HARD]",
    "--limit nofile=many": "a number below 2^64 or 'unlimited'",
    "--limit nofile=20:10": "the soft limit is above the hard one",
    "--limit nofiles=10": "--limit knows no 'nofiles'",
    "--memory 0": "a size above 0, such as",
    "--memory lots": "a size above 0, such as",
    "--pids 0": "a number from 1 to 2147483647",
    "--cpu 0": "a number of processors from 0.01 to 100000",
    "--cpu nan": "a number of processors",
    "--env NAME": "of the form NAME=value",
    "--env =value": "of the form NAME=value",
    "--umask 888": "an octal mask",
    "--umask 1777": "an octal mask from 0 to 777",
    "--nice ten": "a number from",
    "--report=": "a file's path",
}


@pytest.mark.parametrize("words", WRONG_OPTIONS)
def test_a_wrong_option_is_named(words, run, place):
    result = run(*words.split(" "), *place.sh("echo started"))
    assert WRONG_OPTIONS[words] in one_line(result)
    assert (result.status, result.out) == (FAILED, "")


OPTIONS_WITH_ARGUMENT = (
    "cage stop-signal grace stop stop-mode timeout leftovers report owner chdir env "
    "user limit memory pids cpu umask nice group"
).split()


@pytest.mark.parametrize("option", OPTIONS_WITH_ARGUMENT)
def test_an_option_that_lacks_its_argument_is_named(option, run):
    result = run(f"--{option}")
    assert f"--{option} needs an argument" in one_line(result)
    assert result.status == FAILED


@pytest.mark.parametrize("words", [[], ["--"], ["-q"], ["--timeout", "1s", "--"]])
def test_no_command_is_said(words, run):
    result = run(*words)
    assert "no command to run" in one_line(result)
    assert result.status == FAILED


def test_the_nearest_command_of_jig_is_named():
    for wrong, right in {"rnu": "run", "doktor": "doctor", "halp": "help"}.items():
        for words in [wrong], ["help", wrong]:
            result = run_any(jig(*words))
            assert right in one_line(result) and result.status == FAILED
    assert "jig run -- make" in one_line(run_any(jig("make")))


def no_command(place, kind):
    """The command's words and what jig has to say: EDGE_CASES 34."""
    path = place.path / "it"
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        text = {"interpreter": "#!/no/such/interpreter\n", "plain": "echo hello\n"}
        path.write_text(text.get(kind, "#!/bin/sh\n"))
        path.chmod(0o644 if kind == "mode" else 0o755)
    return str(path)


@pytest.mark.parametrize(
    "kind, status, words",
    [
        ("missing", NOT_FOUND, "No such file"),
        ("directory", NOT_EXECUTABLE, "is a directory"),
        ("mode", NOT_EXECUTABLE, "Permission denied"),
        ("interpreter", NOT_EXECUTABLE, "interpreter"),
        ("plain", NOT_EXECUTABLE, "nor a script that begins with #!"),
    ],
)
def test_34_reasons_why_a_program_cannot_be_executed_differ(
    kind, status, words, run, place, identity
):
    path = no_command(place, kind)
    result = run(path, identity=identity)
    said = one_line(result)
    assert words in said and path in said
    assert (result.status, result.out) == (status, "")


def test_34_not_found_in_path_and_the_empty_name(run):
    result = run("no-such-command-anywhere")
    assert "not found in PATH" in one_line(result) and result.status == NOT_FOUND
    result = run("")
    assert one_line(result) and result.status == NOT_FOUND


@pytest.mark.parametrize("kind", ["missing", "file", "forbidden"])
def test_34_a_bad_directory_is_named(kind, run, place):
    path = place.path / "there"
    if kind == "file":
        path.touch()
    elif kind == "forbidden":
        path.mkdir(mode=0)
    result = run("--chdir", str(path), "true", identity="user")
    assert f"cannot change to directory {path}" in one_line(result)
    assert result.status == FAILED


@pytest.mark.parametrize("where", ["no/such/dir/report", "."])
def test_a_report_that_cannot_be_written_is_said_before_the_start(where, run, place):
    path = place.work / where
    result = run("--report", str(path), *place.sh("echo started"))
    assert str(path) in one_line(result)
    assert (result.status, result.out) == (FAILED, "")


def test_a_report_of_another_user_is_not_overwritten(run, place, root):
    path = place.path / "theirs"
    path.write_text("mine\n")
    result = run("--report", str(path), "true", identity="user")
    assert "Permission denied" in one_line(result) and result.status == FAILED
    assert path.read_text() == "mine\n"


def test_a_full_disk_behind_the_report_is_a_failure(place, root):
    """A private tmpfs of two pages, full to the brim."""
    script = (
        'mount -t tmpfs -o size=8k none "$0" && head -c 8192 /dev/zero >"$0/full" && '
        'exec "$@" --report "$0/report" true'
    )
    command = ["unshare", "-m", "sh", "-c", script, str(place.work), *jig_run()]
    result = run_any(command, env=place.env)
    assert "No space left" in one_line(result) and result.status == FAILED


def test_dev_full_behind_stdout_and_the_report_is_a_failure(run):
    with open("/dev/full", "wb") as full:
        result = run_any(jig("help"), stdout=full)
    assert "No space left" in one_line(result) and result.status == FAILED
    result = run("--report", "/dev/full", "true")
    assert "No space left" in one_line(result) and result.status == FAILED


COMBINATIONS = ["0", "1", "2", "0,1", "0,2", "1,2", "0,1,2"]


@pytest.mark.parametrize("closed", COMBINATIONS)
def test_closed_standard_descriptors_are_open_for_the_command(closed, place):
    """Else the next file that is opened would be its stdout. And what jig wants
    to say to a closed descriptor is said to no other file."""
    seen, report = place.work / "seen", place.work / "report"
    script = 'for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done >"$0"; exit 7'
    command = [*LAUNCH, "closed", closed, *jig_run("-v", "--report", str(report))]
    result = run_any([*command, *place.sh(script, str(seen))], env=place.env)
    assert result.status == 7
    links = seen.read_text().split()
    for fd in closed.split(","):
        # The script redirects its stdout while it looks.
        assert fd == "1" or links[int(fd)] == "/dev/null"
    assert report.read_text().startswith("{") and report.read_text().endswith("}\n")


@pytest.mark.parametrize("closed", COMBINATIONS)
def test_closed_standard_descriptors_and_a_failure(closed, place):
    command = [*LAUNCH, "closed", closed, *jig_run("/no/such/command")]
    result = run_any(command, env=place.env)
    assert result.status == NOT_FOUND and result.out == ""
    assert "2" in closed or one_line(result)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_programs_of_their_shell(shell, place):
    result = run_any(jig("completion", shell))
    assert result.status == 0 and result.err == ""
    for word in ("run", "doctor", "leftovers", "stop-signal"):
        assert word in result.out
    assert "lifeline" not in result.out
    script = place.path / "completion"
    script.write_text(result.out)
    try:
        check = subprocess.run([shell, "-n", script], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"no {shell} here")
    assert (check.returncode, check.stderr) == (0, b"")


def test_completion_for_an_unknown_shell_is_refused():
    for words in [], ["csh"], ["bash", "zsh"]:
        result = run_any(jig("completion", *words))
        assert one_line(result) and result.status == FAILED


def test_help_and_version_speak_on_stdout():
    for words in ["help"], ["--help"], ["-h"], ["version"], ["--version"], ["-V"]:
        result = run_any(jig(*words))
        assert result.status == 0 and result.err == "" and "jig" in result.out
    for words in ["help", "run"], ["run", "--help"], ["run", "-h"]:
        result = run_any(jig(*words))
        assert result.status == 0 and "--leftovers" in result.out
        assert "lifeline" not in result.out
    assert "takes no arguments" in one_line(run_any(jig("version", "now")))


def test_nothing_is_started_by_help(run, place):
    result = run("--help", *place.sh("echo started >started"))
    assert result.status == 0 and "usage:" in result.out
    assert not (place.work / "started").exists() and place.alive() == []
