# SPDX-License-Identifier: MIT
"""Machines that lack something: no /proc, hidepid, no user namespaces, a seccomp
filter (EDGE_CASES 22 and 23)."""

import re
import signal

import pytest
from helpers import CAGES, FAILED, IS_ROOT, LAUNCH, Running, is_sanitized
from helpers import jig_run, one_line, run as run_any, stage

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root, to make such machines")

BECOME = " ".join(stage.AS_NOBODY)
#: Leaves a process in its own session that ignores SIGTERM, and a daemon.
LEAVE = """
setsid sh -c 'trap "" TERM; sleep 600 & (setsid sleep 600 &); wait' &
sleep 0
exit 3
"""


def machine(prepare, identity, command):
    """In its own mount (and pid) namespace, prepared by a shell line."""
    script = f'{prepare} && exec {BECOME if identity == "user" else ""} "$@"'
    own = ["unshare", "-m", "--propagation", "private"]
    return [*own, "sh", "-c", script, "sh", *command]


NO_PROC = {
    "empty": "mount -t tmpfs -o ro none /proc",
    "unmounted": "umount -l /proc",
}


@pytest.fixture
def needs_no_proc_itself():
    if is_sanitized():
        pytest.skip("AddressSanitizer itself needs /proc")


#: Root mounts a /proc of its own where there is none. An ordinary user asks the
#: kernel about every number, which takes seconds: not all cases for that user.
NO_PROC_CASES = [
    ("root", "empty", "auto"),
    ("root", "empty", "subreaper"),
    ("root", "unmounted", "auto"),
    ("root", "unmounted", "subreaper"),
    ("user", "unmounted", "auto"),
]


@pytest.mark.usefixtures("needs_no_proc_itself")
@pytest.mark.parametrize("identity, how, kind", NO_PROC_CASES)
def test_22_without_proc_nothing_is_left(identity, how, kind, place):
    words = jig_run("--cage", kind, "--grace", "100ms", *place.sh(LEAVE))
    result = run_any(machine(NO_PROC[how], identity, words), env=place.env)
    assert result.status == 3 and "leftover" in result.err
    assert place.alive() == []


@pytest.mark.usefixtures("needs_no_proc_itself")
@pytest.mark.parametrize("how", NO_PROC)
def test_22_without_proc_a_stop_works(how, place):
    script = "sleep 600 & trap 'exit 9' TERM; echo ready; wait"
    words = jig_run("--cage", "subreaper", "--grace", "1h", *place.sh(script))
    with Running(machine(NO_PROC[how], "root", words), env=place.env) as jig:
        jig.await_line("ready")
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 9


@pytest.mark.usefixtures("needs_no_proc_itself")
@pytest.mark.parametrize(
    "identity, victim", [("root", "guard"), ("root", "owner"), ("user", "owner")]
)
def test_22_without_proc_deaths_are_noticed(identity, victim, place):
    words = jig_run("--cage", "subreaper", "--grace", "100ms", *place.sh(
        "setsid sleep 600 & echo ready; sleep 600 & wait"
    ))
    if victim == "owner":
        words = ["/bin/sh", "-c", '"$@" & wait', "sh", *words]
    with Running(machine(NO_PROC["empty"], identity, words), env=place.env) as jig:
        jig.await_line("ready")
        jig.signal(signal.SIGKILL)
        jig.wait()
        assert place.await_empty() == []


@pytest.mark.usefixtures("needs_no_proc_itself")
def test_22_without_proc_a_pid_namespace_works_or_says_why(place):
    words = jig_run("--cage", "pidns", *place.sh("exit 3"))
    result = run_any(machine(NO_PROC["empty"], "root", words), env=place.env)
    assert result.status == 3 or (one_line(result) and result.status == FAILED)


@pytest.mark.parametrize("identity, kind", [
    ("root", "auto"), ("root", "pidns"), ("root", "subreaper"), ("user", "auto"),
])
def test_22_the_proc_of_another_pid_namespace(identity, kind, place):
    """`unshare --pid` leaves it: under our members' numbers it has others, and
    under others' numbers our neighbours."""
    words = jig_run("--cage", kind, "--grace", "100ms", *place.sh(LEAVE))
    script = f"""
        neighbours=
        for _ in 1 2 3 4 5 6 7 8; do sleep 600 & neighbours="$neighbours $!"; done
        {BECOME if identity == "user" else ""} "$@"; echo $?
        kill -0 $neighbours && echo alive
    """
    own = ["unshare", "-p", "-f", "--kill-child", *place.sh(script, "sh")]
    with Running([*own, *words], env=place.env) as shell:
        assert shell.line() == "3"
        assert shell.line() == "alive"
        assert shell.wait() == 0
        named = re.findall(r"(?m)^  \d+ (.*): ended", shell.err())
    # Only root may mount a /proc. A process that dies has no arguments, a young one main's.
    ours = r"\[?(\S*/)?(sh|sleep|setsid)\b" if identity == "root" else r"\[\?\]"
    assert named and all(re.match(ours, name) for name in named), named


