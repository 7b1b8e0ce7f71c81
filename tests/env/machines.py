# SPDX-License-Identifier: MIT
"""Run suites in another environment, and say what came of them.

A job is a folder that looks like this checkout (build/jig, tests/…) and has a
script for each identity that is to play: root, user, session (see agent.sh).
The programs in it are static, since a guest has another C library.

    JIG            the jig to test   (build/jig of this checkout)
    JIG_ENV_DIR    where guests are kept (jig-env in the temporary directory)
    JIG_ENV_ALL    1: build guests, boot them; else those tests are skipped
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from typing import NamedTuple

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
INSIDE = "tests/env/inside"
ESCAPES = "tests/integration/escapes/test_ways.py"
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
CANNOT = 77

sys.path.insert(0, str(TOP / "tests" / "hostile"))
import stage  # noqa: E402


class Suite(NamedTuple):
    """A test file, and how pytest has to be called for it."""

    path: str
    options: tuple = ()


def inside(name):
    return Suite(f"{INSIDE}/{name}.py", (f"--confcutdir={INSIDE}",))


#: The guest decides where a control group is ours, not our conftest.
MATRIX = Suite(ESCAPES, ("--noconftest", "-p", "guest"))


def pytest_command(suite, junit):
    words = ["-rsf", "-o", "junit_family=xunit2", f"--junitxml={junit}"]
    return [*PYTEST, *words, *suite.options, suite.path]


class Result(NamedTuple):
    """The counts of a JUnit file, and what pytest said."""

    passed: int
    wrong: int
    skipped: int
    said: str


def result_of(junit, said):
    """No file means that pytest itself has failed."""
    if not os.path.exists(junit):
        return Result(0, 1, 0, said)
    root = xml.etree.ElementTree.parse(junit).getroot()
    (suite,) = root.iter("testsuite")
    total, skipped, *wrong = (
        int(suite.get(name)) for name in ("tests", "skipped", "failures", "errors")
    )
    return Result(total - skipped - sum(wrong), sum(wrong), skipped, said)


def check(result):
    """Fail with what pytest said there; skip where everything was skipped."""
    if result.wrong:
        pytest.fail(result.said, pytrace=False)
    if not result.passed:
        pytest.skip(f"every test was skipped there: {result.said[-300:]}")
    print(f"{result.passed} passed, {result.skipped} skipped there\n{result.said}")


def check_beside(script, suite, junit):
    """Run a suite here, beside an engine of its own (engine.sh), and check() it."""
    done = subprocess.run(
        [HERE / script, *pytest_command(suite, junit)],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=TOP,
        timeout=600,
    )
    if done.returncode == CANNOT:
        pytest.skip(done.stderr.strip())
    check(result_of(junit, done.stdout + done.stderr))


def need_all():
    if os.environ.get("JIG_ENV_ALL") != "1":
        pytest.skip("boots other systems, which takes long: ./check --all")
    if os.geteuid() != 0:
        pytest.skip("needs root")


def state_dir():
    default = os.path.join(tempfile.gettempdir(), "jig-env")
    return pathlib.Path(os.environ.get("JIG_ENV_DIR") or default)


@contextlib.contextmanager
def locked(name):
    """One at a time builds what several need."""
    state_dir().mkdir(parents=True, exist_ok=True)
    with open(state_dir() / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image(suite):
    """The guest of a Debian suite, built where it is not there yet."""
    path = state_dir() / "guests" / suite
    with locked(suite):
        run_tool("image.sh", path, env={"SUITE": suite})
    return path


def run_tool(name, *words, env=None):
    """One of our scripts; 77 skips, with what it said."""
    done = subprocess.run(
        [HERE / name, *words],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )
    if done.returncode == CANNOT:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{name}: {done.returncode}\n{said}"


def compile_static(folder):
    """The hostile programs and the owner, for any C library."""
    folder.mkdir(parents=True)
    sources = TOP / "tests" / "hostile"
    flags = ["-static", "-O1", "-std=gnu11", "-pthread"]
    names = [way.name for who in ("all", "root") for way in stage.ways(who)]
    for name in (*names, "owner"):
        files = [sources / f"{name}.c"] + [sources / "hostile.c"] * (name != "owner")
        command = [os.environ.get("CC", "cc"), *flags, *files, "-o", folder / name]
        subprocess.run(command, check=True)


def is_static(program):
    words = ["readelf", "--program-headers", "--wide", program]
    return "INTERP" not in subprocess.run(
        words, check=True, capture_output=True, text=True
    ).stdout


def prepare_job(job):
    """Fill the folder, but for the scripts."""
    if not os.access(stage.jig_path(), os.X_OK):
        pytest.skip(f"no jig at {stage.jig_path()}: build it or set JIG")
    if not is_static(stage.jig_path()):
        pytest.skip("a guest has another C library: needs a static jig")
    (job / "build").mkdir()
    shutil.copy(stage.jig_path(), job / "build" / "jig")
    compile_static(job / "build" / "tests" / "hostile")
    copy_wheel(job)
    for folder in ("hostile", "support", "integration", "env/inside"):
        shutil.copytree(
            TOP / "tests" / folder,
            job / "tests" / folder,
            ignore=shutil.ignore_patterns("__pycache__", "*.c", "*.h"),
        )


def copy_wheel(job):
    """With what tests it. Without one, its suite skips."""
    wheels = stage.jig_path().parent / "python" / "dist"
    (job / "build" / "python" / "dist").mkdir(parents=True)
    for wheel in wheels.glob("*.whl"):
        shutil.copy(wheel, job / "build" / "python" / "dist")
    (job / "python" / "tests").mkdir(parents=True)
    shutil.copy(TOP / "python" / "tests" / "smoke.py", job / "python" / "tests")


#: What each identity needs to be told.
_SETTINGS = {"session": {"JIG_ENV_SCOPE": "1"}}


def write_script(job, identity, suites, env):
    """Run every suite, one after the other."""
    settings = {
        "PYTHONPATH": INSIDE,
        "PYTHONDONTWRITEBYTECODE": "1",
        "JIG_MATRIX": "quick",
        # /tmp is mounted nosuid in some guests.
        "TMPDIR": "/var/tmp",
        **_SETTINGS.get(identity, {}),
        **env,
    }
    lines = [f"export {name}='{value}'" for name, value in settings.items()]
    for number, suite in enumerate(suites):
        name = f"out/{identity}-{number}"
        command = " ".join(pytest_command(suite, f"{name}.xml"))
        lines.append(f"{command} >{name}.txt 2>&1")
    (job / f"{identity}.sh").write_text("\n".join([*lines, "exit 0", ""]))


class Guest:
    """A guest that has run all of its suites, for each identity."""

    def __init__(self, job, plan):
        self._job = job
        self._plan = plan

    def result(self, identity, suite):
        out = self._job / "out"
        name = f"{identity}-{self._plan[identity].index(suite)}"
        said = text_of(out / f"{name}.txt") or text_of(out / f"{identity}.log")
        return result_of(out / f"{name}.xml", said)


def text_of(path):
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def booted(tool, suite, plan, *words, env=None, fill=None):
    """Boot a guest of a Debian suite; plan has the suites of each identity. @fill
    adds to the job's folder."""
    need_all()
    guest = image(suite)
    with tempfile.TemporaryDirectory(prefix="jig-env-job-") as name:
        job = pathlib.Path(name)
        job.chmod(0o755)
        prepare_job(job)
        if fill:
            fill(job)
        for identity, suites in plan.items():
            write_script(job, identity, suites, env or {})
        run_tool(tool, guest, job, *words)
        yield Guest(job, plan)


def cases(plan):
    """pytest parameters: each suite of each identity."""
    return [
        pytest.param(identity, suite, id=f"{identity}-{pathlib.Path(suite.path).stem}")
        for identity, suites in plan.items()
        for suite in suites
    ]
