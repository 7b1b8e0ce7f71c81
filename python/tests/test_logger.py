# SPDX-License-Identifier: MIT
"""logger=: lines of output, and what happens, become records of logging."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading

import jig
import pytest
from jig import process_fixture, ready
from waiting import open_fds, wait_until


EVENTS = ("started: ", "ready after ", "ended with ")


class Records(logging.Handler):
    """What a logger was given."""

    def __init__(self):
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record):
        self.records.append(record)

    @property
    def texts(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.fixture
def records():
    logger = logging.getLogger("tests.server")
    handler = Records()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)


@pytest.mark.parametrize("logger", ["tests.server", logging.getLogger("tests.server")])
def test_it_gets_each_line_and_what_happens(records, logger, place):
    script = place.script(f"echo one; echo two >&2; exec {place.sleep}")
    before, threads = open_fds(), threading.active_count()
    with process_fixture(script, logger=logger, ready=ready.log("two")) as p:
        assert p.tail() == "one\ntwo\n"
        pid, after = p.pid, p.ready_after
    assert sorted(records.texts) == sorted(
        [
            f"started: pid {pid}",
            "one",
            "two",
            f"ready after {after:.3f} s",
            "ended with -15: stop; leftovers: 0",
        ]
    )
    assert records.texts[0].startswith("started")
    assert records.texts.index("one") < records.texts.index("two")
    assert records.texts[-1].startswith("ended")
    assert {record.levelname for record in records.records} == {"INFO"}
    assert {record.name for record in records.records} == {"tests.server"}
    assert open_fds() == before
    assert threading.active_count() == threads


def test_no_line_of_a_fast_command_is_lost(records):
    with process_fixture("seq 20000", logger="tests.server") as p:
        p.wait()
    numbers = [text for text in records.texts if text.isdigit()]
    assert numbers == [str(n) for n in range(1, 20001)]
    assert records.texts[-1] == "ended with 0: exit; leftovers: 0"


def test_a_line_may_have_no_end_and_any_bytes(records):
    with process_fixture(
        r"printf '\033[31mred\033[0m\n\351\n\nlast'", logger="tests.server"
    ) as p:
        p.wait()
    lines = [text for text in records.texts if not text.startswith(EVENTS)]
    assert lines == ["red", "\N{REPLACEMENT CHARACTER}", "", "last"]


def test_an_end_by_itself_is_logged_without_a_call(records, place):
    p = process_fixture(place.script("exit 3"), logger="tests.server").start()
    wait_until(lambda: len(records.texts) == 3, "its end")
    assert records.texts[-1] == "ended with 3: exit; leftovers: 0"
    assert p.poll() == 3


def test_a_fixture_that_is_not_ready_is_an_error_record(records):
    with pytest.raises(jig.ExitedBeforeReady):
        process_fixture("exit 3", ready="tcp:1", logger="tests.server").start()
    assert [r.levelname for r in records.records].count("ERROR") == 1
    assert any(text.startswith("not ready: ") for text in records.texts)


def test_a_command_that_cannot_start_leaves_nothing_open(records):
    before, threads = open_fds(), threading.active_count()
    with pytest.raises(jig.SpawnFailed):
        process_fixture(["no-such-program"], logger="tests.server").start()
    assert len(records.texts) == 1
    assert "no-such-program" in records.texts[0]
    assert (open_fds(), threading.active_count()) == (before, threads)


def test_each_start_is_logged(records, place):
    with process_fixture(place.sleeper, logger="tests.server") as p:
        p.restart()
    assert [text.split()[0] for text in records.texts] == [
        *("started:", "ready", "ended"),
        *("started:", "ready", "ended"),
    ]


def test_it_works_in_an_event_loop(records, place):
    async def work():
        async with process_fixture(place.sleeper, logger="tests.server"):
            pass

    asyncio.run(work())
    assert records.texts[-1].startswith("ended")


def test_a_forgotten_fixture_still_ends(records, place):
    p = process_fixture(place.sleeper, logger="tests.server").start()
    with pytest.warns(ResourceWarning, match="still running"):
        del p
        gc.collect()
    assert place.alive() == []


def test_a_forked_child_has_no_thread(records, place):
    with process_fixture(place.sleeper, logger="tests.server") as p:
        child = os.fork()
        if child == 0:
            p.__exit__()
            os._exit(7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 7
        assert p.poll() is None


@pytest.mark.parametrize(
    ("kind", "text", "options"),
    [
        (TypeError, "logger is a logging.Logger", {"logger": print}),
        (ValueError, "excludes log", {"logger": "a", "log": "/tmp/log"}),
        (ValueError, "CAPTURE", {"logger": "a", "stdout": -1, "stderr": -1}),
    ],
)
def test_a_wrong_logger_is_an_error_of_the_call(kind, text, options):
    with pytest.raises(kind, match=text):
        process_fixture(["true"], **options)
