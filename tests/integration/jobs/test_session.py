# SPDX-License-Identifier: MIT
"""jig session: a shell that ends everything you started in it when you exit."""

import os
import shutil
import signal

import pytest
from helpers import await_end, comm_of, jig, pinned, run, wait_until
from pty_session import CTRL_Z, DETACH, Shell, kill

BASH = "bash --norc --noprofile --noediting -i"

@pytest.fixture
def outer(shell):
    """The shell from which sessions begin."""
    return shell


def enter(shell: Shell, words: str = "") -> None:
    """Into a session, up to its prompt."""
    shell.type(f"jig session {words} -- {BASH}")
    shell.prompt()


def leave(shell: Shell, status: int = 0) -> str:
    """Out of it, up to the prompt of the outer shell; what was said."""
    shell.type(f"exit {status}")
    return shell.prompt()


def pid_of(shell: Shell) -> int:
    shell.type("echo pid=$!")
    pid = int(shell.expect(r"pid=(\d+)$")[1])
    shell.prompt()
    return pid


#: And how the session's shell calls it: not in a session of its own because the
#: shell does not lead its session.
WAYS = {
    "background": ("sleep 1000 &", "own process group"),
    "disown": ("sleep 1000 & disown", "own process group"),
    "nohup": ("nohup sleep 1000 >/dev/null 2>&1 &", "own process group"),
    "setsid": ("setsid sleep 1000 &", "own session"),
    "daemon": (
        "(setsid sh -c 'sleep 1000 & echo' >/dev/null 2>&1 &)",
        "daemon, own session",
    ),
    "deaf": ("sh -c 'trap \"\" HUP TERM; sleep 1000; :' &", "own process group"),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_and_what_stayed_is_reported(world, outer, place, way):
    enter(outer, "--grace 300ms")
    line, how = WAYS[way]
    outer.do(line)
    wait_until(lambda: "sleep" in map(comm_of, place.running()), "it runs")
    if way == "daemon":
        wait_until(lambda: "sh" not in map(comm_of, place.running()), "it is an orphan")
    said = leave(outer)
    assert "leftover" in said and f"sleep 1000 ({how}" in said, said
    assert outer.status() == 0
    assert place.await_empty() == []
    assert world.jobs() == []


def test_a_session_without_leftovers_says_nothing(outer):
    enter(outer)
    outer.do("sleep 0 & wait")
    assert "jig: " not in leave(outer)
    assert outer.status() == 0


def test_its_status_is_the_shells(world, outer):
    enter(outer)
    leave(outer, 7)
    assert outer.status() == 7
    assert world.jobs() == []


def test_its_shell_controls_jobs_of_its_own(outer):
    enter(outer)
    outer.type("cat")
    outer.type("once")
    outer.expect(r"(?s)once\n.*once$")  # echoed by the terminal, then by cat
    outer.send(CTRL_Z)
    assert "Stopped" in outer.prompt()
    assert outer.status() == 148
    outer.type("fg")
    outer.type("again")
    outer.expect(r"(?s)again\n.*again$")
    outer.send("\x03")
    outer.prompt()
    assert outer.status() == 130
    leave(outer)


def test_without_words_it_is_the_users_shell(world, place):
    with world.shell() as outer:
        outer.do(f"export SHELL={place.bin}/sh")
        outer.type("PS1='inner> ' jig session")
        outer.expect("inner> ")
        outer.type("echo $0 $JIG_SESSION")
        outer.expect(rf"^{place.bin}/sh 1$")
        outer.expect("inner> ")
        outer.type("exit")
        outer.prompt()


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "dash"])
def test_nothing_is_left_of_any_shell(world, outer, place, name):
    shell = shutil.which(name)
    if not shell:
        pytest.skip(f"no {name}")
    # zsh asks a new user questions, unless there is a file.
    (place.work / ".zshrc").touch()
    outer.type(f"ZDOTDIR={place.work} jig session --grace 300ms -- {shell}")
    wait_until(lambda: world.job(1).get("state") == "running", "it runs")
    wait_until(lambda: comm_of(world.job(1)["pid"]) == name, f"{name} runs")
    outer.type("setsid sleep 1000 >/dev/null 2>&1 &")
    wait_until(place.running, "it runs")
    outer.type("exit 3")
    outer.expect(r"jig: \d leftovers? of the command:")  # fish has one of its own
    assert "sleep 1000" in outer.prompt()
    assert outer.status() == 3
    assert place.await_empty() == []


def test_a_session_without_a_name_ends_with_its_terminal(world, outer, place):
    enter(outer)
    outer.do("nohup sleep 1000 >/dev/null 2>&1 &")
    wait_until(place.running, "it runs")
    keeper = world.jobs()[0]["keeper"]
    with pinned([keeper]) as fds:
        outer.hang_up()
        await_end(fds[0])
    assert place.await_empty() == []


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGKILL])
def test_a_session_without_a_name_ends_with_its_client(world, outer, place, signo):
    outer.do("set +m")
    enter(outer)
    outer.do("nohup sleep 1000 >/dev/null 2>&1 &")
    wait_until(place.running, "it runs")
    job = world.jobs()[0]
    client = int(
        next(
            pid
            for pid in os.listdir("/proc")
            if pid.isdigit() and is_client(int(pid), job["keeper"], outer.pid)
        )
    )
    with pinned([job["keeper"]]) as fds:
        kill(client, signo)
        await_end(fds[0])
    assert place.await_empty() == []


