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
