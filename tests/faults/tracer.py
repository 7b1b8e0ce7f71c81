# SPDX-License-Identifier: MIT
"""Make one system call of one of jig's processes fail, once.

`strace -e inject` counts in every process for itself, so that the guard's
failure hides the supervisor's, and it hits the command too. This tracer names
the process: the guard, the supervisor, or the child that is to become the
command, and it lets the command go at its execve. Of x86_64 alone.
"""

import ctypes
import os
import signal
import struct
import tempfile
from typing import NamedTuple

GUARD, SUPERVISOR, CHILD = "guard", "supervisor", "child"
_ROLES = (GUARD, SUPERVISOR, CHILD)

_CONT, _SYSCALL, _DETACH = 7, 24, 17
_POKEUSER, _GETEVENTMSG, _SEIZE = 6, 0x4201, 0x4206
_GET_SYSCALL_INFO, _LISTEN = 0x420E, 0x4208
_SYSGOOD, _FORK, _VFORK, _CLONE, _EXEC = 0x1, 0x2, 0x4, 0x8, 0x10
_EXITKILL = 0x100000
_EVENTS_BIRTH, _EVENT_EXEC, _EVENT_STOP = (1, 2, 3), 4, 128
_ORIG_RAX, _RAX = 15 * 8, 10 * 8
_ENTRY = 1

NAMES = {
    0: "read", 1: "write", 2: "open", 3: "close", 4: "stat", 5: "fstat", 7: "poll",
    9: "mmap", 10: "mprotect", 11: "munmap", 12: "brk", 13: "rt_sigaction",
    14: "rt_sigprocmask", 16: "ioctl", 17: "pread64", 20: "writev", 25: "mremap",
    28: "madvise", 32: "dup", 33: "dup2", 39: "getpid", 41: "socket",
    42: "connect", 46: "sendmsg", 47: "recvmsg", 49: "bind", 50: "listen", 51: "getsockname",
    53: "socketpair", 54: "setsockopt", 56: "clone",
    59: "execve", 60: "exit", 61: "wait4", 62: "kill", 72: "fcntl", 73: "flock",
    77: "ftruncate", 78: "getdents", 79: "getcwd", 80: "chdir", 83: "mkdir",
    84: "rmdir", 87: "unlink", 95: "umask", 97: "getrlimit", 98: "getrusage",
    102: "getuid", 104: "getgid", 107: "geteuid", 108: "getegid", 109: "setpgid",
    110: "getppid", 112: "setsid", 116: "setgroups", 117: "setresuid",
    119: "setresgid", 121: "getpgid", 124: "getsid", 125: "capget",
    137: "statfs", 138: "fstatfs", 140: "getpriority", 141: "setpriority",
    157: "prctl", 158: "arch_prctl", 160: "setrlimit", 165: "mount",
    186: "gettid", 217: "getdents64", 218: "set_tid_address", 228: "clock_gettime",
    231: "exit_group", 247: "waitid", 257: "openat", 258: "mkdirat",
    262: "newfstatat", 263: "unlinkat", 264: "renameat", 267: "readlinkat", 269: "faccessat",
    272: "unshare", 289: "signalfd4", 292: "dup3", 293: "pipe2", 302: "prlimit64",
    318: "getrandom", 319: "memfd_create", 424: "pidfd_send_signal", 429: "move_mount",
    430: "fsopen", 431: "fsconfig", 432: "fsmount", 434: "pidfd_open",
    435: "clone3", 436: "close_range",
}  # fmt: skip


class Call(NamedTuple):
    """The nth call of this name by the process in this role."""

    role: str
    name: str
    nth: int


class Fault(NamedTuple):
    call: Call
    error: int  # an errno, or 0: SIGKILL at this call
    #: Each openat(2) of a path that ends so, instead of the nth: as if the kernel
    #: had no such file.
    path: str = ""


class Traced(NamedTuple):
    status: int
    err: str
    calls: list[Call]
    guard: int
    hit: bool  # the fault was met
    late: bool  # it did not end in time


class _Late(Exception):
    pass


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request: int, pid: int, address=0, data=0) -> bool:
    """False when it has died meanwhile (or is not ours), as SIGKILL may do."""
    return _libc.ptrace(request, pid, address, data) >= 0


class _Process:
    def __init__(self, role: str):
        self.role = role
        self.counts: dict[str, int] = {}
        self.failing = False


