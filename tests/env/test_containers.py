# SPDX-License-Identifier: MIT
"""jig export compose and kubernetes: docker-compose runs it in a Docker of its own
(docker.sh), podman plays it (podman.sh). A container of this Docker is another machine
of jig run --via and jig up. Needs root."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("here")

CONTAINERS = machines.inside("test_containers")
VIA = machines.inside("test_via_docker")


@pytest.fixture(name="static_jig")
def _static_jig():
    machines.need_all()
    if not machines.is_static(machines.stage.jig_path()):
        pytest.skip("an image has another C library: needs a static jig")


@pytest.mark.usefixtures("static_jig")
@pytest.mark.parametrize("tool", ["docker.sh", "podman.sh"])
def test_containers_run_it(tmp_path, tool):
    machines.check_beside(tool, CONTAINERS, tmp_path / "junit.xml")


@pytest.mark.usefixtures("static_jig")
def test_a_container_is_another_machine(tmp_path):
    machines.check_beside("docker.sh", VIA, tmp_path / "junit.xml")
