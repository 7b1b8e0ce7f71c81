# SPDX-License-Identifier: MIT
"""jig fg, attach, bg, stop: a terminal attached to a job's. EDGE_CASES 27 to 30."""

import os
import signal

import pytest
from helpers import await_end, pinned, state_of, wait_until
from pty_session import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, DETACH, Shell, Terminal
from pty_session import kill
from worlds import attach

# -------------------------------------------------------------------- keys


def test_what_is_typed_goes_to_the_job_and_ctrl_d_ends_it(shell, place):
    """The issue's own example."""
    shell.do("jig start 'cat > log'")
    attach(shell, said="^cat > log$")
    shell.send("one\ntwo\n" + CTRL_D)
    shell.prompt()
    assert shell.status() == 0
    assert (place.work / "log").read_text() == "one\ntwo\n"


def test_ctrl_c_and_the_jobs_status(shell, world):
    world.script("trap 'echo caught; exit 7' INT; echo ready; sleep 1000 & while :; do wait; done")
    attach(shell, said="ready$")
    shell.send(CTRL_C)
    assert "caught" in shell.prompt()
    assert shell.status() == 7
    assert world.jobs() == []


@pytest.mark.parametrize(
    ("key", "status"), [(CTRL_C, 130), (CTRL_BACKSLASH, 131)], ids=["INT", "QUIT"]
)
def test_death_by_a_key(shell, world, key, status):
    world.script("ulimit -c 0; echo ready; exec sleep 1000")
    attach(shell, said="ready$")
    shell.send(key)
    shell.prompt()
    assert shell.status() == status


def test_29_ctrl_z_stops_it_and_fg_continues_it_as_in_bash(shell, world, place):
    """The same keys to bash's own job, and to jig's."""
    theirs = stop_and_continue(shell, "cat", "fg")
    world.start("cat")
    ours = stop_and_continue(shell, "jig fg", "jig fg")
    assert ours[0] == theirs[0] == 148
    assert ours[1].strip() == theirs[1].strip() == "[1]+  Stopped                 cat"
    assert ours[2] == theirs[2] == 0


def stop_and_continue(shell: Shell, start: str, again: str) -> tuple[int, str, int]:
    shell.type(start)
    shell.send("x\n")
    shell.expect("x$")
    shell.send(CTRL_Z)
    said = [line for line in shell.prompt().splitlines() if line.startswith("[")]
    stopped = shell.status()
    shell.type(again)
    shell.send("y\n")
    shell.expect("y$")
    shell.send(CTRL_D)
    shell.prompt()
    return stopped, said[0], shell.status()


def test_29_the_foreground_group_of_its_terminal_stops(shell, world, place):
    """As in a shell in the job: its own job is stopped, and it goes on."""
    inner = "bash --norc --noprofile --noediting -i"
    world.start("--grace", "200ms", "--name", "inner", "--", *inner.split(), env=prompting(world))
    attach(shell, "%inner", said="inner> ")
    shell.type("cat")
    shell.type("x")
    shell.expect("(?s)x\n.*x$")
    shell.send(CTRL_Z)
    shell.expect("Stopped")
    shell.expect("inner> ")
    shell.type("echo status $?")
    shell.expect("^status 148$")
    assert world.job(1)["state"] == "running"
    shell.type("fg")
    shell.type("y")
    shell.expect("(?s)y\n.*y$")
    shell.send(CTRL_D)
    shell.expect("inner> ")
    shell.type("exit 5")
    shell.prompt()
    assert shell.status() == 5


def prompting(world) -> dict[str, str]:
    return world.env | {"PS1": "inner> "}


def test_30_size_and_changes_of_size(shell, world):
    shell.resize(33, 111)
    world.script("trap 'stty size' WINCH; echo ready; sleep 1000 & while :; do wait; done")
    world.await_output(1, "ready")
    attach(shell, said="ready$")
    shell.expect("^33 111$")
    shell.resize(44, 122)
    shell.expect("^44 122$")
    shell.send(DETACH)
    shell.prompt()


def test_the_smallest_size_of_several_and_the_newest(shell, other, world):
    shell.resize(40, 100)
    other.resize(30, 120)
    world.script("trap 'stty size' WINCH; echo ready; sleep 1000 & while :; do wait; done")
    world.await_output(1, "ready")
    attach(shell, said="ready$")
    shell.expect("^40 100$")
    attach(other)
    other.expect("^30 100$")
    shell.expect("^30 100$")
    other.send(DETACH)
    other.prompt()
    shell.expect("^40 100$")
    other.type("jig fg --size newest")
    other.expect("^30 120$")
    assert world.job(1)["clients"] == 2


