# SPDX-License-Identifier: MIT
"""jig on other kernels, in emulated machines, with the controllers of cgroup v2:

    bookworm   6.1: everything
    trixie     6.12: the newest; it lets a program's file be written while it runs
    bullseye   5.10: no cgroup.kill; with the oldest glibc and Python, for the wheel
    hybrid     6.1: systemd has put v1 beside v2, whose controllers are v1's
"""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

# A group is played by one process: each guest boots once, two at a time
# (./check --all).

#: Starting a program takes 26 times as long there, most other things less; all of
#: them more where this machine has other work.
ENV = {"JIG_TIME_SCALE": "10"}

DOCTOR, CGROUP, LIMITS, SCOPE, WHEEL = (
    machines.inside(f"test_{name}")
    for name in ("doctor", "cgroup", "limits", "scope", "wheel")
)
PLAN = {
    "root": [DOCTOR, CGROUP, LIMITS, machines.MATRIX],
    "user": [DOCTOR, CGROUP, LIMITS, WHEEL, machines.MATRIX],
    "session": [DOCTOR, SCOPE, LIMITS],
}
HYBRID = {
    "root": [DOCTOR, CGROUP, machines.MATRIX],
    "user": [DOCTOR, CGROUP, machines.MATRIX],
}


@pytest.fixture(scope="module")
def bookworm():
    with machines.booted("vm.sh", "bookworm", PLAN, env=ENV) as guest:
        yield guest


@pytest.fixture(scope="module")
def bullseye():
    with machines.booted("vm.sh", "bullseye", PLAN, env=ENV) as guest:
        yield guest


@pytest.fixture(scope="module")
def trixie():
    with machines.booted("vm.sh", "trixie", PLAN, env=ENV) as guest:
        yield guest


@pytest.fixture(scope="module")
def hybrid():
    words = ["systemd.unified_cgroup_hierarchy=0"]
    with machines.booted("vm.sh", "bookworm", HYBRID, *words, env=ENV) as guest:
        yield guest


@pytest.mark.xdist_group("bookworm")
@pytest.mark.parametrize("identity, suite", machines.cases(PLAN))
def test_with_controllers(identity, suite, bookworm):
    machines.check(bookworm.result(identity, suite))


@pytest.mark.xdist_group("trixie")
@pytest.mark.parametrize("identity, suite", machines.cases(PLAN))
def test_on_the_newest(identity, suite, trixie):
    machines.check(trixie.result(identity, suite))


@pytest.mark.xdist_group("bullseye")
@pytest.mark.parametrize("identity, suite", machines.cases(PLAN))
def test_without_cgroup_kill(identity, suite, bullseye):
    machines.check(bullseye.result(identity, suite))


@pytest.mark.xdist_group("hybrid")
@pytest.mark.parametrize("identity, suite", machines.cases(HYBRID))
def test_on_a_hybrid_host(identity, suite, hybrid):
    machines.check(hybrid.result(identity, suite))