def test_22_hidepid(place):
    """An ordinary user sees no process of others. In a pid namespace of its own,
    so that no other mount of /proc is changed."""
    command = jig_run("--grace", "100ms", "--report", "report", *place.sh(LEAVE))
    script = f'mount -t proc -o hidepid=2 proc /proc && {BECOME} "$@"; echo $?'
    words = ["unshare", "-m", "-p", "-f", "--kill-child", "sh", "-c", script, "sh"]
    result = run_any([*words, *command], env=place.env, cwd=place.work)
    assert result.lines == ["3"] and "leftover" in result.err
    report = place.read_report()
    assert report["leftover_count"] >= 1 and report["survivor_count"] == 0


def test_22_no_user_namespaces(place):
    """The pidns cage is refused, with the reason; auto has another one."""
    if run_any(["unshare", "-U", "true"]).status != 0:
        pytest.skip("no user namespace can be made here, to forbid more in (a chroot?)")
    bare = [*LAUNCH, "no-userns"]
    result = run_any([*bare, *jig_run("--cage", "pidns", "true")], env=place.env)
    assert result.status == FAILED and "user namespaces are" in one_line(result)
    words = jig_run("--grace", "100ms", *place.sh(LEAVE))
    assert run_any([*bare, *words], env=place.env).status == 3


CALLS = ["clone3", "pidfd_open", "close_range"]
ERRORS = ["EPERM", "ENOSYS"]
FILTERS = [f"{call}={error}" for call in CALLS for error in ERRORS]
FILTERS += [",".join(f"{call}={error}" for call in CALLS) for error in ERRORS]


@pytest.mark.parametrize("rules", FILTERS)
@pytest.mark.parametrize("kind", CAGES)
class TestSeccomp:
    """EDGE_CASES 23: everything works, by other means."""

    @staticmethod
    def command(kind, rules, *words):
        if kind == "cgroup" and not stage.cgroup2_mount():
            pytest.skip("no cgroup v2 that we may write to")
        return [*LAUNCH, "seccomp", rules, *jig_run("--cage", kind, *words)]

    def test_23_leftovers_are_ended(self, kind, rules, place):
        words = self.command(kind, rules, "--grace", "100ms", *place.sh(LEAVE))
        result = run_any(words, env=place.env)
        assert result.status == 3 and "leftover" in result.err
        assert place.alive() == []

    def test_23_a_stop_has_its_steps(self, kind, rules, place):
        script = "setsid sleep 600 & sleep 600 & trap 'exit 9' TERM; echo ready; wait"
        words = self.command(kind, rules, "--grace", "1h", *place.sh(script))
        with Running(words, env=place.env) as jig:
            jig.await_line("ready")
            jig.signal(signal.SIGTERM)
            assert jig.wait() == 9

    def test_23_the_guard_is_killed(self, kind, rules, place):
        words = self.command(kind, rules, "--grace", "100ms", *place.sh(
            "setsid sleep 600 & echo ready; sleep 600 & wait"
        ))
        with Running(words, env=place.env) as jig:
            jig.await_line("ready")
            jig.signal(signal.SIGKILL)
            jig.wait()
            assert place.await_empty() == []

    def test_23_the_owner_is_killed(self, kind, rules, place):
        """Without pidfds, getppid() tells."""
        words = self.command(kind, rules, "--grace", "100ms", *place.sh(
            "setsid sleep 600 & echo ready; sleep 600 & wait"
        ))
        # The filter first, then the shell that owns, then jig.
        at = words.index("run") - 1
        owner = ["/bin/sh", "-c", '"$@" & wait', "sh"]
        with Running([*words[:at], *owner, *words[at:]], env=place.env) as shell:
            shell.await_line("ready")
            shell.signal(signal.SIGKILL)
            shell.wait()
            assert place.await_empty() == []


@pytest.mark.parametrize("error", ERRORS)
def test_23_an_owner_that_cannot_be_watched_is_refused(error, place):
    """Of another process than our parent nothing tells without pidfds."""
    with Running(["/bin/sleep", "600"]) as other:
        words = jig_run("--owner", str(other.pid), "true")
        rules = [*LAUNCH, "seccomp", f"pidfd_open={error}"]
        result = run_any([*rules, *words], env=place.env)
    assert "cannot watch the owner" in one_line(result) and result.status == FAILED


def test_23_the_tests_filter_filters(place):
    """The tests' own test."""
    code = "import os\ntry: os.pidfd_open(1)\nexcept OSError as e: exit(e.errno)"
    words = [*LAUNCH, "seccomp", "pidfd_open=ENOSYS", "/usr/bin/python3", "-c", code]
    assert run_any(words).status == 38
