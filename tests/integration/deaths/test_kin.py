# SPDX-License-Identifier: MIT
"""Processes that have left the cage's tree or lost its brand: those of the cage end
or are named, and a foreign process gets no signal (EDGE_CASES 14, 17).
"""

import contextlib
import json
import os
import pathlib
import signal

import pytest
from helpers import FAILED, PYTHON, SURVIVORS, Running, children_of, comm_of, in_group
from helpers import jig_run, kill_at_once, main_of, parent_of, pinned, run as run_any, send
from helpers import stage, state_of, supervisor_of, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: Two processes that have removed their brand, one of them in its own session.
WASHED = """
ulimit -R 200000 2>/dev/null || prlimit --rttime=200000:200000 --pid $$ || exit 77
setsid sleep 600 & sleep 600 & echo ready; wait
"""

#: PROC_PID_INIT_INO of the kernel.
FIRST_NAMESPACE = 4026531836

#: jig itself may have so little of it that there is no room for a brand.
LOW = ["prlimit", "--rttime=200000:200000"]


def sleepers(place) -> list[int]:
    return [pid for pid in place.running() if comm_of(pid) == "sleep"]


def kill_supervisor(guard: int) -> None:
    with pinned([supervisor_of(guard)]) as (supervisor,):
        send(supervisor, signal.SIGKILL)


def kill_supervisor_unseen(jig) -> None:
    """The guard sees what its children are only after it has adopted them. Else it
    might still see them behind the supervisor, and so know that they are its own."""
    main = main_of(jig.pid)
    jig.signal(signal.SIGSTOP)
    wait_until(lambda: state_of(jig.pid) == "T", "the guard is suspended")
    kill_supervisor(jig.pid)
    wait_until(lambda: parent_of(main) == jig.pid, "the guard has adopted main")
    jig.signal(signal.SIGCONT)


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
        assert "the supervisor was killed; all processes have ended" in jig.err()
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
        kill_supervisor_unseen(jig)
        assert jig.wait() == SURVIVORS
        assert "all processes have ended" not in jig.err()
    left = place.alive()
    with pinned(left) as fds:
        for fd in fds:
            send(fd, signal.SIGKILL)
    told = json.loads(report.read_text())
    named = {one["pid"] for one in told["survivors"]}
    assert len(left) == 4 and len(named) == 3 and named < set(left), str(told)
    assert not told["cage"]["proved_empty"]


OLDER = r"""
echo $$ >"$1/cgroup.procs" || exit 77
sh -c "nsenter -t $2 -p -m sh -c '(setsid $3/sleep 600 >/dev/null 2>&1 &); exit 0'"
"""


@pytest.mark.parametrize("kind", ["cgroup", "auto"])
def test_20_a_process_that_left_both_its_cgroup_and_pid_namespace_is_ended(
    kind, place, root
):
    """As in `podman exec` of root. Only the brand finds it then, so the report does
    not say that emptiness is proved."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    older = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    report = place.work / "report.json"
    with contextlib.ExitStack() as stack:
        own, other = (stack.enter_context(stage.subtree("root")) for _ in range(2))
        words = [*older, "/bin/sh", "-c", "echo there; read x"]
        outer = stack.enter_context(Running(words, env=place.env, stdin=-1))
        outer.await_line("there")
        (init,) = children_of(outer.pid)
        words = jig_run("--cage", kind, "--report", str(report), "-q")
        words += place.sh(OLDER, "sh", str(other), str(init), str(place.bin))
        result = run_any([*in_group(own), *words], env=place.env, cwd=place.work)
        assert result.status == 0, result
        assert place.alive() == []
        told = json.loads(report.read_text())
        assert told["cage"]["kind"] == "cgroup" and told["survivor_count"] == 0
        assert told["leftover_count"] == 1 and not told["cage"]["proved_empty"]


def test_14_a_member_that_left_the_cgroup_is_cleared_by_the_next_jig(place, root):
    """Guard and supervisor are killed at once: it bears the brand of the cage."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    script = 'echo $$ >"$1/cgroup.procs"; setsid sleep 600 & echo ready; wait'
    with contextlib.ExitStack() as stack:
        own, other = (stack.enter_context(stage.subtree("root")) for _ in range(2))
        words = jig_run("--cage", "cgroup", *place.sh(script, "sh", str(other)))
        jig = stack.enter_context(Running(words, group=own, env=place.env))
        jig.await_line("ready")
        kill_at_once([supervisor_of(jig.pid), jig.pid])
        wait_until(lambda: len(place.alive()) == 2, "both members live")
        words = [*in_group(own), *jig_run("--cage", "cgroup", "true")]
        assert run_any(words, env=place.env).status == 0
        assert place.await_empty() == []
        assert stage.groups_in(own) == []


#: They bear the brand; one stays in the cage's group, one leaves it.
LEAVES = 'setsid sleep 600 & echo $$ >"$1/cgroup.procs"; echo ready; read x <"$2"'


