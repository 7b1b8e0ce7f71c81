# SPDX-License-Identifier: MIT
"""A world of jobs: a runtime directory for one test. So numbers begin with 1, and
no other jobs are touched. Jobs that are left at the end are ended."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal

import helpers
from helpers import await_end, only_root, pinned, send, stage, wait_until
from pty_session import Shell

ENDED = ("ended", "lost")


class World:
    def __init__(self, place, name: str = "jobs", identity: str = ""):
        self.place = place
        self.identity = identity
        self.runtime = pathlib.Path(place.path / name)
        self.runtime.mkdir(mode=0o700)
        if identity == "user":
            os.chown(self.runtime, stage.NOBODY, stage.NOBODY)

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.place.bin}:{stage.jig_path().parent}:/usr/bin:/bin"
        own = {"JIG_RUNTIME_DIR": str(self.runtime), "PATH": path, "TERM": "xterm"}
        return self.place.env | own

    def do(self, *words: str, **options) -> helpers.Result:
        """`jig WORDS`, to its end."""
        options.setdefault("env", self.env)
        options.setdefault("cwd", self.place.work)
        return helpers.run(helpers.jig(*words), self.identity, **options)

    def start(self, *words: str, **options) -> dict:
        """`jig start WORDS`; the job as `jig jobs --json` has it."""
        done = self.do("start", *words, **options)
        assert done.status == 0, done
        number = int(done.out.split("]")[0].removeprefix("["))
        return self.job(number)

    def script(self, script: str, *options: str) -> dict:
        """The same for a line of the private sh."""
        return self.start(*options, "--", *self.place.sh(script))

    def jobs(self) -> list[dict]:
        return json.loads(self.do("jobs", "--json").out)

    def job(self, number: int) -> dict:
        found = [job for job in self.jobs() if job["number"] == number]
        return found[0] if found else {}

    def await_state(self, number: int, state: str) -> dict:
        def look():
            job = self.job(number)
            return job if job.get("state") == state else None

        return wait_until(look, f"job {number} is {state}; {self.jobs()}")

    def await_output(self, number: int, wanted: str) -> str:
        def look():
            said = self.do("logs", f"%{number}").out.replace("\r\n", "\n")
            return said if wanted in said else None

        return wait_until(look, f"job {number} says {wanted!r}")

    def await_clients(self, number: int, count: int) -> None:
        """Until so many have connected to its keeper, whatever they ask for."""

        def look():
            return _connections(self.job(number), self.runtime) >= count

        wait_until(look, f"{count} have connected to job {number}")

    def shell(self, **options) -> Shell:
        return Shell(self.env, cwd=self.place.work, **options)

    def close(self) -> None:
        """End every job that lives, by its keeper, and forget all."""
        keepers = [job["keeper"] for job in self.jobs() if job["state"] not in ENDED]
        with contextlib.suppress(ProcessLookupError), pinned(keepers) as fds:
            for fd in fds:
                send(fd, signal.SIGTERM)
            for fd in fds:
                await_end(fd)
        self.do("jobs", "--forget")
        assert self.jobs() == []


def attach(shell: Shell, words: str = "", said: str = "^.+$") -> None:
    """Type `jig fg WORDS`, up to when keys go to the job."""
    shell.type(f"jig fg {words}")
    shell.expect(said)


def _connections(job: dict, runtime: pathlib.Path) -> int:
    """Sockets of a keeper that have its address, but the one that listens."""
    table = pathlib.Path("/proc/net/unix").read_text().splitlines()
    address = f" {runtime}/jobs/{job['number']}/socket"
    ours = {f"socket:[{line.split()[6]}]" for line in table if line.endswith(address)}
    held = set()
    for name in only_root(lambda: os.listdir(f"/proc/{job['keeper']}/fd")):
        with contextlib.suppress(FileNotFoundError):
            held.add(os.readlink(f"/proc/{job['keeper']}/fd/{name}"))
    return len(ours & held) - 1


@contextlib.contextmanager
def opened(place, **options):
    world = World(place, **options)
    try:
        yield world
    finally:
        world.close()
