#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The simplest Procfile manager in Python, as a peer for bench/up.py.

A thread for each process reads its lines, one queue brings them to one printer,
and a stop is killpg(): the shape that Honcho has, without its features.

    bench/honcho_like.py PROCFILE
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time


def read_lines(name: str, pipe, lines: queue.Queue) -> None:
    for line in pipe:
        lines.put((name, line.rstrip(b"\n")))
    lines.put((name, None))


def start(name: str, command: str, lines: queue.Queue) -> subprocess.Popen:
    process = subprocess.Popen(
        command,
        shell=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    thread = threading.Thread(target=read_lines, args=(name, process.stdout, lines))
    thread.daemon = True
    thread.start()
    return process


def main() -> int:
    lines: queue.Queue = queue.Queue()
    with open(sys.argv[1], encoding="utf-8") as procfile:
        entries = [line.rstrip("\n").split(": ", 1) for line in procfile]
    processes = [start(name, command, lines) for name, command in entries]
    left = len(processes)

    def stop(*_):
        for process in processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass

    signal.signal(signal.SIGTERM, stop)
    out = sys.stdout.buffer
    while left:
        name, line = lines.get()
        if line is None:
            left -= 1
            continue
        clock = time.strftime("%H:%M:%S").encode()
        out.write(b"%s %-8s | %s\n" % (clock, name.encode(), line))
        out.flush()
    for process in processes:
        process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
