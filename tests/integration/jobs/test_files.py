# SPDX-License-Identifier: MIT
"""Jobs and files: where a relative path begins, what is removed at the end, and
file systems that are unusual or full."""

import os
import pathlib
import signal
import socket
import subprocess

import helpers
import mounts
import pytest
import worlds
from helpers import kill_at_once, needs_root, stage, wait_until
from pty_session import Shell, kill
from sockets import REPLACED

SLEEP = ("sleep", "1000")
#: One failure ends the job. A slow machine is none.
FAST = ("--live-interval", "1ms", "--live-failures", "1", "--live-timeout", "60s")

# ------------------------------------------------------------ relative paths

#: Each leaves a file, `asked`, that stands for many attempts of the probe.
COUNT = "exec:echo >>asked; test $(wc -l <asked) -lt 30 || : >often"


@pytest.fixture
def sub(place) -> pathlib.Path:
    """Where the job begins, with what its probes ask for."""
    path = place.work / "sub"
    path.mkdir()
    (path / "there").touch()
    (path / "program").write_text("#!/bin/sh\ntest -e there\n")
    (path / "program").chmod(0o755)
    return path


def await_often(sub) -> None:
    wait_until((sub / "often").exists, "the probes were asked often")
    (sub / "often").unlink()
    # A probe that runs at this moment may have removed it.
    (sub / "asked").unlink(missing_ok=True)


PROBES = {
    "file": "file:there",
    "exec": "exec:./program",
    "unix": "unix:sock",
}


def served(sub) -> tuple[str, ...]:
    """A server's words, on a relative path."""
    script = "import socket, time\ns = socket.socket(socket.AF_UNIX)\n"
    script += "s.bind('sock')\ns.listen()\nprint('on', flush=True)\ntime.sleep(1000)"
    return (helpers.PYTHON, "-c", script)


@pytest.mark.parametrize("probe", PROBES)
def test_a_liveness_probe_looks_where_the_job_began(world, sub, probe):
    words = served(sub) if probe == "unix" else SLEEP
    ready = ("--ready", PROBES[probe]) if probe == "unix" else ()
    live = ("--live", PROBES[probe], "--live", COUNT, *FAST)
    world.start(*ready, *live, "--", *words, cwd=sub)
    await_often(sub)
    assert world.job(1)["state"] == "running"


def test_with_chdir_it_looks_where_the_job_began_all_the_same(world, sub):
    """As `jig run` does: --chdir is the command's."""
    live = ("--live", "file:there", "--live", COUNT, *FAST)
    world.start("--chdir", "/", *live, "--", *SLEEP, cwd=sub)
    await_often(sub)
    assert world.job(1)["state"] == "running"


def test_a_restart_from_elsewhere_looks_where_the_job_began(world, sub):
    live = ("--live", "file:there", "--live", COUNT, *FAST)
    files = ("--log", "log", "--report", "report", "--env-file", "env")
    (sub / "env").write_text("A=b\n")
    world.start("--name", "a", *live, *files, "--", *SLEEP, cwd=sub)
    await_often(sub)
    (sub / "log").unlink()
    (sub / "report").unlink()
    done = world.do("restart", "%a", cwd="/")
    assert done.status == 0, done
    await_often(sub)
    assert world.job(1)["state"] == "running"
    assert (sub / "log").exists() and (sub / "report").exists()


def test_a_session_looks_where_it_began(world, sub):
    with Shell(world.env, cwd=sub) as shell:
        live = f"--live file:there --live '{COUNT}' {' '.join(FAST)}"
        shell.type(f"jig session s {live} -- sh -c 'echo be\"\"gun; exec sleep 1000'")
        shell.expect("begun")
        await_often(sub)
        assert world.job(1)["state"] == "running"


def test_a_directory_without_a_path_is_no_place_for_a_restart(world, sub):
    """It was removed: the job is not started again in another one."""
    script = f"rmdir '{sub}/gone' && exec jig start sleep 1000"
    (sub / "gone").mkdir()
    done = helpers.run(world.place.sh(script), env=world.env, cwd=sub / "gone")
    assert done.status == 0, done
    first = world.job(1)["pid"]
    done = world.do("restart", "%1")
    assert done.status == 1 and "has no path" in done.err, done
    assert world.job(1)["pid"] == first


# ------------------------------------------------------- sockets of --listen


