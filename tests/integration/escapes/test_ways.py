# SPDX-License-Identifier: MIT
"""The promise: nothing that the command started is left, whichever process dies first.

22 ways to escape x 3 cages x 5 ends x 2 identities. One test plays the five
ends of a way, see escape_matrix.py.

    JIG          the jig to test        (build/jig of this checkout)
    HOSTILE      the hostile programs   (tests/hostile beside it)
    JIG_MATRIX   quick: a third of the matrix, every way and every cage in it

Run it as root: as an ordinary user it plays that user's half only.
"""

import os
import signal

import pytest
from escape_matrix import CAGES, ENDS, GONE_S, need, play_all
from escape_matrix import hostile_programs  # noqa: F401 (a fixture)
from helpers import IS_ROOT, oracle, stage


def cells():
    """(identity, cage, way) of each test; a rotating third of them if quick."""
    every = [
        (identity, cage, way.name, w + c + i)
        for i, identity in enumerate(stage.IDENTITIES)
        for c, cage in enumerate(CAGES)
        for w, way in enumerate(stage.ways())
    ]
    quick = os.environ.get("JIG_MATRIX") == "quick"
    return [cell[:3] for cell in every if not quick or cell[3] % 3 == 0]


@pytest.mark.parametrize("way", [way.name for way in stage.ways()])
def test_a_way_is_an_escape_without_a_cage(way):
    """The tests' own test: without jig something is left, and the oracle sees
    it, whereas it sees nothing once it has cleared it away."""
    identity = "root" if IS_ROOT else "user"
    with stage.Scene(way, ["env"], "stay", identity, None, {}) as play:
        play.await_ready()
        play.signal(play.tool, signal.SIGKILL)
        play.await_tool(GONE_S)
        assert oracle.alive(play.program), f"{way} left nothing behind"
        oracle.kill_all(play.program)
        assert oracle.alive(play.program) == []


@pytest.mark.parametrize("identity, cage, way", cells())
def test_nothing_is_left(identity, cage, way):
    need(identity, cage)
    play_all(way, cage, identity)


@pytest.mark.parametrize("cage", CAGES)
def test_a_process_that_became_another_user_is_not_left(cage):
    need("root", cage)
    play_all("other_user", cage, "root")


@pytest.mark.parametrize("cage", CAGES)
def test_a_process_that_moved_to_another_cgroup_is_not_left(cage):
    need("root", cage)
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("root") as elsewhere:
        play_all("other_cgroup", cage, "root", env={"HOSTILE_CGROUP": str(elsewhere)})


@pytest.mark.parametrize("cage", CAGES)
def test_two_thousand_are_not_left(cage):
    need("root", cage)
    for end in ENDS:
        play_all("crowd", cage, "root", [end], {"HOSTILE_COUNT": "2000"})
