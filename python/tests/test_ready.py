# SPDX-License-Identifier: MIT
"""Expressions of jig.ready, and policies: pure."""

from __future__ import annotations

import pickle
import signal

import pytest
from jig import _policy, ready
from jig.ready import Ready, as_ready


def test_each_kind_is_its_text():
    assert ready.tcp(80) == Ready(("tcp:80",))
    assert ready.tcp("{http}") == Ready(("tcp:{http}",))
    assert ready.tcp(80, "localhost") == Ready(("tcp:localhost:80",))
    assert ready.unix("/run/a") == Ready(("unix:/run/a",))
    assert ready.http("{http}/health") == Ready(("http:{http}/health",))
    assert ready.http("80/", 204) == Ready(("http:80/ expect=204",))
    assert ready.http("80/", "fine") == Ready(("http:80/ expect=fine",))
    assert ready.tcp(80, any_owner=True) == Ready(("tcp:80 owner=any",))
    assert ready.unix("a", any_owner=True) == Ready(("unix:a owner=any",))
    asked = ready.http("80/", "x", {"A": "b c"}, any_owner=True)
    assert asked == Ready(("http:80/ owner=any header=A: b c expect=x",))
    asked = ready.http("80/", ["2xx", 404, "up"], method="POST", body="a b")
    assert asked == Ready(("http:80/ method=POST body=a b expect=2xx expect=404 expect=up",))
    assert ready.http("80/", method="HEAD") == Ready(("http:80/ method=HEAD",))
    assert ready.log("up|on") == Ready(("log:up|on",))
    assert ready.file("x") == Ready(("file:x",))
    assert ready.exec("true") == Ready(("exec:true",))
    assert ready.notify() == Ready(("notify",))
    assert ready.fd(3) == Ready(("fd:3",))
    assert ready.delay(0.25) == Ready(("delay:250ms",))


def test_and_is_a_list_and_or_an_alternative():
    both = ready.tcp(1) & (ready.file("a") | "file:b")
    assert both.words() == ["tcp:1", "file:a", "|file:b"]
    assert repr(both) == "tcp:1 & file:a | file:b"


def test_texts_may_stand_on_either_side():
    assert ("notify" & ready.tcp(1)).words() == ["notify", "tcp:1"]
    assert ("notify" | ready.tcp(1)).words() == ["notify", "|tcp:1"]


def test_what_cannot_be_said_is_an_error():
    with pytest.raises(TypeError, match="no '&' within"):
        (ready.tcp(1) & ready.tcp(2)) | ready.tcp(3)


def test_nothing_a_text_and_a_list_are_conditions():
    assert as_ready(None).words() == []
    assert as_ready("notify").words() == ["notify"]
    assert as_ready(["notify", "tcp:1"]).words() == ["notify", "tcp:1"]


def test_a_condition_can_travel_to_another_process():
    condition = ready.tcp(1) & (ready.file("a") | ready.file("b"))
    assert pickle.loads(pickle.dumps(condition)) == condition


@pytest.mark.parametrize(
    ("grace", "stop", "steps"),
    [
        (None, None, []),
        (5, None, [(signal.SIGTERM, 5_000_000)]),
        (0, None, [(signal.SIGTERM, 0)]),
        (None, "INT 2s TERM", [(signal.SIGINT, 2_000_000), (signal.SIGTERM, 10**7)]),
        (1, "SIGINT,KILL", [(signal.SIGINT, 10**6), (signal.SIGKILL, 10**6)]),
        (1, "HUP 1.5 TERM 2ms", [(signal.SIGHUP, 1_500_000), (signal.SIGTERM, 2000)]),
        (1, [("int", 0.5), (signal.SIGTERM, 1)], [(2, 500_000), (15, 10**6)]),
    ],
)
def test_policies(grace, stop, steps):
    assert _policy.steps(grace, stop) == steps