def listens(world, sub, *words: str) -> dict:
    job = world.start("--listen", "s=unix:sock", *words, "--", *SLEEP, cwd=sub)
    assert connects(sub / "sock")
    return job


def connects(path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(os.fspath(path))
        except ConnectionRefusedError:
            return False
    return True


def end(world, number: int = 1) -> None:
    world.do("kill", f"%{number}")
    world.await_state(number, "ended")


def test_the_socket_of_a_job_goes_with_it(world, sub):
    listens(world, sub)
    end(world)
    assert not os.path.lexists(sub / "sock")


def test_a_job_that_was_never_ready_leaves_no_socket(world, sub):
    words = ["--listen", "s=unix:sock", "--ready", "log:never", "--", "true"]
    assert world.do("start", *words, cwd=sub).status == 125
    assert not os.path.lexists(sub / "sock")


def test_a_restart_makes_a_socket_anew(world, sub):
    listens(world, sub)
    before = os.stat(sub / "sock").st_ino, world.job(1)["pid"]
    assert world.do("restart", "%1", cwd="/").status == 0
    assert connects(sub / "sock")
    assert (os.stat(sub / "sock").st_ino, world.job(1)["pid"]) != before
    end(world)
    assert not os.path.lexists(sub / "sock")


@pytest.mark.parametrize("replace", REPLACED)
def test_what_is_in_its_place_now_is_kept(world, sub, replace):
    listens(world, sub)
    (sub / "sock").unlink()
    replace(sub / "sock")
    before = os.lstat(sub / "sock")
    end(world)
    assert os.lstat(sub / "sock").st_ino == before.st_ino
    assert (sub / "there").exists()


def test_the_socket_of_a_newer_job_is_kept(world, sub):
    listens(world, sub)
    (sub / "sock").unlink()
    world.start("--listen", "s=unix:sock", "--", *SLEEP, cwd=sub)
    end(world, 1)
    assert connects(sub / "sock")
    end(world, 2)
    assert not os.path.lexists(sub / "sock")


def test_a_socket_moves_with_the_directory_of_its_job(world, sub):
    listens(world, sub)
    moved = sub.rename(sub.parent / "moved")
    sub.mkdir()
    (sub / "sock").write_text("another one's")
    end(world)
    assert not os.path.lexists(moved / "sock")
    assert (sub / "sock").read_text() == "another one's"


# ------------------------------------------------- the environment is secret

SECRET = "hunter2-xyzzy"


def with_secret(world, *words: str, **options) -> dict:
    env = world.env | {"TOKEN": SECRET}
    return world.start(*words, "--", *SLEEP, env=env, **options)


def leaks(world) -> list[str]:
    """Files of jobs that hold the secret."""
    files = [path for path in (world.runtime / "jobs").rglob("*") if path.is_file()]
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def kept(world) -> None:
    """It runs: what a restart needs is there, for us alone."""
    assert leaks(world) == ["start"]
    status = (world.runtime / "jobs" / "1" / "start").stat()
    assert status.st_mode & 0o777 == 0o600


def test_the_environment_is_gone_before_the_end_is_seen(world):
    with_secret(world)
    kept(world)
    world.do("kill", "%1")
    world.await_state(1, "ended")
    assert leaks(world) == []


def test_values_of_env_are_gone_as_well(world):
    world.start("--env", f"TOKEN={SECRET}", "--", *SLEEP)
    kept(world)
    end(world)
    assert leaks(world) == []
    done = world.do("restart", "%1")
    assert done.status == 1 and "values of its --env were not saved" in done.err, done
    assert world.job(1)["state"] == "ended"


def test_a_job_that_could_not_be_started_leaves_no_environment(world):
    env = world.env | {"TOKEN": SECRET}
    assert world.do("start", "--ready", "log:never", "true", env=env).status == 125
    assert world.do("start", "/no/such/program", env=env).status == 127
    assert leaks(world) == []


#: How the next jig learns of it.
LOOKS = [("jobs",), ("wait", "%1"), ("start", *SLEEP)]


@pytest.mark.parametrize("look", LOOKS)
def test_the_keeper_is_killed_and_the_next_look_removes_it(world, place, look):
    job = with_secret(world)
    kept(world)
    kill(job["keeper"], signal.SIGKILL)
    assert place.await_empty() == []
    wait_until(lambda: unlocked(world), "the supervisor has let go of the record")
    world.do(*look)
    assert leaks(world) == []


@pytest.mark.parametrize("look", LOOKS)
def test_all_are_killed_and_the_next_look_removes_it(world, place, own_registry, look):
    """As when the machine was switched off."""
    job = with_secret(world)
    kept(world)
    kill_at_once([job["sid"], job["keeper"], job["pid"]])
    assert place.await_empty() == []
    wait_until(lambda: unlocked(world), "no process holds the record")
    assert leaks(world) == ["start"]
    world.do(*look)
    assert leaks(world) == []


def unlocked(world) -> bool:
    """Asked without jig, which would remove it."""
    record = world.runtime / "jobs" / "1" / "record"
    locks = pathlib.Path("/proc/locks").read_text()
    return f":{record.stat().st_ino} " not in locks if record.exists() else True


def test_a_restart_has_the_environment_of_the_start(world):
    env = world.env | {"TOKEN": SECRET}
    script = "echo token=$TOKEN; sleep 1000"
    world.start("--", *world.place.sh(script), env=env)
    assert world.do("restart", "%1", env=world.env | {"TOKEN": "other"}).status == 0
    world.await_output(1, f"token={SECRET}")
    kept(world)


def test_a_restart_after_the_end_has_that_of_its_caller(world, sub):
    env = world.env | {"TOKEN": SECRET}
    words = world.place.sh("echo token=$TOKEN in $PWD; sleep 1000")
    world.start("--name", "a", "--", *words, env=env, cwd=sub)
    end(world)
    done = world.do("restart", "%a", env=world.env | {"TOKEN": "other"}, cwd="/")
    assert done.status == 0, done
    world.await_output(1, f"token=other in {sub}")
    assert world.job(1)["name"] == "a"


def test_a_kept_job_of_a_session_has_its_environment(world, shell):
    """While it waits for the doorman it looks as if it had ended: `jig jobs` removes nothing."""
    shell.type("jig session s --keep web -- bash --norc --noprofile --noediting -i")
    shell.prompt()
    shell.do("for i in 1 2 3 4 5 6 7 8; do while :; do jig jobs; done >/dev/null & done")
    shell.do(f"export TOKEN={SECRET}")
    for _ in range(5):
        said = shell.do("jig start --name web sh -c 'echo token=$TOKEN; sleep 1000'")
        assert "[2] " in said, said
        world.await_output(2, f"token={SECRET}")
        world.do("kill", "%2")
        world.await_state(2, "ended")
        assert not (world.runtime / "jobs" / "2" / "start").exists()
        world.do("jobs", "--forget", "%2")


# -------------------------------------------------------------- file systems


def mount(kind: str, options: str, where: pathlib.Path) -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, "none", where], check=True)


