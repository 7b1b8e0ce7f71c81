# SPDX-License-Identifier: MIT
"""jig export: the real tools accept, and run, what is written."""

from __future__ import annotations

import json
import os
import pathlib

import exports
import helpers
import pytest
import yaml
from exports import export_sample as export, need

FORMATS = ("systemd", "compose", "kubernetes", "supervisord", "runit", "s6-rc")
EXPECTED = {**exports.VALUES, "COMMON": "of all"}


def tool(*command, env=None) -> str:
    done = helpers.run([str(word) for word in command], env=env)
    assert done.status == 0, done.err
    return done.out + done.err


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
    assert "shop.conf existed and is replaced" in done.err
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


def test_services_of_yaml_have_no_port(tmp_path):
    (tmp_path / "jig.yaml").write_text("processes: {a: {command: x}}\n")
    for format_ in FORMATS:
        assert helpers.run(helpers.jig("export", format_, format_), cwd=tmp_path).status == 0
        texts = [p.read_text() for p in (tmp_path / format_).rglob("*") if p.is_file()]
        assert not any("PORT" in text or "containerPort" in text for text in texts)


@pytest.mark.parametrize("format_", ["systemd", "compose", "kubernetes", "runit"])
def test_http_get_becomes_a_probe_of_any_owner(tmp_path, format_):
    """http_get of a process-compose file becomes "http:… owner=any"."""
    yaml = "processes: {a: {command: x, readiness_probe: {http_get: {port: 81}}}}"
    (tmp_path / "jig.yaml").write_text(yaml)
    words = helpers.jig("export", format_, "out")
    result = helpers.run(words, cwd=tmp_path)
    assert result.status == 0 and "cannot ask" not in result.err, result
    texts = [p.read_text() for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert any("81" in text for text in texts)


PROCFILE = "web: exec sleep 1000\nworker: echo $PORT 100%\n"
YAML = "processes:\n  web:\n    command: sleep 1000\n  worker:\n    command: echo hi\n"


def export_project(path, files, *words):
    for name, text in files.items():
        (path / name).write_text(text)
    return helpers.run(helpers.jig("export", *words), cwd=path)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "files", [{"Procfile": PROCFILE}, {"process-compose.yaml": YAML}], ids=["P", "Y"]
)
def test_a_project_is_written_in_each_format(tmp_path, format_, files):
    how = ["-a", "shop", "-u", "web", "-i", "img:1", "-l", "/var/log/shop"]
    done = export_project(tmp_path, files, *how, format_, "out")
    assert done.status == 0, done.err
    every = [one for one in (tmp_path / "out").rglob("*") if one.is_file()]
    assert done.out == f"{len(every)} file{'s'[:len(every) != 1]} written to out\n"
    text = "".join(one.read_text() for one in every)
    container = format_ in ("compose", "kubernetes")
    assert ("img:1" in text) == container
    assert ("/var/log/shop/w" in text) == (not container)
    assert "shop" in text or format_ == "compose"
    assert "sleep 1000" in text
    if format_ == "kubernetes":
        assert "shop: kubernetes needs a number for a user" in done.err


def test_an_unknown_format_names_the_nearest(tmp_path):
    done = export_project(tmp_path, {"Procfile": PROCFILE}, "systemb", "out")
    assert done.status == helpers.FAILED
    assert "did you mean 'systemd'?" in done.err


def test_a_path_that_is_not_a_directory(tmp_path):
    files = {"Procfile": PROCFILE, "out": "kept"}
    done = export_project(tmp_path, files, "systemd", "out")
    assert done.status == 1
    assert (tmp_path / "out").read_text() == "kept"


@pytest.mark.parametrize("format_", FORMATS)
def test_a_user_adds_no_line(tmp_path, format_):
    files = {"Procfile": PROCFILE}
    done = export_project(tmp_path, files, "-u", "a\nExecStartPre=x", format_, "out")
    assert done.status == 1
    assert "is not a user name" in done.err
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("format_", ("systemd", "supervisord"))
def test_a_log_file_adds_no_line(tmp_path, format_):
    files = {"Procfile": PROCFILE}
    done = export_project(tmp_path, files, "-l", "/a\nUser=root", format_, "out")
    assert done.status == 1
    assert "cannot express this log file" in done.err


@pytest.mark.parametrize("format_", FORMATS)
def test_a_service_of_0_instances(tmp_path, format_):
    """compose can express it; the other formats leave it out and say so."""
    text = "processes:\n  a: {command: sleep 1}\n"
    text += "  b: {command: sleep 1, replicas: 0}\n"
    (tmp_path / "jig.yaml").write_text(text)
    (tmp_path / "out").mkdir()
    words = helpers.jig("export", format_, str(tmp_path / "out"))
    done = helpers.run(words, cwd=tmp_path)
    assert done.status == 0, done.err
    assert ("0 instances: not written" in done.err) == (format_ != "compose")
    written = "".join(one.read_text() for one in (tmp_path / "out").rglob("*.yaml"))
    if format_ == "compose":
        assert yaml.safe_load(written)["services"]["b"]["deploy"]["replicas"] == 0


