# SPDX-License-Identifier: MIT
"""`jig up` and `jig run --with` go on while a file system does not answer: a
program, a directory or a log file there holds up its own service alone."""

import contextlib
import os
import re
import signal
import subprocess

import pytest
import ups
from helpers import (
    Running,
    as_shell,
    await_end,
    children_of,
    comm_of,
    jig,
    jig_run,
    pinned,
    stage,
    wait_until,
)
from hungfs import SILENT
from ups import TERM

pytestmark = pytest.mark.usefixtures("own_registry")


#: What hangs when a service is started, and the operation that does not answer.
WAYS = {
    "program opened": ("open", "prog", "{path}/prog 1000", ""),
    "program read": ("read", "prog", "{path}/prog 1000", ""),
    "program looked up": ("lookup", "prog", "{path}/prog 1000", ""),
    "directory entered": ("getattr", "dir", "sleep 1000", "{path}/dir"),
    "directory looked up": ("lookup", "dir", "sleep 1000", "{path}/dir"),
}


@pytest.fixture(name="hanging", params=list(WAYS))
def _hanging(request, hung, place):
    """A service that hangs, and one that does not and stands behind it."""
    operation, name, command, directory = WAYS[request.param]
    words = ", ".join(f'"{word}"' for word in command.format(path=hung.path).split())
    where = directory.format(path=hung.path)
    yaml = f"""
processes:
  hangs:
    entrypoint: [{words}]
    {f'working_dir: "{where}"' if where else ""}
  good: {{command: "echo up; {ups.forever(place)}"}}
"""
    with ups.Project(place, {"jig.yaml": yaml}) as here:
        here.hung = hung
        here.operation = operation
        hung.hang(operation, name)
        yield here
        hung.answer()


def end(here: ups.Project, up: Running) -> int:
    """Its own end is not held up; what a request in flight keeps in state D can
    end when that is answered, and that is the guard's to bound."""
    wait_until(lambda: up.line().endswith("| ended by SIGTERM"), "the other has ended")
    here.hung.answer()
    return up.wait()


def start(here: ups.Project) -> Running:
    """Until the other one runs, though the first hangs."""
    up = here.start()
    here.hung.await_hung(here.operation)
    here.await_state("good.1", "ready")
    assert here.state("hangs.1") == "starting"
    return up


@pytest.mark.parametrize("signo", (signal.SIGTERM, signal.SIGINT))
def test_a_signal_stops_all_though_one_hangs_in_its_start(hanging, signo):
    up = start(hanging)
    up.signal(signo)
    assert end(hanging, up) == 128 + signo


def test_down_stops_all_though_one_hangs_in_its_start(hanging, place):
    up = start(hanging)
    with Running(jig("down"), env=place.env, cwd=place.work) as down:
        assert end(hanging, up) == 0
        assert down.wait() == 0


def test_one_that_hangs_in_its_start_can_be_stopped_and_started_again(hanging, place):
    up = start(hanging)
    with Running(jig("stop", "hangs"), env=place.env, cwd=place.work) as stop:
        hanging.await_state("hangs.1", "stopping")
        assert hanging.state("good.1") == "ready"
        hanging.hung.answer()
        assert stop.wait() == 0
    assert hanging.state("hangs.1") == "stopped"
    assert hanging.jig("restart", "hangs").status == 0
    assert hanging.state("hangs.1") == "ready"
    assert ups.end(up).status == TERM


def test_one_that_hangs_runs_once_it_is_answered(hanging):
    up = start(hanging)
    hanging.hung.answer()
    hanging.await_state("hangs.1", "ready")
    assert ups.end(up).status == TERM


def test_all_ends_when_up_is_killed_though_one_hangs_in_its_start(hanging, place):
    up = start(hanging)
    services = [one["pid"] for one in hanging.ps().values() if one["pid"]]
    with pinned(services) as pidfds:
        up.signal(signal.SIGKILL)
        up.wait()
        for pidfd in pidfds:
            await_end(pidfd)


def test_a_start_that_hangs_ends_with_its_start_timeout(hung, place):
    yaml = f"""
processes:
  hangs: {{entrypoint: ["{hung.path}/prog", "9"], ready: "log:up", start_timeout: 3s}}
  good: {{command: "{ups.forever(place)}"}}
"""
    with ups.Project(place, {"jig.yaml": yaml}) as here:
        hung.hang("read", "prog")
        up = here.start("-D")
        hung.await_hung("read")
        here.await_answer()
        here.await_state("hangs.1", "stopping")
        assert here.state("good.1") == "ready"
        hung.answer()
        assert up.wait() == 1
        assert "does its file system answer" in up.err() and "continues" in up.err()
        assert here.state("hangs.1") == "ended"
        assert here.jig("down").status == 0


