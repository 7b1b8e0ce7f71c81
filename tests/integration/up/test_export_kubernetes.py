# SPDX-License-Identifier: MIT
"""jig export kubernetes: objects of the API, and what they say of a service."""

from __future__ import annotations

import json
import os

import helpers
import jsonschema
import npm
import pytest
import yaml
from exports import VALUES, export_sample, need


def tool(*command: str) -> str:
    done = helpers.run(list(command))
    assert done.status == 0, done.err
    return done.out


def expanded(text: str) -> str:
    """As Kubernetes reads a value: $$ is $; $(NAME) would be a variable."""
    out, at = "", 0
    while at < len(text):
        assert not text.startswith("$(", at), text
        escaped = text.startswith("$$", at)
        out, at = out + text[at], at + 1 + escaped
    return out


def test_kubernetes_objects_are_parsed_by_kubectl(tmp_path):
    kubectl = need("kubectl")
    _, out = export_sample(tmp_path, "kubernetes")
    (out / "kustomization.yaml").write_text("resources: [shop.yaml]\n")
    found = list(yaml.safe_load_all(tool(kubectl, "kustomize", str(out))))
    kinds = {(one["kind"], one["metadata"]["name"]): one for one in found}
    assert ("Job", "shop-migrate") in kinds
    web = kinds["Deployment", "shop-web"]["spec"]
    pod = web["template"]["spec"]["containers"][0]
    got = {v["name"]: expanded(v["value"]) for v in pod["env"]}
    assert web["replicas"] == 3
    assert {name: got[name] for name in VALUES} == VALUES


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
#: Only readiness may need more than one success.
ONCE = {**PROBE, "properties": {**PROBE["properties"], "successThreshold": {"const": 1}}}
CONTAINER = shape(
    "name image command",
    name=NAME,
    image=TEXT,
    command=many(TEXT),
    workingDir=TEXT,
    ports=many(shape("containerPort", containerPort=PORT)),
    env=many(shape("name", name=TEXT, value=TEXT)),
    lifecycle=shape("preStop", preStop=shape("exec", exec=PROBE["properties"]["exec"])),
    startupProbe=ONCE,
    readinessProbe=PROBE,
    livenessProbe=ONCE,
    tty={"type": "boolean"},
    stdin={"type": "boolean"},
)
#: Without restartPolicy an init container ends, and has no probes.
ENDS = {
    **CONTAINER,
    "properties": {
        name: what
        for name, what in CONTAINER["properties"].items()
        if not name.endswith("Probe") and name not in ("ports", "lifecycle")
    },
}
SIDECAR = {
    **CONTAINER,
    "properties": {**CONTAINER["properties"], "restartPolicy": {"const": "Always"}},
    "required": [*CONTAINER["required"], "restartPolicy"],
}


def pod(*policies: str) -> dict:
    return shape(
        "spec",
        metadata=shape("labels", labels=LABELS),
        spec=shape(
            "containers restartPolicy",
            terminationGracePeriodSeconds=WHOLE,
            shareProcessNamespace={"type": "boolean"},
            restartPolicy={"enum": list(policies)},
            initContainers=many({"anyOf": [SIDECAR, ENDS]}),
            containers=many(CONTAINER),
            securityContext=shape(runAsUser=WHOLE, runAsGroup=WHOLE),
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
        "ports", selector=LABELS, ports=many(shape("name port", name=NAME, port=PORT))
    ),
    "Pod": pod("Always", "OnFailure", "Never")["properties"]["spec"],
}
VERSIONS = {"Deployment": "apps/v1", "Job": "batch/v1", "Service": "v1", "Pod": "v1"}


def validated(path) -> list[dict]:
    """The objects of a file, each as the API has it."""
    found = list(yaml.safe_load_all(path.read_text()))
    for one in found:
        assert one["apiVersion"] == VERSIONS[one["kind"]]
        jsonschema.validate(one["metadata"], shape("name", name=NAME, labels=LABELS))
        jsonschema.validate(one["spec"], KINDS[one["kind"]])
    return found


def test_kubernetes_objects_are_as_the_api_has_them(tmp_path):
    _, out = export_sample(tmp_path, "kubernetes")
    found = validated(out / "shop.yaml")
    assert {one["kind"] for one in found} == {"Deployment", "Job", "Service"}
    for one in found:
        if one["kind"] == "Deployment":
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert labels == one["spec"]["selector"]["matchLabels"]


# -------------------------------------------------------------- the API's schema