def is_client(pid: int, keeper: int, shell: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rsplit(b") ", 1)[1].split()
    except OSError:
        return False
    return int(fields[1]) == shell and pid != keeper


def test_a_named_session_is_left_and_found_again(world, outer):
    enter(outer, "work")
    outer.do("kept=here")
    outer.send(DETACH)
    assert "jig: detached: jig session work" in outer.prompt()
    assert outer.status() == 0
    with world.shell() as other:
        other.type("jig session work")
        other.type("echo $kept-$JIG_SESSION")
        other.expect("^here-1$")
        other.prompt()  # the session's
        leave(other, 5)
        assert other.status() == 5


def test_a_named_session_survives_its_terminal(world, outer, place):
    enter(outer, "work")
    outer.do("sleep 1000 &")
    wait_until(place.running, "it runs")
    with pinned([outer.pid]) as fds:
        outer.hang_up()
        await_end(fds[0])
    job = world.job(1)
    assert job["state"] == "running" and job["name"] == "work" and job["session"]
    assert len(place.alive()) == 1


def test_a_job_inside_ends_with_it(world, outer, place):
    enter(outer)
    outer.do("jig start --name inner sleep 1000")
    assert len(world.jobs()) == 2
    assert "sleep 1000" in leave(outer)
    assert place.await_empty() == []
    assert world.await_state(2, "ended")["status"] in (129, 143)


def test_keep_exempts_a_job_on_purpose(world, outer, place):
    enter(outer, "--keep %kept")
    assert "[2]" in outer.do("jig start --name kept sleep 1000")
    assert "[3]" in outer.do("jig start --name inner sleep 1001")
    said = leave(outer)
    assert "sleep 1001" in said and "sleep 1000" not in said
    world.await_state(3, "ended")
    job = world.job(2)
    assert job["state"] == "running" and job["name"] == "kept"
    assert place.alive() == [job["pid"]]


def test_a_kept_job_has_the_words_and_the_place_of_its_start(world, outer, place):
    enter(outer, "--keep kept")
    (place.work / "sub").mkdir()
    outer.do("cd sub; export GIVEN='a b'")
    outer.do("""jig start --name kept 'echo "$PWD $GIVEN [$JIG_SESSION]"; sleep 1000'""")
    world.await_output(2, f"{place.work}/sub a b []")
    leave(outer)


def test_a_kept_job_that_cannot_start_says_why(world, outer):
    enter(outer, "--keep kept")
    said = outer.do("jig start --name kept -- /no/such/program")
    assert "jig: " in said and "/no/such/program" in said
    assert outer.status() == 127
    assert [job["number"] for job in world.jobs()] == [1]
    leave(outer)


def test_the_doorman_goes_with_its_session(world, outer):
    enter(outer, "--keep kept")
    keeper = world.job(1)["keeper"]
    doormen = wait_until(lambda: find_doormen(world.runtime), "it has a doorman")
    with pinned(doormen) as fds:
        kill(keeper, signal.SIGKILL)
        await_end(fds[0])
    outer.prompt()


def find_doormen(runtime) -> list[int]:
    """By the environment: any process may have this comm."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", errors="replace") as comm:
                if comm.read() != "jig-doorman\n":
                    continue
            with open(f"/proc/{pid}/environ", errors="replace") as environ:
                if f"JIG_RUNTIME_DIR={runtime}\0" in environ.read():
                    found.append(int(pid))
        except OSError:
            continue
    return found


def test_an_interactive_shell_is_ended_without_delay(world, outer, place):
    """bash ignores SIGTERM: by SIGHUP, and what is deaf to that by SIGTERM."""
    enter(outer, f"--report {place.work}/report")
    outer.do("nohup sleep 1000 >/dev/null 2>&1 &")
    wait_until(place.running, "it runs")
    kill(world.job(1)["keeper"], signal.SIGTERM)
    outer.prompt()
    assert outer.status() == 129
    report = place.read_report()
    sent = [one["signal"] for one in report["signals"]]
    assert sent == ["SIGHUP", "SIGTERM"], report


def test_from_within_it_is_refused(outer):
    enter(outer, "work")
    assert "this is inside of session work" in outer.do("jig session work")
    assert outer.status() == 1
    leave(outer)


def test_a_job_that_is_no_session_is_refused(world, outer):
    world.start("--name", "web", "sleep", "1000")
    assert "is not a session" in outer.do("jig session web")
    assert outer.status() == 1


def test_a_running_sessions_shell_and_keep_cannot_be_changed(outer):
    enter(outer, "work")
    outer.send(DETACH)
    outer.prompt()
    for words in ("work -- sh", "work --keep web"):
        assert "runs already" in outer.do(f"jig session {words}")


def test_sessions_within_sessions(world, outer, place):
    enter(outer)
    enter(outer, "inner")
    outer.do("nohup sleep 1000 >/dev/null 2>&1 &")
    wait_until(place.running, "it runs")
    outer.send(DETACH)
    outer.prompt()
    leave(outer)
    assert place.await_empty() == []
    world.await_state(2, "ended")


def test_without_a_terminal(world):
    done = world.do("session")
    assert done.status == 125
    assert done.err.startswith("jig: session: stdin is not a terminal")


def test_usage():
    done = run(jig("session", "work", "bash"))
    assert done.status == 125 and "the shell's command comes after --" in done.err
    done = run(jig("session", "--keep", "a/b"))
    assert done.status == 125 and "--keep" in done.err
