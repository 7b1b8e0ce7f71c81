# SPDX-License-Identifier: MIT
"""`jig run --via 'docker exec -i …'` and jig up: a container of docker.sh, without jig
in its image. docker exec forwards no signals. The image is a copy of busybox.

tests/integration/via/test_podman.py has the same for podman.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import tarfile

import containers
import helpers
import pytest
from helpers import Running, run, wait_until

pytestmark = pytest.mark.skipif("DOCKER_HOST" not in os.environ, reason="no Docker here")

#: Main, a daemon, and a graceful end.
ENDS = (
    "trap 'echo ended; exit 3' TERM; (setsid sleep 100 &); echo up; while :; do sleep 1; done"
)


def docker(*words: str, **options) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, check=True, **options)
    return done.stdout.decode()


def image(busybox: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("bin", "tmp", "proc", "dev", "etc", "run", "sys"):
            item = tarfile.TarInfo(name)
            item.type, item.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(item)
        tar.add(busybox, "bin/busybox")
        for name in containers.PROGRAMS:
            item = tarfile.TarInfo(f"bin/{name}")
            item.type, item.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(item)
    return out.getvalue()


@pytest.fixture(name="container")
def _container():
    """Its name; it runs."""
    busybox = shutil.which("busybox")
    if not busybox:
        pytest.skip("not installed: busybox-static")
    docker("import", "-", "jig-busybox", input=image(busybox))
    name = "jig-via"
    docker("run", "-d", "--name", name, "--network", "none", "jig-busybox", "/bin/sleep", "600")
    yield name
    docker("rm", "-f", name)


def left(container: str) -> list[str]:
    return containers.left("docker", container)


def words(container: str, *more: str) -> list[str]:
    return containers.jig_words("docker", container, *more)


def test_a_command_in_a_container(container, place):
    done = run(words(container, "(setsid sleep 100 &); echo in; exit 4", "-q"), env=place.env)
    assert done == (4, "in\n", "") and left(container) == []


def test_a_stop_is_graceful_there(container, place):
    with Running(words(container, ENDS), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.SIGTERM)
        result = running.end()
    assert (result.status, result.out) == (3, "ended\n") and left(container) == []


def test_jig_here_is_killed(container, place):
    with Running(words(container, ENDS), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.SIGKILL)
        running.wait()
    wait_until(lambda: left(container) == [], "nothing is left")


def test_a_service_in_a_container(container, place):
    """Ready by its output there; its stop is graceful, too."""
    helpers.built("jig-up")
    via = {"command": f"docker exec -i {container}", "push": True}
    db = {"command": ENDS, "via": via, "ready": "log:^up"}
    (place.work / "jig.yaml").write_text(json.dumps({"processes": {"db": db}}))
    command = helpers.jig("up", "--no-times", "--", "echo", "both")
    done = run(command, env=place.env, cwd=place.work)
    assert (done.status, done.out) == (0, "both\n"), done
    assert "db.1 | ended" in done.err.splitlines() and left(container) == [], done
