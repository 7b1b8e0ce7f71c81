# SPDX-License-Identifier: MIT
"""Every command and every program in the documents works as it stands there.

The blocks marked `sh` and `python` of a document are run one after the other in
one empty directory, with the jig under test in PATH. Python's need the package
that was built (python/package build/python). Some blocks leave processes behind
on purpose; the jig around them ends these.
"""

import pathlib
import re
import subprocess
from typing import NamedTuple

import pytest
from helpers import PYTHON, SITE, TOP, jig

DOCUMENTS = ("TUTORIAL.md", "MIGRATION.md")

#: Of one document; none takes as long, however loaded the machine is.
_LIMIT_S = 300

#: Run each script of a directory until one fails, which is then named.
_EACH = [
    "bash",
    "-c",
    """
for block in "$0"/*; do
    echo "== line ${block##*/}"
    chmod +x "$block"
    "$block" || { echo "status $? of:"; cat "$block"; exit 1; }
done""",
]

_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NEEDS_PACKAGE = re.compile(r"\bimport jig\b|\bfrom jig\b|-m pytest")


class Block(NamedTuple):
    line: int
    language: str
    text: str

    @property
    def needs_package(self) -> bool:
        return bool(self.language == "python" or _NEEDS_PACKAGE.search(self.text))

    @property
    def script(self) -> str:
        if self.language == "python":
            return f"#!{PYTHON}\n{self.text}"
        return f"#!/bin/bash\nset -euo pipefail\n{self.text}"


def blocks_of(document: str) -> list[Block]:
    text = (TOP / "docs" / document).read_text()
    return [
        Block(text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _BLOCK.finditer(text)
    ]


@pytest.fixture
def env(place) -> dict[str, str]:
    (place.bin / "jig").symlink_to(jig()[0])
    return place.env | {"PYTHONPATH": str(SITE), "JIG_PROGRAM": jig()[0]}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_of_a_document_runs(document, env, tmp_path):
    blocks = blocks_of(document)
    assert blocks
    has_package = (SITE / "jig").is_dir()
    run = [block for block in blocks if has_package or not block.needs_package]
    run_blocks(run, env, tmp_path)
    if len(run) < len(blocks):
        pytest.skip(f"no package at {SITE}: {len(run)} of {len(blocks)} blocks were run")


def run_blocks(blocks: list[Block], env, folder: pathlib.Path) -> None:
    """In one fixture: what a block has left behind is there for the next one."""
    scripts, empty = folder / "blocks", folder / "empty"
    for path in (scripts, empty):
        path.mkdir()
    for block in blocks:
        (scripts / f"{block.line:05}").write_text(block.script)
    done = subprocess.run(
        [*jig("run", "-q", "--grace", "2s", "--"), *_EACH, str(scripts)],
        env=env,
        cwd=empty,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_LIMIT_S,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")


def test_the_search_finds_blocks():
    found = _BLOCK.findall("```sh\necho 1\n```\ntext\n```\nno\n```\n```python\nx = 1\n```\n")
    assert found == [("sh", "echo 1\n"), ("python", "x = 1\n")]
