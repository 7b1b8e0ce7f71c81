# SPDX-License-Identifier: MIT
"""Every system call of jig's set-up fails in turn: a clear error or a right
run, and nothing left.

A first run without any fault says which calls there are, and by which process
(tracer.py); then there is one run for each of them and each error. By default
a sample of these is run: the first and the last of each name, with one error.
JIG_FAULTS=all runs all. SIGKILL at a call (EDGE_CASES 14): guard or supervisor
die at each stage.
"""

import contextlib
import errno
import os
import pathlib
import platform
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import helpers  # noqa: E402
import mounts  # noqa: E402
import places  # noqa: E402
import tracer  # noqa: E402
from helpers import oracle, stage  # noqa: E402

ALL = os.environ.get("JIG_FAULTS") == "all"

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="x86_64 alone"),
    pytest.mark.skipif(not helpers.IS_ROOT, reason="needs root"),
]

#: The command: it leaves a process behind, says that it ran, and has a status.
SCRIPT = "sleep 1000 & : >ran; echo go; exit 42"
STATUS = 42

#: What each call may fail with, the likeliest first.
ERRORS = {
    "bind": "EADDRINUSE EACCES",
    "brk": "ENOMEM",
    "chdir": "EACCES",
    "clone": "EAGAIN ENOMEM EPERM",
    "clone3": "EAGAIN ENOSYS EPERM EACCES EBUSY EOPNOTSUPP ENODEV",
    "close_range": "ENOSYS EPERM",
    "dup3": "EMFILE EBUSY",
    "execve": "ENOENT EACCES ENOEXEC ENOMEM E2BIG ETXTBSY ELOOP EIO",
    "fcntl": "EMFILE EINVAL",
    "flock": "ENOLCK EINTR EAGAIN",
    "fsconfig": "EPERM",
    "fsmount": "EPERM",
    "fsopen": "ENOSYS EPERM",
    "fstat": "EIO",
    "fstatfs": "EIO ENOSYS",
    "ftruncate": "EFBIG",
    "getdents64": "ENOMEM EIO",
    "getrandom": "EAGAIN ENOSYS",
    "getsockname": "ENOBUFS",
    "ioctl": "EIO ENOTTY",
    "kill": "EPERM ESRCH",
    "listen": "EADDRINUSE",
    "memfd_create": "EMFILE ENOSYS",
    "mkdir": "EACCES ENOSPC EROFS",
    "mkdirat": "EACCES ENOSPC EROFS ENOMEM EEXIST",
    "mmap": "ENOMEM",
    "mount": "EPERM",
    "move_mount": "EPERM",
    "newfstatat": "EACCES ENOENT",
    "open": "EMFILE EACCES ENOENT ENOMEM",
    "openat": "EMFILE EACCES ENOENT ENOMEM ENODEV",
    "pipe2": "EMFILE ENFILE",
    "pidfd_open": "ENOSYS EMFILE EPERM",
    "pidfd_send_signal": "ENOSYS EPERM ESRCH",
    "poll": "EINTR ENOMEM",
    "prctl": "EINVAL EPERM",
    "prlimit64": "EPERM",
    "read": "EIO EINTR ENODEV",
    "recvmsg": "EINTR ENOMEM",
    "sendmsg": "ENOBUFS EPIPE",
    "renameat": "EACCES ENOSPC",
    "setpgid": "EPERM EACCES",
    "setgroups": "EPERM",
    "setresgid": "EPERM",
    "setresuid": "EAGAIN EPERM",
    "setsid": "EPERM",
    "setsockopt": "ENOPROTOOPT",
    "signalfd4": "EMFILE ENOMEM",
    "socket": "EMFILE EAFNOSUPPORT",
    "socketpair": "EMFILE ENOBUFS",
    "stat": "EACCES",
    "unlinkat": "EBUSY EACCES",
    "unshare": "EPERM ENOSPC",
    "wait4": "EINTR",
    "waitid": "EINTR",
    "write": "EIO EBUSY EACCES ENODEV EINTR",
}

#: Sockets, a port, probes and a log.
READY = ["--listen", "a=:0", "--listen", "b=unix:s", "--port", "c", "--ready", "log:go"]
READY += ["--ready", "notify", "--or", "fd:9", "--or", "log:go", "--log", "log"]

#: (cage, identity, more options): with a cgroup, it is a delegated one of the
#: test's own. {work} is the place's.
SETTINGS = [
    ("auto", "root"),
    ("auto", "user"),
    ("cgroup", "user"),
    ("subreaper", "root"),
    ("subreaper", "root", "--chdir", "{work}"),
    ("subreaper", "root", "--user", "nobody"),
    ("subreaper", "root", *READY),
    ("subreaper", "user"),
    ("pidns", "root"),
    ("pidns", "user"),
]


#: A sanitizer dies without memory.
_MEMORY = {"brk", "mmap", "mremap", "madvise"}


