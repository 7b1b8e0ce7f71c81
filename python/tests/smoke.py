# SPDX-License-Identifier: MIT
"""Fixtures of most kinds, and mistakes: for an installed package, wherever it is.

Run by test_package.py, and in guests by tests/env.
"""

import asyncio
import os

import jig
from jig import process_fixture, ready

for _ in range(3):
    with process_fixture(
        "echo up; cat",
        ready=ready.log("(u)p"),
        stdin=jig.PIPE,
        listen={"a": "127.0.0.1:0"},
        ports=["b"],
        limits={"core": 0},
        stop="INT 1s TERM",
        extra_groups=[1] if os.geteuid() == 0 else None,
    ) as p:
        assert p.match["1"] == "u" and p.port["a"] and p.tail() == "up\n"
        p.send_signal(0)
    assert p.report.reason == "stop"
with jig.Popen(["cat"], stdin=-1, stdout=-1) as p:
    assert p.communicate(b"x") == (b"x", None)


def is_refused(errors, **options):
    try:
        process_fixture(["true"], **options).start()
    except errors:
        return True
    return False


for wrong in ({"ready": "nonsense:"}, {"cwd": "/no/such"}):
    assert is_refused(jig.SpawnFailed, **wrong), wrong
for wrong in ({"env": {"a": "b\0"}}, {"umask": 1 << 40}, {"memory": -1}):
    assert is_refused((ValueError, OverflowError), **wrong), wrong


async def work():
    async with process_fixture("cat", stdin=jig.PIPE):
        pass


asyncio.run(work())
print("jig from", jig.__file__)
