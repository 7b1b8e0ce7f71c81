# SPDX-License-Identifier: MIT
"""`jig up --events`: the notifications of jig-agent(7) about each instance."""

import pytest
import ups
from agents import events_of
from helpers import FAILED, jig, run, wait_until
from ups import TERM

pytestmark = pytest.mark.usefixtures("own_registry")

def of(found: list[dict], fixture: str) -> list[str]:
    return [one["method"] for one in found if one["params"].get("fixture") == fixture]


def test_events_of_each_instance(project, place):
    here = project("web: echo up; exec sleep 1000\njob: exit 3\n")
    words = ("--any-can-die", "-m", "web=2,job=1", "--ready", "web=log:u(.)")
    running = here.start(*words, "--events", "events")
    wait_until(lambda: here.read("events").count('"matches":{"1":"p"}') == 2, "ready")
    wait_until(lambda: here.state("job.1") == "ended", "the job has ended")
    assert ups.end(running).status == TERM
    found = events_of(here.read("events"))
    for name in ("web.1", "web.2", "job.1"):
        assert of(found, name)[0] == "started" and of(found, name)[-1] == "ended"
        assert len(of(found, name)) in (2, 3)
    (ready, _) = [one["params"] for one in found if one["params"].get("matches")]
    assert ready["matches"] == {"1": "p"} and ready["after_seconds"] > 0
    ends = {
        one["params"]["fixture"]: one["params"] for one in found if one["method"] == "ended"
    }
    assert (ends["job.1"]["code"], ends["job.1"]["status"]) == (3, 3)
    assert ends["web.2"]["report"]["cage"]["proved_empty"]
    assert place.alive() == []


def test_a_restart_is_told_again(project):
    here = project("a: exit 1\n")
    words = ("--restart", "on-failure", "--max-restarts", "2", "--events", "events")
    here.jig("up", *words)
    found = events_of(here.read("events"))
    assert [name for name in of(found, "a.1") if name != "ready"] == ["started", "ended"] * 3


def test_what_cannot_start_and_what_is_not_healthy(project, place):
    yaml = f"""
processes:
  b:
    entrypoint: [/does/not/exist]
  c:
    command: '{ups.forever(place)}'
    liveness_probe:
      exec: {{command: test -e well}}
      period_seconds: 1
      failure_threshold: 1
"""
    here = project(jig__yaml=yaml)
    (here.directory / "well").touch()
    running = here.start("--any-can-die", "--events", "events")
    here.await_answer()
    here.await_state("c.1", "ready")
    (here.directory / "well").unlink()
    running.end()
    found = events_of(here.read("events"))
    assert of(found, "c.1") == ["started", "ready", "unhealthy", "ended"]
    assert of(found, "b.1") == ["ended"]
    (end,) = [one["params"] for one in found if one["params"]["fixture"] == "b.1"]
    assert end["code"] is None and end["report"] is None
    assert (end["status"], "No such file" in end["problem"]) == (127, True)


def test_a_daemon_is_ready_after_the_end_of_its_command(project):
    yaml = """
processes:
  a: {command: "true", is_daemon: true, ready: "exec:test -f healthy"}
"""
    here = project(jig__yaml=yaml)
    running = here.start("--events", "events")
    here.await_answer()
    here.await_state("a.1", "launched")
    (here.directory / "healthy").touch()
    wait_until(lambda: '"ready"' in here.read("events"), "it is ready")
    ups.end(running)
    assert of(events_of(here.read("events")), "a.1") == ["started", "ended", "ready"]


def test_a_descriptor_that_no_service_has(project):
    here = project("a: ls -l /proc/self/fd\n")
    script = 'exec "$@" -q --no-prefix --events 3 3>events'
    words = ["/bin/sh", "-c", script, "sh", *jig("up")]
    done = run(words, env=here.place.env, cwd=here.directory)
    assert done.status == 0 and "-> " in done.out and "events" not in done.out
    assert of(events_of(here.read("events")), "a.1")[-1] == "ended"


def test_in_the_background_it_is_a_file(project):
    here = project("a: exec sleep 1000\n")
    refused = here.jig("up", "-D", "--events", "3")
    assert refused.status == FAILED and "name a file" in refused.err
    assert here.jig("up", "-D", "--events", "events").status == 0
    assert here.jig("down").status == 0
    assert of(events_of(here.read("events")), "a.1")[-1] == "ended"


def test_a_path_that_cannot_be_written(project):
    here = project("a: echo started\n")
    done = here.jig("up", "--events", "missing/events")
    assert done.status == 1 and "cannot write events to" in done.err
    assert "started" not in done.out