def wrong_objects(found: list[dict], path) -> list[str]:
    """What the schema of the API refuses, of which an npm package is made."""
    npm.need("node")
    program = helpers.TOP / "tests" / "support" / "programs" / "kubernetes_schema.js"
    (path / "found.json").write_text(json.dumps(found))
    env = {**os.environ, "NODE_PATH": str(npm.peers())}
    done = helpers.run(["node", str(program), str(path / "found.json")], env=env)
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_the_schema_of_the_api_takes_each_kind_of_object(tmp_path):
    _, out = export_sample(tmp_path, "kubernetes")
    found = list(yaml.safe_load_all((out / "shop.yaml").read_text()))
    for place, options, command in (
        ("http", [], ()),
        ("pod", ["--pod"], ()),
        ("job", ["--pod", "-u", "1000:50"], ("./test", "$(x)")),
    ):
        (tmp_path / place).mkdir()
        text = HTTP if place == "http" else PROJECT
        found += exported(tmp_path / place, text, *options, command=command)[0]
    assert {one["kind"] for one in found} == {"Deployment", "Job", "Pod", "Service"}
    assert wrong_objects(found, tmp_path) == []


def test_the_schema_of_the_api_refuses_what_it_does_not_have(tmp_path):
    (found, *_), _ = exported(tmp_path, HTTP)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    del container["name"]
    container["startupProbe"]["periodSeconds"] = "7"
    (said,) = wrong_objects([found], tmp_path)
    assert "must have required property name" in said or "periodSeconds" in said


# ------------------------------------------------------------- what they say


def exported(path, text: str, *options: str, command=()) -> tuple[list[dict], str]:
    """The objects of a jig.yaml, and what was noted."""
    (path / "jig.yaml").write_text(text)
    behind = ["--", *command] if command else []
    words = ["export", "-a", "shop", *options, "kubernetes", "out", *behind]
    done = helpers.run(helpers.jig(*words), cwd=path)
    assert done.status == 0, done.err
    return validated(path / "out" / "shop.yaml"), done.err


def only(items: list):
    (one,) = items
    return one


def container_of(path, text: str, *options: str) -> dict:
    found, _ = exported(path, text, *options)
    deployment = only([one for one in found if one["kind"] == "Deployment"])
    return only(deployment["spec"]["template"]["spec"]["containers"])


HTTP = """
processes:
  web:
    command: serve
    availability: {restart: always}
    readiness_probe:
      http_get: {port: 8080, path: /up}
      initial_delay_seconds: 4
      period_seconds: 7
      timeout_seconds: 3
      failure_threshold: 9
      success_threshold: 2
"""


def test_times_and_thresholds_are_those_of_the_file(tmp_path):
    web = container_of(tmp_path, HTTP)
    get = {"path": "/up", "port": 8080}
    times = {"initialDelaySeconds": 4, "periodSeconds": 7, "timeoutSeconds": 3}
    times["failureThreshold"] = 9
    assert web["readinessProbe"] == {"httpGet": get, **times, "successThreshold": 2}
    assert web["startupProbe"] == {"httpGet": get, **times, "successThreshold": 1}


def test_the_start_timeout_is_a_number_of_attempts(tmp_path):
    text = "processes: {a: {command: x, ready: 'tcp:80', start_timeout: 90s}}"
    probe = container_of(tmp_path, text)["startupProbe"]
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (1, 90)


def test_with_jig_in_the_image_probes_run_it(tmp_path):
    probe = container_of(tmp_path, HTTP, "--jig", "/bin/jig")["startupProbe"]
    address = "http:127.0.0.1:8080/up owner=any"
    words = ["/bin/jig", "ready", "--timeout", "3s", "--", address]
    assert probe["exec"]["command"] == words


def test_a_probe_that_no_kubelet_makes_needs_jig_in_the_image(tmp_path):
    text = "processes: {a: {command: x, ready: ['unix:/run/a', 'file:/run/b']}}"
    found, noted = exported(tmp_path, text)
    words = ["jig", "ready", "--timeout", "1s", "--", "unix:/run/a", "file:/run/b"]
    pod = found[0]["spec"]["template"]["spec"]
    assert pod["containers"][0]["startupProbe"]["exec"]["command"] == words
    assert "the image must have it" in noted


@pytest.mark.parametrize("text", ["$HOME", "$(x)", "$$", "$$(x)", "$$$", "a$", "$$x("])
def test_a_dollar_means_itself(tmp_path, text):
    environment = {"A": text.replace("$", "$$")}
    service = {"command": text.replace("$", "$$"), "environment": environment}
    web = container_of(tmp_path, json.dumps({"processes": {"a": service}}))
    assert expanded(web["command"][-1]) == text
    assert expanded(only([v for v in web["env"] if v["name"] == "A"])["value"]) == text
    assert "$(" in text or "$$" in text or web["command"][-1] == text


def test_the_stop_command_runs_first(tmp_path):
    text = "processes: {a: {command: x, shutdown: {command: 'drain $$$$'}}}"
    stop = container_of(tmp_path, text)["lifecycle"]["preStop"]
    assert stop["exec"]["command"] == ["/bin/sh", "-c", "drain $$$"]


PLACES = """
processes:
  a: {command: x, working_dir: sub, readiness_probe: {exec: {command: probe}}}
  b: {command: x}
  c: {command: x, working_dir: /srv}
"""


