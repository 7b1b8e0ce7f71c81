#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`jig run --via` beside its transport alone, in one run.

    bench/via.py BUILD ROUNDS MIB

Prints lines of words with tabs between, as the programs of bench/ do, for each
transport: `start`: median, p10, p90 in µs from the start until the first line of the
command is here, or jig here knows that it is ready; `flow`: the same in µs for MIB
MiB of output; `missing`: why a transport is left out.

Transports: env(1), which shows what jig alone costs; ssh to an sshd of our own on
the loopback; podman exec into a container of a copy of busybox. Both ways of a
transport take turns. The reader is Python, and part of each number.
"""

import contextlib
import os
import pathlib
import random
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))
import places  # noqa: E402
import pytest  # noqa: E402  (sshd.py skips with it)
import sshd  # noqa: E402

CHUNK = 1 << 20
#: Ends when its input does.
SERVER = "echo up; exec cat"


def pour(mib: int) -> str:
    return f"exec head -c {mib << 20} /dev/zero"


def begin(words: list[str], env: dict[str, str], **options) -> subprocess.Popen:
    return subprocess.Popen(words, env=env, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, bufsize=0, **options)


def end(popen: subprocess.Popen) -> None:
    popen.stdin.close()
    while os.read(popen.stdout.fileno(), CHUNK):
        pass
    popen.wait()


def until(fd: int, wanted: bytes) -> None:
    text = b""
    while wanted not in text:
        more = os.read(fd, CHUNK)
        if not more:
            raise SystemExit(f"bench/via.py: no {wanted!r}; it has ended")
        text += more


class Way:
    """A transport alone, or jig with it."""

    def __init__(self, via: str, jig: str, env: dict[str, str]):
        self.via, self.jig, self.env = via, jig, env

    def alone(self, script: str) -> list[str]:
        words = shlex.split(self.via)
        # ssh gives its words to a shell.
        is_ssh = pathlib.Path(words[0]).name == "ssh"
        return [*words, "sh", "-c", shlex.quote(script) if is_ssh else script]

    def with_jig(self, script: str, *options: str) -> list[str]:
        return [self.jig, "run", "--via", self.via, *options, "--", "sh", "-c", script]

    def start_alone(self) -> float:
        began = time.perf_counter()
        popen = begin(self.alone(SERVER), self.env)
        until(popen.stdout.fileno(), b"up\n")
        us = (time.perf_counter() - began) * 1e6
        end(popen)
        return us

    def start_with_jig(self) -> float:
        read, write = os.pipe()
        options = ("--events", str(write), "--ready", "log:up")
        began = time.perf_counter()
        popen = begin(self.with_jig(SERVER, *options), self.env, pass_fds=[write])
        os.close(write)
        until(read, b'"method":"ready"')
        us = (time.perf_counter() - began) * 1e6
        end(popen)
        os.close(read)
        return us

    def flow(self, words: list[str], mib: int) -> float:
        began = time.perf_counter()
        popen = begin(words, self.env)
        count = 0
        while more := os.read(popen.stdout.fileno(), CHUNK):
            count += len(more)
        us = (time.perf_counter() - began) * 1e6
        end_status = popen.wait()
        popen.stdin.close()
        if count != mib << 20 or end_status != 0:
            raise SystemExit(f"bench/via.py: {count} bytes, status {end_status}")
        return us


def show(what: str, transport: str, values: dict[str, list[float]]) -> None:
    for name, all_us in values.items():
        deciles = statistics.quantiles(all_us, n=10)
        shown = (statistics.median(all_us), deciles[0], deciles[-1])
        print(what, transport, name, *(f"{us:.1f}" for us in shown), sep="\t", flush=True)


def measure(transport: str, way: Way, rounds: int, mib: int) -> None:
    turns = {
        "start": {"alone": way.start_alone, "jig": way.start_with_jig},
        "flow": {
            "alone": lambda: way.flow(way.alone(pour(mib)), mib),
            "jig": lambda: way.flow(way.with_jig(pour(mib)), mib),
        },
    }
    for what, both in turns.items():
        values: dict[str, list[float]] = {name: [] for name in both}
        for _ in range(rounds if what == "start" else max(rounds // 3, 3)):
            for name in random.sample(list(both), 2):
                values[name].append(both[name]())
        show(what, transport, values)


@contextlib.contextmanager
def container(folder: pathlib.Path, jig: str):
    """The words that lead into it; None: there is none here."""
    busybox = shutil.which("busybox")
    if os.geteuid() != 0 or not shutil.which("podman") or not busybox:
        yield None
        return
    root, name = folder / "root", f"jig-bench-{uuid.uuid4()}"
    for below in ("bin", "tmp", "proc", "dev", "etc", "sys", "run"):
        (root / below).mkdir(parents=True)
    shutil.copy(busybox, root / "bin" / "busybox")
    shutil.copy(jig, root / "bin" / "jig")
    for program in ("sh", "cat", "head", "sleep"):
        (root / "bin" / program).symlink_to("busybox")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limits = ["--ulimit", f"nofile={files}:{files}", "--ulimit", "nproc=1000:1000"]
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "check": False}
    done = subprocess.run(["podman", "run", "-d", "--name", name, *limits, "--network",
                           "none", "--rootfs", str(root), "/bin/sleep", "3600"], **quiet)
    try:
        yield f"podman exec -i {name}" if done.returncode == 0 else None
    finally:
        subprocess.run(["podman", "rm", "-f", "-t", "0", name], **quiet)


def main() -> None:
    build, rounds, mib = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    jig = str(build / "jig")
    with places.opened("jig-bench-") as place:
        place.copy(jig, "jig")
        env = {**os.environ, **place.env}
        measure("env", Way("env", jig, env), rounds, mib)
        try:
            with sshd.serving(place) as server:
                ssh = f"{shlex.quote(server.ssh)} host"
                measure("ssh on the loopback", Way(ssh, jig, env), rounds, mib)
        except pytest.skip.Exception as reason:
            print("missing", "ssh", str(reason), sep="\t")
        with container(place.path, jig) as via:
            if via:
                measure("podman exec", Way(via, jig, env), rounds, mib)
            else:
                print("missing", "podman exec", "no container runs here", sep="\t")


if __name__ == "__main__":
    main()
