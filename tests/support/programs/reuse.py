#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Main ends with status 0, and its number is given to another of the cage, an
orphan that ends with 7: in a pid namespace of root's own (ns_last_pid).

Says "same" when the number was the same one indeed.
"""

import os
import signal
import time

MAIN = os.getpid()
FAR_S = time.monotonic() + 60


def is_there():
    return os.path.exists(f"/proc/{MAIN}")


def born_again():
    """A child with main's number, or another one."""
    with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as last:
        last.write(str(MAIN - 1))
    child = os.fork()
    if child == 0:
        # Until we are an orphan: the supervisor reaps us then.
        while os.getppid() == FIRST and time.monotonic() < FAR_S:
            time.sleep(0.001)
        os._exit(7)
    return child


ready, tell = os.pipe()
if os.fork():
    os.close(tell)
    os.read(ready, 1)  # Main's end is a stop: not before that is ignored.
    os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.setsid()
os.write(tell, b"x")
os.close(tell)
os.close(ready)
while is_there() and time.monotonic() < FAR_S:
    time.sleep(0.001)
while time.monotonic() < FAR_S:
    middle = os.fork()
    if middle == 0:
        FIRST = os.getpid()
        same = born_again() == MAIN
        if same:
            print("same", flush=True)
        os._exit(0 if same else 1)
    if os.waitpid(middle, 0)[1] == 0:
        break
while is_there() and time.monotonic() < FAR_S:
    time.sleep(0.001)
