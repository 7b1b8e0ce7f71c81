# SPDX-License-Identifier: MIT
"""The table of the README: language by machine. Each cell with "yes" is run here, or by
the test in ELSEWHERE, which needs an engine of its own.

In each language the same script is a fixture there. It leaves a process behind, and its
output, its status and the number of leftovers come back.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
from typing import NamedTuple

import agents
import helpers
import pytest
from helpers import PYTHON, SITE, TOP, built, jig, jig_run

SCRIPT = "sleep 600 & echo far; exit 3"
#: Output, status, leftovers.
WANTED = ("far\n", 3, 1)
_LIMIT_S = 120


class Way(NamedTuple):
    """To a machine."""

    via: str | None
    pushes: bool = False

    @property
    def fields(self) -> dict[str, object]:
        """By the names of the manual."""
        push = {"via_push": True} if self.pushes else {}
        return push | ({"via": self.via} if self.via else {})


def output_of(words: list[str], env: dict[str, str], folder: pathlib.Path) -> tuple:
    done = helpers.run(words, env=env, cwd=folder, timeout=_LIMIT_S)
    assert done.status == 0, done
    text, status, left = json.loads(done.out)
    return text, status, left


def in_shell(way: Way, env: dict[str, str], folder: pathlib.Path) -> tuple:
    options = ["--via", way.via] if way.via else []
    options += ["--via-push"] if way.pushes else []
    words = jig_run(*options, "-q", "--report", "report", "--", "/bin/sh", "-c", SCRIPT)
    done = helpers.run(words, env=env, cwd=folder, timeout=_LIMIT_S)
    return done.out, done.status, json.loads((folder / "report").read_text())["leftover_count"]


_C = r"""
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	struct jig_command command = {
		.size = sizeof(command),
		.shell = argv[1],
		.via = argc > 2 ? argv[2] : NULL,
		.via_push = argc > 3,
		.out = { .kind = JIG_STDIO_CAPTURE },
		.err = { .kind = JIG_STDIO_CAPTURE },
	};
	struct jig *fixture;
	char *tail = NULL;
	int code;

	if (jig_start(&command, &fixture) < 0 || jig_wait(fixture, -1, &code) < 0 ||
	    jig_tail(fixture, 0, &tail) < 4)
		return 1;
	printf("[\"%.3s\\n\", %d, %zu]", tail, code,
	       jig_report_leftovers(jig_report(fixture)));
	free(tail);
	jig_free(fixture);
	return 0;
}
"""


def in_c(way: Way, env: dict[str, str], folder: pathlib.Path) -> tuple:
    (folder / "host.c").write_text(_C)
    subprocess.run(["cc", "-Wall", "-Werror", "-D_GNU_SOURCE", f"-I{TOP / 'include'}", "host.c",
                    built("src/libjig.a"), "-o", "host", "-pthread"], cwd=folder, check=True,
                   timeout=_LIMIT_S)  # fmt: skip
    words = [str(folder / "host"), SCRIPT, *([way.via] if way.via else []), *["p"] * way.pushes]
    return output_of(words, env, folder)


_IN_PYTHON = """
import json, sys
from jig import process_fixture
with process_fixture(sys.argv[1], **json.loads(sys.argv[2])) as p:
    code = p.wait()
