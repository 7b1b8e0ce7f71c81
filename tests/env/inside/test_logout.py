# SPDX-License-Identifier: MIT
"""A job outlives the session of its user, also where logind ends what a user leaves
(KillUserProcesses=yes), if the user's manager stays."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess

import guest
import pytest
from helpers import jig, wait_until

pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or not guest.has_systemd(), reason="changes logind's settings"
)

USER, RUNTIME = "tester", "/run/user/1000"
SETTINGS = pathlib.Path("/run/systemd/logind.conf.d/50-jig.conf")
OWN = "sed -n s/^0:://p /proc/self/cgroup"


def in_session(*words: str) -> subprocess.CompletedProcess[str]:
    """In a session of the user's own, which ends with the words."""
    session = ["systemd-run", "--quiet", "--wait", "--pipe", "--collect"]
    session += ["-p", f"User={USER}", "-p", "PAMName=login"]
    session += ["-E", f"XDG_RUNTIME_DIR={RUNTIME}", "--working-directory=/"]
    return subprocess.run([*session, *words], check=False, capture_output=True, text=True)


def as_user(*words: str) -> None:
    """With the user's manager at hand."""
    environment = [
        f"XDG_RUNTIME_DIR={RUNTIME}", f"DBUS_SESSION_BUS_ADDRESS=unix:path={RUNTIME}/bus"
    ]  # fmt: skip
    subprocess.run(["runuser", "-u", USER, "--", "env", *environment, *words], check=True)


@contextlib.contextmanager
def in_service(*words: str):
    """In a service of the user's manager, which goes on after the words."""
    status = pathlib.Path(RUNTIME) / "status"
    status.unlink(missing_ok=True)
    script = '"$@"; echo "$?" >"$0.new"; mv "$0.new" "$0"; exec sleep 600'
    unit = ["systemd-run", "--user", "--quiet", "--collect", "--unit=jig-test"]
    as_user(*unit, "sh", "-c", script, str(status), *words)
    wait_until(status.exists, "the words have ended")
    assert status.read_text() == "0\n"
    try:
        yield
    finally:
        as_user("systemctl", "--user", "stop", "jig-test")


def restart() -> None:
    """However often: systemd limits the starts of a unit."""
    for verb in ("reset-failed", "restart"):
        subprocess.run(["systemctl", verb, "systemd-logind"], check=True)


def set_kill(wanted: str) -> None:
    SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    SETTINGS.write_text(f"[Login]\nKillUserProcesses={wanted}\n")
    restart()


@pytest.fixture
def logind():
    yield set_kill
    SETTINGS.unlink(missing_ok=True)
    restart()


@contextlib.contextmanager
def lingering():
    subprocess.run(["loginctl", "enable-linger", USER], check=True)
    try:
        yield
    finally:
        subprocess.run(["loginctl", "disable-linger", USER], check=True)


def jobs() -> list[dict]:
    return json.loads(in_session(*jig("jobs", "--json")).stdout)


def scope_of(pid: int) -> str:
    return str(guest.own_group(pid))


def end_all() -> None:
    names = [f"%{job['number']}" for job in jobs()]
    in_session(*jig("kill", *names))
    in_session(*jig("wait", *names))
    assert jobs() == []


def test_we_have_a_session_of_its_own():
    assert "/session-" in in_session("sh", "-c", OWN).stdout


def test_a_job_outlives_a_session_that_logind_kills(logind):
    logind("yes")
    with lingering():
        done = in_session(*jig("start", "sleep", "600"))
        assert done.returncode == 0 and "logind" not in done.stderr, done
        (job,) = jobs()
        assert job["state"] == "running"
        assert "/session-" not in scope_of(job["pid"])
        assert "user@1000.service" in scope_of(job["pid"])
        end_all()


def test_a_job_of_a_service_is_a_part_of_it(logind):
    """It outlives sessions, as the service does, and ends with the service."""
    logind("yes")
    with lingering():
        with in_service(*jig("start", "sleep", "600")):
            (job,) = jobs()  # Another session has come and gone.
            assert job["state"] == "running"
            assert "/jig-test.service" in scope_of(job["pid"])
        gone = pathlib.Path(f"/proc/{job['pid']}")
        wait_until(lambda: not gone.exists(), "the job has ended")
        assert [one for one in jobs() if one["state"] == "running"] == []
        end_all()


def test_without_a_manager_that_lingers_jig_says_what_will_happen(logind):
    logind("yes")
    done = in_session(*jig("start", "sleep", "600"))
    assert done.returncode == 0 and "loginctl enable-linger" in done.stderr, done
    end_all()


def test_where_logind_kills_nothing_a_job_stays_where_it_is(logind):
    logind("no")
    done = in_session(*jig("start", "sleep", "600"))
    assert done.returncode == 0 and "logind" not in done.stderr, done
    (job,) = jobs()
    assert "/session-" in scope_of(job["pid"])
    end_all()
