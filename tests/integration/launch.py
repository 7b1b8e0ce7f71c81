#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run a command under conditions that no command line tool sets up.

    launch.py seccomp clone3=EPERM,pidfd_open=ENOSYS COMMAND…
    launch.py no-userns COMMAND…      as uid 1000 where none can be made
    launch.py signals COMMAND…        all blocked, all ignored
    launch.py no-sigchld COMMAND…     SIGCHLD ignored
    launch.py fds N COMMAND…          with N descriptors open
    launch.py closed 0,2 COMMAND…     without these descriptors
"""

import ctypes
import errno
import os
import resource
import signal
import sys

#: The same on every architecture (they came after the common table began).
SYSCALLS = {"pidfd_open": 434, "clone3": 435, "close_range": 436}

_LOAD_NUMBER = (0x20, 0, 0, 0)  # BPF_LD | BPF_W | BPF_ABS, seccomp_data.nr
_JUMP_EQUAL = 0x15
_RETURN = 0x06
_ALLOW = 0x7FFF0000
_FAIL = 0x00050000

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_CLONE_NEWUSER = 0x10000000

libc = ctypes.CDLL(None, use_errno=True)


class Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("jump_true", ctypes.c_ubyte),
        ("jump_false", ctypes.c_ubyte),
        ("value", ctypes.c_uint),
    ]


class Filter(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_ushort),
        ("instructions", ctypes.POINTER(Instruction)),
    ]


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def refuse(rules):
    """Make system calls fail, for us and all that we start."""
    lines = [_LOAD_NUMBER]
    for rule in rules.split(","):
        name, error = rule.split("=")
        lines.append((_JUMP_EQUAL, 0, 1, SYSCALLS[name]))
        lines.append((_RETURN, 0, 0, _FAIL | getattr(errno, error)))
    lines.append((_RETURN, 0, 0, _ALLOW))
    code = (Instruction * len(lines))(*lines)
    program = Filter(len(lines), ctypes.cast(code, ctypes.POINTER(Instruction)))
    check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0))


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def enter_user_namespace():
    """All ids mapped, so that we can become one of them afterwards."""
    parent = os.getpid()
    entered, mapped = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.close(entered[1])
        if not os.read(entered[0], 1):
            os._exit(1)  # It was refused.
        for kind in ("uid", "gid"):
            write(f"/proc/{parent}/{kind}_map", "0 0 65536\n")
        os.write(mapped[1], b"x")
        os._exit(0)
    check(libc.unshare(_CLONE_NEWUSER))
    os.write(entered[1], b"x")
    os.read(mapped[0], 1)
    os.wait()


def forbid_user_namespaces():
    enter_user_namespace()
    write("/proc/sys/user/max_user_namespaces", "0")
    os.setgroups([])
    os.setresgid(1000, 1000, 1000)
    os.setresuid(1000, 1000, 1000)


def block_and_ignore():
    for signo in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(signo, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def open_many(count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    null = os.open("/dev/null", os.O_RDONLY)
    for _ in range(count):
        os.set_inheritable(os.dup(null), True)


def close_some(numbers):
    for fd in numbers.split(","):
        os.close(int(fd))


def main(words):
    condition, *rest = words
    if condition == "seccomp":
        refuse(rest.pop(0))
    elif condition == "no-userns":
        forbid_user_namespaces()
    elif condition == "signals":
        block_and_ignore()
    elif condition == "no-sigchld":
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    elif condition == "fds":
        open_many(int(rest.pop(0)))
    elif condition == "closed":
        close_some(rest.pop(0))
    else:
        sys.exit(f"launch.py: no condition {condition}")
    os.execvp(rest[0], rest)


main(sys.argv[1:])
