# SPDX-License-Identifier: MIT
"""Every command and every program in the documents works as it stands there.

The blocks marked `sh` and `python` of a document are run one after the other in
one empty directory, with the jig under test in PATH. Python's need the package
that was built (python/package build/python). Some blocks leave processes behind
on purpose; the jig around them ends these.

The same holds for the examples of the manuals (manual.py), each of which has an
empty directory of its own.
"""

import contextlib
import importlib.util
import pathlib
import re
import shutil
import socket
import subprocess
from typing import NamedTuple

import manual
import pytest
import sshd
from helpers import BUILD, PYTHON, SITE, TOP, jig
from shown import run_shown

#: Its `host` is an sshd of the test.
_REMOTE = "migration/remote.md"

DOCUMENTS = (
    "TUTORIAL.md",
    "MIGRATION.md",
    "migration/init.md",
    "migration/mirakuru.md",
    "migration/pexpect.md",
    _REMOTE,
    "migration/subprocess.md",
    "migration/testcontainers.md",
    "migration/xprocess.md",
)

#: What blocks of the documents need, besides that which every test needs.
_PROGRAMS, _MODULES = ("redis-server", "redis-cli"), ("pexpect",)

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


#: Around the examples in C: what they take for given.
_C_HEAD = """\
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
static const char *argv[] = { "true", NULL };
static void test(const char *address) { puts(address); }
"""

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
def test_every_block_of_a_document_runs(document, place, env, tmp_path):
    blocks = blocks_of(document)
    assert blocks
    for name in needs_of(blocks):
        pytest.skip(f"not installed: {name}")
    has_package = (SITE / "jig").is_dir()
    run = [block for block in blocks if has_package or not block.needs_package]
    with sshd.serving(place) if document == _REMOTE else contextlib.nullcontext():
        run_blocks(run, env, tmp_path)
    if len(run) < len(blocks):
        pytest.skip(f"no package at {SITE}: {len(run)} of {len(blocks)} blocks were run")


def needs_of(blocks: list[Block]) -> list[str]:
    """What these blocks use and this machine does not have."""
    text = "".join(block.text for block in blocks)
    programs = [name for name in _PROGRAMS if name in text and not shutil.which(name)]
    modules = [name for name in _MODULES if f"import {name}" in text]
    return programs + [name for name in modules if not importlib.util.find_spec(name)]


def run_blocks(blocks: list[Block], env, folder: pathlib.Path) -> None:
    """In one fixture: what a block has left behind is there for the next one."""
    scripts, empty = folder / "blocks", folder / "empty"
    for path in (scripts, empty):
        path.mkdir()
    for block in blocks:
        (scripts / f"{block.line:05}").write_text(block.script)
    done = run_shown([*_EACH, str(scripts)], env, empty, timeout=_LIMIT_S)
    assert done.returncode == 0, done.stdout


def test_the_search_finds_blocks():
    found = _BLOCK.findall("```sh\necho 1\n```\ntext\n```\nno\n```\n```python\nx = 1\n```\n")
    assert found == [("sh", "echo 1\n"), ("python", "x = 1\n")]


# ------------------------------------------------------------------ the manuals


def _is_run(example: manual.Example) -> bool:
    return example.page != manual.IN_C and example.key not in manual.NOT_RUN


@pytest.mark.parametrize("example", filter(_is_run, manual.examples()), ids=str)
def test_every_example_of_a_manual_runs(example, place, env):
    """As in an interactive shell, $$ is the session."""
    if "jq " in example.text and not shutil.which("jq", path=env["PATH"]):
        pytest.skip("not installed: jq")
    folder = place.path / "example"
    folder.mkdir()
    for where, programs in ((place.bin, manual.IN_PATH), (folder, manual.HERE)):
        for name, text in programs.items():
            (where / name).write_text(text)
            (where / name).chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["bash", "-c", example.script(port)]
    env = env | {"JIG_RUNTIME_DIR": str(place.path / "jobs")}
    options = ("--group", "session")
    done = run_shown(command, env, folder, *options, timeout=_LIMIT_S)
    assert done.returncode == 0, done.stdout


def test_no_list_names_an_example_that_is_gone():
    there = [example.key for example in manual.examples()]
    assert [key for key in manual.listed() if there.count(key) != 1] == []


def test_the_examples_in_c_compile(tmp_path):
    """Those that are not whole programs: in a function, with what they take for given."""
    blocks = [one for one in manual.examples() if one.page == manual.IN_C]
    parts = [one.text for one in blocks if "int main" not in one.text]
    assert len(blocks) == 4 and len(parts) == 3
    source = _C_HEAD + "".join(
        f"int example_{number}(void)\n{{\n{part}\treturn 0;\n}}\n"
        for number, part in enumerate(parts)
    )
    (tmp_path / "examples.c").write_text(source)
    subprocess.run(
        ["cc", "-Wall", "-Werror", f"-I{TOP / 'include'}", "-c", "examples.c"],
        cwd=tmp_path,
        check=True,
        timeout=_LIMIT_S,
    )


def test_a_literal_block_is_an_example():
    page = "text\n\n```\na \\\\\nb\n```\n\n\t```\n\tc\n\t```\n"
    found = manual.examples_in("page.1", page)
    assert found == [("page.1", 3, "a \\\nb\n"), ("page.1", 8, "\tc\n")]


@pytest.mark.skipif(not shutil.which("groff"), reason="not installed: groff")
@pytest.mark.parametrize("source", manual.pages(), ids=lambda path: path.stem)
def test_groff_has_no_warning_about_a_page(source):
    """As man(1) calls it: with tables, for a terminal that has UTF-8."""
    page = BUILD / "man" / source.stem
    if not page.exists():
        pytest.skip(f"no {page}: scdoc was not installed")
    words = ["groff", "-ww", "-k", "-t", "-man", "-Tutf8", str(page)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=_LIMIT_S)
    assert (done.returncode, done.stderr) == (0, "")


def test_lines_of_manuals_fit_100_columns():
    lines = [
        f"{page.name}:{number}"
        for page in manual.pages()
        for number, line in enumerate(page.read_text().splitlines(), 1)
        if len(line.expandtabs(8)) > 100
    ]
    assert lines == []
