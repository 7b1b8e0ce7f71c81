# SPDX-License-Identifier: MIT
"""`jig run --via`: a far side whose processes the oracle tells from those here.

There jig is a copy in the place, which the transport's PATH has; so an agent or a
guard that is left counts as left.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess

import containers
import helpers
import pytest
import sshd
from helpers import DEADLINE_S, Running, jig_run, stage

#: Transports on this machine. The second one is a shell.
LOCAL = ["env", """sh -c 'exec "$@"' sh"""]


class Far:
    """One transport, and `jig run` with it."""

    def __init__(self, place, via: str):
        self.place, self.via = place, via
        self.opened = contextlib.ExitStack()

    def words(self, *words: str, options: tuple[str, ...] = ()) -> list[str]:
        return jig_run("--via", self.via, *options, "--", *words)

    def run(self, *words: str, options: tuple[str, ...] = (), **more):
        """To its end: the result as text."""
        more.setdefault("cwd", self.place.work)
        return helpers.run(self.words(*words, options=options), env=self.place.env, **more)

    def sh(self, script: str, options: tuple[str, ...] = (), **more):
        return self.run(*self.place.sh(script), options=options, **more)

    def raw(self, *words: str, options: tuple[str, ...] = (), **more):
        """To its end: bytes."""
        return subprocess.run(
            self.words(*words, options=options),
            **{"capture_output": True, "timeout": DEADLINE_S, "check": False, **more},
            env=self.place.env,
            cwd=self.place.work,
        )

    def begin(self, script: str, options: tuple[str, ...] = (), **more) -> Running:
        """Until the test ends."""
        more.setdefault("cwd", self.place.work)
        command = self.words(*self.place.sh(script), options=options)
        return self.opened.enter_context(Running(command, env=self.place.env, **more))


@pytest.fixture(name="there")
def _there(place):
    """The far side's jig, by its name."""
    place.copy(stage.jig_path(), "jig")
    return place


@pytest.fixture(name="far_of")
def _far_of(there):
    with contextlib.ExitStack() as stack:

        def of(via: str) -> Far:
            far = Far(there, via)
            stack.enter_context(far.opened)
            return far

        yield of


@pytest.fixture(name="far", params=LOCAL, ids=["env", "sh"])
def _far(far_of, request):
    """Each transport of this machine."""
    return far_of(request.param)


@pytest.fixture(name="near")
def _near(far_of):
    """The simplest transport, for what does not depend on it."""
    return far_of("env")


@pytest.fixture(name="server")
def _server(there):
    with sshd.serving(there) as server:
        yield server


@pytest.fixture(name="ssh")
def _ssh(far_of, server):
    return far_of(f"{shlex.quote(server.ssh)} host")


@pytest.fixture(name="container")
def _container(tmp_path):
    with containers.running(tmp_path) as name:
        yield name
