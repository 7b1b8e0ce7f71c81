# SPDX-License-Identifier: MIT
"""A user in a plain session, with a systemd user manager: no control group is
that user's, until the manager gives a scope."""

from __future__ import annotations

import fnmatch
import os
import pathlib
import signal

import guest
import pytest
from helpers import wait_until
from test_cgroup import FAMILY, kill_pair

pytestmark = pytest.mark.skipif(not guest.HAS_SCOPE, reason="for a plain session")

WHERE = "sed -n s/^0:://p /proc/self/cgroup"


def scopes():
    """The scopes that jig has been given."""
    group = guest.user_manager_group()
    # os.walk() passes over a group that goes meanwhile.
    below = os.walk(group) if group else ()
    return [one for _, names, _ in below for one in fnmatch.filter(names, "jig-*.scope")]


@pytest.fixture(autouse=True)
def no_scope_is_left():
    yield
    wait_until(lambda: not scopes(), "its scope is gone")


def test_our_own_group_is_not_writable():
    assert guest.writable_group() is None


def test_auto_takes_the_subreaper_and_says_why(run):
    said = run("run", "-v", "sh", "-c", f"{WHERE}; exit 3")
    assert said.returncode == 3 and "in a subreaper cage" in said.stderr, said
    assert "ermission denied" in said.stderr, said
    assert said.stdout.strip() == str(own_path()), said


def own_path():
    lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    return [line[3:] for line in lines if line.startswith("0::")][0]


def test_cgroup_by_name_gets_a_scope(run):
    script = f"{WHERE}; setsid sleep 600 & exit 3"
    said = run("run", "-v", "--cage", "cgroup", "sh", "-c", script)
    assert said.returncode == 3 and "in a cgroup cage" in said.stderr, said
    assert ".scope/jig-" in said.stdout and "1 leftover" in said.stderr, said


@pytest.mark.parametrize("end", ["TERM", "KILL"])
def test_a_scope_is_gone_when_its_jig_is(end, start, place):
    process = start("run", "--cage", "cgroup", "sh", "-c", FAMILY)
    assert len(scopes()) == 1
    process.send_signal(getattr(signal, f"SIG{end}"))
    process.wait()
    assert place.await_empty() == []


def test_14_what_was_abandoned_in_a_scope_is_cleared_by_the_next(start, run, place):
    """The next jig of that user is in another group."""
    process = start("run", "--cage", "cgroup", "sh", "-c", FAMILY)
    kill_pair(process)
    assert place.alive() != []
    assert run("run", "--cage", "cgroup", "true").returncode == 0
    assert place.await_empty() == []