@needs_root
@pytest.mark.parametrize("identity", ["root", "user"])
def test_a_job_on_a_file_system_without_fallocate(place, identity):
    with mounts.private(), worlds.opened(place) as world:
        mount("ramfs", "mode=700", world.runtime)
        if identity == "user":
            os.chown(world.runtime, stage.NOBODY, stage.NOBODY)
            world.identity = identity
        assert has_no_fallocate(world.runtime)
        world.start("--name", "a", *SLEEP)
        assert world.do("restart", "%a").status == 0
        assert world.do("stop", "%1").status == 0
        world.await_state(1, "stopped")
        end(world)


def has_no_fallocate(folder: pathlib.Path) -> bool:
    with open(folder / "probe", "wb") as file:
        words = ["fallocate", "-l", "4096", file.name]
        return b"not supported" in subprocess.run(words, capture_output=True).stderr


@needs_root
def test_a_job_on_a_full_file_system_runs_or_is_refused(place):
    """With more room each time, until there is enough."""
    refused = 0
    with mounts.private():
        for pages in range(1, 64):
            with worlds.opened(place, name=f"jobs{pages}") as world:
                mount("tmpfs", f"mode=700,size={4 * pages}k", world.runtime)
                done = world.do("start", *SLEEP)
                states = [job["state"] for job in world.jobs()]
                assert states == ["running"] * (done.status == 0), done
            if done.status == 0:
                break
            refused += 1
            assert done.status == 125 and "No space left on device" in done.err, done
    assert done.status == 0 and refused > 0