def test_commands_are_answered_though_the_only_one_hangs_in_its_start(hung, place):
    """No other service waits for it, so nothing else ends the time for which
    commands wait for the start."""
    yaml = f'processes:\n  hangs: {{entrypoint: ["{hung.path}/prog", "9"]}}\n'
    with ups.Project(place, {"jig.yaml": yaml}) as here:
        hung.hang("read", "prog")
        up = here.start()
        hung.await_hung("read")
        assert here.state("hangs.1") == "starting"
        hung.answer()
        assert here.jig("down").status == 0
        assert up.wait() == 0


def test_a_command_around_that_hangs_can_be_stopped(hung, place):
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        hung.hang("read", "prog")
        up = here.start("--", f"{hung.path}/prog", "9")
        hung.await_hung("read")
        up.signal(signal.SIGTERM)
        hung.answer()
        assert up.wait() == TERM


# ------------------------------------------------------------------ log files

#: The operation on which a log file hangs, what is asked about then, and the
#: path of the log. It is larger than 1 MB, so it is rotated.
LOGS = {
    "looked up": ("lookup", "log", "log"),
    "created": ("create", "log", "log"),
    "opened": ("open", "data", "data"),
    "its end is read": ("read", "torn", "torn"),
    "written": ("write", "log", "log"),
    "moved over": ("rename", "log", "log"),
    "closed": ("flush", "log.1", "log"),
    "removed": ("unlink", "log.1", "log"),
    "its directory is made": ("mkdir", "new", "new/log"),
    "its directory is looked up": ("lookup", "dir", "dir/log"),
}

ROTATION = "max_size_mb: 1, max_backups: 2, max_age_days: 1"

#: More than jig keeps of a log that does not take it.
FLOOD = 11 * 350000


class Logged(ups.Project):
    """A service whose log hangs, and one that prints given lines."""

    def __init__(self, place, path, rotation: str):
        told = place.path / "told"
        os.mkfifo(told)
        self.told = os.open(told, os.O_RDWR)
        yaml = f"""
processes:
  hangs:
    command: "yes 0123456789 | head -c {FLOOD}; echo done; {ups.forever(place)}"
    log_location: "{path}"
    log_configuration:
      add_timestamp: false
      rotation: {{{rotation}}}
  good:
    command: "cat {told}"
    log_location: good.log
    log_configuration: {{add_timestamp: false}}
"""
        super().__init__(place, {"jig.yaml": yaml})

    def __exit__(self, *all):
        super().__exit__(*all)
        os.close(self.told)

    def tell(self, line: str) -> None:
        os.write(self.told, line.encode() + b"\n")


@contextlib.contextmanager
def log_that_hangs(hung, place, way, rotation=ROTATION):
    """`jig up`, once it has run into it and does not wait for it any more."""
    operation, name, path = LOGS[way]
    if name == "torn":
        (hung.path / "torn").write_text("a line that has no end")
    with Logged(place, hung.path / path, rotation) as here:
        hung.hang(operation, name)
        up = here.start()
        # Our reading is what lets it go on: so first this, though it comes last.
        said = await_said(up, f"cannot write {hung.path / path}: {SILENT}")
        assert said.count("cannot write") == 1
        hung.await_hung(operation)
        yield here, up


def await_said(up, text: str) -> str:
    """All that it says until then, without the flood."""
    lines = [up.line()]
    while text not in lines[-1]:
        line = up.line()
        if "0123456789" not in line:
            lines.append(line)
    return "\n".join(lines)


def check_all_goes_on(here, up) -> None:
    here.tell("first")
    await_said(up, "first")
    assert here.state("good.1") == here.state("hangs.1") == "ready"
    wait_until(lambda: here.read("good.log") == "first\n", "the other log has it")


def services_of(here) -> list[int]:
    return [one["pid"] for one in here.ps().values()]


def await_writers_end(pids: list[int]) -> None:
    for pid in pids:
        wait_until(lambda pid=pid: comm_of(pid) != "jig-aside", "the writer ends")


@pytest.mark.parametrize(
    "way, how",
    [(way, how) for way in LOGS for how in ("term", "kill")]
    + [("opened", "int"), ("written", "int"), ("opened", "down"), ("written", "down")],
)
def test_a_log_that_hangs_holds_nothing_up(hung, place, way, how):
    with log_that_hangs(hung, place, way) as (here, up):
        check_all_goes_on(here, up)
        await_said(up, "done")
        writers = [pid for pid in children_of(up.pid) if comm_of(pid) == "jig-aside"]
        with pinned(services_of(here)) as pidfds:
            if how == "down":
                assert here.jig("down").status == 0
            else:
                names = {"term": signal.SIGTERM, "int": signal.SIGINT}
                up.signal(names.get(how, signal.SIGKILL))
            for pidfd in pidfds:
                await_end(pidfd)
        wanted = {"term": TERM, "int": 128 + signal.SIGINT, "down": 0, "kill": 137}
        assert up.wait() == wanted[how], up.err()
        rest = "" if how == "kill" else up.rest()
        assert how == "kill" or f" lines are not in {hung.path}" in rest, rest
        assert how == "kill" or "waits for a file system" in rest, rest
        hung.answer()
        await_writers_end(writers)