class Setting:
    """How jig is started here, and what has to be gone afterwards."""

    def __init__(self, place, cage: str, identity: str, more: list[str], group):
        self.place, self.cage, self.identity, self.group = place, cage, identity, group
        self._more = [word.format(work=place.work) for word in more]
        # A leak check needs ptrace, which we have taken.
        sanitized = {"ASAN_OPTIONS": "detect_leaks=0"} if helpers.is_sanitized() else {}
        self._options = {"env": place.env | sanitized, "cwd": place.work}
        place.copy(stage.jig_path(), "jig")

    def command(self, *words: str) -> list[str]:
        jig = str(self.place.bin / "jig")
        return [jig, "run", "--cage", self.cage, *words]

    def before(self) -> None:
        """In the new process."""
        if self.group:
            (self.group / "cgroup.procs").write_text("0")
        if self.identity == "user":
            os.setgroups([])
            os.setresgid(*[stage.NOBODY] * 3)
            os.setresuid(*[stage.NOBODY] * 3)

    def run(self, fault=None, script=SCRIPT, hold=False) -> tracer.Traced:
        with contextlib.suppress(FileNotFoundError):
            self._ran.unlink()
        words = ["--grace", "100ms", "--leftovers", "ignore", *self._more]
        words += self.place.sh(script)
        return tracer.run(self.command(*words), fault, self.before, hold=hold, **self._options)

    @property
    def has_run(self) -> bool:
        return self._ran.exists()

    @property
    def _ran(self) -> pathlib.Path:
        return self.place.work / "ran"

    def traces(self, guard: int) -> list[str]:
        """Directories that name this guard, whole or half-made."""
        folders = [self.group] if self.group else []
        folders += [pathlib.Path("/run/jig"), self.place.work / "jig"]
        folders += [pathlib.Path(f"/tmp/jig-{uid}") for uid in (0, stage.NOBODY)]
        return [
            str(path)
            for folder in folders
            if folder.is_dir()
            for path in folder.iterdir()
            if path.name.lstrip(".").startswith(f"jig-{guard}-")
        ]

    def complaint(self, fault, traced: tracer.Traced) -> str:
        """What is wrong with this run; "" if nothing is."""
        if traced.late:
            return "it did not end"
        if left := self.place.await_empty():
            return f"left: {oracle.describe(left)}"
        wrong = self._wrong_status(fault, traced)
        if not wrong and self.traces(traced.guard):
            wrong = self._clear_traces(traced.guard)
        return wrong

    def _clear_traces(self, guard: int) -> str:
        """The next jig clears them; no other jig runs here."""
        tracer.run(self.command("true"), None, self.before, **self._options)
        left = self.traces(guard)
        return f"the next jig has left {left}" if left else ""

    def _wrong_status(self, fault, traced: tracer.Traced) -> str:
        said, lines = f"status {traced.status}: {traced.err!r}", traced.err.splitlines()
        if traced.status == STATUS:
            return "" if self._ran.exists() else f"it has not run; {said}"
        if not fault.error and traced.status == 137:
            return ""
        if traced.status not in (125, 126, 127):
            return said
        if "jig: its last lines:" in lines:
            lines = lines[: lines.index("jig: its last lines:")]
        clear = 1 <= len(lines) <= 3 and all(line.startswith("jig: ") for line in lines)
        return "" if clear else f"unclear: {said}"


@pytest.fixture(autouse=True)
def own_registry():
    with mounts.own_registry():
        yield


@pytest.fixture(params=SETTINGS, ids=lambda words: "-".join(words).replace("{work}", ""))
def setting(request):
    cage, identity, *more = request.param
    with contextlib.ExitStack() as stack:
        group = None
        if cage == "cgroup" or (cage, identity) == ("auto", "root"):
            if not stage.cgroup2_mount():
                pytest.skip("no cgroup v2 that we may write to")
            group = stack.enter_context(stage.subtree(identity))
        place = stack.enter_context(places.opened("jig-fault-"))
        yield Setting(place, cage, identity, more, group)


def own_calls(traced) -> list[tracer.Call]:
    """Without a sanitizer's calls: main() begins by checking descriptors 0, 1 and 2."""
    if not helpers.is_sanitized():
        return traced.calls
    begin = traced.calls.index(tracer.Call(tracer.GUARD, "fcntl", 1))
    return [call for call in traced.calls[begin:] if call.name not in _MEMORY]


def plan(setting, role: str) -> list[tracer.Call]:
    """The calls of this process in a run without a fault."""
    try:
        traced = setting.run()
    except PermissionError:
        pytest.skip("no ptrace here")
    if traced.status == 125 and setting.cage == "pidns":
        pytest.skip(f"no pid namespace here: {traced.err}")
    assert (traced.status, traced.late) == (STATUS, False), traced
    calls = [call for call in own_calls(traced) if call.role == role]
    if ALL:
        return calls
    ends = {}
    for call in calls:
        ends.setdefault(call.name, [call, call])[1] = call
    return list(dict.fromkeys(call for pair in ends.values() for call in pair))


