#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Does Redis keep what it was told, when it is stopped and started again?"""

import subprocess
import tempfile

from jig import process_fixture


def cli(port: int, *words: str) -> str:
    command = ["redis-cli", "-p", str(port), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


with tempfile.TemporaryDirectory() as folder:
    with process_fixture(
        ["redis-server", "--port", "{port:redis}", "--appendonly", "yes", "--dir", folder],
        ports=["redis"],
        ready=r"log:Ready to accept connections",
    ) as redis:
        cli(redis.port["redis"], "set", "greeting", "hello")
        redis.restart()
        print(cli(redis.port["redis"], "get", "greeting").strip())
