#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Tests with a PostgreSQL of their own: pytest postgres_tests.py."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from jig import ready

BIN = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
#: PostgreSQL refuses root.
USER = "postgres" if os.geteuid() == 0 else None


@pytest.fixture(scope="session")
def database(jig):
    with tempfile.TemporaryDirectory() as folder:
        if USER:
            shutil.chown(folder, USER, USER)
        initdb = [BIN / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run(initdb, check=True, user=USER, stdout=subprocess.DEVNULL, cwd=folder)
        server = jig.start(
            "postgres",
            [BIN / "postgres", "-D", "data", "-p", "{port:pg}", "-k", folder]
            + ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            ports=["pg"],
            ready=ready.exec("pg_isready -q -h 127.0.0.1 -p {port:pg}"),
            stop="INT 20s",
            stop_mode="main",
            user=USER,
            cwd=folder,
            share="session",
        )
        yield server
        server.stop()  # while its directory is still there


def query(database, text: str) -> str:
    psql = ["psql", "-h", "127.0.0.1", "-p", str(database.port["pg"]), "-U", "postgres"]
    done = subprocess.run([*psql, "-Atc", text], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_it_calculates(database):
    assert query(database, "select 6 * 7") == "42"


def test_it_keeps_what_it_is_told(database):
    query(database, "create table said (what text); insert into said values ('hello')")
    assert query(database, "select what from said") == "hello"
