# SPDX-License-Identifier: MIT
"""The wheel of the Python package runs with this machine's glibc and Python."""

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest
from guest import helpers

#: In the job: what python/package has built on the host.
WHEELS = sorted(pathlib.Path("build/python/dist").glob("*.whl"))
SMOKE = "python/tests/smoke.py"


@pytest.fixture
def site(tmp_path):
    if not WHEELS:
        pytest.skip("no wheel: python/package build/python")
    zipfile.ZipFile(WHEELS[0]).extractall(tmp_path)
    # As an installer does it: the archive's modes are lost here.
    for name in ("jig", "jig-up"):
        (tmp_path / "jig" / "bin" / name).chmod(0o755)
    return tmp_path


def python(site, *words):
    done = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(site)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=4 * helpers.DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_wheel_is_for_this_glibc(site):
    """Its tag says so, and its extension can be loaded."""
    _, major, minor = WHEELS[0].name.split("-")[-1].split("_")[:3]
    have = os.confstr("CS_GNU_LIBC_VERSION").split()[1].split(".")
    assert (int(major), int(minor)) <= tuple(map(int, have[:2]))
    assert f"jig from {site}" in python(site, SMOKE)


def test_the_programs_of_the_wheel_run(site):
    (site / "Procfile").write_text("web: echo served\n")
    said = python(site, "-m", "jig", "up", "-f", str(site / "Procfile"))
    assert "served" in said
