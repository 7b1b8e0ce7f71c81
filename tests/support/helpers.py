# SPDX-License-Identifier: MIT
"""What the tests of `jig run` share: how to run it, and how to wait.

Nothing here sleeps to synchronise. A test waits for an event, and fails after
DEADLINE_S, which is far more than a loaded machine needs. The oracle (oracle.py)
finds processes that are left at the end; it does not trust jig.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
#: Programs that tests run: scripts, and C sources (see `compiled` in conftest.py).
PROGRAMS = HERE / "programs"

sys.path.insert(0, str(HERE.parent / "hostile"))
import stage  # noqa: E402

oracle = stage.oracle

#: Nothing takes as long as this, however loaded the machine is. JIG_TIME_SCALE
#: stretches it for one that is slow in itself.
DEADLINE_S = 30 * oracle.TIME_SCALE

#: The same where hundreds of programs are started one after the other.
MASS_DEADLINE_S = 6 * DEADLINE_S

#: jig's own exit statuses, see jig-run(1).
SURVIVORS, LEFTOVERS, TIMEOUT, FAILED = 120, 122, 124, 125
NOT_EXECUTABLE, NOT_FOUND = 126, 127

PYTHON = "/usr/bin/python3"
LAUNCH = [PYTHON, str(PROGRAMS / "launch.py")]

IS_ROOT = os.geteuid() == 0
IDENTITIES = ("root", "user") if IS_ROOT else ("user",)
CAGES = ("cgroup", "subreaper", "pidns")
needs_root = pytest.mark.usefixtures("root")

#: Words before a command that start it in its own pid namespace.
PID_NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]

#: A line of shell for main: it suspends the guard of its fixture.
STOPS_GUARD = "read -r a a a G a </proc/$PPID/stat; kill -STOP $G"


class Result(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def jig(*words: str) -> list[str]:
    return [str(stage.jig_path()), *words]


def need_jig() -> None:
    if not os.access(stage.jig_path(), os.X_OK):
        pytest.skip(f"no jig at {stage.jig_path()}: build it or set JIG")


#: The build directory that the jig under test is from, and the Python package in it.
BUILD = pathlib.Path(jig()[0]).resolve().parent
SITE = BUILD / "python" / "site"


def built(path: str) -> pathlib.Path:
    """A file of the build directory."""
    if not (BUILD / path).exists():
        pytest.skip(f"no {BUILD / path}")
    return BUILD / path


def jig_run(*words: str) -> list[str]:
    return jig("run", *words)


def as_shell(status: int) -> int:
    """A Popen.returncode as a shell has it: 128+n for signal n."""
    return status if status >= 0 else 128 - status


def run(command: list[str], identity: str = "", **options) -> Result:
    """Run to the end, with our deadline. Bytes that are no UTF-8 are kept."""
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [*stage.as_identity(identity), *command],
        check=False,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=options.pop("stderr", subprocess.PIPE),
        timeout=options.pop("timeout", DEADLINE_S),
        **options,
    )
    return Result(as_shell(done.returncode), text_of(done.stdout), text_of(done.stderr))


def need_cage(kind: str, identity: str = "") -> None:
    """Skip if this machine does not have it (for the user @identity), and say why."""
    if kind == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    if kind == "pidns" and identity == "user" and not has_user_namespaces():
        pytest.skip("an ordinary user can make no user namespace here")


def has_user_namespaces() -> bool:
    """Whether an ordinary user can make one here."""
    return run(["unshare", "-Urpf", "true"], "user").status == 0


def text_of(said: bytes | None) -> str:
    return (said or b"").decode(errors="surrogateescape")


class Running:
    """A command that runs beside the test; `with` ends it by SIGKILL.

    Its stdout is read line by line; its stderr is collected in a file.
    """

    def __init__(self, command, identity="", group=None, **options):
        self._log = open(os.memfd_create("stderr"), "r+b", buffering=0)
        command = [*stage.as_identity(identity), *command]
        command = [*in_group(group), *command]
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stderr", self._log)
        self._popen = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
        self._rest = b""
        self.pid = self._popen.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._popen.kill()
        self._popen.wait(DEADLINE_S)
        self._popen.stdout.close()
        self._log.close()

    @property
    def stdin(self):
        return self._popen.stdin

    def signal(self, signo: int) -> None:
        self._popen.send_signal(signo)

    def signal_again(self, signo: int) -> None:
        """Later than the 0.3 s in which the same signal counts once."""
        time.sleep(0.4)
        self._popen.send_signal(signo)

    def line(self, deadline_s: float = DEADLINE_S) -> str:
        """The next line of stdout; fails at end of file or our deadline."""
        ends = time.monotonic() + deadline_s
        while b"\n" not in self._rest:
            if not self._read(ends):
                raise AssertionError(f"no line, but {self._rest!r}; {self.err()}")
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()

    def _read(self, ends: float) -> bytes:
        left = max(0, ends - time.monotonic())
        if not select.select([self._popen.stdout], [], [], left)[0]:
            raise AssertionError(f"nothing was said in time; {self.err()}")
        more = os.read(self._popen.stdout.fileno(), 65536)
        self._rest += more
        return more

    def await_line(self, wanted: str, deadline_s: float = DEADLINE_S) -> None:
        while self.line(deadline_s) != wanted:
            pass

    def rest(self) -> str:
        """Its output until no process holds its stdout."""
        ends = time.monotonic() + DEADLINE_S
        while self._read(ends):
            pass
        text, self._rest = self._rest, b""
        return text.decode()

    def err(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def wait(self) -> int:
        return as_shell(self._popen.wait(DEADLINE_S))

    def end(self) -> Result:
        status = self.wait()
        return Result(status, self.rest(), self.err())


def in_group(group) -> list[str]:
    """Words before a command that make it start in this control group; none for None."""
    join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["sh", "-c", join, str(group)] if group else []


def wait_until(
    condition: Callable[[], object], what: str, deadline_s: float = DEADLINE_S
):
    """Look until it is true; return it."""
    ends = time.monotonic() + deadline_s
    for _ in oracle.looks(ends):
        found = condition()
        if found:
            return found
    raise AssertionError(f"in vain: {what}")


def spin(seconds: float) -> None:
    """For tests whose subject is a wait so short that a sleep would be too coarse."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


