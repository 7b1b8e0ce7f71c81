#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long after a server listens do pollers see it, and how fast is a log?

    bench/ready.py BUILD ROUNDS LINES

Prints lines of words with tabs between, as the programs of bench/ do:
what bench/ready measures of jig (series, then cpu), `poll` lines with median,
p10 and p90 in µs of tools that poll, and `output` lines with lines a second.
"""

import os
import pathlib
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

#: What mirakuru's executors sleep between two looks.
MIRAKURU_SLEEP_S = 0.1
LIMIT_S = 300


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def poll_as_mirakuru(port: int) -> None:
    """Connect; when that is refused, sleep."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(MIRAKURU_SLEEP_S)


def poll_as_a_shell(port: int) -> None:
    loop = f"until (: </dev/tcp/127.0.0.1/{port}) 2>/dev/null; do sleep 0.1; done"
    subprocess.run(["bash", "-c", loop], check=True, timeout=LIMIT_S)


POLLERS = {"connect each 100 ms (Python)": poll_as_mirakuru,
           "sleep 0.1 (shell)": poll_as_a_shell}


def lateness(server: str, stamp: pathlib.Path, poll) -> float:
    """Microseconds from the server's listen() to what the poller sees."""
    port = free_port()
    delay = str(random.randint(30, 200))
    with subprocess.Popen([server, stamp, delay, "tcp", str(port)]) as process:
        poll(port)
        seen = time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
        process.kill()
    return seen - struct.unpack("d", stamp.read_bytes())[0]


def measure_pollers(server: str, stamp: pathlib.Path, rounds: int) -> None:
    late = {name: [] for name in POLLERS}
    for _ in range(rounds):
        for name in random.sample(list(POLLERS), len(POLLERS)):
            late[name].append(lateness(server, stamp, POLLERS[name]))
    for name, values in late.items():
        tenths = statistics.quantiles(values, n=10)
        numbers = (statistics.median(values), tenths[0], tenths[8])
        print("poll", name, *(f"{number:.1f}" for number in numbers), sep="\t")


def lines_a_second(command: str, lines: int) -> float:
    began = time.monotonic()
    subprocess.run(["sh", "-c", command], check=True, timeout=LIMIT_S)
    return lines / (time.monotonic() - began)


def measure_log(build: pathlib.Path, folder: pathlib.Path, lines: int) -> None:
    talk = f"{build}/bench/server - {lines} lines"
    jig = f"{build}/jig run -q"
    log = folder / "log"
    ways = {
        "to a file": f"{talk} >{log}",
        "a pipe and cat to a file": f"{talk} | cat >{log}",
        "jig --log": f"{jig} --log {log} -- {talk}",
        "jig --capture both": f"{jig} --capture both -- {talk}",
        "jig --log --log-times": f"{jig} --log {log} --log-times -- {talk}",
    }
    found = {name: [] for name in ways}
    for _ in range(5):
        for name in random.sample(list(ways), len(ways)):
            log.unlink(missing_ok=True)
            found[name].append(lines_a_second(ways[name], lines))
            if "--log" in name:
                assert log.read_bytes().count(b"\n") == lines, f"{name} has lost lines"
    for name, values in found.items():
        print("output", name, f"{statistics.median(values):.0f}", sep="\t")


def main() -> None:
    build, rounds, lines = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    server = str(build / "bench" / "server")
    os.environ["JIG_PROGRAM"] = str(build / "jig")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        stamp = folder / "stamp"
        stamp.write_bytes(bytes(8))
        subprocess.run([build / "bench" / "ready", str(rounds), server, stamp],
                       check=True, timeout=LIMIT_S)
        measure_pollers(server, stamp, max(rounds // 5, 10))
        measure_log(build, folder, lines)


if __name__ == "__main__":
    main()
