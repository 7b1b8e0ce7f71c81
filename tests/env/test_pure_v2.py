# SPDX-License-Identifier: MIT
"""jig where /sys/fs/cgroup is a pure cgroup v2 (with-v2.sh), as root and as a user
with a delegated subtree. Needs root; under a minute."""

import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("here")

WITH_V2 = str(machines.HERE / "with-v2.sh")
DOCTOR, CGROUP = machines.inside("test_doctor"), machines.inside("test_cgroup")
SUITES = {"doctor": DOCTOR, "cgroup": CGROUP, "escapes": machines.MATRIX}


@pytest.fixture(scope="module", autouse=True)
def can_show_it():
    done = in_view("true")
    if done.returncode == machines.CANNOT:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done


def in_view(*command, env=None):
    return subprocess.run(
        [WITH_V2, *command],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=machines.TOP,
        env={**os.environ, **(env or {})},
        timeout=600,
    )


def test_the_view_is_pure_and_ours():
    """The tests' own test."""
    script = "stat -fc %T /sys/fs/cgroup; grep ^0:: /proc/self/cgroup"
    said = in_view("sh", "-c", script)
    assert said.stdout.split() == ["cgroup2fs", "0::/"], said


def test_the_view_is_removed_with_every_process_in_it():
    """The tests' own test."""
    script = "mkdir -p $0/a/b; setsid sleep 600 & echo $! >$0/a/b/cgroup.procs; exit 3"
    said = in_view("sh", "-c", script, "/sys/fs/cgroup")
    assert said.returncode == 3 and said.stderr == "", said


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES.keys())
def test_in_a_pure_v2(suite, tmp_path):
    env = {
        "PYTHONPATH": machines.INSIDE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "JIG_MATRIX": "quick",
        "JIG": str(machines.stage.jig_path()),
    }
    junit = tmp_path / "junit.xml"
    done = in_view(*machines.pytest_command(suite, junit), env=env)
    machines.check(machines.result_of(junit, done.stdout + done.stderr))
