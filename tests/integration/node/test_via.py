# SPDX-License-Identifier: MIT
"""`via` of the Node package over a real sshd: the tests of node/tests/via.test.js."""

import shlex

import helpers
import sshd
from helpers import TOP

_LIMIT_S = 300


def test_the_tests_of_via_over_ssh(node, env, place):
    """At their end the oracle finds no process."""
    with sshd.serving(place) as server:
        words = node("--test-reporter=tap", str(TOP / "node" / "tests" / "via.test.js"))
        via = f"{shlex.quote(server.ssh)} host"
        done = helpers.run(words, env=env | {"JIG_TEST_VIA": via}, cwd=place.work,
                           timeout=_LIMIT_S)
    failed = [line for line in done.lines if line.lstrip().startswith("not ok")]
    assert (done.status, failed) == (0, []), done.out + done.err
