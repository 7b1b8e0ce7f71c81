# SPDX-License-Identifier: MIT
"""Every command that `jig help` lists does its main job here, on this machine.

A command without a test here fails test_every_command_has_its_test.
"""

import json
import re

import pytest
import ups
from agents import Agent
from helpers import jig, run as run_any
from pty_session import Terminal

JOBS = {}


def main_job(name):
    """The test of a command's main job; it gets `place` and `world`."""

    def keep(function):
        JOBS[name] = function
        return function

    return keep


def commands() -> list[str]:
    said = run_any(jig("help", "--all")).out
    return re.findall(r"(?m)^  (\w+) {2,}\S", said.split("\ntopics:")[0])


def test_every_command_has_its_test():
    assert sorted(commands()) == sorted(JOBS) and len(JOBS) > 20


def done(result, said: str = "") -> str:
    assert result.status == 0, result
    assert said in result.out + result.err, result
    return result.out


def nap(world, *options: str) -> dict:
    return world.start(*options, "--name", "nap", "--", "sleep", "1000")


def at_terminal(world, *words: str) -> Terminal:
    return Terminal(jig(*words), env=world.env, cwd=world.place.work)


def services(place, text: str = ""):
    stays = f"trap 'exit 0' TERM; echo up; {ups.forever(place)}"
    project = ups.Project(place, {"Procfile": text or f"a: {stays}\nb: {stays}\n"})
    project.up = project.start()
    project.await_answer()
    return project


def with_services(job):
    """One `jig up`, and what a command does to it."""

    def go(place, _world):
        with services(place) as project:
            job(project)
            if project.up.is_alive():
                ups.end(project.up)

    return go


@main_job("run")
def _run(place, world):
    result = world.do("run", "--grace", "100ms", *place.sh("setsid sleep 1000 & exit 3"))
    assert result.status == 3 and "leftover" in result.err
    assert place.alive() == []


@main_job("up")
def _up(place, world):
    result = world.do("up", "--", "sh", "-c", "echo tested")
    assert result.status != 0  # There is no Procfile yet.
    (place.work / "Procfile").write_text("a: exec sleep 1000\n")
    done(world.do("up", "--", "sh", "-c", "echo tested"), "tested")
    assert place.alive() == []


@main_job("start")
def _start(place, world):
    assert nap(world)["state"] == "running" and place.running()


@main_job("jobs")
def _jobs(_place, world):
    nap(world)
    assert re.search(r"\[1\]\+? +Running +sleep 1000", done(world.do("jobs")))


@main_job("fg")
def _fg(_place, world):
    world.script("read line; echo got $line")
    with at_terminal(world, "fg", "%1") as terminal:
        terminal.send("this\n")
        terminal.expect("got this")


@main_job("bg")
def _bg(_place, world):
    job = nap(world)
    done(world.do("kill", "-STOP", "%1"))
    world.await_state(job["number"], "stopped")
    done(world.do("bg", "%1"))
    world.await_state(job["number"], "running")


@main_job("wait")
def _wait(_place, world):
    world.script("exit 7")
    assert world.do("wait", "%1").status == 7


@main_job("send")
def _send(_place, world):
    world.script("read line; echo got $line; exec sleep 1000")
    done(world.do("send", "%1", "this\n"))
    world.await_output(1, "got this")


@main_job("kill")
def _kill(place, world):
    nap(world)
    done(world.do("kill", "%1"))
    assert place.await_empty() == []


@main_job("rename")
def _rename(_place, world):
    nap(world)
    done(world.do("rename", "%1", "other"))
    assert world.job(1)["name"] == "other"


@main_job("session")
def _session(place, world):
    script = "setsid sleep 1000 & echo within; exit 0"
    with at_terminal(world, "session", "--", "sh", "-c", script) as terminal:
        terminal.expect("within")
        terminal.wait()
    assert place.await_empty() == []


@main_job("check")
def _check(place, world):
    (place.work / "Procfile").write_text("web: echo hello\n")
    done(world.do("check"), "web")


