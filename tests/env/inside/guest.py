# SPDX-License-Identifier: MIT
"""What a foreign machine changes for the suites; a pytest plugin as well.

    JIG_ENV_SCOPE   1: no control group is ours, systemd's user manager has to
                    give jig a scope of its own

Control groups are made below our own one, not below the mount's root: that may
be the systemd manager's.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent.parent
for folder in ("tests/hostile", "tests/support"):
    sys.path.insert(0, str(TOP / folder))
import helpers  # noqa: E402

oracle, stage = helpers.oracle, helpers.stage

HAS_SCOPE = os.environ.get("JIG_ENV_SCOPE") == "1"


def own_group(pid: int | str = "self") -> pathlib.Path | None:
    """The directory of a process's cgroup v2, where v2 is mounted."""
    lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    paths = [line[3:] for line in lines if line.startswith("0::")]
    mount = mounted()
    return pathlib.Path(f"{mount}{paths[0]}") if paths and mount else None


def mounted() -> str | None:
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        found = [words[1] for words in map(str.split, mounts) if words[2] == "cgroup2"]
    return found[-1] if found else None


def writable_group() -> pathlib.Path | None:
    group = own_group()
    return group if group and os.access(group, os.W_OK) else None


def user_manager_group() -> pathlib.Path | None:
    """Where our systemd user manager keeps its units."""
    user = os.getuid()
    path = f"{mounted()}/user.slice/user-{user}.slice/user@{user}.service"
    return pathlib.Path(path) if os.path.isdir(path) else None


def has_systemd() -> bool:
    """Is PID 1 systemd, which we could ask for a scope?"""
    return pathlib.Path("/proc/1/comm").read_text().strip() == "systemd"


def adapt_stage() -> None:
    stage.cgroup2_mount = writable_group
    if HAS_SCOPE:
        stage.cgroup2_mount = own_group
        stage.subtree = lambda identity: contextlib.nullcontext()


adapt_stage()
