# SPDX-License-Identifier: MIT
"""The script of jig export slurm, submitted to the Slurm of slurm.sh."""

from __future__ import annotations

import os
import shutil

import exports
import helpers
import pytest
from helpers import wait_until

pytestmark = pytest.mark.skipif("SLURM_CONF" not in os.environ, reason="no Slurm here")


def slurm(place, *words: str) -> helpers.Result:
    return helpers.run(list(words), env=place.env, cwd=place.work)


def submit(place, *options: str, before=()) -> helpers.Result:
    """Export the project and give the script to sbatch."""
    out = place.path / "out"
    words = ["export", "--app", "shop", "--jig", helpers.jig()[0], "slurm", str(out)]
    done = helpers.run(helpers.jig(*words, *options), cwd=place.work)
    assert done.status == 0, done.err
    return slurm(place, "sbatch", *before, str(out / "shop.sbatch"))


def test_slurm_starts_what_jig_up_starts(place):
    """scancel ends all of it."""
    helpers.built("jig-up")
    exports.write_project(place.work, place.copy(helpers.PYTHON, "python"))
    done = submit(place, before=("--parsable",))
    assert done.status == 0, done.err
    one = exports.found_after(place.work)
    exports.check(one, place.work)
    assert one["migrated"] is True
    assert len(place.pids("python")) == 2
    assert slurm(place, "scancel", done.out.strip()).status == 0
    wait_until(lambda: not slurm(place, "squeue", "-h").out, "the job has not ended")
    wait_until(lambda: not place.pids("python"), "services are left")


def test_the_command_ends_the_job_with_its_status(place):
    helpers.built("jig-up")
    sleep = shutil.which("sleep", path=place.env["PATH"])
    (place.work / "Procfile").write_text(f"web: exec {sleep} 1000\n")
    done = submit(place, "--", "sh", "-c", "exit 3", before=("--wait",))
    assert done.status == 3, done.err