def test_a_log_that_hangs_has_a_line_for_what_was_lost(hung, place):
    with log_that_hangs(hung, place, "written", "max_size_mb: 9") as (here, up):
        await_said(up, "done")
        hung.answer()
        log = hung.path / "log"
        lost = "lines were lost here: " + SILENT
        wait_until(lambda: lost in log.read_text(), "it says how many were lost")
        assert ups.end(up).status == TERM
        text = log.read_text()
        (count,) = re.findall(rf"^jig: (\d+) {lost}$", text, re.MULTILINE)
        assert len(text.splitlines()) - 1 + int(count) == FLOOD // 11 + len(["done"])


# ------------------------------------------------------------------- output

#: The services after it begin when stdin ends.
GATE = ["sh", "-c", 'read go; exec "$@"', "sh"]


@pytest.mark.parametrize("operation", ["write", "flush"])
@pytest.mark.parametrize("how", ["term", "int", "down", "kill"])
def test_an_output_that_hangs_holds_nothing_up(hung, place, operation, how):
    yaml = f"""
processes:
  loud: {{command: "yes 0123456789 | head -c {FLOOD}; {ups.forever(place)}"}}
"""
    with ups.Project(place, {"jig.yaml": yaml}) as here:
        words = {"env": place.env, "cwd": place.work}
        words |= {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
        with open(hung.path / "out", "ab") as file:
            up = subprocess.Popen([*GATE, *jig("up")], stdout=file, **words)
        hung.hang(operation, "out")
        up.stdin.close()
        here.await_answer()
        here.await_state("loud.1", "ready")
        with pinned([*services_of(here), up.pid]) as pidfds:
            if how == "down":
                assert here.jig("down").status == 0
            else:
                names = {"term": signal.SIGTERM, "int": signal.SIGINT}
                up.send_signal(names.get(how, signal.SIGKILL))
            for pidfd in pidfds:
                await_end(pidfd)
        wanted = {"term": TERM, "int": 128 + signal.SIGINT, "down": 0, "kill": 137}
        said = up.stderr.read().decode() if how != "kill" else ""
        assert as_shell(up.wait()) == wanted[how]
        hung.answer()
        up.stderr.close()
        assert how == "kill" or "waits for a file system" in said


def test_a_project_in_the_background_leaves_an_output_that_hangs(hung, place):
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        words = {"env": place.env, "cwd": place.work, "stdin": subprocess.PIPE}
        with open(hung.path / "out", "ab") as file:
            up = subprocess.Popen([*GATE, *jig("up", "-D")], stdout=file, **words)
        hung.hang("flush", "out")
        up.stdin.close()
        here.await_answer()
        here.await_state("a.1", "ready")
        assert here.jig("down").status == 0
        hung.answer()
        assert up.wait() == 0


def test_a_terminal_of_another_user_that_is_frozen_holds_nothing_up(root, place):
    """After su(1): it can be written to, but not opened once more."""
    master, slave = os.openpty()
    os.chmod(os.ttyname(slave), 0o600)
    yaml = f"""
processes:
  loud: {{command: "yes 0123456789 | head -c {FLOOD}; {ups.forever(place)}"}}
"""
    with ups.Project(place, {"jig.yaml": yaml}, "user") as here:
        command = [*stage.as_identity("user"), *jig("up")]
        words = {"stdin": slave, "stdout": slave, "stderr": slave}
        up = subprocess.Popen(command, env=place.env, cwd=place.work, **words)
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, master)
            stack.callback(os.close, slave)
            here.await_answer()
            here.await_state("loud.1", "ready")
            with pinned(services_of(here)) as pidfds:
                up.send_signal(signal.SIGTERM)
                for pidfd in pidfds:
                    await_end(pidfd)
            assert as_shell(up.wait()) == TERM


# ------------------------------------------------------------ jig run --with


@pytest.mark.parametrize("words", ([], ["--parallel"]), ids=("in turn", "at once"))
def test_with_can_be_stopped_though_a_fixture_hangs_in_its_start(hung, place, words):
    hung.hang("lookup", "dir")
    stays = f"echo up; {ups.forever(place)}"
    command = jig_run(
        *words, "--with", f"one={stays}", "--ready", "log:up",
        "--with", "two=sleep 1000", "--chdir", f"{hung.path}/dir",
        "--", "/bin/echo", "ran",
    )  # fmt: skip
    with Running(command, env=place.env, cwd=place.work) as run:
        hung.await_hung("lookup")
        run.signal(signal.SIGTERM)
        hung.answer()
        result = run.end()
        assert result.status == TERM and "ran" not in result.out, result
