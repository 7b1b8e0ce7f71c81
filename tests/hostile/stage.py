# SPDX-License-Identifier: MIT
"""The stage: one hostile program, under one tool, under one owner.

    owner (owner.c, as root or as an ordinary user)
     └─ tool (jig run, tini, …)
         └─ the hostile program, a private copy

A scene starts them, waits for the program to be ready, brings about one of the
ends, and clears everything away afterwards, whatever happened. The escape matrix
(tests/integration/escapes) and the public table (bench/escapes.py) are
both played here. What is left in the end is for the oracle to say.
"""

import contextlib
import fcntl
import functools
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent

sys.path.insert(0, str(HERE.parent / "support"))
import oracle  # noqa: E402

#: An ordinary user that owns nothing.
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
IDENTITIES = ("root", "user")

MAIN_EXITS = "main exits"
TERM = "SIGTERM to the tool"
KILL = "SIGKILL to the tool"
KILL_SUPERVISOR = "SIGKILL to the supervisor"
KILL_OWNER = "SIGKILL to the owner"

_SKIP = 77
_READY_S = 30 * oracle.TIME_SCALE


class Way(NamedTuple):
    name: str
    who: str
    edge: int
    what: str


class CannotTake(Exception):
    """This way to escape does not exist here: the program exited with 77."""


class NotReady(Exception):
    """The program never became ready."""


def ways(who="all"):
    """The lines of ways.txt: the 22 for all, or those for root alone."""
    lines = (HERE / "ways.txt").read_text().splitlines()
    rows = (line.split(None, 3) for line in lines if line and line[0] != "#")
    found = [Way(name, by, int(edge), what) for name, by, edge, what in rows]
    return [way for way in found if way.who == who]


def jig_path():
    return pathlib.Path(os.environ.get("JIG") or TOP / "build" / "jig").resolve()


def programs_path():
    """Where the hostile programs were built to: HOSTILE, or beside jig."""
    return pathlib.Path(os.environ.get("HOSTILE") or jig_path().parent / "tests" / "hostile")


def as_identity(identity):
    """The words before a command that make it run as that identity."""
    return AS_NOBODY if identity == "user" and os.geteuid() == 0 else []


class Scene:
    """One run. Use it with with: the end of the block leaves nothing behind."""

    # A copy that is still open for writing in a child of another thread cannot
    # be executed (ETXTBSY), so copying and starting take turns.
    _turn = threading.Lock()

    def __init__(self, way, tool, mode, identity="root", cgroup=None, env=None):
        self._way = way
        self._tool = tool
        self._mode = mode
        self._identity = identity
        self._cgroup = cgroup
        self._env = env or {}
        self._pinned = {}
        self._clear = contextlib.ExitStack()
        self.tool_status = None

    def __enter__(self):
        with self._clear:
            self._set_up()
            self._start()
            self._clear = self._clear.pop_all()
        return self

    def __exit__(self, *_):
        self._clear.close()

    def _set_up(self):
        self._dir = pathlib.Path(tempfile.mkdtemp(prefix="jig-scene-"))
        self._clear.callback(shutil.rmtree, self._dir, ignore_errors=True)
        self._dir.chmod(0o755)
        work = self._dir / "work"
        work.mkdir()
        if as_identity(self._identity):
            os.chown(work, NOBODY, NOBODY)
        self._work = work
        self._ready = work / "ready"
        self._log = self._dir / "log"

    def _start(self):
        copy = self._dir / self._way
        with self._turn:
            shutil.copy(programs_path() / self._way, copy)
            self.program = oracle.Program(copy)
            self._clear.callback(self.program.close)
            self._clear.callback(oracle.kill_all, self.program)
            self._owner = self._popen(copy)
        self._clear.callback(self._end_owner)
        self._clear.callback(self._kill_pinned)
        self._pin_tool()

    def _popen(self, copy):
        command = [*as_identity(self._identity), str(programs_path() / "owner")]
        command += [*self._tool, str(copy), str(self._ready), self._mode]
        if self._cgroup:
            join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
            command = ["sh", "-c", join, str(self._cgroup), *command]
        env = {"PATH": os.environ["PATH"], "HOME": str(self._work), "LC_ALL": "C"}
        with open(self._log, "wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._work,
                env=env | self._env,
            )

    def _pin_tool(self):
        words = self._owner.stdout.readline().split()
        if words[:1] != [b"pid"]:
            raise NotReady(f"the owner did not start: {self.log()}")
        self.tool = int(words[1])
        self._pin(self.tool)

    def _pin(self, pid):
        try:
            self._pinned[pid] = os.pidfd_open(pid)
        except ProcessLookupError:
            pass

    def await_ready(self):
        """Wait for the program to say that its descendants are set up."""
        ends = time.monotonic() + _READY_S
        while not self._ready.exists():
            ended = self._await_pinned([self.tool], time.monotonic() + 0.002)
            if ended and not self._ready.exists():
                self._explain_end()
            if time.monotonic() > ends:
                raise NotReady(f"not ready after {_READY_S} s: {self.log()}")

    def _explain_end(self):
        status = self.status()
        if status == _SKIP:
            raise CannotTake(f"{self._way}: this machine does not allow it")
        raise NotReady(f"the tool ended with {status} before ready: {self.log()}")

    def pin_helpers(self):
        """Find and pin the tool's own children: those that are not the program."""
        known = set(self._pinned)
        for pid in _children_of(self.tool):
            if oracle.file_key(f"/proc/{pid}/exe") != self.program.key:
                self._pin(pid)
        return sorted(set(self._pinned) - known)

    def signal(self, pid, signo):
        if pid in self._pinned:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pinned[pid], signo)

    def kill_owner(self):
        self._owner.kill()
        self._owner.wait()

    def await_tool(self, deadline_s):
        """Wait for the tool and its helpers to end; return those that have not."""
        ends = time.monotonic() + deadline_s
        return [pid for pid in self._pinned if not self._await_pinned([pid], ends)]

    def _await_pinned(self, pids, ends):
        fds = [self._pinned[pid] for pid in pids if pid in self._pinned]
        for fd in fds:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            left_ms = max(0, ends - time.monotonic()) * 1000
            if not poll.poll(left_ms):
                return False
        return True

    def status(self):
        """The tool's exit status, 128+n for signal n; None if the owner is dead."""
        if self.tool_status is None:
            words = self._owner.stdout.readline().split()
            if words[:1] == [b"status"]:
                code = os.waitstatus_to_exitcode(int(words[1]))
                self.tool_status = code if code >= 0 else 128 - code
        return self.tool_status

    def log(self):
        text = self._log.read_text(errors="replace").strip()
        return text[-600:] or "(it said nothing)"

    def _kill_pinned(self):
        for pid, fd in self._pinned.items():
            self.signal(pid, signal.SIGKILL)
            os.close(fd)
        self._pinned = {}

    def _end_owner(self):
        self._owner.kill()
        self._owner.wait()
        self._owner.stdout.close()


