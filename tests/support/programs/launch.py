#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run a command under conditions that no command line tool sets up.

    launch.py seccomp clone3=EPERM,pidfd_open=ENOSYS COMMAND…
    launch.py no-userns COMMAND…      in a user namespace that may have none below it:
                                      as uid 1000, or as the ordinary user that we are
    launch.py no-newuser COMMAND…     CLONE_NEWUSER refused, as containers do it
    launch.py signals COMMAND…        all blocked, all ignored
    launch.py no-sigchld COMMAND…     SIGCHLD ignored
    launch.py fds N COMMAND…          with N descriptors open
    launch.py closed 0,2 COMMAND…     without these descriptors
"""

import ctypes
import errno
import os
import platform
import resource
import signal
import sys

#: The same on every architecture (they came after the common table began).
SYSCALLS = {"pidfd_open": 434, "clone3": 435, "close_range": 436}

#: clone and unshare, whose numbers each architecture has of its own.
_CLONE, _UNSHARE = (56, 272) if platform.machine() == "x86_64" else (220, 97)

_LOAD_NUMBER = (0x20, 0, 0, 0)  # BPF_LD | BPF_W | BPF_ABS, seccomp_data.nr
_LOAD_FLAGS = (0x20, 0, 0, 16)  # the low half of seccomp_data.args[0]
_JUMP_EQUAL = 0x15
_JUMP_IF_SET = 0x45
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
    install(lines)


def refuse_newuser():
    """clone3's flags are in memory, where a filter cannot look: ENOSYS, so that
    callers take clone."""
    install([
        _LOAD_NUMBER,
        (_JUMP_EQUAL, 5, 0, SYSCALLS["clone3"]),
        (_JUMP_EQUAL, 1, 0, _CLONE),
        (_JUMP_EQUAL, 0, 2, _UNSHARE),
        _LOAD_FLAGS,
        (_JUMP_IF_SET, 2, 0, _CLONE_NEWUSER),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
    ])  # fmt: skip


def install(lines):
    code = (Instruction * len(lines))(*lines)
    program = Filter(len(lines), ctypes.cast(code, ctypes.POINTER(Instruction)))
    check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0))


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def map_ids(parent, lines):
    """Written from outside: the whole map is root's to write."""
    if os.geteuid() != 0:
        write(f"/proc/{parent}/setgroups", "deny")
    for kind, line in lines.items():
        write(f"/proc/{parent}/{kind}_map", line)


def ask_for_maps(entered, mapped, lines):
    """A child that maps the ids of its parent once that one has entered."""
    parent = os.getpid()
    if os.fork() != 0:
        return
    status = 1
    try:
        os.close(entered[1])
        os.close(mapped[0])
        if os.read(entered[0], 1):  # Else it was refused.
            map_ids(parent, lines)
            os.write(mapped[1], b"x")
            status = 0
    finally:
        os._exit(status)


def enter_user_namespace():
    """Root: all ids mapped, so that we can become one of them afterwards. An
    ordinary user may map its own ids alone."""
    lines = {"uid": "0 0 65536", "gid": "0 0 65536"}
    if os.geteuid() != 0:
        lines = {"uid": f"{os.geteuid()} {os.geteuid()} 1", "gid": f"{os.getegid()} {os.getegid()} 1"}
    entered, mapped = os.pipe(), os.pipe()
    ask_for_maps(entered, mapped, lines)
    # Our own copy of its end would keep us from seeing that the child has failed.
    os.close(mapped[1])
    os.close(entered[0])
    check(libc.unshare(_CLONE_NEWUSER))
    os.write(entered[1], b"x")
    done = os.read(mapped[0], 1)
    os.wait()
    if not done:
        sys.exit("launch.py: the ids of a user namespace cannot be mapped here")


def forbid_user_namespaces():
    is_root = os.geteuid() == 0
    enter_user_namespace()
    write("/proc/sys/user/max_user_namespaces", "0")
    if is_root:
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
    # Else: execve of an ordinary user drops what the namespace gave.


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
    elif condition == "no-newuser":
        refuse_newuser()
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
