#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check what the map and the documents name.

Every source of src/ stands on the map at the head of src/cli/main.c, below its
folder. Every file and every function() that a document or a comment in src/ names is
there. Prints each difference; exit status 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAP = "src/cli/main.c"

#: Functions of others that no code of ours calls.
FOREIGN = {
    "killpg": "the C library",
    "posix_spawn": "the C library",
    "prepare_signal": "the kernel",
    "copy_struct_from_user": "the kernel",
    "readlines": "Python",
    "startup_check": "pytest-xprocess",
}

#: Files of others, or written by jig.
FOREIGN_FILES = {
    "fcntl.h": "the C library",
    "include/net/tcp_states.h": "the kernel",
    "include/uapi/linux/net.h": "the kernel",
    "linux/proc_ns.h": "the kernel",
    "linux/resource.h": "the kernel",
    "linux/uaccess.h": "the kernel",
    "linux/wait.h": "the kernel",
    "proc_ns.h": "the kernel",
    "sched.h": "the C library",
}

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_FILE = re.compile(r"(?<![\w/.*<-])([\w-][\w./*-]*\.[ch])\b(?!\.?\w)")
_SCRIPT = re.compile(r"`([\w-][\w./-]*\.(?:py|sh|scd|md|txt|svg|json|ini|abi))`")
_FUNCTION = re.compile(r"\b([a-z_]\w+)\(\)", re.IGNORECASE)
#: NAME.c, VERSION/jig.h: the reader puts a name there.
_STANDS_FOR_ANY = re.compile(r"\b[A-Z]{4,}\b")
_CALL = re.compile(r"\b(\w+)\(")


def tracked(*folders: str) -> list[str]:
    """Files of the repository in @folders, those that are not committed yet, too."""
    which = ["--cached", "--others", "--exclude-standard"]
    words = ["git", "ls-files", *which, "--", *folders]
    listed = subprocess.run(
        words, cwd=ROOT, check=False, capture_output=True, text=True
    )
    if listed.returncode == 0:
        named = set(listed.stdout.splitlines())
    else:  # A copy without git's files, or one that belongs to another user.
        tops = folders or [p.name for p in ROOT.iterdir() if not p.match("build*")]
        paths = [p for top in tops for p in (ROOT / top, *(ROOT / top).rglob("*"))]
        named = {path.relative_to(ROOT).as_posix() for path in paths}
    return sorted(name for name in named if (ROOT / name).is_file())


def with_ends(names: Iterable[str], *ends: str) -> list[str]:
    return [name for name in names if name.endswith(ends)]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(errors="replace")


# ----------------------------------------------------------------------- the map


def map_lines() -> Iterator[str]:
    comment = _COMMENT.search(text_of(MAP).partition("\n")[2])
    for line in comment[0].splitlines() if comment else ():
        yield line.removeprefix(" *").removeprefix(" ")


def files_on_map() -> set[str]:
    """Names below src/: a line that begins with a folder, and files after it."""
    found, folder = set(), ""
    for line in map_lines():
        if head := re.match(r"([\w/]+/)(?:\s|$)", line):
            folder = head[1]
        if folder:
            names = re.findall(r"(?<![\w/])(\w+\.[ch])\b", line)
            found |= {f"{folder}{name}" for name in names}
    return found


def wrong_map() -> Iterator[str]:
    sources = with_ends(tracked("src"), ".c", ".h")
    there = {name.removeprefix("src/") for name in sources}
    shown = files_on_map()
    for name in sorted(shown - there):
        yield f"the map: src/{name} is not there"
    for name in sorted(there - shown):
        if not (name.endswith(".h") and f"{name[:-2]}.c" in shown):
            yield f"the map: src/{name} is missing"


# ------------------------------------------------------------------------- names


def documents() -> list[str]:
    return ["CONTRIBUTING.md", *with_ends(tracked("docs"), ".md", ".txt")]


def prose() -> Iterator[tuple[str, str]]:
    """Each file that names others, and its text."""
    for name in documents():
        yield name, text_of(name)
    for name in with_ends(tracked("src"), ".c", ".h"):
        yield name, "\n".join(_COMMENT.findall(text_of(name)))


def places_of(names: Iterable[str]) -> set[str]:
    """Each name and its ends: a/b/c.h, b/c.h, c.h."""
    found = set()
    for name in names:
        parts = name.split("/")
        found |= {"/".join(parts[i:]) for i in range(len(parts))}
    return found


def is_there(name: str, where: str, places: set[str]) -> bool:
    """@name, as the file @where names it: from the top, from src/, or from itself."""
    beside = (pathlib.PurePosixPath(where).parent / name).as_posix()
    if "*" in name:
        pattern = re.compile(re.escape(name).replace(r"\*", "[^/]*"))
        return any(pattern.fullmatch(place) for place in places)
    return name in places or beside in places or name in FOREIGN_FILES


def called() -> set[str]:
    """Functions that code of ours defines or calls."""
    found = set()
    ours = tracked("src", "include", "tests", "python", "tools", "bench", "examples")
    for name in with_ends(ours, ".c", ".h", ".py", ".cpp"):
        found |= set(_CALL.findall(_COMMENT.sub("", text_of(name))))
    return found


def unknown_names() -> Iterator[str]:
    places, functions = places_of(tracked()), called() | FOREIGN.keys()
    for where, text in prose():
        named = set(_FILE.findall(text)) | set(_SCRIPT.findall(text))
        for name in sorted(one for one in named if not _STANDS_FOR_ANY.search(one)):
            if not is_there(name.removeprefix("./"), where, places):
                yield f"{where}: there is no {name}"
        for name in sorted(set(_FUNCTION.findall(text)) - functions):
            yield f"{where}: there is no {name}()"


def violations() -> list[str]:
    return [*wrong_map(), *unknown_names()]


def main() -> int:
    found = violations()
    print("\n".join(found) or "mentions: the map is whole, and what is named is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
