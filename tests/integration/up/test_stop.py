# SPDX-License-Identifier: MIT
"""Every stop of `jig up` has an end, whatever the order and the states are, and
relative paths of a project begin at its directory."""

import itertools
import os
import signal
import socket

import places
import pytest
import ups
from helpers import FAILED, STOPS_GUARD, Running, jig, wait_until

NAMES = ("a", "b", "c", "d")


class Alone(places.Place):
    """With its own runtime directory."""

    @property
    def env(self) -> dict[str, str]:
        return super().env | {"JIG_RUNTIME_DIR": str(self.path / "runtime")}


@pytest.fixture
def place():
    with places.left_empty("jig-up-stop-", Alone) as here:
        yield here


def ordered(chain, others=()) -> str:
    """Each of the chain depends on the next one; listed in the order of NAMES."""
    needs = dict(itertools.pairwise(chain))
    lines = ["ordered_shutdown: true", "processes:"]
    for name in sorted(chain):
        on = needs.get(name)
        depends = f", depends_on: {{{on}: {{condition: process_started}}}}" if on else ""
        lines.append(f"  {name}: {{command: sleep 1000{depends}}}")
    return "\n".join([*lines, *others, ""])


def ended(result) -> list[str]:
    return [line.split(".1 ")[0] for line in result.lines if "ended by SIG" in line]


def all_ready(here, names) -> None:
    for name in names:
        here.await_state(f"{name}.1", "ready")


# ------------------------------------------------------------------ the order


def test_a_stop_in_order_ends_in_whichever_order_they_are_listed(place):
    """Every order of four: a dependent may stand before or behind."""
    for chain in itertools.permutations(NAMES):
        with ups.Project(place, {"jig.yaml": ordered(chain)}) as here:
            up = here.start()
            here.await_answer()
            all_ready(here, NAMES)
            assert here.jig("down").status == 0
            assert ended(up.end()) == list(chain)


def test_an_option_asks_for_the_order(place):
    """With nothing to depend on, it is the reverse of the file's."""
    text = "processes: {a: {command: sleep 1000}, b: {command: sleep 1000}, c: {command: sleep 1000}}"
    with ups.Project(place, {"jig.yaml": text + "\n"}) as here:
        up = here.start("--ordered-shutdown")
        here.await_answer()
        all_ready(here, "abc")
        assert here.jig("down").status == 0
        assert ended(up.end()) == ["c", "b", "a"]


STATES = """
  waits: {command: sleep 1000, depends_on: {a: {condition: process_completed}}}
  off: {command: sleep 1000, disabled: true, depends_on: {a: {condition: process_started}}}
  failed: {command: exit 3, depends_on: {a: {condition: process_started}}}
  needs_failed:
    command: sleep 1000
    depends_on: {failed: {condition: process_completed_successfully}}
  again:
    command: exit 3
    availability: {restart: always, backoff_seconds: 1000}
    depends_on: {a: {condition: process_started}}
  needs_again: {command: sleep 1000, depends_on: {again: {condition: process_started}}}
  daemon:
    command: "true"
    is_daemon: true
    depends_on: {a: {condition: process_started}}
  needs_daemon: {command: sleep 1000, depends_on: {daemon: {condition: process_started}}}
  unready: {command: sleep 1000, ready: ["file:never"], start_timeout: 1h}
  needs_unready: {command: sleep 1000, depends_on: {unready: {condition: process_healthy}}}
"""

EXPECTED = {
    "waits.1": "waiting",
    "off.1": "disabled",
    "failed.1": "ended",
    "needs_failed.1": "skipped",
    "again.1": "back-off",
    "needs_again.1": "ready",
    "daemon.1": "launched",
    "needs_daemon.1": "ready",
    "unready.1": "starting",
    "needs_unready.1": "waiting",
}


@pytest.fixture(params=["true", "false"])
def states(request, place):
    """Services in each state, above and below what they depend on."""
    text = ordered(NAMES, STATES.splitlines()[1:])
    text = text.replace("ordered_shutdown: true", f"ordered_shutdown: {request.param}")
    with ups.Project(place, {"jig.yaml": text}) as here:
        up = here.start()
        here.await_answer()
        for name, state in EXPECTED.items():
            here.await_state(name, state)
        yield here, up


def test_a_stop_ends_whatever_state_they_are_in(states):
    here, up = states
    assert here.jig("down").status == 0
    assert up.wait() == 0


def test_ctrl_c_ends_whatever_state_they_are_in(states):
    _, up = states
    up.signal(signal.SIGINT)
    assert up.wait() == 130


def test_a_service_that_was_stopped_by_hand_does_not_stand_in_the_way(place):
    with ups.Project(place, {"jig.yaml": ordered(("a", "b", "c"))}) as here:
        up = here.start()
        here.await_answer()
        all_ready(here, "abc")
        assert here.jig("stop", "b").status == 0
        assert here.jig("down").status == 0
        assert ended(up.end()) == ["b", "a", "c"]