# ------------------------------------------------------------------ leaving


def test_detach_and_come_back_from_another_terminal(shell, other, world):
    world.start("cat")
    attach(shell, said="^cat$")
    shell.send("typed\n")
    shell.expect("(?s)typed\n.*typed$")
    shell.send(DETACH)
    assert "jig: detached from job 1: cat" in shell.prompt()
    assert shell.status() == 0
    attach(other, said="(?s)typed\n.*typed$")
    other.send(CTRL_D)
    other.prompt()
    assert other.status() == 0


def test_another_detach_key(shell, world):
    world.start("cat")
    shell.type("jig fg --detach-key 'ctrl-a q'")
    shell.expect("^cat$")
    shell.send("\x1dd\n")  # is typed now
    shell.expect(r"\x1dd$")
    shell.send("\x01q")
    assert "detached" in shell.prompt()


def test_no_detach_key(shell, world):
    world.start("cat")
    shell.type("jig fg --detach-key none")
    shell.expect("^cat$")
    shell.send("\x1dd\n")
    shell.expect(r"\x1dd$")
    shell.send(CTRL_D)
    shell.prompt()


def test_read_only(shell, other, world):
    world.start("cat")
    attach(shell, "--read-only", said="^cat$")
    shell.send("unheard\n" + CTRL_C)
    attach(other, said="^cat$")
    other.send("heard\n")
    shell.expect("(?s)heard\n.*heard$")
    other.send(CTRL_D)
    assert "unheard" not in shell.prompt()
    assert shell.status() == 0


def test_modes_are_put_back(shell, world):
    before = shell.modes()
    world.start("cat")
    attach(shell, said="^cat$")
    wait_until(lambda: shell.modes() != before, "it is raw")
    shell.send(DETACH)
    shell.prompt()
    assert shell.modes() == before


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_modes_are_put_back_by_a_client_that_is_ended(shell, world, signo):
    before = shell.modes()
    world.start("cat")
    attach(shell, said="^cat$")
    kill(shell.foreground(), signo)
    shell.prompt()
    assert shell.status() == 128 + signo
    assert shell.modes() == before
    assert world.job(1)["state"] == "running"


def test_a_client_that_is_killed_leaves_the_job(shell, other, world):
    world.start("cat")
    attach(shell, said="^cat$")
    kill(shell.foreground(), signal.SIGKILL)
    wait_until(lambda: world.job(1)["clients"] == 0, "it has gone")
    attach(other, said="^cat$")
    other.send("on\n")
    other.expect("(?s)on\n.*on$")
    other.send(DETACH)
    other.prompt()


def test_a_terminal_that_hangs_up_leaves_the_job(shell, world):
    world.start("cat")
    attach(shell, said="^cat$")
    wait_until(lambda: world.job(1)["clients"] == 1, "it is attached")
    shell.hang_up()
    wait_until(lambda: world.job(1)["clients"] == 0, "it has gone")
    assert world.job(1)["state"] == "running"


# ------------------------------------------------- stop, bg, attach, no pty


def test_stop_and_bg(world, shell):
    job = world.start("sleep", "1000")
    assert world.do("stop", "%1").status == 0
    assert state_of(job["pid"]) == "T"
    assert world.job(1)["state"] == "stopped"
    done = world.do("bg", "%1", cwd=world.place.work)
    assert (done.status, done.out) == (0, "[1]+ sleep 1000 &\n")
    world.await_state(1, "running")
    wait_until(lambda: state_of(job["pid"]) == "S", "it sleeps")
    done = world.do("bg", "%1")
    assert done.status == 0 and "job 1 already in background" in done.err


def test_stop_force(world):
    """--force suspends a command that ignores SIGTSTP, by SIGSTOP."""
    job = world.script("trap '' TSTP; echo ready; sleep 1000 & while :; do wait; done")
    world.await_output(1, "ready")
    done = world.do("stop", "%1")
    assert done.status == 1 and "SIGTSTP does not suspend" in done.err
    assert world.do("stop", "--force", "%1").status == 0
    assert state_of(job["pid"]) == "T"
    world.do("bg", "%1")
    wait_until(lambda: state_of(job["pid"]) != "T", "it goes on")


@pytest.mark.parametrize("words", [[], ["--pty"]])
def test_stop_between_vfork_and_execve(world, place, compiled, words):
    """The suspended child keeps its parent where no signal reaches it."""
    vforker = place.copy(compiled("vforker"))
    job = world.start(*words, "--", str(vforker), *place.sh("sleep 1000"))
    world.await_output(1, "ready")
    assert world.do("stop", "%1").status == 0
    assert world.job(1)["state"] == "stopped"
    assert state_of(job["pid"]) == "T"
    assert world.do("bg", "%1").status == 0
    wait_until(lambda: state_of(job["pid"]) == "S", "it waits for its child")


