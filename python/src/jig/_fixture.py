# SPDX-License-Identifier: MIT
"""process_fixture(): a command that is ready in the with block, and ended after it."""

from __future__ import annotations

import errno
import functools
import inspect
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, Optional, TypeVar, cast

from jig import _aio
from jig._command import PIPE, Command
from jig._errors import (
    Argv,
    ExitedBeforeReady,
    ReadyTimeout,
    SpawnFailed,
    StartError,
)
from jig._report import StopReport
from jig._run import Run
from jig.ready import as_ready

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: Lines of output that an error shows.
_ERROR_LINES = 30

_FAILURES = {errno.ECHILD: ExitedBeforeReady, errno.ETIME: ReadyTimeout}


class Fixture:
    """A command with all processes that it starts.

    As a context manager (with or async with) it is ready inside of the block,
    and no process of it is left afterwards. As a decorator, each call of the
    function has a fixture of its own.

    It has these members of subprocess.Popen: pid, args, returncode, poll(),
    wait(), send_signal(), terminate(), kill(), stdin, stdout and stderr. As with
    Popen, the three methods that send signals send them to the main process. When
    the main process ends, jig ends all other processes.
    """

    def __init__(self, command: Command):
        self._command = command
        self._run: Optional[Run] = None
        self._began = 0.0
        self.args = command.args
        #: The addresses of `listen` and `ports`: "127.0.0.1:40123", a path.
        self.addr: dict[str, str] = {}
        #: The port numbers of these addresses; a unix socket has none.
        self.port: dict[str, int] = {}
        #: The texts that groups of log probes matched: match["id"], match["1"].
        self.match: dict[str, str] = {}
        #: Seconds from start to ready.
        self.ready_after: Optional[float] = None
        self.stdin: Optional[IO[bytes]] = None
        self.stdout: Optional[IO[bytes]] = None
        self.stderr: Optional[IO[bytes]] = None

    def __repr__(self) -> str:
        state = "not started" if self._run is None else f"pid {self.pid}"
        if self.returncode is not None:
            state = f"ended with {self.returncode}"
        return f"<jig.Fixture {self.args!r}: {state}>"

    # --------------------------------------------------------- start and stop

    def start(self) -> Fixture:
        """Start the fixture and wait until it is ready.

        If it raises StartError, no process is left.
        """
        self._spawn()
        try:
            self._running.handle.wait_ready()
            self._note_ready()
        except OSError as error:
            problem = self._problem()
            self.stop()
            raise self._failure(error, problem) from None
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> Optional[StopReport]:
        """Stop the fixture by its policy, and wait until no process is left.

        During a stop (by another thread or task, or a time limit), only wait for
        its end. Ctrl-C hurries the stop to the next step of the policy;
        KeyboardInterrupt is raised at the end.
        """
        run = self._run
        if run is None:
            return None
        try:
            run.end()
        finally:
            run.close_pipes()
        return run.report

    def hurry(self) -> None:
        """Begin the next step of the stop now. Without a stop, begin one.

        Never blocks. Call stop() to wait until no process is left.
        """
        if self._run is not None:
            self._run.hurry()

    def restart(self) -> Fixture:
        """Stop the fixture, then start it again with the same addresses."""
        self.stop()
        self._command = replace(
            self._command,
            listen={name: self._same(name, at) for name, at in self._listen.items()},
            ports=[f"{name}={self.port[name]}" for name in self._port_names],
        )
        return self.start()

    def _same(self, name: str, address: str) -> str:
        """An address of `listen` with the port number that it was given."""
        if name not in self.port:
            return address
        return f"{address.rpartition(':')[0]}:{self.port[name]}"

    def __enter__(self) -> Fixture:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __call__(self, function: _Function) -> _Function:
        """Decorate a function: each call has a fixture of its own."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def async_call(*args: Any, **options: Any) -> Any:
                async with Fixture(self._command):
                    return await function(*args, **options)

            return cast(_Function, async_call)

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with Fixture(self._command):
                return function(*args, **options)

        return cast(_Function, call)

    # ---------------------------------------------------------- in event loops

    async def start_async(self) -> Fixture:
        """start() that does not block the event loop."""
        try:
            await _aio.in_thread(self._spawn)
            run = self._running
            await _aio.until(lambda: run.handle.wait_ready(0), run)
            self._note_ready()
        except OSError as error:
            problem = self._problem()
            await self.stop_async()
            raise self._failure(error, problem) from None
        except BaseException:
            await self.stop_async()
            raise
        return self

    async def stop_async(self) -> Optional[StopReport]:
        """stop() that does not block the event loop.

        If it is cancelled, it no longer waits, and the stop goes on. hurry()
        hurries the stop. The interpreter waits for the stop before it exits.
        """
        run = self._run
        if run is None:
            return None
        run.stop()
        await _wait_async(run)
        run.close_pipes()
        return run.report

    async def wait_async(self) -> int:
        """wait() that does not block the event loop."""
        return await _wait_async(self._running)

    async def __aenter__(self) -> Fixture:
        return await self.start_async()

    async def __aexit__(self, *_: object) -> None:
        await self.stop_async()

    # ---------------------------------------------------------------- questions

    @property
    def pid(self) -> int:
        """The pid of the main process."""
        return self._running.pid

    @property
    def returncode(self) -> Optional[int]:
        """The main process's exit status, or -N for signal N; None before the end."""
        return None if self._run is None else self._run.returncode

    @property
    def report(self) -> Optional[StopReport]:
        """The report of what happened; None before the end."""
        return None if self._run is None else self._run.report

    def tail(self, lines: int = 0) -> str:
        """The last lines of its output; 0: all that are kept."""
        if self._run is None:
            return ""
        return self._run.tail(lines).decode(errors="replace")

    def poll(self) -> Optional[int]:
        """Check whether it has ended; return returncode."""
        self._running.wait(0)
        return self.returncode

    def wait(self, timeout: Optional[float] = None) -> int:
        """Wait until it has ended. Raises subprocess.TimeoutExpired."""
        if not self._running.wait(-1 if timeout is None else max(timeout, 0)):
            raise subprocess.TimeoutExpired(self._argv, cast(float, timeout))
        assert self.returncode is not None
        return self.returncode

    # ------------------------------------------------------------------ signals

    def send_signal(self, signo: int, *, everybody: bool = False) -> None:
        """Send a signal to the main process, or to all processes of the fixture."""
        self._running.signal(signo, everybody)

    def terminate(self) -> None:
        """Send SIGTERM to the main process. Does not wait; stop() does."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to the main process; jig then ends all other processes."""
        self.send_signal(signal.SIGKILL)

    # -------------------------------------------------------------------- inside

    @property
    def _running(self) -> Run:
        if self._run is None:
            raise RuntimeError("the fixture was not started")
        return self._run

    @property
    def _argv(self) -> Argv:
        if isinstance(self.args, str):
            return self.args
        return [os.fsdecode(word) for word in self.args]

    @property
    def _listen(self) -> dict[str, str]:
        return dict(self._command.listen)

    @property
    def _port_names(self) -> list[str]:
        """The names of `ports`, without requested numbers."""
        return [spec.partition("=")[0] for spec in self._command.ports]

    def _spawn(self) -> None:
        if self._run is not None and not self._run.wait(0):
            raise RuntimeError("the fixture runs already")
        self._began = time.monotonic()
        try:
            self._run = Run(self._command.fields())
        except OSError as error:
            self._run = None
            raise self._spawn_failed(error) from None
        self._open_pipes()
        self._note_addresses()

    def _open_pipes(self) -> None:
        take = self._running.handle.take_pipe
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            if getattr(self._command, name) == PIPE:
                mode = "rb" if number else "wb"
                pipe = os.fdopen(take(number), mode)
                self._running.pipes.append(pipe)
                setattr(self, name, pipe)

    def _note_addresses(self) -> None:
        handle = self._running.handle
        for name in (*self._listen, *self._port_names):
            self.addr[name] = handle.address(name) or ""
            port = handle.port(name)
            if port is not None:
                self.port[name] = port

    def _note_ready(self) -> None:
        handle = self._running.handle
        self.ready_after = handle.ready_us / 1e6
        groups = {group: handle.match(group) for group in self._groups()}
        self.match = {name: text for name, text in groups.items() if text is not None}

    def _groups(self) -> set[str]:
        """The possible names and numbers of the groups of its log probes."""
        probes = " ".join(as_ready(self._command.ready).words())
        names = re.findall(r"\(\?P?<(\w+)>", probes)
        return {*names, *(str(n + 1) for n in range(probes.count("(")))}

    def _problem(self) -> str:
        run = self._run
        return "" if run is None or run.has_ended else run.handle.problem

    # -------------------------------------------------------------------- errors

    def _spawn_failed(self, error: OSError) -> SpawnFailed:
        return SpawnFailed(
            error.strerror or str(error), argv=self._argv, errno=error.errno or 0
        )

    def _failure(self, error: OSError, problem: str) -> StartError:
        """The error of a fixture that was started and has ended."""
        kind = _FAILURES.get(error.errno or 0, StartError)
        return kind(
            problem or error.strerror or str(error),
            argv=self._argv,
            errno=error.errno or 0,
            returncode=self.returncode,
            elapsed=time.monotonic() - self._began,
            probe=problem,
            tail=self.tail(_ERROR_LINES),
            report=self.report,
        )


if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    _P = ParamSpec("_P")

    def _with_options_of(
        command: Callable[_P, Command],
    ) -> Callable[[Callable[..., Fixture]], Callable[_P, Fixture]]: ...

else:

    def _with_options_of(command):
        signature = inspect.signature(command)
        about = inspect.cleandoc(command.__doc__ or "").partition("\n\n")[2]

        def decorate(function):
            own = inspect.cleandoc(function.__doc__ or "")
            function.__signature__ = signature.replace(return_annotation="Fixture")
            function.__doc__ = f"{own}\n\n{about}\n"
            return function

        return decorate


async def _wait_async(run: Run) -> int:
    await _aio.until(lambda: run.wait(0), run)
    assert run.returncode is not None
    return run.returncode


@_with_options_of(Command)
def process_fixture(args: Any, **options: Any) -> Fixture:
    """Run a command as a fixture: `with process_fixture(["srv"], ready=…) as p:`.

    The options are those of jig.Command. Every option except `args` has a default.
    """
    return Fixture(Command(args, **options))
