# SPDX-License-Identifier: MIT
"""What to run, and how: converts Python values to the fields of jig_command."""

from __future__ import annotations

import grp
import logging
import os
import pwd
import resource
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Optional, Union

from jig import _jig
from jig._checks import Text, as_bytes, as_environment, as_mapping, as_words
from jig._policy import Policy, microseconds, positive, steps
from jig._program import program_fields
from jig._via import check_via, user_there, via_fields
from jig.ready import ReadyLike, as_ready

Args = Union[Text, Sequence[Text]]
Env = Union[Mapping[str, Text], Mapping[bytes, Text]]
#: A path, a descriptor, a file, or one of the constants below.
Stdio = Union[None, int, Text, IO[Any]]
Limit = Union[int, tuple[int, int]]

PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
#: Your own stream; and output that is kept in a ring, see Fixture.tail().
INHERIT, CAPTURE = -4, -5

_STDIO_KINDS = {
    PIPE: _jig.STDIO_PIPE,
    STDOUT: _jig.STDIO_OUTPUT,
    DEVNULL: _jig.STDIO_NULL,
    INHERIT: _jig.STDIO_INHERIT,
    CAPTURE: _jig.STDIO_CAPTURE,
}

_UNLIMITED = 2**64 - 1


@dataclass(frozen=True)
class Command:
    """What to run, and how. Every option except `args` has a default.

    In args, env, ready, live and log_prefix, jig replaces {fd:NAME}, {addr:NAME}
    and {port:NAME}, where NAME is a socket of `listen` or a port of `ports`.
    {NAME} means {addr:NAME}.

    What to run:

    args (text, or list of texts)
        A list; a line for /bin/sh, as str or bytes; or a path object: a program
        without arguments. A text is a str, bytes or a path.
    cwd (text or None; default None)
        Its working directory. None: yours.
    env (dict of text to text, or None; default None)
        Variables that are added to your environment, or with `clear_env` to an
        empty one.
    clear_env (bool; default False)
        Begin with an empty environment.
    process_group (str; default 'auto')
        "auto" ("foreground" if stdin is your terminal, else "session"), "session",
        "pgroup", "foreground", "terminal", "job", or "inherit": your own session
        and process group, as with subprocess.Popen. See --group in jig-run(1).
    owner (int or None; default None)
        The pid of the process whose death ends the fixture. None: your process.
    cage (str; default 'auto')
        "auto", "cgroup", "pidns", "subreaper" or "pgroup", see jig-run(1).

    Input and output:

    stdin (int, text, file or None; default DEVNULL)
        A path, a descriptor, a file, PIPE, DEVNULL, or INHERIT or None: yours.
    stdout (int, text, file or None; default CAPTURE)
        As stdin; or CAPTURE: kept in memory, see Fixture.tail().
    stderr (int, text, file or None; default CAPTURE)
        As stdout; or STDOUT: where stdout goes.
    pass_fds (iterable of int; default ())
        Your descriptors that the command inherits with the same numbers.
    ring_size (int, bytes; default 0)
        How much captured output is kept. 0: 256 KiB.
    log (text or None; default None)
        A file to which captured output is also appended.
    log_prefix (str or None; default None)
        A text before each line of `log`, for example "web | ".
    log_times (bool; default False)
        The UTC time before each line of `log`.
    logger (Logger, str or None; default None)
        A logging.Logger, or its name, that gets each line of captured output and
        what happens to the fixture (started, ready, ended) as records of level
        INFO, and why it did not become ready as ERROR. A thread of your process
        calls its handlers; stop() waits up to 10 s for them. Instead of `log`.

    Sockets and readiness:

    listen (dict of str to text; default {})
        Sockets that jig binds and the command inherits: {"http": "127.0.0.1:0"},
        {"db": "unix:/run/db.sock"}. A path object is that of a unix socket.
    ports (list of str; default ())
        Names of ports that no other jig picks while the fixture lives, for servers
        that must bind by themselves. The command finds the ports in $PORT and
        $NAME_PORT. "NAME=8080" requests a port.
    ready (Ready, str, iterable of these, or None; default None)
        Probes of readiness, see jig.ready. None: ready when it has started.
    start_timeout (float or None, seconds; default 60)
        Time limit for becoming ready. None: no limit.
    probe_interval (float or None, seconds; default None)
        Time between two attempts of a probe. None: adaptive.
    ready_delay (float or None, seconds; default None)
        Time before the first attempt. None: 0.
    ready_timeout (float or None, seconds; default None)
        Time limit of one attempt. None: 10 for exec, 1 for the others.
    ready_successes (int; default 1)
        Number of attempts in a row that must succeed.

    Liveness:

    live (Ready, str, iterable of these, or None; default None)
        Probes that are repeated after the fixture has become ready: tcp, unix,
        http, exec and file of jig.ready.
    live_interval (float, seconds; default 10)
        Time between two attempts.
    live_timeout (float, seconds; default 1)
        Time limit of one attempt.
    live_delay (float or None, seconds; default None)
        Time before the first attempt. None: 0.
    live_failures (int; default 3)
        After this number of failed attempts in a row the fixture is stopped, with
        the reason "unhealthy".

    The end:

    grace (float or None, seconds; default 5)
        Time from SIGTERM to SIGKILL. None: 10.
    stop (str, iterable of steps, or None; default None)
        A policy with several steps, which replaces `grace`: "INT 2s TERM 5s", or
        [("INT", 2), ("TERM", 5)], with times in seconds. Units in a text: us, ms,
        s, m, h, d.
    stop_mode (str; default 'all')
        "all": each step signals all processes. "main": only the main process, and
        after its end the others.
    timeout (float or None, seconds; default None)
        Time after which the fixture is stopped. None: no limit.
    daemon (bool; default False)
        The command goes into the background: if the main process ends with status
        0 and other processes are alive, the fixture goes on.

    Rights and limits:

    user (int, str or None; default None)
        Run as this user. None: as you.
    group (int, str or None; default None)
        Run with this group. None: yours.
    extra_groups (iterable of int or str, or None; default None)
        Run with these supplementary groups. None: yours.
    umask (int; default -1)
        Mask of the modes of new files. -1: yours.
    nice (int; default 0)
        Added to the nice value.
    limits (dict of str to int or to pairs of int; default {})
        {"nofile": 1024, "core": (0, resource.RLIM_INFINITY)}, see setrlimit(2).
    memory (int, bytes; default 0)
        Limit of the whole cage. 0: no limit.
    pids (int, processes and threads; default 0)
        Limit of the whole cage. 0: no limit.
    cpu (float, processors; default 0)
        Limit of the whole cage. 0: no limit.

    On another machine:

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

    With `via`, paths, users, limits and ports are those of that machine, and `env` is
    sent, your environment is not. `pid` is a process of jig here. user and group are
    numbers, and pass_fds is empty.
    """

    args: Args
    ready: Optional[ReadyLike] = None
    listen: Mapping[str, Text] = field(default_factory=dict)
    ports: Sequence[str] = ()
    grace: Optional[float] = 5
    stop: Optional[Policy] = None
    stop_mode: str = "all"
    timeout: Optional[float] = None
    cwd: Optional[Text] = None
    env: Optional[Env] = None
    clear_env: bool = False
    stdin: Stdio = DEVNULL
    stdout: Stdio = CAPTURE
    stderr: Stdio = CAPTURE
    pass_fds: Iterable[int] = ()
    log: Optional[Text] = None
    log_prefix: Optional[str] = None
    log_times: bool = False
    logger: Union[None, str, logging.Logger] = None
    ring_size: int = 0
    start_timeout: Optional[float] = 60
    probe_interval: Optional[float] = None
    ready_delay: Optional[float] = None
    ready_timeout: Optional[float] = None
    ready_successes: int = 1
    live: Optional[ReadyLike] = None
    live_interval: float = 10
    live_timeout: float = 1
    live_delay: Optional[float] = None
    live_failures: int = 3
    daemon: bool = False
    cage: str = "auto"
    process_group: str = "auto"
    user: Union[None, int, str] = None
    group: Union[None, int, str] = None
    extra_groups: Optional[Iterable[Union[int, str]]] = None
    umask: int = -1
    nice: int = 0
    limits: Mapping[str, Limit] = field(default_factory=dict)
    memory: int = 0
    pids: int = 0
    cpu: float = 0
    owner: Optional[int] = None
    via: Optional[str] = None
    via_jig: Optional[str] = None
    via_address: Optional[str] = None
    via_timeout: Optional[float] = None
    via_push: bool = False

    def __post_init__(self) -> None:
        """Check every option, so that a mistake is an error of this call."""
        for name in ("args", "stop", "ready", "live", "pass_fds", "extra_groups"):
            # An iterator can be read only once.
            if isinstance(getattr(self, name), Iterator):
                object.__setattr__(self, name, list(getattr(self, name)))
        check_via(self.fields())
        self.find_logger()

    def find_logger(self) -> Optional[logging.Logger]:
        """The logger, which may be given by its name."""
        logger = self.logger
        if logger is None:
            return None
        if not isinstance(logger, (str, logging.Logger)):
            raise TypeError(f"logger is a logging.Logger or a name, not {logger!r}")
        if self.log is not None:
            raise ValueError("logger excludes log: give the logger a FileHandler")
        if CAPTURE not in (self.stdout, self.stderr):
            raise ValueError("logger needs stdout=CAPTURE or stderr=CAPTURE")
        return logging.getLogger(logger) if isinstance(logger, str) else logger

    def address(self, name: str) -> str:
        """An address of `listen`, as jig writes it."""
        address = self.listen[name]
        text = os.fsdecode(as_bytes(f"listen[{name!r}]", address))
        return f"unix:{text}" if isinstance(address, os.PathLike) else text

    def fields(self) -> dict[str, Any]:
        """The fields of struct jig_command that differ from their defaults."""
        every = {
            **_what(self),
            **_stdio_fields(self),
            **_user(self),
            **_limit_fields(self),
            **_stop_fields(self),
            **_ready_fields(self),
            **_live_fields(self),
            **_log_fields(self),
            **_there(self),
            **program_fields(),
        }
        return {name: value for name, value in every.items() if value}


