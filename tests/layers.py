#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check the folders of src/ against the table in docs/ARCHITECTURE.md.

The table names each folder, its meaning, and the folders that it may include. A
folder may also include everything that those may include. Prints each difference;
exit status 1 if there is any.
"""

import pathlib
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
TABLE = ROOT / "docs" / "ARCHITECTURE.md"

#: A folder with more modules (.c files) has more than one meaning.
MOST_MODULES = 16

#: A meaning fits one line.
LONGEST_MEANING = 80

_ROW = re.compile(r"^\| `([\w/]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


class Folder(NamedTuple):
    name: str
    meaning: str
    may_include: tuple[str, ...]


def folders() -> dict[str, Folder]:
    """The rows of the table, in its order."""
    section = TABLE.read_text().partition("\n## Folders\n")[2].partition("\n## ")[0]
    return {
        name: Folder(name, meaning, tuple(re.findall(r"`([\w/]+)`", names)))
        for name, meaning, names in _ROW.findall(section)
    }


def reachable(table: dict[str, Folder], name: str) -> set[str]:
    """What @name may include: the named folders, and what those may include."""
    found: set[str] = set()
    new = [name]
    while new:
        row = table.get(new.pop())
        more = set(row.may_include if row else ()) - found
        found |= more
        new += more
    return found


def folder_of(path: pathlib.Path) -> str:
    return path.parent.relative_to(SRC).as_posix()


def sources() -> list[pathlib.Path]:
    return sorted(SRC.rglob("*.[ch]"))


def wrong_rows(table: dict[str, Folder]) -> Iterator[str]:
    above: set[str] = set()
    for row in table.values():
        for name in row.may_include:
            if name not in above:
                yield f"{row.name}: {name} does not stand above it in the table"
            if any(name in reachable(table, other) for other in row.may_include):
                yield f"{row.name}: {name} is named twice, another one may include it"
        if len(row.meaning) > LONGEST_MEANING:
            yield f"{row.name}: the meaning does not fit one line"
        above.add(row.name)


def wrong_folders(table: dict[str, Folder]) -> Iterator[str]:
    modules: dict[str, int] = {}
    for path in sources():
        name = folder_of(path)
        modules[name] = modules.get(name, 0) + (path.suffix == ".c")
    for name, count in modules.items():
        if name not in table:
            yield f"src/{name}: not in the table of {TABLE.name}"
        if count > MOST_MODULES:
            yield f"src/{name}: {count} modules, at most {MOST_MODULES}"
    for name in table:
        if name not in modules:
            yield f"{name}: in the table, and no folder of src/"


def wrong_includes(table: dict[str, Folder]) -> Iterator[str]:
    """Each include of src/ that the table does not allow."""
    allowed = {name: reachable(table, name) | {name} for name in table}
    for path in sources():
        own = folder_of(path)
        for name in _INCLUDE.findall(path.read_text()):
            other = pathlib.PurePosixPath(name).parent.as_posix()
            where = path.relative_to(ROOT)
            if not (SRC / name).is_file():
                yield f'{where}: "{name}" is no header of src/'
            elif other not in allowed.get(own, {other}):
                yield f'{where}: "{name}": {own} may not include {other}'


def included_folders() -> dict[str, set[str]]:
    """For each folder the other ones that its files include."""
    found: dict[str, set[str]] = {}
    for path in sources():
        names = _INCLUDE.findall(path.read_text())
        folders_of_names = {pathlib.PurePosixPath(n).parent.as_posix() for n in names}
        found.setdefault(folder_of(path), set()).update(folders_of_names)
    return {name: others - {name} for name, others in found.items()}


def circles() -> Iterator[str]:
    """Folders that include each other, also through others, whatever the table says."""
    left = included_folders()
    size = -1
    while size != len(left):
        size = len(left)
        included = set().union(*left.values())
        left = {
            name: others & left.keys()
            for name, others in left.items()
            if others & left.keys() and name in included
        }
    if left:
        yield f"a circle of folders: {', '.join(sorted(left))}"


def violations() -> list[str]:
    table = folders()
    return [
        *wrong_rows(table),
        *wrong_folders(table),
        *wrong_includes(table),
        *circles(),
    ]


def main() -> int:
    found = violations()
    print("\n".join(found) or "layers: every folder and include is as the table says")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
