# SPDX-License-Identifier: MIT
"""jig export slurm: its script runs in a Slurm of its own (slurm.sh). Needs root."""

import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("here")

SLURM = str(machines.HERE / "slurm.sh")
BATCH = machines.inside("test_batch")


def test_slurm_runs_it(tmp_path):
    machines.need_all()
    junit = tmp_path / "junit.xml"
    done = subprocess.run(
        [SLURM, *machines.pytest_command(BATCH, junit)],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=machines.TOP,
        timeout=600,
    )
    if done.returncode == machines.CANNOT:
        pytest.skip(done.stderr.strip())
    machines.check(machines.result_of(junit, done.stdout + done.stderr))