class _Tracer:
    def __init__(self, fault: Fault | None):
        self.fault = fault
        self.processes: dict[int, _Process] = {}
        self.gone: set[int] = set()
        self.born = 0
        self.calls: list[Call] = []
        self.hit = False
        self.hold = False
        self.held: list[int] = []
        self.info = ctypes.create_string_buffer(128)

    def seize(self, pid: int) -> None:
        options = _SYSGOOD | _FORK | _VFORK | _CLONE | _EXEC | _EXITKILL
        if not _ptrace(_SEIZE, pid, 0, options):
            raise OSError(ctypes.get_errno(), "PTRACE_SEIZE")
        self.guard = pid
        self.guard_status = -1
        self.started = False
        self._find(pid)

    def _find(self, pid: int) -> _Process:
        if pid not in self.processes:
            role = _ROLES[min(self.born, 2)]
            self.born += 1
            self.processes[pid] = _Process(role)
        return self.processes[pid]

    def loop(self) -> None:
        while self.processes:
            pid, status = os.waitpid(-1, 0x40000000)  # __WALL
            if os.WIFSTOPPED(status):
                self._stopped(pid, status)
            else:
                self.processes.pop(pid, None)
                self.gone.add(pid)
                if pid == self.guard:
                    self.guard_status = status
                    self.hold = False
                    for held in self.held:
                        _ptrace(_CONT, held)

    def _stopped(self, pid: int, status: int) -> None:
        process = self._find(pid)
        if self.hold and process.role == CHILD:
            self.held.append(pid)
            return
        signo, event = os.WSTOPSIG(status), status >> 16
        pass_on = 0
        if signo == signal.SIGTRAP | 0x80:
            self._syscall(pid, process)
        elif event == _EVENT_EXEC:
            if pid != self.guard:
                _ptrace(_DETACH, pid)
                del self.processes[pid]
                self.gone.add(pid)
                return
            self.started = True
        elif event in _EVENTS_BIRTH:
            # Known from here on: its own first stop may come after the end of
            # all others.
            if _ptrace(_GETEVENTMSG, pid, 0, self.info):
                child = struct.unpack_from("<Q", self.info.raw)[0]
                if child not in self.gone:
                    self._find(child)
        elif event == _EVENT_STOP and signo != signal.SIGTRAP:
            _ptrace(_LISTEN, pid)  # stopped as a job is
            return
        elif event == 0:
            pass_on = signo
        _ptrace(_SYSCALL if self._counts(process) else _CONT, pid, 0, pass_on)

    def _counts(self, process: _Process) -> bool:
        """Is there anything to see in its calls? If not it runs at full speed."""
        if not self.fault:
            return True
        if self.hit and not self.fault.path:
            return process.failing
        return process.role == self.fault.call.role

    def _syscall(self, pid: int, process: _Process) -> None:
        if not _ptrace(_GET_SYSCALL_INFO, pid, len(self.info), self.info):
            return
        entry = self.info.raw[0] == _ENTRY
        if entry and self.started:
            number = struct.unpack_from("<Q", self.info.raw, 24)[0]
            self._enter(pid, process, NAMES.get(number, f"call_{number}"))
        elif not entry and process.failing:
            process.failing = False
            _ptrace(_POKEUSER, pid, _RAX, -self.fault.error & 2**64 - 1)

    def _enter(self, pid: int, process: _Process, name: str) -> None:
        nth = process.counts[name] = process.counts.get(name, 0) + 1
        call = Call(process.role, name, nth)
        self.calls.append(call)
        if not self.fault or not self._is_met(pid, call):
            return
        self.hit = True
        if self.fault.error:
            process.failing = True
            _ptrace(_POKEUSER, pid, _ORIG_RAX, 2**64 - 1)  # no such call
        else:
            os.kill(pid, signal.SIGKILL)  # our tracee: it is not reaped

    def _is_met(self, pid: int, call: Call) -> bool:
        if not self.fault.path:
            return not self.hit and call == self.fault.call
        if call[:2] != self.fault.call[:2]:
            return False
        address = struct.unpack_from("<Q", self.info.raw, 40)[0]
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        try:
            text = os.pread(memory, min(256, 4096 - address % 4096), address)
        finally:
            os.close(memory)
        return text.split(b"\0", 1)[0].decode().endswith(self.fault.path)

    def kill(self) -> None:
        for pid in list(self.processes):
            os.kill(pid, signal.SIGKILL)
        self.loop()


def _start(command, before, gate, err, options) -> None:
    """In the child: wait until it is traced, then become the command."""
    try:
        os.read(gate, 1)
        null = os.open("/dev/null", os.O_RDWR)
        for target, source in enumerate((null, null, err)):
            os.dup2(source, target)
        os.chdir(options["cwd"])
        before()
        os.execve(command[0], command, options["env"])
    except BaseException as error:  # noqa: BLE001 - nothing is above us
        os.write(err, f"not started: {error!r}\n".encode())
    finally:
        os._exit(99)


def _late(signo, frame):
    raise _Late


def run(
    command, fault=None, before=lambda: None, deadline_s=30, hold=False, **options
) -> Traced:
    """Run jig with this fault, to the end of each of its processes.

    @hold    the child that is to become the command has no processor time until
             the guard has ended.

    @before  called in the new process before its execve: becomes a user, joins
             a cgroup.
    """
    tracer = _Tracer(fault)
    tracer.hold = hold
    gate = os.pipe()
    with tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            os.close(gate[1])
            _start(command, before, gate[0], err.fileno(), options)
        os.close(gate[0])
        old = signal.signal(signal.SIGALRM, _late)
        late = False
        try:
            tracer.seize(pid)
            os.close(gate[1])
            signal.setitimer(signal.ITIMER_REAL, deadline_s)
            tracer.loop()
        except _Late:
            late = True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)
            tracer.kill()
        err.seek(0)
        said = err.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(tracer.guard_status)
    status = code if code >= 0 else 128 - code
    return Traced(status, said, tracer.calls, pid, tracer.hit, late)
