# SPDX-License-Identifier: MIT
"""jig.Popen in the place of subprocess.Popen in other tools: docs/migration."""

from __future__ import annotations

import os
import signal
import subprocess
from importlib import metadata

import jig
import pytest
from waiting import wait_for_file, wait_until


def test_an_executor_of_mirakuru_ends_what_has_erased_its_environment(place):
    """The calls that mirakuru makes. It finds children by an environment variable."""
    daemon = f"env -i setsid {place.sleep} <&- >&- 2>&- &"
    script = place.script(f"{daemon} echo up > {place.path}/up; exec {place.sleep}")
    p = jig.Popen(
        script,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        universal_newlines=True,
        shell=False,
        env={**os.environ, "mirakuru_uuid": "1:2"},
        cwd=None,
        preexec_fn=os.setsid,
    )
    wait_for_file(place.path / "up")
    wait_until(lambda: len(place.running()) == 2, "two processes")
    assert p.poll() is None
    os.killpg(p.pid, signal.SIGTERM)
    wait_until(lambda: p.poll() is not None, "its end")
    assert p.wait() == -signal.SIGTERM
    p.__exit__(None, None, None)
    assert place.alive() == []


_XPROCESS = """
from unittest import mock

import jig as fixtures
import pytest
from xprocess import ProcessStarter

@pytest.fixture
def server(xprocess):
    class Starter(ProcessStarter):
        pattern = "^up$"
        args = {args!r}

    with mock.patch("subprocess.Popen", fixtures.Popen):
        xprocess.ensure("server", Starter)

def test_it_runs(server, xprocess):
    assert xprocess.getinfo("server").isrunning()
"""


def test_a_server_of_xprocess_does_not_outlive_pytest(place, pytester):
    """There is no terminate() here: by itself the server would go on."""
    pytest.importorskip("xprocess")
    daemon = f"setsid {place.sleep} <&- >&- 2>&- &"
    args = place.script(f"{daemon} echo up; exec {place.sleep}")
    pytester.makepyfile(_XPROCESS.format(args=args))
    points = [point for one in metadata.distributions() for point in one.entry_points]
    loaded = any((one.group, one.name) == ("pytest11", "xprocess") for one in points)
    words = () if loaded else ("-p", "xprocess.pytest_xprocess")
    result = pytester.runpytest_subprocess(*words)
    result.assert_outcomes(passed=1)
    assert place.left() == []