@main_job("exec")
def _exec(place, world):
    (place.work / "Procfile").write_text("web: echo hello\n")
    (place.work / ".env").write_text("GREETING=hi\n")
    done(world.do("exec", "sh", "-c", "echo $GREETING"), "hi")


@main_job("ps")
def _ps(_place, world):
    nap(world)
    assert re.search(r"(?m)^ *\d+ .*sleep", done(world.do("ps", "%1")))


@main_job("tree")
def _tree(_place, world):
    nap(world)
    done(world.do("tree", "%1"), "sleep")


@main_job("restart")
def _restart(_place, world):
    before = nap(world)
    done(world.do("restart", "%1"))
    after = world.await_state(1, "running")
    assert after["pid"] != before["pid"]


@main_job("stop")
def _stop(_place, world):
    job = nap(world)
    done(world.do("stop", "%1"))
    world.await_state(job["number"], "stopped")


@main_job("agent")
def _agent(place, _world):
    with Agent(env=place.env, cwd=place.work) as agent:
        agent.call("start", fixture="one", command="exit 3")
        ended = agent.await_note("ended", fixture="one")
        assert ended["code"] == 3


@main_job("import")
def _import(place, world):
    text = "services: {web: {build: ., command: [x]}}\n"
    (place.work / "docker-compose.yml").write_text(text)
    assert "entrypoint" in done(world.do("import", "compose", cwd=place.work))


@main_job("reload")
@with_services
def _reload(project):
    procfile = project.directory / "Procfile"
    procfile.write_text(procfile.read_text() + "more: exec sleep 1000\n")
    done(project.jig("reload"))
    project.await_state("more.1", "ready")


@main_job("scale")
@with_services
def _scale(project):
    done(project.jig("scale", "a=2"))
    project.await_state("a.2", "ready")


@main_job("logs")
def _logs(_place, world):
    world.script("echo said; exec sleep 1000")
    world.await_output(1, "said")


@main_job("attach")
def _attach(_place, world):
    world.script("echo shown; read line; echo got $line")
    with at_terminal(world, "attach", "%1") as terminal:
        terminal.expect("shown")
        terminal.send("this\n")
        terminal.expect("got this")


@main_job("down")
@with_services
def _down(project):
    done(project.jig("down"))
    project.up.wait()
    assert project.jig("ps").status != 0


@main_job("export")
def _export(place, world):
    (place.work / "Procfile").write_text("web: echo hello\n")
    done(world.do("export", "systemd", "units"))
    units = list((place.work / "units").glob("*web*.service"))
    assert units and "ExecStart=" in units[0].read_text()


@main_job("ready")
def _ready(place, world):
    (place.work / "there").touch()
    assert world.do("ready", "file:there").status == 0
    assert world.do("ready", "--timeout", "100ms", "file:never").status == 124


@main_job("doctor")
def _doctor(_place, world):
    said = done(world.do("doctor"), "jig can keep its promise here: no process of a command is left.")
    assert re.search(r"(?m)^  subreaper +yes ", said)


@main_job("version")
def _version(_place, world):
    assert re.fullmatch(r"jig \d+\.\d+\.\d+\n", done(world.do("version")))


@main_job("help")
def _help(_place, world):
    done(world.do("help", "run"), "--cage")


@main_job("completion")
def _completion(place, world):
    for shell in ("bash", "zsh", "fish"):
        done(world.do("completion", shell), "doctor")
    (place.work / "jig.bash").write_text(world.do("completion", "bash").out)
    done(run_any(["bash", "-n", str(place.work / "jig.bash")]))


def test_the_report_of_a_run_is_json(world):
    report = done(world.do("run", "--report", "/dev/fd/1", "true"))
    assert json.loads(report)["cage"]


@pytest.mark.parametrize("name", sorted(JOBS))
@pytest.mark.usefixtures("own_registry")
def test_main_job(name, place, world):
    JOBS[name](place, world)
