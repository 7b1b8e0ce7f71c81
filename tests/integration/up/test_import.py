# SPDX-License-Identifier: MIT
"""`jig import compose`: services that could be processes become a jig.yaml that
`jig check` takes and `jig up` runs; each key without a meaning here has a note."""

import json
import re

import pytest
import ups
from helpers import wait_until

COMPOSE = """\
version: "3.8"
name: shop
x-common: &common
  restart: unless-stopped
  environment: {LEVEL: info, PASSED_ON: , COUNT: 3}
services:
  web:
    <<: *common
    build: .
    command: ["sh", "-c", "echo web $$LEVEL $$COUNT >>said; touch up; exec sleep 1000"]
    ports: ["8080:8000", "127.0.0.1:9000:9000", "53:53/udp"]
    depends_on:
      migrate: {condition: service_completed_successfully}
      db: {condition: service_healthy}
    healthcheck:
      test: ["CMD", "test", "-e", "up"]
      interval: 1s
      timeout: 1m30s
      retries: 5
      start_period: 500ms
    stop_signal: SIGINT
    stop_grace_period: 1m5s
    volumes: ["./src:/app/src"]
    networks: [back]
  worker:
    build: {context: ./work}
    entrypoint: sh -c
    command: "'echo worker $$FROM_FILE >>../said; exec sleep 1000'"
    env_file: [worker.env]
    depends_on: [web]
    deploy: {replicas: 2, resources: {limits: {memory: 1G}}}
    restart: on-failure:4
    user: "1000"
  migrate:
    build: .
    command: echo migrate >>said
  debug:
    build: .
    command: exec sleep 1000
    profiles: [tools]
    tty: true
  db:
    image: postgres:16
    healthcheck: {test: pg_isready}
  cron:
    build: ./cron
volumes: {data: }
"""

#: The whole result, without comments.
KEYS = """\
name: "shop"
processes:
  "web":
    entrypoint: ["sh", "-c", "echo web $$LEVEL $$COUNT >>said; touch up; exec sleep 1000"]
    ports:
      - "p8000=8000"
      - "p9000=9000"
    depends_on:
      "migrate": {condition: process_completed_successfully}
    readiness_probe: {exec: {command: "test -e up"}, period_seconds: 1, timeout_seconds: 90, failure_threshold: 5}
    start_timeout: "455.5s"
    environment:
      - "LEVEL=info"
      - "PASSED_ON=${PASSED_ON}"
      - "COUNT=3"
    availability: {restart: always}
    shutdown: {signal: "SIGINT", timeout_seconds: 65}
    is_dotenv_disabled: true
  "worker":
    working_dir: "./work"
    command: "sh -c 'echo worker $$FROM_FILE >>../said; exec sleep 1000'"
    replicas: "2"
    env_file:
      - "../worker.env"
    depends_on:
      "web": {condition: process_started}
    availability: {restart: on_failure, max_restarts: "4"}
    is_dotenv_disabled: true
  "migrate":
    command: "echo migrate >>said"
    is_dotenv_disabled: true
  "debug":
    command: "exec sleep 1000"
    disabled: true
    namespace: ["tools"]
    is_tty: true
    is_dotenv_disabled: true
"""

NOTES = [
    "volumes: has no meaning for processes",
    "build: nothing is built; what the Dockerfile installs must be here",
    "ports: 8080:8000: the process itself listens, on 8000",
    "ports: 53:53/udp is left out",
    "depends_on: db is not a service here: start it before",
    "volumes: ./src:/app/src: the process sees the paths of this machine",
    "networks: has no meaning for a process",
    "deploy.resources: has no meaning for a process",
    "user: 1000: the service runs as the user of jig up",
    "profiles: it starts only by its name: jig up debug",
    "db: postgres:16 is an image: jig pulls none; install the program, and add its command here",
    "cron: it has no command here; that of its Dockerfile (CMD) may be added",
]


@pytest.fixture(name="here")
def _here(project):
    return project(**{"worker.env": "FROM_FILE=yes\n"})


