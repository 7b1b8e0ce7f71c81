# SPDX-License-Identifier: MIT
"""process-compose.yaml and jig.yaml through `jig check` and `jig up`."""

import re
import signal

import pytest
import ups
from helpers import PYTHON, TOP, wait_until
from sockets import free_port

pytestmark = pytest.mark.usefixtures("own_registry")


@pytest.fixture(name="project")
def _project(project):
    """The project of conftest.py, with a YAML file first."""

    def go(yaml: str = "", name="jig.yaml", **files: str) -> ups.Project:
        return project(**files, **({name: yaml} if yaml else {}))

    return go


# ---------------------------------------------------------------- what is wrong

WRONG = [
    ("processes:\n  a: {comand: x}\n", "2:7: unknown key 'comand'; did you mean 'command'?"),
    ("proceses: {a: {command: x}}\n", "1:1: unknown key 'proceses'; did you mean"),
    ("processes: {a: {command: x, replicas: two}}\n", "1:39: 'two' is not a number"),
    ("processes: {a: {command: [x]}}\n", "1:26: expected a value, not a list"),
    ("processes: [a]\n", "1:12: expected a mapping, not a list"),
    ("processes: {a: {command: x}, a: {command: y}}\n", "1:30: the key 'a' occurs twice"),
    ("processes: {a: {}}\n", "1:13: process 'a' has no command"),
    ("processes: {}\n", "lists no process"),
    ("", "is empty"),
    ("a\n", "expected a mapping"),
    ("processes: {a: {command: x}}\n---\nb: c\n", "2:1: more than 1 document"),
    ("processes:\n\ta: x\n", "2:1:"),
    ("processes: {a: {command: x, disabled: maybe}}\n", "'maybe' is neither true nor false"),
    ("processes: {a: {command: x, environment: ['=A']}}\n", "'=A' is not of the form"),
    ("processes: {a: {command: x, env_file: none.env}}\n", "none.env"),
    ("processes: {a: {command: x, depends_on: [b]}}\n", "a depends on 'b'"),
    (
        "processes: {a: {command: x, depends_on: [b]}, b: {command: x, depends_on: [a]}}\n",
        "a → b → a",
    ),
    (
        "processes: {a: {command: x, depends_on: {a: {condition: process_startet}}}}\n",
        "did you mean 'process_started'?",
    ),
    ("processes: {a: {command: x, shutdown: {signal: 99}}}\n", "'99' is not a signal"),
    ("processes: {a: {command: x, readiness_probe: {}}}\n", "expected one of exec, http_get and grpc"),
    ("processes: {a: {command: x, stop: 'TERM x'}}\n", "is not a stop policy"),
    ("vars: {A: b}\nprocesses: {a: {command: '{{.B}}'}}\n", "2:26: unknown var 'B'"),
    ("vars: {A: b}\nprocesses: {a: {command: '{{if .A}}'}}\n", "2:26: template {{…}}: if"),
    ("vars: {A: b}\nprocesses: {a: {command: '{{range .A}}'}}\n", "'range': jig does not support"),
    ("vars: {A: b}\nprocesses: {a: {command: '{{.A'}}\n", "expected '}}'"),
    ("processes: {a: {command: '${A!}'}}\n", "'!' in ${…} is not an operator"),
    ("processes: {a: {command: '${A:x}'}}\n", "'x' in ${…} is not a number"),
    ("processes: {a: {command: '${A:?is missing}'}}\n", "A: is missing"),
    ("processes: {a: {command: x, extends: b}}\n", "'a' extends 'b', which is not a process"),
    (
        "processes: {a: {command: x, extends: b}, b: {command: x, extends: a}}\n",
        "processes extend each other",
    ),
    (
        "processes: {a: {command: x, depends_on: {b: {condition: process_log_ready}}},"
        " b: {command: x}}\n",
        "a waits for a line of b",
    ),
    ("processes: {a: {command: '${A'}}\n", "not closed"),
    ("processes: {a: &a {<<: *a, command: x}}\n", "merges itself"),
    ("processes: {../a: {command: x}}\n", "'../a' is not a process name"),
    ('processes: {"a\\e": {command: x}}\n', "is not a process name"),
    (
        "processes: {a: {command: x, readiness_probe: {http_get: {scheme: ftp, port: 1}}}}\n",
        "neither http nor https",
    ),
    ("processes: {a: {command: x, ready: 'tpc:80'}}\n", "tpc"),
    ("processes: {a: {command: x, ready: 'tcp:99999'}}\n", "99999"),
    ("extends: jig.yaml\nprocesses: {a: {command: x}}\n", "extend each other"),
]


