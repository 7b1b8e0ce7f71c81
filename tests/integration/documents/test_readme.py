# SPDX-License-Identifier: MIT
"""The README: what stands there happens, in an empty directory, line by line."""

from __future__ import annotations

import re
import socket
import subprocess
from typing import NamedTuple

import pytest
from helpers import IS_ROOT, PYTHON, SITE, TOP, jig
from shown import run_shown

README = TOP / "README.md"
PICTURES = ("before.svg", "after.svg", "jig.svg")

#: First words of what is run elsewhere: the file that runs it, and how it takes it
#: from the README.
ELSEWHERE = {
    "tar -xzf": ("tests/packages/release.sh", "readme 'tar -xzf'"),
    "apt install": ("tests/packages/install.sh", "readme 'apt install'"),
    "pip install": ("python/tests/test_package.py", 'readme_line("pip install")'),
    "podman build": ("tests/packages/container.sh", "readme\" 'podman build'"),
    "./demo": ("check", "./demo"),
    "meson install": ("tests/packages/source.sh", "readme 'meson install'"),
    "COPY --from": ("tests/packages/container.sh", "/^```dockerfile$/,"),
}

_LIMIT_S = 120
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "-- the end of a command --"


class Step(NamedTuple):
    command: str
    said: list[str]


def blocks() -> list[tuple[str, str]]:
    return _BLOCK.findall(README.read_text())


def is_elsewhere(text: str) -> bool:
    return text.startswith(tuple(ELSEWHERE))


def is_whole(command: str) -> bool:
    done = subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True)
    return done.returncode == 0 and not done.stderr and not command.endswith("\\\n")


def steps_of(block: str) -> list[Step]:
    steps: list[Step] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append(Step(line[2:], []))
        elif steps[-1].said or is_whole(steps[-1].command):
            steps[-1].said.append(line.rstrip("\n"))
        else:
            steps[-1] = Step(steps[-1].command + line, [])
    return steps


def script_of(steps: list[Step], port: int) -> str:
    """A mark after each, and its status for the next one."""
    text = "".join(
        f"{step.command}status=$?; echo '{_MARK}'; (exit $status)\n" for step in steps
    )
    return text.replace("8000", str(port))


def likeness(lines: list[str]) -> list[str]:
    """Without what differs from run to run: numbers, and the order of services."""
    return sorted(re.sub(r"\d+(\.\d+)?", "N", line).rstrip() for line in lines)


@pytest.fixture
def env(place) -> dict[str, str]:
    (place.bin / "jig").symlink_to(jig()[0])
    (place.path / "jobs").mkdir(mode=0o700)
    return place.env | {
        "JIG_RUNTIME_DIR": str(place.path / "jobs"),
        "JIG_PROGRAM": jig()[0],
        "PYTHONPATH": str(SITE),
    }


def run(command: list[str], env, folder) -> str:
    options = ("--group", "session")
    return run_shown(command, env, folder, *options, timeout=_LIMIT_S).stdout


CONSOLE = [
    pytest.param(steps_of(text), id=text.split("\n")[0][2:40])
    for kind, text in blocks()
    if kind == "console" and not is_elsewhere(text)
]


@pytest.mark.parametrize("steps", CONSOLE)
def test_a_terminal_shows_what_stands_there(steps, env, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = run(["bash", "-c", script_of(steps, port)], env, tmp_path)
    parts = said.split(f"{_MARK}\n")
    assert len(parts) == len(steps) + 1, said
    for step, part in zip(steps, parts):
        assert likeness(part.splitlines()) == likeness(step.said), said


def test_the_program_in_python_runs(env, tmp_path):
    if not (SITE / "jig").is_dir():
        pytest.skip(f"no package at {SITE}: python/package {SITE.parent}")
    (text,) = (text for kind, text in blocks() if kind == "python")
    said = run([PYTHON, "-c", text], env, tmp_path)
    assert re.fullmatch(r"\d+\n", said), said


def test_each_block_is_run():
    """A block of sh: each of its lines. Elsewhere is a step of ./check."""
    left = set(ELSEWHERE)
    for kind, text in blocks():
        if kind in ("console", "python"):
            continue
        for line in text.splitlines() if kind == "sh" else [text]:
            (words,) = (words for words in ELSEWHERE if line.startswith(words))
            path, mention = ELSEWHERE[words]
            assert mention in (TOP / path).read_text(), (line, path)
            left.remove(words)
    assert left == set() and len(CONSOLE) >= 5


@pytest.mark.parametrize("words", ("tar -xzf", "apt install", "podman build", "meson install"))
def test_scripts_get_the_line_without_its_comment(words):
    found = subprocess.run([TOP / "tests/packages/readme", words], capture_output=True, text=True)
    (line,) = (line for line in README.read_text().splitlines() if line.startswith(words))
    assert found.stdout == line.partition("#")[0].rstrip() + "\n"


@pytest.mark.parametrize("words", ("no such line", "##"))
def test_scripts_get_no_line_where_none_or_several_begin_so(words):
    found = subprocess.run([TOP / "tests/packages/readme", words], capture_output=True, text=True)
    assert found.returncode != 0 and found.stdout == ""


def test_it_is_short():
    assert len(README.read_text().splitlines()) <= 200


@pytest.mark.skipif(not IS_ROOT, reason="a pid namespace of its own needs root")
def test_the_pictures_are_what_happens(tmp_path):
    command = [TOP / "tools" / "leak", "--jig", jig()[0], tmp_path]
    subprocess.run(command, check=True, timeout=_LIMIT_S)
    for name in PICTURES:
        shown = (TOP / "docs" / "pictures" / "leak" / name).read_text().splitlines()
        drawn = (tmp_path / name).read_text().splitlines()
        assert likeness(drawn) == likeness(shown)
        assert f"docs/pictures/leak/{name}" in README.read_text()


def test_lines_that_belong_to_a_command():
    block = "$ a '\nb' \\\n c\nsaid\n$ d\n"
    assert steps_of(block) == [Step("a '\nb' \\\n c\n", ["said"]), Step("d\n", [])]


def test_numbers_are_alike():
    assert likeness(["b 12", "a 0.5 s"]) == likeness(["a 1.25 s", "b 7"])
    assert likeness(["a"]) != likeness(["b"])
