# SPDX-License-Identifier: MIT
"""What a foreign machine changes for the suites; a pytest plugin as well.

    JIG_TIME_SCALE   how much slower the machine is: deadlines are stretched
    JIG_ENV_SCOPE    1: no control group is ours, systemd's user manager has to
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
for folder in ("tests/hostile", "tests/integration"):
    sys.path.insert(0, str(TOP / folder))
import stage  # noqa: E402

oracle = stage.oracle

SCALE = float(os.environ.get("JIG_TIME_SCALE", "1"))
#: Nothing takes as long as this, unless it never comes.
DEADLINE_S = 30 * SCALE
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


def remove_group(group: pathlib.Path) -> None:
    """Linux 5.10 has no cgroup.kill; the oracle has ended everybody by then."""
    with contextlib.suppress(OSError):
        (group / "cgroup.kill").write_text("1")
    for _ in oracle.looks(stage.time.monotonic() + 10 * SCALE):
        if "populated 0" in (group / "cgroup.events").read_text():
            break
    stage._remove_tree(group)


def adapt_stage() -> None:
    stage._READY_S *= SCALE
    stage._remove_group = remove_group
    stage.cgroup2_mount = writable_group
    if HAS_SCOPE:
        stage.cgroup2_mount = own_group
        stage.subtree = lambda identity: contextlib.nullcontext()


def pytest_collection_finish(session) -> None:
    for module in {item.module for item in session.items}:
        if hasattr(module, "GONE_S"):
            module.GONE_S *= SCALE


adapt_stage()
