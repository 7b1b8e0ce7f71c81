# SPDX-License-Identifier: MIT
"""An agent in a place: everything that it starts must have ended after the test."""

import contextlib

import agents
import pytest
import ups


@pytest.fixture(name="agent_of")
def _agent_of(place):
    """Start `jig agent WORDS`."""
    with contextlib.ExitStack() as stack:

        def go(*words, **options):
            options.setdefault("env", place.env)
            options.setdefault("cwd", place.work)
            return stack.enter_context(agents.Agent(*words, **options))

        yield go


@pytest.fixture
def agent(agent_of):
    return agent_of()


@pytest.fixture(name="sh")
def _sh(place):
    """The words of a command: the place's shell with a script."""
    return lambda script: place.sh(script)


@pytest.fixture
def forever(place):
    """A script that waits without a child, until it is ended."""
    return ups.forever(place)