def choice(kind: str, name: str) -> int:
    """A constant of jig.h by the end of its name: choice("CAGE", "pidns")."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a {kind.lower()} is a str, not {name!r}")
    value = getattr(_jig, f"{kind}_{name.upper()}", None)
    if not isinstance(value, int):
        raise ValueError(f"no {kind.lower()} of that name: {name!r}")
    return value


def _line_or_words(args: Args) -> tuple[bytes, list[bytes]]:
    """A line for the shell, or argv; the other one is empty."""
    if isinstance(args, (str, bytes)):
        line = as_bytes("args", args)
        if not line.strip():
            raise ValueError("args is an empty line: no command to run")
        return line, []
    argv = as_words("args", [args] if isinstance(args, os.PathLike) else args)
    if not argv or not argv[0]:
        raise ValueError(f"args names no program: {args!r}")
    return b"", argv


def _what(command: Command) -> dict[str, Any]:
    line, argv = _line_or_words(command.args)
    return {
        "shell": line,
        "argv": argv,
        "cwd": b"" if command.cwd is None else as_bytes("cwd", command.cwd),
        "env": as_environment(command.env or {}),
        "clear_env": command.clear_env,
        "fds": [(fd, fd) for fd in command.pass_fds],
        "group": choice("GROUP", command.process_group),
        "cage": choice("CAGE", command.cage),
        "owner": command.owner or 0,
    }


def _stdio_fields(command: Command) -> dict[str, Any]:
    return {
        "in": _stdio("stdin", command.stdin),
        "out": _stdio("stdout", command.stdout),
        "err": _stdio("stderr", command.stderr),
    }


def _stdio(name: str, value: Stdio) -> tuple[int, int, Optional[bytes]]:
    if value is None:
        return (_jig.STDIO_INHERIT, -1, None)
    if isinstance(value, int) and value in _STDIO_KINDS:
        return (_STDIO_KINDS[value], -1, None)
    if isinstance(value, int):
        return (_jig.STDIO_FD, value, None)
    if isinstance(value, (str, bytes, os.PathLike)):
        return (_jig.STDIO_FILE, -1, as_bytes(name, value))
    if not hasattr(value, "fileno"):
        raise TypeError(f"{name} is a path, a descriptor or a file, not {value!r}")
    return (_jig.STDIO_FD, value.fileno(), None)


def user_fields(
    user: Union[None, int, str],
    group: Union[None, int, str],
    extra_groups: Optional[Iterable[Union[int, str]]],
) -> dict[str, Any]:
    """The fields for another user. What is None stays; {} if nothing changes."""
    uid = _id("user", user)
    now = (os.getuid(), os.getgid(), os.getgroups())
    wanted = (
        now[0] if uid is None else uid,
        now[1] if group is None else _id("group", group),
        now[2] if extra_groups is None else _gids(extra_groups),
    )
    if wanted == now:
        return {}
    names = ("uid", "gid", "groups")
    return {"set_user": True, **dict(zip(names, wanted))}


def _user(command: Command) -> dict[str, Any]:
    find = user_fields if command.via is None else user_there
    return find(command.user, command.group, command.extra_groups)


def _there(command: Command) -> dict[str, Any]:
    return via_fields(
        command.via,
        command.via_jig,
        command.via_address,
        command.via_timeout,
        command.via_push,
    )


def _id(kind: str, name: Union[None, int, str]) -> Any:
    """The number of a user or a group; None stays."""
    if name is None or isinstance(name, int):
        return name
    if not isinstance(name, str):
        raise TypeError(f"a {kind} is a number or a name, not {name!r}")
    try:
        if kind == "user":
            return pwd.getpwnam(name).pw_uid
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ValueError(f"no such {kind}: {name!r}") from None


def _gids(groups: Iterable[Union[int, str]]) -> list[int]:
    numbers = [_id("group", group) for group in groups]
    if not all(0 <= number < 2**32 - 1 for number in numbers):
        raise ValueError(f"a group that cannot be: {numbers}")
    return numbers


def _limit_fields(command: Command) -> dict[str, Any]:
    return {
        "set_umask": command.umask >= 0,
        "umask": max(command.umask, 0),
        "nice": command.nice,
        "limits": [
            _limit(*item) for item in as_mapping("limits", command.limits).items()
        ],
        "memory_max": command.memory,
        "pids_max": command.pids,
        "cpu_permille": round(command.cpu * 1000),
    }


def _limit(name: str, value: Limit) -> tuple[int, int, int]:
    number = getattr(resource, f"RLIMIT_{name.upper()}", None)
    if number is None:
        raise ValueError(f"no such limit: {name!r}")
    soft, hard = value if isinstance(value, tuple) else (value, value)
    return (number, _bound(soft), _bound(hard))


def _bound(value: int) -> int:
    return _UNLIMITED if value == resource.RLIM_INFINITY else value


def _stop_fields(command: Command) -> dict[str, Any]:
    return {
        "steps": steps(command.grace, command.stop),
        "stop_mode": choice("STOP", command.stop_mode),
        "timeout_us": microseconds(command.timeout or 0),
        "daemon": command.daemon,
    }


def _ready_fields(command: Command) -> dict[str, Any]:
    start = command.start_timeout
    return {
        "ready": as_words("ready", as_ready(command.ready).words()),
        "listen": [
            as_bytes("listen", f"{name}={command.address(name)}")
            for name in as_mapping("listen", command.listen)
        ],
        "ports": as_words("ports", command.ports),
        "start_timeout_us": -1 if start is None else positive("start_timeout", start),
        "probe_interval_us": microseconds(command.probe_interval or 0),
        "ready_delay_us": microseconds(command.ready_delay or 0),
        "ready_timeout_us": microseconds(command.ready_timeout or 0),
        "ready_successes": command.ready_successes,
    }


def _live_fields(command: Command) -> dict[str, Any]:
    return {
        "live": as_words("live", as_ready(command.live, "live").words()),
        "live_interval_us": positive("live_interval", command.live_interval),
        "live_timeout_us": positive("live_timeout", command.live_timeout),
        "live_delay_us": microseconds(command.live_delay or 0),
        "live_failures": command.live_failures,
    }


def _log_fields(command: Command) -> dict[str, Any]:
    return {
        "ring_size": command.ring_size,
        "log": b"" if command.log is None else as_bytes("log", command.log),
        "log_prefix": as_bytes("log_prefix", command.log_prefix or ""),
        "log_times": command.log_times,
    }
