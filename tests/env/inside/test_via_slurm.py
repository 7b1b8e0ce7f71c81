# SPDX-License-Identifier: MIT
"""Other machines that are nodes of a Slurm: the two of slurm.sh.

jig there is a copy in the place, so the oracle sees also an agent that is left.
srun forwards no signal in the way that a stop needs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess

import helpers
import pytest
from guest import stage
from helpers import Running, await_end, children_of, comm_of, pinned, send, wait_until

pytestmark = pytest.mark.skipif("SLURM_CONF" not in os.environ, reason="no Slurm here")

ON = "srun --overlap -N1 -n1 -w"
#: Main, a child in a session of its own, and a daemon of this child.
FAMILY = "setsid sh -c '(setsid sleep 600 &); exec sleep 600' & echo up $SLURMD_NODENAME; "
STAYS = FAMILY + "exec sleep 601"
ENDS = "trap 'echo ended $SLURMD_NODENAME; exit 3' TERM; " + FAMILY + "while :; do sleep 0.05; done"


@pytest.fixture(name="there")
def _there(place):
    """At the end no job is there."""
    helpers.built("jig-up")
    place.copy(stage.jig_path(), "jig")
    place.copy(stage.jig_path().parent / "jig-up", "jig-up")
    yield place
    subprocess.run(["scancel", "-u", "root"], check=True)
    wait_until(lambda: not slurm("squeue", "-h"), "no job is left")


def slurm(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def allocated(*words: str) -> list[str]:
    return ["salloc", "-N2", "-Q", *words]


def jig(place) -> str:
    return str(place.bin / "jig")


def on(place, node: str, script: str, *options: str) -> list[str]:
    via = ["--via", f"{ON} {node}", *options]
    return allocated(jig(place), "run", *via, "--", str(place.bin / "sh"), "-c", script)


def project(place, command: str, **keys) -> None:
    service = {"command": command, "via": f"{ON} {{node}}", "replicas": "nodes", **keys}
    text = json.dumps({"processes": {"rank": service}})
    (place.work / "jig.yaml").write_text(text)


def below(pid: int, name: str) -> list[int]:
    found = [one for one in children_of(pid) if comm_of(one) == name]
    return found + [one for child in children_of(pid) for one in below(child, name)]


def steps_of(name: str) -> list[int]:
    """slurmstepd's processes that have this one below them."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    steps = [pid for pid in pids if comm_of(pid) == "slurmstepd"]
    return [pid for pid in steps if below(pid, name)]


def kill(pid: int) -> None:
    with pinned([pid]) as [fd]:
        send(fd, signal.SIGKILL)
        await_end(fd)


# --------------------------------------------------------------------- jig run


def test_a_command_on_another_node(there):
    done = helpers.run(on(there, "n2", "echo on $SLURMD_NODENAME; exit 4"), env=there.env,
                       cwd=there.work)
    assert (done.status, done.out) == (4, "on n2\n"), done


def test_a_stop_is_graceful_there(there):
    """srun would end the command on its second signal."""
    with Running(on(there, "n2", ENDS), env=there.env, cwd=there.work) as running:
        assert running.line() == "up n2"
        (near,) = wait_until(lambda: near_of(running), "jig runs")
        with pinned([near]) as [fd]:
            send(fd, signal.SIGTERM)
        result = running.end()
    assert result.out == "ended n2\n", result
    assert there.await_empty() == []


def near_of(running) -> list[int]:
    """The jig that salloc has started."""
    return [pid for pid in children_of(running.pid) if comm_of(pid) == "jig"]


@pytest.mark.parametrize("victim", ["jig", "srun"])
def test_each_side_is_killed(there, victim):
    """Nothing is left on the node. jig here says what it does not know."""
    with Running(on(there, "n2", STAYS), env=there.env, cwd=there.work) as running:
        assert running.line() == "up n2"
        (near,) = near_of(running)
        victims = {
            "jig": lambda: [near],
            # The first one; the other is its child.
            "srun": lambda: below(near, "srun")[:1],
        }
        (pid,) = victims[victim]()
        kill(pid)
        result = running.end()
    assert there.await_empty() == []
    if victim != "jig":
        assert result.status == 125 and "is not known" in result.err, result


# ---------------------------------------------------------------------- jig up


def test_an_instance_on_each_node(there):
    """The command begins when all are ready; the stop is graceful on each."""
    project(there, ENDS, ready="log:^up")
    words = [jig(there), "up", "--no-times", "--", jig(there), "ps", "--json"]
    done = helpers.run(allocated(*words), env=there.env, cwd=there.work)
    shown = {one["name"]: (one["state"], one["via"]) for one in json.loads(done.out)}
    assert shown == {f"rank.{n}": ("ready", f"{ON} n{n}") for n in (1, 2)}, done
    for n in (1, 2):
        assert f"rank.{n} | ended n{n}" in done.err.splitlines(), done
    assert done.status == 0


def submit(place) -> str:
    """In a job of its own: its number."""
    script = place.work / "job"
    script.write_text(f"#!/bin/sh\nexec {jig(place)} up --no-times\n")
    words = ["sbatch", "--parsable", "-N2", "-o", str(place.work / "out"), str(script)]
    return subprocess.run(words, env=place.env, cwd=place.work, check=True,
                          capture_output=True, text=True).stdout.strip()


def both_run(place) -> bool:
    path = place.work / "out"
    text = path.read_text() if path.exists() else ""
    return "up n1" in text and "up n2" in text and len(place.pids("sleep")) >= 6


def test_scancel_ends_all_on_both_nodes(there):
    project(there, STAYS)
    job = submit(there)
    wait_until(lambda: both_run(there), "both run")
    slurm("scancel", job)
    assert there.await_empty() == []


def test_jig_up_is_killed(there):
    project(there, STAYS)
    submit(there)
    wait_until(lambda: both_run(there), "both run")
    (up,) = [pid for pid in there.pids("jig-up") if comm_of(pid) == "jig-up"]
    kill(up)
    assert there.await_empty() == []


def test_a_step_is_killed(there):
    """Nothing of it is left on its node; the service is restarted there. srun does
    not notice it, so jig does: by its pings, which are 15 s apart. The service on
    the other node goes on."""
    again = {"restart": "on_failure", "backoff_seconds": 1}
    project(there, STAYS, availability=again)
    words = allocated(jig(there), "up", "--no-times")
    with Running(words, env=there.env, cwd=there.work) as running:
        wait_until(lambda: len(there.pids("sleep")) >= 6, "both run")
        (one, _) = steps_of("sleep")
        kill(one)
        wait_until(lambda: len(there.pids("sleep")) == 3, "its node is empty")
        line = running.line(helpers.MASS_DEADLINE_S)
        while "is not known" not in line:
            line = running.line(helpers.MASS_DEADLINE_S)
        name = line.split()[0]
        running.await_line(f"{name} | up {name.replace('rank.', 'n')}")
        wait_until(lambda: len(there.pids("sleep")) == 6, "both run again")
        (near,) = near_of_up(running)
        with pinned([near]) as [fd]:
            send(fd, signal.SIGTERM)
        running.end()
    assert there.await_empty() == []


def near_of_up(running) -> list[int]:
    return [pid for pid in children_of(running.pid) if comm_of(pid) == "jig-up"]
