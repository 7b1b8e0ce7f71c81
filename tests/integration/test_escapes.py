# SPDX-License-Identifier: MIT
"""The promise: nothing that the command started is left, whoever dies first.

22 ways to escape x 3 cages x 5 ends x 2 identities. One test plays the five
ends of a way (at the same time, see AT_ONCE) and asks the oracle (oracle.py),
which does not trust jig.

    JIG          the jig to test        (build/jig of this checkout)
    HOSTILE      the hostile programs   (tests/hostile beside it)
    JIG_MATRIX   quick: a third of the matrix, every way and every cage in it

Run it as root: as an ordinary user it plays that user's half only.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hostile"))
import stage  # noqa: E402
from helpers import comm_of  # noqa: E402

oracle = stage.oracle

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


def jig(cage):
    return [str(stage.jig_path()), "run", "--grace", GRACE, "--cage", cage, "--"]


@pytest.fixture(scope="session", autouse=True)
def hostile_programs():
    if not (stage.programs_path() / "owner").exists():
        pytest.skip(f"no hostile programs in {stage.programs_path()}: build them first")


@pytest.fixture(scope="session")
def has_jig():
    if not os.access(stage.jig_path(), os.X_OK):
        pytest.skip(f"no jig at {stage.jig_path()}: build it or set JIG")


def need(identity, cage):
    """Skip what this machine cannot do, and say why."""
    if identity == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    if cage == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    if cage == "pidns" and identity == "user" and not has_user_namespaces():
        pytest.skip("an ordinary user can make no user namespace here")


def has_user_namespaces():
    command = [*stage.as_identity("user"), "unshare", "-Urpf", "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


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


@pytest.mark.parametrize("way", [way.name for way in stage.ways()])
def test_a_way_is_an_escape_when_nobody_holds_it(way):
    """The tests' own test: without jig something is left, and the oracle sees
    it, whereas it sees nothing once it has cleared it away."""
    identity = "root" if os.geteuid() == 0 else "user"
    with stage.Scene(way, ["env"], "stay", identity, None, {}) as play:
        play.await_ready()
        play.signal(play.tool, signal.SIGKILL)
        play.await_tool(GONE_S)
        assert oracle.alive(play.program), f"{way} left nothing behind"
        oracle.kill_all(play.program)
        assert oracle.alive(play.program) == []


@pytest.mark.parametrize("identity, cage, way", cells())
def test_nothing_is_left(identity, cage, way, has_jig):
    need(identity, cage)
    play_all(way, cage, identity)


@pytest.mark.parametrize("cage", CAGES)
def test_one_who_became_another_user_is_not_left(cage, has_jig):
    need("root", cage)
    play_all("other_user", cage, "root")


@pytest.mark.parametrize("cage", CAGES)
def test_one_who_moved_to_another_cgroup_is_not_left(cage, has_jig):
    need("root", cage)
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("root") as elsewhere:
        play_all("other_cgroup", cage, "root", env={"HOSTILE_CGROUP": str(elsewhere)})


@pytest.mark.parametrize("cage", CAGES)
def test_two_thousand_are_not_left(cage, has_jig):
    need("root", cage)
    for end in ENDS:
        play_all("crowd", cage, "root", [end], {"HOSTILE_COUNT": "2000"})
