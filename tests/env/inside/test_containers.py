# SPDX-License-Identifier: MIT
"""What jig export compose writes, run by the docker-compose of docker.sh.

The image is empty: the machine's /usr is there as a volume, read-only, and jig."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile

import exports
import helpers
import pytest
import yaml

pytestmark = pytest.mark.skipif("DOCKER_HOST" not in os.environ, reason="no Docker here")


def image() -> bytes:
    """Directories to mount on, and the links to /usr that Debian has."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("usr", "proc", "sys", "dev", "etc", "tmp"):
            item = tarfile.TarInfo(name)
            item.type, item.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(item)
        for name in ("bin", "lib", "lib64"):
            item = tarfile.TarInfo(name)
            item.type, item.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(item)
    return out.getvalue()


@pytest.fixture(name="compose")
def _compose(place):
    """docker-compose's words for the exported file and ours; at the end all is down."""
    words = ["docker", "import", "-", "shop-image"]
    subprocess.run(words, input=image(), check=True, capture_output=True)
    exports.write_project(place.work, helpers.PYTHON)
    out = place.path / "out"
    options = ("--image", "shop-image", "--workdir", str(place.work))
    exports.export(place.work, "compose", out, *options, jig="/tmp/jig")
    written = yaml.safe_load((out / "docker-compose.yaml").read_text())
    ours = {
        "network_mode": "none",
        "volumes": [
            "/usr:/usr:ro",
            f"{helpers.jig()[0]}:/tmp/jig:ro",
            f"{place.work}:{place.work}",
        ],
    }
    services = {name: ours for name in written["services"]}
    (out / "ours.yaml").write_text(yaml.safe_dump({"services": services}))
    command = ["docker-compose", "-p", "shop"]
    command += ["-f", str(out / "docker-compose.yaml"), "-f", str(out / "ours.yaml")]
    yield command
    env = {**os.environ, **place.env}
    done = helpers.run([*command, "down", "-t", "20"], env=env)
    assert done.status == 0, done.err


def test_compose_starts_what_jig_up_starts(place, compose):
    env = {**os.environ, **place.env}
    with helpers.Running([*compose, "up", "-d"], env=env) as up:
        one = exports.found_after(place.work)
        assert up.wait() == 0
    exports.check(one, place.work)
    assert one["migrated"] is True
    said = helpers.run([*compose, "ps"], env=env).out
    assert "Up (healthy)" in said, said
