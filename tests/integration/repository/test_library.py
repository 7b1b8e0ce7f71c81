# SPDX-License-Identifier: MIT
"""libjig from outside: its examples, its JSON, its fuzz script.

The tests of the API itself are in C: tests/lib, `meson test --suite lib`.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
from helpers import DEADLINE_S, PYTHON, TOP, built, is_valid_report, jig, wait_until
from sockets import free_port


@pytest.fixture
def env(place) -> dict[str, str]:
    return place.env | {"JIG_PROGRAM": jig()[0]}


def run(command: list[str], env) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=3 * DEADLINE_S
    )


def test_a_report_with_every_field_is_as_its_schema_says():
    done = run([built("tests/unit/unit_report"), "--sample"], os.environ)
    report = json.loads(done.stdout)
    assert is_valid_report(report)
    assert report["leftovers"][0]["comm"] == "da\ufffdmon"
    assert report["leftover_count"] == 3


def test_the_example_of_a_server_runs(env):
    port = str(free_port())
    done = run([built("examples/run_server"), port], env)
    assert done.returncode == 0, done.stderr
    first, rest = done.stdout.split("\n", 1)
    assert first == "it says: HTTP/1.0 200 OK"
    report = json.loads(rest)
    assert is_valid_report(report)
    assert report["reason"] == "stop"
    assert report["survivor_count"] == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), DEADLINE_S)


def test_the_example_of_a_server_tells_that_it_ends_early(env):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        taken.close()
        env["PATH"] = str(pathlib.Path(env["PATH"].split(":")[0]))
        done = run([built("examples/run_server"), port], env)
    assert done.returncode == 1
    assert "python3" in done.stderr


def test_the_example_of_many_fixtures_runs(env, place):
    lines = ["exit 0", "exit 3", f"{place.bin}/sleep 600 & exit 0"]
    done = run([built("examples/supervise_many"), *lines], env)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert said.count("exit 0: ended with 0, 0 left behind") == 1
    assert said.count("exit 3: ended with 3, 0 left behind") == 3
    assert f"{lines[2]}: ended with 0, 1 left behind" in said


def test_the_example_of_a_tree_ends_it(env, place):
    script = f"setsid {place.bin}/sleep 600 & {place.bin}/sleep 600"
    with subprocess.Popen(place.sh(script), env=env) as tree:
        wait_until(lambda: len(place.running()) == 3, "three processes")
        done = run([built("examples/end_tree"), str(tree.pid)], env)
        assert tree.wait(DEADLINE_S) == -signal.SIGKILL
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "3 ended"


def shown_in(path: str, fence: str) -> list[str]:
    """The C of a document's blocks that begin with @fence."""
    text = (TOP / path).read_text()
    blocks = re.findall(rf"^{fence}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "jig_start(" in block]


def compiled(source: str, folder: pathlib.Path) -> str:
    library = pathlib.Path(built("src/libjig.so")).parent
    (folder / "example.c").write_text(source)
    subprocess.run(
        [
            *("cc", "-Wall", "-Werror", "-o", "example", "example.c"),
            *(f"-I{TOP / 'include'}", f"-L{library}", f"-Wl,-rpath,{library}", "-ljig"),
        ],
        cwd=folder,
        check=True,
        timeout=3 * DEADLINE_S,
    )
    return str(folder / "example")


def manual() -> list[str]:
    blocks = shown_in("man/libjig.3.scd", "```")
    return [block.replace("\\\\", "\\") for block in blocks]


def test_the_example_of_the_manual_says_what_stands_there(env, tmp_path):
    done = run([compiled(manual()[0], tmp_path)], env)
    assert (done.returncode, done.stdout) == (0, "exit status 3, 1 leftovers\n")


#: Around the manual's second example, which is not a whole program.
_SERVER_HOST = """\
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
static void test(const char *address) { puts(address); }
int main(void)
{
%s
	return 0;
}
"""


def test_the_manuals_example_of_a_server_runs(env, place, tmp_path):
    server = place.bin / "srv"
    server.write_text(f'#!/bin/sh\nexec {PYTHON} -m http.server --bind 127.0.0.1 "$2"\n')
    server.chmod(0o755)
    (tmp_path / "health").touch()
    example = compiled(_SERVER_HOST % manual()[1], tmp_path)
    done = subprocess.run(
        [example],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=3 * DEADLINE_S,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"127\.0\.0\.1:\d+\n", done.stdout), done.stderr


def test_the_example_in_the_header_compiles(tmp_path):
    head = (TOP / "include" / "jig.h").read_text().split("*/")[1]
    shown = [part for part in head.split("\n *\n") if part.startswith(" *     ")]
    in_c = "\n".join(
        line.removeprefix(" *").replace("…", "")
        for line in "\n".join(shown).splitlines()
        if "jig_job job = {}" not in line  # that is C++
    )
    assert len(shown) == 2
    source = f"#include <jig.h>\nint example(void)\n{{\n{in_c}\n"
    (tmp_path / "example.c").write_text(f"{source}\n(void)job; return 0; }}\n")
    subprocess.run(
        ["cc", "-Wall", "-Werror", f"-I{TOP / 'include'}", "-c", "example.c"],
        cwd=tmp_path,
        check=True,
        timeout=3 * DEADLINE_S,
    )


def test_the_example_of_a_tree_tells_that_a_process_is_gone(env):
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    done = run([built("examples/end_tree"), str(gone.pid)], env)
    assert done.returncode == 1
    assert "No such process" in done.stderr
