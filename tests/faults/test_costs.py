# SPDX-License-Identifier: MIT
"""The exact costs of `jig run -- true`, against tests/limits/startup.txt: system
calls, page faults, context switches, and the size of the static program.

The fixture runs in a control group and with a runtime directory of its own, so
that it has no other cage to look at."""

import collections
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import helpers  # noqa: E402
import places  # noqa: E402
import tracer  # noqa: E402
from helpers import stage  # noqa: E402

LIMITS = HERE.parent / "limits" / "startup.txt"

#: In another one, /proc has to show that it numbers processes as we do: readlink,
#: getpid, and a file with two reads.
_FIRST_NAMESPACE = "pid:[4026531836]"
_OTHER_NAMESPACE_CALLS = 6
#: The owner leads a session: whether that has a terminal is in getpid and a file.
_LEADER_CALLS = 4
#: The death of an owner with one thread sends a signal: prctl.
_ONE_THREAD_CALLS = 1
#: A small file: what the supervisor reads at the end is cgroup.events, loadavg,
#: and the largest pid where few pids were given out yet, or the run is slow.
_READING = ["openat", "read", "close"]
_READINGS = {"cgroup": 2, "subreaper": 1}

_ENOUGH = 50
_ENOUGH_TRACED = 20


def limits() -> dict[str, int]:
    lines = LIMITS.read_text().splitlines()
    words = [line.split() for line in lines if line and line[0] != "#"]
    return {name: int(value) for name, value in words}


def _kernel() -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", platform.release())[:2])


def need_exact() -> None:
    """The calls of other builds and kernels are others."""
    if not helpers.IS_ROOT or platform.machine() != "x86_64":
        pytest.skip("needs root, and x86_64 alone")
    if _kernel() < (6, 8):
        pytest.skip("the kernel tells less in one call")
    said = helpers.run([stage.jig_path(), "doctor", "--json"]).out
    if json.loads(said)["jig"]["libc"] != "musl" or helpers.is_sanitized():
        pytest.skip("not the build that is released")


@pytest.fixture(params=["cgroup", "subreaper"])
def cage(request):
    return request.param


class Start:
    """`jig run -- true` where nothing else is."""

    def __init__(self, place, group, cage: str):
        self.group = group
        runtime = place.work / "runtime"
        runtime.mkdir(mode=0o700)
        os.chown(runtime, 0, 0)
        self.env = place.env | {"JIG_RUNTIME_DIR": str(runtime)}
        self.cwd = place.work
        true = place.copy(helpers.built("bench/true_static"), "true")
        # Without an option auto takes the control group.
        words = ["--cage", cage] if cage != "cgroup" else []
        self.command = [place.copy(stage.jig_path(), "jig"), "run", *words, "--", true]
        # Now the kernel knows the path.
        if os.major(os.stat(runtime).st_dev) == 0:
            pytest.skip("jig looks at the mounts of files without a block device")

    def before(self) -> None:
        """In the new process: nothing is inherited but 0, 1, 2. Python ignores two
        signals."""
        os.closerange(3, 1024)
        for signo in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(signo, signal.SIG_DFL)
        (self.group / "cgroup.procs").write_text("0")

    def traced(self) -> tracer.Traced:
        try:
            return tracer.run(self.command, None, self.before, env=self.env, cwd=self.cwd)
        except PermissionError:
            pytest.skip("no ptrace here")

    def used(self, count: int) -> list[list[int]]:
        """Page faults and context switches of all processes, for each run."""
        reading, writing = os.pipe()
        runner = os.fork()
        if runner == 0:
            try:
                os.dup2(writing, 0)
                self.before()
                runs = json.dumps([self._use() for _ in range(count)])
                os.write(0, runs.encode())
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading) as runs:
            said = runs.read()
        os.waitpid(runner, 0)
        return json.loads(said)

    def _use(self) -> tuple[int, int]:
        """Of a child that shares our memory until its execve."""
        nulls = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in range(3)]
        pid = os.posix_spawn(
            self.command[0], self.command, self.env, file_actions=nulls
        )
        _, status, usage = os.wait4(pid, 0)
        assert status == 0
        return usage.ru_minflt + usage.ru_majflt, usage.ru_nvcsw + usage.ru_nivcsw


