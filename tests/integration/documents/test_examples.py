# SPDX-License-Identifier: MIT
"""The examples run, with the real servers, and leave nothing (`--leftovers fail`)."""

import os
import pathlib
import shutil
import subprocess

import pytest
from helpers import BUILD, PYTHON, SITE, TOP, jig

SERVERS = TOP / "examples" / "servers"

#: Upper bound, however loaded the machine is.
_LIMIT_S = 180

#: What each needs, and what it says.
SHELL = {
    "nginx": (["nginx"], "hello from nginx\n"),
    "redis": (["redis-server"], "OK\n1\nhello\n"),
    "postgres": (["initdb"], "42\n"),
    "flask_and_redis": (["redis-server", "flask"], "1\n2\n"),
}
IN_PYTHON = {
    "aiohttp_client.py": (["aiohttp"], "world\n"),
    "redis_restart.py": (["redis-server"], "hello\n"),
}


def is_there(what: str) -> bool:
    """A program, one of PostgreSQL's, or a module of Debian's Python."""
    if what == "initdb":
        return any(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if shutil.which(what, path="/usr/sbin:/usr/bin:/bin"):
        return True
    imported = subprocess.run([PYTHON, "-c", f"import {what}"], stderr=subprocess.DEVNULL)
    return imported.returncode == 0


@pytest.fixture
def env(place) -> dict[str, str]:
    (place.bin / "jig").symlink_to(jig()[0])
    here = {
        "JIG_PROGRAM": jig()[0],
        "PYTHONPATH": str(SITE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": "/tmp",
    }
    return place.env | here


def run(command: list[str], env) -> str:
    done = subprocess.run(
        [*jig("run", "--leftovers", "fail", "--"), *command],
        env=env,
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def need(programs: list[str]) -> None:
    missing = [name for name in programs if not is_there(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def need_package() -> None:
    if not (SITE / "jig").is_dir():
        pytest.skip(f"no package at {SITE}: python/package {SITE.parent}")


@pytest.mark.parametrize("name", SHELL)
def test_of_the_shell(name, env):
    programs, said = SHELL[name]
    need(programs)
    assert run([str(SERVERS / name)], env) == said


@pytest.mark.parametrize("name", IN_PYTHON)
def test_of_python(name, env):
    programs, said = IN_PYTHON[name]
    need(programs)
    need_package()
    assert run([PYTHON, str(SERVERS / name)], env) == said


def test_of_pytest(env):
    need(["initdb"])
    need_package()
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--jig-fail-on-leftovers"]
    assert "2 passed" in run([PYTHON, *words, str(SERVERS / "postgres_tests.py")], env)


def test_each_example_is_run():
    known = {*SHELL, *IN_PYTHON, "postgres_tests.py", "flask_app.py", "aiohttp_app.py"}
    assert {path.name for path in SERVERS.iterdir() if path.is_file()} == known


def test_in_c_a_server_that_dies_fails_the_test_with_its_last_words(env):
    program = BUILD / "examples" / "test_broken"
    if not os.access(program, os.X_OK):
        pytest.skip(f"no {program}")
    done = subprocess.run(
        [program], env=env, capture_output=True, text=True, timeout=_LIMIT_S
    )
    assert done.returncode == 1
    assert "exited with status 3" in done.stderr
    assert done.stderr.endswith("its last lines:\ncannot read server.conf\n\n")