def write(here: ups.Project, text: str, name: str = "docker-compose.yml") -> None:
    (here.directory / name).write_text(text)


def comments(text: str) -> list[str]:
    return [line.strip(" #") for line in text.splitlines() if line.lstrip().startswith("#")]


def without_comments(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("#"))


def test_each_key_is_translated_or_noted(here):
    write(here, COMPOSE)
    result = here.jig("import", "compose")
    assert result.status == 0, result
    assert without_comments(result.out) == KEYS
    said = comments(result.out)
    assert [note for note in NOTES if note not in said] == []
    count = len(said) - 1  # the first line says who has written it
    assert result.err == f"jig: 4 services, {count} notes: see the comments in the result\n"


def test_the_result_passes_check_and_runs(here):
    write(here, COMPOSE)
    (here.directory / "work").mkdir()
    assert here.jig("import", "compose", "-o", "jig.yaml").status == 0
    check = here.jig("check")
    assert check.status == 0 and check.err == "", check
    running = here.start()
    wait_until(lambda: here.read("said").count("\n") == 4, "all have run")
    lines = here.read("said").splitlines()
    assert lines[0] == "migrate" and lines[1] == "web info 3", lines
    assert lines[2:] == ["worker yes"] * 2
    states = {name: one["state"] for name, one in here.ps().items()}
    assert states.pop("debug.1") == "disabled" and states.pop("migrate.1") == "ended"
    wait_until(lambda: here.state("web.1") == "ready", "web is ready")
    assert set(states) == {"web.1", "worker.1", "worker.2"}
    assert ups.end(running).status == ups.TERM


def test_a_file_that_exists_is_not_overwritten(here):
    write(here, COMPOSE)
    write(here, "mine\n", "jig.yaml")
    result = here.jig("import", "compose", "-o", "jig.yaml")
    assert result.status == 1 and "jig.yaml: File exists" in result.err, result
    assert here.read("jig.yaml") == "mine\n"


def test_the_file_may_be_named(here):
    write(here, "services: {a: {build: ., command: [x]}}", "other.yml")
    assert "entrypoint" in here.jig("import", "compose", "other.yml").out


WRONG = [
    ("services: {db: {image: redis}}", "no service could be a process"),
    ("services: [a]", "1:1: expected a mapping with the key 'services'"),
    ("{", "docker-compose.yml:"),
    ("", "is empty"),
]


@pytest.mark.parametrize("text,why", WRONG)
def test_what_is_wrong_is_an_error(here, text, why):
    write(here, text)
    result = here.jig("import", "compose")
    assert result.status == 1 and why in result.err and result.out == "", result


@pytest.mark.parametrize("words", ([], ["x"], ["compose", "a", "b"]))
def test_usage(here, words):
    assert here.jig("import", *words).status == 125


HOSTILE = r"""
services:
  "a.b": {build: ., command: ["it's", "a \"q\" \\ \t", "{{.X}}"], "k\n  z: 1": 2}
  c: {build: ., command: "x\n- y", environment: {A: "1\n2", B: '"'}}
"""


def test_texts_stay_texts(here):
    write(here, HOSTILE)
    assert here.jig("import", "compose", "-o", "jig.yaml").status == 0
    check = here.jig("check")
    assert check.status == 0 and len(check.out.splitlines()) == 2, check


@pytest.mark.parametrize("name", ("docker-compose.yml", "docker-compose.yaml", "compose.yaml"))
@pytest.mark.parametrize("words", (["up"], ["check"], ["up", "-D"]), ids=" ".join)
def test_up_and_check_say_what_it_is(project, name, words):
    here = project(**{name: COMPOSE})
    result = here.jig(*words)
    assert result.status == 1, result
    assert re.search(
        r"its services are containers, and jig runs processes\. These could be processes "
        r"\(build and command\): web, worker, migrate, debug\. "
        rf"jig import compose \S*{name} writes a jig\.yaml",
        result.err,
    ), result


