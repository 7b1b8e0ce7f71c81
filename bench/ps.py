#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`jig ps` beside procps's ps: the same columns of the same processes.

    bench/ps.py BUILD ROUNDS

Prints lines of words with tabs between: how many processes, what is asked for,
the tool; median, p10, p90 in µs, and the median of the ratios to ps, round by round.
The processes are in a pid namespace of their own (root makes it), and end with
it. Those that are compared take turns, so that what else the machine does meets
all of them.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

COUNTS = (10, 1000, 10000)
#: What is asked for: our words, and those of ps.
ALL = "pid,ppid,pgid,sid,tpgid,tty,stat,etime,rss,comm,args"
STAT = "pid,ppid,pgid,sid,tpgid,tty,etime,comm"
QUESTIONS = {
    "all columns": (["-a", "-o", ALL], ["-eo", ALL]),
    "of stat alone": (["-a", "-o", STAT], ["-eo", STAT]),
    "one process": (["-p", "1", "-o", ALL], ["-p", "1", "-o", ALL]),
}
INSIDE = "--inside"
#: For one count; the measured processes then end with the namespace.
LIMIT_S = 600


def took_us(command: list[str]) -> float:
    """Without a limit: to wait with one, Python looks now and then."""
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic() - begin) * 1e6


def in_turn(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """The times of each, round by round; the first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        names = list(commands) if number % 2 else list(reversed(commands))
        for name in names:
            took = took_us(commands[name])
            if number > 0:
                times[name].append(took)
    return times


def say(words: list, series: list[float], peer: list[float]) -> None:
    ratio = statistics.median(one / other for one, other in zip(series, peer))
    series = sorted(series)
    p10, p90 = series[len(series) // 10], series[len(series) * 9 // 10]
    print(*words, f"{statistics.median(series):.0f}", f"{p10:.0f}", f"{p90:.0f}",
          f"{ratio:.3f}", sep="\t", flush=True)


def measure(jig: str, count: int, rounds: int) -> None:
    peer = shutil.which("ps")
    for what, (ours, theirs) in QUESTIONS.items():
        commands = {"jig ps": [jig, "ps", *ours]}
        if peer:
            commands["ps"] = [peer, *theirs]
        times = in_turn(commands, rounds)
        for name, series in times.items():
            say([count, what, name], series, times["ps" if peer else name])


def inside(build: pathlib.Path, count: int, rounds: int) -> None:
    """As the init of the namespace: when we end, all of it does."""
    crowd = [str(build / "bench" / "crowd"), str(count)]
    with subprocess.Popen(crowd, stdout=subprocess.PIPE) as process:
        if process.stdout.read(1) != b"\0":
            raise SystemExit("the processes did not come up")
        os.chdir("/")
        measure(str(build / "jig"), count, rounds)
        os._exit(0)  # No wait for children: they end with us.


def main() -> None:
    build, rounds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    if sys.argv[3:4] == [INSIDE]:
        inside(build, int(sys.argv[4]), rounds)
        return
    script = str(pathlib.Path(__file__).resolve())
    for count in COUNTS:
        own = [sys.executable, script, str(build), str(rounds), INSIDE, str(count)]
        subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                        *own], check=True, timeout=LIMIT_S)


if __name__ == "__main__":
    main()
