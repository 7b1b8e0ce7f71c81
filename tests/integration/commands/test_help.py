# SPDX-License-Identifier: MIT
"""`jig`, `jig help`, `jig COMMAND --help` and `-h`: what they print, and how wide."""

import contextlib
import os
import pathlib
import re
import shlex
import socket

import pytest
from helpers import FAILED, PYTHON, TOP, Result, jig, one_line, run
from pty_session import Terminal

pytestmark = pytest.mark.usefixtures("own_registry")

COMMANDS = re.findall(r"&command_(\w+)", (TOP / "src/cli/main.c").read_text())
TOPICS = ("probes", "jobspecs", "stop-policies", "cages", "env-files", "exit-status")
#: Every option of `jig run` that is not hidden.
RUN_OPTIONS = re.findall(
    r"\{ (?:0|'.'), \"([a-z-]+)\", [^,]+,(?! NULL, NULL,)",
    (TOP / "src/cli/run/options.c").read_text(),
)
GROUPS = ("what to run", "cage", "stop", "init", "ready", "live", "sockets", "elsewhere",
          "output", "fixtures", "limits")  # fmt: skip


def said(place, *words, **env) -> str:
    """What jig prints on stdout, in a folder without a project; it succeeds."""
    result = run(jig(*words), env=place.env | env, cwd=place.work)
    assert (result.status, result.err) == (0, ""), (words, result)
    return result.out


def shown(place, columns: int, *words, **env) -> str:
    """The same on a terminal of this width."""
    command = ["sh", "-c", f'stty cols {columns} && exec "$@"', "sh", *jig(*words)]
    with Terminal(command, env=place.env | {"TERM": "xterm"} | env, cwd=place.work) as terminal:
        assert terminal.wait() == 0
        with contextlib.suppress(AssertionError):  # That is how it reports the end.
            terminal.expect(r"(?!)")
        return terminal._seen


def without_bold(text: str) -> str:
    return text.replace("\033[1m", "").replace("\033[m", "")


def too_wide(text: str, columns: int) -> list[str]:
    """Lines that could have been wrapped."""
    return [line for line in text.splitlines()
            if len(line) > columns and len(line.split()) > 1]  # fmt: skip


# -------------------------------------------------------------------- jig alone


def test_jig_alone_lists_common_commands_by_task_on_stderr(place):
    result = run(jig(), env=place.env)
    assert (result.status, result.out) == (FAILED, "")
    assert result.err == said(place, "help") and result.err.startswith("usage: jig COMMAND")
    for heading in ("run something, and end all of it", "services of a Procfile or jig.yaml",
                    "jobs in the background", "look", "help"):  # fmt: skip
        assert f"\n\n{heading}:\n" in result.err
    for command in ("run", "start", "up", "down", "jobs", "fg", "kill", "ps", "tree", "doctor"):
        assert re.search(rf"(?m)^  {command} +\S", result.err)
    assert not re.search(r"(?m)^  (completion|rename|export) ", result.err)


@pytest.mark.parametrize("words", (["help", "--all"], ["help", "-a"]), ids=" ".join)
def test_all_commands_and_topics_are_listed_once(place, words):
    listed = re.findall(r"(?m)^  (\S+) ", said(place, *words))
    assert sorted(listed) == sorted([*COMMANDS, *TOPICS])


def test_the_same_options_as_of_other_programs(place):
    assert said(place, "-h") == said(place, "--help") == said(place, "help")
    assert said(place, "-V") == said(place, "--version") == said(place, "version")


@pytest.mark.parametrize("words", (["help"], ["run", "-h"], ["help", "run"], ["kill", "-h"]))
def test_a_locale_without_utf8_gets_ascii(place, words):
    ascii = said(place, *words, LC_ALL="C")
    assert ascii.isascii() and "..." in ascii
    assert "…" in said(place, *words, LC_ALL="C.UTF-8")
    assert not too_wide(ascii, 80)


def test_the_last_line_of_jig_alone_fits_80_columns(place):
    assert said(place, "help").splitlines()[-1].startswith("jig help COMMAND ")


