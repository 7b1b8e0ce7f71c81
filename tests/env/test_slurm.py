# SPDX-License-Identifier: MIT
"""jig export slurm: its script runs in a Slurm of its own (slurm.sh). Needs root."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("here")

BATCH = machines.inside("test_batch")


def test_slurm_runs_it(tmp_path):
    machines.need_all()
    machines.check_beside("slurm.sh", BATCH, tmp_path / "junit.xml")