def stat_of(pid: int) -> list[str]:
    """proc_pid_stat(5) from the state on; [] when it has gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rsplit(") ", 1)[1].split()


#: States of a living process that is not stopped. An idle one may be seen in either.
RUNS = ("R", "S")


def state_of(pid: int) -> str:
    return (stat_of(pid) or [""])[0]


def parent_of(pid: int) -> int:
    return int((stat_of(pid) or ["", -1])[1])


def every_pid() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(pid: int) -> list[int]:
    return [child for child in every_pid() if parent_of(child) == pid]


def comm_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


#: Names of children of a supervisor that are not main, or not yet.
HELPERS = ("jig-supervisor", "jig-aside")


def supervisor_of(guard: int) -> int:
    def find():
        return [pid for pid in children_of(guard) if comm_of(pid) == "jig-supervisor"]

    return wait_until(find, f"{guard} has a supervisor")[0]


def main_of(guard: int, helpers_end: bool = True) -> int:
    """The supervisor's only child, once helpers that close inherited files have ended
    (on a file system that hangs they do not), and it has been executed."""
    supervisor = supervisor_of(guard)

    def find():
        children = children_of(supervisor)
        mains = [pid for pid in children if comm_of(pid) not in HELPERS]
        return mains if len(mains) == (len(children) if helpers_end else 1) == 1 else []

    return wait_until(find, f"{guard} has a main process")[0]


def only_root(look: Callable[[], Any]) -> Any:
    """@look at files of guards and keepers, which are undumpable: proc(5)."""
    try:
        return look()
    except PermissionError:
        if os.geteuid() == 0:
            raise
        pytest.skip("only root may look into a guard")


@contextlib.contextmanager
def pinned(pids: Iterable[int]):
    """pidfds, so that no other process can be meant."""
    fds = []
    try:
        for pid in pids:
            fds.append(os.pidfd_open(pid))
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


@contextlib.contextmanager
def pinned_or_gone(pid: int):
    """The same for one that may have ended: then there is no pidfd."""
    try:
        fds = [os.pidfd_open(pid)]
    except ProcessLookupError:
        fds = []
    try:
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


def send(pidfd: int, signo: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signo)


@contextlib.contextmanager
def stopped(pid: int):
    """By SIGSTOP of another process than jig: its pidfd. It is continued in the
    end, so that a test which fails leaves none behind."""
    with pinned([pid]) as (fd,):
        send(fd, signal.SIGSTOP)
        try:
            wait_until(lambda: state_of(pid) == "T", f"{pid} is stopped")
            yield fd
        finally:
            send(fd, signal.SIGCONT)


def has_ended(pidfd: int, timeout_ms: int = 0) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(timeout_ms))


def await_end(pidfd: int) -> None:
    assert has_ended(pidfd, DEADLINE_S * 1000), "it has not ended"


def kill_at_once(pids: Iterable[int]) -> None:
    """SIGKILL to all of them, while none can act on another's death.

    A supervisor before its guard: when a guard dies, the kernel sends SIGHUP and
    SIGCONT to the supervisor's group, which is stopped and an orphan then. With
    them end their helpers, which hold the locks of the cage a moment longer.
    """
    names, pids = ("jig", *HELPERS), list(pids)
    with pinned(pids) as fds:
        for fd in fds:
            send(fd, signal.SIGSTOP)
        children = [child for pid in pids for child in children_of(pid)]
        helpers = [pid for pid in children if pid not in pids and comm_of(pid) in names]
        for fd in fds:
            send(fd, signal.SIGKILL)
        for fd in fds:
            await_end(fd)
    for one in helpers:
        wait_until(lambda pid=one: state_of(pid) in ("", "Z", "X"), f"{one} has ended")


def one_line(result: Result) -> str:
    """stderr, which has to be exactly one line of jig's."""
    assert result.err.startswith("jig: "), result
    assert result.err.count("\n") == 1 and result.err.endswith("\n"), result
    return result.err


def is_valid_report(report: dict) -> bool:
    """As docs/report.schema.json describes it."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((TOP / "docs" / "report.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator(schema).validate(report)
    return True


def is_sanitized() -> bool:
    """An ASan build: needs /proc, much memory, and a leak check at the end."""
    return b"__asan_init" in stage.jig_path().read_bytes()


def await_ready(jig: Running) -> None:
    """Until a `jig run -v` says that its command is ready; fails if it ends."""

    def look():
        said = jig.err()
        assert jig.is_alive() or "jig: ready after" in said, said
        return "jig: ready after" in said

    wait_until(look, f"ready; {jig.err()}")


def signals_in(field: str, pid: int) -> int:
    """A mask of /proc/PID/status, SigPnd, ShdPnd, SigBlk, SigIgn or SigCgt: bit n - 1
    is signal n."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        (mask,) = (line.split()[1] for line in status if line.startswith(f"{field}:"))
    return int(mask, 16)


def cpu_s(pid: int) -> float:
    """The processor time of a process, user and system."""
    fields = stat_of(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
