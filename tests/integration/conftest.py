# SPDX-License-Identifier: MIT
"""Fixtures of the integration tests.

A test that starts something gets `place`: private copies of sh and sleep. After
the test the oracle looks for processes that still execute them. If there are any,
the test has failed, and they are ended.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import helpers  # noqa: E402
import hungfs  # noqa: E402
import mounts  # noqa: E402
import own_signals  # noqa: E402
import places  # noqa: E402
import ups  # noqa: E402
import worlds  # noqa: E402
from helpers import stage  # noqa: E402


def _unwind(signo, _frame):
    # timeout(1) sends it to us and to our group: once is enough.
    signal.signal(signo, signal.SIG_IGN)
    raise KeyboardInterrupt("SIGTERM")


def pytest_configure():
    """SIGTERM ends a run with a clean-up. By default Python dies without `finally`,
    and leaves places and control groups."""
    # On a loaded machine xdist may begin a worker in another thread.
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, _unwind)
    own_signals.stop_ignoring()


@pytest.fixture(autouse=True)
def has_jig():
    helpers.need_jig()


@pytest.fixture(name="place")
def _place():
    """Private programs; at the end no process may execute them."""
    with places.left_empty("jig-run-") as here:
        yield here


@pytest.fixture
def world(place):
    """Jobs of this test alone; all of them are ended."""
    with worlds.opened(place) as here:
        yield here


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


@pytest.fixture(name="project")
def _project(place):
    """Make a project of files; those that run are ended with the test."""
    made = []

    def go(procfile: str = "", identity: str = "", **files: str) -> ups.Project:
        texts = {name.replace("__", "."): text for name, text in files.items()}
        if procfile:
            texts["Procfile"] = procfile
        made.append(ups.Project(place, texts, identity))
        return made[-1]

    yield go
    for one in made:
        one.__exit__()


@pytest.fixture(name="stays")
def _stays(place):
    """A command that says "up", and ends with 0 on SIGTERM."""
    return f"trap 'echo stopped; exit 0' TERM; echo up; {ups.forever(place)}"


@pytest.fixture
def own_registry():
    """For tests that leave something there to be cleared."""
    if not helpers.IS_ROOT:
        yield  # ours alone already: XDG_RUNTIME_DIR is the place's
        return
    with mounts.own_registry():
        yield


@pytest.fixture(scope="session", name="compiled")
def _compiled(tmp_path_factory):
    """Compile a small C program of tests/support/programs."""
    compiler = next(filter(shutil.which, ["cc", "gcc", "clang"]), None)
    if not compiler:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("programs")

    def build(name):
        path = folder / name
        if not path.exists():
            source = helpers.PROGRAMS / f"{name}.c"
            subprocess.run([compiler, "-O1", "-o", path, source], check=True)
        return path

    return build


@pytest.fixture(name="setuid")
def _setuid(place, compiled):
    """A setuid-root program of this test's own."""
    if not helpers.IS_ROOT:
        pytest.skip("needs root")
    if os.statvfs(place.path).f_flag & os.ST_NOSUID:
        pytest.skip("the temporary directory is mounted nosuid")
    path = pathlib.Path(place.copy(compiled("become_root"), "become_root"))
    path.chmod(0o4755)
    yield str(path)
    # jig cannot end this one; we can.
    for pid in helpers.oracle.alive(place.programs[-1]):
        with helpers.pinned([pid]) as (fd,):
            helpers.send(fd, signal.SIGKILL)


@pytest.fixture
def hung(root, place, compiled):
    """A file system that stops answering when told, see hungfs.py. Its `prog`
    is sleep(1)."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse")
    folder, program = place.path / "hung", place.bin / "sleep"
    with hungfs.mounted(compiled("hungfs"), folder, program) as fs:
        yield fs
    # A survivor's control group stays until the next jig.
    if helpers.stage.cgroup2_mount():
        assert helpers.run(helpers.jig_run("--cage", "cgroup", "true")).status == 0


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
    """Each cage that holds every process, if this machine has it."""
    helpers.need_cage(request.param, identity)
    return request.param


@pytest.fixture
def group(identity, cage):
    """The control group to start jig in. It is our own, so no other jig makes,
    finds or clears anything there. None for other cages."""
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
    shutil.copy(helpers.PROGRAMS / "actor.py", actor)

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
        """An actor must wait at the gate, or come to it within our deadline."""
        helpers.wait_until(lambda: _opened(path), "an actor waits at the gate")

    let_through.path = path
    return let_through


def _opened(path) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
