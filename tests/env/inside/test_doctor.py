# SPDX-License-Identifier: MIT
"""`jig doctor` says what this machine has, and that is so."""

import re

import guest
import pytest


def test_the_cgroup_cage_can_be_had(run):
    said = run("doctor")
    assert said.returncode == 0, said
    for cage in "cgroup", "subreaper":
        assert re.search(rf"^  {cage} +yes ", said.stdout, re.M), said


def test_auto_takes_the_cgroup_where_our_own_is_writable(run):
    """Where it needs its own scope, it takes the subreaper: a scope would
    take the command out of its session."""
    taken = "cgroup" if guest.writable_group() else "subreaper"
    said = run("doctor").stdout
    assert f"auto takes {taken}: " in said, said


def test_cgroup_kill_is_detected_by_its_file(run):
    group = guest.own_group()
    said = re.search(r"^  cgroup.kill +(\w+)", run("doctor").stdout, re.M).group(1)
    if not (group / "cgroup.freeze").exists():
        pytest.skip("the root of the hierarchy has no such files")
    if guest.HAS_SCOPE and said == "unknown":
        pytest.skip("no group of ours to look at")
    assert said == ("yes" if (group / "cgroup.kill").exists() else "no")


def test_controllers_are_those_of_our_group(run):
    names = (guest.own_group() / "cgroup.controllers").read_text().strip()
    said = re.search(r"^  controllers +(.*)$", run("doctor").stdout, re.M).group(1)
    assert said == names if names else said.startswith("none"), said


def test_systemd_is_reported(run):
    """In the guests a manager answers; in a bare view none does."""
    said = re.search(r"^  systemd +(.*)$", run("doctor").stdout, re.M).group(1)
    assert ("answers" in said) == guest.has_systemd(), said
