# SPDX-License-Identifier: MIT
"""process_fixture(): a command that is ready in the with block, and ended after it."""

from __future__ import annotations

import errno
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
from jig._checks import Text
from jig._command import PIPE, Command
from jig._communicate import Conversation
from jig._decorate import Function, decorated
from jig._errors import (
    Argv,
    ExitedBeforeReady,
    ReadyTimeout,
    SpawnFailed,
    StartError,
    execve_errno,
)
from jig._logging import Follower
from jig._report import StopReport
from jig._run import Run
from jig._text import clean
from jig.ready import as_ready

_Error = TypeVar("_Error", bound=StartError)

#: Lines of output that an error shows.
_ERROR_LINES = 30

_FAILURES = {errno.ECHILD: ExitedBeforeReady, errno.ETIME: ReadyTimeout}


class Fixture:
    """A command with all processes that it starts.

    As a context manager (with or async with) it is ready inside of the block,
    and no process of it is left afterwards. As a decorator, each call of the
    function has a fixture of its own.

    It has these members of subprocess.Popen: pid, args, returncode, poll(),
    wait(), communicate(), send_signal(), terminate(), kill(), stdin, stdout and
    stderr. As with Popen, the three methods that send signals send them to the main
    process. When the main process ends, jig ends all other processes.

    A child of os.fork() has a copy of this object, and the fixture stays its
    parent's: the end of a with block in the child does nothing, and methods raise
    RuntimeError.
    """

    def __init__(self, command: Command):
        self._command = command
        self._run: Optional[Run] = None
        self._conversation: Optional[Conversation] = None
        self._follower: Optional[Follower] = None
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
        run.check_ours()
        try:
            run.end()
        finally:
            run.close_pipes()
        if self._follower is not None:
            self._follower.join()
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
            listen={name: self._same(name) for name in self._command.listen},
            ports=[f"{name}={self.port[name]}" for name in self._port_names],
        )
        return self.start()

    def _same(self, name: str) -> str:
        """An address of `listen` with the port number that it was given."""
        address = self._command.address(name)
        if name not in self.port:
            return address
        return f"{address.rpartition(':')[0]}:{self.port[name]}"

    def __enter__(self) -> Fixture:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            self.stop()

    def __call__(self, function: Function) -> Function:
        """Decorate a function: each call has a fixture of its own.

        It lives until the call ends: for a coroutine until it returns, for a
        generator or an async generator until it is exhausted or closed.
        """
        return decorated(function, lambda: Fixture(self._command))

    # ---------------------------------------------------------- in event loops

    async def start_async(self) -> Fixture:
        """start() that does not block the event loop."""
        try:
            await _aio.in_thread(self._spawn)
            run = self._running
            await _aio.until(lambda: run.handle.wait_ready(0), run)
            self._note_ready()
        except SpawnFailed:
            raise
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
        run.check_ours()
        run.stop()
        await _wait_async(run)
        run.close_pipes()
        if self._follower is not None and self._follower.is_alive:
            await _aio.in_thread(self._follower.join)
        return run.report

    async def wait_async(self) -> int:
        """wait() that does not block the event loop."""
        return await _wait_async(self._running)

    async def __aenter__(self) -> Fixture:
        return await self.start_async()

    async def __aexit__(self, *_: object) -> None:
        if self._is_ours:
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

    def communicate(
        self, input: Optional[bytes] = None, timeout: Optional[float] = None
    ) -> tuple[Optional[bytes], Optional[bytes]]:
        """Write `input` to stdin, read stdout and stderr, and wait for the end.

        Only for streams that are a PIPE, as with Popen; the result has None for
        another stream. Captured output (the default) is kept for tail().

        input (bytes or None; default None)
            What the command reads before its end of file.
        timeout (float or None, seconds; default None)
            Raises subprocess.TimeoutExpired after this time. The fixture runs on,
            and another call of communicate() loses no output. None: no limit.
        """
        if input is not None and self.stdin is None:
            raise ValueError("communicate() has input, but stdin is no PIPE")
        if not self._running.pipes:
            raise ValueError(
                "communicate() needs stdin, stdout or stderr to be a PIPE; "
                "tail() has captured output, and wait() waits"
            )
        if self._conversation is None:
            readers = [pipe for pipe in (self.stdout, self.stderr) if pipe]
            self._conversation = Conversation(self.stdin, readers)
        ends = None if timeout is None else time.monotonic() + timeout
        if not self._conversation.go_on(input, timeout):
            raise subprocess.TimeoutExpired(self._argv, cast(float, timeout))
        self.wait(None if ends is None else ends - time.monotonic())
        output = self._conversation.output
        return output(self.stdout), output(self.stderr)

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
    def _is_ours(self) -> bool:
        """False in a child of os.fork(): the parent goes on with the fixture."""
        return self._run is None or self._run.is_ours

    @property
    def _argv(self) -> Argv:
        if isinstance(self.args, (str, bytes)):
            return os.fsdecode(self.args)
        if isinstance(self.args, os.PathLike):
            return [os.fsdecode(self.args)]
        return [os.fsdecode(word) for word in self.args]

    @property
    def _port_names(self) -> list[str]:
        """The names of `ports`, without requested numbers."""
        return [spec.partition("=")[0] for spec in self._command.ports]

    def _spawn(self) -> None:
        if self._run is not None and not self._run.wait(0):
            raise RuntimeError("the fixture runs already")
        self._began = time.monotonic()
        fields = self._command.fields()
        logger = self._command.find_logger()
        follower = None if logger is None else Follower(logger)
        if follower is not None:
            fields["log"] = os.fsencode(follower.path)
        self._run = None
        try:
            self._run = Run(fields)
        except OSError as error:
            raise self._logged(self._spawn_failed(error)) from None
        finally:
            if follower is not None and self._run is None:
                follower.discard()
        self._follower = follower
        if follower is not None:
            follower.follow(self._run)
        self._open_pipes()
        self._note_addresses()

    def _open_pipes(self) -> None:
        self._conversation = None
        take = self._running.handle.take_pipe
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            if getattr(self._command, name) == PIPE:
                mode = "rb" if number else "wb"
                pipe = os.fdopen(take(number), mode)
                self._running.pipes.append(pipe)
                setattr(self, name, pipe)

    def _note_addresses(self) -> None:
        handle = self._running.handle
        for name in (*self._command.listen, *self._port_names):
            self.addr[name] = handle.address(name) or ""
            port = handle.port(name)
            if port is not None:
                self.port[name] = port

    def _note_ready(self) -> None:
        handle = self._running.handle
        self.ready_after = handle.ready_us / 1e6
        groups = {group: handle.match(group) for group in self._groups()}
        self.match = {name: text for name, text in groups.items() if text is not None}
        if self._follower is not None:
            self._follower.note_ready(self.ready_after)

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
        reason = error.strerror or str(error)
        program, named = self._program, self._named_in(reason)
        number = error.errno or 0
        if named is not None and named is program:
            number = execve_errno(number)
        return SpawnFailed(reason, argv=self._argv, errno=number, filename=named)

    @property
    def _program(self) -> Text:
        if isinstance(self.args, (str, bytes)):
            return "/bin/sh"
        return self.args if isinstance(self.args, os.PathLike) else self.args[0]

    def _named_in(self, reason: str) -> Optional[Text]:
        """What jig's reason is about: "cannot execute /bin/x: Permission denied"."""
        command = self._command
        streams = (command.stdin, command.stdout, command.stderr)
        for path in (command.cwd, *streams, command.log, self._program):
            if isinstance(path, (str, bytes, os.PathLike)):
                if f" {os.fsdecode(path)}: " in f" {reason}":
                    return path
        return None

    def _failure(self, error: OSError, problem: str) -> StartError:
        """The error of a fixture that was started and has ended."""
        kind = _FAILURES.get(error.errno or 0, StartError)
        failure = kind(
            problem or error.strerror or str(error),
            argv=self._argv,
            errno=error.errno or 0,
            returncode=self.returncode,
            elapsed=time.monotonic() - self._began,
            probe=problem,
            tail=self.tail(_ERROR_LINES),
            report=self.report,
        )
        return self._logged(failure)

    def _logged(self, error: _Error) -> _Error:
        logger = self._command.find_logger()
        if logger is not None:
            logger.error("not ready: %s", clean(error.reason))
        return error


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
