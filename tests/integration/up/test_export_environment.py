# SPDX-License-Identifier: MIT
"""jig export writes each variable that `jig up` sets: what a service finds is the
oracle, so that a variable which `jig up` gets later cannot be forgotten."""

from __future__ import annotations

import itertools
import pathlib
import re
import shlex
import subprocess

import helpers
import pytest
import yaml

pytestmark = pytest.mark.usefixtures("own_registry")

#: What the other engine, the shell or env(1) sets.
THEIRS = {"PATH", "PWD", "SHLVL", "_", "OLDPWD"}

#: Each service writes its environment into a file of its name. (Python adds LC_CTYPE
#: to os.environ.)
PROCFILE = "web: exec {python} write.py\nworker-b: exec {python} write.py\n"
WRITE = """
import os, shutil
shutil.copy("/proc/self/environ", "found." + os.environ["PS"])
"""
OWN = "processes:\n  web: {environment: [OWN=$PS, PC_REPLICA_NUM=7]}\n"

INSTANCES = ["web.1", "worker-b.1", "worker-b.2"]
MORE = ["-c", "worker-b=2", "-p", "7000"]


@pytest.fixture(name="here")
def _here(project):
    here = project(PROCFILE.format(python=helpers.PYTHON), jig__yaml=OWN, write__py=WRITE)
    (here.directory / ".env").write_text("WHO=jane\nEMPTY=\n")
    return here


def pairs_of(environ: str) -> dict[str, str]:
    return dict(one.split("=", 1) for one in environ.split("\0") if one)


def expected(here) -> dict[str, dict[str, str]]:
    """What the instances find with `jig up`, without what it has from us."""
    result = here.jig("up", *MORE, "--any-can-die")
    assert result.status == 0, result
    found = {}
    for name in INSTANCES:
        values = pairs_of((here.directory / f"found.{name}").read_text())
        ours = THEIRS | {k for k, v in here.place.env.items() if values.get(k) == v}
        found[name] = {k: v for k, v in values.items() if k not in ours}
    return found


# ------------------------------------------------------- what each format says


def of_sh(script: pathlib.Path) -> dict[str, str]:
    """What a script exports before its last line."""
    lines = script.read_text().rstrip("\n").splitlines()
    text = "\n".join(line for line in lines if line.startswith("export "))
    out = subprocess.run(["/usr/bin/env", "-i", "/bin/sh", "-c", f"{text}\n/usr/bin/env -0"],
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    return {k: v for k, v in pairs_of(out).items() if k not in THEIRS}


def scripts(out: pathlib.Path, name: str) -> dict[str, str]:
    service, _, number = name.rpartition(".")
    return of_sh(out / f"shop-{service}-{number}" / "run")


def systemd(out: pathlib.Path, name: str) -> dict[str, str]:
    service, _, number = name.rpartition(".")
    unit = (out / f"shop-{service}-{number}.service").read_text()
    pairs = (one.split("=", 1) for one in re.findall(r'(?m)^Environment="(.*)"$', unit))
    return dict(pairs)


def supervisord(out: pathlib.Path, name: str) -> dict[str, str]:
    """Run: what environment= cannot express stands in the command."""
    service, _, number = name.rpartition(".")
    text = (out / "shop.conf").read_text().partition(f"[program:shop-{service}-{number}]")[2]
    said = {key: re.search(rf"(?m)^{key}=(.*)$", text)[1].replace("%%", "%")
            for key in ("environment", "command")}  # fmt: skip
    env = dict(one.split("=", 1) for one in shlex.split(said["environment"].replace("',", "' ")))
    found = out.parent / f"found.{name}"
    found.unlink()
    subprocess.run(shlex.split(said["command"]), env=env, cwd=out.parent, check=True)
    return {k: v for k, v in pairs_of(found.read_text()).items() if k not in THEIRS}


def compose(out: pathlib.Path, name: str) -> dict[str, str]:
    services = yaml.safe_load((out / "docker-compose.yaml").read_text())["services"]
    own = services[name.rpartition(".")[0]]["environment"]
    return dict(one.replace("$$", "$").split("=", 1) for one in own)


def containers(out: pathlib.Path):
    for one in yaml.safe_load_all((out / "shop.yaml").read_text()):
        spec = one.get("spec", {})
        spec = spec.get("template", {}).get("spec", spec)
        yield from itertools.chain(spec.get("initContainers", []), spec.get("containers", []))


def kubernetes(out: pathlib.Path, name: str) -> dict[str, str]:
    for one in containers(out):
        env = {pair["name"]: pair["value"] for pair in one.get("env", [])}
        if env.get("PS") == name:
            return env
    raise AssertionError(f"no container is {name}")


#: How each format is read, and whether one entry stands for all instances.
FORMATS = {
    "systemd": (systemd, False),
    "s6-rc": (scripts, False),
    "runit": (scripts, False),
    "supervisord": (supervisord, False),
    "compose": (compose, True),
    "kubernetes": (kubernetes, True),
    "kubernetes --pod": (kubernetes, False),
}


def test_every_format_is_compared():
    text = (helpers.TOP / "man" / "jig-export.1.scd").read_text()
    section = text.partition("# FORMATS\n")[2].partition("\n# ")[0]
    # slurm's script runs `jig up`.
    names = set(re.findall(r"(?m)^\*([\w-]+)\*$", section)) - {"slurm"}
    assert names == {one.split()[0] for one in FORMATS}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_service_gets_the_variables_of_jig_up(here, format_):
    read, first_only = FORMATS[format_]
    wanted = expected(here)
    name, *words = format_.split()
    done = here.jig("export", "--app", "shop", *MORE, *words, name, "out")
    assert done.status == 0, done
    for instance in INSTANCES:
        if first_only and not instance.endswith(".1"):
            continue
        values = wanted[instance]
        if first_only:  # There is no second port.
            values = {k: v for k, v in values.items() if not re.search(r"_[12]_PORT$", k)}
        assert read(here.directory / "out", instance) == values


def test_the_manual_names_each_variable(here):
    """Of jig-export(1) and of jig-up(1)."""
    own = set(expected(here)["web.1"]) - {"WHO", "EMPTY", "OWN"}
    own = {re.sub(r"_(web|worker_b)(_\d)?_PORT$", "_", name) for name in own}
    assert own >= {"PORT", "PS", "OVERMIND_PROCESS_"}
    for page in ("jig-export.1.scd", "jig-up.1.scd"):
        text = (helpers.TOP / "man" / page).read_text()
        assert sorted(name for name in own if name not in text) == []