def test_help_takes_one_subject(place):
    result = run(jig("help", "run", "up"), env=place.env)
    assert result.status == FAILED and "one command or topic" in one_line(result)


# ------------------------------------------------------------------ one command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_long_and_a_short_form(place, command):
    usage, manual = f"usage: jig {command}", r"jig(-\w+)?\(1\)"
    short, long = said(place, command, "-h"), said(place, command, "--help")
    assert short.startswith(usage) and long.startswith(usage)
    assert long == said(place, "help", command)
    assert re.search(rf"(?m)^jig {command} --help shows more; {manual} is the manual\.$", short)
    assert re.search(rf"(?m)^jig {command} -h is shorter; {manual} is the manual\.$", long)
    assert set(re.findall(r"--[a-z-]+", short)) - {"--help"} <= set(re.findall(r"--[a-z-]+", long))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("form", ("-h", "--help"))
def test_help_is_wrapped_at_the_width(place, command, form):
    assert not too_wide(said(place, command, form), 80)
    for columns in (30, 60, 80, 132):
        assert not too_wide(said(place, command, form, COLUMNS=str(columns)), columns)


@pytest.mark.parametrize("columns", (34, 72, 110))
def test_help_has_the_width_of_the_terminal(place, columns):
    for words in (["run", "--help"], ["up", "-h"], ["help"], ["help", "ready"]):
        text = without_bold(shown(place, columns, *words, PATH="/nonesuch:/bin"))
        assert text == said(place, *words, COLUMNS=str(columns)) and not too_wide(text, columns)
    wide = without_bold(shown(place, columns, "help", "run", COLUMNS="55"))
    assert wide == said(place, "help", "run", COLUMNS="55")


def test_a_width_that_is_none_counts_as_80_and_a_tiny_one_as_20(place):
    usual = said(place, "help", "run")
    for columns in ("0", "", "-5", "many", "99999999999999999999"):
        assert said(place, "help", "run", COLUMNS=columns) == usual
    assert said(place, "help", "run", COLUMNS="1") == said(place, "help", "run", COLUMNS="20")


def test_headings_are_bold_on_a_terminal_only(place):
    bold = shown(place, 80, "run", "--help")
    assert "\n\033[1mcage:\033[m\n" in bold
    assert without_bold(bold) == said(place, "run", "--help")
    assert "\033" not in shown(place, 80, "run", "--help", NO_COLOR="1")
    assert "\033" not in shown(place, 80, "run", "--help", TERM="dumb")
    assert "\033[1m" in shown(place, 80, "run", "--help", NO_COLOR="")


def test_the_long_form_of_run_has_groups_examples_and_statuses(place):
    text = said(place, "help", "run")
    headings = re.findall(r"(?m)^([a-z ]+):$", text)
    assert headings == [*GROUPS, "examples", "exit status"]
    assert len(re.findall(r"(?m)^  jig run ", text)) == 3
    assert re.findall(r"(?m)^  (\d+|other) ", text) == ["120", "122", "124", "125", "126",
                                                        "127", "other"]  # fmt: skip
    assert len(RUN_OPTIONS) > 40 and "lifeline" not in RUN_OPTIONS
    assert sorted(re.findall(r"(?m)^ +(?:-., )?--([a-z-]+)", text)) == sorted(RUN_OPTIONS)
    assert text.index("cage:\n") < text.index("--cage KIND") < text.index("\nstop:\n")


def test_the_short_form_of_run_names_each_option_and_fits_a_screen(place):
    text = said(place, "run", "-h")
    assert len(text.splitlines()) <= 24
    assert sorted(set(re.findall(r"--([a-z-]+)", text)) - {"help"}) == sorted(RUN_OPTIONS)
    assert re.findall(r"(?m)^  (\w+(?: \w+)*)  +\S", text) == list(GROUPS)
    assert "--grace=TIME" in text and "-q/--quiet" in text


# --------------------------------------------------------------------- examples


