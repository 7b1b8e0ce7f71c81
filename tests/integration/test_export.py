# SPDX-License-Identifier: MIT
"""jig export: the real tools accept, and run, what is written."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import time

import helpers
import pytest
import yaml

FORMATS = ("systemd", "compose", "kubernetes", "supervisord", "runit")
EXPECTED = {
    "QUOTES": "a\"b'c `d`",
    "DOLLAR": "$HOME ${X} $(date) $$",
    "PERCENT": "%n %% %(here)s ; x # y",
    "LINES": "one\n  two\n\n#three\n",
    "BACK": "\\n\\\\ \\",
    "UNICODE": "žluťoučký 🐎",
    "EMPTY": "",
    "COMMON": "of all",
}


def sample() -> str:
    built = pathlib.Path(helpers.stage.jig_path()).parent
    path = built / "tests" / "unit" / "export_sample"
    if not path.exists():
        pytest.skip("tests/unit/export_sample is not built")
    return str(path)


def need(tool: str) -> str:
    return shutil.which(tool) or pytest.skip(f"{tool} is not installed")


def export(path: pathlib.Path, format_: str, *words: str):
    (path / "out").mkdir(exist_ok=True)
    (path / "work").mkdir(exist_ok=True)
    command = [sample(), format_, str(path / "out"), str(path / "work"), *words]
    return helpers.run(command), path / "out"


def tool(*command, env=None) -> str:
    done = helpers.run([str(word) for word in command], env=env)
    assert done.status == 0, done.err
    return done.out + done.err


def until(what, why: str):
    end = time.monotonic() + helpers.DEADLINE_S
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def stop(process: subprocess.Popen, signo: int) -> None:
    process.send_signal(signo)
    try:
        process.wait(helpers.DEADLINE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("format_", FORMATS)
def test_what_cannot_be_said_is_noted(tmp_path, format_):
    done, out = export(tmp_path, format_)
    assert done.status == 0, done.err
    assert int(done.out) == sum(one.is_file() for one in out.rglob("*"))
    assert "liveness" in done.err or "no probes" in done.err or format_ == "kubernetes"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_name_leads_out_of_no_directory(tmp_path, format_):
    done, out = export(tmp_path, format_, "../web")
    assert done.status == 1
    assert "'../web'" in done.err
    assert not list(out.iterdir())


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "other").write_text("kept")
    (tmp_path / "out" / "shop.conf").symlink_to(tmp_path / "other")
    done, out = export(tmp_path, "supervisord")
    assert "shop.conf was there and is replaced" in done.err
    assert (tmp_path / "other").read_text() == "kept"
    assert not (out / "shop.conf").is_symlink()
    assert "replaced" not in export(tmp_path, "supervisord")[0].err


def test_systemd_verifies_the_units(tmp_path):
    analyze = need("systemd-analyze")
    _, out = export(tmp_path, "systemd")
    env = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    said = tool(analyze, "verify", "--user", "--man=no", *out.iterdir(), env=env)
    assert said == ""


def test_compose_reads_the_very_values(tmp_path):
    compose = need("docker-compose")
    _, out = export(tmp_path, "compose")
    said = tool(compose, "-f", out / "docker-compose.yaml", "config")
    web = yaml.safe_load(said)["services"]["web"]
    got = {k: v.replace("$$", "$") for k, v in web["environment"].items()}
    assert {name: got[name] for name in EXPECTED} == EXPECTED
    assert web["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }
    assert web["deploy"]["replicas"] == 3


def test_kubernetes_objects_are_parsed_by_kubectl(tmp_path):
    kubectl = need("kubectl")
    _, out = export(tmp_path, "kubernetes")
    (out / "kustomization.yaml").write_text("resources: [shop.yaml]\n")
    found = list(yaml.safe_load_all(tool(kubectl, "kustomize", out)))
    kinds = {(one["kind"], one["metadata"]["name"]): one for one in found}
    assert ("Job", "shop-migrate") in kinds
    web = kinds["Deployment", "shop-web"]["spec"]
    pod = web["template"]["spec"]["containers"][0]
    got = {v["name"]: v["value"].replace("$$", "$") for v in pod["env"]}
    assert web["replicas"] == 3
    assert {name: got[name] for name in EXPECTED} == EXPECTED


def env_of(path: pathlib.Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def check_env(work: pathlib.Path) -> None:
    """env(1) wrote it: EXPECTED's lines stand in it as they are."""
    for port in (5000, 5001, 5002):
        path = work / f"env.{port}"
        until(lambda path=path: b"PWD=" in env_of(path), f"no {path}")
        for name, value in EXPECTED.items():
            assert f"{name}={value}\n".encode() in env_of(path)


def test_supervisord_runs_it(tmp_path):
    daemon, control = need("supervisord"), need("supervisorctl")
    _, out = export(tmp_path, "supervisord")
    conf = tmp_path / "main.conf"
    socket = tmp_path / "s"
    conf.write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={tmp_path}/log\n"
        f"pidfile={tmp_path}/pid\nchildlogdir={tmp_path}\n"
        f"[unix_http_server]\nfile={socket}\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
        "supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[include]\nfiles={out}/shop.conf\n"
    )
    process = subprocess.Popen(
        [daemon, "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        check_env(tmp_path / "work")
        said = helpers.run([control, "-s", f"unix://{socket}", "status"]).out
        assert said.count("RUNNING") == 4, said
        assert "STOPPED" in said
    finally:
        stop(process, signal.SIGTERM)


def test_runsvdir_runs_it(tmp_path):
    daemon, control = need("runsvdir"), need("sv")
    _, out = export(tmp_path, "runit")
    process = subprocess.Popen(
        [daemon, out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        check_env(tmp_path / "work")
        said = helpers.run([control, "status", f"{out}/shop-web-1"]).out
        assert said.startswith("run:")
        said = helpers.run([control, "status", f"{out}/shop-off-1"]).out
        assert said.startswith("down:")
    finally:
        for one in out.iterdir():
            helpers.run([control, "-w", "5", "force-stop", str(one)])
        stop(process, signal.SIGHUP)
