# SPDX-License-Identifier: MIT
"""The tests in node/tests, with node:test: whole files, each in a place of its own."""

import helpers
import pytest
from helpers import TOP

TESTS = TOP / "node" / "tests"

#: No file takes as long, however loaded the machine is.
_LIMIT_S = 300


@pytest.mark.parametrize("name", sorted(path.name for path in TESTS.glob("*.test.js")))
def test_the_tests_of_node(name, node, env, place):
    """At their end the oracle finds no process."""
    words = node("--test-reporter=tap", str(TESTS / name))
    done = helpers.run(words, env=env, cwd=place.work, timeout=_LIMIT_S)
    failed = [line for line in done.lines if line.lstrip().startswith("not ok")]
    assert (done.status, failed) == (0, []), done.out + done.err
