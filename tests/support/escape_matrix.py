# SPDX-License-Identifier: MIT
"""The escape matrix: a way to escape, a cage, and the ends that are tried on them.

A test plays every end of one way (at the same time, see AT_ONCE), and then asks the
oracle (oracle.py), which does not trust jig. It works without conftest.py, too: the
guests of tests/env run it so.
"""

import concurrent.futures
import contextlib
import signal

import pytest
from helpers import IS_ROOT, comm_of, need_cage, need_jig, oracle, stage

GONE_S = 10 * oracle.TIME_SCALE
GRACE = "0.3s"
#: So many ends are played at the same time; fewer where five fork bombs at once
#: leave nothing of a slow processor.
AT_ONCE = max(1, int(5 / oracle.TIME_SCALE))
CAGES = ("cgroup", "pidns", "subreaper")
ENDS = (
    stage.MAIN_EXITS,
    stage.TERM,
    stage.KILL,
    stage.KILL_SUPERVISOR,
    stage.KILL_OWNER,
)
#: Relays run without a pause here: whatever escapes is cleared at once.
FIERCE = {"HOSTILE_PAUSE_US": "0"}
#: jig could not do what was asked, or says that something is left.
JIG_FAILED = (120, 125, 126, 127)


class CannotPlay(Exception):
    """The end cannot be brought about."""


def jig(cage):
    return [str(stage.jig_path()), "run", "--grace", GRACE, "--cage", cage, "--"]


@pytest.fixture(scope="session", autouse=True)
def hostile_programs():
    if not (stage.programs_path() / "owner").exists():
        pytest.skip(f"no hostile programs in {stage.programs_path()}: build them first")


def need(identity, cage):
    """Skip what this machine cannot do, and say why."""
    need_jig()
    if identity == "root" and not IS_ROOT:
        pytest.skip("needs root")
    need_cage(cage, identity)


def cage_group(cage, identity):
    """The control group to start the owner in, for the cage that needs one."""
    if cage == "cgroup":
        return stage.subtree(identity)
    return contextlib.nullcontext()


@contextlib.contextmanager
def scene(way, cage, end, identity, env, tool):
    """Start the program under jig in its cage, up to ready."""
    mode = "exit" if end == stage.MAIN_EXITS else "stay"
    with cage_group(cage, identity) as group:
        with stage.Scene(way, tool(cage), mode, identity, group, FIERCE | env) as play:
            play.await_ready()
            yield play, group


def bring_about(play, end, children):
    if end == stage.TERM:
        play.signal(play.tool, signal.SIGTERM)
    elif end == stage.KILL:
        play.signal(play.tool, signal.SIGKILL)
    elif end == stage.KILL_SUPERVISOR:
        # Beside it there may be one that clears abandoned cages (jig-clear), and
        # one that writes to a file (jig-aside).
        others = ("jig-clear", "jig-aside")
        found = [pid for pid in children if comm_of(pid) not in others]
        if len(found) != 1:
            raise CannotPlay(f"jig should have one supervisor, it has {found}")
        play.signal(found[0], signal.SIGKILL)
    elif end == stage.KILL_OWNER:
        play.kill_owner()


def what_went_wrong(play, end, group):
    """Yield a sentence for each promise that does not hold."""
    processes = play.await_tool(GONE_S)
    if processes:
        yield f"jig itself is left: {oracle.describe(processes)}"
    left = oracle.wait_gone(play.program, GONE_S if not processes else 0)
    if left:
        yield f"{len(left)} left: {oracle.describe(left[:4])}"
    if group and not processes and not empties(group):
        yield f"control groups left: {[path.name for path in stage.groups_in(group)]}"
    if end in (stage.MAIN_EXITS, stage.TERM) and not processes:
        yield from wrong_status(play.status(), end)


def wrong_status(status, end):
    if end == stage.MAIN_EXITS and status != 0:
        yield f"exit status {status} although main's was 0"
    elif status in JIG_FAILED or status is None:
        yield f"exit status {status}"


def empties(group):
    ends = oracle.time.monotonic() + GONE_S
    return any(not stage.groups_in(group) for _ in oracle.looks(ends))


def play_end(way, cage, end, identity, env, tool):
    """One run. Returns what went wrong, and what jig said."""
    with scene(way, cage, end, identity, env, tool) as (play, group):
        helpers = play.pin_helpers()
        bring_about(play, end, helpers)
        wrong = list(what_went_wrong(play, end, group))
        return wrong and [*wrong, f"jig said: {play.log()}"]


def play_all(way, cage, identity, ends=ENDS, env=None, tool=jig):
    """Play the ends at the same time and fail with everything that went wrong."""
    wrong = {}
    # Several bombs at once would fight each other for the processors, and not jig.
    at_once = 1 if way == "bomb" else AT_ONCE
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        runs = {
            end: pool.submit(play_end, way, cage, end, identity, env or {}, tool)
            for end in ends
        }
        # Interrupted here, all are waited for. Interrupted in join(), Python 3.11 takes
        # threads that run for ended ones, and their control groups stay.
        concurrent.futures.wait(runs.values())
    for end, run in runs.items():
        try:
            if run.result():
                wrong[end] = "; ".join(run.result())
        except stage.CannotTake as reason:
            pytest.skip(str(reason))
        except (stage.NotReady, CannotPlay) as reason:
            wrong[end] = str(reason)
    if wrong:
        lines = [f"  {end}: {what}" for end, what in wrong.items()]
        pytest.fail(f"{way}, {cage}, {identity}:\n" + "\n".join(lines), pytrace=False)
