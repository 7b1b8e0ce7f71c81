# SPDX-License-Identifier: MIT
"""Commands that a document shows, each in a fixture: jig ends what they leave."""

from __future__ import annotations

import subprocess

from helpers import jig


def run_shown(
    command: list[str], env, folder, *options: str, timeout: float
) -> subprocess.CompletedProcess:
    """Without input; stdout and stderr as one text."""
    return subprocess.run(
        [*jig("run", "-q", *options, "--grace", "2s", "--"), *command],
        env=env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
    )
