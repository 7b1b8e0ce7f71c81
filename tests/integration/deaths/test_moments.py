# SPDX-License-Identifier: MIT
"""SIGKILL to the owner, the guard or the supervisor after 0 to 5 ms: during set-up,
start and run (EDGE_CASES 13 and 14). After each kill no process is left; at the end
no control group and no registry file is left.

If the parent dies before jig has looked, jig notices it by the session of the adopting
process: the victims have their own session. Where the adopter is in the same one
("named owner"), jig is told the pid.
"""

import contextlib
import os
import signal
import subprocess
import time

import pytest
from helpers import DEADLINE_S, await_end, in_group, oracle, spin
from helpers import run as run_any, send, stage, stat_of

pytestmark = pytest.mark.usefixtures("own_registry")

TIMES = int(os.environ.get("JIG_MOMENTS", "50"))
LONGEST_S = 0.005
GONE_S = 20 * oracle.TIME_SCALE


def delays():
    """Growing, and denser at the beginning, where set-up is."""
    return [LONGEST_S * (i / TIMES) ** 2 for i in range(TIMES)]


class Victim:
    """One run under an owner (owner.c), up to the moment."""

    def __init__(self, tool, place, program, identity, group, adopter=()):
        owner = [str(stage.programs_path() / "owner"), *adopter]
        command = [*stage.as_identity(identity), *owner]
        # The program makes this file, and fails if it is there already.
        ready = place.work / f"ready-{time.monotonic_ns()}"
        command += [*tool, program, str(ready), "stay"]
        command = [*in_group(group), *command]
        self.started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=place.env,
            cwd=place.work,
            start_new_session=True,
        )
        self.owner = self.said("owner") if adopter else self.started.pid
        self.guard = self.said("pid")

    def said(self, word):
        line = self.started.stdout.readline().split()
        assert line[0].decode() == word, line
        return int(line[1])

    def supervisor(self):
        """The guard's child as soon as there is one; 0 when there will be none."""
        ends = time.monotonic() + DEADLINE_S
        path = f"/proc/{self.guard}/task/{self.guard}/children"
        while time.monotonic() < ends:
            try:
                with open(path, encoding="ascii") as children:
                    found = children.read().split()
            except OSError:
                return 0
            if found:
                return int(found[0])
        return 0

    def kill(self, which, delay):
        pids = {"guard": lambda: self.guard, "supervisor": self.supervisor}
        pid = pids.get(which, lambda: self.owner)()
        spin(delay)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL) if pid else None

    def finish(self):
        """All processes end; stop those that outlive the victim, as a user would."""
        with contextlib.suppress(ProcessLookupError):
            guard = os.pidfd_open(self.guard)
            try:
                await_end(guard)
            except AssertionError:
                send(guard, signal.SIGKILL)
                raise
            finally:
                os.close(guard)
                if self.owner == self.started.pid:
                    self.started.kill()
        self.started.wait(DEADLINE_S)
        self.started.stdout.close()


WHICH = ["guard", "supervisor", "owner", "named owner"]


@pytest.mark.parametrize("which", WHICH)
def test_13_14_kill_at_every_moment(which, place, cage, identity, group):
    if not (stage.programs_path() / "owner").exists():
        pytest.skip(f"no hostile programs in {stage.programs_path()}: build them first")
    run_it = [place.copy(stage.jig_path(), "jig"), "run", "--cage", cage]
    program = place.copy(stage.programs_path() / "session")
    is_named = which == "named owner"
    tool = [*run_it, *["--owner", "OWNER"] * is_named, "--grace", "50ms", "--"]
    guards = []
    for delay in delays():
        victim = Victim(tool, place, program, identity, group, ["-a"] * is_named)
        guards.append(victim.guard)
        victim.kill(which, delay)
        victim.finish()
        left = oracle.wait_gone(place.programs[-1], GONE_S)
        assert not left, f"{which} after {delay * 1e6:.0f} us: {oracle.describe(left)}"
    # A supervisor whose guard was killed clears up itself; then the next jig can
    # find none but what was abandoned.
    assert place.await_empty() == []
    last = [*stage.as_identity(identity), *run_it, "true"]
    last = [*in_group(group), *last] if group else last
    assert run_any(last, env=place.env).status == 0
    assert not group or stage.groups_in(group) == []
    assert files_of(guards, identity, place) == []


def files_of(guards, identity, place):
    """But those under a name with a dot whose number another process has by now: jig
    takes that one for a jig that is about to lock it."""
    folder = place.registry(identity)
    found = [(pid, path) for pid in guards for path in folder.glob(f"*jig-{pid}-*")]
    return [path for pid, path in found if path.name[0] != "." or not stat_of(pid)]
