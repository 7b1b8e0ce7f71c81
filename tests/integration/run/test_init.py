# SPDX-License-Identifier: MIT
"""What an init of a container does with signals and statuses: --forward, --rewrite and
--map-status, as PID 1 and as any other process (EDGE_CASES 35)."""

import contextlib
import signal

import pytest
from helpers import FAILED, IS_ROOT, PID_NAMESPACE, PYTHON, Running, children_of, jig_run
from helpers import pinned, run as run_any, send, wait_until

#: Says each signal; ends with 40 by USR2.
TRAPS = """
import os, signal, time
def said(number, frame):
    os.write(1, f"{signal.Signals(number).name}\\n".encode())
    if number == signal.SIGUSR2: os._exit(40)
for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH", "TSTP"):
    signal.signal(getattr(signal, f"SIG{name}"), said)
print("ready", flush=True)
while True: time.sleep(0.05)  # Not pause(2): the handler may be due just before it.
"""

KINDS = ["not PID 1", "PID 1"]


@pytest.fixture(params=KINDS)
def before(request):
    """Words before `jig run`."""
    if request.param == "PID 1" and not IS_ROOT:
        pytest.skip("needs root, to make containers")
    return PID_NAMESPACE if request.param == "PID 1" else []


@pytest.fixture(name="init")
def _init(place, before):
    """Start jig around a command that says its signals; tell() sends jig one."""
    with contextlib.ExitStack() as stack:

        def go(*words, command=(PYTHON, "-c", TRAPS)):
            words = [*before, *jig_run("--grace", "1h", *words, "--", *command)]
            running = stack.enter_context(Running(words, env=place.env, cwd=place.work))
            running.await_line("ready")
            pid = children_of(running.pid)[0] if before else running.pid
            (fd,) = stack.enter_context(pinned([pid]))
            running.tell = lambda name: send(fd, signal.Signals[f"SIG{name}"])
            return running

        yield go


def test_other_signals_are_mains_by_default(init):
    jig = init()
    for name in "USR1", "WINCH":
        jig.tell(name)
        jig.await_line(f"SIG{name}")
    jig.tell("USR2")
    assert jig.end() == (40, "SIGUSR2\n", "")


def test_a_forwarded_signal_is_mains_and_no_stop(init):
    """Twice, with a pause: neither of them begins a stop or hurries one."""
    jig = init("--forward", "HUP,QUIT", "--forward", "SIGTERM")
    for name in "HUP", "QUIT", "TERM", "TERM":
        jig.tell(name)
        jig.await_line(f"SIG{name}")
    jig.tell("USR2")
    assert jig.end() == (40, "SIGUSR2\n", "")


def test_a_signal_counts_as_another_one(init):
    """TERM begins a stop with QUIT, and USR1 begins one as well."""
    jig = init("--rewrite", "TERM:QUIT", "--rewrite=USR1:USR2")
    jig.tell("TERM")
    jig.await_line("SIGQUIT")
    jig.tell("USR1")
    assert jig.end() == (40, "SIGUSR2\n", "")


def test_what_a_signal_counts_as_may_be_a_stop(init, place):
    """The leftover ends, too: main alone gets no USR1, but all get the stop."""
    jig = init("--rewrite", "USR1:TERM", command=place.sh("sleep 600 & echo ready; wait"))
    jig.tell("USR1")
    assert jig.wait() == 128 + signal.SIGTERM
    assert place.await_empty() == []


def test_a_signal_is_dropped(init):
    """Each signal to jig is acted on in its order, so nothing of HUP comes later."""
    jig = init("--rewrite", "HUP:0", "--rewrite", "WINCH:0")
    for name in "HUP", "WINCH", "USR1":
        jig.tell(name)
    jig.await_line("SIGUSR1")
    jig.tell("USR2")
    assert jig.end() == (40, "SIGUSR2\n", "")


def test_rules_apply_one_after_the_other(init):
    """As dumb-init has it: --rewrite, and then what it counts as is main's."""
    jig = init("--rewrite", "TERM:QUIT", "--forward", "QUIT")
    jig.tell("TERM")
    jig.await_line("SIGQUIT")
    jig.tell("TERM")
    jig.await_line("SIGQUIT")
    jig.tell("USR2")
    assert jig.wait() == 40


