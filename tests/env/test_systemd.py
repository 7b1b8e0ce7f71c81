# SPDX-License-Identifier: MIT
"""jig under systemd, in a container: as root in a delegated service, as a user in a
delegated scope, as a user in a plain session, which gets a scope from the user manager."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

pytestmark = pytest.mark.xdist_group("nspawn")

DOCTOR, CGROUP, SCOPE, LOGOUT = (
    machines.inside(f"test_{name}") for name in ("doctor", "cgroup", "scope", "logout")
)
PLAN = {
    "root": [DOCTOR, CGROUP, LOGOUT, machines.MATRIX],
    "user": [DOCTOR, CGROUP, machines.MATRIX],
    "session": [DOCTOR, SCOPE, machines.MATRIX],
}


@pytest.fixture(scope="module")
def guest():
    with machines.booted("nspawn.sh", "bookworm", PLAN) as guest:
        yield guest


@pytest.mark.parametrize("identity, suite", machines.cases(PLAN))
def test_under_systemd(identity, suite, guest):
    machines.check(guest.result(identity, suite))
