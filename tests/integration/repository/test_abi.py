# SPDX-License-Identifier: MIT
"""The binary interface of libjig: what may change, and that `tools/abi` sees it.

Hosts and libraries of different versions are run by tests/abi, in C.
"""

import pathlib
import platform
import re
import shutil
import subprocess

import pytest
from helpers import TOP, built

HEADER = TOP / "include" / "jig.h"
TIMEOUT_S = 60


def check(library: pathlib.Path) -> subprocess.CompletedProcess:
    if not shutil.which("abidiff"):
        pytest.skip("no abidiff")
    if platform.machine() != "x86_64":
        pytest.skip("the description is that of x86-64")
    return subprocess.run(
        [TOP / "tools" / "abi", "check", library],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def test_the_library_keeps_its_abi():
    done = check(built("src/libjig.so"))
    assert done.returncode == 0, done.stdout + done.stderr


def library_of(header: str, place: pathlib.Path) -> pathlib.Path:
    """A library whose functions do nothing, with the types of @header."""
    (place / "jig.h").write_text(header)
    bodies = re.findall(r"^JIG_API ([^;]*);", header, re.MULTILINE)
    text = "".join(f"JIG_API {body}\n{{\n\t__builtin_trap();\n}}\n" for body in bodies)
    (place / "library.c").write_text(f'#include "jig.h"\n{text}')
    subprocess.run(
        [
            *("gcc", "-g", "-w", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden"),
            f"-Wl,--version-script={TOP / 'src' / 'libjig.map'},-soname,libjig.so.1",
            *("-o", "libjig.so", "library.c"),
        ],
        cwd=place,
        check=True,
        timeout=TIMEOUT_S,
    )
    return place / "libjig.so"


def changed(*pairs: tuple[str, str]) -> str:
    header = HEADER.read_text()
    for old, new in pairs:
        assert header.count(old) == 1, old
        header = header.replace(old, new)
    return header


_LAST = "\tunsigned char via_reserved[7];\n"
_FUNCTION = "JIG_API int jig_job_forget(unsigned number);\n"
_VALUE = "\tJIG_GROUP_INHERIT,\n"

ADDITIONS = {
    "nothing": [],
    "a field at the end": [(_LAST, f"{_LAST}\tint64_t more;\n")],
    "two fields at the end": [(_LAST, f"{_LAST}\tint more, still_more;\n")],
    "a field of a struct that the library writes": [
        ("\tchar command[176]; ", "\tchar command[176];\n\tint64_t more; ")
    ],
    "a function": [(_FUNCTION, f"{_FUNCTION}JIG_API int jig_more(void);\n")],
    "a value": [(_VALUE, f"{_VALUE}\tJIG_GROUP_MORE,\n")],
}
BREAKS = {
    "a field in the middle": [
        ("\tconst char *cwd; ", "\tconst char *more;\n\tconst char *cwd; ")
    ],
    "a field in the middle, and one at the end": [
        ("\tconst char *cwd; ", "\tconst char *more;\n\tconst char *cwd; "),
        (_LAST, f"{_LAST}\tint64_t more_too;\n"),
    ],
    "a field in the middle of what is written": [
        ("\tpid_t keeper; ", "\tint more;\n\tint still_more;\n\tpid_t keeper; ")
    ],
    "a field less": [("\tconst char *cwd; ", "\t")],
    "another type of the same size": [("int64_t timeout_us;", "uint64_t timeout_us;")],
    "two fields in another order": [
        ("\tuint64_t memory_max; ", "\tuint64_t other; "),
        ("\tuint64_t pids_max; ", "\tuint64_t memory_max; "),
        ("\tuint64_t other; ", "\tuint64_t pids_max; "),
    ],
    "a field at the end of a struct without a size": [
        ("\tint64_t wait_us; ", "\tint64_t wait_us;\n\tint64_t more; ")
    ],
    "a field in a hole": [("\tint signal;\n", "\tint signal;\n\tint more;\n")],
    "a reserved byte": [
        (
            "\tunsigned char reserved[7];\n\n\tconst char *program;",
            "\tbool more;\n\tunsigned char reserved[6];\n\n\tconst char *program;",
        )
    ],
    "a value in the middle": [
        ("\tJIG_GROUP_SESSION, ", "\tJIG_GROUP_MORE,\n\tJIG_GROUP_SESSION, ")
    ],
    "a value less": [(_VALUE, "")],
    "a function less": [(_FUNCTION, "")],
    "an argument of another type": [
        (_FUNCTION, "JIG_API int jig_job_forget(unsigned long number);\n")
    ],
    "another return type": [
        (_FUNCTION, "JIG_API void jig_job_forget(unsigned number);\n")
    ],
}


@pytest.mark.parametrize("change", ADDITIONS)
def test_an_addition_is_allowed(change, tmp_path):
    done = check(library_of(changed(*ADDITIONS[change]), tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("change", BREAKS)
def test_a_break_is_refused(change, tmp_path):
    done = check(library_of(changed(*BREAKS[change]), tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "could fail" in done.stdout


def test_another_soname_is_not_the_same_abi(tmp_path):
    library = library_of(changed(), tmp_path)
    again = [*("gcc", "-g", "-shared", "-o", library, "library.c", "-fPIC", "-w")]
    subprocess.run([*again, "-Wl,-soname,libjig.so.2"], cwd=tmp_path, check=True)
    assert check(library).returncode != 0


def test_what_is_no_library_is_an_error():
    assert check(HEADER).returncode == 2


def test_the_oldest_header_is_of_the_soname():
    library = built("src/libjig.so").resolve()
    assert (version := re.search(r"\.so\.(\d+)", library.name))
    assert (TOP / "tests" / "abi" / version[1] / "jig.h").is_file()


#: Structs without a size may have holes: they stay as they are.
_HOLES = {"jig_limit", "jig_step"}


@pytest.mark.skipif(not shutil.which("clang"), reason="no clang")
def test_no_sized_struct_has_padding(tmp_path):
    """So no new field can be where an older host has no zeroes."""
    structs = re.findall(r"^struct (\w+) \{", HEADER.read_text(), re.MULTILINE)
    uses = "".join(f"int size_of_{name}[sizeof(struct {name})];\n" for name in structs)
    (tmp_path / "sizes.c").write_text(f"#include <jig.h>\n{uses}")
    said = subprocess.run(
        ["clang", "-Wpadded", "-fsyntax-only", f"-I{HEADER.parent}", "sizes.c"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    ).stderr
    assert len(structs) >= 10
    assert set(re.findall(r"padding .*?'struct (\w+)'", said)) == _HOLES


def defined(library: pathlib.Path) -> list[tuple[str, str]]:
    """(type, name) of each symbol of an archive that others could meet."""
    listed = subprocess.run(
        ["nm", "--defined-only", "--extern-only", library],
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [(row[1], row[2]) for row in rows if len(row) == 3]


def test_the_static_library_defines_names_of_the_header_only():
    symbols = defined(built("src/libjig.a"))
    header = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    functions = set(re.findall(r"JIG_API[^;(]*?\b(jig_\w+)\(", header))
    assert {name for _, name in symbols} == functions
    assert {kind for kind, _ in symbols} == {"T"}