@pytest.mark.parametrize("yaml, said", WRONG, ids=range(len(WRONG)))
def test_an_error_is_reported_with_its_place(project, place, yaml, said):
    here = project(name="jig.yaml")
    (place.work / "jig.yaml").write_text(yaml)
    result = here.jig("check", "-f", "jig.yaml")
    assert result.status == 1 and result.err.count("\n") == 1, result
    assert said in result.err, result.err


def test_bytes_that_are_no_text(project, place):
    here = project(none="")
    for data in (b"processes: \xff\xfe\n", b"a: \0\n", b"\x80"):
        (place.work / "jig.yaml").write_bytes(data)
        assert here.jig("check").status == 1


def test_aliases_do_not_explode(project):
    """A billion laughs: what is shared is read once for each time it is named."""
    levels = ["a0: &a0 [x, x]"]
    levels += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]
    text = "".join(f"x-{level}\n" for level in levels)
    result = project(text + "processes: {a: {command: 'true'}}\n").jig("check")
    assert result.status == 0, result


def test_anchors_and_merge_keys(project):
    yaml = """
x-common: &common
  environment: {WHO: jane}
  command: echo $$WHO from common
processes:
  a: {<<: *common}
  b: {<<: *common, command: echo $$WHO from b}
"""
    out = project(yaml).jig("up", "-q", "--no-prefix").out
    assert sorted(out.splitlines()) == ["jane from b", "jane from common"]


def test_merge_keys_of_merge_keys_and_of_lists(project):
    """In a list the earlier one wins; and everywhere, not only in processes."""
    yaml = """
x-a: &a {command: echo a $$WHO, environment: &env {WHO: jane}}
x-b: &b {<<: *a, namespace: n}
x-c: &c {command: echo c $$WHO}
processes:
  one: {<<: *b}
  two: {<<: [*c, *a], environment: {<<: *env, MORE: x}}
"""
    out = project(yaml).jig("up", "-q", "--no-prefix").out
    assert sorted(out.splitlines()) == ["a jane", "c jane"]


def test_a_replica_is_waited_for(project):
    yaml = """
processes:
  n: {command: 'true', replicas: 3}
  b: {command: echo b, depends_on: {n-0: {condition: process_completed}}}
"""
    assert "b.1 | b" in project(yaml).jig("up", "--no-times").out


# ------------------------------------------------------------ files, expansion


def test_discovery_and_overrides(project, place):
    here = project("processes: {a: {command: echo one}}\n", "process-compose.yaml")
    assert here.jig("up", "-q", "--no-prefix").out == "one\n"
    (place.work / "process-compose.override.yaml").write_text(
        "processes: {a: {command: echo two}}\n"
    )
    assert here.jig("up", "-q", "--no-prefix").out == "two\n"
    (place.work / "more.yaml").write_text("processes: {b: {command: echo b}}\n")
    words = ("-f", "process-compose.yaml", "-f", "more.yaml")
    out = here.jig("up", "-q", "--no-prefix", *words).out
    assert sorted(out.splitlines()) == ["b", "one"]
    (place.work / "jig.yaml").write_text("processes: {a: {command: echo jig}}\n")
    assert here.jig("up", "-q", "--no-prefix").out == "jig\n"


def test_expansion(project, place):
    yaml = """
environment: {GLOBAL: g}
vars: {PLACE: home}
processes:
  a:
    command: "echo ${SET} ${UNSET:-default} -${UNSET}- $$GLOBAL $$OWN {{.PLACE}} {{ .OWN }}"
    environment: ["OWN=${SET}2"]
    vars: {OWN: own}
"""
    here = project(yaml, __env="SET=dotenv\n")
    out = here.jig("up", "-q", "--no-prefix").out
    assert out == "dotenv default -- g dotenv2 home own\n"


def test_no_expansion_when_it_is_disabled(project):
    yaml = "disable_env_expansion: true\nprocesses: {a: {command: 'X=y; echo $X'}}\n"
    assert project(yaml).jig("up", "-q", "--no-prefix").out == "y\n"


def test_replicas_and_their_numbers(project):
    yaml = "processes: {a: {command: 'echo n{{.PC_REPLICA_NUM}} $$PS', replicas: 2}}\n"
    out = project(yaml).jig("up", "-q", "--no-prefix").out
    assert sorted(out.splitlines()) == ["n0 a.1", "n1 a.2"]


