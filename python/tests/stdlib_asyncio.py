#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run the standard library's tests of asyncio's processes against jig's.

Prints unittest's report; exits with 0 when all that apply have passed, and with
77 where the library's tests are not installed.
"""

from __future__ import annotations

import asyncio
import asyncio.subprocess
import sys
import unittest

import jig
from jig._asyncio import make_transport
from stdlib_popen import tests_of

try:
    from test.test_asyncio import test_subprocess
except ImportError:
    sys.exit(77)

for module in (asyncio, asyncio.subprocess):
    module.create_subprocess_exec = jig.create_subprocess_exec
    module.create_subprocess_shell = jig.create_subprocess_shell

# loop.subprocess_exec(): what the tests of transports call.
asyncio.SelectorEventLoop._make_subprocess_transport = make_transport

_OWN_PARTS = "the test replaces a part of subprocess that jig does not use"

NOT_APPLICABLE = {
    "test_popen_error": _OWN_PARTS,
    "test_popen_error_with_stdin_pipe": _OWN_PARTS,
}


class Tests(test_subprocess.SubprocessMixin, test_subprocess.test_utils.TestCase):
    """The library's tests, with the loop that an application has."""

    def setUp(self):
        super().setUp()
        self.loop = asyncio.new_event_loop()
        self.set_event_loop(self.loop)


# A test asks whether it belongs to this class, whose watcher jig does not use.
if not hasattr(test_subprocess, "SubprocessFastWatcherTests"):
    test_subprocess.SubprocessFastWatcherTests = type("None_", (), {})


def main() -> int:
    loaded = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
    wanted = unittest.TestSuite(
        test
        for test in tests_of(loaded)
        if test.id().rsplit(".", 1)[1] not in NOT_APPLICABLE
    )
    result = unittest.TextTestRunner(verbosity=2).run(wanted)
    return 0 if result.wasSuccessful() and result.testsRun > 20 else 1


if __name__ == "__main__":
    sys.exit(main())
