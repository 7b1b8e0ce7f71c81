# SPDX-License-Identifier: MIT
"""The C library that a wheel's files need: its platform tag.

`manylinux_2_28_x86_64` (PEP 600) promises that every shared library, which a file of
the wheel needs, belongs to glibc 2.28 or an older one. The promise is read from the
files themselves: from the versions of their symbols, which the linker has noted.

`musllinux_1_2_x86_64` (PEP 656) promises the same of musl 1.2, which has no versions
of symbols: it is the version with which the files were linked.
"""

from __future__ import annotations

import pathlib
import platform
import re
import subprocess
from collections.abc import Iterable
from typing import Optional

#: Parts of glibc. A file that needs any other library gets no manylinux tag.
_OF_GLIBC = re.compile(
    r"(libc|libm|libdl|librt|libutil|libpthread|ld-linux[\w-]*)\.so\.\d+"
)

#: What musl-gcc links with. musl takes a library of this name for itself.
_MUSL = "libc.so"

#: Those that an installer's table of names has, oldest first.
_TAGS = [(2, 17), (2, 28), (2, 31), (2, 34), (2, 35), (2, 39)]

#: A version that glibc notes under another name.
_BY_NAME = {"GLIBC_ABI_DT_RELR": (2, 36)}


def dynamic_section(file: pathlib.Path) -> str:
    """objdump's list of needed libraries, and of versions of symbols."""
    return subprocess.run(
        ["objdump", "-p", str(file)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    ).stdout


def needed(text: str) -> list[str]:
    return re.findall(r"^\s*NEEDED\s+(\S+)", text, re.MULTILINE)


def newest_version(text: str) -> tuple[int, int]:
    """The newest glibc of which a symbol is needed; (0, 0) of a static program."""
    found = [(0, 0)]
    for name in re.findall(r"\bGLIBC_[\w.]+", text):
        number = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(\.\d+)?", name)
        if number:
            found.append((int(number[1]), int(number[2])))
        elif name in _BY_NAME:
            found.append(_BY_NAME[name])
        else:
            raise ValueError(f"a symbol of {name}, which is no release of glibc")
    return max(found)


def manylinux(files: Iterable[pathlib.Path]) -> Optional[str]:
    """"manylinux_2_28", the oldest that is true; None: there is none."""
    version = (0, 0)
    for file in files:
        text = dynamic_section(file)
        if not all(_OF_GLIBC.fullmatch(name) for name in needed(text)):
            return None
        version = max(version, newest_version(text))
    major, minor = next((tag for tag in _TAGS if tag >= version), version)
    return f"manylinux_{major}_{minor}"


def musl_version() -> tuple[int, int]:
    """Of the musl that is installed here: its dynamic linker prints it."""
    linker = f"/lib/ld-musl-{platform.machine()}.so.1"
    said = subprocess.run([linker], stderr=subprocess.PIPE, text=True).stderr
    number = re.search(r"^Version (\d+)\.(\d+)", said, re.MULTILINE)
    if not number:
        raise ValueError(f"{linker} does not print its version: {said!r}")
    return int(number[1]), int(number[2])


def musllinux(files: Iterable[pathlib.Path]) -> Optional[str]:
    """"musllinux_1_2"; None: a file needs another library than musl."""
    if any(set(needed(dynamic_section(file))) - {_MUSL} for file in files):
        return None
    major, minor = musl_version()
    return f"musllinux_{major}_{minor}"
