#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server around a test in a package.json: jig beside what it replaces, in one run.

    bench/node.py BUILD ROUNDS MODULES

MODULES is a node_modules that has start-server-and-test, concurrently and wait-on; the
tests in tests/integration/node install one: BUILD/node-tests/peers/node_modules. Prints
lines of words with tabs between: `whole`, a name, and median, p10 and p90 in µs from the
spawn of the line to its end; `fixture`: the same of startFixture() until ready, and of
stop(), within one Node.

Each line starts the same server (Node's http, ready as soon as it listens) and the same
test (`true`), and ends the server. The lines take turns. No line goes through npm or npx,
which cost the same for all.
"""

import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
SERVER = TOP / "node" / "tests" / "server.js"
#: So that a line never hangs.
LIMIT_S = 60

FIXTURES = """
const { startFixture } = require(process.argv[1]);
const serve = [process.execPath, process.argv[2], '--port', '{port:web}'];
const us = () => Number(process.hrtime.bigint() / 1000n);
(async () => {
  for (let round = 0; round < Number(process.argv[3]); round++) {
    const began = us();
    const server = await startFixture(serve, { ports: ['web'], ready: 'http:{web}/health' });
    const ready = us();
    await server.stop();
    console.log(ready - began, us() - ready);
  }
})();
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def lines_of(jig: str, node: str, modules: pathlib.Path) -> dict[str, list[str]]:
    """The words of each, with PORT in the place of a port."""
    serve = f"{node} {SERVER} --port PORT"
    url = "http://127.0.0.1:PORT/health"
    peers = {name: [node, str(modules / path)] for name, path in (
        ("start-server-and-test", "start-server-and-test/src/bin/start.js"),
        ("concurrently", "concurrently/dist/bin/concurrently.js"),
        ("wait-on", "wait-on/bin/wait-on"),
    )}
    wait = " ".join([*peers["wait-on"], url])
    return {
        "start-server-and-test": [*peers["start-server-and-test"], serve, url, "true"],
        "concurrently, wait-on": [*peers["concurrently"], "-k", "-s", "first",
                                  f"{wait} && true", serve],
        "jig run --with": [jig, "run", "--with", f"exec {serve}", "--ready",
                           "http:PORT/health", "--", "true"],
    }


def measure(words: list[str]) -> float:
    port = str(free_port())
    began = time.perf_counter()
    done = subprocess.run([word.replace("PORT", port) for word in words],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=LIMIT_S, check=False)
    us = (time.perf_counter() - began) * 1e6
    if done.returncode != 0:
        raise SystemExit(f"status {done.returncode} of {words}: {done.stdout} {done.stderr}")
    return us


def show(what: str, name: str, all_us: list[float]) -> None:
    deciles = statistics.quantiles(all_us, n=10)
    shown = (statistics.median(all_us), deciles[0], deciles[-1])
    print(what, name, *(f"{us:.1f}" for us in shown), sep="\t")


def main() -> None:
    build, rounds, modules = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    jig = str(build.resolve() / "jig")
    node = shutil.which("node") or "nodejs"
    lines = lines_of(jig, node, pathlib.Path(modules).resolve())
    found: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(rounds):
        for name in random.sample(list(lines), len(lines)):
            found[name].append(measure(lines[name]))
    for name, all_us in found.items():
        show("whole", name, all_us)
    words = [node, "-e", FIXTURES, str(TOP / "node"), str(SERVER), str(rounds)]
    done = subprocess.run(words, check=True, capture_output=True, text=True,
                          env={**os.environ, "JIG_PROGRAM": jig})
    pairs = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    show("fixture", "startFixture()", [pair[0] for pair in pairs])
    show("fixture", "stop()", [pair[1] for pair in pairs])


if __name__ == "__main__":
    main()
