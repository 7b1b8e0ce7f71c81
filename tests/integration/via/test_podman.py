# SPDX-License-Identifier: MIT
"""`jig run --via 'podman exec -i …'`: a real container, without jig in its image.

podman exec forwards no signals. The image is a copy of busybox.
"""

import resource
import shutil
import signal
import subprocess
import uuid

import helpers
import pytest
from helpers import DEADLINE_S, Running, jig_run, run, wait_until

PROGRAMS = ("sh", "mktemp", "head", "cat", "chmod", "rm", "uname", "sleep", "ls", "ps")


def podman(*words: str) -> str:
    done = subprocess.run(["podman", *words], capture_output=True, text=True, check=True,
                          timeout=DEADLINE_S)
    return done.stdout


@pytest.fixture(name="container")
def _container(tmp_path):
    """Its name; it runs."""
    busybox = shutil.which("busybox")
    if not helpers.IS_ROOT or not shutil.which("podman") or not busybox:
        pytest.skip("needs root, podman and busybox")
    root = tmp_path / "root"
    for folder in ("bin", "tmp", "proc", "dev", "etc", "sys"):
        (root / folder).mkdir(parents=True)
    shutil.copy(busybox, root / "bin" / "busybox")
    for program in PROGRAMS:
        (root / "bin" / program).symlink_to("busybox")
    name = f"jig-{uuid.uuid4()}"
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limits = ["--ulimit", f"nofile={files}:{files}", "--ulimit", "nproc=1000:1000"]
    try:
        podman("run", "-d", "--name", name, *limits, "--network", "none", "--rootfs",
               str(root), "/bin/sleep", "600")
    except subprocess.SubprocessError as error:
        pytest.skip(f"podman does not run a container here: {error.stderr}")
    yield name
    podman("rm", "-f", "-t", "0", name)


def left(container: str) -> list[str]:
    """Processes in it but its own, and copies of jig."""
    shown = podman("exec", container, "ps", "-o", "args").splitlines()[1:]
    found = [line for line in shown if "ps -o" not in line and line != "/bin/sleep 600"]
    return found + podman("exec", container, "ls", "/tmp").split()


def words(container: str, script: str, *options: str) -> list[str]:
    via = ["--via", f"podman exec -i {container}", "--via-push", *options]
    return jig_run(*via, "--", "/bin/sh", "-c", script)


def test_a_command_in_a_container(container, place):
    done = run(words(container, "(setsid sleep 100 &); echo in; exit 4", "-q"), env=place.env)
    assert done == (4, "in\n", "") and left(container) == []


def test_a_stop_reaches_what_runs_in_a_container(container, place):
    script = "trap 'echo term; exit 3' TERM; (setsid sleep 100 &); echo up; while :; do sleep 1; done"
    with Running(words(container, script), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.SIGTERM)
        result = running.end()
    assert (result.status, result.out) == (3, "term\n") and left(container) == []


def test_the_guard_here_is_killed(container, place):
    script = "(setsid sleep 100 &); echo up; exec sleep 100"
    with Running(words(container, script), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.SIGKILL)
        running.wait()
    wait_until(lambda: left(container) == [], "nothing is left")
