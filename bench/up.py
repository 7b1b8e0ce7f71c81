#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`jig up` beside Foreman and a manager as Honcho is one, in one run.

    bench/up.py BUILD ROUNDS LINES

Prints lines of words with tabs between, as the programs of bench/ do:
`start`, `stop`: median, p10, p90 in µs for COUNT processes; `output`: lines a
second of 10 writers of 100-byte lines, and how many came out torn or not at
all; `idle`: CPU time in a thousandth of a processor and context switches a
second of the manager's own processes; `memory`: their private KiB.

The managers take turns, so that what else the machine does meets all of them.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

COUNT = 100
WRITERS = 10
IDLE_S = 5
#: What bench/lines writes, behind a prefix.
LINE = re.compile(rb"\| line \d{10} x{83}\n$")
LIMIT_S = 300
HERE = pathlib.Path(__file__).resolve().parent


def managers(build: pathlib.Path) -> dict[str, list[str]]:
    """Each one's command, the Procfile's path behind it."""
    found = {"jig up": [str(build / "jig"), "up", "-q", "--any-can-die", "-f"]}
    foreman = shutil.which("foreman")
    if foreman:
        found["foreman"] = [foreman, "start", "-t", "10", "-f"]
    like = [sys.executable, str(HERE / "honcho_like.py")]
    found["as Honcho (Python)"] = like
    return found


def descendants(pid: int) -> list[int]:
    """With itself; of those that live now."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):
                text = pathlib.Path(f"/proc/{one}/task/{task}/children").read_text()
                found += [int(child) for child in text.split()]
    return found


def is_service(pid: int) -> bool:
    """A service's own process, and none of the manager's."""
    with contextlib.suppress(OSError):
        comm = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        return comm in ("sleep", "sh")
    return True


def write_procfile(folder: pathlib.Path, count: int, command: str) -> str:
    path = folder / "Procfile"
    path.write_text("".join(f"p{i}: {command}\n" for i in range(count)))
    return str(path)


@contextlib.contextmanager
def started(command: list[str], folder: pathlib.Path) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def await_up(process: subprocess.Popen) -> None:
    up = 0
    for line in process.stdout:
        up += line.rstrip().endswith(b"| up")
        if up == COUNT:
            return
    raise SystemExit("not all have started")


def cpu_ticks(pids: list[int]) -> int:
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = pathlib.Path(f"/proc/{pid}/stat").read_text()
            fields = text.rsplit(") ", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks


def switches(pids: list[int]) -> int:
    count = 0
    for pid in pids:
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
            with contextlib.suppress(OSError):
                for line in path.read_text().splitlines():
                    count += "ctxt_switches" in line and int(line.split()[1])
    return count


def private_kib(pids: list[int]) -> int:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            for line in text.splitlines():
                total += line.startswith("Private_") and int(line.split()[1])
    return total


def own_processes(pid: int) -> list[int]:
    return [one for one in descendants(pid) if not is_service(one)]


def measure_idle(name: str, process: subprocess.Popen) -> None:
    own = own_processes(process.pid)
    ticks, before = cpu_ticks(own), switches(own)
    time.sleep(IDLE_S)
    used = (cpu_ticks(own) - ticks) / os.sysconf("SC_CLK_TCK")
    count = switches(own) - before
    print("idle", name, f"{used / IDLE_S * 1000:.2f}", f"{count / IDLE_S:.1f}", sep="\t")
    print("memory", name, private_kib(own), len(own), sep="\t")


def start_and_stop(name: str, command: list[str], folder, is_first: bool):
    """Seconds from spawn to all running, and from SIGTERM to its end."""
    procfile = write_procfile(folder, COUNT, "echo up; exec sleep 1000")
    begin = time.monotonic()
    with started([*command, procfile], folder) as process:
        await_up(process)
        running = time.monotonic() - begin
        if is_first:
            measure_idle(name, process)
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        process.wait(LIMIT_S)
        return running, time.monotonic() - begin


def measure_start(found: dict[str, list[str]], rounds: int, folder) -> None:
    times: dict[str, list] = {name: [] for name in found}
    for number in range(rounds):
        for name, command in found.items():
            both = start_and_stop(name, command, folder, number == 0)
            times[name].append(both)
    for index, what in enumerate(("start", "stop")):
        for name, both in times.items():
            series = sorted(one[index] * 1e6 for one in both)
            p10 = series[len(series) // 10]
            p90 = series[len(series) * 9 // 10]
            print(what, name, f"{statistics.median(series):.0f}", f"{p10:.0f}",
                  f"{p90:.0f}", sep="\t")


def count_lines(path: pathlib.Path) -> tuple[int, int]:
    """Whole lines of the writers', and lines that are none."""
    whole = torn = 0
    with path.open("rb") as lines:
        for line in lines:
            is_whole = bool(LINE.search(line))
            whole += is_whole
            torn += b"xxx" in line and not is_whole
    return whole, torn


def measure_output(found, build: pathlib.Path, lines: int, folder) -> None:
    for name, command in found.items():
        each = lines if name == "jig up" else lines // 50
        program = f"exec {build}/bench/lines {each}"
        procfile = write_procfile(folder, WRITERS, program)
        # To a file: a reader of ours would take its share of the processors.
        path = folder / "output"
        with path.open("wb") as file:
            begin = time.monotonic()
            subprocess.run([*command, procfile], check=True, stdout=file,
                           stderr=subprocess.DEVNULL, timeout=LIMIT_S)
            took = time.monotonic() - begin
        whole, torn = count_lines(path)
        print("output", name, f"{whole / took:.0f}", WRITERS * each - whole, torn,
              sep="\t")


def main() -> None:
    build, rounds, lines = pathlib.Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:])
    found = managers(build)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        measure_start(found, rounds, path)
        measure_output(found, build, lines, path)


if __name__ == "__main__":
    main()
