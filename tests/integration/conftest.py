# SPDX-License-Identifier: MIT
"""Fixtures of the integration tests.

A test that starts something gets `place`: private copies of sh and sleep. When
it is over the oracle is asked whether anybody executes them still; then it has
failed, and they are ended.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import helpers  # noqa: E402
from helpers import oracle, stage  # noqa: E402

_GONE_S = 20


class Place:
    """A directory for one test, that everybody may enter.

    bin/   private copies of programs: the marks of this test's processes
    work/  owned by the ordinary user, writable for both
    """

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.work = path / "work"
        self.bin = path / "bin"
        path.chmod(0o755)
        for folder in (self.work, self.bin):
            folder.mkdir()
        if helpers.IS_ROOT:
            os.chown(self.work, stage.NOBODY, stage.NOBODY)
        self.programs: list[oracle.Program] = []
        for name in ("sh", "sleep"):
            self.copy(f"/bin/{name}")

    def copy(self, program, name: str = "") -> str:
        """By another process: what we had open for writing ourselves could be
        inherited by a child that another thread forks (ETXTBSY)."""
        path = self.bin / (name or pathlib.Path(program).name)
        subprocess.run(["cp", "--", program, path], check=True)
        self.programs.append(oracle.Program(path))
        return str(path)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.work),
            "XDG_RUNTIME_DIR": str(self.work),
            "LC_ALL": "C",
        }

    def sh(self, script: str, *words: str) -> list[str]:
        return [str(self.bin / "sh"), "-c", script, *words]

    def alive(self) -> list[int]:
        return [pid for program in self.programs for pid in oracle.alive(program)]

    def await_empty(self) -> list[int]:
        return [p for one in self.programs for p in oracle.wait_gone(one, _GONE_S)]

    def clear(self) -> None:
        for program in self.programs:
            oracle.kill_all(program)
            program.close()


@pytest.fixture(autouse=True)
def has_jig():
    if not os.access(stage.jig_path(), os.X_OK):
        pytest.skip(f"no jig at {stage.jig_path()}: build it or set JIG")


@pytest.fixture
def place():
    """Private programs; at the end nobody may execute them."""
    with contextlib.ExitStack() as stack:
        path = pathlib.Path(tempfile.mkdtemp(prefix="jig-run-"))
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        here = Place(path)
        stack.callback(here.clear)
        yield here
        left = here.await_empty()
        assert not left, f"left: {oracle.describe(left)}"


@pytest.fixture
def run(place):
    """`jig run WORDS`, to its end, in the place's environment."""

    def go(*words: str, identity: str = "", **options):
        options.setdefault("env", place.env)
        options.setdefault("cwd", place.work)
        return helpers.run(helpers.jig_run(*words), identity, **options)

    return go


@pytest.fixture
def start(place):
    """`jig run WORDS` beside the test: a Running."""
    with contextlib.ExitStack() as stack:

        def go(*words: str, identity: str = "", group=None, before=(), **options):
            options.setdefault("env", place.env)
            options.setdefault("cwd", place.work)
            command = [*before, *helpers.jig_run(*words)]
            running = helpers.Running(command, identity, group, **options)
            return stack.enter_context(running)

        yield go


def _need_root():
    if not helpers.IS_ROOT:
        pytest.skip("needs root")


@pytest.fixture
def root():
    _need_root()


@pytest.fixture(params=["root", "user"])
def identity(request) -> str:
    """As root and as an ordinary user."""
    if request.param == "root":
        _need_root()
    return request.param


@pytest.fixture(params=helpers.CAGES)
def cage(request, identity) -> str:
    """Each cage of those that hold everybody, where it can be had."""
    if request.param == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    if request.param == "pidns" and identity == "user" and not has_user_namespaces():
        pytest.skip("an ordinary user can make no user namespace here")
    return request.param


def has_user_namespaces() -> bool:
    return helpers.run(["unshare", "-Urpf", "true"], "user").status == 0


@pytest.fixture
def group(identity, cage):
    """The control group to start jig in: our own, so that nobody's jig but
    ours makes, finds and clears anything there. None for other cages."""
    if cage != "cgroup":
        yield None
        return
    with stage.subtree(identity) as path:
        yield path


@pytest.fixture
def act(place):
    """The words of a command that plays a part, see actor.py."""
    python = place.copy(helpers.PYTHON, "python")
    actor = place.path / "actor.py"
    shutil.copy(pathlib.Path(__file__).resolve().parent / "actor.py", actor)

    def words(*parts: str) -> list[str]:
        return [python, "-SE", str(actor), *parts]

    return words


@pytest.fixture
def gate(place):
    """A fifo that an actor waits at; call it to let one through."""
    path = place.path / "gate"
    os.mkfifo(path)
    path.chmod(0o666)

    def let_through():
        """There must be somebody who waits, or comes within our deadline."""
        helpers.wait_until(lambda: _opened(path), "somebody waits at the gate")

    let_through.path = path
    return let_through


def _opened(path) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
