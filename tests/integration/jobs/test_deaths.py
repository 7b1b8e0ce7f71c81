# SPDX-License-Identifier: MIT
"""Jobs: each process is killed, many jobs at once, clients that misbehave, and a
runtime directory that is full, stale, another user's, or writable by others."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import helpers
import mounts
import pytest
import worlds
from helpers import (
    RUNS,
    Running,
    await_end,
    jig,
    kill_at_once,
    needs_root,
    only_root,
    send,
    stage,
    state_of,
    stopped,
    wait_until,
)
from pty_session import CTRL_C, kill

ESCAPEES = """
(setsid sh -c 'trap "" HUP TERM; sleep 1000; :' &)
nohup sleep 1000 >/dev/null 2>&1 &
sleep 1000
"""


def spread(world, *options: str) -> dict:
    """A job of several sessions, of which one is deaf."""
    job = world.script(ESCAPEES, "--grace", "300ms", *options)
    wait_until(lambda: len(world.place.running()) == 5, "all of it runs")
    return job


# ------------------------------------------------------------------- killed


def test_13_the_keeper_is_killed(world, place):
    job = spread(world)
    kill(job["keeper"], signal.SIGKILL)
    assert world.do("wait", "%1").status == 125
    assert place.await_empty() == []


def test_13_the_keeper_is_killed_and_the_job_is_lost(world, place):
    job = spread(world)
    kill(job["keeper"], signal.SIGKILL)
    assert place.await_empty() == []
    world.await_state(1, "lost")
    assert "Lost" in world.do("jobs").out
    assert world.do("jobs", "--forget").status == 0


def test_14_the_supervisor_is_killed(world, place):
    job = spread(world)
    kill(job["sid"], signal.SIGKILL)
    status = world.do("wait", "%1").status
    assert status == 137 or status == 125, status
    assert place.await_empty() == []


def test_13_14_both_are_killed_at_once(world, place, own_registry):
    """The next jig of this user ends what they held."""
    job = spread(world)
    kill_at_once([job["sid"], job["keeper"]])
    world.do("run", "true")
    world.do("run", "true")
    assert place.await_empty() == []


def test_the_main_process_is_killed(world, place):
    job = spread(world)
    kill(job["pid"], signal.SIGKILL)
    assert world.do("wait", "%1").status == 137
    assert place.await_empty() == []


def test_the_process_that_started_it_is_killed(world, place):
    """With its whole session: it is no part of it."""
    words = ["setsid", *place.sh("jig start sleep 1000; echo; sleep 1001")]
    with Running(words, env=world.env, cwd=place.work) as starter:
        starter.line()
        job = world.await_state(1, "running")
        assert state_of(job["pid"]) in RUNS
    assert world.job(1)["state"] == "running"
    for pid in set(place.alive()) - {job["pid"]}:
        kill(pid, signal.SIGKILL)


def test_jig_start_is_killed_at_every_moment(world, place):
    """Then there is a whole job, or none."""
    for moment in range(0, 40):
        with Running(jig("start", "sleep", "1000"), env=world.env) as starting:
            await_moment(moment)
            starting.signal(signal.SIGKILL)
        for job in world.jobs():
            world.do("kill", f"%{job['number']}")
        wait_until(lambda: not place.alive(), "no process is left")
        world.do("jobs", "--forget")
        wait_until(lambda: not world.jobs(), "no job is left")


def await_moment(moment: int) -> None:
    """Some hundreds of microseconds more each time; no one waits for it."""
    for _ in range(moment * 20):
        os.stat("/")


# --------------------------------------------------------- 27: asked twice

# Without the second request it would take ten minutes. It forks no process when it
# gets the signal: the child would get it, too.
DEAF = """
trap ': >told' TERM
(trap '' TERM; echo ready; sleep 1000; :) &
while :; do wait; done
"""


def deaf(world) -> None:
    world.script(DEAF, "--grace", "600s")
    world.await_output(1, "ready")


def await_told(world) -> None:
    wait_until((world.place.work / "told").exists, "it was asked to end")


def test_27_a_second_kill_hurries_the_stop(world, place):
    deaf(world)
    assert world.do("kill", "--no-wait", "%1").status == 0
    await_told(world)
    assert world.job(1)["state"] == "running"
    assert world.do("kill", "%1").status == 0
    assert place.await_empty() == []
    assert world.do("wait", "%1").status == 137


def test_27_ctrl_c_in_jig_kill_leaves_the_stop_going_on(world, place):
    deaf(world)
    with world.shell() as shell:
        shell.type("jig kill %1")
        await_told(world)
        shell.send(CTRL_C)
        shell.prompt()
        assert shell.status() == 130
        assert world.job(1)["state"] == "running"
        said = shell.do("jig kill %1")
        assert "[1]+  Killed" in said and shell.status() == 0
    assert place.await_empty() == []


# --------------------------------------------------------------------- many


def test_many_jobs(world, place):
    count = 100 if helpers.is_sanitized() else 500
    script = f'for i in $(seq {count}); do jig start sleep 1000 || exit 1; done'
    options = {"cwd": place.work, "timeout": helpers.MASS_DEADLINE_S}
    done = helpers.run(place.sh(script), env=world.env, **options)
    assert done.status == 0 and len(done.lines) == count, done.err
    jobs = world.jobs()
    assert [job["number"] for job in jobs] == list(range(1, count + 1))
    assert len(place.alive()) == count
    words = [f"%{n}" for n in range(1, count + 1)]
    done = world.do("kill", *words, timeout=helpers.MASS_DEADLINE_S)
    assert done.status == 0
    assert place.await_empty() == []
    world.do("jobs", "--forget")
    assert world.jobs() == []


def test_started_at_once_each_has_a_number_of_its_own(world):
    with contextlib.ExitStack() as stack:
        starts = [
            stack.enter_context(Running(jig("start", "sleep", "1000"), env=world.env))
            for _ in range(20)
        ]
        numbers = sorted(int(one.line().split("]")[0][1:]) for one in starts)
    assert numbers == list(range(1, 21))


# ---------------------------------------------------- clients and their faults


def memory_kib(pid: int) -> int:
    text = only_root(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text)
    fields = dict(line.split()[:2] for line in text.splitlines()[1:])
    return int(fields["Private_Dirty:"]) + int(fields["Private_Clean:"])


FLOOD = "yes 0123456789 | head -c 67108864; echo; echo over; touch over; sleep 1000"


def await_over(place) -> None:
    """64 MB through a terminal are some seconds of processor time."""
    over = place.work / "over"
    wait_until(over.exists, "it has written all", helpers.MASS_DEADLINE_S)


def test_a_job_that_writes_at_full_speed_while_detached(world, place):
    """64 MB: it is not held up, and the keeper stays small."""
    job = world.script(FLOOD)
    await_over(place)
    if not helpers.is_sanitized():
        assert memory_kib(job["keeper"]) < 1024
    world.await_output(1, "\nover\n")


def connect(world, *words: str) -> socket.socket:
    """A client of our own, that does what it likes."""
    fd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fd.connect(str(world.runtime / "jobs" / "1" / "socket"))
    payload = b"".join(word.encode() + b"\0" for word in words)
    fd.sendall(b"W" + len(payload).to_bytes(4, "little") + payload)
    return fd


def test_a_client_that_reads_nothing_holds_nothing_up(world, place):
    job = world.script("read go; " + FLOOD)
    with connect(world, "attach", "24x80"):
        wait_until(lambda: world.job(1)["clients"] == 1, "it is attached")
        with Running(jig("logs", "-f", "%1"), env=world.env) as following:
            world.do("send", "%1", "")
            await_over(place)
            assert following.is_alive()
        if not helpers.is_sanitized():
            assert memory_kib(job["keeper"]) < 2048


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"\0" * 100,
        b"W\xff\xff\xff\xff",
        b"W\x05\0\0\0nope\0",
        b"W\x04\0\0\0wai",
        b"Z\x04\0\0\0\0\0\0\0",
        b"I\x01\0\0\0x",
        os.urandom(4096),
    ],
    ids=range(8),
)
def test_garbage_from_a_client_does_no_harm(world, bytes_):
    world.start("sleep", "1000")
    fd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with fd:
        fd.connect(str(world.runtime / "jobs" / "1" / "socket"))
        with contextlib.suppress(BrokenPipeError):
            fd.sendall(bytes_)
        assert world.do("kill", "-0", "%1").status == 0
    assert world.job(1)["state"] == "running"
    assert world.do("send", "%1", "x").status == 0


def test_many_clients_come_and_go(world):
    world.start("sleep", "1000")
    for _ in range(50):
        clients = [connect(world, "attach", "24x80") for _ in range(10)]
        for one in clients:
            one.close()
    wait_until(lambda: world.job(1)["clients"] == 0, "all have gone")
    job = world.job(1)
    fds = only_root(lambda: os.listdir(f"/proc/{job['keeper']}/fd"))
    assert len(fds) < 30, fds


def await_sleep(job: dict) -> None:
    """A process that spins is never seen asleep."""
    stat = pathlib.Path(f"/proc/{job['keeper']}/stat")
    wait_until(
        lambda: stat.read_text().rpartition(")")[2].split()[0] == "S",
        "the keeper sleeps",
    )


def test_a_client_that_is_left_with_more_to_say_does_not_make_the_keeper_spin(
    world, place
):
    flood = "head -c 2000000 /dev/zero | tr '\\0' a; : >over; kill -STOP $$"
    job = world.start("sh", "-c", f"read go; {flood}")
    with connect(world, "attach", "foreground", "24x80") as client:
        client.sendall(b"I\x01\0\0\0\r")
        world.await_state(1, "stopped")
        client.sendall(b"I\x01\0\0\0x")
        await_sleep(job)


def test_jig_send_is_killed_before_the_terminal_has_taken_it(world):
    job = world.start("sh", "-c", "stty raw -echo; echo raw; exec sleep 1000")
    world.await_output(1, "raw")
    payload = b"x" * 60000
    with connect(world, "input") as client:
        client.sendall(b"I" + len(payload).to_bytes(4, "little") + payload)
        client.shutdown(socket.SHUT_WR)
        await_sleep(job)
    await_sleep(job)
    assert world.do("kill", "-0", "%1").status == 0
    await_sleep(job)


def test_more_clients_than_the_keeper_has_descriptors_for(world):
    limit = ["/bin/sh", "-c", 'ulimit -n 40; exec "$@"', "sh"]
    begun = helpers.run([*limit, *jig("start", "sleep", "1000")], env=world.env)
    assert begun.status == 0, begun
    clients = [connect(world, "attach", "24x80") for _ in range(40)]
    await_sleep(world.job(1))
    for one in clients:
        one.close()
    assert world.do("send", "%1", "x").status == 0


# -------------------------------------------------------- the runtime directory


def test_a_stale_directory_is_shown_as_lost_and_its_number_is_free_again(world):
    """As a machine that was switched off leaves it."""
    world.start("--name", "web", "sleep", "1000")
    folder = world.runtime / "jobs" / "1"
    copy = world.place.path / "copy"
    shutil.copytree(
        folder, copy, symlinks=True, ignore=lambda _, names: {"socket"} & set(names)
    )
    world.do("kill", "%1")
    world.do("wait", "%1")
    shutil.copytree(copy, folder, symlinks=True)
    assert world.job(1)["state"] == "lost"
    assert world.do("fg", "%1").status == 1
    assert world.do("kill", "%1").status == 1
    assert world.start("--name", "web", "sleep", "1000")["number"] == 1


@pytest.mark.parametrize("bytes_", [b"", b"x" * 100, b"\0" * 5000, None], ids=range(4))
def test_a_file_that_is_not_a_record(world, bytes_):
    folder = world.runtime / "jobs" / "1"
    folder.mkdir(parents=True)
    (world.runtime / "jobs").chmod(0o700)
    if bytes_ is not None:
        (folder / "record").write_bytes(bytes_)
    assert world.do("jobs").out == ""
    assert world.start("sleep", "1000")["number"] == 1


def test_names_that_are_no_numbers_are_left_alone(world):
    world.start("sleep", "1000")
    other = world.runtime / "jobs" / "notes"
    other.mkdir()
    (world.runtime / "jobs" / "007").mkdir()
    assert [job["number"] for job in world.jobs()] == [1]
    assert other.exists()


@needs_root
def test_a_full_runtime_directory(place):
    """No job can be made, and it is said; those that run are served, and end."""
    with mounts.private(), worlds.opened(place) as world:
        command = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "none"]
        subprocess.run([*command, str(world.runtime)], check=True)
        world.start("--no-pty", "sleep", "1000")
        filler = world.runtime / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        done = world.do("start", "sleep", "1000")
        assert done.status == 125 and "No space left" in done.err, done
        assert world.do("stop", "%1").status == 0
        assert world.job(1)["state"] == "stopped"
        assert world.do("kill", "%1").status == 0
        assert world.do("wait", "%1").status == 143
        filler.unlink()
        assert world.jobs() == []


def as_user(world, *words: str, env: dict) -> helpers.Result:
    return helpers.run(jig(*words), "user", env=env, cwd=world.place.work)


@needs_root
def test_two_users_have_worlds_of_their_own(place):
    with worlds.opened(place) as ours:
        with worlds.opened(place, name="theirs", identity="user") as theirs:
            ours.start("--name", "web", "sleep", "1000")
            theirs.start("--name", "web", "sleep", "1001")
            assert [job["number"] for job in theirs.jobs()] == [1]
            assert ours.job(1)["pid"] != theirs.job(1)["pid"]


@needs_root
def test_another_users_job_cannot_be_touched(place):
    """Not by its socket, not by its directory."""
    with worlds.opened(place) as world:
        world.start("sleep", "1000")
        done = as_user(world, "jobs", env=world.env)
        assert done.status == 125 and "cannot use the runtime directory" in done.err
        path = world.runtime / "jobs" / "1" / "socket"
        assert path.stat().st_mode & 0o777 == 0o600
        world.runtime.chmod(0o711)
        (world.runtime / "jobs").chmod(0o711)
        path.parent.chmod(0o711)
        path.chmod(0o666)  # even then its peer is looked at
        program = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); "
            "s.connect(sys.argv[1]); s.sendall(b'W\\5\\0\\0\\0stop\\0'); "
            "print(s.recv(100))"
        )
        words = ["/usr/bin/python3", "-c", program, str(path)]
        done = helpers.run(words, "user", cwd="/")
        assert done.out == "b''\n" or "Broken pipe" in done.err or "reset" in done.err
        assert world.job(1)["state"] == "running"
        world.runtime.chmod(0o700)


@needs_root
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_runtime_directory_that_others_may_write_to_is_refused(place, mode):
    runtime = place.path / "open"
    runtime.mkdir()
    runtime.chmod(mode)
    env = place.env | {"JIG_RUNTIME_DIR": str(runtime)}
    done = helpers.run(jig("start", "sleep", "1000"), env=env)
    assert done.status == 125 and "cannot use the runtime directory" in done.err
    assert list(runtime.iterdir()) == []


@needs_root
def test_a_runtime_directory_of_another_user_is_refused(place):
    runtime = place.path / "theirs"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, stage.NOBODY, stage.NOBODY)
    env = place.env | {"JIG_RUNTIME_DIR": str(runtime)}
    assert helpers.run(jig("start", "sleep", "1000"), env=env).status == 125


@needs_root
@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_a_symlink_that_another_user_has_planted(place, target):
    """Where /tmp/jig-UID would be: it is not followed."""
    victim = place.path / "victim"
    victim.mkdir(mode=0o755)
    link = place.path / "link"
    link.symlink_to(place.path / target)
    os.chown(link, stage.NOBODY, stage.NOBODY, follow_symlinks=False)
    env = place.env | {"JIG_RUNTIME_DIR": str(link)}
    done = helpers.run(jig("start", "sleep", "1000"), env=env)
    assert done.status == 125
    assert list(victim.iterdir()) == [] and not (place.path / "nowhere").exists()


def test_a_symlink_in_place_of_a_jobs_directory_or_record(world):
    (world.runtime / "jobs").mkdir(mode=0o700)
    victim = world.place.path / "victim"
    victim.mkdir()
    (victim / "record").write_text("mine")
    (world.runtime / "jobs" / "1").symlink_to(victim)
    assert world.jobs() == []
    assert world.start("sleep", "1000")["number"] == 2
    assert (victim / "record").read_text() == "mine"


def test_a_path_that_is_too_long_for_a_socket(place):
    deep = place.path / ("d" * 100)
    deep.mkdir()
    with worlds.opened(place, name="d" * 100 + "/jobs") as world:
        world.start("sleep", "1000")
        assert world.do("kill", "%1").status == 0


def test_ended_while_it_is_looked_at(world, place):
    """Twenty that end at once, beside a loop of `jig jobs`."""
    gate = place.work / "go"
    for _ in range(20):
        world.script("until [ -e go ]; do sleep 0.01; done; exit 9")
    with Running(place.sh("while jig jobs --json; do :; done"), env=world.env) as loop:
        loop.line()
        gate.touch()
        for number in range(1, 21):
            assert world.do("wait", f"%{number}").status == 9
    assert world.jobs() == []


def test_a_keeper_is_stopped(world):
    """A request to it waits; a look at its files does not."""
    job = world.start("sleep", "1000")
    with stopped(job["keeper"]) as keeper:
        assert world.job(1)["state"] == "running"
        assert world.do("wait", "--timeout", "50ms", "%1").status == 124
        send(keeper, signal.SIGCONT)
        assert world.do("kill", "%1").status == 0
        await_end(keeper)
