# SPDX-License-Identifier: MIT
"""Fixtures of the tests of jobs."""

import pytest


@pytest.fixture
def shell(world):
    """An interactive bash on a terminal, in the test's world of jobs."""
    with world.shell() as one:
        yield one


@pytest.fixture
def other(world):
    """A second one, on another terminal."""
    with world.shell() as one:
        yield one
