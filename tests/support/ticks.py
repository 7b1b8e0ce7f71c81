# SPDX-License-Identifier: MIT
"""FIFOs from which one of the readers gets a line ten times a second.

A shell loses a signal that comes between its last look and read(2), until
something else ends the read. A line does, so that the shell runs its trap.
"""

from __future__ import annotations

import pathlib
import subprocess
from typing import Optional

#: Each line of its input is a FIFO that it opens, or closes if it was open. Not a
#: thread: a process with threads cannot enter a namespace, setns(2).
_TICKS = """
declare -A fifos
while :; do
    if read -rt 0.1 path; then
        if [[ ${fifos[$path]} ]]; then
            fd=${fifos[$path]}
            exec {fd}>&-
            unset "fifos[$path]"
        elif [[ -p $path ]] && exec {fd}<>"$path"; then
            fifos[$path]=$fd
        fi
    elif (($? <= 128)); then
        exit
    fi
    for fd in "${fifos[@]}"; do
        echo >&"$fd"
    done
done
"""

_process: Optional[subprocess.Popen[str]] = None


def toggle(fifo: pathlib.Path) -> None:
    """Begin, or end, to write lines to it."""
    assert _process and _process.stdin
    _process.stdin.write(f"{fifo}\n")
    _process.stdin.flush()


def start() -> None:
    """Once for all tests of this process; ends with it. In its first namespaces,
    so that it keeps none of a test."""
    global _process
    if _process is None:
        _process = subprocess.Popen(
            ["/bin/bash", "-c", _TICKS],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            text=True,
        )
