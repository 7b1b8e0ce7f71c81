#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`jig agent` beside `jig run`, in one run.

    bench/agent.py BUILD ROUNDS EVENTS FIXTURES

Prints lines of words with tabs between, as the programs of bench/ do:
`ready`: median, p10, p90 in µs from the request (for `jig run`: from its start) to
"ready"; `events`: notifications and requests a second, of EVENTS each; `many`:
seconds to start and to end FIXTURES fixtures in one agent, and its resident KiB.

Both ways to "ready" have the same command, cage and probe, and take turns. For
`jig run` the event is the one of --events, so neither is polled. The client is
Python, in one thread, and part of each number.
"""

import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

CHUNK = 1 << 20
#: Requests that are sent at once: less than a pipe holds.
BATCH = 500


class Client:
    """An agent, or whatever writes the same lines."""

    def __init__(self, program: str):
        self.popen = subprocess.Popen([program, "agent"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, bufsize=0)
        self.rest = b""
        self.ask(0, "initialize", protocol=1)
        self.until(b'"id":0')

    def ask(self, number: int, method: str, **params) -> None:
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.popen.stdin.write(json.dumps(body).encode() + b"\n")

    def until(self, wanted: bytes) -> int:
        """Read up to a line that has it. @return the number of lines."""
        count = 0
        while True:
            *lines, self.rest = self.rest.split(b"\n")
            for i, line in enumerate(lines):
                count += 1
                if wanted in line:
                    self.rest = b"\n".join([*lines[i + 1:], self.rest])
                    return count
            more = os.read(self.popen.stdout.fileno(), CHUNK)
            if not more:
                raise SystemExit("the agent has ended")
            self.rest += more

    def close(self) -> None:
        self.popen.stdin.close()
        while os.read(self.popen.stdout.fileno(), CHUNK):
            pass
        self.popen.wait()


def ready_by_agent(client: Client, number: int) -> float:
    began = time.perf_counter()
    client.ask(number, "start", fixture=f"r{number}", command=SERVER, ready="log:up",
               cage="subreaper")
    client.until(b'"method":"ready"')
    us = (time.perf_counter() - began) * 1e6
    client.ask(-number, "stop", fixture=f"r{number}", wait=True)
    client.until(b'"method":"ended"')
    client.until(b'"id":-%d' % number)
    return us


#: Says that it is ready, and stays.
SERVER = ["/bin/sh", "-c", "echo up; exec sleep 1000"]


def ready_by_run(program: str) -> float:
    read, write = os.pipe()
    began = time.perf_counter()
    words = [program, "run", "--events", str(write), "--ready", "log:up", "--cage",
             "subreaper", "--group", "session", "--", *SERVER]
    popen = subprocess.Popen(words, pass_fds=[write], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    os.close(write)
    text = b""
    while b'"method":"ready"' not in text:
        text += os.read(read, CHUNK)
    us = (time.perf_counter() - began) * 1e6
    popen.terminate()
    popen.wait()
    os.close(read)
    return us


def measure_ready(program: str, rounds: int) -> None:
    client = Client(program)
    values: dict[str, list[float]] = {"jig run": [], "jig agent": []}
    for number in range(1, rounds + 1):
        for name in random.sample(list(values), 2):
            values[name].append(ready_by_run(program) if name == "jig run"
                                else ready_by_agent(client, number))
    client.close()
    for name, all_us in values.items():
        deciles = statistics.quantiles(all_us, n=10)
        shown = (statistics.median(all_us), deciles[0], deciles[-1])
        print("ready", name, *(f"{us:.1f}" for us in shown), sep="\t")


def pump(client: Client, line: bytes, count: int, wanted: bytes) -> float:
    """Messages a second: each line that is sent leads to one that has @wanted."""
    began = time.perf_counter()
    for _ in range(count // BATCH):
        client.popen.stdin.write(line * BATCH)
        seen, rest = 0, b""
        while seen < BATCH:
            rest += os.read(client.popen.stdout.fileno(), CHUNK)
            *lines, rest = rest.split(b"\n")
            seen += sum(wanted in one for one in lines)
    return count // BATCH * BATCH / (time.perf_counter() - began)


def measure_events(program: str, count: int) -> None:
    """Each credit of a byte lets one notification out."""
    client = Client(program)
    command = ["/bin/sh", "-c", f"head -c {count} /dev/zero; echo end >&2; exec sleep 1000"]
    # All of it is there, and waits for the first credit.
    client.ask(1, "start", fixture="x", command=command, output="events", credit=0,
               ring_size=2 * count, encoding="base64", ready="log:end")
    client.until(b'"method":"ready"')
    client.ask(2, "ping")
    client.until(b'"id":2')
    credit = {"jsonrpc": "2.0", "method": "credit", "params": {"fixture": "x", "bytes": 1}}
    ping = {"jsonrpc": "2.0", "id": 7, "method": "ping"}
    for name, body, wanted in (("notifications", credit, b'"method":"output"'),
                               ("requests", ping, b'"id":7')):
        line = json.dumps(body).encode() + b"\n"
        print("events", name, f"{pump(client, line, count, wanted):.0f}", sep="\t")
    client.close()


def resident_kib(pid: int) -> int:
    fields = pathlib.Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def measure_many(program: str, fixtures: int) -> None:
    client = Client(program)
    began = time.perf_counter()
    for i in range(fixtures):
        client.ask(i + 1, "start", fixture=f"x{i}", command=["sleep", "1000"],
                   cage="subreaper")
    for _ in range(fixtures):
        client.until(b'"method":"ready"')
    started = time.perf_counter() - began
    kib = resident_kib(client.popen.pid)
    began = time.perf_counter()
    client.close()
    ended = time.perf_counter() - began
    print("many", fixtures, f"{started:.3f}", f"{ended:.3f}", kib, sep="\t")


def main() -> None:
    build, rounds, events, fixtures = sys.argv[1:]
    program = str(pathlib.Path(build).resolve() / "jig")
    measure_ready(program, int(rounds))
    measure_events(program, int(events))
    measure_many(program, int(fixtures))


if __name__ == "__main__":
    main()