def test_a_stop_in_order_of_many_is_fast(place):
    """A decision for each pair of services would take minutes."""
    names = [f"s{i}" for i in range(150)]
    lines = ["ordered_shutdown: true", "processes:"]
    for i, name in enumerate(names):
        before = names[max(0, i - 3) : i]
        on = ", ".join(f"{one}: {{condition: process_started}}" for one in before)
        lines.append(f"  {name}: {{command: sleep 1000, depends_on: {{{on}}}}}")
    with ups.Project(place, {"jig.yaml": "\n".join(lines)}) as here:
        up = here.start()
        here.await_answer()
        here.await_state("s149.1", "ready")
        assert here.jig("down").status == 0
        assert ended(up.end()) == names[::-1]


def test_a_circle_is_refused(place):
    text = ordered(("a", "b", "c")).replace(
        "c: {command: sleep 1000",
        "c: {command: sleep 1000, depends_on: {a: {condition: process_started}}",
    )
    with ups.Project(place, {"jig.yaml": text}) as here:
        result = here.jig("up")
        assert result.status == 1 and "depend on each other" in result.err, result


# ------------------------------------------------------------- stops that hang

#: A stop that takes an hour: by its command, by its policy.
HANGS = {
    "command": """
  a:
    command: touch up; sleep 1000
    shutdown: {command: "touch asked; sleep 1000", timeout_seconds: 3600}
""",
    "deaf command": """
  a:
    command: touch up; sleep 1000
    shutdown: {command: "trap '' TERM; touch asked; sleep 1000", timeout_seconds: 3600}
""",
    "policy": """
  a:
    command: "trap ': >asked' TERM; touch up; FOREVER"
    shutdown: {timeout_seconds: 3600}
""",
}


@pytest.fixture(params=HANGS)
def hanging(request, place):
    text = f"ordered_shutdown: true\nprocesses:{HANGS[request.param]}"
    text += "  b: {command: sleep 1000}\n"
    with ups.Project(place, {"jig.yaml": text.replace("FOREVER", ups.forever(place))}) as here:
        up = here.start()
        here.await_answer()
        wait_until((place.work / "up").exists, "it runs")
        here.await_state("a.1", "ready")
        here.await_state("b.1", "ready")
        yield here, up


def test_down_hurries_after_its_timeout(hanging, place):
    here, up = hanging
    assert here.jig("down", "--timeout", "10ms").status == 0
    result = up.end()
    assert result.status == 0
    assert "jig | down: it takes too long: hurrying" in result.out.replace("   ", " ")
    assert sorted(ended(result)) == ["a", "b"]


def test_a_second_down_may_hurry_the_first(hanging, place):
    here, up = hanging
    with Running(jig("down"), env=place.env, cwd=place.work) as first:
        wait_until((place.work / "asked").exists, "it was asked to stop")
        assert first.is_alive()
        assert here.jig("down", "-t", "0").status == 0
        assert first.wait() == 0
    assert up.wait() == 0


def test_a_second_ctrl_c_hurries(hanging, place):
    _, up = hanging
    up.signal(signal.SIGINT)
    wait_until((place.work / "asked").exists, "it was asked to stop")
    ups.hurry(up, signal.SIGINT)
    assert up.wait() == 130


def test_down_in_time_hurries_nothing(place):
    with ups.Project(place, {"jig.yaml": ordered(("a", "b"))}) as here:
        up = here.start()
        here.await_answer()
        all_ready(here, "ab")
        assert here.jig("down", "--timeout", "1h").status == 0
        assert "hurrying" not in up.end().out


LIMITS = {
    # SIGTERM, 10 s, SIGKILL, 5 s: the longest one, or their sum.
    "longest": ("", "", 15_000_000),
    "sum": ("ordered_shutdown: true\n", "", 30_000_000),
    "policy": ("", ", shutdown: {timeout_seconds: 100}", 105_000_000),
    # The command has its time, then ten seconds and five to end; then the rest.
    "command": (
        "",
        ', shutdown: {command: "true", timeout_seconds: 100}',
        (100 + 5 + 100 + 15) * 1_000_000,
    ),
}


@pytest.mark.parametrize("which", LIMITS)
def test_the_limit_of_a_stop_follows_from_the_policies(place, which):
    head, shutdown, expected = LIMITS[which]
    text = f"{head}processes:\n  a: {{command: sleep 1000{shutdown}}}\n"
    text += "  b: {command: sleep 1000}\n"
    with ups.Project(place, {"jig.yaml": text}) as here:
        up = here.start()
        here.await_answer()
        all_ready(here, "ab")
        assert limit_of(place, b"down\0\0") == expected
        assert up.wait() == 0


def test_an_older_client_gets_no_limit(place):
    with ups.Project(place, {"jig.yaml": ordered(("a", "b"))}) as here:
        up = here.start()
        here.await_answer()
        assert limit_of(place, b"down\0") is None
        assert up.wait() == 0


