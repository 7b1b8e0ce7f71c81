# SPDX-License-Identifier: MIT
"""Kill `jig up`, or one of its guards, at every moment of its start and its stop:
no process is left. The waits are the subject of the tests; they synchronise nothing."""

import os
import signal

import pytest
import ups
from helpers import children_of, comm_of, pinned, send, spin

pytestmark = pytest.mark.usefixtures("own_registry")

TIMES = int(os.environ.get("JIG_MOMENTS", "20"))
LONGEST_S = 0.03


def delays():
    return [LONGEST_S * (i + 1) / TIMES for i in range(TIMES)]


def kill(which, jig):
    guards = [pid for pid in children_of(jig.pid) if comm_of(pid) == "jig"]
    victims = guards[:1] if which == "guard" else [jig.pid]
    try:
        with pinned(victims) as fds:
            for fd in fds:
                send(fd, signal.SIGKILL)
    except ProcessLookupError:
        pass  # It has ended by itself.


@pytest.mark.parametrize("which", ["up", "guard"])
@pytest.mark.parametrize("stops", [False, True])
def test_nothing_is_left_whenever_it_is_killed(place, which, stops):
    sleep = place.bin / "sleep"
    lines = (f"a: (setsid {sleep} 600 &); exec {sleep} 601", f"b: {sleep} 602", "")
    files = {"Procfile": "\n".join(lines)}
    for delay in delays():
        with ups.Project(place, files) as here:
            jig = here.start("--timeout", "50ms")
            if stops:
                jig.line()
                jig.signal(signal.SIGTERM)
            spin(delay)
            kill(which, jig)
            jig.signal(signal.SIGTERM)
            jig.wait()
            assert place.await_empty() == [], f"{which} after {delay:.4f} s"
