# SPDX-License-Identifier: MIT
"""Which processes belong to a cage that have left its tree or lost its brand: the
cage's end or are named, and a stranger gets no signal (EDGE_CASES 14, 17).
"""

import json
import signal

import pytest
from helpers import FAILED, SURVIVORS, Running, comm_of, jig_run, pinned, send
from helpers import supervisor_of, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: Two processes that have removed their brand, one of them in its own session.
WASHED = """
ulimit -R 200000 2>/dev/null || prlimit --rttime=200000:200000 --pid $$ || exit 77
setsid sleep 600 & sleep 600 & echo ready; wait
"""

#: jig itself may have so little of it that there is no room for a brand.
LOW = ["prlimit", "--rttime=200000:200000"]


def sleepers(place) -> list[int]:
    return [pid for pid in place.running() if comm_of(pid) == "sleep"]


def kill_supervisor(guard: int) -> None:
    with pinned([supervisor_of(guard)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)


@pytest.mark.parametrize("before", [[], LOW], ids=["washed", "no-brand"])
def test_14_members_without_a_brand_end_beside_fixtures(
    before, place, cage, identity, group
):
    """The guard has other children, those of --with: they keep their orphans, so
    each child that it adopts is the cage's."""
    report = place.work / "report.json"
    words = ["--cage", cage, "--report", str(report), "--with", "sleep 600", "--"]
    words = [*before, *jig_run(*words, *place.sh(WASHED))]
    with Running(words, identity, group, env=place.env, cwd=place.work) as jig:
        jig.await_line("ready")
        kill_supervisor(jig.pid)
        assert jig.wait() == FAILED
        assert "the supervisor was killed; everything has been ended" in jig.err()
        assert place.alive() == []
    told = json.loads(report.read_text())
    assert told["cage"]["proved_empty"] and told["survivor_count"] == 0


@pytest.mark.parametrize("before", [[], LOW], ids=["washed", "no-brand"])
def test_14_members_that_may_be_strangers_are_named(before, place, identity):
    """`exec jig run` over a child, which could leave orphans: jig cannot know
    which of them belong to the cage. It signals none, and names each."""
    report = place.work / "report.json"
    words = jig_run("--cage", "subreaper", "--report", str(report))
    words = [*before, *words, *place.sh(WASHED)]
    command = place.sh('sleep 600 & exec "$@"', "sh", *words)
    with Running(command, identity, env=place.env, cwd=place.work) as jig:
        jig.await_line("ready")
        wait_until(lambda: len(sleepers(place)) == 3, "all of them sleep")
        kill_supervisor(jig.pid)
        assert jig.wait() == SURVIVORS
        assert "everything has been ended" not in jig.err()
    left = place.alive()
    with pinned(left) as fds:
        for fd in fds:
            send(fd, signal.SIGKILL)
    told = json.loads(report.read_text())
    named = [one["pid"] for one in told["survivors"]]
    assert len(left) == 4 and len(named) == 3 and set(named) < set(left)
    assert not told["cage"]["proved_empty"]
