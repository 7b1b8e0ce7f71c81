# SPDX-License-Identifier: MIT
"""What type checkers know of the package, and that it keeps to it itself."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import TOP
from waiting import DEADLINE_S

EXPECTED = pathlib.Path(__file__).parent / "types" / "reveal.py"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None, reason="no mypy"
)


def mypy(cache: pathlib.Path, *arguments: object) -> tuple[int, str]:
    words = [sys.executable, "-m", "mypy", "--cache-dir", cache, *arguments]
    done = subprocess.run(
        [str(word) for word in words],
        cwd=TOP / "python",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=6 * DEADLINE_S,
    )
    return done.returncode, done.stdout


def short(name: str) -> str:
    """Names without their modules, and in one spelling."""
    name = re.sub(r"\b(?:\w+\.)+(?=\w)", "", name).replace("Tuple[", "tuple[")
    return re.sub(r"Union\[(.*), None\]$", r"Optional[\1]", name)


def revealed(text: str) -> dict[int, str]:
    """The types that mypy prints, by line; "E" is an error."""
    found: dict[int, str] = {}
    for line in text.splitlines():
        note = re.match(r'.*?:(\d+): note: Revealed type is "(.*)"$', line)
        if note:
            found[int(note[1])] = short(note[2])
        error = re.match(r".*?:(\d+): error: ", line)
        if error:
            found[int(error[1])] = "E"
    return found


def expected() -> dict[int, str]:
    lines = enumerate(EXPECTED.read_text().splitlines(), 1)
    return {n: line.split("  # ")[1] for n, line in lines if "  # " in line}


def test_the_packages_own_types_are_right(tmp_path):
    status, text = mypy(tmp_path, "--config-file", "pyproject.toml")
    assert status == 0, text


def test_a_checker_sees_the_types_that_the_examples_expect(tmp_path):
    """Popen[str] and Popen[bytes] as subprocess has them; every option by its name."""
    wanted = expected()
    assert len(wanted) > 30
    words = ["--config-file", "pyproject.toml", "--strict", EXPECTED]
    _, text = mypy(tmp_path, *words)
    assert revealed(text) == wanted


def test_the_stub_of_popen_has_the_parameters_of_this_python():
    """All of subprocess.Popen's, in their order, and those of jig."""
    stub = TOP / "python" / "src" / "jig" / "_popen_types.pyi"
    inits = [n for n in ast.walk(ast.parse(stub.read_text())) if is_init(n)]
    usual = list(inspect.signature(subprocess.Popen).parameters)
    assert len(inits) == 6
    for init in inits:
        names = [a.arg for a in (*init.args.args, *init.args.kwonlyargs)][1:]
        assert names[:17] == usual[:17]
        assert set(usual) <= set(names)
        assert set(names) - set(usual) <= {
            *("grace", "stop", "cage"),
            *("via", "via_jig", "via_address", "via_timeout", "via_push"),
            *("pipesize", "process_group"),
        }


def is_init(node: object) -> bool:
    return getattr(node, "name", "") == "__init__"
