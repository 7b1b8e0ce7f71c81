# SPDX-License-Identifier: MIT
"""`jig run --via 'podman exec -i …'`: a real container, without jig in its image.

podman exec forwards no signals. The image is a copy of busybox.
"""

import signal

import containers
from helpers import Running, run, wait_until


def left(container: str) -> list[str]:
    return containers.left("podman", container)


def words(container: str, *more: str) -> list[str]:
    return containers.jig_words("podman", container, *more)


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