def examples(place, command: str) -> list[str]:
    part = said(place, "help", command).partition("\nexamples:\n")[2].partition("\n\n")[0]
    return re.findall(r"(?m)^  (\S.*)$", part)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"version"}))
def test_options_of_examples_exist(place, command):
    """Each command has an example, of this command."""
    found = examples(place, command)
    text = said(place, "help", command)
    assert found
    for example in found:
        words = shlex.split(example)
        assert words[:2] == ["jig", command]
        own = words[: words.index("--")] if "--" in words else words
        for word in own[2:]:
            if word.startswith("-"):
                assert re.search(rf"(?m)^ +(-., )?{word}\b", text) or f"  {word}, " in text, example


def executable(path: pathlib.Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


SERVER = f"""#!{PYTHON}
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served")
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""
CLIENT = f"""#!{PYTHON}
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:PORT/").read().decode())
"""


def test_the_examples_of_run_run(place):
    """With programs of these names; the server's port is a free one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    executable(place.bin / "make", '#!/bin/sh\nsleep 600 & echo "made $1"\n')
    executable(place.work / "ci.sh", "#!/bin/sh\nsetsid sleep 600 & echo checked\n")
    executable(place.work / "server", SERVER.replace("PORT", port))
    executable(place.work / "tests", CLIENT.replace("PORT", port))
    results = []
    for example in examples(place, "run"):
        words = [word.replace("8080", port) for word in shlex.split(example)]
        results.append(run(jig(*words[1:]), env=place.env, cwd=place.work))
        assert place.alive() == [], results
    assert [result.status for result in results] == [0, 122, 0], results
    assert [result.out for result in results] == ["made test\n", "checked\n", "served\n"]


# ----------------------------------------------------------------------- topics


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_printed_where_no_terminal_is(place, topic):
    executable(place.bin / "man", "#!/bin/sh\necho a manual\n")
    text = said(place, "help", topic)
    assert text.startswith(f"{topic}: ") and re.search(r"(?m)^The manual: jig-\w+\(\d\)", text)
    assert not too_wide(text, 80) and 8 <= len(text.splitlines()) <= 24


def test_the_manual_names_the_topics():
    text = (TOP / "man" / "jig-help.1.scd").read_text()
    (sentence,) = re.findall(r"The topics are (.*?)\.\s", text, re.DOTALL)
    assert tuple(re.findall(r"\*([a-z-]+)\*", sentence)) == TOPICS


@pytest.mark.parametrize("command, topic, word", (
    ("ready", "probes", "PROBE"), ("run", "probes", "PROBE"), ("kill", "jobspecs", "JOBSPEC"),
    ("run", "stop-policies", "POLICY"), ("fg", "jobspecs", "JOBSPEC")))  # fmt: skip
def test_help_of_a_command_names_the_topic_of_an_argument(place, command, topic, word):
    text = " ".join(said(place, "help", command).split())
    assert f"jig help {topic} explains {word}" in text


@pytest.mark.parametrize("topic", TOPICS)
def test_the_page_and_the_section_of_a_topic_exist(place, topic):
    found = re.search(r"(?m)^The manual: (\S+)\((\d)\)(?:, (.+))?$", said(place, "help", topic))
    page = (TOP / "man" / f"{found[1]}.{found[2]}.scd").read_text()
    assert found[3] is None or re.search(rf"(?m)^#+ {found[3]}$", page)


#: It has the pages of the words in HAS, and shows what it was asked for.
MAN = """#!/bin/sh
if [ "$1" = -w ]; then
    case " $HAS " in *" $3 "*) echo /found; exit 0 ;; esac
    echo "No manual entry for $3" >&2
    exit 16
fi
echo "opened $*; LESS is '$LESS'"
exit 3
"""


def on_a_terminal(place, topic: str, **env) -> Result:
    env = place.env | {"TERM": "xterm", "NO_COLOR": "1"} | env
    leader = ("/usr/bin/setsid", "--ctty")  # PATH may lack it
    with Terminal(jig("help", topic), leader, env=env, cwd=place.work) as terminal:
        status = terminal.wait()
        with contextlib.suppress(AssertionError):
            terminal.expect(r"(?!)")
        return Result(status, terminal._seen, "")


def test_a_topic_opens_the_manual_on_a_terminal(place):
    executable(place.bin / "man", MAN)
    opened = on_a_terminal(place, "probes", HAS="jig-ready")
    assert opened == (3, "opened 7 jig-ready; LESS is ''\n", "")
    opened = on_a_terminal(place, "exit-status", HAS="jig-run", LESS="-R")
    assert opened == (3, "opened 1 jig-run; LESS is '-R +/^ *EXIT STATUS'\n", "")


@pytest.mark.parametrize("has", ("a man that lacks the page", "no man"))
def test_a_topic_is_printed_where_man_does_not_find_it(place, has):
    if has == "no man":
        path = {"PATH": "/nonesuch"}
    else:
        executable(place.bin / "man", MAN)
        path = {"HAS": "another-page"}
    printed = said(place, "help", "probes")
    assert on_a_terminal(place, "probes", **path) == (0, printed, "")


# ------------------------------------------------------------------ suggestions

SUGGESTED = {
    ("run", "--time"): "did you mean --timeout?",
    ("run", "--timeot=1s"): "did you mean --timeout?",
    ("run", "-timeout", "1s"): "unknown option -t; did you mean --timeout?",
    ("up", "--concurency", "a=1"): "did you mean --concurrency?",
    ("ps", "--colums", "pid"): "did you mean --columns?",
    ("strat",): "did you mean 'jig start'?",
    ("dctor",): "did you mean 'jig doctor'?",
    ("sess",): "did you mean 'jig session'?",
    ("st",): "no command 'st'; did you mean 'jig start' or 'jig stop'?",
    ("Run",): "did you mean 'jig run'?",
    ("--versoin",): "unknown option --versoin; did you mean --version?",
    ("--he",): "unknown option --he; did you mean --help?",
    ("help", "RUN"): "did you mean 'run'?",
    ("help", "STOP-POL"): "did you mean 'stop-policies'?",
    ("help", "st"): "no command or topic 'st'",
    ("help", "redy"): "did you mean 'ready'?",
    ("help", "exit"): "did you mean 'exit-status'?",
    ("help", "jobspec"): "did you mean 'jobspecs'?",
}


@pytest.mark.parametrize("words", SUGGESTED, ids=" ".join)
def test_what_is_near_is_suggested(place, words):
    result = run(jig(*words), env=place.env, cwd=place.work)
    assert SUGGESTED[words] in one_line(result) and result.status == FAILED


@pytest.mark.parametrize("words", (["top"], ["re"], ["ls"], ["make"], ["help", "top"], ["help", "s"],
                                   ["-x"], ["--"], ["-"], ["--timeout"],
                                   ["run", "--l"], ["run", "--x"],
                                   ["run", "-lifeline=3"]), ids=" ".join)  # fmt: skip
def test_what_is_not_near_is_not_suggested(place, words):
    result = run(jig(*words), env=place.env, cwd=place.work)
    assert "did you mean" not in one_line(result) and result.status == FAILED


@pytest.mark.parametrize("word", ("-x", "-", "--timeout", "--versoin"))
def test_an_option_before_the_command_is_no_command(place, word):
    result = run(jig(word, "run"), env=place.env, cwd=place.work)
    assert one_line(result).startswith(f"jig: unknown option {word}; ")


def test_two_hyphens_alone_are_answered_with_the_form(place):
    result = run(jig("--", "true"), env=place.env, cwd=place.work)
    assert "no command; to run a program: jig run -- COMMAND" in one_line(result)


def test_help_of_services_needs_no_jig_up(place):
    """A copy of jig without the program that runs the command."""
    program = place.copy(jig()[0], "jig")
    result = run([program, "up", "--help"], env={"PATH": "/nonesuch"}, cwd=place.work)
    assert result.status == 0 and result.out.startswith("usage: jig up"), result
    assert os.listdir(place.bin).count("jig-up") == 0
