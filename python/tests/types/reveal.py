# SPDX-License-Identifier: MIT
"""What type checkers know: each line's comment is the type that mypy --strict reveals.

Lines marked `E` are errors. test_types.py compares; nothing runs this file.
"""

import asyncio
import os
import pathlib
import subprocess

import jig
from jig import process_fixture, ready

flag: bool = bool(jig.__version__)

# The streams are text if text, encoding, errors or universal_newlines says so.
reveal_type(jig.Popen(["a"]))  # Popen[bytes]
reveal_type(jig.Popen("a", shell=True, stdout=jig.PIPE))  # Popen[bytes]
reveal_type(jig.Popen(["a"], text=False))  # Popen[bytes]
reveal_type(jig.Popen(["a"], text=True))  # Popen[str]
reveal_type(jig.Popen(["a"], encoding="utf-8"))  # Popen[str]
reveal_type(jig.Popen(["a"], errors="replace"))  # Popen[str]
reveal_type(jig.Popen(["a"], universal_newlines=True))  # Popen[str]
reveal_type(jig.Popen(["a"], text=flag))  # Popen[Any]
reveal_type(jig.Popen(["a"], -1, "b", None, None))  # Popen[bytes]
reveal_type(jig.Popen("a", grace=None, stop=[("INT", 2)], cage="pidns"))  # Popen[bytes]
reveal_type(jig.Popen(["a"], via="ssh host", via_push=True))  # Popen[bytes]

with jig.Popen(["a"], text=True, stop="INT 2s") as p:
    reveal_type(p)  # Popen[str]
    reveal_type(p.stdout)  # Optional[IO[str]]
    reveal_type(p.communicate("a"))  # tuple[str, str]
    reveal_type(p.wait(1))  # int
    reveal_type(p.poll())  # Optional[int]
    reveal_type(p.report)  # Optional[StopReport]
    base: "subprocess.Popen[str]" = p
    p.communicate(b"a")  # E

typed: "jig.Popen[str]" = jig.Popen(["a"], text=True)
wrong: "jig.Popen[str]" = jig.Popen(["a"])  # E
jig.Popen(["a"], preexec_fn=os.setsid)
jig.Popen(["a"], preexec_fn=1)  # E
jig.Popen(["a"], no_such_option=1)  # E

# The options of process_fixture are those of Command.
with process_fixture(["a"], ready=ready.tcp(1) & "log:up", grace=5) as f:
    reveal_type(f)  # Fixture
    reveal_type(f.port["a"])  # int
    reveal_type(f.addr["a"])  # str
    reveal_type(f.tail(1))  # str
    reveal_type(f.returncode)  # Optional[int]
    reveal_type(f.stdout)  # Optional[IO[bytes]]
    reveal_type(f.communicate(b"a", timeout=1)[0])  # Optional[bytes]
process_fixture(pathlib.Path("a"), env={b"A": pathlib.Path("b")}, ready=[ready.fd(3), "fd:4"])
process_fixture(["a"], grace="5")  # E
process_fixture(["a"], no_such_option=1)  # E
process_fixture()  # E


@process_fixture("a")
def decorated(x: int) -> str:
    return str(x)


@process_fixture("a")
async def decorated_async(x: int) -> str:
    async with process_fixture("a") as f:
        reveal_type(f)  # Fixture
    return str(x)


reveal_type(decorated(1))  # str
reveal_type(asyncio.run(decorated_async(1)))  # str


async def processes() -> None:
    a = await jig.create_subprocess_exec("a", b"b", stdout=jig.PIPE, stop="INT 2s")
    reveal_type(a)  # Process
    reveal_type(a.stdout)  # Optional[StreamReader]
    reveal_type(await a.communicate())  # tuple[bytes, bytes]
    reveal_type(await a.stop())  # int
    reveal_type(a.report)  # Optional[StopReport]
    reveal_type(await jig.create_subprocess_shell("a", cwd="/"))  # Process
    await jig.create_subprocess_exec("a", grace="5")  # E
    await jig.create_subprocess_exec(["a"])  # E
    await jig.create_subprocess_shell(["a"])  # E
