# SPDX-License-Identifier: MIT
"""jig.Popen: subprocess.Popen that ends the whole tree of processes.

It is a subclass of subprocess.Popen. Pipes, text, communicate() and repr() are
those of the standard library; jig starts the process, waits for it and ends it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, AnyStr, Optional

from jig import _jig
from jig._checks import as_bytes, as_environment, as_words
from jig._command import choice, user_fields
from jig._errors import execve_errno
from jig._policy import Policy, steps
from jig._program import program_fields
from jig._report import StopReport
from jig._run import Run
from jig._via import check_via, user_there, via_fields

#: The highest descriptor of a command, see struct jig_fd in jig.h.
_LAST_FD = 1023

_NO_PREEXEC_FN = (
    "jig.Popen runs no preexec_fn, because it never forks your process. It takes "
    "os.setsid (start_new_session=True) and os.setpgrp (process_group=0)"
)

#: For struct jig_command: all that you ignore.
_ALL_SIGNALS = 2**64 - 1


class Popen(subprocess.Popen[AnyStr]):
    """subprocess.Popen that also ends every process that the command has started.

    When the main process exits, jig ends all processes that it has left (see
    `report`). wait() and poll() report the end when the whole tree has ended.
    terminate(), kill() and send_signal() send their signals to the main process,
    and the end of a with block waits for it, as in the standard library. An
    exception that leaves the with block, close(), garbage collection and the end
    of your process stop all processes.

    It has the options of subprocess.Popen, and these:

    grace (float or None, seconds; default 10)
        Time from SIGTERM to SIGKILL. None: 10.
    stop (str, iterable of steps, or None; default None)
        A policy with several steps, which replaces `grace`: "INT 2s TERM 5s", or
        [("INT", 2), ("TERM", 5)], with times in seconds.
    cage (str; default 'auto')
        "auto", "cgroup", "pidns", "subreaper" or "pgroup", see jig-run(1).
    via (str or None; default None)
        Run it on the machine or in the container that this command leads to, for
        example "ssh host". None: here. See OTHER MACHINES in jig-run(1).
    via_jig (str or None; default None)
        jig there: a path, or a name that is looked up there. None: "jig".
    via_address (str or None; default None)
        The host name or address by which you reach that machine. None: ssh's host.
    via_timeout (float or None, seconds; default None)
        Time limit until jig there answers. None: 30.
    via_push (bool; default False)
        Copy jig there, for this run, if it is missing.

    Differences from subprocess.Popen: The process is not a child of yours, so
    os.waitpid() does not find it. jig never forks your process, so preexec_fn is
    os.setsid, which means start_new_session=True, or os.setpgrp, which means
    process_group=0; any other function is a ValueError. With restore_signals (the
    default) all signals have their default disposition, not only SIGPIPE and
    SIGXFSZ, except that in your process group SIGHUP, SIGINT, SIGQUIT, SIGTSTP,
    SIGTTIN and SIGTTOU stay ignored if you ignore them; with
    restore_signals=False every signal except SIGCHLD stays ignored. Session and
    process group are those of subprocess.Popen: yours, or its own with
    start_new_session or process_group=0.

    With `via` the command runs on another machine: cwd, executable and the options for
    users are those of that machine, where user and group are both numbers; env is its
    whole environment, and without env it has the one there, not yours. pass_fds is
    empty, and close_fds is True. pid is a process of jig here.
    """

    # For type checkers _popen_types.pyi has the options.
    def __init__(
        self,
        args: Any,
        *rest: Any,
        grace: Optional[float] = 10,
        stop: Optional[Policy] = None,
        cage: str = "auto",
        via: Optional[str] = None,
        via_jig: Optional[str] = None,
        via_address: Optional[str] = None,
        via_timeout: Optional[float] = None,
        via_push: bool = False,
        **options: Any,
    ):
        self._run: Optional[Run] = None
        self._jig_fields = {
            "steps": steps(grace, stop),
            "cage": choice("CAGE", cage),
            **via_fields(via, via_jig, via_address, via_timeout, via_push),
            **program_fields(),
        }
        super().__init__(args, *rest, **options)

    def _group(self, start_new_session: bool, process_group: int) -> int:
        if process_group > 0:
            raise ValueError("jig.Popen joins no other process group")
        if start_new_session:
            return _jig.GROUP_SESSION
        if process_group == 0 or self._jig_fields["cage"] == _jig.CAGE_PGROUP:
            return _jig.GROUP_PGROUP
        return _jig.GROUP_INHERIT

    # The parameters are those of the standard library from 3.9 on; later
    # versions have added to the end.
    def _execute_child(  # type: ignore[no-untyped-def]
        self,
        args,
        executable,
        preexec_fn,
        close_fds,
        pass_fds,
        cwd,
        env,
        startupinfo,
        creationflags,
        shell,
        p2cread,
        p2cwrite,
        c2pread,
        c2pwrite,
        errread,
        errwrite,
        restore_signals,
        gid,
        gids,
        uid,
        umask,
        start_new_session,
        process_group=-1,
    ) -> None:
        if preexec_fn is os.setsid:
            start_new_session = True
        elif preexec_fn is os.setpgrp:
            process_group = 0
        elif preexec_fn is not None:
            raise ValueError(_NO_PREEXEC_FN)
        argv = _argv(args, executable, shell)
        program = argv[0] if executable is None else executable
        is_there = "via" in self._jig_fields
        sys.audit("subprocess.Popen", program, argv, cwd, env)
        fields = {
            **self._jig_fields,
            **(user_there if is_there else user_fields)(uid, gid, gids),
            "argv": as_words("args", argv),
            "in": _inherited(p2cread),
            "out": _inherited(c2pwrite),
            "err": _inherited(errwrite),
            "fds": _descriptors(close_fds, pass_fds),
            "group": self._group(start_new_session, process_group),
            "keep_ignored": 0 if restore_signals else _ALL_SIGNALS,
        }
        if cwd is not None:
            fields["cwd"] = as_bytes("cwd", cwd)
        if env is not None:
            fields.update(env=as_environment(env), clear_env=True)
        if umask >= 0:
            fields.update(umask=umask, set_umask=True)
        if executable is not None:
            fields["path"] = as_bytes("executable", executable)
        check_via(fields)
        self._start(fields, program, cwd)
        self._close_pipe_fds(  # type: ignore[attr-defined]
            p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite
        )

    def _start(self, fields: dict[str, Any], executable: Any, cwd: Any) -> None:
        try:
            self._run = Run(fields)
        except OSError as error:
            if "via" in fields:
                raise  # The reason may be the way there.
            number = execve_errno(error.errno or 0)
            named = cwd if cwd is not None and not _can_enter(cwd) else executable
            raise OSError(number, os.strerror(number), named) from None
        self.pid = self._run.pid
        self._child_created = True

    def _internal_poll(self, *_: Any, **__: Any) -> Optional[int]:
        return self._look(0)

    def _wait(self, timeout: Optional[float]) -> Optional[int]:
        found = self._look(-1 if timeout is None else max(timeout, 0))
        if found is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return found

    def _look(self, seconds: float) -> Optional[int]:
        if self.returncode is None and self._run and self._run.wait(seconds):
            self.returncode = self._run.returncode
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send a signal to the main process; does nothing if it has ended."""
        if self.poll() is None and self._run:
            self._run.signal(sig)

    @property
    def report(self) -> Optional[StopReport]:
        """The report of what happened; None before the end."""
        return self._run.report if self._run else None

    def close(self) -> None:
        """Stop the whole tree by its policy, and wait until no process is left.

        During a stop, only wait for its end.
        """
        if self._run:
            self._run.end()
            self.returncode = self._run.returncode

    def hurry(self) -> None:
        """Begin the next step of the stop now, or begin a stop. Never blocks."""
        if self._run:
            self._run.hurry()

    def __exit__(self, exc_type: Any, value: Any, traceback: Any) -> None:
        if self._run and not self._run.is_ours:
            return  # In a child of os.fork(): the parent waits for it.
        if exc_type is not None:
            self.close()
        super().__exit__(exc_type, value, traceback)

    def __del__(self) -> None:
        """Empty: Run ends what still runs. The base class would wait for it."""


def _argv(args: Any, executable: Any, shell: bool) -> list[Any]:
    """Make argv of args, executable and shell, as the standard library does."""
    if isinstance(args, os.PathLike) and shell:
        raise TypeError("path-like args is not allowed when shell is true")
    one = isinstance(args, (str, bytes, os.PathLike))
    argv = [args] if one else list(args)
    if not argv:
        raise ValueError("args is an empty list: it needs a program")
    if shell:
        argv = ["/bin/sh" if executable is None else executable, "-c", *argv]
    return argv


def _inherited(fd: int) -> tuple[int, int, None]:
    return (_jig.STDIO_INHERIT if fd == -1 else _jig.STDIO_FD, fd, None)


def _descriptors(close_fds: bool, pass_fds: Any) -> list[tuple[int, int]]:
    numbers = {int(fd) for fd in pass_fds} if close_fds else _inheritable()
    return [(fd, fd) for fd in sorted(numbers) if fd > 2]


def _inheritable() -> set[int]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) <= _LAST_FD and os.get_inheritable(int(name)):
                found.add(int(name))
        except OSError:
            pass  # The one that listed them, or another thread's.
    return found


def _can_enter(path: Any) -> bool:
    return os.path.isdir(path) and os.access(path, os.X_OK)