# ------------------------------------------------------ what each format says


def written(path: pathlib.Path) -> dict[str, str]:
    """The files of ./out by their names."""
    out = path / "out"
    files = [one for one in out.rglob("*") if one.is_file()]
    return {str(one.relative_to(out)): one.read_text() for one in files}


@pytest.mark.parametrize("policy", ["", "always", "on-failure", "no"])
def test_a_procfile_is_restarted_as_the_option_says(tmp_path, policy):
    """By default always, as Foreman's templates; and a note says so."""
    options = ["-a", "shop", "--restart", policy] if policy else ["-a", "shop"]
    files = {"Procfile": "web: serve\n"}
    done = export_project(tmp_path, files, *options, "systemd", "out")
    assert ("services are always restarted" in done.err) == (not policy)
    assert f"\nRestart={policy or 'always'}\n" in written(tmp_path)["shop-web-1.service"]


def test_a_yaml_file_says_itself_what_is_restarted(tmp_path):
    text = "processes: {a: {command: x}, b: {command: x, availability: {restart: always}}}"
    export_project(tmp_path, {"jig.yaml": text}, "-a", "shop", "systemd", "out")
    assert "\nRestart=no\n" in written(tmp_path)["shop-a-1.service"]
    words = ("-a", "shop", "--restart", "on-failure", "systemd", "out")
    export_project(tmp_path, {}, *words)
    assert "\nRestart=on-failure\n" in written(tmp_path)["shop-a-1.service"]
    assert "\nRestart=always\n" in written(tmp_path)["shop-b-1.service"]


def test_a_service_whose_end_is_awaited_is_not_always_restarted(tmp_path):
    text = "processes: {a: {command: x}, b: {command: x, depends_on: "
    text += "{a: {condition: process_completed}}}}"
    words = ("-a", "shop", "--restart", "always", "supervisord", "out")
    export_project(tmp_path, {"jig.yaml": text}, *words)
    a, b = written(tmp_path)["shop.conf"].split("[program:shop-b-1]")
    assert "autorestart=unexpected\n" in a and "autorestart=true\n" in b


READY = """
processes:
  web:
    command: serve
    readiness_probe:
      http_get: {port: 8080}
      initial_delay_seconds: 1.5s
      period_seconds: 250ms
      timeout_seconds: 3
      failure_threshold: 9
      success_threshold: 2
"""


def test_systemd_asks_with_the_times_of_the_file(tmp_path):
    export_project(tmp_path, {"jig.yaml": READY}, "-a", "shop", "systemd", "out")
    (line,) = [
        line
        for line in written(tmp_path)["shop-web-1.service"].splitlines()
        if line.startswith("ExecStartPost=")
    ]
    assert line == (
        'ExecStartPost="jig" "ready" --pid $MAINPID "--timeout" "6750ms" "--interval" '
        '"250ms" "--delay" "1500ms" "--attempt" "3s" "--successes" "2" "--" '
        '"http:127.0.0.1:8080/ owner=any"'
    )


def test_compose_asks_with_the_times_of_the_file(tmp_path):
    done = export_project(tmp_path, {"jig.yaml": READY}, "compose", "out")
    text = written(tmp_path)["docker-compose.yaml"]
    words = ["jig", "ready", "--timeout", "3s", "--", "http:127.0.0.1:8080/ owner=any"]
    assert yaml.safe_load(text)["services"]["web"]["healthcheck"] == {
        "test": ["CMD", *words],
        "interval": "250ms",
        "timeout": "3s",
        "retries": 9,
        "start_period": "1500ms",
    }
    assert str(tmp_path) not in text
    assert "compose needs one success of its probe" in done.err


LISTEN = """
processes:
  web:
    command: serve
    listen: [http=127.0.0.1:8080, ctl=unix:run/ctl, any=:0]
    ready: "http:{http}/up"
"""


def test_listen_becomes_socket_units(tmp_path):
    done = export_project(tmp_path, {"jig.yaml": LISTEN}, "-a", "shop", "systemd", "out")
    files = written(tmp_path)
    assert "ListenStream=127.0.0.1:8080\n" in files["shop-web-1-http.socket"]
    assert f"ListenStream={tmp_path}/run/ctl\n" in files["shop-web-1-ctl.socket"]
    assert "FileDescriptorName=ctl\n" in files["shop-web-1-ctl.socket"]
    unit = files["shop-web-1.service"]
    assert "Requires=shop-web-1-http.socket\n" in unit
    assert 'Environment="HTTP_ADDR=127.0.0.1:8080"\n' in unit
    assert '"http:127.0.0.1:8080/up"' in unit
    assert "cannot ask for a free port: 'any=:0' is left out" in done.err