def test_no_path_of_this_machine_is_written(tmp_path):
    _, noted = exported(tmp_path, PLACES)
    text = (tmp_path / "out" / "shop.yaml").read_text()
    assert str(tmp_path) not in text
    assert "a: its directory sub is left out" in noted
    assert "workingDir: \"/srv\"" in text and text.count("workingDir") == 1


def test_workdir_stands_for_the_projects_directory(tmp_path):
    found, _ = exported(tmp_path, PLACES, "--workdir", "/app")
    pods = [one["spec"]["template"]["spec"]["containers"][0] for one in found]
    assert [pod["workingDir"] for pod in pods] == ["/app/sub", "/app", "/srv"]
    command = pods[0]["startupProbe"]["exec"]["command"]
    assert command == ["/bin/sh", "-c", "cd '/app/sub' && probe"]


def test_a_user_that_is_a_number(tmp_path):
    found, _ = exported(tmp_path, "processes: {a: {command: x}}", "-u", "1000:50")
    pod = found[0]["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsUser": 1000, "runAsGroup": 50}


def test_the_ports_of_probes_have_a_service(tmp_path):
    """Its name is the address for the others."""
    found, noted = exported(tmp_path, HTTP)
    service = only([one for one in found if one["kind"] == "Service"])
    assert service["metadata"]["name"] == "shop-web"
    assert service["spec"]["ports"] == [{"name": "p8080", "port": 8080}]
    assert "the others reach it as shop-web:8080" in noted


PROJECT = """
processes:
  web:
    command: serve
    depends_on:
      migrate: {condition: process_completed_successfully}
  migrate: {command: migrate, depends_on: {db: {condition: process_healthy}}}
  db: {command: postgres, ready: 'tcp:5432', stop: 'INT 25s KILL'}
  off: {command: x, disabled: true}
"""


def shown(pod: dict) -> list[tuple]:
    first = pod.get("initContainers", [])
    return [(one["name"], one.get("restartPolicy")) for one in first]


def test_a_job_has_the_services_beside_its_command(tmp_path):
    found, _ = exported(tmp_path, PROJECT, "--pod", command=["./test", "$(x)"])
    job = only(found)
    assert (job["kind"], job["spec"]["backoffLimit"]) == ("Job", 0)
    pod = job["spec"]["template"]["spec"]
    assert shown(pod) == [("db", "Always"), ("migrate", None), ("web", "Always")]
    main = only(pod["containers"])
    assert (main["name"], main["command"]) == ("command", ["./test", "$$(x)"])
    assert pod["restartPolicy"] == "Never"
    assert pod["terminationGracePeriodSeconds"] == 25
    assert "startupProbe" in pod["initContainers"][0]


def test_a_pod_begins_in_the_order_of_dependencies(tmp_path):
    found, noted = exported(tmp_path, PROJECT, "--pod")
    pod = only(found)
    assert pod["kind"] == "Pod" and "off: disabled: not in the pod" in noted
    assert shown(pod["spec"]) == [("db", "Always"), ("migrate", None)]
    assert only(pod["spec"]["containers"])["name"] == "web"


def test_each_instance_in_a_pod_has_its_own_port(tmp_path):
    (tmp_path / "Procfile").write_text("web: serve\n")
    words = ["export", "--pod", "-a", "shop", "-c", "web=2", "kubernetes", "out"]
    assert helpers.run(helpers.jig(*words), cwd=tmp_path).status == 0
    pod = only(validated(tmp_path / "out" / "shop.yaml"))["spec"]
    ports = [one["ports"][0]["containerPort"] for one in pod["containers"]]
    assert ([one["name"] for one in pod["containers"]], ports) == (
        ["web-1", "web-2"],
        [5000, 5001],
    )
    assert pod["restartPolicy"] == "Always"


@pytest.mark.parametrize("names", [("web_1", "web-1"), ("command", "b")])
def test_two_containers_of_one_name_are_refused(tmp_path, names):
    services = {name: {"command": "x"} for name in names}
    (tmp_path / "jig.yaml").write_text(json.dumps({"processes": services}))
    words = ["export", "--pod", "kubernetes", "out", "--", "true"]
    done = helpers.run(helpers.jig(*words), cwd=tmp_path)
    assert done.status == 1 and "is needed twice" in done.err


def test_pod_is_for_kubernetes_alone(tmp_path):
    (tmp_path / "Procfile").write_text("web: serve\n")
    words = helpers.jig("export", "--pod", "systemd", "out")
    done = helpers.run(words, cwd=tmp_path)
    assert done.status == helpers.FAILED and "not for systemd" in done.err


def test_names_that_are_one_label_are_refused(tmp_path):
    (tmp_path / "Procfile").write_text("web_1: true\nweb-1: true\n")
    done = helpers.run(helpers.jig("export", "kubernetes", "out"), cwd=tmp_path)
    assert done.status == 1
    assert "'web_1' and 'web-1' are both" in done.err
