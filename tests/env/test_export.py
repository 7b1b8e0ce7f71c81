# SPDX-License-Identifier: MIT
"""jig export systemd: its units run in a guest, of the system and of a user."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machines  # noqa: E402

sys.path.insert(0, str(machines.TOP / "tests" / "support"))
import exports  # noqa: E402
import helpers  # noqa: E402

pytestmark = pytest.mark.xdist_group("nspawn")

UNITS = machines.inside("test_units")
PLAN = {"root": [UNITS], "session": [UNITS]}

#: One that dies before it is ready, and one with sockets; inside/test_units.py
#: starts them.
MORE = """
processes:
  dies: {{command: exit 3, ready: 'tcp:1', start_timeout: 1h, disabled: true}}
  socket:
    command: "exec /usr/bin/python3 serve.py"
    listen: [http=127.0.0.1:{port}, ctl=unix:ctl.sock]
    ready: "http:{{http}}/up"
    disabled: true
"""


def write_units(job: pathlib.Path) -> None:
    """For each user a directory of units: its services run elsewhere in the guest."""
    helpers.built("jig-up")
    for uid in (0, 1000):
        source = job / f"source-{uid}"
        source.mkdir()
        exports.write_project(source, helpers.PYTHON, f"/var/tmp/shop-{uid}")
        (source / "more.yaml").write_text(MORE.format(port=18000 + uid))
        user = () if uid else ("--user", "tester")
        files = ("-f", "jig.yaml", "-f", "more.yaml")
        options = (*user, *files, "--workdir", f"/var/tmp/shop-{uid}")
        out = job / f"units-{uid}"
        exports.export(source, "systemd", out, *options, jig="/job/build/jig")


@pytest.fixture(scope="module")
def guest():
    with machines.booted("nspawn.sh", "bookworm", PLAN, fill=write_units) as guest:
        yield guest


@pytest.mark.parametrize("identity, suite", machines.cases(PLAN))
def test_systemd_runs_it(identity, suite, guest):
    machines.check(guest.result(identity, suite))
