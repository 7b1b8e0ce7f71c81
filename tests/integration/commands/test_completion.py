# SPDX-License-Identifier: MIT
"""`jig completion`: what TAB makes of a line, in real shells on a terminal.

bash is tried with and without the package bash-completion.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import time

import oracle
import pytest
from helpers import BUILD, TOP, jig, run
from pty_session import Terminal
from typing_shells import SHELLS, BashCompletion

#: Programs that the shells need; the rest of a name is a variant.
_PROGRAM = {name: name.partition("-")[0] for name in SHELLS}

_PROJECT = "web: sleep 1000\nworker-two: sleep 1000\n"
_FILES = ("my report.json", "one.env", "two words.env", "folder one/file", "kept")

#: A program whose words each shell knows.
_TOOL_WORDS = {
    "bash": "complete -W 'alpha beta' mytool",
    "bash-completion": "complete -W 'alpha beta' mytool",
    "zsh": "_mytool() { compadd alpha beta }; compdef _mytool mytool",
    "fish": "complete -c mytool -f -a 'alpha beta'",
}


def need(name: str) -> None:
    if not shutil.which(_PROGRAM[name]):
        pytest.skip(f"not installed: {_PROGRAM[name]}")
    if name == "bash-completion" and not os.path.exists(BashCompletion.PACKAGE):
        pytest.skip("not installed: bash-completion")


@pytest.fixture(params=SHELLS)
def shell(request, place, world):
    """In a folder with a project and files with blanks."""
    need(request.param)
    (place.work / "Procfile").write_text(_PROJECT)
    (place.work / "other").mkdir()
    (place.work / "other" / "Procfile").write_text("alone: sleep 1000\n")
    for name in _FILES:
        path = place.work / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (place.bin / "mytool").write_text("#!/bin/sh\ntouch started\n")
    (place.bin / "mytool").chmod(0o755)
    env = world.env | {"LC_ALL": "C.UTF-8"}
    with SHELLS[request.param](env, place.work) as here:
        here.do(_TOOL_WORDS[request.param])
        yield here


#: What is typed, and what TAB adds: blanks at the end count.
LINES = {
    "commands": [("jig sta", "rt "), ("jig --vers", "ion "), ("jig help doct", "or ")],
    "subjects of the help": [
        ("jig help pro", "bes "),
        ("jig help exit", "-status "),
        ("jig help sess", "ion "),
        ("jig help stop-", "policies "),
    ],
    "columns and limits": [
        ("jig ps -o pid,fixt", "ure "),
        ("jig ps --columns=pid,comma", "nd "),
        ("jig run --limit nofi", "le="),
    ],
    "options": [("jig run --clear", "-env "), ("jig up -q --force", "-new ")],
    "choices": [
        ("jig run --cage=pid", "ns "),
        ("jig run --cage pid", "ns "),
        ("jig run -q --leftovers=fail --group fore", "ground "),
        ("jig start --owner=par", "ent "),
    ],
    "files with blanks": [
        ("jig run --report my", "\\ report.json "),
        ("jig run --report=my", "\\ report.json "),
        ("jig run --report my\\ re", "port.json "),
        ("jig run --env-file one.env,two", "\\ words.env "),
        ("jig exec -f Pro", "cfile "),
    ],
    "directories": [
        ("jig run --chdir fol", "der\\ one/"),
        ("jig up --log-dir=fol", "der\\ one/"),
        ("jig export systemd fol", "der\\ one/"),
    ],
    "services": [
        ("jig up we", "b "),
        ("jig check web wor", "ker-two "),
        ("jig restart wor", "ker-two "),
        ("jig logs -n 5 we", "b "),
        ("jig up -x web,wor", "ker-two "),
        ("jig scale we", "b="),
        ("jig up -c web=2,wor", "ker-two="),
    ],
    "services of another project": [
        ("jig up -f other/Procfile al", "one "),
        ("jig up --file=other/Procfile al", "one "),
        ("jig restart -d other al", "one "),
        ("jig up -d other we", ""),
    ],
    "signals": [
        ("jig run --stop-signal WIN", "CH "),
        ("jig run --stop-signal=USR1", " "),
        ("jig kill -s VTA", "LRM "),
        ("jig kill -VTA", "LRM "),
    ],
    "users": [
        ("jig run --user=nobo", "dy "),
        ("jig run --user nobody:nogr", "oup "),
        ("jig ps -u root,nobo", "dy "),
    ],
    "probes": [
        ("jig ready tc", "p:"),
        ("jig ready --timeout 5s tcp:80 fil", "e:"),
        ("jig ready file:k", "ept "),
        ("jig run --ready noti", "fy "),
        ("jig run --ready=tc", "p:"),
        ("jig run --ready tcp:1 --or htt", "p:"),
        ("jig run --live uni", "x:"),
        ("jig run --ready file:my", "\\ report.json "),
        ("jig run --ready=file:my", "\\ report.json "),
    ],
    "formats and shells": [
        ("jig export kube", "rnetes "),
        ("jig import comp", "ose "),
        ("jig import compose one", ".env "),
        ("jig exec --env-dialect hon", "cho "),
        ("jig completion fi", "sh "),
    ],
    "the command": [
        ("jig run myto", "ol "),
        ("jig run -q --grace 2s -- myto", "ol "),
        ("jig run mytool al", "pha "),
        ("jig run --cage=auto -- mytool alpha be", "ta "),
        ("jig start --name x mytool al", "pha "),
        ("jig exec -e one.env mytool al", "pha "),
        ("jig up web -- mytool al", "pha "),
        ("jig session -- mytool al", "pha "),
        ("jig run -q -- jig run --cage=pid", "ns "),
        ("jig run jig run mytool al", "pha "),
        ("jig run --with myto", "ol "),
    ],
    "no options behind the command": [
        ("jig run mytool --cag", ""),
        ("jig run -- mytool --cag", ""),
        ("jig up -- mytool --force", ""),
    ],
}


@pytest.mark.parametrize("kind", LINES)
def test_tab_completes(shell, kind):
    got = [(typed, shell.complete(typed)) for typed, _ in LINES[kind]]
    assert got == [(typed, typed + added) for typed, added in LINES[kind]]


def test_tab_completes_jobs(shell, world, place):
    world.start("--name", "mydb", "--", str(place.bin / "sleep"), "1000")
    world.start("--no-pty", "--", str(place.bin / "sleep"), "1000")
    for typed, added in [
        ("jig fg %my", "db "),
        ("jig fg my", "db "),
        ("jig wait %2", " "),
        ("jig wait %3", ""),
        ("jig kill -INT %2 %my", "db "),
        ("jig restart %my", "db "),
        ("jig attach --read-only %my", "db "),
        ("jig ps --fixture=%my", "db "),
        ("jig tree %my", "db "),
        ("jig send %my", "db "),
        ("jig send %mydb my", ""),
        ("jig rename %mydb my", ""),
    ]:
        assert shell.complete(typed) == typed + added


@pytest.mark.parametrize("program", ["~/bin/jig", "./bin/jig", "true; jig", "x=1 jig"])
def test_the_program_that_is_typed_is_asked(program, shell, place, world):
    (place.work / "bin").mkdir()
    (place.work / "bin" / "jig").symlink_to(jig()[0])
    world.start("--name", "mydb", "--", str(place.bin / "sleep"), "1000")
    assert shell.complete(f"{program} fg %my") == f"{program} fg %mydb "
    typed = f"{program} up -f ~/other/Procfile al"
    assert shell.complete(typed) == f"{typed}one "


def test_tab_completes_processes(shell, place, start):
    pid = start(str(place.bin / "sleep"), "1000").pid
    typed = f"jig tree {pid}"
    others = [name for name in os.listdir("/proc") if name.startswith(str(pid))]
    if others != [str(pid)]:
        pytest.skip(f"{pid} begins the numbers of {others}")
    assert shell.complete(typed) == f"{typed} "


def test_tab_completes_sessions(shell, world, place):
    words = jig("session", "workshop", "--", str(place.bin / "sh"))
    with Terminal(words, env=world.env, cwd=place.work) as terminal:
        terminal.send("echo ready$((1 + 1))\n")
        terminal.expect("ready2")
        assert shell.complete("jig session works") == "jig session workshop "
        terminal.send("exit\n")
        terminal.wait()


#: Where a user installs the script (jig-completion(1)), and what loads it.
_INSTALLED = {
    "bash-completion": (".local/share/bash-completion/completions/jig", ":"),
    "zsh": (".zfunc/_jig", "fpath=(~/.zfunc $fpath); compinit -u -D"),
    "fish": (".config/fish/completions/jig.fish", ":"),
}


@pytest.mark.parametrize("name", _INSTALLED)
def test_the_script_works_as_a_file(name, place, world):
    need(name)
    file, load = _INSTALLED[name]
    path = place.work / file
    path.parent.mkdir(parents=True)
    path.write_text(run(jig("completion", _PROGRAM[name].removesuffix("-completion"))).out)
    (place.work / "Procfile").write_text(_PROJECT)
    with SHELLS[name](world.env, place.work, load) as shell:
        assert shell.complete("jig run --cage=pid") == "jig run --cage=pidns "
        assert shell.complete("jig up -q wor") == "jig up -q worker-two "


def test_bash_need_not_split_words(place, world):
    """Some take = and : from COMP_WORDBREAKS."""
    with SHELLS["bash"](world.env, place.work) as shell:
        shell.do("COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}")
        for typed, added in [
            ("jig run --cage=pid", "ns "),
            ("jig run --user=nobody:nogr", "oup "),
            ("jig run --ready=tc", "p:"),
        ]:
            assert shell.complete(typed) == typed + added


def test_words_behind_the_cursor_do_not_count(shell):
    left = "\x02" * len(" -q web")
    assert shell.complete(f"jig run --cage=pid -q web{left}") in (
        "jig run --cage=pidns  -q web",
        "jig run --cage=pidns -q web",
    )


def files_below(path: pathlib.Path) -> set[str]:
    return {str(one) for one in path.rglob("*")}


def test_completion_starts_and_changes_nothing(shell, world, place):
    """Not even for names that a shell would expand."""
    (place.work / "jig.yaml").write_text(
        "processes:\n  '$(touch started)':\n    command: touch started\n"
    )
    world.start("--name", "mydb", "--", str(place.bin / "sleep"), "1000")
    jobs = world.jobs()
    files = files_below(place.work) | files_below(world.runtime)
    for typed in (
        "jig up -f jig.yaml ",
        "jig up -f $(touch started) ",
        "jig up -f '`touch started`' ",
        "jig start ",
        "jig start myto",
        "jig restart ",
        "jig kill ",
        "jig down ",
        "jig session ",
    ):
        shell.complete(typed, "\t\t")
    now = files_below(place.work) | files_below(world.runtime)
    made = {name for name in now - files if not re.search(r"\.(cache|config|local)\b", name)}
    assert made == set() and world.jobs() == jobs


def test_completion_is_quick(shell):
    """Some hundredths of a second; the limit is for a loaded machine."""
    shell.complete("jig run --cage=pid")
    begun = time.monotonic()
    for _ in range(5):
        shell.complete("jig up -q we")
    assert time.monotonic() - begun < 5 * oracle.TIME_SCALE


def test_a_name_with_blanks_or_signs_is_quoted(shell, place):
    if not (BUILD / "jig-up").exists():
        pytest.skip("no jig-up")
    (place.work / "jig.yaml").write_text("processes:\n  a&b:\n    command: 'true'\n")
    assert run(jig("check"), cwd=place.work).status in (0, 1)
    assert shell.complete("jig up -f jig.yaml a") in (
        "jig up -f jig.yaml a\\&b ",
        "jig up -f jig.yaml 'a&b' ",
    )


def test_each_command_with_words_has_kinds_of_words():
    """The usage of a command says whether it has words."""
    fish = run(jig("completion", "fish")).out
    kinds = dict(re.findall(r"case (\w+)\n\t\tstring split ' ' -- '([^'-]*)", fish))
    names = re.findall(r"&command_(\w+)", (TOP / "src/cli/main.c").read_text())
    for name in names:
        usage = run(jig("help", name)).out.splitlines()[0]
        words = re.sub(r"\[(OPTION…|--\w+)\]", "", usage).split()[3:]
        assert bool(words) == bool(kinds[name].strip()), (usage, kinds[name])


def listed(name: str) -> set[str]:
    script = run(jig("completion", "bash")).out
    (found,) = re.findall(rf"^_jig_{name}='(.*)'$", script, re.MULTILINE)
    return set(found.split())


def test_formats_are_those_of_export():
    sources = [path.read_text() for path in (TOP / "src/up/export/format").glob("*.c")]
    named = re.findall(r'^\t\.name = "([\w-]+)"', "".join(sources), re.MULTILINE)
    # kubernetes has two: with --pod, too.
    assert listed("formats") == set(named) and len(named) == 8


def test_signals_are_those_of_kill():
    names = run(jig("kill", "-l")).out.split()
    assert listed("signals") == {name for name in names if not name.startswith("RT")}