def test_a_file_without_candidates_says_so(project):
    here = project(compose__yml="services: {db: {image: redis}}")
    result = here.jig("up")
    assert result.status == 1 and "None has both build and command" in result.err, result


def test_directories(here):
    write(
        here,
        """
services:
  a: {build: ./a, command: x, working_dir: /app, volumes: ["./src:/app:ro"]}
  b: {build: ./b, command: x, working_dir: /app}
  c: {build: ., command: x, working_dir: sub}
  d: {build: "https://host.example/x.git", command: x}
""",
    )
    out = here.jig("import", "compose").out
    assert re.findall(r"working_dir: \"(.*)\"", out) == ["./src", "./b", "sub"]
    assert comments(out).count("working_dir: /app is a path of the image") == 2


ODD = {"nel": "\\u0085", "line": "\\u2028", "paragraph": "\\u2029", "newline": "\\n"}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_text_of_the_file_never_leaves_its_comment_or_value(project, odd):
    """These end a line for a reader of YAML."""
    here = project(Procfile="")
    (here.directory / "docker-compose.yml").write_text(
        "services:\n"
        f'  ok: {{build: ., command: ["true"], user: "a{odd}    command: touch pwned #",\n'
        f'       environment: {{A: "x{odd}B: y"}}}}\n'
        f'  db: {{image: "x{odd}  evil: {{command: touch pwned}} #"}}\n'
        f'"x{odd}evil": {{command: touch pwned}}\n'
    )
    assert here.jig("import", "compose", "-o", "jig.yaml").status == 0
    (here.directory / "Procfile").unlink()
    checked = here.jig("check")
    assert checked.status == 0 and "pwned" not in checked.out and "evil" not in checked.out
    assert len(checked.out.splitlines()) == 1


def test_null_and_nothing_are_no_command(project):
    here = project(Procfile="")
    (here.directory / "docker-compose.yml").write_text(
        "services:\n"
        "  a: {build: ., command: [echo, hi], entrypoint: null}\n"
        "  b: {build: ., command: null, entrypoint: [echo, you]}\n"
        "  c: {build: ., command: null, entrypoint: ~}\n"
        "  d: {build: ., command: []}\n"
        '  e: {build: ., command: ""}\n'
    )
    out = here.jig("import", "compose").out
    assert re.findall(r'(?m)^ +entrypoint: (.*)$', out) == ['["echo", "hi"]', '["echo", "you"]']
    assert re.findall(r"# (\w): it has no command", out) == ["c", "d", "e"]


def test_a_port_at_two_addresses_is_one(project):
    here = project(Procfile="")
    (here.directory / "docker-compose.yml").write_text(
        "services: {a: {build: ., command: [x], "
        'ports: ["127.0.0.1:8080:8080", "[::1]:8080:8080", "9090"]}}\n'
    )
    assert re.findall(r"p\d+=\d+", here.jig("import", "compose").out) == [
        "p8080=8080",
        "p9090=9090",
    ]


# ------------------------------------------------------------------ values and times


def imported(project, web: str) -> tuple[ups.Project, str]:
    """The jig.yaml of a service; `web` is the lines of its keys."""
    lines = "".join(f"    {line}\n" for line in ("build: .", *web.splitlines()))
    here = project(**{"docker-compose.yml": "services:\n  web:\n" + lines})
    (here.directory / "jig.yaml").unlink(missing_ok=True)
    assert here.jig("import", "compose", "-o", "jig.yaml").status == 0
    result = here.jig("check")
    assert result.status == 0 and result.err == "", result
    return here, here.read("jig.yaml")


TEMPLATES = ["{{.PC_REPLICA_NUM}}", "{{ print 1 }} {{.X}}", '{{ "a" }}', "{{.State}}", "a {{ b"]