@pytest.mark.parametrize("format_", [one for one in FORMATS if one != "systemd"])
def test_sockets_that_are_not_made_are_noted(tmp_path, format_):
    done = export_project(tmp_path, {"jig.yaml": LISTEN}, format_, "out")
    assert f"{format_} does not create its sockets (listen)" in done.err


@pytest.mark.parametrize("format_", FORMATS)
def test_workdir_stands_for_the_directory(tmp_path, format_):
    files = {"jig.yaml": "processes: {a: {command: x, working_dir: sub}}"}
    export_project(tmp_path, files, "--workdir", "/srv/shop", format_, "out")
    text = "".join(written(tmp_path).values())
    assert "/srv/shop/sub" in text and str(tmp_path) not in text


@pytest.mark.parametrize("format_", FORMATS)
def test_a_workdir_is_absolute(tmp_path, format_):
    done = export_project(tmp_path, {"Procfile": PROCFILE}, "--workdir", "a", format_, "o")
    assert done.status == helpers.FAILED and "an absolute path" in done.err


def test_slurm_runs_jig_up_with_the_same_options(tmp_path):
    (tmp_path / "my.yaml").write_text("processes: {a: {command: x}}")
    options = ["-f", "my.yaml", "-c", "a=2", "--restart", "no", "-a", "shop", "-l", "logs"]
    words = helpers.jig("export", *options, "slurm", "out", "--", "./it's")
    done = helpers.run(words, cwd=tmp_path)
    assert done.status == 0, done.err
    lines = written(tmp_path)["shop.sbatch"].splitlines()
    assert lines[0] == "#!/bin/sh"
    assert f"#SBATCH --output={tmp_path}/logs/shop-%j.log" in lines
    assert lines[-1] == (
        f"exec 'jig' up '--file={tmp_path}/my.yaml' '--directory={tmp_path}' "
        "'--concurrency=a=2' '--restart=no' -- './it'\\''s'"
    )


def test_slurm_gets_one_line_for_each_path(tmp_path):
    """What stands behind a newline would be a command of the script."""
    for option in ("--workdir", "--log"):
        words = (option, "/w\ntouch bad", "slurm", "out")
        done = export_project(tmp_path, {"Procfile": PROCFILE}, *words)
        assert done.status == 1 and "cannot express" in done.err
    words = ("-a", "shop", "-l", "/var/100%user", "slurm", "out")
    export_project(tmp_path, {"Procfile": PROCFILE}, *words)
    assert "#SBATCH --output=/var/100%%user/shop-%j.log\n" in written(tmp_path)["shop.sbatch"]


@pytest.mark.parametrize("address", ["unix:/run/a\nExecStartPre=bad", "a\nb:80", "/run/a\\"])
def test_a_socket_unit_gets_one_line_for_an_address(tmp_path, address):
    """What stands behind a newline would be a setting of the unit."""
    text = {"processes": {"a": {"command": "x", "listen": {"http": address}}}}
    done = export_project(tmp_path, {"jig.yaml": json.dumps(text)}, "systemd", "out")
    assert done.status == 1 and "cannot express this socket" in done.err


def test_a_stop_has_the_time_of_the_option(tmp_path):
    """A file that says it itself wins."""
    text = "processes: {a: {command: x}, b: {command: x, stop: INT 3s KILL}}"
    words = ("-a", "shop", "-t", "42s", "systemd", "out")
    export_project(tmp_path, {"jig.yaml": text}, *words)
    units = written(tmp_path)
    assert "TimeoutStopSec=42\n" in units["shop-a-1.service"]
    assert "TimeoutStopSec=3\n" in units["shop-b-1.service"]


def test_compose_says_where_others_reach_a_service(tmp_path):
    done = export_project(tmp_path, {"jig.yaml": READY}, "compose", "out")
    assert "web: the others reach it as web:8080, not as localhost" in done.err


def test_the_number_in_a_probe(tmp_path):
    """The shell's variable stays one; the template's mark is the number."""
    probe = "exec:test $${PC_REPLICA_NUM} = {{.PC_REPLICA_NUM}}"
    text = f'processes: {{a: {{command: "true", replicas: 2, ready: "{probe}"}}}}\n'
    (tmp_path / "jig.yaml").write_text(text)
    exports.export(tmp_path, "runit", tmp_path / "out")
    for number in (0, 1):
        check = (tmp_path / "out" / f"shop-a-{number + 1}" / "check").read_text()
        assert f"exec:test ${{PC_REPLICA_NUM}} = {number}'" in check
