# SPDX-License-Identifier: MIT
"""Fixtures of the suites that run inside another environment.

test_pure_v2.py, test_systemd.py and test_kernels.py run them there; they are not
for the host. Everybody in a test executes private copies of programs (place), so
that the oracle can tell whether anybody is left, without asking jig.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import guest  # noqa: E402
from guest import oracle, stage  # noqa: E402

IS_ROOT = os.geteuid() == 0


class Place:
    """Private copies of programs below bin/; work/ is everybody's."""

    def __init__(self, path: pathlib.Path):
        self.bin, self.work = path / "bin", path / "work"
        self.bin.mkdir()
        self.work.mkdir()
        path.chmod(0o755)
        self.work.chmod(0o777)
        self.programs = [self.copy(name) for name in ("sh", "sleep")]
        self.env = {
            **os.environ,
            "PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin",
            "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", str(self.work)),
            "LC_ALL": "C",
        }

    def copy(self, name: str) -> oracle.Program:
        subprocess.run(["cp", "--", shutil.which(name), self.bin / name], check=True)
        return oracle.Program(self.bin / name)

    def alive(self) -> list[int]:
        return [pid for program in self.programs for pid in oracle.alive(program)]

    def await_empty(self) -> list[int]:
        wait = guest.DEADLINE_S
        return [p for one in self.programs for p in oracle.wait_gone(one, wait)]

    def clear(self) -> None:
        for program in self.programs:
            oracle.kill_all(program)
            program.close()


@pytest.fixture
def place():
    """At the end nobody may execute its programs."""
    with contextlib.ExitStack() as stack:
        path = pathlib.Path(tempfile.mkdtemp(prefix="jig-env-"))
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        here = Place(path)
        stack.callback(here.clear)
        yield here
        left = here.await_empty()
        assert not left, f"left: {oracle.describe(left)}"


@pytest.fixture
def run(place):
    """`jig WORDS` to its end: as an identity, in a control group."""

    def go(*words, identity="root", group=None, before=()):
        command = [*stage.as_identity(identity), *jig(*words)]
        return subprocess.run(
            [*in_group(group), *before, *command],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=guest.DEADLINE_S,
            env=place.env,
            cwd=place.work,
        )

    return go


@pytest.fixture
def start(place):
    """`jig WORDS` beside the test, up to its first line on stdout: a Popen."""
    with contextlib.ExitStack() as stack:

        def go(*words, identity="root", group=None):
            command = [*in_group(group), *stage.as_identity(identity), *jig(*words)]
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


def in_group(group) -> list[str]:
    join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", join, str(group)] if group else []


@pytest.fixture
def root():
    if not IS_ROOT:
        pytest.skip("needs root")


@pytest.fixture(params=["root", "user"])
def identity(request) -> str:
    """Root, and an ordinary user who owns nothing but what a test gives."""
    if request.param == "root" and not IS_ROOT:
        pytest.skip("needs root")
    return request.param


@pytest.fixture
def group(identity):
    """A control group of that identity's, below ours; empty at the end."""
    if guest.HAS_SCOPE or not guest.writable_group():
        pytest.skip("our own control group is not writable")
    with stage.subtree(identity) as path:
        yield path
        # Who ends by itself after its jig was killed takes a moment.
        for _ in oracle.looks(stage.time.monotonic() + guest.DEADLINE_S):
            left = [below.name for below in stage.groups_in(path)]
            if not left:
                break
        assert not left, f"control groups left: {left}"
