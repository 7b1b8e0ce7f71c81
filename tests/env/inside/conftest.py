# SPDX-License-Identifier: MIT
"""Fixtures of the suites that run inside another environment.

test_pure_v2.py, test_systemd.py and test_kernels.py run them there; they are not
for the host. All processes of a test execute private copies of programs (place), so
the oracle finds those that are left, without asking jig.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import guest  # noqa: E402
import places  # noqa: E402
from guest import helpers, oracle, stage  # noqa: E402


class Place(places.Place):
    """With what a guest's session has set, its bus above all."""

    @property
    def env(self) -> dict[str, str]:
        own = super().env
        return {
            **os.environ,
            "PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin",
            "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", own["XDG_RUNTIME_DIR"]),
            "LC_ALL": own["LC_ALL"],
        }


@pytest.fixture(name="place")
def _place():
    """At the end no process may execute its programs."""
    with places.left_empty("jig-env-", Place) as here:
        yield here


@pytest.fixture
def run(place):
    """`jig WORDS` to its end: as an identity, in a control group."""

    def go(*words, identity="root", group=None, before=()):
        command = [*stage.as_identity(identity), *helpers.jig(*words)]
        return subprocess.run(
            [*helpers.in_group(group), *before, *command],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=helpers.DEADLINE_S,
            env=place.env,
            cwd=place.work,
        )

    return go


@pytest.fixture
def start(place):
    """`jig WORDS` beside the test, up to its first line on stdout: a Popen."""
    with contextlib.ExitStack() as stack:

        def go(*words, identity="root", group=None):
            command = [*helpers.in_group(group), *stage.as_identity(identity), *helpers.jig(*words)]
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                env=place.env,
                cwd=place.work,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
            return process

        yield go


def jig(*words) -> list[str]:
    return [str(stage.jig_path()), *map(str, words)]


@pytest.fixture
def root():
    if not helpers.IS_ROOT:
        pytest.skip("needs root")


@pytest.fixture(params=["root", "user"])
def identity(request) -> str:
    """Root, and an ordinary user, which owns only what a test gives it."""
    if request.param == "root" and not helpers.IS_ROOT:
        pytest.skip("needs root")
    return request.param


@pytest.fixture
def group(identity):
    """A control group of that identity's, below ours; empty at the end."""
    if guest.HAS_SCOPE or not guest.writable_group():
        pytest.skip("our own control group is not writable")
    with stage.subtree(identity) as path:
        yield path
        # A process that ends by itself after its jig was killed takes a moment.
        for _ in oracle.looks(stage.time.monotonic() + helpers.DEADLINE_S):
            left = [below.name for below in stage.groups_in(path)]
            if not left:
                break
        assert not left, f"control groups left: {left}"
