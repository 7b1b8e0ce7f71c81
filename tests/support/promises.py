# SPDX-License-Identifier: MIT
"""What documents promise: commands with their options, and tests that are named."""

from __future__ import annotations

import functools
import pathlib
import re
import subprocess
import sys

from helpers import TOP, jig

sys.path.insert(0, str(TOP / "tests"))
import mentions  # noqa: E402


def text_of(path: pathlib.Path) -> str:
    return path.read_text(errors="replace")


def shown_options(command: str) -> set[str]:
    """What `jig help COMMAND` names at the beginning of a line."""
    shown = subprocess.run(
        jig("help", command), check=True, capture_output=True, text=True, timeout=20
    ).stdout
    heads = re.findall(r"^\s+(-.*?)(?:\s{2,}|$)", shown, re.MULTILINE)
    return {word for head in heads for word in re.findall(r"--?[a-z][a-z-]*", head)}


def commands() -> list[str]:
    """Of the table in src/cli."""
    found = re.findall(r'^\t\.name = "([a-z]+)",$', _cli_sources(), re.MULTILINE)
    return sorted(found)


def _cli_sources() -> str:
    return "".join(text_of(path) for path in (TOP / "src" / "cli").rglob("*.c"))


def named_in(document: pathlib.Path) -> list[str]:
    node = r"`((?:tests/)?[\w/]+\.(?:py|c)(?:::\w+)?)`"
    return re.findall(node, text_of(document))


@functools.cache
def files_of_tests() -> list[str]:
    return mentions.with_ends(mentions.tracked("tests", "python/tests"), ".py", ".c")


def is_there(name: str) -> bool:
    """A file of tests, by its path or the end of it, or FILE::FUNCTION."""
    file, _, function = name.partition("::")
    found = [path for path in files_of_tests() if f"/{path}".endswith(f"/{file}")]
    begin = rf"^(?:def |static void |HOLDS\(){function}[(,]"
    if not function:
        return bool(found)
    return any(re.search(begin, text_of(TOP / path), re.MULTILINE) for path in found)