def test_each_replica_has_a_probe_of_its_own(project, place):
    yaml = f"""
processes:
  a:
    command: "touch made{{{{.PC_REPLICA_NUM}}}}; exec sleep 600"
    replicas: 2
    ready: "file:{place.work}/made{{{{ .PC_REPLICA_NUM }}}}"
"""
    result = project(yaml).jig("up", "--", "/bin/ls", str(place.work))
    assert result.status == 0, result
    assert {"made0", "made1"} <= set(result.lines)
    assert sum("ready after" in line for line in result.err.splitlines()) == 2


def test_env_file_shell_and_working_dir(project, place):
    (place.work / "sub").mkdir()
    yaml = """
shell: {shell_command: bash, shell_argument: -c}
processes:
  a: {command: 'echo $$WHO ${BASH_VERSION:+x}$${BASH_VERSION:+bash} $$PWD', working_dir: sub,
      env_file: who.env}
"""
    here = project(yaml)
    (place.work / "sub" / "who.env").write_text("WHO=jane\n")
    out = here.jig("up", "-q", "--no-prefix").out
    assert out == f"jane bash {place.work}/sub\n"


def test_entrypoint_needs_no_shell(project):
    yaml = "processes: {a: {entrypoint: [printf, '%s\\n', 'a  $$b']}}\n"
    assert project(yaml).jig("up", "-q", "--no-prefix").out == "a  $b\n"


# --------------------------------------------------------------- dependencies