def limit_of(place, words: bytes) -> int | None:
    """The text of the answer's frame; None if only a status came."""
    runtime = place.path / "runtime"
    (path,) = (p for p in runtime.glob("up-*") if p.is_socket())
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(os.fspath(path))
        client.sendall(b"W" + len(words).to_bytes(4, "little") + words)
        answer = b""
        while more := client.recv(4096):
            answer += more
    assert answer.endswith(b"S\1\0\0\0\0")
    if answer[:1] != b"L":
        return None
    assert answer[1:5] == b"\x08\0\0\0"
    return int.from_bytes(answer[5:13], "little")


def test_down_does_not_wait_for_one_that_does_not_answer(place):
    """A socket that takes what is said stands for a `jig up` that hangs."""
    with ups.Project(place, {"jig.yaml": ordered(("a", "b"))}) as here:
        up = here.start()
        here.await_answer()
        (path,) = (p for p in (place.path / "runtime").glob("up-*") if p.is_socket())
        assert here.jig("down").status == 0
        assert up.wait() == 0
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(os.fspath(path))
            silent.listen()
            result = here.jig("down")
    assert result.status == 1 and "`jig up` does not answer" in result.err, result


# ------------------------------------------------------ guards that are stopped

#: A file, because a `$` in a project's command is jig's.
FILES = {"stops": STOPS_GUARD}

#: Which process stops a guard, and when.
STOPPED_GUARDS = {
    "service": 'a: {command: ". ./stops; touch up; sleep 1000"}',
    "service in its stop": """a:
    command: "trap '. ./stops; exit' TERM; touch up; FOREVER"
""",
    "service again and again": """a:
    command: "trap '' TERM; while :; do . ./stops; touch up; done"
    shutdown: {timeout_seconds: 1}
""",
    "shutdown command": """a:
    command: "touch up; sleep 1000"
    shutdown: {command: ". ./stops", timeout_seconds: 1}
""",
}

UNREADY = """processes:
  a:
    command: "trap '. ./stops; exit' TERM; FOREVER"
    ready: ["file:never"]
    start_timeout: 200ms
"""


@pytest.fixture(params=STOPPED_GUARDS)
def stopped_guard(request, place):
    text = f"processes:\n  {STOPPED_GUARDS[request.param]}\n"
    text = text.replace("FOREVER", ups.forever(place))
    with ups.Project(place, FILES | {"jig.yaml": text}) as here:
        up = here.start()
        here.await_answer()
        wait_until((place.work / "up").exists, "it runs")
        yield here, up


def test_a_stop_ends_though_guards_were_stopped(stopped_guard):
    _, up = stopped_guard
    up.signal(signal.SIGTERM)
    assert up.wait() == 128 + signal.SIGTERM


def test_down_ends_though_guards_were_stopped(stopped_guard):
    here, up = stopped_guard
    assert here.jig("down").status == 0
    assert up.wait() == 0


def test_one_that_does_not_get_ready_ends_though_its_guard_was_stopped(place):
    text = UNREADY.replace("FOREVER", ups.forever(place))
    with ups.Project(place, FILES | {"jig.yaml": text}) as here:
        result = here.start().end()
    assert result.status == FAILED and "file:never" in result.out, result


def test_a_stop_ends_though_the_commands_guard_was_stopped(place):
    with ups.Project(place, {"jig.yaml": ordered(("a", "b"))}) as here:
        up = here.start("--", *place.sh(f"{STOPS_GUARD}; touch up; sleep 1000"))
        wait_until((place.work / "up").exists, "it runs")
        up.signal(signal.SIGTERM)
        assert up.wait() == 128 + signal.SIGTERM


# -------------------------------------------------------------- relative paths

PROJECT = """
processes:
  a:
    command: "sh -c 'pwd; touch ok; sleep 1000'"
    ready: ["file:ok", "exec:test -e jig.yaml"]
    live: ["file:ok"]
    listen: ["s=unix:sock"]
"""


def test_relative_paths_begin_at_the_project(place):
    """And those of the command line, and a command behind --, where we are."""
    with ups.Project(place, {"sub/jig.yaml": PROJECT}) as here:
        words = ["up", "--no-times", "-f", "sub/jig.yaml", "--log-dir", "logs"]
        result = here.jig(*words, "--", *place.sh("echo here $PWD; pwd; ls sub"))
        assert result.status == 0, result
        lines = result.lines
    assert f"a.1 | {place.work}/sub" in result.err.splitlines()
    assert lines.count(str(place.work)) == 1 and f"here {place.work}" in lines
    assert "ok" in lines and "sock" in lines
    assert not os.path.lexists(place.work / "sub" / "sock")
    assert (place.work / "logs" / "a.1.log").exists()
    assert not (place.work / "ok").exists()


def test_in_the_background_they_do_so_too(place):
    with ups.Project(place, {"sub/jig.yaml": PROJECT}) as here:
        assert here.jig("up", "-D", "-f", "sub/jig.yaml").status == 0
        assert (place.work / "sub" / "sock").is_socket()
        assert here.jig("down", "-f", "sub/jig.yaml").status == 0
        assert not os.path.lexists(place.work / "sub" / "sock")
