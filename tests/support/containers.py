# SPDX-License-Identifier: MIT
"""A container of podman without jig. Its image is a copy of busybox."""

from __future__ import annotations

import contextlib
import pathlib
import resource
import shutil
import subprocess
import uuid
from collections.abc import Iterator

import helpers
import pytest

PROGRAMS = ("sh", "mktemp", "head", "cat", "chmod", "rm", "uname", "sleep", "ls", "ps")


def podman(*words: str) -> str:
    done = subprocess.run(["podman", *words], capture_output=True, text=True, check=True,
                          timeout=helpers.DEADLINE_S)
    return done.stdout


def left(engine: str, container: str) -> list[str]:
    """Processes in it but its own, and copies of jig. @engine: podman or docker."""

    def inside(*words: str) -> str:
        done = subprocess.run([engine, "exec", container, *words], capture_output=True,
                              text=True, check=True, timeout=helpers.DEADLINE_S)
        return done.stdout

    shown = inside("ps", "-o", "args").splitlines()[1:]
    found = [line for line in shown if "ps -o" not in line and line != "/bin/sleep 600"]
    return found + inside("ls", "/tmp").split()


def jig_words(engine: str, container: str, script: str, *options: str) -> list[str]:
    """`jig run` of a script in it, with a copy of jig."""
    via = ["--via", f"{engine} exec -i {container}", "--via-push", *options]
    return helpers.jig_run(*via, "--", "/bin/sh", "-c", script)


@contextlib.contextmanager
def running(folder: pathlib.Path) -> Iterator[str]:
    """Its name. @folder: for its files."""
    busybox = shutil.which("busybox")
    if not helpers.IS_ROOT or not shutil.which("podman") or not busybox:
        pytest.skip("needs root, podman and busybox")
    root = folder / "root"
    for name in ("bin", "tmp", "proc", "dev", "etc", "sys"):
        (root / name).mkdir(parents=True)
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
