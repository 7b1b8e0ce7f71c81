#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Jobs beside dtach, tmux and a bare pty, in one run.

    bench/jobs.py BUILD ROUNDS MIB

Prints lines of words with tabs between, as the programs of bench/ do:
`start`: median, p10, p90 in µs until the starter has ended; `echo`: the same
from a byte that is typed to its echo by a `cat` in raw mode; `flow`: median
MiB a second of a `cat` of MIB MiB, from its start to our terminal; `idle`:
context switches in IDLE_S seconds, private KiB and number of the processes that
keep one `sleep`.

All of it in a runtime directory of our own, and the ways take turns. Of tmux
there is no `flow`: what it shows is a screen, not the bytes.
"""

import contextlib
import itertools
import json
import os
import pathlib
import pty
import random
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Callable

from up import private_kib, switches

IDLE_S = 5
FLOWS = 5
LIMIT_S = 60
CHUNK = 65536
#: Both ends as raw as they can be, so that only the way between them counts.
ECHO = "stty raw -echo; echo begun; exec cat"
FLOW = "stty raw -echo; echo begun; read x; cat {}; echo ended"


class Terminal:
    """A pty of ours with a command on its other end."""

    def __init__(self, command: list[str]):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.popen = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)))
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.master)
        self.popen.kill()
        self.popen.wait()

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def await_text(self, wanted: bytes) -> int:
        """How many bytes came with it."""
        count, tail = 0, b""
        while wanted not in tail:
            if not select.select([self.master], [], [], LIMIT_S)[0]:
                raise SystemExit(f"{wanted!r} does not come: {tail!r}")
            more = os.read(self.master, CHUNK)
            count += len(more)
            tail = tail[-len(wanted):] + more
        return count

    def echo_us(self, byte: bytes) -> float:
        began = time.perf_counter()
        self.type(byte)
        self.await_text(byte)
        return (time.perf_counter() - began) * 1e6


class Bare:
    """No job at all: what a terminal costs."""

    name = "a bare pty"

    def attached(self, script: str) -> Terminal:
        return Terminal(["sh", "-c", script])

    def end(self) -> None:
        """Its terminal was all that there is."""


class Jig:
    name = "jig"

    def __init__(self, build: pathlib.Path):
        self.program = str(build / "jig")

    def call(self, *words: str) -> str:
        return subprocess.run([self.program, *words], check=True, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout

    def starter(self, *command: str) -> list[str]:
        return [self.program, "start", "--", *command]

    def clear(self) -> None:
        """What was just started ends at once, and is no job any more."""
        self.call("wait", "%?true")

    def attached(self, script: str) -> Terminal:
        self.call("start", "--", "sh", "-c", script)
        return Terminal([self.program, "fg"])

    def keepers(self) -> list[int]:
        (job,) = json.loads(self.call("jobs", "--json"))
        return [job["keeper"], job["sid"]]  # its supervisor leads the session

    def end(self) -> None:
        if self.call("jobs", "-p").strip():
            subprocess.run([self.program, "kill", "%%"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            self.call("wait")
            self.call("jobs", "--forget")


class Peer:
    """dtach or tmux, whose keepers have our folder in their arguments."""

    def __init__(self, name: str, folder: pathlib.Path):
        self.name, self.folder, self.count = name, folder, 0

    def socket(self) -> str:
        """tmux has one server, dtach a master for each command."""
        self.count += self.name == "dtach"
        return str(self.folder / f"{self.name}{self.count}")

    def starter(self, *command: str) -> list[str]:
        if self.name == "dtach":
            return ["dtach", "-n", self.socket(), *command]
        return ["tmux", "-f", "/dev/null", "-S", self.socket(), "new-session", "-d",
                *command]

    def clear(self) -> None:
        """Their jobs leave nothing but a socket."""

    def attached(self, script: str) -> Terminal:
        if self.name == "dtach":
            return Terminal(["dtach", "-c", self.socket(), "-Ez", "-r", "none", "sh",
                             "-c", script])
        command = ["tmux", "-f", "/dev/null", "-S", self.socket(), "new-session",
                   "sh", "-c", script]
        return Terminal(["env", "TERM=xterm", *command])

    def keepers(self) -> list[int]:
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if str(self.folder / self.name) in path.read_text():
                    found.append(int(path.parent.name))
        return found

    def end(self) -> None:
        for pid in self.keepers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # ours: our folder is its argument


def series(what: str, name: str, values: list[float]) -> None:
    deciles = statistics.quantiles(values, n=10)
    print(what, name, *(f"{value:.1f}" for value in
                        (statistics.median(values), deciles[0], deciles[-1])), sep="\t")


def take_turns(ways: dict[str, Callable[[], float]], rounds: int) -> dict:
    values: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name in random.sample(list(ways), len(ways)):
            values[name].append(ways[name]())
    return values


def time_us(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1e6


def measure_start(build: pathlib.Path, tools: list, rounds: int) -> None:
    true = str(build / "bench" / "true_static")

    def way(tool) -> Callable[[], float]:
        def start() -> float:
            us = time_us(tool.starter(true))
            tool.clear()
            return us
        return start

    ways = {"jig run": lambda: time_us([str(build / "jig"), "run", "--", true])}
    ways |= {f"{tool.name} start": way(tool) for tool in tools}
    for tool in tools:  # so that tmux's server is there, and stays
        subprocess.run(tool.starter("sleep", "1000"), check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for name, values in take_turns(ways, rounds).items():
        series("start", name, values)
    for tool in tools:
        tool.end()


def measure_echo(tools: list, rounds: int) -> None:
    with contextlib.ExitStack() as stack:
        ways = {}
        for tool in tools:
            terminal = stack.enter_context(tool.attached(ECHO))
            stack.callback(tool.end)
            terminal.await_text(b"begun")
            letters = itertools.cycle([b"x", b"y", b"z"])
            ways[tool.name] = lambda t=terminal, of=letters: t.echo_us(next(of))
        take_turns(ways, 20)
        for name, values in take_turns(ways, rounds).items():
            series("echo", name, values)


def flow(tool, script: str) -> float:
    with tool.attached(script) as terminal:
        terminal.await_text(b"begun")
        began = time.perf_counter()
        terminal.type(b"\n")
        count = terminal.await_text(b"ended")
        seconds = time.perf_counter() - began
    tool.end()
    return count / seconds / (1 << 20)


def measure_flow(tools: list, folder: pathlib.Path, mib: int) -> None:
    data = folder / "data"
    data.write_bytes((b"x" * 99 + b"\n") * (mib * (1 << 20) // 100))
    script = FLOW.format(data)
    ways = {tool.name: lambda t=tool: flow(t, script) for tool in tools}
    for name, values in take_turns(ways, FLOWS).items():
        print("flow", name, f"{statistics.median(values):.1f}", sep="\t")


def measure_idle(tools: list) -> None:
    for tool in tools:
        subprocess.run(tool.starter("sleep", "1000"), check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    time.sleep(1)  # until all have come to rest
    before = {tool: switches(tool.keepers()) for tool in tools}
    time.sleep(IDLE_S)
    for tool in tools:
        pids = tool.keepers()
        print("idle", tool.name, switches(pids) - before[tool], private_kib(pids),
              len(pids), sep="\t")
        tool.end()


def main() -> None:
    build, rounds, mib = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ["JIG_RUNTIME_DIR"] = str(folder)
        jig = Jig(build)
        peers = [Peer(peer, folder) for peer in ("dtach", "tmux") if shutil.which(peer)]
        by_bytes = [Bare(), jig, *(peer for peer in peers if peer.name == "dtach")]
        try:
            measure_start(build, [jig, *peers], rounds)
            measure_echo([Bare(), jig, *peers], rounds * 5)
            measure_flow(by_bytes, folder, mib)
            measure_idle([jig, *peers])
        finally:
            for tool in (jig, *peers):
                tool.end()


if __name__ == "__main__":
    main()
