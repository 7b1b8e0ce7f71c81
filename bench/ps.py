#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`jig ps` beside procps's ps, of the same columns and the same processes.

    bench/ps.py BUILD ROUNDS

Prints lines of words with tabs between: how many processes, which columns, who;
median, p10, p90 in µs. The processes are in a pid namespace of their own (root
makes it), which nobody outlives. Those that are measured take turns, so that
what else the machine does meets all of them.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

COUNTS = (10, 1000, 10000)
COLUMNS = {
    "the issue's": "pid,ppid,pgid,sid,tpgid,tty,stat,etime,rss,comm,args",
    "of stat alone": "pid,ppid,pgid,sid,tpgid,tty,etime,comm",
}
LIMIT_S = 300
INSIDE = "--inside"


def commands(jig: str, columns: str) -> dict[str, list[str]]:
    found = {"jig ps": [jig, "ps", "-a", "-o", columns]}
    ps = shutil.which("ps")
    if ps:
        found["ps"] = [ps, "-eo", columns]
    return found


def took_us(command: list[str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S)
    return (time.monotonic() - begin) * 1e6


def measure(jig: str, count: int, rounds: int) -> None:
    for what, columns in COLUMNS.items():
        found = commands(jig, columns)
        times: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(rounds + 1):
            for name, command in found.items():
                times[name].append(took_us(command))
        for name, all_of_it in times.items():
            series = sorted(all_of_it[1:])  # The first one warms up.
            p10, p90 = series[len(series) // 10], series[len(series) * 9 // 10]
            print(count, what, name, f"{statistics.median(series):.0f}",
                  f"{p10:.0f}", f"{p90:.0f}", sep="\t", flush=True)


def inside(build: pathlib.Path, count: int, rounds: int) -> None:
    """As the init of the namespace: when we end, all of it does."""
    crowd = [str(build / "bench" / "crowd"), str(count)]
    with subprocess.Popen(crowd, stdout=subprocess.PIPE) as process:
        if process.stdout.read(1) != b"\0":
            raise SystemExit("the processes did not come up")
        measure(str(build / "jig"), count, rounds)
        os._exit(0)


def main() -> None:
    build, rounds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    if sys.argv[3:4] == [INSIDE]:
        inside(build, int(sys.argv[4]), rounds)
        return
    for count in COUNTS:
        own = [sys.executable, __file__, str(build), str(rounds), INSIDE, str(count)]
        subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                        *own], check=True, timeout=LIMIT_S)


if __name__ == "__main__":
    main()
