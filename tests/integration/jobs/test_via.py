# SPDX-License-Identifier: MIT
"""jig start --via: a job on another machine is a job here.

There jig is a copy in the place, so that an agent or a guard that is left there counts.
"""

import re
import shlex
import signal

import pytest
import sshd
from helpers import Running, jig, pinned, send, stage, wait_until
from pty_session import CTRL_C, CTRL_Z
from worlds import attach


@pytest.fixture(name="there")
def _there(place):
    place.copy(stage.jig_path(), "jig")
    return place


@pytest.fixture(name="via", params=["env", "ssh"])
def _via(request, there):
    """The options of each transport."""
    if request.param == "env":
        yield ("--via", "env")
    else:
        with sshd.serving(there) as server:
            yield ("--via", f"{shlex.quote(server.ssh)} host")


@pytest.fixture(name="near")
def _near(there):
    return ("--via", "env")


def test_it_runs_there_and_its_output_is_here(world, via):
    job = world.script("echo out; echo err >&2; echo ${JIG_JOB-none}; sleep 600", *via,
                       "--name", "far")  # fmt: skip
    assert (job["state"], job["name"]) == ("running", "far")
    assert sorted(world.await_output(1, "none").split()) == ["err", "none", "out"]
    with Running(jig("logs", "-f", "%far"), env=world.env) as following:
        assert {following.line() for _ in range(3)} == {"out", "err", "none"}
        assert world.do("kill", "%far").status == 0
        assert following.wait() == 0


def test_its_end_and_its_status(world, via):
    world.script("(setsid sleep 600 &); echo last; exit 7", *via)
    assert world.await_state(1, "ended")["status"] == 7
    assert world.do("logs", "%1").out == "last\n"
    assert "Exit 7" in world.do("jobs").out


@pytest.mark.parametrize("name", ["KILL", "INT", "USR1"])
def test_a_signal_is_for_the_command_there(world, via, name):
    world.script("exec sleep 600", *via)
    assert world.do("kill", f"-{name}", "%1").status == 0
    assert world.do("wait", "%1").status == 128 + signal.Signals[f"SIG{name}"]
    assert world.place.await_empty() == []


def test_a_stop_follows_the_policy_there(world, via):
    script = "trap 'echo int; exit 4' INT; trap '' TERM; echo up; while :; do sleep 0.02; done"
    world.script(script, *via, "--stop", "TERM 50ms INT 10s", "--ready", "log:up")
    assert world.do("kill", "%1").status == 0
    assert world.await_state(1, "ended")["status"] == 4
    assert world.do("logs", "%1").out == "up\nint\n"


def test_readiness_and_addresses(world, there, near):
    script = "echo begun; until [ -e go ]; do sleep 0.01; done; echo serving $PORT; sleep 600"
    words = ["start", *near, "--ready", "log:serving", "--port", "web", "--via-address", "far"]
    with Running(jig(*words, "--", *there.sh(script)), env=world.env, cwd=there.work) as starting:
        world.await_output(1, "begun")
        assert starting.is_alive()
        (there.work / "go").touch()
        assert starting.wait() == 0
    port = re.search(r"serving (\d+)", world.do("logs", "%1").out)[1]
    job = world.job(1)
    assert job["addresses"] == {"web": f"far:{port}"} and job["ports"] == {"web": int(port)}


@pytest.mark.parametrize(
    ("options", "words", "status", "says"),
    [
        (("--via", "no-such-transport"), ["true"], 125, "no-such-transport"),
        (("--via", "env", "--via-jig", "/nowhere"), ["true"], 125, "has not found a '/nowhere'"),
        (("--via", "env"), ["/nowhere"], 127, "/nowhere"),
        (("--via", "env", "--ready", "log:never"), ["/bin/sh", "-c", "exit 3"], 125, "not ready"),
        (("--via", "env", "--pty"), ["true"], 125, "has no terminal"),
        (("--via-push",), ["true"], 125, "need --via"),
    ],
)  # fmt: skip
def test_what_cannot_be_started_is_no_job(world, there, options, words, status, says):
    done = world.do("start", *options, "--", *words)
    assert (done.status, done.out) == (status, "") and says in done.err
    assert world.jobs() == []


def test_a_session_has_a_terminal_and_so_no_via(world):
    done = world.do("session", "--via", "env", "--", "sh")
    assert done.status == 125 and "a session takes no --via" in done.err


def test_a_restart_is_there_too(world, there, via):
    first = world.script("echo $A; sleep 600", *via, "--env", "A=b", "--name", "far")
    world.await_output(1, "b")
    done = world.do("restart", "%far")
    assert done.status == 0, done
    world.await_output(1, "b")
    again = world.job(1)
    assert again["state"] == "running" and again["pid"] != first["pid"]
    wait_until(lambda: len(there.pids("sleep")) == 1, "it runs there, once")


def test_variables_of_a_host_are_there_after_a_restart(world, near):
    """libjig passes them so, because other users can read the words of a process."""
    env = world.env | {"JIG_VIA_ENV_0": "A=a b"}
    script = 'echo "$A|${JIG_VIA_ENV_0-none}"; sleep 600'
    world.start(*near, "--via-env", "1", "--", "/bin/sh", "-c", script, env=env)
    world.await_output(1, "a b|none\n")
    assert world.do("restart", "%1").status == 0
    world.await_output(1, "a b|none\n")


def test_ctrl_c_and_ctrl_z_reach_what_is_there(shell, world, there, via):
    """Also a child of the command."""
    world.script("trap 'echo caught; exit 6' INT; echo ready; while :; do sleep 0.02; done", *via)
    attach(shell, said="ready$")
    shell.send(CTRL_Z)
    shell.expect("Stopped")
    shell.prompt()
    assert shell.status() == 148 and world.job(1)["state"] == "stopped"
    assert world.do("bg", "%1").status == 0
    world.await_state(1, "running")
    attach(shell, said="ready$")
    shell.send(CTRL_C)
    assert "caught" in shell.prompt()
    assert shell.status() == 6


def test_the_keeper_is_killed(world, there, via):
    """Nothing is left here or there."""
    job = world.script("(setsid sleep 600 &); echo up; sleep 601", *via, "--ready", "log:up")
    wait_until(lambda: len(there.pids("sleep")) == 2, "all run")
    with pinned([job["keeper"]]) as [keeper]:
        send(keeper, signal.SIGKILL)
    world.await_state(1, "lost")
    assert there.await_empty() == []


def test_a_machine_that_is_lost(world, there, near):
    """jig there is killed: the job has ended with a status of jig."""
    script = "kill -KILL $(ps -o ppid= $(ps -o ppid= $PPID)); exec sleep 600"
    world.start(*near, "--", "/bin/sh", "-c", script)
    job = world.await_state(1, "ended")
    assert job["status"] == 125
    assert "Exit 125" in world.do("jobs").out
