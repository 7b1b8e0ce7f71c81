#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run the standard library's tests of subprocess against jig.Popen.

    stdlib_popen.py CLASS…    classes of test.test_subprocess

Prints unittest's report; exits with 0 when all that apply have passed, and with
77 where the library's tests are not installed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import unittest
from collections.abc import Iterator

import jig

subprocess.Popen = jig.Popen  # type: ignore[misc]

try:
    from test import test_subprocess
except ImportError:
    sys.exit(77)

# A login's limit: with more, the test of few descriptors is skipped.
_, _HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, _HARD))

_PREEXEC = "there is no preexec_fn: it would have to fork the host"
_NO_CHILD = "the test waits for the process itself, which is no child of ours"
_OWN_PARTS = "the test replaces a part of subprocess that jig.Popen does not use"

NOT_APPLICABLE = {
    "test_close_fds_after_preexec": _PREEXEC,
    "test_preexec": _PREEXEC,
    "test_preexec_exception": _PREEXEC,
    "test_preexec_errpipe_does_not_double_close_pipes": _PREEXEC,
    "test_preexec_fork_failure": _PREEXEC,
    "test_preexec_gc_module_failure": _PREEXEC,
    "test_surrogates_error_message": _PREEXEC,
    "test_send_signal_race": _NO_CHILD,
    "test_stopped": _NO_CHILD,
    "test__use_vfork": _OWN_PARTS,
    "test_exception_errpipe_bad_data": _OWN_PARTS,
    "test_exception_errpipe_normal": _OWN_PARTS,
    "test_leak_fast_process_del_killed": "a forgotten process is ended at once",
    "test_zombie_fast_process_del": "a forgotten process is ended at once",
}


def tests_of(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def applies(test: unittest.TestCase) -> bool:
    return test.id().rsplit(".", 1)[1] not in NOT_APPLICABLE


def main(classes: list[str]) -> int:
    loaded = unittest.defaultTestLoader.loadTestsFromNames(classes, test_subprocess)
    wanted = unittest.TestSuite(filter(applies, tests_of(loaded)))
    result = unittest.TextTestRunner(verbosity=2).run(wanted)
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
