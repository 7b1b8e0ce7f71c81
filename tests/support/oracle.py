# SPDX-License-Identifier: MIT
"""The oracle: is anything of a program still alive? It does not ask jig.

Every run gets a private copy of its program, so that the file is the mark: a
process belongs to the run if it executes that file, whatever it did to its
parents, session, user, name, environment, control group or pid namespace.

Two witnesses that know nothing of each other must agree before the oracle says
"nothing":

- /proc/PID/exe of every process, and of every thread where the leader has
  exited. This witness has names (pids), but a relay (fork, exit, fork, exit) is
  gone before it looks.
- The kernel refuses to open a file for writing while a process executes it
  (ETXTBSY). This witness has no names, but it has no gaps either: a parent dies
  after its child was born. Linux 6.11 and 6.12 do not do this; there, the first
  witness is asked many times.

A zombie executes nothing and counts as gone. Run it as root: an ordinary user
sees the processes of that user only.
"""

import errno
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

#: How much slower than ours this machine is (an emulated one): every deadline of
#: the tests is stretched by it.
TIME_SCALE = float(os.environ.get("JIG_TIME_SCALE", "1"))

#: Stands in a list of pids for a process that /proc did not show in time.
UNNAMED = 0

#: How often to look at /proc, by what the kernel says: once when it says that
#: there is no process, more often for a name, very often when it says nothing.
_LOOKS = {False: 1, True: 3, None: 25}
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.02


class Program:
    """A file by its identity, which outlives its name. Close it, or use with."""

    def __init__(self, path):
        self.path = os.fspath(path)
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        status = os.fstat(self._fd)
        self.key = (status.st_dev, status.st_ino)

    def is_executed(self):
        """Ask the kernel; None when this kernel does not say."""
        if not _kernel_says_busy():
            return None
        return _refuses_writers(f"/proc/self/fd/{self._fd}")

    def unlink(self):
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass

    def close(self):
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def alive(program):
    """Processes that execute the program: pids, or tids where the leader has exited.

    [UNNAMED] when a process does, but was never there when looked at.
    """
    with _opened(program) as opened:
        return _alive(opened)


def seen(program):
    """The pids that /proc shows: all that may be asked while a process is about to
    execute the program. (alive() opens it for writing, and for that moment the
    kernel refuses to execute it, with ETXTBSY, too.)"""
    with _opened(program) as opened:
        return [tid for _, tid in _find(opened)]


def wait_gone(program, deadline_s):
    """Wait until nothing executes the program; return those that still do."""
    with _opened(program) as opened:
        ends = time.monotonic() + deadline_s
        for _ in looks(ends):
            if not opened.is_executed() and not _alive(opened):
                return []
        return _alive(opened)


def kill_all(program, deadline_s=20 * TIME_SCALE):
    """End whatever executes the program, and nothing else.

    The file is unlinked first: by that a hostile program knows that it has to
    stop multiplying. Then stop all until there is no new process, then kill them.
    """
    with _opened(program) as opened:
        opened.unlink()
        ends = time.monotonic() + deadline_s
        for _ in looks(ends):
            if not opened.is_executed() and not _alive(opened):
                return
            _sweep(opened, signal.SIGSTOP, ends)
            _sweep(opened, signal.SIGKILL, ends)
        raise RuntimeError(f"cannot end: {describe(_alive(opened))}")


def describe(pids):
    """What a failed test says about the processes that are left."""
    return ", ".join(_describe(pid) for pid in pids) or "nothing"


def looks(ends):
    """Yield until CLOCK_MONOTONIC passes ends, less often as time goes by."""
    pause = _FIRST_PAUSE_S
    yield
    while time.monotonic() < ends:
        select.select([], [], [], pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        yield


def file_key(path):
    """The identity of a file, whatever its name; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


class _opened:
    """A Program stays open, a path is opened for the while."""

    def __init__(self, program):
        self._ours = not isinstance(program, Program)
        self._program = Program(program) if self._ours else program

    def __enter__(self):
        return self._program

    def __exit__(self, *_):
        if self._ours:
            self._program.close()


def _refuses_writers(path):
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
    except OSError as error:
        if error.errno != errno.ETXTBSY:
            raise
        return True
    return False


_says_busy = None


def _kernel_says_busy():
    global _says_busy
    if _says_busy is None:
        try:
            _says_busy = _refuses_writers("/proc/self/exe")
        except OSError:
            _says_busy = _says_busy_of_a_copy()
    return _says_busy


def _says_busy_of_a_copy():
    """If we may not write to our own program."""
    with tempfile.TemporaryDirectory(prefix="jig-oracle-") as folder:
        copy = os.path.join(folder, "sleep")
        subprocess.run(["cp", "--", shutil.which("sleep"), copy], check=True)
        with subprocess.Popen([copy, "60"]) as sleeper:
            try:
                return _refuses_writers(copy)
            finally:
                sleeper.kill()


def _alive(program):
    busy = program.is_executed()
    for _ in range(_LOOKS[busy]):
        named = [tid for _, tid in _find(program)]
        if named:
            return named
    return [UNNAMED] if busy and program.is_executed() else []


def _find(program):
    """Yield (pid, tid) of each process that executes the program."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        key = file_key(f"/proc/{pid}/exe")
        if key == program.key:
            yield int(pid), int(pid)
        elif key is None:
            # The leader has no memory any more; a thread may have. While the
            # leader lives its threads execute what it executes.
            yield from _find_thread(program, pid)


def _find_thread(program, pid):
    try:
        tids = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for tid in tids:
        if file_key(f"/proc/{pid}/task/{tid}/exe") == program.key:
            yield int(pid), int(tid)
            return


def _sweep(program, signo, ends):
    """Signal all, look again, until there is no new process."""
    reached = set()
    while time.monotonic() < ends:
        new = [found for found in _find(program) if found not in reached]
        if not new:
            return
        for pid, tid in new:
            _signal(program, pid, tid, signo)
            reached.add((pid, tid))


def _signal(program, pid, tid, signo):
    """Pin, confirm, signal: a pid alone may be another process by now."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if file_key(f"/proc/{pid}/task/{tid}/exe") == program.key:
            signal.pidfd_send_signal(pidfd, signo)
    except ProcessLookupError:
        pass
    finally:
        os.close(pidfd)


def _describe(pid):
    if pid == UNNAMED:
        return "one that is never there when looked at"
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            line = stat.read().decode(errors="replace")
    except OSError:
        return f"{pid} (gone since)"
    comm, rest = line.split("(", 1)[1].rsplit(") ", 1)
    state, ppid, pgrp, session = rest.split()[:4]
    return f"{pid} ({comm}, {state}, parent {ppid}, group {pgrp}, session {session})"
