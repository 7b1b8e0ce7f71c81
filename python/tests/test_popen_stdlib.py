# SPDX-License-Identifier: MIT
"""jig passes the standard library's own tests for Popen and asyncio's processes."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
import sys

import pytest
from waiting import DEADLINE_S

RUNNER = pathlib.Path(__file__).with_name("stdlib_popen.py")
ASYNC_RUNNER = RUNNER.with_name("stdlib_asyncio.py")

#: The others are of Windows, of the shell's helpers, or run the same tests with
#: another selector of the standard library's own.
CLASSES = (
    "ProcessTestCase",
    "RunFuncTestCase",
    "POSIXProcessTestCase",
    "MiscTests",
    "ContextManagerTests",
)


@pytest.mark.parametrize("name", CLASSES)
def test_the_standard_librarys_tests_pass(name, tmp_path):
    passes([RUNNER, name], tmp_path)


def test_the_standard_librarys_tests_of_asyncio_pass(tmp_path):
    passes([ASYNC_RUNNER], tmp_path)


def passes(words, tmp_path):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=10 * DEADLINE_S,
    )
    if done.returncode == 77:
        pytest.skip("no test.test_subprocess: install libpython3-testsuite")
    assert done.returncode == 0, done.stderr[-5000:]


@pytest.mark.parametrize(
    ("runner", "module"),
    [
        (RUNNER, "test.test_subprocess"),
        (ASYNC_RUNNER, "test.test_asyncio.test_subprocess"),
    ],
    ids=["popen", "asyncio"],
)
def test_what_does_not_apply_is_there(runner, module):
    """A name that the standard library has dropped leaves the list, too."""
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        spec = None
    if spec is None or spec.origin is None:
        pytest.skip(f"no {module}")
    text = pathlib.Path(spec.origin).read_text()
    listed = runner.read_text().split("NOT_APPLICABLE = {")[1].split("}")[0]
    names = [line.split('"')[1] for line in listed.splitlines() if '": ' in line]
    assert names
    assert [name for name in names if f"def {name}(" not in text] == []
