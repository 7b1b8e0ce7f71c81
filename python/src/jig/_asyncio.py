# SPDX-License-Identifier: MIT
"""create_subprocess_exec() and _shell(): asyncio's, for jig.Popen.

Streams, protocol and transport are those of asyncio. Only the start is ours, and how
the loop learns of the end: from a descriptor of the run, with no child watcher.
"""

from __future__ import annotations

import asyncio
import asyncio.base_subprocess
import asyncio.subprocess
import os
from collections.abc import Callable
from typing import Any, Optional, Union, cast

from jig._checks import Text
from jig._policy import Policy
from jig._popen import Popen
from jig._report import StopReport
from jig._run import Run

#: As asyncio.streams has it, bytes.
_LIMIT = 65536

#: Options of Popen that must keep their defaults: a StreamReader has bytes.
_FIXED: dict[str, Any] = {
    "bufsize": 0,
    "encoding": None,
    "errors": None,
    "text": None,
    "universal_newlines": False,
}


class _Watch:
    """Calls `at_end` in the loop when the run has ended."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, run: Run, at_end: Callable[[], None]
    ):
        self._loop = loop
        self._run = run
        self._at_end = at_end
        self._timer: Optional[asyncio.TimerHandle] = None
        self._fd = run.copy_fd()
        if self._fd is not None:
            loop.add_reader(self._fd, self.look)
        # What has ended by now is no news.
        loop.call_soon(self.look)

    def look(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._at_end is _nothing:
            return
        if self._run.wait(0):
            at_end, self._at_end = self._at_end, _nothing
            self._forget()
            # Its last output is read first.
            self._loop.call_soon(at_end)
            return
        seconds = self._run.look_s()
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self.look)

    def _forget(self) -> None:
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None

    def __del__(self) -> None:
        """The loop was closed before the end."""
        if self._fd is not None:
            os.close(self._fd)


def _nothing() -> None:
    pass


class _Transport(asyncio.base_subprocess.BaseSubprocessTransport):
    """A subprocess transport of a jig.Popen."""

    _proc: Any
    _loop: Any

    def _start(self, args: Any, shell: bool, *streams: Any, **options: Any) -> None:
        names = ("stdin", "stdout", "stderr", "bufsize")
        options.update(zip(names, streams))
        self._proc = process = Popen(args, shell=shell, **options)
        self.process = process
        assert process._run is not None
        self.watch = _Watch(self._loop, process._run, self._note_end)

    def _note_end(self) -> None:
        returncode = self.process.poll()
        if returncode is not None and self.get_returncode() is None:
            self._process_exited(returncode)


async def make_transport(
    loop: asyncio.AbstractEventLoop,
    protocol: Any,
    args: Any,
    shell: bool,
    stdin: Any,
    stdout: Any,
    stderr: Any,
    bufsize: int,
    **options: Any,
) -> _Transport:
    """As the method of this name of asyncio's loops."""
    waiter = loop.create_future()
    streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    transport = _Transport(
        loop,
        protocol,
        args,
        shell,
        **streams,
        bufsize=bufsize,
        waiter=cast(Any, waiter),
        **options,
    )
    try:
        await waiter
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException:
        transport.close()
        await transport._wait()
        raise
    return transport


class Process(asyncio.subprocess.Process):
    """asyncio.subprocess.Process that ends the whole tree of processes.

    When the main process exits, jig ends all processes that it has left (see
    `report`). wait() and communicate() return when the whole tree has ended.
    terminate(), kill() and send_signal() send their signals to the main process.
    """

    def __init__(self, transport: _Transport, protocol: Any, loop: Any):
        super().__init__(cast(Any, transport), protocol, loop)
        # The transport forgets them at its end.
        self._popen: Any = transport.process
        self._watch = transport.watch

    @property
    def report(self) -> Optional[StopReport]:
        """The report of what happened; None before the end."""
        report: Optional[StopReport] = self._popen.report
        return report

    async def stop(self) -> int:
        """Stop the whole tree by its policy; wait until no process is left.

        If it is cancelled, it no longer waits, and the stop goes on. Returns
        `returncode`.
        """
        self._popen._run.stop()
        self._watch.look()
        return await self.wait()

    def hurry(self) -> None:
        """Begin the next step of the stop now, or begin a stop. Never blocks."""
        self._popen.hurry()
        self._watch.look()


async def create_subprocess_exec(
    program: Text,
    *args: Text,
    stdin: Any = None,
    stdout: Any = None,
    stderr: Any = None,
    limit: int = _LIMIT,
    grace: Optional[float] = 10,
    stop: Optional[Policy] = None,
    cage: str = "auto",
    **options: Any,
) -> Process:
    """asyncio.create_subprocess_exec() for a jig.Popen; returns a Process.

    It has the options of asyncio's function, and these of jig.Popen:

    limit (int, bytes; default 65536)
        The buffer of each StreamReader, as in asyncio.
    grace (float or None, seconds; default 10)
        Time from SIGTERM to SIGKILL. None: 10.
    stop (str, iterable of steps, or None; default None)
        A policy with several steps, which replaces `grace`.
    cage (str; default 'auto')
        "auto", "cgroup", "pidns", "subreaper" or "pgroup", see jig-run(1).

    via and the options that belong to it are those of jig.Popen.
    """
    options.update(grace=grace, stop=stop, cage=cage)
    argv = [program, *args]
    return await _create(argv, False, (stdin, stdout, stderr), limit, options)


async def create_subprocess_shell(
    cmd: Union[str, bytes],
    stdin: Any = None,
    stdout: Any = None,
    stderr: Any = None,
    limit: int = _LIMIT,
    *,
    grace: Optional[float] = 10,
    stop: Optional[Policy] = None,
    cage: str = "auto",
    **options: Any,
) -> Process:
    """asyncio.create_subprocess_shell() for a jig.Popen; returns a Process.

    The options are those of create_subprocess_exec().
    """
    if not isinstance(cmd, (str, bytes)):
        raise ValueError(f"cmd is a str or bytes, not {cmd!r}")
    options.update(grace=grace, stop=stop, cage=cage)
    return await _create(cmd, True, (stdin, stdout, stderr), limit, options)


async def _create(
    args: Any, shell: bool, streams: Any, limit: int, options: dict[str, Any]
) -> Process:
    if "shell" in options:
        raise ValueError("shell is chosen by the function's name")
    for name, value in _FIXED.items():
        if options.pop(name, value) not in (value, False):
            raise ValueError(f"{name} must be {value}: the streams have bytes")
    loop = asyncio.get_running_loop()
    protocol = asyncio.subprocess.SubprocessStreamProtocol(limit=limit, loop=loop)
    stdin, stdout, stderr = streams
    transport = await make_transport(
        loop, protocol, args, shell, stdin, stdout, stderr, 0, **options
    )
    return Process(transport, protocol, loop)
