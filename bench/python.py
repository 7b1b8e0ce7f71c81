#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Start and stop from Python, jig beside subprocess, in one run.

    PYTHONPATH=build/python/site bench/python.py [--rounds N] [--resident MIB]

In rounds, as docs/BENCHMARKS.md says: each round starts and ends the same
command (`sleep 60`, which SIGTERM ends) once in each way, in another order
each time. `Popen + killpg` is the idiom that jig replaces: a session of its own,
killpg(SIGTERM), wait. Times are of one start and stop, median of the rounds; the
last column is the difference to that idiom.
"""

import argparse
import os
import random
import signal
import statistics
import subprocess
import time

import jig

COMMAND = ["sleep", "60"]


def popen() -> None:
    process = subprocess.Popen(COMMAND, start_new_session=True)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def fixture() -> None:
    with jig.process_fixture(COMMAND, stdout=None, stderr=None):
        pass


def jig_popen() -> None:
    with jig.Popen(COMMAND) as process:
        process.terminate()


WAYS = {"Popen + killpg": popen, "process_fixture": fixture, "jig.Popen": jig_popen}


def measure(rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        order = list(WAYS)
        random.shuffle(order)
        for name in order:
            began = time.perf_counter()
            WAYS[name]()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) * 1e3 for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--resident", type=int, default=0, help="MiB")
    options = parser.parse_args()
    resident = bytearray(options.resident << 20)
    resident[::4096] = b"x" * len(resident[::4096])
    medians = measure(options.rounds)
    base = medians["Popen + killpg"]
    print(f"{options.resident} MiB more resident, {options.rounds} rounds:\n")
    print("| way | median | more than the idiom |\n| --- | ---: | ---: |")
    for name, value in medians.items():
        print(f"| {name} | {value:.2f} ms | {value - base:+.2f} ms |")


if __name__ == "__main__":
    main()
