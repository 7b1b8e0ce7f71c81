# SPDX-License-Identifier: MIT
"""jig export compose and kubernetes: docker-compose runs it in a Docker of its own
(docker.sh), podman plays it (podman.sh). Needs root."""

import os
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
    machines.check_beside(tool, CONTAINERS, tmp_path / "junit.xml")