@pytest.mark.parametrize("text", TEMPLATES)
def test_braces_of_other_programs_stay(project, text):
    quoted = json.dumps(text)
    web = f"command: [printenv, FORMAT, {quoted}]\nenvironment: {{FORMAT: {quoted}}}"
    assert imported(project, web.replace("printenv, FORMAT", "echo"))[0].jig(
        "up", "-q", "--no-prefix"
    ).out == text + "\n"
    here, _ = imported(project, web.replace(f", {quoted}]", "]"))
    assert here.jig("up", "-q", "--no-prefix").out == text + "\n"


def test_variables_of_a_healthcheck_are_replaced(project):
    """Also $NAME, which jig leaves to the shell elsewhere: here it is quoted."""
    web = """command: sleep 600
healthcheck: {test: [CMD, sh, -c, 'echo "$$1" >got', sh, "${V} $V $$V x'y"], interval: 1s}"""
    here, text = imported(project, web)
    assert "healthcheck.test" not in text
    value = """it's "one"; `two` $V '\\''"""
    (here.directory / "variables").write_text(json.dumps({"V": value}))
    jig = here.start("-e", "variables")
    here.await_answer()
    wait_until(lambda: here.read("got"), "it was asked")
    assert here.read("got") == f"{value} {value} $V x'y\n"
    assert ups.end(jig).status == ups.TERM


def test_a_default_in_a_healthcheck_is_noted(project):
    web = """command: sleep 600
healthcheck: {test: [CMD, echo, "${V:-a b}"], interval: 1s}"""
    assert "healthcheck.test: ${V:-a b} is between quotes" in imported(project, web)[1]


def test_dotenv_is_for_the_file_only(project):
    web = """command: [sh, -c, 'echo $$GIVEN $$ALONE $${SECRET-unset}']
environment: {GIVEN: "${SECRET}", ALONE: }"""
    here, text = imported(project, web)
    assert '- "ALONE=${ALONE}"' in text and "is_dotenv_disabled: true" in text
    (here.directory / ".env").write_text("SECRET=s\nALONE=a\n")
    assert here.jig("up", "-q", "--no-prefix").out == "s a unset\n"


TIMES = {
    "1h30m": "5400",
    "1.5s": "1.5",
    "100us": "0.0001",
    "100µs": "0.0001",
    "1ns": "0.000001",
    "1m0.5s": "60.5",
    "2562047h47m16s": "315360000",
}


@pytest.mark.parametrize("time", TIMES)
def test_times_are_those_of_compose(project, time):
    web = f"""command: sleep 600
stop_grace_period: {time}
healthcheck: {{test: 'true', interval: {time}, timeout: {time}, start_period: {time}}}
deploy: {{restart_policy: {{condition: any, delay: {time}}}}}"""
    text = imported(project, web)[1]
    seconds = TIMES[time]
    for key in ("period_seconds", "timeout_seconds", "backoff_seconds"):
        assert f"{key}: {seconds}" in text
    assert f"shutdown: {{timeout_seconds: {seconds}}}" in text


@pytest.mark.parametrize("time", ["10", "1e3s", "0x10s", "soon", "1h30"])
def test_a_time_of_another_form_is_noted(project, time):
    text = imported(project, f"command: sleep 600\nstop_grace_period: '{time}'\n")[1]
    assert f"# stop_grace_period: '{time}' is not a time" in text and "shutdown" not in text


def test_a_mount_in_the_long_form_is_a_directory(project):
    web = """command: pwd
working_dir: /app
volumes: [{type: volume, source: data, target: /app/x}, {type: bind, source: ./src, target: /app}]"""
    text = imported(project, web)[1]
    assert 'working_dir: "./src"' in text and "# volumes: /app:" in text


NOTED = {
    "stdin_open: true": "stdin_open: ",
    "depends_on: {db: {condition: service_started, required: false}}": "depends_on.db.required: ",
    "deploy: {restart_policy: {condition: any, window: 5s}}": "deploy.restart_policy.window: ",
}


@pytest.mark.parametrize("key", NOTED)
def test_no_key_is_dropped_without_a_note(project, key):
    assert f"# {NOTED[key]}" in imported(project, f"command: sleep 600\n{key}\n")[1]
