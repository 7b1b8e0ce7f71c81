# SPDX-License-Identifier: MIT
"""The oldest glibc on which programs run: the platform tag of a wheel (PEP 600).

`manylinux_2_28_x86_64` promises that every shared library, which a file of the wheel
needs, belongs to glibc 2.28 or an older one. The promise is read from the files
themselves: from the versions of their symbols, which the linker has noted.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
from collections.abc import Iterable
from typing import Optional

#: Parts of glibc. A file that needs any other library gets no manylinux tag.
_OF_GLIBC = re.compile(
    r"(libc|libm|libdl|librt|libutil|libpthread|ld-linux[\w-]*)\.so\.\d+"
)

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
