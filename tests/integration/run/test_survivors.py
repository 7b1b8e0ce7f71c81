# SPDX-License-Identifier: MIT
"""jig names each process that it cannot end (EDGE_CASES 11 and 25)."""

import concurrent.futures
import json
import signal
import threading

import pytest
from helpers import RUNS, SURVIVORS, in_group, jig_run, stage, state_of, wait_until
from helpers import run as run_any


def play(place, kind, before, words, script):
    """An ordinary user runs a script under jig; its report and its result."""
    report = place.work / f"report-{threading.get_ident()}"
    words = ["--cage", kind, "--report", str(report), *words]
    command = jig_run(*words, *place.sh(*script))
    command = [*before, *stage.as_identity("user"), *command]
    result = run_any(command, env=place.env, cwd=place.work)
    return json.loads(report.read_text()), result


#: Main exits when the other one has said that it is root.
LEAVES_ONE = 'mkfifo f$$; "$0" >f$$ 2>/dev/null & read x <f$$; exit 3'
IS_ONE = 'exec "$0" >/dev/null 2>&1'


def test_11_25_a_setuid_root_descendant_is_a_survivor(setuid, place):
    """Under the subreaper cage of an ordinary user: SIGKILL gives EPERM. jig
    returns in a bounded time all the same, and says 120. All cases at once, for
    the bound is some seconds."""
    cases = {
        "left by main": (["--grace", "0"], LEAVES_ONE),
        "left, quiet": (["--grace", "0", "-q", "--leftovers", "ignore"], LEAVES_ONE),
        "is main": (["--grace", "0", "--timeout", "200ms"], IS_ONE),
    }
    with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
        runs = {
            name: pool.submit(play, place, "subreaper", [], words, (script, setuid))
            for name, (words, script) in cases.items()
        }
    for name, future in runs.items():
        report, result = future.result()
        assert result.status == SURVIVORS, name
        check_survivor(report, name)
        assert name == "left, quiet" or re_survivor(report) in result.err, name


@pytest.mark.parametrize("around", [[], ["--with", "exec sleep 1000"]])
def test_11_a_survivor_counts_more_than_a_report_that_fails(setuid, place, around):
    words = ["--cage", "subreaper", "--report", "/dev/full", "--grace", "0"]
    command = jig_run(*words, *around, *place.sh(LEAVES_ONE, setuid))
    command = [*stage.as_identity("user"), *command]
    result = run_any(command, env=place.env, cwd=place.work)
    assert result.status == SURVIVORS, result
    assert "1 survivor of the command:" in result.err
    assert "cannot write the report to /dev/full" in result.err


def test_11_a_survivor_counts_more_than_a_fixture_that_dies(setuid, place):
    pid = place.work / "fixture"
    server = f"echo $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 1000"
    # It is root before the fixture dies: then jig ends the command at once.
    script = f'until [ -e {pid} ]; do :; done; mkfifo said; "$0" >said 2>/dev/null & '
    script += f"read x <said; kill -9 $(cat {pid}); wait"
    words = ["--cage", "subreaper", "--grace", "0", "--with", server]
    command = jig_run(*words, *place.sh(script, setuid))
    command = [*stage.as_identity("user"), *command]
    result = run_any(command, env=place.env, cwd=place.work)
    assert result.status == SURVIVORS, result


def check_survivor(report, name):
    assert report["survivor_count"] == len(report["survivors"]) == 1, name
    (one,) = report["survivors"]
    assert one["uid"] == 0 and one["comm"] == "become_root" and one["state"] in "SR"
    assert one["ended"]["survived"] and "other-user" in one["how"]
    assert report["cage"]["proved_empty"] is False
    # It is still there, as jig says.
    assert state_of(one["pid"]) in RUNS


def re_survivor(report):
    pid = report["survivors"][0]["pid"]
    return f"jig: 1 survivor of the command:\n  {pid} "


def test_11_a_setuid_root_descendant_ends_in_a_delegated_cgroup(setuid, place):
    """cgroup.kill needs no permission to signal the members."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("user") as group:
        report, result = play(
            place, "cgroup", in_group(group), ["--grace", "0"], (LEAVES_ONE, setuid)
        )
    assert result.status == 3 and report["survivor_count"] == 0
    assert report["leftovers"][0]["uid"] == 0
    assert report["leftovers"][0]["ended"]["signal"] == "SIGKILL"


def test_25_a_process_in_state_d_is_ended(place, compiled, start):
    """While it waits, SIGTERM does not reach it, but SIGKILL does."""
    program = place.copy(compiled("vforker"))
    jig = start("--grace", "50ms", *place.sh('"$0" & echo $!; wait', program))
    # The shell and its child, in either order.
    (pid,) = {jig.line(), jig.line()} - {"ready"}
    wait_until(lambda: state_of(int(pid)) == "D", "it is in state D")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 128 + signal.SIGTERM and place.await_empty() == []
