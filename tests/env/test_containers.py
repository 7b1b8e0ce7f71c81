# SPDX-License-Identifier: MIT
"""jig export compose and kubernetes: docker-compose runs it in a Docker of its own
(docker.sh), podman plays it (podman.sh). Needs root."""

import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("here")

CONTAINERS = machines.inside("test_containers")


@pytest.mark.parametrize("tool", ["docker.sh", "podman.sh"])
def test_containers_run_it(tmp_path, tool):
    machines.need_all()
    if not machines.is_static(machines.stage.jig_path()):
        pytest.skip("an image has another C library: needs a static jig")
    junit = tmp_path / "junit.xml"
    done = subprocess.run(
        [str(machines.HERE / tool), *machines.pytest_command(CONTAINERS, junit)],
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
