# SPDX-License-Identifier: MIT
"""What the tests of the Python package share.

They test the package as it is installed: build it with python/package and put
its site/ into PYTHONPATH. A test starts private copies of programs. At its end the
oracle of tests/support, which does not trust jig, looks for processes that still
execute them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(TOP / "tests" / "support")]

import oracle  # noqa: E402
import own_signals  # noqa: E402
from waiting import DEADLINE_S  # noqa: E402

pytest_plugins = ["pytester"]


def interrupt_all_the_time(us: int) -> None:
    """A signal handler that runs all the time: each call of libjig that blocks
    is interrupted. Children have no timer."""
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, us / 1e6, us / 1e6)
    # Python's own end takes the handler away.
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)


def pytest_configure() -> None:
    if "JIG_TEST_ALARM_US" in os.environ:
        interrupt_all_the_time(int(os.environ.pop("JIG_TEST_ALARM_US")))
    own_signals.stop_ignoring()


class Place:
    """A directory with private programs: sh, sleep."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self._programs = []
        for name in ("sh", "sleep"):
            self._copy(name)

    def _copy(self, name: str) -> None:
        # By another process: what we hold open for writing cannot be executed.
        subprocess.run(["cp", "--", f"/bin/{name}", self.path / name], check=True)
        self._programs.append(oracle.Program(self.path / name))

    @property
    def sh(self) -> str:
        return str(self.path / "sh")

    @property
    def sleeper(self) -> list[str]:
        """A command that runs until it is ended."""
        return [str(self.path / "sleep"), "600"]

    @property
    def sleep(self) -> str:
        """The same for a shell."""
        return " ".join(self.sleeper)

    def script(self, text: str) -> list[str]:
        return [self.sh, "-c", text]

    def alive(self) -> list[int]:
        return [pid for one in self._programs for pid in oracle.alive(one)]

    def running(self) -> list[int]:
        """The same while processes start; it delays none of them."""
        return [pid for one in self._programs for pid in oracle.seen(one)]

    def left(self) -> list[int]:
        """Processes that are still alive after a while."""
        return [p for one in self._programs for p in oracle.wait_gone(one, DEADLINE_S)]

    def clear(self) -> None:
        for program in self._programs:
            oracle.kill_all(program)
            program.close()


@pytest.fixture
def place():
    with contextlib.ExitStack() as stack:
        path = pathlib.Path(tempfile.mkdtemp(prefix="jig-python-"))
        path.chmod(0o755)
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        here = Place(path)
        stack.callback(here.clear)
        yield here
        left = here.left()
        assert not left, f"left: {oracle.describe(left)}"
