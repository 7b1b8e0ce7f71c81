# SPDX-License-Identifier: MIT
"""--memory, --pids and --cpu where cgroup v2 has the controllers: as root in a
delegated service, as a user in a delegated scope, as a user with nothing."""

from __future__ import annotations

import signal

import guest
import pytest

#: Says what its control group has.
CAT = f'cat "{guest.mounted()}$(sed -n s/^0:://p /proc/self/cgroup)/$0"'
#: Forks until it may not; says how many children it has then.
FORKS = """
import os, signal
children = []
try:
    while len(children) < 100:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
except BlockingIOError:
    print(len(children))
for pid in children:
    os.kill(pid, signal.SIGKILL)
"""
ALLOCATE = "b = bytearray(256 << 20)\nfor i in range(0, len(b), 4096): b[i] = 1"
PYTHON = "/usr/bin/python3"


def need(*controllers):
    """Of our own group; or of the one that systemd would give us."""
    group = guest.own_group()
    if guest.HAS_SCOPE or not guest.writable_group():
        group = guest.user_manager_group()
    has = (group / "cgroup.controllers").read_text().split() if group else []
    missing = set(controllers) - set(has)
    if missing:
        pytest.skip(f"no {' and no '.join(sorted(missing))} controller here")


def test_memory_ends_a_command_that_takes_more(run, place):
    need("memory")
    said = run("run", "--memory", "32M", "--report", "report", PYTHON, "-c", ALLOCATE)
    assert said.returncode == -signal.SIGKILL, said
    report = place.read_report()
    assert report["cage"]["kind"] == "cgroup" and report["cage"]["proved_empty"]


def test_memory_is_without_swap(run):
    """Else the limit would only move pages."""
    need("memory")
    said = run("run", "--memory", "32M", "sh", "-c", f"{CAT}; true", "memory.max")
    assert said.stdout.strip() == str(32 << 20), said
    said = run("run", "--memory", "32M", "sh", "-c", f"{CAT}; true", "memory.swap.max")
    assert said.stdout.strip() in ("0", ""), said


def test_memory_is_enough_for_a_command_that_takes_less(run):
    need("memory")
    assert run("run", "--memory", "64M", "sh", "-c", "exit 3").returncode == 3


def test_pids_makes_fork_fail_at_the_limit(run):
    """Threads count too; main itself is one."""
    need("pids")
    said = run("run", "--pids", "5", PYTHON, "-c", FORKS)
    assert said.stdout == "4\n" and said.returncode == 0, said


def test_cpu_is_written(run):
    need("cpu")
    said = run("run", "--cpu", "0.5", "sh", "-c", CAT, "cpu.max")
    assert said.stdout == "50000 100000\n", said
    said = run("run", "--cpu", "150%", "sh", "-c", CAT, "cpu.max")
    assert said.stdout == "150000 100000\n", said


def test_all_limits_together(run):
    need("memory", "pids", "cpu")
    limits = ["--memory", "64M", "--pids", "7", "--cpu", "1"]
    said = run("run", *limits, "sh", "-c", CAT, "pids.max")
    assert said.stdout == "7\n" and said.returncode == 0, said


@pytest.mark.parametrize("limit", ["--pids=9", "--memory=64M", "--cpu=1"])
def test_a_limit_leaves_the_next_jig_its_cage(limit, run):
    """pids and cpu are threaded controllers: switched on where processes are,
    they would make every group below invalid."""
    need(limit[2:].split("=")[0])
    run("run", limit, "true")
    said = run("run", "-v", "--cage", "cgroup", "sh", "-c", "exit 3")
    assert said.returncode == 3 and "in a cgroup cage" in said.stderr, said


def test_a_limit_without_its_controller_is_a_reason(run):
    if "cpu" in (guest.own_group() / "cgroup.controllers").read_text().split():
        pytest.skip("the controller is here")
    if guest.HAS_SCOPE:
        pytest.skip("systemd's user manager may have it")
    said = run("run", "--cpu", "1", "true")
    assert said.returncode == 125 and "no cpu controller" in said.stderr, said
    assert said.stderr.count("\n") == 1
