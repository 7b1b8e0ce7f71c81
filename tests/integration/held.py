# SPDX-License-Identifier: MIT
"""Hold a process at a system call that opens a certain file: what happens there
happens for certain between two of its steps. Of x86_64 alone, as root.

    with held.at_open(pid, lambda path: path.endswith("/stat")) as path:
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

_CONT, _SYSCALL, _DETACH, _SEIZE, _INTERRUPT = 7, 24, 17, 0x4206, 0x4207
_GET_SYSCALL_INFO, _SYSGOOD = 0x420E, 0x1
_WALL, _OPENAT, _ENTRY = 0x40000000, 257, 1

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


def _opens(pid, info) -> str:
    """The path of an openat(2) that begins; "" for any other stop."""
    _ptrace(_GET_SYSCALL_INFO, pid, len(info), info)
    if info.raw[0] != _ENTRY or struct.unpack_from("<Q", info.raw, 24)[0] != _OPENAT:
        return ""
    return _path(pid, struct.unpack_from("<Q", info.raw, 40)[0])


def _run_to(pid, is_wanted) -> str:
    info = ctypes.create_string_buffer(128)
    while True:
        _, status = os.waitpid(pid, _WALL)
        assert os.WIFSTOPPED(status), status
        signo, path = os.WSTOPSIG(status), ""
        if signo == signal.SIGTRAP | 0x80:
            path, signo = _opens(pid, info), 0
        elif status >> 16:
            signo = 0
        if path and is_wanted(path):
            return path
        _ptrace(_SYSCALL, pid, 0, signo)


@contextlib.contextmanager
def at_open(pid, is_wanted, then=lambda: None):
    """@then  called when it is traced, to make it do what is waited for."""
    if platform.machine() != "x86_64" or not IS_ROOT:
        pytest.skip("x86_64 and root alone")
    try:
        _ptrace(_SEIZE, pid, 0, _SYSGOOD)
    except PermissionError:
        pytest.skip("no ptrace here")
    _ptrace(_INTERRUPT, pid)
    then()
    path = _run_to(pid, is_wanted)
    try:
        yield path
    finally:
        _ptrace(_DETACH, pid)
