# SPDX-License-Identifier: MIT
"""Hold a process at the entry of a system call: what happens there happens for
certain between two of its steps. Of x86_64 alone, as root.

    with held.at_open(pid, lambda path: path.endswith("/stat")):
        ...                          # it has not opened it yet
"""

import contextlib
import ctypes
import os
import platform
import signal
import struct

import pytest
from helpers import IS_ROOT

SENDMSG, OPENAT = 46, 257

_SYSCALL, _DETACH, _SEIZE, _INTERRUPT = 24, 17, 0x4206, 0x4207
_GET_SYSCALL_INFO, _SYSGOOD = 0x420E, 0x1
_WALL, _ENTRY = 0x40000000, 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request, pid, address=0, data=0):
    if _libc.ptrace(request, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def _path(pid, address) -> str:
    """It may lie at the end of the last page."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        text = os.pread(memory, min(256, 4096 - address % 4096), address)
    finally:
        os.close(memory)
    return text.split(b"\0", 1)[0].decode(errors="replace")


def _enters(pid, info, number):
    """The address of the second argument, when this call begins; else None."""
    _ptrace(_GET_SYSCALL_INFO, pid, len(info), info)
    if info.raw[0] != _ENTRY or struct.unpack_from("<Q", info.raw, 24)[0] != number:
        return None
    return struct.unpack_from("<Q", info.raw, 40)[0]


def _run_to(pid, number, is_wanted) -> None:
    info = ctypes.create_string_buffer(128)
    while True:
        _, status = os.waitpid(pid, _WALL)
        assert os.WIFSTOPPED(status), status
        signo, argument = os.WSTOPSIG(status), None
        if signo == signal.SIGTRAP | 0x80:
            argument, signo = _enters(pid, info, number), 0
        elif status >> 16:
            signo = 0
        if argument is not None and is_wanted(argument):
            return
        _ptrace(_SYSCALL, pid, 0, signo)


@contextlib.contextmanager
def at_call(pid, number, then=lambda: None, is_wanted=lambda argument: True):
    """@then  called when it is traced, to make it do what is waited for. Neither it
    nor the caller may wait for the process, as Popen.send_signal() does."""
    if platform.machine() != "x86_64" or not IS_ROOT:
        pytest.skip("x86_64 and root alone")
    try:
        _ptrace(_SEIZE, pid, 0, _SYSGOOD)
    except PermissionError:
        pytest.skip("no ptrace here")
    _ptrace(_INTERRUPT, pid)
    then()
    _run_to(pid, number, is_wanted)
    try:
        yield
    finally:
        _ptrace(_DETACH, pid)


def at_open(pid, is_wanted, then=lambda: None):
    """@is_wanted  asked of each path that it opens."""
    return at_call(pid, OPENAT, then, lambda address: is_wanted(_path(pid, address)))