@pytest.fixture
def start(cage):
    need_exact()
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("root") as group, places.opened("jig-cost-") as place:
        yield Start(place, group, cage)


def own_names(calls: list[str], cage: str) -> list[str]:
    """The supervisor's, without what depends on other processes and on the time:
    those that got a pid meanwhile are looked at, at least by this call."""
    end = calls.index("getrusage")
    first = end
    while calls[first - 1] == "prlimit64":
        first -= 1
    more = _READING * (_READINGS[cage] + 1)
    if calls[first - len(more) : first] == more:
        first -= len(_READING)
    return calls[:first] + calls[end:]


ROLES = {tracer.GUARD: "guard", tracer.SUPERVISOR: "supervisor", tracer.CHILD: "main"}


def calls_of(start, cage: str) -> dict[str, list[str]]:
    """The names of the calls in one run, by role."""
    traced = start.traced()
    assert (traced.status, traced.late) == (0, False), traced
    names = collections.defaultdict(list)
    for call in traced.calls:
        names[ROLES[call.role]].append(call.name)
    names["supervisor"] = own_names(names["supervisor"], cage)
    return names


def more_of_guard() -> int:
    """What the limits do not have: these are for the first pid namespace, and an
    owner with one thread, which leads no session."""
    more = 0
    if os.readlink("/proc/self/ns/pid") != _FIRST_NAMESPACE:
        more += _OTHER_NAMESPACE_CALLS
    if os.getsid(0) == os.getpid():
        more += _LEADER_CALLS
    if len(os.listdir("/proc/self/task")) > 1:
        more -= _ONE_THREAD_CALLS
    return more


def test_the_system_calls_of_a_start_are_exact(start, cage):
    """Other processes of the machine may add some to a run, but not to all."""
    wanted = {name: limits()[f"{cage}.{name}"] for name in ROLES.values()}
    wanted["guard"] += more_of_guard()
    runs = [calls_of(start, cage) for _ in range(_ENOUGH_TRACED)]
    least = {name: min((run[name] for run in runs), key=len) for name in wanted}
    found = {name: len(calls) for name, calls in least.items()}
    if found != wanted:
        said = [f"{name}: {' '.join(calls)}" for name, calls in least.items()]
        pytest.fail("\n".join([f"{found}, not {wanted}", *said]))


def test_the_page_faults_and_context_switches_of_a_start(start, cage):
    if cage != "cgroup":
        pytest.skip("one cage shows it")
    runs = start.used(_ENOUGH)
    faults, switches = (min(values) for values in zip(*runs))
    wanted = limits()
    assert faults <= wanted["cgroup.faults"], sorted(runs)
    assert switches <= wanted["cgroup.switches"], sorted(runs)


def test_the_size_of_the_static_program():
    need_exact()
    assert os.stat(stage.jig_path()).st_size <= limits()["size"]


def named(script: pathlib.Path) -> set[str]:
    return set(re.findall(r"\.text\.(\w+)\)", script.read_text()))


def test_what_a_start_executes_stands_together(tmp_path):
    """A tenth may be missing in the list: it need not follow each change."""
    need_exact()
    build = helpers.built("bench/true_static").parent.parent
    top = HERE.parents[1]
    found = tmp_path / "start.ld"
    subprocess.run([top / "tools" / "start_order", "--output", found, build], check=True)
    missing = named(found) - named(top / "src" / "start.ld")
    assert len(missing) < len(named(found)) / 10, sorted(missing)


def test_two_builds_are_compared():
    build = helpers.built("bench/startup").parent.parent
    compare = HERE.parents[1] / "bench" / "compare"
    words = [compare, "--rounds", "3", "--build", build, build]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rows = [re.split(r" *\| *", line)[1:-1] for line in said.splitlines() if line[:1] == "|"]
    assert [row[0] for row in rows] == ["", "---", "other", "this"] * 3
    assert all(row[4] == "1.00" for row in rows if row[0] == "other" and len(row) == 5)
    size = f"{os.stat(build / 'jig').st_size:,}"
    assert [row[3] for row in rows[-2:]] == [size, size]
