# SPDX-License-Identifier: MIT
"""`jig up`: one instance of a service on each node: `replicas: nodes`, `nodes`.

tests/env runs it on two nodes of a real Slurm. Here scontrol is a stand-in.
"""

import json
import re

import pytest
import ups
from helpers import wait_until

pytestmark = pytest.mark.usefixtures("own_registry", "there")

#: A transport whose far side knows its node.
NODE = "env NODE={node}"


@pytest.fixture(name="up_of")
def _up_of(project):
    def of(**services) -> ups.Project:
        return project(**{"jig__yaml": json.dumps({"processes": services})})

    return of


@pytest.fixture(name="slurm")
def _slurm(place):
    """The environment inside of an allocation of Slurm."""
    tools = place.path / "tools"
    tools.mkdir()
    (tools / "scontrol").write_text(
        '#!/bin/sh\ntest "$*" = "show hostnames n[1-3]" || exit 9\nprintf "n1\\nn2\\nn3\\n"\n'
    )
    (tools / "scontrol").chmod(0o755)
    path = f"{tools}:{place.env['PATH']}"
    return {**place.env, "PATH": path, "SLURM_JOB_NODELIST": "n[1-3]"}


def said(result) -> set[str]:
    return {line for line in result.lines if "node" in line}


def test_one_instance_on_each_node_of_the_allocation(up_of, slurm):
    here = up_of(a={"command": "echo node $NODE", "via": NODE, "replicas": "nodes"})
    result = here.jig("up", "--no-times", env=slurm)
    assert said(result) == {f"a.{n} | node n{n}" for n in (1, 2, 3)}, result
    assert "a.2 | started via 'env NODE=n2'" in result.lines and result.status == 0
    assert "a                x 3" in here.jig("check", env=slurm).out


def test_one_instance_on_each_node_of_a_list(up_of, stays):
    """The address of each has its node; ready when all are."""
    via = {"command": NODE, "address": "{node}.example"}
    a = {"command": stays, "via": via, "nodes": ["x", "y"], "ports": ["db"]}
    a["ready"] = "log:up"
    here = up_of(a=a)
    result = here.jig("up", "--no-times", "--", "sh", "-c", "echo $DB_ADDR")
    assert re.fullmatch(r"x\.example:\d+\n", result.out) and result.status == 0, result
    ready = [line for line in result.err.splitlines() if "| ready after" in line]
    assert len(ready) == 2, result


def test_fewer_instances_than_nodes(up_of, slurm):
    """Those of the first nodes; more than nodes is an error."""
    nodes = {"command": "echo node $NODE", "via": NODE, "replicas": "nodes"}
    few = {"command": "echo node $NODE", "via": NODE, "replicas": 1, "nodes": ["x", "y"]}
    both = {"command": "echo node $NODE", "via": NODE, "replicas": "nodes", "nodes": ["z"]}
    here = up_of(a=nodes, b=few, c=both)
    result = here.jig("up", "--no-times", "-c", "a=2", env=slurm)
    wanted = {"a.1 | node n1", "a.2 | node n2", "b.1 | node x", "c.1 | node z"}
    assert said(result) == wanted, result
    result = here.jig("up", "-c", "a=4", env=slurm)
    assert result.status == 1 and "4 instances need as many nodes, and there are 3" in result.err


def test_scale_and_reload(up_of, slurm, stays):
    service = {"command": stays, "via": NODE, "replicas": "nodes"}
    here = up_of(a=service)
    running = here.start(env=slurm)
    wait_until(lambda: here.jig("ps", "--wait").status == 0, "all run")
    before = here.ps()
    assert [one["via"] for one in before.values()] == [f"env NODE=n{n}" for n in (1, 2, 3)]
    refused = here.jig("scale", "a=4")
    assert refused.status == 1 and "'a' has 3 nodes" in refused.err
    assert here.jig("scale", "a=2").status == 0
    assert here.jig("scale", "a=3").status == 0
    assert here.jig("reload").lines == ["nothing has changed"]
    del service["replicas"]
    service["nodes"] = ["n1", "n9", "n3"]
    (here.directory / "jig.yaml").write_text(json.dumps({"processes": {"a": service}}))
    assert here.jig("reload").lines == ["restart a: nodes"]
    assert here.ps()["a.2"]["via"] == "env NODE=n9"
    assert ups.end(running).status == ups.TERM


def test_without_an_allocation_or_scontrol(up_of, slurm, place):
    here = up_of(a={"command": "true", "via": NODE, "replicas": "nodes"})
    for command in ("check", "up"):
        result = here.jig(command)
        assert result.status == 1 and "there is no allocation of Slurm here" in result.err
    result = here.jig("check", env={**place.env, "SLURM_JOB_NODELIST": "n1"})
    assert result.status == 1 and "scontrol" in result.err, result
    result = here.jig("check", env={**slurm, "SLURM_JOB_NODELIST": "n[4-5]"})
    assert result.status == 1 and "has exited with status 9" in result.err, result


def test_an_export_has_one_instance(up_of, place):
    """Without an allocation."""
    here = up_of(a={"command": "true", "via": NODE, "replicas": "nodes"})
    result = here.jig("export", "systemd", "out")
    assert result.status == 0 and "not one on each node" in result.err, result
    assert len([path for path in (place.work / "out").iterdir() if "a" in path.name]) >= 1


WRONG = [
    ({"via": "ssh host", "replicas": "nodes"}, "via needs '{node}'"),
    ({"via": "ssh host", "nodes": ["a"]}, "via needs '{node}'"),
    ({"replicas": "nodes"}, "via needs '{node}'"),
    ({"via": "ssh {node}"}, "'{node}' needs the key nodes"),
    ({"via": "ssh {node}", "nodes": ["a b"]}, "'a b' is not the name of a node"),
    ({"via": "ssh {node}", "replicas": "node"}, "'node' is not a number"),
    ({"via": "ssh {node}", "replicas": 3, "nodes": ["a", "b"]}, "3 instances need as many"),
    ({"via": "ssh {node}", "nodes": ["a", "b"], "schedule": {"interval": "1s"}}, "schedule"),
]


@pytest.mark.parametrize("keys, message", WRONG, ids=range(len(WRONG)))
def test_what_cannot_work_is_an_error(up_of, keys, message):
    result = up_of(a={"command": "true", **keys}).jig("check")
    assert result.status == 1 and message in result.err, result