def test_a_rewritten_suspension(init, place):
    jig = init("--rewrite", "TSTP:USR1")
    jig.tell("TSTP")
    jig.await_line("SIGUSR1")
    jig.tell("USR2")
    assert jig.wait() == 40


def test_the_last_rule_for_a_signal_counts(init):
    jig = init("--rewrite", "USR1:HUP", "--rewrite", "USR1:USR2")
    jig.tell("USR1")
    assert jig.end() == (40, "SIGUSR2\n", "")


def test_a_status_is_mapped(before, place):
    def status(*words):
        return run_any([*before, *jig_run(*words)], env=place.env).status

    maps = ["--map-status", "143=0", "--map-status=7=9"]
    assert status(*maps, *place.sh("kill -TERM $$")) == 0
    assert status(*maps, *place.sh("exit 143")) == 0
    assert status(*maps, *place.sh("exit 7")) == 9
    assert status(*maps, *place.sh("exit 9")) == 9
    assert status(*maps, *place.sh("kill -KILL $$")) == 128 + signal.SIGKILL


def test_a_stop_by_a_signal_may_be_a_success(init):
    jig = init("--map-status", "143=0", command=("/bin/sh", "-c", "echo ready; exec sleep 600"))
    jig.tell("TERM")
    assert jig.wait() == 0


def test_jigs_own_statuses_are_not_mapped(place):
    maps = [f"--map-status={one}=0" for one in (122, 124, 125, 126, 127)]
    for words, status in {
        ("--timeout", "10ms", "sleep", "600"): 124,
        ("--leftovers", "fail", *place.sh("setsid sleep 600 &")): 122,
        ("--ready", "file:never", "--start-timeout", "10ms", "sleep", "600"): FAILED,
        ("/nonesuch",): 127,
    }.items():
        assert run_any(jig_run(*maps, *words), env=place.env).status == status
    # The command's own are.
    assert run_any(jig_run(*maps, *place.sh("exit 127")), env=place.env).status == 0


@pytest.mark.parametrize(
    "option",
    [
        "--rewrite=TERM",
        "--rewrite=TERM:",
        "--rewrite=:TERM",
        "--rewrite=TERM:NONE",
        "--rewrite=0:TERM",
        "--rewrite=65:TERM",
        "--rewrite=KILL:TERM",
        "--rewrite=STOP:0",
        "--rewrite=CHLD:USR1",
        "--rewrite=CONT:0",
        "--rewrite=TTIN:0",
        "--forward=",
        "--forward=HUP,",
        "--forward=HUP USR1",
        "--forward=KILL",
        "--forward=CHLD",
        "--forward=TSTP",
        "--map-status=143",
        "--map-status=143=",
        "--map-status==0",
        "--map-status=256=0",
        "--map-status=1=256",
        "--map-status=-1=0",
        "--map-status=TERM=0",
        "--map-status=00000143=0",
    ],
)
def test_a_malformed_rule_is_refused(option, run, place):
    result = run(option, *place.sh("echo started"))
    assert result.status == FAILED and result.out == ""
    assert option.partition("=")[0] in result.err


def test_while_fixtures_start_a_dropped_signal_stops_nothing(start, place):
    """A forwarded one neither; and one that counts as TERM does."""
    words = ["--rewrite", "HUP:0", "--forward", "QUIT", "--rewrite", "INT:TERM"]
    server = "echo >runs; until [ -e go ]; do sleep 0.01; done; echo >up; exec sleep 600"
    fixture = ["--with", server, "--ready", "file:up"]
    jig = start(*words, *fixture, "--", *place.sh("echo ready; sleep 600"))
    wait_until(lambda: (place.work / "runs").exists(), "the fixture starts")
    jig.signal(signal.SIGHUP)
    jig.signal(signal.SIGQUIT)
    (place.work / "go").touch()
    jig.await_line("ready")
    jig.signal(signal.SIGINT)
    assert jig.wait() == 128 + signal.SIGTERM


def test_while_fixtures_start_a_signal_may_count_as_a_stop(start, place):
    jig = start(
        "--rewrite", "HUP:INT", "--with", "echo >runs; exec sleep 600", "--ready",
        "file:never", "--", *place.sh("echo started"),
    )  # fmt: skip
    wait_until(lambda: (place.work / "runs").exists(), "the fixture starts")
    jig.signal(signal.SIGHUP)
    result = jig.end()
    assert result.status == 128 + signal.SIGINT and result.out == ""
