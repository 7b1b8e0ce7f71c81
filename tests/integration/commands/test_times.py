# SPDX-License-Identifier: MIT
"""Every option that takes a time, in every command and in YAML files: the
longest never ends, the shortest ends at once, and with an invalid time nothing
starts. tests/lib/times.c and python/tests/test_times.py test this for libraries."""

import re
import signal

import pytest
import ups
from helpers import FAILED, PYTHON, TIMEOUT, Running, jig, run as run_any, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: 2^63 - 1 microseconds, and what other units have of it.
LONGEST = ["9223372036854775807us", "9223372036854s", "106751991d"]
WRONG = ["9223372036854775808us", "9223372036855s", "1" * 40 + "d", "-1s", "-0s", "inf", "nan",
         "1e9", "5x", "", "s", "1,5s"]  # fmt: skip

RUN = ["--grace", "--timeout", "--start-timeout", "--interval", "--ready-delay",
       "--ready-timeout", "--live-interval", "--live-timeout", "--live-delay"]  # fmt: skip


#: It waits for SIGTERM in sigwait(2): a shell may get it just before it waits.
POLITE = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("up", flush=True)
signal.sigwait([signal.SIGTERM])
print("told", flush=True)
sys.exit(3)
"""


@pytest.fixture(name="polite")
def _polite(place):
    """A command that SIGTERM ends with 3; SIGKILL would show."""
    (place.work / "polite.py").write_text(POLITE)
    return [place.copy(PYTHON, "python"), "-SE", str(place.work / "polite.py")]


def is_stopped_politely(start, words, polite):
    one = start(*words, *polite)
    one.await_line("up")
    one.signal(signal.SIGTERM)
    assert one.wait() == 3, (words, one.err())


@pytest.mark.parametrize("longest", LONGEST)
def test_the_longest_times_of_run_are_for_ever(start, polite, place, longest):
    for option in RUN:
        probe = ["--live", f"file:{place.path}"] if "live" in option else []
        is_stopped_politely(start, ["--group", "session", *probe, option, longest], polite)
    for mode in ("all", "main"):
        words = ["--stop-mode", mode, "--stop", f"TERM {longest} INT {longest} KILL"]
        is_stopped_politely(start, words, polite)
    for probe in (["--ready", "delay:0", "--ready-delay", longest], ["--ready", f"delay:{longest}"]):
        one = start(*probe, *polite)
        one.await_line("up")
        one.signal(signal.SIGTERM)
        assert one.wait() != 0 and "ready after" not in one.err()


@pytest.mark.parametrize("longest", LONGEST)
def test_the_longest_times_of_the_commands_of_jobs_are_for_ever(place, polite, longest):
    def do(*words):
        return run_any(jig(*words), env=place.env, cwd=place.work)

    assert do("start", "--grace", longest, "--timeout", longest, "--", *polite).status == 0
    wait_until(lambda: "up" in do("logs", "%1").out, "it is up")
    with Running(jig("wait", "--timeout", longest, "%1"), env=place.env) as waiting:
        assert do("kill", "%1").status == 0
        assert waiting.wait() == 3
    do("jobs", "--forget")


@pytest.mark.parametrize("longest", LONGEST)
def test_the_longest_grace_of_kill_is_for_ever(place, polite, longest):
    with Running(polite, cwd=place.work) as stranger:
        stranger.await_line("up")
        words = jig("kill", "--grace", longest, "--tree", str(stranger.pid))
        with Running(words, env=place.env) as killer:
            assert stranger.wait() == 3
            assert killer.wait() == 0


YAML = """
processes:
  web:
    command: exec {command}
    ready_log_line: up
    start_timeout: {time}
    shutdown: {{timeout_seconds: {time}}}
    availability: {{restart: always, backoff_seconds: {time}, max_backoff_seconds: {time}}}
    liveness_probe:
      exec: {{command: "true"}}
      initial_delay_seconds: {time}
      period_seconds: {time}
      timeout_seconds: {time}
  again:
    command: exit 3
    availability: {{restart: always, backoff_seconds: {time}}}
"""


@pytest.mark.parametrize("longest", LONGEST)
def test_the_longest_times_of_up_are_for_ever(place, polite, longest):
    text = YAML.format(time=longest, command=" ".join(polite))
    with ups.Project(place, {"jig.yaml": text}) as here:
        up = here.start("--timeout", longest)
        here.await_answer()
        here.await_state("web.1", "ready")
        wait_until(lambda: "again.1" in here.jig("ps").out, "it is listed")
        said = ups.end(up).out
        assert "told" in said and "exited with status 3" in said, said
        assert said.count("again.1 | started") <= 1, said


@pytest.mark.parametrize("shortest", ["1us", "0.1us", "0.0000001s"])
def test_the_shortest_times_are_over_at_once(run, place, polite, shortest):
    """No time above zero becomes zero, which would mean "never"."""
    result = run("--timeout", shortest, "--grace", "1h", *polite)
    assert result.status == TIMEOUT, result
    result = run("--start-timeout", shortest, "--ready", "log:never", *polite)
    late = re.search(r"(not executed within|timeout after) 1 us\b", result.err)
    assert result.status == FAILED and late, result
    # The reason is not known: it may have been the machine.
    assert "does not answer" not in result.err
    result = run_any(jig("start", "--timeout", shortest, *polite), env=place.env)
    assert result.status == 0
    assert run_any(jig("wait", "%1"), env=place.env).status == TIMEOUT
    run_any(jig("jobs", "--forget"), env=place.env)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_time_starts_nothing(run, place, wrong):
    marked = ["--", "/bin/touch", "started"]
    for option in RUN:
        result = run(option, wrong, *marked)
        assert result.status == FAILED and option in result.err, result
    for words in (["--stop", f"TERM {wrong}x"], ["--ready", f"delay:{wrong}"]):
        assert run(*words, *marked).status == FAILED
    for words in (["wait", "--timeout"], ["kill", "--grace"], ["up", "--timeout"],
                  ["tree", "--interval"], ["start", "--grace"]):  # fmt: skip
        result = run_any(jig(*words, wrong, *marked), env=place.env, cwd=place.work)
        assert result.status == FAILED and words[1] in result.err, result
    assert not (place.work / "started").exists()
