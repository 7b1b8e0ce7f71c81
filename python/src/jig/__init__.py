# SPDX-License-Identifier: MIT
"""Process fixtures: ready when you use them, and no process is left afterwards.

    from jig import process_fixture, ready

    with process_fixture(["srv", "--fd", "{fd:http}"],
                         listen={"http": "127.0.0.1:0"},
                         ready=ready.http("{http}/health")) as p:
        print(p.addr["http"])

process_fixture() runs a server for the time that you need it. Popen replaces
subprocess.Popen, create_subprocess_exec() asyncio's. All end every process that the
command has started, also those that have detached themselves from it.
"""

from typing import TYPE_CHECKING

from jig import ready
from jig._asyncio import Process, create_subprocess_exec, create_subprocess_shell
from jig._command import CAPTURE, DEVNULL, INHERIT, PIPE, STDOUT, Command
from jig._errors import ExitedBeforeReady, ReadyTimeout, SpawnFailed, StartError
from jig._fixture import Fixture, process_fixture
from jig._jig import VERSION as __version__
from jig._report import Leftover, SentSignal, StopReport

if TYPE_CHECKING:
    from jig._popen_types import Popen
else:
    from jig._popen import Popen

__all__ = [
    "CAPTURE",
    "DEVNULL",
    "INHERIT",
    "PIPE",
    "STDOUT",
    "Command",
    "ExitedBeforeReady",
    "Fixture",
    "Leftover",
    "Popen",
    "Process",
    "ReadyTimeout",
    "SentSignal",
    "SpawnFailed",
    "StartError",
    "StopReport",
    "__version__",
    "create_subprocess_exec",
    "create_subprocess_shell",
    "process_fixture",
    "ready",
]