def test_14_a_jig_of_another_pid_namespace_ends_members_alone(place, root, gate):
    """It sees no bearer of the brand elsewhere: the group's name has to stay."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    inner = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    with contextlib.ExitStack() as stack:
        own, other = (stack.enter_context(stage.subtree("root")) for _ in range(2))
        command = place.sh(LEAVES, "sh", str(other), str(gate.path))
        words = jig_run("--cage", "cgroup", *command)
        jig = stack.enter_context(Running(words, group=own, env=place.env))
        jig.await_line("ready")
        kill_at_once([supervisor_of(jig.pid), jig.pid])
        words = jig_run("--cage", "cgroup", "true")
        for _ in range(2):
            done = run_any([*in_group(own), *inner, *words], env=place.env)
            assert done.status == 0
            wait_until(lambda: sleepers(place) == [], "the member has ended")
            assert len(place.alive()) == len(stage.groups_in(own)) == 1
        assert run_any([*in_group(own), *words], env=place.env).status == 0
        assert place.await_empty() == []
        assert stage.groups_in(own) == []


def test_14_a_bearer_that_runs_the_next_jig_is_cleared_by_another(place, root, gate):
    """jig ends no ancestor of its own, so it must not count the cage as cleared."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    script = 'echo $$ >"$1/cgroup.procs"; echo ready; read x <"$2"; shift 2\n'
    script += '"$@"; echo ran $?; sleep 600'
    words = jig_run("--cage", "cgroup", "true")
    with contextlib.ExitStack() as stack:
        own = stack.enter_context(stage.subtree("root"))
        command = place.sh(script, "sh", str(own), str(gate.path), *words)
        first = jig_run("--cage", "cgroup", *command)
        jig = stack.enter_context(Running(first, group=own, env=place.env))
        jig.await_line("ready")
        kill_at_once([supervisor_of(jig.pid), jig.pid])
        gate()
        jig.await_line("ran 0")
        assert place.alive() != [] and len(stage.groups_in(own)) == 1
        assert run_any([*in_group(own), *words], env=place.env).status == 0
        assert place.await_empty() == []
        assert stage.groups_in(own) == []


#: Of a new cage's group: late between mkdir(2) and flock(2).
LATE_LOCK = "-e trace=flock -e inject=flock:delay_enter=1000000:when=1"

#: Delays the jig that clears between reading names and ending bearers of the brand.
LATE_END = "-e trace=prlimit64 -e inject=prlimit64:delay_enter=300000:when=1..6"


