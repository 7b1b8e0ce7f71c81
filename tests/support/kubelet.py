# SPDX-License-Identifier: MIT
"""Runs a Pod as the kubelet does, with containers of podman, whose own `kube play`
knows no sidecars before 5.0: it would wait for the end of the first one.

The rules are those of the Kubernetes documentation: initContainers begin one after
the other, an ordinary one ends with success before the next one begins, and a
sidecar (restartPolicy: Always) has a startupProbe that holds; then the containers.
When they have ended, the sidecars are told to end, the last one first.
"""

from __future__ import annotations

import contextlib
import json

import helpers


class Pod:
    def __init__(self, name: str, spec: dict, mounts: list[str], env: dict[str, str]):
        self.name = name
        self.spec = spec
        self.mounts = mounts
        self.env = env
        self.sidecars: list[str] = []

    def podman(self, *words: str, **options) -> helpers.Result:
        return helpers.run(["podman", *words], env=self.env, **options)

    def _must(self, *words: str) -> str:
        done = self.podman(*words)
        assert done.status == 0, done
        return done.out

    def __enter__(self):
        share = "net,pid" if self.spec.get("shareProcessNamespace") else "net"
        self._must("pod", "create", "--name", self.name, "--network", "none", "--share", share)
        return self

    def __exit__(self, *_):
        self._must("pod", "rm", "--force", "--time", "20", self.name)

    def _words(self, one: dict) -> list[str]:
        words = ["--pod", self.name, "--name", one["name"]]
        words += [word for mount in self.mounts for word in ("--volume", mount)]
        words += ["--workdir", one["workingDir"], "--entrypoint", json.dumps(one["command"])]
        for pair in one.get("env", []):
            words += ["--env", f"{pair['name']}={pair['value']}"]
        return [*words, one["image"]]

    def _probe(self, one: dict) -> None:
        command = one["startupProbe"]["exec"]["command"]
        for _ in range(one["startupProbe"]["failureThreshold"]):
            if self.podman("exec", one["name"], *command).status == 0:
                return
        raise AssertionError(f"{one['name']} does not start")

    def start(self) -> None:
        """All initContainers."""
        for one in self.spec.get("initContainers", []):
            if one.get("restartPolicy") == "Always":
                self._must("run", "--detach", *self._words(one))
                self.sidecars.append(one["name"])
                if "startupProbe" in one:
                    self._probe(one)
            else:
                self._must("run", *self._words(one))

    def run(self) -> list[int]:
        """The containers to their end, then that of the sidecars. @return the statuses
        of the former."""
        statuses = [
            self.podman("run", *self._words(one)).status for one in self.spec["containers"]
        ]
        grace = str(self.spec["terminationGracePeriodSeconds"])
        for name in reversed(self.sidecars):
            self._must("stop", "--time", grace, name)
        return statuses


@contextlib.contextmanager
def started(name: str, spec: dict, mounts: list[str], env: dict[str, str]):
    with Pod(name, spec, mounts, env) as pod:
        pod.start()
        yield pod
