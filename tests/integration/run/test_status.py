# SPDX-License-Identifier: MIT
"""The exit status of `jig run` is main's own (EDGE_CASES 36)."""

import concurrent.futures
import json
import resource
import signal

import pytest
from helpers import FAILED, LEFTOVERS, PID_NAMESPACE, PROGRAMS, PYTHON, TIMEOUT, jig_run
from helpers import need_cage, run as run_any

#: Signals that end a process by default and are not kept from user space.
FATAL = [
    signo
    for signo in sorted(signal.valid_signals())
    if signo
    not in (
        signal.SIGCHLD,
        signal.SIGCONT,
        signal.SIGSTOP,
        signal.SIGTSTP,
        signal.SIGTTIN,
        signal.SIGTTOU,
        signal.SIGURG,
        signal.SIGWINCH,
    )
]


def in_parallel(function, values):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(function, values))


def test_36_every_exit_status_passes(place):
    def status_of(wanted):
        command = jig_run("-q", *place.sh(f"exit {wanted}"))
        return run_any(command, env=place.env).status

    assert in_parallel(status_of, range(256)) == list(range(256))


def test_36_death_by_a_signal_is_128_and_its_number(place):
    def status_of(signo):
        command = jig_run("--limit", "core=0", *place.sh(f"kill -{int(signo)} $$"))
        return run_any(command, env=place.env).status

    assert in_parallel(status_of, FATAL) == [128 + signo for signo in FATAL]


def test_36_a_core_dump_is_seen(run, place):
    """If the kernel writes or pipes one; else the flag must not be set."""
    report = place.work / "report"
    words = ["--limit", "core=unlimited", "--report", str(report)]
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("no core dumps here")
    result = run(*words, *place.sh("kill -SEGV $$"), identity="user")
    bare = run_any(
        place.sh("ulimit -c unlimited; sh -c 'kill -SEGV $$'; echo $?"), cwd=place.work
    )
    assert result.status == 128 + signal.SIGSEGV and "139" in bare.out
    main = json.loads(report.read_text())["main"]
    assert main["signal"] == "SIGSEGV" and main["exit_status"] is None
    if any(place.work.glob("core*")):
        assert main["core_dumped"] is True
    result = run(
        "--limit", "core=0", "--report", str(report), *place.sh("kill -SEGV $$")
    )
    main = json.loads(report.read_text())["main"]
    if not any(place.work.glob("core*")):
        assert main["core_dumped"] is False or result.status == 139


@pytest.mark.parametrize(
    "trap, status",
    [
        ("trap 'exit 7' TERM", 7),
        ("trap 'exit 0' TERM", 0),
        ("trap 'trap - INT; kill -INT $$' TERM", 128 + signal.SIGINT),
        ("", 128 + signal.SIGTERM),
    ],
)
def test_36_main_and_the_stop_both_had_signals(trap, status, start, place):
    """The status is that of main's handler, not the stop's signal."""
    jig = start(*place.sh(f"sleep 600 & {trap}\necho ready; wait; wait"))
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == status


def test_a_timeout_is_124_whatever_main_says(run, place):
    for trap in "trap 'exit 3' TERM;", "":
        script = place.sh(f"sleep 600 & {trap} wait; wait")
        assert run("--timeout", "200ms", *script).status == TIMEOUT


def test_a_command_that_is_in_time_has_its_own_status(run, place):
    assert run("--timeout", "1h", *place.sh("exit 5")).status == 5


def test_leftovers_are_a_failure_only_when_asked_for(run, place):
    script = place.sh("setsid sleep 600 & exit 4")
    for policy, status in {"report": 4, "fail": LEFTOVERS, "ignore": 4}.items():
        result = run("--leftovers", policy, *script)
        assert result.status == status
        assert ("leftover" in result.err) == (policy != "ignore")
    assert run("--leftovers", "fail", *place.sh("exit 4")).status == 4


def test_a_jig_that_failed_is_125_and_not_main(run):
    assert run("--owner", "999999999", "true").status == FAILED


@pytest.mark.parametrize("kind", ["cgroup", "subreaper", "pidns"])
def test_the_status_is_mains_although_its_number_is_used_again(place, root, kind):
    """By a member of the cage that ends with 7."""
    need_cage(kind)
    python = place.copy(PYTHON, "python")
    script = str(PROGRAMS / "reuse.py")
    result = run_any([*PID_NAMESPACE, *jig_run("--cage", kind, "--", python, script)], env=place.env)
    assert (result.status, result.out) == (0, "same\n"), result
