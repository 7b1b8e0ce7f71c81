# SPDX-License-Identifier: MIT
"""docs/migration/pexpect.md: what pexpect says and does is as without jig, and no
process is left. The teardown of `place` (conftest.py) asks the oracle."""

import signal

import pytest
from helpers import DEADLINE_S, jig

pexpect = pytest.importorskip("pexpect")

#: A daemon, and then the rest of the script.
DAEMON = "setsid sleep 600 <&- >&- 2>&- & "


@pytest.fixture(name="spawn")
def _spawn(place):
    made = []

    def go(script, before=("run", "-q", "--grace", "100ms", "--"), **options):
        words = [*jig(*before), *place.sh(DAEMON + script)] if before else place.sh(script)
        options |= {"timeout": DEADLINE_S, "encoding": "utf-8"}
        made.append(pexpect.spawn(words[0], words[1:], env=place.env, cwd=place.work, **options))
        return made[-1]

    yield go
    for one in made:
        one.close()


@pytest.fixture(params=["with jig", "alone"])
def either(request, spawn):
    """What holds for both."""
    before = {} if request.param == "with jig" else {"before": ()}
    return lambda script, **options: spawn(script, **before, **options)


def test_the_status(either):
    child = either("echo up; exit 3")
    child.expect("up")
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.signalstatus) == (3, None)


def test_the_keys_of_the_terminal(either):
    child = either("exec cat")
    child.sendline("typed")
    child.expect("typed\r\ntyped")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert (child.exitstatus, child.signalstatus) == (None, signal.SIGINT)


def test_the_end_of_input(either):
    child = either("exec cat")
    child.sendline("typed")
    child.expect("typed\r\ntyped")
    child.sendeof()
    child.expect(pexpect.EOF)
    assert child.wait() == 0 and not child.isalive()


def test_the_size_of_the_terminal(either):
    child = either(
        "trap 'stty size; exit' WINCH; stty size; echo up; while :; do sleep 0.1; done",
        dimensions=(30, 90),
    )
    child.expect("30 90")
    child.expect("up")
    child.setwinsize(33, 99)
    assert child.getwinsize() == (33, 99)
    child.expect("33 99")


def test_a_signal(either):
    child = either("trap 'echo told' USR1; echo up; while :; do sleep 0.1; done")
    child.expect("up")
    child.kill(signal.SIGUSR1)
    child.expect("told")


@pytest.mark.parametrize("ignore_sighup", [False, True])
@pytest.mark.parametrize("end", ["terminate", "close"])
def test_a_program_that_ignores_signals_is_ended_with_all_others(
    spawn, place, end, ignore_sighup
):
    script = "trap '' HUP INT TERM; echo up; sleep 600; sleep 600"
    child = spawn(script, ignore_sighup=ignore_sighup)
    child.expect("up")
    getattr(child, end)(force=True)
    assert not child.isalive()
    assert place.await_empty() == []