def test_fg_continues_a_stopped_job_and_attach_does_not(shell, world):
    world.start("cat")
    world.do("stop", "%1")
    shell.type("jig attach %1")
    wait_until(lambda: world.job(1)["clients"] == 1, "it is attached")
    assert world.job(1)["state"] == "stopped"
    shell.send(DETACH)
    shell.prompt()
    attach(shell, said="^cat$")
    world.await_state(1, "running")
    shell.send(CTRL_D)
    shell.prompt()


def test_one_without_a_terminal(shell, world):
    """Keys that mean signals are sent as signals."""
    script = "trap 'echo caught' INT; echo ready; sleep 1000 & while :; do wait; done"
    world.script(script, "--no-pty")
    shell.type("jig fg")
    shell.expect("^ready$")
    shell.send(CTRL_C)
    shell.expect("^caught$")
    shell.send(CTRL_Z)
    assert "Stopped" in shell.prompt()
    assert shell.status() == 148
    shell.type("jig fg")
    world.await_state(1, "running")
    shell.send(CTRL_BACKSLASH)
    shell.prompt()
    assert shell.status() == 131


def test_a_job_that_has_ended(world):
    world.script("exit 3")
    world.await_state(1, "ended")
    for command in ("fg", "bg", "attach"):
        done = world.do(command, "%1")
        assert done.status == 1 and "job has terminated" in done.err
    done = world.do("fg", "%7")
    assert done.status == 1 and done.err == "jig: fg: %7: no such job\n"


def test_its_own_terminal_is_refused(shell, world):
    world.script("jig fg %1; echo status $?; sleep 1000")
    said = world.await_output(1, "status")
    assert "this is inside of job 1" in said and "status 1" in said


def test_leftovers_are_reported_when_it_ends(shell, world, place):
    world.script("(setsid sleep 1000 &); read line; exit 4")
    shell.type("jig fg")
    shell.send("\n")
    said = shell.prompt()
    assert "jig: 1 leftover of the command:" in said and "sleep 1000" in said
    assert shell.status() == 4
    assert place.await_empty() == []


# -------------------------------------------------------------------- bytes


def test_a_megabyte_pasted_and_given_back_whole(world, place):
    """Every byte there is but the detach key's first, both ways at once."""
    data = bytes(byte for byte in range(256) if byte != 0x1D) * 4096
    world.script("stty raw -echo; echo ready; exec cat")
    world.await_output(1, "ready")
    world.do("logs", "%1")
    command = ["jig", "attach", "--detach-key", "none", "%1"]
    with Terminal(command, env=world.env, cwd=place.work) as terminal:
        terminal.expect("ready")
        assert exchange(terminal, data) == data


def exchange(terminal: Terminal, data: bytes) -> bytes:
    """Write all of it while what comes back is read."""
    master = os.dup(terminal.master)
    os.set_blocking(master, False)
    got, sent = bytearray(), 0

    def step():
        nonlocal sent
        try:
            sent += os.write(master, data[sent : sent + 4096])
        except BlockingIOError:
            pass
        try:
            got.extend(os.read(master, 65536))
        except BlockingIOError:
            pass
        return len(got) - skipped(got) >= len(data)

    try:
        while not step():
            pass
    finally:
        os.close(master)
    return bytes(got[skipped(got) :])


def skipped(got: bytearray) -> int:
    return 2 if got.startswith(b"\r\n") else 0


def test_a_reader_that_keeps_up_gets_every_line(world, shell):
    """Four megabytes, through a ring of a quarter of one."""
    world.script("read go; seq 1 600000; echo end")
    shell.type("jig attach %1 | tee out | tail -n 1")
    wait_until(lambda: world.job(1)["clients"] == 1, "it is attached")
    world.do("send", "%1", "")
    shell.prompt()
    lines = (world.place.work / "out").read_bytes().replace(b"\r", b"").split(b"\n")
    numbers = [int(line) for line in lines if line.isdigit()]
    assert numbers == list(range(1, 600001))


def test_the_supervisor_is_killed_while_a_client_is_attached(shell, world):
    job = world.start("cat")
    attach(shell, said="^cat$")
    with pinned([job["keeper"]]) as fds:
        kill(supervisor_of(job), signal.SIGKILL)
        await_end(fds[0])
    shell.prompt()
    assert shell.status() != 0


def supervisor_of(job: dict) -> int:
    return job["sid"]
