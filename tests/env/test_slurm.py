# SPDX-License-Identifier: MIT
"""A Slurm of its own (slurm.sh): it runs the script of jig export slurm, and its nodes
are other machines of jig run --via and jig up. Needs root."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("here")

BATCH = machines.inside("test_batch")
VIA = machines.inside("test_via_slurm")
LANGUAGES = machines.Suite("tests/integration/via/test_languages.py", ("-k", "srun"))


def test_slurm_runs_it(tmp_path):
    machines.need_all()
    machines.check_beside("slurm.sh", BATCH, tmp_path / "junit.xml")


def test_its_nodes_are_other_machines(tmp_path):
    """jig run --via srun, replicas: nodes."""
    machines.need_all()
    machines.check_beside("slurm.sh", VIA, tmp_path / "junit.xml")


def test_every_language_reaches_a_node(tmp_path):
    """The column of the README's table; see test_languages.py."""
    machines.need_all()
    machines.check_beside("slurm.sh", LANGUAGES, tmp_path / "junit.xml")