def test_14_a_jig_that_clears_ends_no_cage_that_is_just_made(place, root):
    """A group that has no lock yet is taken for abandoned: its maker does not get
    the lock, and takes another brand than the one that is being ended."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")

    def late(how: str, script: str):
        traced = ["strace", "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf"]
        words = jig_run("--cage", "cgroup", *place.sh(script))
        return [*traced, *how.split(), *words]

    with contextlib.ExitStack() as stack:
        group = stack.enter_context(stage.subtree("root"))
        words = late(LATE_LOCK, "sleep 3; exit 7")
        jig = stack.enter_context(Running(words, group=group, env=place.env))
        wait_until(lambda: stage.groups_in(group), "its group is there")
        words = [*in_group(group), *late(LATE_END, "exit 8")]
        assert run_any(words, env=place.env).status == 8
        assert jig.wait() == 7
        assert place.await_empty() == []
        assert stage.groups_in(group) == []


def test_14_a_jig_of_another_pid_namespace_does_not_clear(place, root):
    """A container that shares the runtime directory sees no bearer of the brand: it
    must not take the cage for cleared. A jig that sees them clears it."""
    runtime = place.path / "rt"
    runtime.mkdir(mode=0o700)
    env = {**place.env, "JIG_RUNTIME_DIR": str(runtime)}
    inner = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    words = jig_run("--cage", "subreaper", "true")
    script = "setsid sleep 600 & echo ready; wait"
    with Running(jig_run("--cage", "subreaper", *place.sh(script)), env=env) as jig:
        jig.await_line("ready")
        kill_at_once([supervisor_of(jig.pid), jig.pid])
    assert run_any([*inner, *words], env=env).status == 0
    assert len(list(runtime.iterdir())) == 1 and place.alive() != []
    assert run_any(words, env=env).status == 0
    assert place.await_empty() == []
    assert list(runtime.iterdir()) == []


def test_14_the_first_pid_namespace_clears_those_of_others(place, root):
    """There all processes are seen; and no entry is left of a container."""
    if os.stat("/proc/self/ns/pid").st_ino != FIRST_NAMESPACE:
        pytest.skip("we are in another pid namespace")
    runtime = place.path / "rt"
    runtime.mkdir(mode=0o700)
    env = {**place.env, "JIG_RUNTIME_DIR": str(runtime)}
    words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    words += place.sh('"$@" & echo $!; read x', "sh")
    words += jig_run("--cage", "subreaper", *place.sh("echo ready; sleep 600"))
    with Running(words, env=env, stdin=-1) as container:
        container.await_line("ready")
        (init,) = children_of(container.pid)
        (guard,) = children_of(init)
        kill_at_once([supervisor_of(guard), guard])
        assert len(list(runtime.iterdir())) == 1
        result = run_any(jig_run("--cage", "subreaper", "true"), env=env)
        assert result.status == 0 and list(runtime.iterdir()) == []
        wait_until(lambda: place.running() == [init], "only its init lives")


@pytest.fixture
def quiet(place, compiled, identity):
    """Words before jig: they give it a child without an exit signal."""
    os.mkfifo(place.work / "go", 0o666)
    os.chmod(place.work / "go", 0o666)
    program = place.copy(compiled("quiet_child"))
    words = [program, str(place.work / "go"), str(place.bin / "sleep")]
    return [*stage.as_identity(identity), *words]


def test_17_the_orphan_of_a_child_without_an_exit_signal_lives(place, quiet):
    """`exec jig run` over a child of clone(2) with exit signal 0: jig's own helpers
    look like it, but its orphan is no process of the fixture."""
    words = [*quiet, *jig_run("--cage", "subreaper", *place.sh("echo ready; sleep 600"))]
    with Running(words, env=place.env, cwd=place.work) as jig:
        jig.await_line("ready")
        (place.work / "go").write_text("x")

        def orphans():
            return [pid for pid in sleepers(place) if parent_of(pid) == jig.pid]

        (orphan,) = wait_until(orphans, "jig has adopted it")
        with pinned([orphan]) as (fd,):
            kill_supervisor(jig.pid)
            assert jig.wait() == FAILED
            left = place.alive()
            send(fd, signal.SIGKILL)
    assert left == [orphan]


def test_17_a_child_without_an_exit_signal_is_not_taken_for_a_helper(place, quiet):
    """It lives when jig ends: jig does not report it as a helper that hangs."""
    words = [*quiet, *jig_run("--cage", "subreaper", "true")]
    with Running(words, env=place.env, cwd=place.work) as jig:
        assert jig.wait() == 0 and jig.err() == ""
        assert len(place.alive()) == 1
        with open(place.work / "go", "wb"):
            pass
    assert place.await_empty() == []


#: Two processes that say "told" at SIGTERM; the parent of one executes jig.
TOLD = """
said() { trap 'echo told; exit 3' TERM; echo there; while :; do sleep 0.1; done; }
( said & exec "$1/jig-supervisor" "$@" >/dev/null 2>&1 ) &
said
"""


def test_a_jig_with_a_supervisors_name_is_not_one(place, start, cage, identity, group):
    """Neither it nor its child is spared the stop signal. It is a link, so that the
    program of both is the same file."""
    (place.bin / "jig-supervisor").symlink_to(stage.jig_path())
    script = TOLD.replace('"$1/jig-supervisor" "$@"', '"$1/jig-supervisor" tree --watch')
    words = ["--cage", cage, "--grace", "1h", *place.sh(script, "sh", str(place.bin))]
    jig = start(*words, identity=identity, group=group)
    for _ in range(2):
        jig.await_line("there")

    def impostors():
        every = (int(name) for name in os.listdir("/proc") if name.isdigit())
        return [pid for pid in every if is_impostor(pid, place)]

    wait_until(impostors, "jig was executed under that name")
    jig.signal(signal.SIGTERM)
    assert jig.rest().count("told") == 2
    assert jig.wait() == 3


def is_impostor(pid: int, place) -> bool:
    words = f"{place.bin}/jig-supervisor\0".encode()
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(words)
    return False


#: Enters the pid namespace of a process, has a child there, and does not reap it.
FOREIGN = """
import ctypes, os, signal, sys
space = os.open(f"/proc/{sys.argv[1]}/ns/pid", os.O_RDONLY)
assert ctypes.CDLL(None).setns(space, 0) == 0
if os.fork() == 0: signal.pause()
print("entered", flush=True)
sys.stdin.read()
"""


def test_25_a_supervisor_that_cannot_end_is_named_as_it_is(place, root):
    """As init it waits for a dead process that a foreign parent does not reap. The
    leftover's end was not seen either: unknown is no number."""
    report = place.work / "report.json"
    words = ["--cage", "pidns", "--grace", "10ms", "--report", str(report)]
    words = jig_run(*words, *place.sh("echo ready; read x; exit 0"))
    with contextlib.ExitStack() as stack:
        jig = stack.enter_context(Running(words, env=place.env, stdin=-1))
        jig.await_line("ready")
        supervisor = supervisor_of(jig.pid)
        words = [PYTHON, "-c", FOREIGN, str(main_of(jig.pid))]
        foreign = stack.enter_context(Running(words, env=place.env, stdin=-1))
        foreign.await_line("entered")
        jig.stdin.close()
        assert jig.wait() == SURVIVORS
        (named,) = json.loads(report.read_text())["survivors"]
        assert named["pid"] == supervisor and named["uid"] == 0
        assert named["state"] == state_of(supervisor) and named["state"] != "D"
        assert named["command"] == "[jig-supervisor]"
        (left,) = json.loads(report.read_text())["leftovers"]
        assert left["ended"]["after_seconds"] is None
        assert "its end was not seen" in jig.err() and "uid -1" not in jig.err()
