#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`jig tree` beside pstree, of the same processes.

    bench/tree.py BUILD ROUNDS

Prints lines of words with tabs between: how many processes, the tool; median, p10,
p90 in µs, ratio to pstree. As bench/ps.py does it: in a pid namespace of their
own (root makes it), in turn.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import ps

FOLDED, UNFOLDED = "pstree", "pstree -p"


def commands(jig: str) -> dict[str, list[str]]:
    """Ours and the peer's, which shows each process only with its pids."""
    found = {
        "jig tree": [jig, "tree"],
        "jig tree --unfold": [jig, "tree", "--unfold"],
        "jig tree --svg -": [jig, "tree", "--svg", "-"],
    }
    if pstree := shutil.which("pstree"):
        found[FOLDED] = [pstree]
        found[UNFOLDED] = [pstree, "-p"]
    return found


def measure(jig: str, count: int, rounds: int) -> None:
    times = ps.in_turn(commands(jig), rounds)
    for name, series in times.items():
        peer = FOLDED if name in ("jig tree", FOLDED) else UNFOLDED
        ps.say([count, name], series, times.get(peer, series))


def inside(build: pathlib.Path, count: int, rounds: int) -> None:
    """As the init of the namespace: when we end, all of it does."""
    crowd = [str(build / "bench" / "crowd"), str(count)]
    with subprocess.Popen(crowd, stdout=subprocess.PIPE) as process:
        if process.stdout.read(1) != b"\0":
            raise SystemExit("the processes did not come up")
        os.environ["LC_ALL"] = "C.UTF-8"
        measure(str(build / "jig"), count, rounds)
        os._exit(0)


def main() -> None:
    build, rounds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    if sys.argv[3:4] == [ps.INSIDE]:
        inside(build, int(sys.argv[4]), rounds)
        return
    for count in ps.COUNTS:
        own = [sys.executable, __file__, str(build), str(rounds), ps.INSIDE, str(count)]
        subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                        *own], check=True, timeout=ps.LIMIT_S)


if __name__ == "__main__":
    main()
