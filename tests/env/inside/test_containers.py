# SPDX-License-Identifier: MIT
"""What jig export writes for containers: run by the docker-compose of docker.sh, and
played by the podman of podman.sh.

The image is empty: the machine's /usr is there as a volume, read-only, and jig."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile

import exports
import helpers
import kubelet
import pytest
import yaml

docker = pytest.mark.skipif("DOCKER_HOST" not in os.environ, reason="no Docker here")
podman = pytest.mark.skipif("JIG_PODMAN" not in os.environ, reason="no podman here")


def image() -> bytes:
    """Directories to mount on, and the links to /usr that Debian has."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("usr", "proc", "sys", "dev", "etc", "tmp"):
            item = tarfile.TarInfo(name)
            item.type, item.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(item)
        for name in ("bin", "lib", "lib64"):
            item = tarfile.TarInfo(name)
            item.type, item.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(item)
    return out.getvalue()


def import_image(tool: str) -> None:
    words = [tool, "import", "-", "shop-image"]
    subprocess.run(words, input=image(), check=True, capture_output=True)


@pytest.fixture(name="compose")
def _compose(place):
    """Export the place's project, and bring it up; at the end it is down."""
    import_image("docker")
    out = place.path / "out"
    command = ["docker-compose", "-p", "shop"]
    command += ["-f", str(out / "docker-compose.yaml"), "-f", str(out / "ours.yaml")]
    env = {**os.environ, **place.env}
    ours = {
        "network_mode": "none",
        "volumes": [
            "/usr:/usr:ro",
            f"{helpers.jig()[0]}:/tmp/jig:ro",
            f"{place.work}:{place.work}",
        ],
    }

    def start():
        options = ("--image", "shop-image", "--workdir", str(place.work))
        exports.export(place.work, "compose", out, *options, jig="/tmp/jig")
        written = yaml.safe_load((out / "docker-compose.yaml").read_text())
        services = {name: ours for name in written["services"]}
        (out / "ours.yaml").write_text(yaml.safe_dump({"services": services}))
        return helpers.Running([*command, "up", "-d"], env=env)

    yield start
    done = helpers.run([*command, "down", "-t", "20"], env=env)
    assert done.status == 0, done.err


@docker
def test_compose_starts_what_jig_up_starts(place, compose):
    exports.write_project(place.work, helpers.PYTHON)
    with compose() as up:
        one = exports.found_after(place.work)
        assert up.wait() == 0
    exports.check(one, place.work)
    assert one["migrated"] is True


def with_volumes(item: dict, work: str) -> dict:
    """An object with the machine's /usr and the place's folder in each container."""
    spec = item["spec"]["template"]["spec"] if item["kind"] != "Pod" else item["spec"]
    paths = {"usr": "/usr", "work": work}
    spec["volumes"] = [
        {"name": name, "hostPath": {"path": path, "type": "Directory"}}
        for name, path in paths.items()
    ]
    for one in spec["containers"]:
        one["volumeMounts"] = [
            {"name": name, "mountPath": path} for name, path in paths.items()
        ]
    return item


@podman
@pytest.mark.parametrize("options", [(), ("--pod",)], ids=["deployments", "pod"])
def test_podman_plays_it(place, options):
    """podman 4.3 knows neither sidecars nor the dollars of Kubernetes (see below)."""
    import_image("podman")
    exports.write_project(place.work, helpers.PYTHON)
    project = yaml.safe_load((place.work / "jig.yaml").read_text())
    web = project["processes"]["web"]
    del web["depends_on"], web["environment"]["DOLLAR"]
    services = {"web": web, "other": {**web, "command": "exec sleep 1000"}}
    (place.work / "jig.yaml").write_text(yaml.safe_dump({"processes": services}))
    out = place.path / "out"
    more = ("--image", "localhost/shop-image", "--workdir", str(place.work), *options)
    exports.export(place.work, "kubernetes", out, *more)
    found = list(yaml.safe_load_all((out / "shop.yaml").read_text()))
    played = [with_volumes(item, str(place.work)) for item in found]
    file = str(out / "played.yaml")
    (out / "played.yaml").write_text(yaml.safe_dump_all(played))
    env = {**os.environ, **place.env}
    done = helpers.run(["podman", "kube", "play", "--network", "none", file], env=env)
    assert done.status == 0, done.err
    try:
        one = exports.found(place.work)
    finally:
        done = helpers.run(["podman", "kube", "down", file], env=env)
    assert done.status == 0, done.err
    exports.check(one, place.work, but=("DOLLAR",))


#: Each says what it does; it needs the ports of others on localhost.
SERVE = """
import signal, socket, sys
name, port, *needs = sys.argv[1:]
def say(what):
    with open("said", "a") as said:
        said.write(f"{name} {what}\\n")
for other in needs:
    socket.create_connection(("127.0.0.1", int(other))).close()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
if port == "0":
    say("runs")
    sys.exit(3)
server = socket.create_server(("127.0.0.1", int(port)))
say("serves")
signal.sigwait([signal.SIGTERM])
say("ends")
"""

SERVICES = """
processes:
  web:
    command: exec /usr/bin/python3 serve.py web 5002 5001
    ready: "tcp:5002"
    depends_on:
      db: {condition: process_healthy}
      migrate: {condition: process_completed_successfully}
  db: {command: exec /usr/bin/python3 serve.py db 5001, ready: "tcp:5001"}
  migrate:
    command: /usr/bin/python3 serve.py migrate 0 5001 || test $? = 3
    depends_on: {db: {condition: process_healthy}}
"""


@podman
def test_a_pod_keeps_order_localhost_and_end(place):
    """As the kubelet runs it: `podman kube play` 4.3 knows no sidecars."""
    import_image("podman")
    (place.work / "jig.yaml").write_text(SERVICES)
    (place.work / "serve.py").write_text(SERVE)
    out, work = place.path / "out", str(place.work)
    words = ("--pod", "--image", "localhost/shop-image", "--workdir", work)
    test = ("--", "/usr/bin/python3", "serve.py", "test", "0", "5001", "5002")
    done = helpers.run(helpers.jig("export", "--app", "shop", "--jig", "/tmp/jig", *words,
                                   "kubernetes", str(out), *test), cwd=place.work)  # fmt: skip
    assert done.status == 0, done.err
    job = yaml.safe_load((out / "shop.yaml").read_text())
    spec = job["spec"]["template"]["spec"]
    assert (job["kind"], spec["restartPolicy"], job["spec"]["backoffLimit"]) == ("Job", "Never", 0)
    mounts = ["/usr:/usr:ro", f"{helpers.jig()[0]}:/tmp/jig:ro", f"{work}:{work}"]
    with kubelet.started("shop", spec, mounts, {**os.environ, **place.env}) as pod:
        assert pod.sidecars == ["db", "web"]
        assert pod.run() == [3]
    said = (place.work / "said").read_text().splitlines()
    assert said == ["db serves", "migrate runs", "web serves", "test runs", "web ends", "db ends"]
