# SPDX-License-Identifier: MIT
"""Print the public table: which tool ends what a command leaves behind.

    python3 bench/escapes.py [--tool NAME]... [--as root|user|both] [--detail]
                             [--json FILE] [--jobs N]

22 ways to escape (tests/hostile/ways.txt) x 4 ends = 88 runs for each tool, as
root and as an ordinary user. A run is contained when the tool has ended and the
oracle (tests/support/oracle.py) finds nothing alive:

- main exits, or the tool gets SIGTERM: the tool has 3 s to end, and then what
  it left has 2 s more to be gone;
- the tool or its owner gets SIGKILL: 2 s from there.

Runs are played several at a time (--jobs), but fork bombs one after the other:
these limits are about the tool, not about processor time.

The last column says whose handlers run before the end when the tool gets SIGTERM:
none, main's, or also that of a child in its own session.

Every tool is called in the way that contains most, as far as its manual says.
JIG and HOSTILE name jig and the folder of the hostile programs, as in the tests.
Run it as root. It clears away whatever the tools leave.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable, NamedTuple

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests" / "hostile"))
import stage  # noqa: E402

oracle = stage.oracle

TOOL_ENDS_S = 3
GONE_S = 2
GRACE_S = 0.3
BOMBS_TAKE_TURNS = threading.Lock()
ENDS = (stage.MAIN_EXITS, stage.TERM, stage.KILL, stage.KILL_OWNER)
#: A word before the arguments by which this file plays the idiom itself.
IDIOM = "--play-idiom"


class Tool(NamedTuple):
    name: str
    program: str
    command: Callable[[str], list]


def unshare(identity):
    flags = ["--fork", "--pid", "--mount-proc", "--kill-child"]
    return ["unshare", *(["-U", "-r"] if identity == "user" else []), *flags]


def bwrap(_):
    flags = ["--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc"]
    return ["bwrap", *flags, "--die-with-parent"]


def jig(_):
    return [str(stage.jig_path()), "run", "--grace", f"{GRACE_S}s", "--"]


def idiom(_):
    return [sys.executable, str(pathlib.Path(__file__).resolve()), IDIOM]


TOOLS = (
    Tool("Popen + killpg", sys.executable, idiom),
    Tool("tini -s -g", "tini", lambda _: ["tini", "-s", "-g", "--"]),
    Tool("dumb-init", "dumb-init", lambda _: ["dumb-init", "--"]),
    Tool("timeout", "timeout", lambda _: ["timeout", "60"]),
    Tool("unshare --kill-child", "unshare", unshare),
    Tool("bwrap --unshare-pid", "bwrap", bwrap),
    Tool("jig run", str(stage.jig_path()), jig),
)


class Cell(NamedTuple):
    tool: str
    identity: str
    way: str
    end: str
    verdict: str
    detail: str


def play_idiom(command):
    """Popen(start_new_session=True) and os.killpg, as its users write it; with
    the step to SIGKILL, which many of them leave out. A SIGTERM that comes while
    Popen() has not returned yet finds no finally: that hole is the idiom's own."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            process.wait()
        finally:
            kill_group(process, signal.SIGTERM)
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                pass
            kill_group(process, signal.SIGKILL)
    return process.returncode


def kill_group(process, signo):
    try:
        os.killpg(process.pid, signo)
    except ProcessLookupError:
        pass


def bring_about(play, end):
    if end == stage.TERM:
        play.signal(play.tool, signal.SIGTERM)
    elif end == stage.KILL:
        play.signal(play.tool, signal.SIGKILL)
    elif end == stage.KILL_OWNER:
        play.kill_owner()


def judge(play, end):
    """Why the run was not contained; empty if it was."""
    at_once = end in (stage.KILL, stage.KILL_OWNER)
    began = time.monotonic()
    if play.await_tool(GONE_S if at_once else TOOL_ENDS_S):
        return "the tool goes on"
    spent = time.monotonic() - began if at_once else 0
    left = oracle.wait_gone(play.program, GONE_S - spent)
    return f"{len(left)} left" if left else ""


def play_cell(tool, identity, way, end):
    mode = "exit" if end == stage.MAIN_EXITS else "stay"
    turn = BOMBS_TAKE_TURNS if way == "bomb" else contextlib.nullcontext()
    try:
        with turn, stage.Scene(way, tool.command(identity), mode, identity) as play:
            play.await_ready()
            bring_about(play, end)
            why = judge(play, end)
    except (stage.CannotTake, stage.NotReady) as reason:
        return Cell(tool.name, identity, way, end, "not run", str(reason))
    return Cell(tool.name, identity, way, end, "leaked" if why else "contained", why)


