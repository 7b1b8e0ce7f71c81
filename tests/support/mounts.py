# SPDX-License-Identifier: MIT
"""A private mount namespace for the process of the tests, for a while."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib

_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), what)


def _mount(source, target, kind, flags: int, data) -> None:
    result = _libc.mount(source, target, kind, ctypes.c_ulong(flags), data)
    _checked(result, f"mount on {target!r}")


@contextlib.contextmanager
def private():
    """In it, what is mounted is seen by us and our children alone."""
    folder, before = os.getcwd(), os.open("/proc/self/ns/mnt", os.O_RDONLY)
    root = os.open("/", os.O_PATH)
    try:
        _checked(_libc.unshare(_CLONE_NEWNS), "unshare")
        try:
            _mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None)
            yield
        finally:
            _checked(_libc.setns(before, _CLONE_NEWNS), "setns")
            # setns() has changed to the namespace's root, out of a chroot.
            os.fchdir(root)
            os.chroot(".")
            os.chdir(folder)
    finally:
        os.close(before)
        os.close(root)


@contextlib.contextmanager
def own_registry():
    """Root's registry is ours alone: no other jig of this machine finds, and
    clears, what a test has abandoned there."""
    with private():
        for path in (pathlib.Path("/run/jig"), pathlib.Path("/tmp/jig-0")):
            path.mkdir(mode=0o700, exist_ok=True)
            _mount(b"none", os.fsencode(path), b"tmpfs", 0, b"mode=700")
        yield
