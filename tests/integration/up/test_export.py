# SPDX-License-Identifier: MIT
"""jig export: the real tools accept, and run, what is written."""

from __future__ import annotations

import os

import exports
import helpers
import jsonschema
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


NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"}
WHOLE = {"type": "integer", "minimum": 0}


def shape(required: str = "", **properties) -> dict:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def many(items: dict) -> dict:
    return {"type": "array", "items": items, "minItems": 1}


TEXT = {"type": "string"}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
LABELS = shape("app", app=NAME)
PROBE = shape(
    exec=shape("command", command=many(TEXT)),
    httpGet=shape("port", path=TEXT, port=PORT, host=TEXT, scheme=TEXT),
    tcpSocket=shape("port", port=PORT, host=TEXT),
    initialDelaySeconds=WHOLE,
    periodSeconds={"type": "integer", "minimum": 1},
    timeoutSeconds={"type": "integer", "minimum": 1},
    failureThreshold={"type": "integer", "minimum": 1},
    successThreshold={"type": "integer", "minimum": 1},
)
CONTAINER = shape(
    "name image command",
    name=NAME,
    image=TEXT,
    command=many(TEXT),
    workingDir=TEXT,
    ports=many(shape("containerPort", containerPort=PORT)),
    env={"type": ["array", "null"], "items": shape("name", name=TEXT, value=TEXT)},
    readinessProbe=PROBE,
    livenessProbe=PROBE,
    tty={"type": "boolean"},
    stdin={"type": "boolean"},
)


def pod(*policies: str) -> dict:
    return shape(
        "spec",
        metadata=shape("labels", labels=LABELS),
        spec=shape(
            "containers restartPolicy",
            terminationGracePeriodSeconds=WHOLE,
            restartPolicy={"enum": list(policies)},
            containers=many(CONTAINER),
            securityContext=shape(runAsUser=WHOLE),
        ),
    )


#: The parts of the Kubernetes API that are written, from its reference.
KINDS = {
    "Deployment": shape(
        "selector template",
        replicas=WHOLE,
        selector=shape("matchLabels", matchLabels=LABELS),
        template=pod("Always"),
    ),
    "Job": shape(
        "template",
        suspend={"type": "boolean"},
        completions={"type": "integer", "minimum": 1},
        parallelism=WHOLE,
        backoffLimit=WHOLE,
        template=pod("Never", "OnFailure"),
    ),
    "Service": shape(
        "ports", selector=LABELS, ports=many(shape("port", port=PORT))
    ),
}
VERSIONS = {"Deployment": "apps/v1", "Job": "batch/v1", "Service": "v1"}


def test_kubernetes_objects_are_as_the_api_has_them(tmp_path):
    _, out = export(tmp_path, "kubernetes")
    found = list(yaml.safe_load_all((out / "shop.yaml").read_text()))
    assert {one["kind"] for one in found} == set(KINDS)
    for one in found:
        assert one["apiVersion"] == VERSIONS[one["kind"]]
        jsonschema.validate(one["metadata"], shape("name", name=NAME))
        jsonschema.validate(one["spec"], KINDS[one["kind"]])
        spec = one["spec"]
        if one["kind"] == "Deployment":
            labels = spec["template"]["metadata"]["labels"]
            assert labels == spec["selector"]["matchLabels"]


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


def test_names_that_are_one_label_are_refused(tmp_path):
    files = {"Procfile": "web_1: true\nweb-1: true\n"}
    done = export_project(tmp_path, files, "kubernetes", "out")
    assert done.status == 1
    assert "'web_1' and 'web-1' are both" in done.err


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