print(json.dumps([p.tail(), code, p.report.leftover_count]))
"""


def in_python(way: Way, env: dict[str, str], folder: pathlib.Path) -> tuple:
    if not (SITE / "jig").is_dir():
        pytest.skip(f"no package at {SITE}: python/package {SITE.parent}")
    words = [PYTHON, "-c", _IN_PYTHON, SCRIPT, json.dumps(way.fields)]
    return output_of(words, env | {"PYTHONPATH": str(SITE)}, folder)


_IN_NODE = """
const { startFixture } = require('jig-fixture');
(async () => {
  const [script, options] = process.argv.slice(1);
  const one = await startFixture(script, JSON.parse(options));
  const { exitCode, report } = await one.wait();
  console.log(JSON.stringify([one.logs(), exitCode, report.leftover_count]));
})();
"""


def in_node(way: Way, env: dict[str, str], folder: pathlib.Path) -> tuple:
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        pytest.skip("not installed: node (Debian: nodejs)")
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "jig-fixture").symlink_to(TOP / "node")
    options = {{"via_push": "viaPush"}.get(k, k): v for k, v in way.fields.items()}
    words = [node, "-e", _IN_NODE, SCRIPT, json.dumps(options)]
    return output_of(words, env | {"NODE_PATH": str(modules)}, folder)


def in_agent(way: Way, env: dict[str, str], folder: pathlib.Path) -> tuple:
    with agents.Agent(env=env, cwd=folder) as agent:
        agent.call("start", fixture="x", command=SCRIPT, output="events", **way.fields)
        ended = agent.await_note("ended", "x")
        assert agent.end() == 0
    return agent.text("x"), ended["code"], ended["report"]["leftover_count"]


#: By the first words of a row.
LANGUAGES = {
    "shell": in_shell,
    "C": in_c,
    "Python": in_python,
    "JavaScript": in_node,
    "any": in_agent,
}


ELSEWHERE = {
    ("shell", "`docker exec -i c`"): ("test_containers.py", "test_a_container_is_another_machine"),
    ("shell", "`srun -n1`"): ("test_slurm.py", "test_its_nodes_are_other_machines"),
}


def cells() -> list[tuple[str, str, str]]:
    """(language, machine, text) of the table."""
    text = (TOP / "README.md").read_text()
    section = text.partition("\n## On another machine\n")[2].partition("\n## ")[0]
    rows = [re.split(r" *\| *", line.strip("| ")) for line in section.splitlines()
            if line.startswith("|") and "---" not in line]  # fmt: skip
    machines = rows[0][-5:]
    return [(row[0].split()[0].rstrip(":,"), machine, cell) for row in rows[1:]
            for machine, cell in zip(machines, row[-5:], strict=True)]  # fmt: skip


CELLS = cells()


def test_the_table_has_each_language_and_each_machine():
    there = {(language, machine) for language, machine, _ in CELLS}
    machines = ("here", "`ssh host`", "`podman exec -i c`", "`docker exec -i c`", "`srun -n1`")
    assert there == {(language, machine) for language in LANGUAGES for machine in machines}
    assert {text for _, _, text in CELLS} == {"yes", "-"}


@pytest.mark.parametrize("cell", ELSEWHERE, ids=" ".join)
def test_what_is_run_elsewhere_is_there(cell):
    assert (*cell, "yes") in CELLS
    file, name = ELSEWHERE[cell]
    assert f"\ndef {name}(" in (TOP / "tests" / "env" / file).read_text()


@pytest.mark.parametrize(
    ("language", "machine"),
    [cell[:2] for cell in CELLS if cell[2] == "yes" and cell[:2] not in ELSEWHERE],
)
def test_a_cell_of_the_table(language, machine, place, request):
    if machine == "here":
        way = Way(None)
    elif machine == "`ssh host`":
        way = Way(f"{shlex.quote(request.getfixturevalue('ssh_of_place').ssh)} host")
    elif machine == "`srun -n1`":
        if "SLURM_CONF" not in os.environ:
            pytest.skip("no Slurm here: tests/env/test_slurm.py runs it beside one")
        request.getfixturevalue("there")
        way = Way("srun -n1 -Q")
    else:
        assert machine == "`podman exec -i c`"
        way = Way(f"podman exec -i {request.getfixturevalue('container')}", pushes=True)
    env = place.env | {"JIG_PROGRAM": jig()[0], "PATH": f"{place.env['PATH']}:{os.defpath}"}
    env |= {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    assert LANGUAGES[language](way, env, place.work) == WANTED


@pytest.fixture(name="ssh_of_place")
def _ssh_of_place(there, server):
    """Its jig is a copy in the place."""
    assert there
    return server
