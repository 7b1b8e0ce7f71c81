# SPDX-License-Identifier: MIT
"""Node with the package of the tree, in a place: `require('jig-fixture')` finds it."""

import contextlib
import os
import shutil
import signal

import helpers
import pytest
from helpers import TOP

#: node, before any test changes PATH.
NODE = shutil.which("node") or shutil.which("nodejs")


@pytest.fixture(autouse=True)
def has_node():
    if not NODE:
        pytest.skip("not installed: node (Debian: nodejs)")


@pytest.fixture(name="node")
def _node(place):
    """The words of a program: `node WORDS`. Its process is one of the place's."""
    copy = place.copy(os.path.realpath(NODE), "node")  # also the one in PATH
    return lambda *words: [copy, *words]


@pytest.fixture(name="package")
def _package(place):
    """The package of the tree, as if it were installed in the place."""
    modules = place.path / "node_modules"
    modules.mkdir()
    (modules / "jig-fixture").symlink_to(TOP / "node")
    return modules


@pytest.fixture(name="env")
def _env(place, package):
    """JIG_TEST_BIN: private programs for the tests in node/tests."""
    return place.env | {
        "JIG_PROGRAM": helpers.jig()[0],
        "JIG_TEST_BIN": str(place.bin),
        "NODE_PATH": str(package),
        "NO_COLOR": "1",
    }


def _end_group(leader) -> None:
    """Of a test that has failed. The leader is not reaped yet, so its group is its own."""
    if leader.is_alive():
        os.killpg(leader.pid, signal.SIGKILL)


@pytest.fixture(name="start_of")
def _start_of():
    """Start a command beside the test: a Running."""
    with contextlib.ExitStack() as stack:

        def go(words, **options):
            running = stack.enter_context(helpers.Running(words, **options))
            if options.get("start_new_session"):
                stack.callback(_end_group, running)
            return running

        yield go