def _children_of(parent):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat:
                ppid = stat.read().rsplit(b") ", 1)[1].split()[1]
        except (OSError, IndexError):
            continue
        if int(ppid) == parent:
            yield int(pid)


def cgroup2_mount():
    """Where cgroup v2 is mounted and writable for us, or None."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            before, after = line.split(" - ", 1)
            path = before.split()[4].replace("\\040", " ")
            if after.split()[0] == "cgroup2" and os.access(path, os.W_OK):
                return pathlib.Path(path)
    return None


@contextlib.contextmanager
def subtree(identity):
    """A control group of the test's own, delegated to the identity."""
    _clear_abandoned()
    group, held = _make_group()
    try:
        if as_identity(identity):
            for file in ("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                os.chown(group / file, NOBODY, NOBODY)
        yield group
    finally:
        _remove_group(group)
        os.close(held)


#: The process that makes one holds its lock, which the kernel drops when it dies.
GROUP = "jig-test-"


def _lock(group):
    """A descriptor, or None: a process that lives holds it, or it is gone."""
    try:
        fd = os.open(group, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def _make_group():
    while True:
        group = pathlib.Path(tempfile.mkdtemp(prefix=GROUP, dir=cgroup2_mount()))
        held = _lock(group)
        # Else another run has taken it for an abandoned one, and removes it.
        if held is not None and group.exists():
            return group, held


@functools.lru_cache(maxsize=None)
def _clear_abandoned():
    """Groups of runs that were killed by SIGKILL, once in each of ours."""
    for group in cgroup2_mount().glob(GROUP + "*"):
        held = _lock(group)
        if held is None:
            continue
        with contextlib.suppress(OSError):  # another run removes it, too
            _remove_group(group)
        os.close(held)


def groups_in(group):
    return [path for path in group.iterdir() if path.is_dir()]


def _remove_group(group):
    # Linux 5.10 has no such file; the oracle has ended all processes by then.
    if (group / "cgroup.kill").exists():
        (group / "cgroup.kill").write_text("1")
    for _ in oracle.looks(time.monotonic() + 10 * oracle.TIME_SCALE):
        if "populated 0" in (group / "cgroup.events").read_text():
            break
    _remove_tree(group)


def _remove_tree(group):
    """Not by recursion: a test nests a thousand of them."""
    found = [group]
    for one in found:
        found += groups_in(one)
    for one in reversed(found):
        one.rmdir()
