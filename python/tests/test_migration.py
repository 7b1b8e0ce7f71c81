# SPDX-License-Identifier: MIT
"""jig.Popen in the place of subprocess.Popen in other tools: docs/migration."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
from importlib import metadata

import jig
import pytest
from waiting import wait_for_file, wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]


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


@pytest.fixture
def mirakuru(monkeypatch):
    """With jig's Popen, as the page shows it."""
    module = pytest.importorskip("mirakuru")
    for name, attributes in (("base", ("subprocess", "processes_with_env")),
                             ("base_env", ("processes_with_env",))):  # fmt: skip
        for attribute in attributes:  # What the page changes comes back.
            part = getattr(module, name)
            monkeypatch.setattr(part, attribute, getattr(part, attribute))
    page = (TOP / "docs" / "migration" / "mirakuru.md").read_text()
    (adapter,) = re.findall(r"^```py\n(import types\n.*?)^```$", page, re.M | re.S)
    exec(adapter, {})
    return module


def _server(place, text: str) -> list[str]:
    """It leaves a process that has erased its environment."""
    return place.script(f"env -i setsid {place.sleep} <&- >&- 2>&- & {text}")


@pytest.mark.parametrize("kind", ["tcp", "http", "output"])
def test_executors_of_mirakuru_leave_nothing_with_the_adapter(mirakuru, place, kind):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serves = f"exec {sys.executable} -m http.server --bind 127.0.0.1 {port} 2>&1"
    executor = {
        "tcp": lambda: mirakuru.TCPExecutor(_server(place, serves), "127.0.0.1", port),
        "http": lambda: mirakuru.HTTPExecutor(
            _server(place, serves), f"http://127.0.0.1:{port}/", timeout=60
        ),
        "output": lambda: mirakuru.OutputExecutor(
            _server(place, f"echo up; exec {place.sleep}"), banner="^up$", timeout=60
        ),
    }[kind]()
    with executor:
        assert isinstance(executor.process, jig.Popen) and executor.running()
        wait_until(place.running, "the process that was left")
        with executor.stopped():
            assert not executor.running() and place.alive() == []
        assert executor.running()
    assert not executor.running() and place.alive() == []


def test_an_executor_of_mirakuru_that_is_killed_leaves_nothing(mirakuru, place):
    executor = mirakuru.SimpleExecutor(_server(place, f"exec {place.sleep}")).start()
    wait_until(lambda: len(place.running()) == 2, "two processes")
    executor.kill()
    assert not executor.running() and place.alive() == []


def test_mirakurus_errors_stay(mirakuru, place):
    nobody = ("127.0.0.1", 1)  # Nothing listens there.
    executor = mirakuru.TCPExecutor(_server(place, "exit 3"), *nobody, timeout=60)
    with pytest.raises(mirakuru.ProcessExitedWithError) as failed:
        executor.start()
    assert failed.value.exit_code == 3 and place.alive() == []
    runs = _server(place, f"exec {place.sleep}")
    executor = mirakuru.TCPExecutor(runs, *nobody, timeout=0.5)
    with pytest.raises(mirakuru.TimeoutExpired):
        executor.start()
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
