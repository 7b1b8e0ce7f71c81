# SPDX-License-Identifier: MIT
"""The runtime directory may be on a file system that stops answering: then
neither guard nor supervisor touches it, and the report says so."""

import json
import signal

import pytest
from helpers import jig, run as run_any, stage

NOT_REGISTERED = "not registered: the runtime directory's file system may not answer"


@pytest.fixture
def runtime(hung, place):
    """In that file system; nothing of it is in the kernel's cache for long."""
    path = hung.path / "rt"
    path.mkdir(mode=0o700)
    return {**place.env, "JIG_RUNTIME_DIR": str(path)}


@pytest.fixture(params=["cgroup", "subreaper"])
def kind(request) -> str:
    if request.param == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    return request.param


@pytest.mark.parametrize("operation", ["lookup", "getattr", "opendir", "mkdir"])
def test_38_a_runtime_directory_that_hangs_holds_nothing_up(
    start, hung, runtime, kind, operation
):
    hung.hang(operation)
    words = ["--cage", kind, "--", "sh", "-c", "echo on; exec sleep 1000"]
    jig = start(*words, env=runtime)
    jig.await_line("on")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 143, jig.err()


def test_38_a_timeout_is_kept_beside_a_runtime_directory_that_hangs(
    start, hung, runtime, kind
):
    hung.hang("getattr")
    words = ["--cage", kind, "--timeout", "500ms", "--", "sleep", "1000"]
    assert start(*words, env=runtime).wait() == 124


def test_38_the_report_says_why_a_cage_is_not_registered(run, place, runtime):
    report = place.work / "report"
    words = ["--cage", "subreaper", "--report", str(report), "--", "true"]
    assert run(*words, env=runtime).status == 0
    assert NOT_REGISTERED in json.loads(report.read_text())["cage"]["reason"]


def test_a_local_runtime_directory_is_used(run, place):
    folder = place.work / "rt"
    folder.mkdir(mode=0o700)
    env = {**place.env, "JIG_RUNTIME_DIR": str(folder)}
    done = run("-v", "--cage", "subreaper", "--", "ls", str(folder), env=env)
    assert done.status == 0
    assert done.out.startswith("jig-")
    assert "not registered" not in done.err
    assert not list(folder.iterdir())


def test_38_doctor_says_that_it_is_not_used(hung, runtime):
    hung.hang("lookup")
    done = run_any(jig("doctor", "--json"), env=runtime)
    assert json.loads(done.out)["runtime_directory"] == {
        "path": runtime["JIG_RUNTIME_DIR"],
        "problem": "its file system may not answer, so it is not used",
        "owner": None,
        "mode": None,
        "file_system": None,
    }
