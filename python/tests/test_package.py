# SPDX-License-Identifier: MIT
"""The package as it is installed: the wheel, an own environment, sanitizers."""

from __future__ import annotations

import ast
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import jig
import pytest
from conftest import TOP
from waiting import DEADLINE_S

SITE = pathlib.Path(jig.__file__).parents[1]
DIST = SITE.parent / "dist"

SMOKE = """
import asyncio, jig, os, sys
from jig import process_fixture, ready

for _ in range(3):
    with process_fixture("echo up; cat", ready=ready.log("(u)p"), stdin=jig.PIPE,
                         listen={"a": "127.0.0.1:0"}, ports=["b"], limits={"core": 0},
                         stop="INT 1s TERM",
                         extra_groups=[1] if os.geteuid() == 0 else None) as p:
        assert p.match["1"] == "u" and p.port["a"] and p.tail() == "up\\n"
        p.send_signal(0)
    assert p.report.reason == "stop"
with jig.Popen(["cat"], stdin=-1, stdout=-1) as p:
    assert p.communicate(b"x") == (b"x", None)
for wrong in ({"ready": "nonsense:"}, {"cwd": "/no/such"}):
    try:
        process_fixture(["true"], **wrong).start()
    except jig.SpawnFailed:
        pass
for wrong in ({"env": {"a": "b\\0"}}, {"umask": 1 << 40}, {"memory": -1}):
    try:
        process_fixture(["true"], **wrong).start()
    except (ValueError, OverflowError):
        pass

async def work():
    async with process_fixture("cat", stdin=jig.PIPE):
        pass

asyncio.run(work())
print("jig from", jig.__file__)
"""


def only(pattern: str) -> pathlib.Path:
    found = list(DIST.glob(pattern))
    if len(found) != 1:
        pytest.skip(f"no {pattern} in {DIST}: the package is not from python/package")
    return found[0]


def run(command, **options) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=6 * DEADLINE_S,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_wheel_serves_every_python_and_carries_the_program():
    wheel = only("*.whl")
    assert re.fullmatch(r"jig-[\d.]+-cp39-abi3-linux_\w+\.whl", wheel.name)
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("_jig.abi3.so", "_jig.pyi", "py.typed", "bin/jig", "pytest_plugin.py"):
        assert f"jig/{name}" in names


def test_the_wheel_can_be_installed_into_a_new_environment(tmp_path):
    wheel = only("*.whl")
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run(
        [sys.executable, "-m", "venv", "--system-site-packages", tmp_path / "venv"],
        env=env,
    )
    python = tmp_path / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-index"]
    run([*pip, wheel], env=env)
    said = run([python, "-c", SMOKE], env=env, cwd=tmp_path)
    assert f"jig from {tmp_path}/venv" in said
    said = run([python, "-m", "pytest", "--help"], env=env, cwd=tmp_path)
    assert "--jig-logs" in said


def test_the_extension_is_clean_under_asan(tmp_path):
    """JIG_ASAN_SITE: python/package's site/ of a sanitized build."""
    site = os.environ.get("JIG_ASAN_SITE")
    if not site or not pathlib.Path(site).exists():
        pytest.skip("no sanitized extension: set JIG_ASAN_SITE")
    libasan = run(["gcc", "-print-file-name=libasan.so"]).strip()
    env = {
        **os.environ,
        "PYTHONPATH": site,
        "LD_PRELOAD": libasan,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
        "JIG_PROGRAM": str(SITE / "jig" / "bin" / "jig"),
    }
    said = run([sys.executable, "-c", SMOKE], env=env, cwd=tmp_path)
    assert f"jig from {site}" in said


def test_the_types_are_right(tmp_path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("no mypy")
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", tmp_path]
    run([*mypy, "--config-file", "pyproject.toml"], cwd=TOP / "python")


def test_the_stub_names_what_the_extension_has():
    tree = ast.parse((SITE / "jig" / "_jig.pyi").read_text())
    declared = {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    (cls,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    methods = {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
    public = {name for name in vars(jig._jig) if not name.startswith("_")}
    assert declared | {"Fixture"} == public
    has = {name for name in vars(jig._jig.Fixture) if not name.startswith("__")}
    assert methods - {"__new__"} == has


def test_the_readmes_example_runs():
    text = (TOP / "python" / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:1]
    assert run([sys.executable, "-c", example], cwd=TOP / "python" / "tests")