def complaints(setting, faults) -> list[str]:
    found = []
    for fault in faults:
        wrong = setting.complaint(fault, setting.run(fault))
        if wrong:
            name = errno.errorcode.get(fault.error, "SIGKILL")
            role, call, nth = fault.call
            found.append(f"{role} {call} {nth} {name}: {wrong}")
    return found


def check(setting, faults) -> None:
    found = complaints(setting, faults)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("role", [tracer.GUARD, tracer.SUPERVISOR, tracer.CHILD])
def test_23_34_each_system_call_of_set_up_fails(setting, role):
    faults = []
    for call in plan(setting, role):
        names = ERRORS.get(call.name, "").split()
        for name in names if ALL else names[:1]:
            faults.append(tracer.Fault(call, getattr(errno, name)))
    check(setting, faults)


@pytest.mark.parametrize("role", [tracer.GUARD, tracer.SUPERVISOR])
def test_14_sigkill_at_each_stage(setting, role):
    calls = plan(setting, role)
    check(setting, [tracer.Fault(call, 0) for call in calls if ALL or call.nth == 1])


def opened(cage: str, identity: str, stack) -> Setting:
    """One setting that is not in the table."""
    group = None
    if cage == "cgroup":
        if not stage.cgroup2_mount():
            pytest.skip("no cgroup v2 that we may write to")
        group = stack.enter_context(stage.subtree(identity))
    place = stack.enter_context(places.opened("jig-fault-"))
    return Setting(place, cage, identity, [], group)


def behind_the_clone(traced) -> list[tracer.Call]:
    """The first that the supervisor calls from the clone of main on."""
    calls = [call for call in own_calls(traced) if call.role == tracer.SUPERVISOR]
    names = [call.name for call in calls]
    first = next(i for i, name in enumerate(names) if name.startswith("clone")) + 1
    return calls[first : first + 40]


@pytest.mark.parametrize("cage", ["pgroup", "subreaper", "cgroup"])
def test_14_the_supervisor_is_killed_behind_the_clone_of_main(cage):
    """Main may not have run yet, and no process has noted its pid: it is ended all
    the same, also where it has no group of its own yet. At each of the calls."""
    with contextlib.ExitStack() as stack:
        setting = opened(cage, "root", stack)
        try:
            calls = behind_the_clone(setting.run())
        except PermissionError:
            pytest.skip("no ptrace here")
        check(setting, [tracer.Fault(call, 0) for call in calls])


@pytest.mark.parametrize("cage", ["pgroup", "subreaper", "cgroup"])
def test_14_main_that_was_not_scheduled_before_all_had_ended_does_not_run(cage):
    """The supervisor is killed, and the guard cannot wait for main for ever."""
    with contextlib.ExitStack() as stack:
        setting = opened(cage, "root", stack)
        try:
            first = behind_the_clone(setting.run())[0]
        except PermissionError:
            pytest.skip("no ptrace here")
        fault = tracer.Fault(first, 0)
        traced = setting.run(fault, hold=True)
        assert traced.hit, traced
        assert setting.complaint(fault, traced) == ""
        assert not setting.has_run


#: Leaves three behind, in groups of their own, that ignore SIGTERM. They have gone
#: to an older pid namespace: no descendants of jig's, so the group alone names them.
DEAF = """
cd {mount}$(sed -n s/^0:://p /proc/self/cgroup) || exit 9
mkdir a a/b c || exit 8; trap '' TERM
for group in a/b c .; do
    echo $$ >$group/cgroup.procs; nsenter -t {init} -p sh -c '(exec sleep 1000 &)'
done
: >{ran}; exit 42
"""


def test_20_without_cgroup_kill_all_are_ended():
    """Linux before 5.14: the group is frozen, each member killed, and thawed."""
    with contextlib.ExitStack() as stack:
        setting = opened("cgroup", "root", stack)
        words = ["unshare", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", "echo; read x"]
        older = stack.enter_context(helpers.Running(words, stdin=-1))
        older.line()
        (init,) = helpers.children_of(older.pid)
        ran = setting.place.work / "ran"
        script = DEAF.format(mount=stage.cgroup2_mount(), init=init, ran=ran)
        call = tracer.Call(tracer.SUPERVISOR, "openat", 0)
        fault = tracer.Fault(call, errno.ENOENT, "cgroup.kill")
        try:
            traced = setting.run(fault, script)
        except PermissionError:
            pytest.skip("no ptrace here")
        assert traced.hit, traced
        assert not setting.complaint(fault, traced)
        assert "survivor" not in traced.err
        assert stage.groups_in(setting.group) == []