CONDITIONS = {
    "process_started": "echo up; exec sleep 600",
    "process_healthy": "touch made; exec sleep 600",
    "process_log_ready": "echo line says up.; exec sleep 600",
    "process_completed": "exit 3",
    "process_completed_successfully": "exit 0",
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition(project, place, condition):
    probe = {
        "process_healthy": 'readiness_probe: {exec: {command: "test -e made"}}',
        "process_log_ready": 'ready_log_line: "says up."',
    }.get(condition, "")
    # A started service may not have written yet.
    started = condition == "process_started"
    wait = "until test -s order; do sleep 0.01; done; " if started else ""
    yaml = f"""
processes:
  b:
    command: "{wait}echo b >>order; exit 0"
    depends_on: {{a: {{condition: {condition}}}}}
    availability: {{exit_on_end: true}}
  a:
    command: "echo a >>order; {CONDITIONS[condition]}"
    {probe}
"""
    result = project(yaml).jig("up")
    assert result.status == 0, result
    assert (place.work / "order").read_text() == "a\nb\n"


def test_what_can_never_start_is_skipped(project):
    yaml = """
processes:
  a: {command: exit 3}
  b: {command: echo never, depends_on: {a: {condition: process_completed_successfully}}}
"""
    result = project(yaml).jig("up")
    assert result.status == 3 and "skipped" in result.out
    assert "never" not in result.out.replace("will never meet", "")


def test_exit_on_skipped(project, place):
    yaml = f"""
processes:
  a: {{command: exit 0}}
  b: {{command: x, depends_on: {{a: {{condition: process_healthy}}}},
      availability: {{exit_on_skipped: true}}}}
  c: {{command: "{ups.forever(place)}"}}
"""
    yaml = yaml.replace("process_healthy", "process_log_ready")
    yaml = yaml.replace("command: exit 0", "command: exit 1, ready_log_line: never")
    assert project(yaml).jig("up").status == 1


# ------------------------------------------------------------- probes, endings


def test_http_get_of_a_real_server(project, place):
    port = free_port()
    yaml = f"""
processes:
  web:
    command: "exec {PYTHON} -m http.server --bind 127.0.0.1 {port}"
    readiness_probe: {{http_get: {{host: 127.0.0.1, port: {port}, path: /}}}}
"""
    result = project(yaml).jig("up", "--", "/bin/sh", "-c", "echo tests run")
    assert (result.status, result.out) == (0, "tests run\n"), result


def test_liveness_restarts(project, place):
    yaml = """
processes:
  a:
    command: "echo x >>starts; touch well; echo up; exec sleep 600"
    liveness_probe: {exec: {command: test -e well}, period_seconds: 0.05, failure_threshold: 2}
    availability: {restart: always, backoff_seconds: 0.01}
"""
    here = project(yaml)
    jig = here.start()
    here.await_answer()
    here.await_state("a.1", "ready")
    wait_until((place.work / "well").exists, "it has told that it is well")
    (place.work / "well").unlink()
    wait_until(lambda: here.read("starts") == "x\nx\n", "it was started again")
    here.await_state("a.1", "ready")
    assert here.ps()["a.1"]["restarts"] == 1
    assert ups.end(jig).status == 128 + signal.SIGTERM


def test_shutdown_command_signal_and_kill(project, place):
    yaml = f"""
processes:
  a:
    command: "trap 'echo got INT >>said' INT; trap '' TERM; echo up; {ups.forever(place)}"
    shutdown: {{command: "echo command >>said", signal: INT, timeout_seconds: 0.2}}
"""
    here = project(yaml)
    jig = here.start()
    while not jig.line().endswith("| up"):
        pass
    result = ups.end(jig)
    assert "a.1 | ended by SIGKILL" in result.lines
    assert here.read("said") == "command\ngot INT\n"


def test_a_daemon_and_its_shutdown(project, place):
    sleep = place.bin / "sleep"
    yaml = f"""
processes:
  a:
    command: "(setsid {sleep} 600 &) ; exit 0"
    is_daemon: true
    shutdown: {{command: "echo down >>said", timeout_seconds: 5}}
  b:
    command: "echo b; exit 0"
    depends_on: {{a: {{condition: process_started}}}}
"""
    here = project(yaml)
    jig = here.start()
    while not jig.line().endswith("b.1 | exited with status 0"):
        pass
    wait_until(place.running, "the daemon runs")
    assert jig.is_alive()
    assert ups.end(jig).status == 128 + signal.SIGTERM
    assert here.read("said") == "down\n"


def test_success_exit_codes(project):
    yaml = "processes: {a: {command: exit 3, success_exit_codes: [3, 4]}}\n"
    assert project(yaml).jig("up").status == 0


def test_exit_on_failure_and_exit_on_end(project, place):
    stays = ups.forever(place)
    for more in ("restart: exit_on_failure", "exit_on_end: true"):
        yaml = f"""
processes:
  a: {{command: exit 5, availability: {{{more}}}}}
  b: {{command: "{stays}"}}
"""
        assert project(yaml).jig("up").status == 5


def test_disabled_and_by_name(project):
    yaml = "processes: {a: {command: echo a, disabled: true}, b: {command: echo b}}\n"
    here = project(yaml)
    assert here.jig("up", "-q", "--no-prefix").out == "b\n"
    assert here.jig("up", "-q", "--no-prefix", "a").out == "a\n"


def test_check_shows_what_does_not_start(project):
    yaml = """processes:
  a: {command: echo}
  b: {command: echo, disabled: true}
  c: {command: echo, is_foreground: true, replicas: 2}
"""
    here = project(yaml)
    assert [line.split()[1:3] for line in here.jig("check").lines] == [
        ["x", "1"],
        ["x", "0"],
        ["x", "0"],
    ]
    assert here.jig("check", "b").lines[1].split()[1:3] == ["x", "1"]


def test_a_strict_file_has_no_unknown_key(project):
    yaml = "is_strict: {}\nprocesses: {{a: {{command: echo, quite_new_thing: 1}}}}\n"
    for strict, status in (("true", 1), ("false", 0)):
        result = project(yaml.format(strict), "process-compose.yaml").jig("check")
        assert result.status == status and "quite_new_thing" in result.err


def test_log_location(project, place):
    yaml = "processes: {a: {command: echo one, log_location: log/a.log}}\n"
    (place.work / "log").mkdir()
    assert project(yaml).jig("up").status == 0
    assert re.search("one$", (place.work / "log" / "a.log").read_text(), re.MULTILINE)


def test_unknown_keys_of_a_foreign_file_are_reported(project):
    yaml = "processes: {a: {command: echo a, quite_new_thing: 1}}\n"
    here = project(yaml, "process-compose.yaml")
    result = here.jig("up", "-q", "--no-prefix")
    assert result.out == "a\n" and "1:34" in result.err, result
    assert "quite_new_thing" in result.err


# --------------------------------------------------------------- the documents


def test_every_key_stands_in_the_manual():
    manual = (TOP / "man" / "jig.yaml.5.scd").read_text()
    # Without what underlines words.
    manual = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", " ", manual)
    sources = (TOP / "src" / "up" / "files").glob("compose_*.c")
    keys = {
        key
        for path in sources
        for key in re.findall(r'\{ "(\w+)",\s+KEY_', path.read_text())
    }
    assert len(keys) > 60
    missing = sorted(key for key in keys if not re.search(rf"\b{key}\b", manual))
    # Of the shell that asks for a password: it is not asked here.
    assert missing == ["elevated_shell_argument", "elevated_shell_command"]


@pytest.mark.parametrize("path", sorted((TOP / "tests" / "yaml").glob("*.yaml")))
def test_files_as_people_write_them(project, path):
    result = project(none="").jig("check", "-f", str(path))
    assert result.status == 0 and result.err == "", result