#: Main and a child in its own session, each with a handler that leaves a file.
POLITE = """
cd "$1" || exit 1
trap ': > main.handled; exit 0' TERM
setsid sh -c 'trap ": > child.handled; exit 0" TERM; : > child.ready
    while :; do sleep 0.01; done' &
: > main.ready
while :; do sleep 0.01; done
"""


def await_files(folder, names, seconds):
    """Whether all of them are there within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all((folder / name).exists() for name in names):
            return True
        time.sleep(0.005)
    return False


def whose_handlers_run(tool, identity):
    """On SIGTERM to the tool: "none", "main" or "all"."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        shell = folder / "sh"
        shutil.copy2("/bin/sh", shell)
        command = [*tool.command(identity), str(shell), "-c", POLITE, "polite", name]
        prefix = stage.AS_NOBODY if identity == "user" else []
        process = subprocess.Popen(prefix + command, stderr=subprocess.DEVNULL)
        try:
            if not await_files(folder, ["main.ready", "child.ready"], 10):
                return "not run"
            process.send_signal(signal.SIGTERM)
            if await_files(folder, ["main.handled", "child.handled"], GONE_S):
                return "all"
            return "main" if (folder / "main.handled").exists() else "none"
        finally:
            process.kill()
            process.wait()
            oracle.kill_all(shell)
            end_session_of(folder)


def end_session_of(folder):
    """The child's shell is the system's own: found by where it works."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            pidfd = os.pidfd_open(int(entry.name))
            try:
                if os.readlink(entry / "cwd").startswith(str(folder)):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            finally:
                os.close(pidfd)


def play_tool(tool, identity, jobs):
    cells = [(way.name, end) for way in stage.ways() for end in ENDS]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(play_cell, tool, identity, *cell) for cell in cells]
        return [run.result() for run in runs]


def row(tool, identity, cells, handlers):
    contained = collections.Counter(c.end for c in cells if c.verdict == "contained")
    counts = [str(contained[end]) for end in ENDS]
    not_run = sum(cell.verdict == "not run" for cell in cells)
    total = f"**{contained.total()}** of {len(cells)}"
    note = f" ({not_run} not run)" if not_run else ""
    return "| " + " | ".join([tool.name, identity, *counts, total + note, handlers]) + " |"


def head():
    columns = ["tool", "as", *ENDS, "contained", "SIGTERM handlers run"]
    rule = ["---", "---", *["---:"] * len(ENDS), "---:", "---"]
    return "| " + " | ".join(columns) + " |\n| " + " | ".join(rule) + " |"


def print_detail(cells):
    for cell in cells:
        if cell.verdict != "contained":
            print(f"    {cell.way}, {cell.end}: {cell.verdict}: {cell.detail}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    names = [tool.name for tool in TOOLS]
    parser.add_argument("--tool", action="append", metavar="NAME", help=", ".join(names))
    parser.add_argument("--as", dest="who", choices=(*stage.IDENTITIES, "both"), default="both")
    parser.add_argument("--detail", action="store_true", help="say which runs leaked")
    parser.add_argument("--json", metavar="FILE", help="write every run to FILE")
    parser.add_argument("--jobs", type=int, default=8, help="runs at a time (8)")
    chosen = parser.parse_args()
    for name in chosen.tool or []:
        if not any(tool.name.startswith(name) for tool in TOOLS):
            parser.error(f"no tool {name!r}: it is one of {', '.join(names)}")
    return chosen


def chosen_tools(names):
    for tool in TOOLS:
        if names and not any(tool.name.startswith(name) for name in names):
            continue
        if shutil.which(tool.program):
            yield tool
        else:
            print(f"escapes: {tool.name} is not installed: left out", file=sys.stderr)


def main():
    if sys.argv[1:2] == [IDIOM]:
        return play_idiom(sys.argv[2:])
    chosen = arguments()
    if os.geteuid() != 0:
        sys.exit("escapes: run it as root: it plays both identities and clears up")

    everything = []
    print(head(), flush=True)
    for tool in chosen_tools(chosen.tool):
        for identity in stage.IDENTITIES if chosen.who == "both" else (chosen.who,):
            cells = play_tool(tool, identity, chosen.jobs)
            everything += cells
            handlers = whose_handlers_run(tool, identity)
            print(row(tool, identity, cells, handlers), flush=True)
            if chosen.detail:
                print_detail(cells)
    if chosen.json:
        text = json.dumps([cell._asdict() for cell in everything], indent=1)
        pathlib.Path(chosen.json).write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
