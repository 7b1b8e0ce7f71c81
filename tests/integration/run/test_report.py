# SPDX-License-Identifier: MIT
"""The report: the paragraph on stderr, and the JSON (docs/report.schema.json)."""

import json
import re
import signal

import pytest
from helpers import IS_ROOT, is_valid_report, state_of, wait_until


@pytest.fixture
def report(run, place):
    """Run with --report; the report, and the result."""

    def go(*words, **options):
        path = place.work / "report"
        result = run("--report", str(path), *words, **options)
        return json.loads(path.read_text()), result

    return go


#: Each script leaves one process behind, once it is what it shall be.
WAYS = {
    "session": ("setsid sh -c 'echo >&3; exec sleep 600' &", {"own-session"}),
    "daemon": (
        "(setsid sh -c 'sh -c \"echo >&3; exec sleep 600\" & exit') &",
        {"own-session", "daemon"},
    ),
    "deaf": (
        "(trap '' TERM; sh -c 'echo >&3; exec sleep 600') & ",
        {"ignores-sigterm"},
    ),
    "stopped": ("sh -c 'echo >&3; kill -STOP $$; sleep 600' &", {"stopped"}),
    "group": (
        "bash -c \"set -m; sh -c 'echo >&3; exec sleep 600' &\"",
        {"own-process-group"},
    ),
}
WORDS = {
    "own-session": "own session",
    "daemon": "daemon",
    "ignores-sigterm": "ignores SIGTERM",
    "stopped": "was stopped",
    "own-process-group": "own process group",
    "other-user": "another user",
}
#: Main waits until the other one is what it shall be, by a fifo, and by its
#: state where that is what counts.
WHEN_READY = """
mkfifo fifo; exec 3<>fifo; %s
read x <&3
exit 3
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["auto", "subreaper", "pidns"])
def test_a_leftover_is_named_with_how_it_got_away_and_ended(way, kind, report, place):
    if kind == "pidns" and not IS_ROOT:
        pytest.skip("needs root")
    start_it, how = WAYS[way]
    script = WHEN_READY % start_it
    if way == "stopped":
        script = script.replace("exit 3", "until grep -q 'T (st' /proc/$!/status; do :;"
                                " done; exit 3")
    found, result = report("--cage", kind, "--grace", "200ms", *place.sh(script))
    assert result.status == 3
    wanted = [one for one in found["leftovers"] if how <= set(one["how"])]
    assert len(wanted) == 1, found["leftovers"]
    by = "SIGKILL" if way == "deaf" else "SIGTERM"
    assert wanted[0]["ended"]["signal"] == by
    assert not wanted[0]["ended"]["survived"]
    line = rf"^  {wanted[0]['pid']} .*s(leep|h).*\(.*\): ended by {by} after [0-9.]+ s$"
    said = re.search(line, result.err, re.M)
    assert said and all(WORDS[one] in said.group() for one in how)
    assert is_valid_report(found)


def test_a_leftover_of_another_user_is_named(report, place, root):
    script = WHEN_READY % (
        "setpriv --reuid=4711 --clear-groups sh -c 'echo >&3; exec sleep 600' &"
    )
    found, result = report(*place.sh(script))
    assert "another user" in result.err
    one = found["leftovers"][0]
    assert one["uid"] == 4711 and "other-user" in one["how"]
    assert one["ended"]["signal"] == "SIGTERM" and is_valid_report(found)


def test_the_paragraph_is_short_and_complete_in_the_json(report, place):
    script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do setsid sleep 600 & done; exit 0"
    found, result = report(*place.sh(script))
    assert found["leftover_count"] == len(found["leftovers"]) == 12
    lines = result.err.splitlines()
    assert lines[0] == "jig: 12 leftovers of the command:"
    assert lines[-1] == "  and 4 more" and len(lines) == 10
    assert is_valid_report(found)


def test_more_leftovers_than_the_report_describes(report, place):
    """They are counted, and all of them are ended."""
    script = "i=0; while [ $i -lt 100 ]; do setsid sleep 600 & i=$((i+1)); done; exit 0"
    found, result = report(*place.sh(script))
    assert found["leftover_count"] == 100 and len(found["leftovers"]) == 64
    assert result.err.splitlines()[-1] == "  and 92 more" and is_valid_report(found)


def test_a_leftover_that_ends_by_itself_has_its_status(report, place):
    script = WHEN_READY % (
        "setsid sh -c 'sleep 600 & trap \"exit 9\" TERM; echo >&3; wait' &"
    )
    found, result = report(*place.sh(script))
    ended = [one["ended"]["exit_status"] for one in found["leftovers"]]
    assert 9 in ended and "exited with 9" in result.err and is_valid_report(found)


def test_what_a_leftover_calls_itself_cannot_drive_the_terminal(report, place):
    name = "\x1b]0;evil\x07\nnew line"
    script = 'setsid bash -c \'exec -a "$0" sleep 600\' "$0" & exit'
    found, result = report(*place.sh(script, name))
    assert found["leftover_count"] == 1
    assert "\x1b" not in result.err and "\x07" not in result.err
    assert result.err.count("\n") == 2 and is_valid_report(found)


def test_nothing_is_said_of_a_clean_end(report, place):
    found, result = report(*place.sh("sleep 0.01 & wait; exit 0"))
    assert result.err == "" and found["leftovers"] == [] and is_valid_report(found)


def test_what_ends_with_main_is_no_leftover_of_a_stop(start, place):
    """All processes obey: there is nothing to report."""
    words = ["--report", "report", "--grace", "1h"]
    jig = start(*words, *place.sh("echo ready; sleep 600 & wait"))
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    assert jig.end().err == ""
    found = place.read_report()
    assert (found["leftover_count"], found["reason"]) == (0, "stop") and is_valid_report(found)


def test_a_process_that_outlives_the_stops_first_step_is_a_leftover(start, place):
    script = "(trap '' TERM; echo $$; while :; do sleep 600 & wait; done) & wait"
    words = ["--report", "report", "--grace", "50ms"]
    jig = start(*words, *place.sh(script))
    jig.line()
    jig.signal(signal.SIGTERM)
    assert "ignores SIGTERM" in jig.end().err
    found = place.read_report()
    assert found["leftover_count"] >= 1 and is_valid_report(found)


@pytest.mark.parametrize(
    "words, script, reason, status, signame",
    [
        ([], "exit 7", "exit", 7, None),
        ([], "kill -USR1 $$", "exit", None, "SIGUSR1"),
        (["--timeout", "50ms"], "sleep 600", "timeout", None, "SIGTERM"),
    ],
)
def test_the_reason_and_main_are_in_the_report(
    words, script, reason, status, signame, report, place
):
    found, _ = report(*words, *place.sh(script))
    main = found["main"]
    assert (found["reason"], main["exit_status"], main["signal"]) == (
        reason,
        status,
        signame,
    )
    assert found["version"] == 1 and is_valid_report(found)


def test_usage_is_in_the_report(report):
    code = "x = bytearray(50 << 20); sum(i * i for i in range(300000))"
    found, _ = report("/usr/bin/python3", "-c", code)
    usage = found["usage"]
    assert usage["peak_bytes"] > 50 << 20
    assert 0 < usage["user_seconds"] and 0 < usage["wall_seconds"] < 60
    assert usage["processes"] == 1 and is_valid_report(found)


def test_processes_are_counted(report, place):
    found, _ = report(*place.sh("sleep 0 & sleep 0 & wait; setsid sleep 600 &"))
    # jig does not see the processes that main has reaped.
    assert found["usage"]["processes"] >= 2 and is_valid_report(found)


def test_the_report_is_written_although_the_command_cannot_be_stopped_softly(
    start, place
):
    script = place.sh("trap '' TERM; echo ready; while :; do sleep 600 & wait; done")
    jig = start("--grace", "0", "--report", "report", *script)
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGKILL
    found = place.read_report()
    assert found["main"]["signal"] == "SIGKILL" and is_valid_report(found)


def test_a_command_line_that_is_no_utf8_gives_a_valid_report(report, place):
    script = 'setsid sh -c "sleep 600; exit" "$0" & exit 0'
    found, _ = report(*place.sh(script, b"\xff\xfe\x01\"\\"))
    assert found["leftover_count"] >= 1 and is_valid_report(found)


def test_an_old_report_is_replaced(report, place):
    (place.work / "report").write_text("x" * 100_000)
    found, _ = report("true")
    assert found["main"]["exit_status"] == 0 and is_valid_report(found)


def test_state_and_numbers_of_a_leftover_are_its_own(report, place):
    script = WHEN_READY % "setsid sh -c 'echo $$ >pid; echo >&3; exec sleep 600' &"
    found, _ = report(*place.sh(script))
    pid = int((place.work / "pid").read_text())
    one = found["leftovers"][0]
    assert one["pid"] == one["pgid"] == one["sid"] == pid
    assert one["state"] in "RSD" and one["comm"] in ("sleep", "sh")
    wait_until(lambda: state_of(pid) == "", "it has gone")
