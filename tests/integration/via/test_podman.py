# SPDX-License-Identifier: MIT
"""`jig run --via 'podman exec -i …'`: a real container, without jig in its image.

podman exec forwards no signals. The image is a copy of busybox.
"""

import signal

from containers import podman
from helpers import Running, jig_run, run, wait_until

def left(container: str) -> list[str]:
    """Processes in it but its own, and copies of jig."""
    shown = podman("exec", container, "ps", "-o", "args").splitlines()[1:]
    found = [line for line in shown if "ps -o" not in line and line != "/bin/sleep 600"]
    return found + podman("exec", container, "ls", "/tmp").split()


def words(container: str, script: str, *options: str) -> list[str]:
    via = ["--via", f"podman exec -i {container}", "--via-push", *options]
    return jig_run(*via, "--", "/bin/sh", "-c", script)


def test_a_command_in_a_container(container, place):
    done = run(words(container, "(setsid sleep 100 &); echo in; exit 4", "-q"), env=place.env)
    assert done == (4, "in\n", "") and left(container) == []


def test_a_stop_reaches_what_runs_in_a_container(container, place):
    script = "trap 'echo term; exit 3' TERM; (setsid sleep 100 &); echo up; while :; do sleep 1; done"
    with Running(words(container, script), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.SIGTERM)
        result = running.end()
    assert (result.status, result.out) == (3, "term\n") and left(container) == []


def test_the_guard_here_is_killed(container, place):
    script = "(setsid sleep 100 &); echo up; exec sleep 100"
    with Running(words(container, script), env=place.env) as running:
        assert running.line() == "up"
        running.signal(signal.SIGKILL)
        running.wait()
    wait_until(lambda: left(container) == [], "nothing is left")
