# SPDX-License-Identifier: MIT
"""A project for `jig export`, and what its services find when an engine runs it.

db listens on a socket file only after it has been told to (a line in the FIFO `go`);
migrate leaves the file `migrated`; web needs both, and writes what it finds.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil

import helpers
import pytest

DB = """
import signal, socket
open("begun", "w").close()
open("go").readline()
server = socket.socket(socket.AF_UNIX)
server.bind("db.sock")
server.listen()
signal.pause()
"""

WEB = """
import json, os, signal, socket
def connects():
    try:
        socket.socket(socket.AF_UNIX).connect("db.sock")
    except OSError as error:
        return str(error)
    return True
found = {"db": connects(), "migrated": os.path.exists("migrated"), "env": dict(os.environ)}
found["cwd"] = os.getcwd()
found["uid"] = os.getuid()
with open("found.new", "w") as out:
    json.dump(found, out)
os.rename("found.new", "found")
signal.pause()
"""

PROJECT = """
processes:
  web:
    command: "exec {python} web.py"
    depends_on:
      db: {{condition: process_healthy}}
      migrate: {{condition: process_completed_successfully}}
    availability: {{restart: always}}
    environment: {environment}
  db:
    command: "exec {python} db.py"
    ready: "unix:{work}/db.sock"
    start_timeout: 1h
    availability: {{restart: always}}
  migrate:
    command: "echo x >>migrated"
"""

#: Values that each format must quote; export_sample.c has them, too.
VALUES = {
    "QUOTES": "a\"b'c `d`",
    "DOLLAR": "$HOME ${X} $(date) $$",
    "PERCENT": "%n %% %(here)s ; x # y",
    "LINES": "one\n  two\n\n#three\n",
    "BACK": "\\n\\\\ \\",
    "UNICODE": "žluťoučký 🐎",
    "EMPTY": "",
}


def need(tool: str) -> str:
    return shutil.which(tool) or pytest.skip(f"{tool} is not installed")


def export_sample(path: pathlib.Path, format_: str, *words: str):
    """The project of export_sample.c: every field of a service."""
    (path / "out").mkdir(exist_ok=True)
    (path / "work").mkdir(exist_ok=True)
    sample = str(helpers.built("tests/unit/export_sample"))
    command = [sample, format_, str(path / "out"), str(path / "work"), *words]
    env = {**os.environ, "EXPORT_JIG": helpers.jig()[0]}
    return helpers.run(command, env=env), path / "out"


def write_project(work: pathlib.Path, python: str, there: str = "") -> None:
    """@there: the directory in which it will run, if it is not this one."""
    values = json.dumps(VALUES, ensure_ascii=False).replace("$", "$$")
    text = PROJECT.format(python=python, work=there or work, environment=values)
    (work / "jig.yaml").write_text(text)
    (work / "db.py").write_text(DB)
    (work / "web.py").write_text(WEB)
    os.mkfifo(work / "go")


def export(
    work: pathlib.Path, format_: str, out: pathlib.Path, *options: str, jig: str = ""
) -> str:
    """Write the project's files; what was noted. @jig: there, if not this one."""
    words = ("export", "--app", "shop", "--jig", jig or helpers.jig()[0], *options)
    done = helpers.run(helpers.jig(*words, format_, str(out)), cwd=work)
    assert done.status == 0, done.err
    return done.err


@contextlib.contextmanager
def told(work: pathlib.Path):
    """Let db listen."""
    go = os.open(work / "go", os.O_RDWR)
    os.write(go, b"\n")
    try:
        yield
    finally:
        os.close(go)


def found(work: pathlib.Path) -> dict:
    """What web has found."""
    helpers.wait_until(lambda: (work / "found").exists(), "web has not begun")
    return json.loads((work / "found").read_text())


def found_after(work: pathlib.Path) -> dict:
    """db runs, and web does not yet; then let db listen, and await web."""
    helpers.wait_until(lambda: (work / "begun").exists(), "db has not begun")
    assert not (work / "found").exists()
    with told(work):
        return found(work)


def check(one: dict, work: pathlib.Path | str, but=()) -> None:
    """web has found what `jig up` would have shown it. @but: names of values; then
    there is no db."""
    assert one["db"] is True or but
    assert one["cwd"] == str(work)
    values = {name: value for name, value in VALUES.items() if name not in but}
    assert {name: one["env"][name] for name in values} == values
    names = ("PS", "HONCHO_PROCESS_NAME", "PC_PROC_NAME", "PC_REPLICA_NUM")
    assert [one["env"][name] for name in names] == ["web.1", "web.1", "web", "0"]
