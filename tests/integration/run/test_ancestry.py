# SPDX-License-Identifier: MIT
"""--ancestry: which commands led to a leftover (LEFTOVERS in jig-run(1))."""

import json
import re
import shutil
import time

import pytest
from helpers import FAILED, is_valid_report, jig, one_line, run as run_any

#: The leftover tells its pid by a fifo when it has executed its last program.
FIFO = "[ -p fifo ] || mkfifo fifo; exec 3<>fifo; {start} read x <&3; echo $x; exit 3"


LAST = "sh last"


def is_cut(command):
    return command is None or command.startswith("[")


def said_of(leftover, result):
    """The commands that led to it, as standard error has them."""
    found = re.search(rf"^  {leftover['pid']} .*\n(    <- .*)?", result.err, re.M)
    return found.group(1) or ""


@pytest.fixture(name="left")
def _left(run, place):
    """The report, its leftover that was started last, and the result."""

    def go(source, start, *options):
        (place.work / "last").write_text("echo $$ >&3; sleep 600; :")
        words = ["--report", "report", "--ancestry", source, *options]
        result = run(*words, *place.sh(FIFO.format(start=start)))
        found = json.loads((place.work / "report").read_text())
        assert result.status == 3, result.err
        assert is_valid_report(found)
        (last,) = [one for one in found["leftovers"] if one["pid"] == int(result.out)]
        return found, last, result

    return go


@pytest.fixture
def connector(run):
    """Skips where the kernel does not tell its events."""
    result = run("--ancestry", "connector", "true")
    if result.status == FAILED:
        assert "--ancestry connector: the kernel's process events" in one_line(result)
        pytest.skip("no process event connector")
    assert result.status == 0


#: How it is started; what is in the commands of its ancestors, the nearest first.
WAYS = {
    "child": (f"sh -c \"{LAST} & wait\" &", ["wait"]),
    "session": (f"sh -c \"setsid {LAST} & true\" ; ", ["true"]),
    "daemon": (
        f"sh -c \"setsid sh -c \\\"({LAST}; :) & :\\\" ; true\" ; ",
        ["sh -c (sh last", "sh -c setsid sh"],
    ),
}


@pytest.mark.parametrize("kind", ["auto", "subreaper", "pgroup"])
@pytest.mark.parametrize("way", ["session", "daemon"])
def test_the_connector_knows_ancestors_that_have_ended(way, kind, left, connector):
    if (way, kind) == ("daemon", "pgroup"):
        pytest.skip("it escapes from this cage")
    start, parts = WAYS[way]
    if kind == "pgroup":
        start = start.replace("setsid ", "")
    deadline = time.monotonic() + 60
    while True:
        found, last, result = left("connector", start, "--cage", kind)
        assert found["ancestry_source"] == "connector"
        executed = [one for one in last["ancestry"] if one["executed"]]
        assert executed[-1]["pid"] == found["main"]["pid"]
        assert len(executed) == len(parts) + 1
        commands = [one["command"] for one in executed]
        # One that was too short-lived is null or [sh]: then once more.
        if not any(map(is_cut, commands)) or time.monotonic() > deadline:
            break
    assert "mkfifo fifo" in commands[-1]
    for command, part in zip(commands, parts):
        assert part in command
    began = [one["began"] for one in last["ancestry"]]
    assert began == sorted(began, reverse=True)
    # The birth of main is an event; the start of the fixture is read before it.
    assert found["began"] - 1 < began[-1] < found["began"] + found["main"]["wall_seconds"] + 1
    assert said_of(last, result).count("<- ") == len(executed)


def test_by_default_parents_that_live_are_known(left):
    found, last, result = left("proc", WAYS["child"][0])
    assert found["ancestry_source"] == "proc"
    assert [one["command"].split()[0] for one in last["ancestry"]] == ["sh"]
    assert "wait" in last["ancestry"][0]["command"]
    assert abs(last["ancestry"][0]["began"] - time.time()) < 3600
    assert said_of(last, result) == f"    <- sh -c {LAST} & wait"


def test_a_dead_parent_is_not_known_without_the_connector(left):
    found, last, result = left("proc", WAYS["session"][0])
    assert last["ancestry"] == []
    assert said_of(last, result) == ""


def test_with_none_nothing_is_said(left):
    found, last, result = left("none", WAYS["child"][0])
    assert found["ancestry_source"] == "none"
    assert last["ancestry"] == []
    assert "<-" not in result.err


def test_a_child_of_main_needs_no_line(left, connector):
    _, last, result = left("connector", f"{LAST} &")
    assert len([one for one in last["ancestry"] if one["executed"]]) == 1
    assert said_of(last, result) == ""


def test_a_command_reaches_no_terminal_as_it_is(left, connector):
    start = f"sh -c \"setsid {LAST} & : \x1b[31m\" ;"
    _, last, result = left("connector", start)
    while is_cut(last["ancestry"][0]["command"]):
        _, last, result = left("connector", start)
    assert "\x1b[31m" in last["ancestry"][0]["command"]
    assert "\x1b" not in result.err
    assert ": ?[31m <- " in result.err


def test_without_leftovers_the_source_is_said(run, place, connector):
    assert run("--report", "report", "--ancestry", "connector", "true").status == 0
    found = json.loads((place.work / "report").read_text())
    assert is_valid_report(found)
    assert found["ancestry_source"] == "connector"
    assert found["leftovers"] == []


def test_in_another_network_namespace_there_are_no_events(root, place):
    """As in a container: `connector` says so, `auto` goes on without."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare")
    words = ["unshare", "--net", *jig("run", "--report", "report")]
    refused = run_any([*words, "--ancestry", "connector", "true"], cwd=place.work)
    assert refused.status == FAILED
    assert "--ancestry connector: the kernel's process events cannot be read" in refused.err
    script = f"{place.bin}/sleep 600 & exit 3"
    done = run_any([*words, "--ancestry", "auto", *place.sh(script)], cwd=place.work)
    assert done.status == 3
    found = json.loads((place.work / "report").read_text())
    assert found["ancestry_source"] == "proc"


def test_another_word_is_refused(run):
    result = run("--ancestry", "conector", "true")
    assert result.status == FAILED
    assert "connector" in one_line(result)
