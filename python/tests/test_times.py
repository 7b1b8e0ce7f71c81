# SPDX-License-Identifier: MIT
"""Times: what cannot be one is a ValueError, what is too long is for ever."""

from __future__ import annotations

import subprocess

import jig
import pytest
from jig import _policy, process_fixture, ready

NAN = float("nan")
WRONG = [NAN, float("-inf"), -1, -1e-9]
#: More than 64 bits of microseconds can say; 10**400 is more than a float can.
ENDLESS = [float("inf"), 1e300, 1e13, 2**63, 10**400]
FIELDS = [
    "timeout",
    "grace",
    "start_timeout",
    "probe_interval",
    "ready_delay",
    "ready_timeout",
    "live_interval",
    "live_timeout",
    "live_delay",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_time_starts_nothing(tmp_path, wrong):
    mark = tmp_path / "started"
    for field in FIELDS:
        with pytest.raises(ValueError, match="time"):
            process_fixture(["touch", mark], **{field: wrong}).start()
    assert not mark.exists()


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_time_of_a_step_or_of_a_probe(wrong):
    with pytest.raises(ValueError, match="time"):
        _policy.steps(None, [("TERM", wrong)])
    with pytest.raises(ValueError, match="time"):
        ready.delay(wrong)


def test_a_time_above_zero_is_not_zero():
    """To libjig zero is "never", or the default."""
    for tiny in 5e-324, 1e-12, 4e-7:
        assert _policy.microseconds(tiny) == 1
    assert _policy.microseconds(0) == _policy.microseconds(-0.0) == 0
    assert _policy.steps(None, "TERM 0.1us INT 0s") == [(15, 1), (2, 0)]


@pytest.mark.parametrize("field", ["start_timeout", "live_interval", "live_timeout"])
def test_zero_is_no_time_where_the_default_would_be_meant(tmp_path, field):
    mark = tmp_path / "started"
    with pytest.raises(ValueError, match=field):
        process_fixture(["touch", mark], **{field: 0}).start()
    assert not mark.exists()


def test_the_shortest_times_are_over_at_once(place):
    with pytest.raises(jig.ReadyTimeout):
        process_fixture(place.sleeper, ready="log:never", start_timeout=1e-9).start()
    with process_fixture(place.sleeper, timeout=1e-9) as fixture:
        fixture.wait(30)
        assert fixture.report.reason == "timeout"
    assert place.alive() == []


def test_a_policy_as_text_has_no_wrong_times():
    for text in "TERM nan", "TERM inf", "TERM -1s":
        with pytest.raises(ValueError):
            _policy.steps(None, text)
    assert _policy.steps(None, f"TERM {'9' * 400}m")[0][1] == 2**63 - 1


@pytest.mark.parametrize("endless", range(len(ENDLESS)))
def test_a_time_without_an_end_is_for_ever(place, endless):
    time = ENDLESS[endless]
    assert _policy.microseconds(time) == 2**63 - 1
    options = dict.fromkeys(FIELDS, time)
    with process_fixture(
        place.script("trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done"),
        ready=ready.log("up"),
        **{k: v for k, v in options.items() if k != "ready_delay"},
    ) as fixture:
        assert fixture.returncode is None
    assert fixture.returncode == 3


def test_waiting_for_a_number_that_is_none_ends_nothing(place):
    process = jig.Popen(place.sleeper)
    with pytest.raises(ValueError, match="time"):
        process.wait(NAN)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(-1)
    process.kill()
    assert process.wait(float("inf")) == -9
