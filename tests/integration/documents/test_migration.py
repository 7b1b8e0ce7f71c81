# SPDX-License-Identifier: MIT
"""The tables of docs/MIGRATION.md and docs/migration: each row says "same", "ours: …" or "not: …", and no
option, method or name of a tool is missing, as far as the tool is installed."""

import inspect
import re

import pytest
from helpers import TOP

PAGES = (
    *("MIGRATION.md", "compose", "init", "mirakuru", "pexpect", "remote", "subprocess"),
    *("testcontainers", "xprocess"),
)

#: What each cell of the second column begins with, or has behind a name.
_VERDICT = re.compile(r"(^|: )(the )?(same|ours|not)\b")


def tables(page: str) -> list[list[list[str]]]:
    """The tables of a page, as cells."""
    found, before = [], ""
    path = TOP / "docs" / (page if page == "MIGRATION.md" else f"migration/{page}.md")
    for line in path.read_text().splitlines():
        if line.startswith("| ---"):
            found.append([])
        elif line.startswith("| ") and before.startswith("|"):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        before = line
    return found


def rows(page: str) -> list[list[str]]:
    """Of the tables with verdicts: those whose first row has one."""
    verdicts = [one for one in tables(page) if len(one[0]) == 3 and _VERDICT.search(one[0][1])]
    return [row for table in verdicts for row in table]


def named(page: str) -> set[str]:
    text = " ".join(row[0] for row in rows(page))
    return set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", text))))


@pytest.mark.parametrize("page", PAGES)
def test_each_row_has_a_verdict(page):
    assert len(rows(page)) >= 10
    assert [row for row in rows(page) if not _VERDICT.search(row[1])] == []


def public(thing: type) -> set[str]:
    """Its attributes, and the parameters of its constructor."""
    names = set(dir(thing)) | set(inspect.signature(thing.__init__).parameters)
    return {name for name in names if name[0] != "_"} - {"self", "kwargs"}


INTERFACES = {
    "subprocess": ("subprocess", ["Popen"]),
    "pexpect": ("pexpect", ["spawn"]),
    "xprocess": ("xprocess", ["ProcessStarter", "XProcess", "XProcessInfo"]),
}


@pytest.mark.parametrize("page", INTERFACES)
def test_no_name_is_missing(page):
    name, classes = INTERFACES[page]
    module = pytest.importorskip(name)
    names = {one for one in getattr(module, "__all__", ()) if one[0] != "_"}
    names |= {member for one in classes for member in public(getattr(module, one))}
    assert sorted(names - named(page) - set(classes)) == []
