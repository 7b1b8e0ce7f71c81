# SPDX-License-Identifier: MIT
"""examples/agent: the same client of `jig agent` in several languages."""

import os
import re
import shutil
import signal
import subprocess

import pytest
from helpers import TOP, Running, jig, run

CLIENTS = TOP / "examples" / "agent"

#: How each is made in a folder, and run. Large compilers are in ./check --all.
WAYS = {
    "client.go": (["go", "build", "-o", "{to}/client", "{from}"], ["{to}/client"]),
    "Client.java": (["javac", "-d", "{to}", "{from}"], ["java", "-cp", "{to}", "Client"]),
    "client.pl": ([], ["perl", "{from}"]),
    "client.rb": ([], ["ruby", "{from}"]),
    "client.rs": (
        ["rustc", "--edition=2021", "-D", "warnings", "-o", "{to}/client", "{from}"],
        ["{to}/client"],
    ),
}


@pytest.fixture(name="client", params=WAYS)
def _client(request, tmp_path):
    """Its words."""
    make, words = [
        [word.replace("{to}", str(tmp_path)).replace("{from}", str(CLIENTS / request.param))
         for word in one]
        for one in WAYS[request.param]
    ]  # fmt: skip
    program = (make or words)[0]
    if not shutil.which(program):
        pytest.skip(f"no {program} here")
    if make:
        env = os.environ | {"GOCACHE": str(tmp_path / "cache"), "GO111MODULE": "off"}
        subprocess.run(make, check=True, env=env, timeout=300)
    return [shutil.which(words[0]) or words[0], *words[1:]]


@pytest.fixture(name="env")
def _env(place):
    return place.env | {"JIG_PROGRAM": jig()[0]}


def test_each_file_is_run():
    assert {path.name for path in CLIENTS.iterdir()} == set(WAYS)


def test_a_client_starts_waits_and_stops(client, env, place):
    done = run(client, env=env, cwd=place.work)
    assert done.status == 0, done
    ready, ended = done.lines
    assert re.fullmatch(r"ready at 127\.0\.0\.1:\d+", ready)
    assert ended == f"ended with {128 + signal.SIGTERM}, proved empty: true"
    assert place.await_empty() == []


def test_a_client_that_is_killed_leaves_nothing(client, env, place):
    with Running(client, env=env, cwd=place.work) as running:
        assert running.line().startswith("ready at")
        running.signal(signal.SIGKILL)
        running.wait()
    assert place.await_empty() == []
