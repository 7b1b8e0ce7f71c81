# SPDX-License-Identifier: MIT
"""No two fixtures have one port at a time, however many pick at once."""

from __future__ import annotations

import pathlib
import subprocess
import sys

from waiting import DEADLINE_S

WORKERS, ROUNDS = 8, 200

#: While it has a port a worker owns the file of that name.
WORKER = f"""
import os, sys
from jig import process_fixture

for _ in range({ROUNDS}):
    with process_fixture(["cat"], ports=["a", "b"], stdin=-1) as p:
        assert p.port["a"] != p.port["b"]
        for port in p.port.values():
            os.close(os.open(f"{{sys.argv[1]}}/{{port}}", os.O_CREAT | os.O_EXCL))
        for port in p.port.values():
            os.unlink(f"{{sys.argv[1]}}/{{port}}")
"""


def test_workers_that_pick_at_once_never_get_the_same(tmp_path: pathlib.Path):
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    workers = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    said = [worker.communicate(timeout=4 * DEADLINE_S)[1] for worker in workers]
    assert said == [""] * WORKERS
    assert list(tmp_path.iterdir()) == []
