# SPDX-License-Identifier: MIT
"""Files of process-compose run as they are: what they expect of their reader."""

import json
import shlex
import signal

import helpers
import pytest
import ups
from helpers import Running, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

FILE = "process-compose.yaml"


@pytest.fixture(name="project")
def _project(project):
    """The project of conftest.py, with a file of process-compose first."""

    def go(yaml: str = "", **files: str) -> ups.Project:
        return project(**files, **({FILE: yaml} if yaml else {}))

    return go


def printed(here: ups.Project, *words: str, **options) -> list[str]:
    """The lines that the services print, sorted."""
    result = here.jig("up", "-q", "--no-prefix", *words, **options)
    assert result.status == 0, result
    return sorted(result.out.splitlines())


def echo(text: str) -> str:
    """A file whose only process prints this value of a variable."""
    command = json.dumps('printf "%s\\n" "$$V"')
    return f"processes: {{a: {{command: {command}, environment: [{json.dumps(text)}]}}}}\n"


# ------------------------------------------------------------------ expansion

VARIABLES = {
    "PLAIN": "path/to/file.tar.gz",
    "EMPTY": "",
    "MIXED": "aBcD",
    "TWICE": "a-b-a",
}

EXPANSIONS = {
    "${PLAIN}": "path/to/file.tar.gz",
    "${NONE:-d}": "d",
    "${EMPTY:-d}": "d",
    "${EMPTY-d}": "",
    "${NONE:=d}": "d",
    "${NONE=d}": "d",
    "${PLAIN:+other}": "other",
    "${NONE:+other}": "",
    "${NONE:-${MIXED^^}}": "ABCD",
    "${#PLAIN}": "19",
    "${PLAIN%.*}": "path/to/file.tar",
    "${PLAIN%%.*}": "path/to/file",
    "${PLAIN#*/}": "to/file.tar.gz",
    "${PLAIN##*/}": "file.tar.gz",
    "${PLAIN%[a-z]z}": "path/to/file.tar.",
    "${PLAIN%.[a-g]?}": "path/to/file.tar",
    "${PLAIN#none}": "path/to/file.tar.gz",
    "${MIXED^}": "ABcD",
    "${MIXED^^}": "ABCD",
    "${MIXED,}": "aBcD",
    "${MIXED,,}": "abcd",
    "${PLAIN:5}": "to/file.tar.gz",
    "${PLAIN:5:2}": "to",
    "${PLAIN: -2}": "gz",
    "${PLAIN:99}": "",
    "${TWICE/a/x}": "x-b-a",
    "${TWICE//a/x}": "x-b-x",
    "${TWICE/#a/x}": "x-b-a",
    "${TWICE/%a/x}": "a-b-x",
    "${TWICE//-/}": "aba",
    "${PLAIN//\\//_}": "path_to_file.tar.gz",
    "$PLAIN": "path/to/file.tar.gz",
    "$NONE": "$NONE",
    "$${PLAIN}": "${PLAIN}",
    "$$PLAIN": "$PLAIN",
    "pa$$word$": "pa$word$",
}


@pytest.mark.parametrize("form", EXPANSIONS)
def test_each_form_of_a_variable(project, place, form):
    env = {**place.env, **VARIABLES}
    assert printed(project(echo(f"V={form}")), env=env) == [EXPANSIONS[form]]


def test_a_variable_of_the_shell_stays_in_a_command(project):
    command = "for i in 1 2; do echo n$i$WHO; done"
    yaml = f"processes: {{a: {{command: '{command}', environment: [WHO=x]}}}}\n"
    assert printed(project(yaml)) == ["n1x", "n2x"]


def test_every_scalar_is_expanded(project):
    yaml = """
processes:
  ${NAME:-a}:
    command: echo ${NONE:-a}
    disabled: ${OFF:-false}
    replicas: ${COUNT:-2}
    availability: {exit_on_end: "${ENDS:-false}", restart: "${AGAIN:-no}"}
    shutdown: {signal: "${SIGNAL:-2}", parent_only: "${ONLY:-no}"}
  b: {command: echo b, disabled: "${DISABLED}"}
"""
    assert printed(project(yaml, __env="DISABLED=true\n")) == ["a", "a"]


# ------------------------------------------------------------------ templates

TEMPLATES = {
    "{{.NAME}}": "jane",
    "{{ .NAME }}": "jane",
    '{{or "${NONE}" .NAME}}': "jane",
    '{{ or "${HOME_OF}" .NAME }}': "env",
    "{{and .ON .NAME}}": "jane",
    '{{or .NONE "d"}}': "d",
    '{{.NONE | or .NEVER "d"}}': "d",
    "{{if .NONE}}on{{else}}off{{end}}": "off",
    "{{if and .ON .NONE}}both{{else}}not both{{end}}": "not both",
    "{{if not .NONE}}none{{end}}": "none",
    '{{if eq .NONE "x"}}x{{else}}other{{end}}': "other",
    '{{if eq .NONE ""}}empty{{else}}other{{end}}': "other",
    '{{if ne .NONE "x"}}other{{end}}': "other",
    "{{if .ON}}on{{else}}off{{end}}": "on",
    "{{if .OFF}}on{{else}}off{{end}}": "off",
    '{{if eq .NAME "joe"}}joe{{else if eq .NAME "jane"}}ok{{else}}no{{end}}': "ok",
    "{{if and .ON (not .OFF)}}both{{end}}": "both",
    "{{if .QUOTED}}a text is true{{end}}": "a text is true",
    "{{if gt .NUMBER 9}}above{{end}}": "above",
    "a {{- /* a comment */ -}} b": "ab",
    "a  {{- .NAME -}}  b": "ajaneb",
    '{{ "{{ .State.Running }}" }}': "{{ .State.Running }}",
    "{{`raw`}}": "raw",
    '{{printf "%03d %s" .NUMBER .NAME}}': "010 jane",
    "{{len .NAME}}": "4",
    "n{{.PC_REPLICA_NUM}}": "n0",
    "{{if .PC_REPLICA_NUM}}later{{else}}first{{end}}": "first",
}


@pytest.mark.parametrize("form", TEMPLATES)
def test_each_form_of_a_template(project, place, form):
    yaml = "vars: {NAME: jane, ON: true, OFF: false, QUOTED: 'false', NUMBER: 10}\n" + echo(
        f"V={form}"
    )
    here = project(yaml)
    assert printed(here, env={**place.env, "HOME_OF": "env"}) == [TEMPLATES[form]]


WRONG_TEMPLATES = {
    '{{printf "%s" 1 2}}': "one for each argument",
    '{{printf "%x" 1}}': "one for each argument",
    "{{index .NAME 0}}": "'index': jig does not support it",
    "{{with .NAME}}{{end}}": "'with': jig does not support it",
    "{{.NAME .NAME}}": "expected one value",
    "{{.NONE}}": "unknown var 'NONE'",
    "{{.NAME.FIRST}}": "unknown var 'NAME.FIRST'",
    "{{if .NONE.FIRST}}{{end}}": "unknown var 'NONE.FIRST'",
    "{{or .NONE .NEVER}}": "unknown var 'NEVER'",
    "{{print .NONE}}": "unknown var 'NONE'",
    '{{printf "%s" .NONE}}': "unknown var 'NONE'",
    "{{len .NONE}}": "unknown var 'NONE'",
    "{{lt .NONE 1}}": "unknown var 'NONE'",
    "{{end}}": "end without if",
    "{{else}}": "else without if",
    "{{if .NAME}}x": "if without end",
    '{{"open}}': "a text is not closed",
    "{{(.NAME}}": "expected ')'",
    "{{not .NAME .NAME}}": "wrong number of arguments",
    "{{" + 20 * "(" + ".NAME" + 20 * ")" + "}}": "nested too deep",
    "{{}}": "expected one value",
}


@pytest.mark.parametrize("form", WRONG_TEMPLATES)
def test_a_wrong_template_is_reported(project, form):
    result = project("vars: {NAME: jane}\n" + echo(f"V={form}")).jig("check")
    assert result.status == 1 and WRONG_TEMPLATES[form] in result.err, result


def test_a_template_for_another_program_stays(project):
    """A file without vars: the condition is that of docker."""
    form = "{{if .State}}{{.State.Running}}{{else}}none{{end}}"
    assert printed(project(echo(f"V={form}"))) == [form]


#: As in files that were written for another tool, or with the names of one.
OF_OTHERS = """
theme: Dracula
shutdown: {command: "true"}
profiles: {few: [a]}
shell: {command: /bin/bash, args: [-c]}
processes:
  a:
    command: echo $BASH_VERSION | grep -c .
    restart: always
    stop_command: "true"
    ports: ["${P:-8080}:${P:-80}"]
    availability: {restart: "no", exit_on_failure: true}
    depends_on: {}
    environment: [.env]
"""


def test_keys_of_other_tools_are_reported_and_ignored(project):
    here = project(OF_OTHERS)
    result = here.jig("check")
    assert result.status == 0, result
    for key in ("theme", "shutdown", "profiles", "command", "args"):
        assert f"unknown key '{key}' is ignored" in result.err, result
    for key in ("restart", "stop_command", "exit_on_failure"):
        assert f"unknown key '{key}' is ignored" in result.err, result
    assert "ports: '8080:80' is ignored" in result.err, result
    assert printed(here) == ["1"]


def test_vars_as_a_list_are_an_error(project):
    result = project("vars: [{name: A, value: b}]\nprocesses: {a: {command: x}}\n").jig("check")
    assert result.status == 1 and "expected a mapping, not a list" in result.err, result


NINE = {f"V{i}": 10 * f"{{{{.V{i - 1}}}}}" for i in range(1, 9)}
TOO_LONG = {
    "vars of vars": {"vars": {"V0": 1000 * "x", **NINE}, "command": "true"},
    "a var": {"vars": {"V": 1000 * "x"}, "command": 5000 * "{{.V}}"},
    "print": {
        "vars": {"V": 100_000 * "x"},
        "command": "{{len (print " + 3 * ("(print" + 15 * " .V" + ") ") + ")}}",
    },
    "a variable": {"command": "true", "description": 50 * "$LONG"},
}


@pytest.mark.parametrize("kind", TOO_LONG)
def test_a_value_that_multiplies_is_refused(project, place, kind):
    """Not memory without end: 30 KB of a file would be 100 GB."""
    process = dict(TOO_LONG[kind])
    top = {"vars": process.pop("vars")} if "vars" in process else {}
    here = project(json.dumps({**top, "processes": {"a": process}}))
    env = {**place.env, "LONG": 100_000 * "y"}
    result = here.jig("check", env=env)
    assert result.status == 1 and "the value exceeds 4 MiB" in result.err, result


def test_each_instance_has_its_number_everywhere(project, place):
    for name in ("d0", "d1"):
        (place.work / name).mkdir()
    yaml = """
processes:
  a:
    command: "echo '{{.PC_REPLICA_NUM}}' $$N ${PWD##*/} $${PWD##*/} >>../said; exec sleep 600"
    working_dir: d{{.PC_REPLICA_NUM}}
    environment: ["N={{ .PC_REPLICA_NUM }}"]
    replicas: 2
    readiness_probe:
      exec: {command: "grep -q '^{{.PC_REPLICA_NUM}} ' ../said"}
      period_seconds: 0.05
"""
    env = {**place.env, "PWD": "/x/pwd"}
    here = project(yaml)
    assert here.jig("up", "--", "true", env=env).status == 0
    assert sorted(here.read("said").splitlines()) == ["0 0 pwd d0", "1 1 pwd d1"]


def test_a_number_that_is_not_known_yet_is_no_condition(project):
    yaml = "processes: {a: {command: '{{if .PC_REPLICA_NUM}}x{{end}}', replicas: 2}}\n"
    result = project(yaml).jig("check")
    assert result.status == 1 and "can only be printed" in result.err, result


def test_a_command_without_templates(project):
    yaml = """
vars: {A: b}
processes:
  a: {command: "echo '{{.State}}' $$V", is_template_disabled: true, environment: ["V={{.A}}"]}
"""
    assert printed(project(yaml)) == ["{{.State}} b"]


# -------------------------------------------------------- keys, and their order


def test_a_process_extends_another_one(project):
    yaml = """
processes:
  last: {extends: middle, command: "echo $$A $$B $$C"}
  middle: {extends: base, environment: [B=middle, C=middle]}
  base:
    command: echo base $$A $$B
    environment: [A=base, B=base]
    disabled: true
"""
    here = project(yaml)
    assert printed(here, "last", "middle", "base") == [
        "base base base",
        "base base middle",
        "base middle middle",
    ]


def test_a_process_extends_one_of_another_file(project, place):
    (place.work / "common").mkdir()
    (place.work / "common" / "base.yaml").write_text(
        "processes: {base: {command: 'echo $$WHO in $$(basename $$PWD)', is_disabled: 'true'}}\n"
    )
    yaml = """
extends: common/base.yaml
processes:
  a: {extends: base, is_disabled: "false", environment: [WHO=a]}
  b: {extends: base, is_disabled: "false", environment: [WHO=b], working_dir: .}
"""
    assert printed(project(yaml)) == ["a in common", f"b in {place.work.name}"]


def test_a_later_entry_changes_single_keys(project, place):
    """Of a probe and of the shutdown, as everywhere; one kind of probe replaces the other."""
    yaml = f"""
processes:
  base:
    command: "trap 'echo got INT >>said; exit' INT; touch up-a; {ups.forever(place)}"
    disabled: true
    readiness_probe: {{exec: {{command: "test -e up-a"}}, period_seconds: 3600}}
    liveness_probe: {{http_get: {{port: 1, path: /x}}, failure_threshold: 9}}
    shutdown: {{signal: 2}}
  a:
    extends: base
    is_disabled: "false"
    readiness_probe: {{period_seconds: 0.05}}
    liveness_probe: {{exec: {{command: "true"}}}}
    shutdown: {{timeout_seconds: 30}}
"""
    here = project(yaml)
    assert here.jig("up", "--", "true").status == 0
    assert here.read("said") == "got INT\n"
    yaml = """
processes:
  base: {command: x, disabled: true, readiness_probe: {period_seconds: 1}}
  a: {extends: base, is_disabled: "true"}
"""
    assert project(yaml).jig("check").status == 0
    yaml = yaml.replace('is_disabled: "true"', 'is_disabled: "false"')
    own = yaml.replace("extends: base", "extends: base, ready: 'tcp:1'")
    assert project(own).jig("check").status == 0
    result = project(yaml).jig("check")
    assert result.status == 1 and "3:55: expected one of exec, http_get" in result.err, result


def test_grpc_asks_with_grpc_health_probe(project, place):
    """With the arguments of the file; a later entry's `exec` replaces it."""
    tool = place.work / "tools" / "grpc_health_probe"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nprintf "<%s>" "$@" >{place.work}/asked\n')
    tool.chmod(0o755)
    yaml = f"""
processes:
  base:
    command: "{ups.forever(place)}"
    disabled: true
    readiness_probe: {{grpc: {{port: 50051, service: "it's"}}}}
  a: {{extends: base, disabled: false}}
"""
    here = project(yaml)
    env = {**place.env, "PATH": f"{tool.parent}:{place.env['PATH']}"}
    assert here.jig("up", "--", "true", env=env).status == 0
    assert here.read("asked") == "<-addr><127.0.0.1:50051><-service><it's>"
    other = yaml.replace("false}", 'false, readiness_probe: {exec: {command: "true"}}}')
    assert project(other).jig("up", "--", "true").status == 0
    result = project(yaml.replace("port: 50051", "host: h")).jig("check")
    assert result.status == 1 and "grpc needs a port" in result.err, result


def test_what_is_disabled_needs_no_command(project):
    here = project("processes: {a: {disabled: true}, b: {command: echo b}}\n")
    assert printed(here) == ["b"]
    result = here.jig("export", "supervisord", "out")
    assert result.status == 0 and "a: it has no command" in result.err, result
    result = here.jig("up", "a")
    assert result.status == 1 and "has no command" in result.err, result


@pytest.mark.parametrize("base, over, starts", [("true", "false", True), ("false", "true", False)])
def test_is_disabled_of_the_last_file_counts(project, place, base, over, starts):
    a = f"{{command: echo a, is_disabled: '{base}'}}"
    here = project(f"processes: {{a: {a}, b: {{command: echo b}}}}\n")
    (place.work / "process-compose.override.yaml").write_text(
        f"processes: {{a: {{is_disabled: '{over}', disabled: {base}}}}}\n"
    )
    assert printed(here) == (["a", "b"] if starts else ["b"])


def test_a_variable_of_our_environment_is_named_only(project, place):
    yaml = "processes: {a: {command: 'echo $$FROM-$$NONE', environment: [FROM, NONE]}}\n"
    env = {**place.env, "FROM": "here"}
    here = project(yaml)
    assert printed(here, env=env) == ["here-"]
    result = here.jig("export", "systemd", "units", env=env)
    assert result.status == 0, result
    text = "".join(path.read_text() for path in (place.work / "units").iterdir())
    assert "FROM=here" in text and "NONE=" not in text


def test_namespaces(project):
    yaml = """
processes:
  a: {command: echo a, namespace: [one, two]}
  b: {command: echo b, namespace: two}
  c: {command: echo c}
"""
    here = project(yaml)
    assert printed(here) == ["a", "b", "c"]
    assert printed(here, "-n", "one") == ["a"]
    assert printed(here, "-n", "two", "-n", "default") == ["a", "b", "c"]
    assert printed(here, "--namespace", "default") == ["c"]
    result = here.jig("up", "-n", "three")
    assert result.status == 1 and "namespace 'three'" in result.err, result


def test_env_file_begins_at_the_working_directory(project, place):
    (place.work / "sub").mkdir()
    (place.work / "sub" / "who.env").write_text("WHO=jane\n")
    yaml = "processes: {a: {env_file: who.env, command: echo $$WHO, working_dir: sub}}\n"
    assert printed(project(yaml)) == ["jane"]


def test_without_the_variables_of_dotenv(project, place):
    yaml = """
environment: [KEPT=file]
processes:
  a: {command: "echo a $$ONE $$TWO $$KEPT", is_dotenv_disabled: true}
  b: {command: "echo b $$ONE $$TWO $$KEPT"}
"""
    env = {**place.env, "TWO": "ours"}
    here = project(yaml, __env="ONE=1\nTWO=2\nKEPT=dotenv\n")
    assert printed(here, env=env) == ["a ours file", "b 1 2 file"]


def test_commands_of_variables_need_permission(project):
    yaml = """
env_cmds:
  NOW: "touch ran; echo ' some time '"
  FAILS: exit 3
  SLOW: exec sleep 600
processes: {a: {command: 'echo "$$NOW-$${FAILS-unset}"'}}
"""
    here = project(yaml)
    for command in (("up",), ("exec", "env"), ("export", "systemd", "units")):
        result = here.jig(*command)
        assert result.status == 1 and "--allow-commands" in result.err, result
    result = here.jig("check")
    assert result.status == 0 and result.err.count("--allow-commands") == 3, result
    assert here.read("ran") == "" and not (here.directory / "ran").exists()
    result = here.jig("up", "-q", "--no-prefix", "--allow-commands")
    assert (result.status, result.out) == (0, "some time-unset\n"), result
    assert "FAILS is not set" in result.err and "SLOW is not set" in result.err
    assert (here.directory / "ran").exists()


def test_the_shell_is_that_of_process_compose(project, place):
    yaml = """
processes:
  a:
    command: "[[ -n x ]] && echo $${BASH_VERSION:+bash} >>said; exec sleep 600"
    readiness_probe: {exec: {command: "[[ -s said ]]"}, period_seconds: 0.05}
    shutdown: {command: "[[ x = x ]] && echo stopped in $${BASH_VERSION:+bash} >>said"}
"""
    here = project(yaml)
    assert here.jig("up", "--", "true").status == 0
    assert here.read("said") == "bash\nstopped in bash\n"
    env = {**place.env, "COMPOSE_SHELL": "sh"}
    here = project("processes: {a: {command: 'echo -$${BASH_VERSION}-'}}\n")
    assert printed(here, env=env) == ["--"]
    env = {**place.env, "COMPOSE_SHELL": "no-such-shell"}
    result = here.jig("up", "-q", "--no-prefix", env=env)
    assert result.out == "--\n" and "there is no no-such-shell" in result.err, result


# --------------------------------------------------------------- the directory


def test_services_run_in_the_callers_directory(project, place):
    """As in process-compose; also if the file is in another place (-f /nix/store/…)."""
    store = place.work / "store"
    store.mkdir()
    (store / "generated.yaml").write_text(
        "processes:\n"
        "  a: {command: 'echo $$WHO $$PWD >>log'}\n"
        "  b: {command: echo $$PWD, working_dir: sub}\n"
    )
    (place.work / "sub").mkdir()
    here = project(__env="WHO=jane\n")
    result = here.jig("up", "-q", "--no-prefix", "-f", "store/generated.yaml")
    assert result.out == f"{place.work}/sub\n", result
    assert here.read("log") == f"jane {place.work}\n"


def test_services_of_a_jig_yaml_run_beside_it(project, place):
    (place.work / "sub").mkdir()
    (place.work / "sub" / "jig.yaml").write_text("processes: {a: {command: echo $$PWD}}\n")
    assert printed(project(), "-f", "sub/jig.yaml") == [f"{place.work}/sub"]


def test_json_is_yaml(project, place):
    (place.work / "x.json").write_text('{"processes": {"a": {"command": "echo json"}}}\n')
    assert printed(project(), "-f", "x.json") == ["json"]


def test_several_files_of_variables(project, place):
    yaml = "processes: {a: {command: 'echo $$A $$B'}}\n"
    here = project(yaml, a__env="A=a\nB=a\n", b__env="B=b\n")
    assert printed(here, "-e", "a.env", "-e", "b.env") == ["a b"]


# ------------------------------------------------------------ which, and how it ends


def test_no_deps(project):
    yaml = """
processes:
  a: {command: echo a, depends_on: {b: {condition: process_completed_successfully}}}
  b: {command: "echo b; exit 1"}
"""
    here = project(yaml)
    assert printed(here, "--no-deps", "a") == ["a"]
    result = here.jig("up", "--no-deps")
    assert result.status == 1 and "--no-deps" in result.err, result


@pytest.mark.parametrize("code, status", [(3, 0), (4, 4)])
def test_a_successful_status_that_ends_all_is_0(project, place, code, status):
    yaml = f"""
processes:
  a: {{command: exit {code}, success_exit_codes: [3], availability: {{exit_on_end: true}}}}
  b: {{command: "{ups.forever(place)}"}}
"""
    assert project(yaml).jig("up").status == status


def test_a_dependency_that_is_never_healthy_is_reported(project):
    yaml = """
processes:
  a: {command: echo a, depends_on: {b: {condition: process_healthy}}}
  b: {command: echo b}
"""
    result = project(yaml).jig("check")
    assert result.status == 0 and "b has no readiness_probe" in result.err, result


def test_what_is_disabled_is_not_waited_for(project):
    yaml = """
processes:
  a: {command: echo a, depends_on: {b: {condition: process_completed_successfully}}}
  b: {command: "echo b; exit 1", disabled: true}
  c: {command: echo c, depends_on: {d: {condition: process_healthy}}}
  d: {command: echo d, is_foreground: true}
"""
    here = project(yaml)
    result = here.jig("up", "-q", "--no-prefix")
    assert (result.status, sorted(result.out.split())) == (0, ["a", "c"]), result
    assert "a does not wait for b" in result.err and "c does not wait for d" in result.err
    # Named, it starts what it depends on.
    assert here.jig("up", "-q", "--no-prefix", "a").out == "b\n"


def test_tools_of_language_models_start_by_name_only(project):
    yaml = """
mcp_server: {transport: sse}
processes: {a: {command: echo a, mcp: {type: tool}}, b: {command: echo b}}
"""
    result = project(yaml).jig("up", "-q", "--no-prefix")
    assert result.out == "b\n" and result.err.count("mcp") == 2, result


# ---------------------------------------------------------- all, and by pattern


def test_restart_and_stop_of_all_and_by_pattern(project, place):
    stays = f"{ups.forever(place)}"
    yaml = f"""
processes:
  web-a: {{command: "echo a >>said; {stays}"}}
  web-b: {{command: "echo b >>said; {stays}"}}
  other: {{command: "echo o >>said; {stays}"}}
  off: {{command: "echo off >>said", disabled: true}}
"""
    here = project(yaml)
    jig = here.start()
    here.await_answer()
    wait_until(lambda: sorted(here.read("said").split()) == ["a", "b", "o"], "all run")
    assert here.jig("restart", "web-*").status == 0
    wait_until(lambda: sorted(here.read("said").split()) == list("aabbo"), "two ran again")
    assert here.jig("restart").status == 0
    wait_until(lambda: sorted(here.read("said").split()) == list("aaabbboo"), "all ran again")
    assert here.jig("stop", "web-?.1").status == 0
    assert {name for name, one in here.ps().items() if one["state"] == "stopped"} == {
        "web-a.1",
        "web-b.1",
    }
    assert here.jig("stop").status == 0
    assert here.state("other.1") == "stopped" and here.state("off.1") == "disabled"
    result = here.jig("restart", "none*")
    assert result.status == 1 and "no service 'none*'" in result.err, result
    assert ups.end(jig, signal.SIGTERM).status == ups.TERM


def test_restart_and_stop_of_a_namespace(project, place):
    """Also of what was left out at the start, or only starts by its name."""
    stays = f"{ups.forever(place)}"
    yaml = f"""
processes:
  a: {{command: "echo a >>said; {stays}", namespace: [one, two]}}
  b: {{command: "echo b >>said; {stays}", namespace: two}}
  c: {{command: "echo c >>said; {stays}"}}
  off: {{command: "echo off >>said; {stays}", disabled: true, namespace: one}}
"""
    here = project(yaml)
    jig = here.start("-n", "two")
    here.await_answer()
    wait_until(lambda: sorted(here.read("said").split()) == ["a", "b"], "both run")
    for name in ("a.1", "b.1"):
        here.await_state(name, "ready")
    assert here.jig("restart", "-n", "default", "--namespace", "one").status == 0
    assert {name: one["state"] for name, one in here.ps().items()} == {
        name: "ready" for name in ("a.1", "b.1", "c.1", "off.1")
    }
    again = ["a", "a", "b", "c", "off"]
    wait_until(lambda: sorted(here.read("said").split()) == again, "all but b ran again")
    assert here.jig("stop", "-n", "two").status == 0
    assert [here.state(name) for name in ("a.1", "b.1", "c.1")] == ["stopped", "stopped", "ready"]
    result = here.jig("restart", "-n", "three")
    assert result.status == 1 and "in the namespace 'three'" in result.err, result
    assert ups.end(jig).status == ups.TERM


def test_a_client_waits_until_all_are_ready(project, place):
    stays = f"{ups.forever(place)}"
    yaml = f"""
processes:
  a: {{command: "{stays}", ready: "file:{place.work}/go"}}
  again:
    command: "test -e go && touch again && {stays}"
    ready: "file:{place.work}/again"
    availability: {{restart: always, backoff_seconds: 0.01}}
  done: {{command: "true"}}
  off: {{command: "true", disabled: true}}
  fails: {{command: "until test -e fail; do sleep 0.01; done; exit 3"}}
"""
    here = project(yaml)
    jig = here.start()
    here.await_answer()
    with Running(helpers.jig("ps", "--wait"), env=place.env, cwd=here.directory) as waits:
        here.await_state("done.1", "ended")
        assert waits.is_alive()
        (place.work / "go").touch()
        result = waits.end()
    assert result.status == 0 and "a.1              ready" in result.out, result
    (place.work / "fail").touch()
    here.await_state("fails.1", "ended")
    result = here.jig("ps", "--wait")
    assert result.status == 1 and "fails.1 is not ready: exited with status 3" in result.err, result
    assert ups.end(jig).status == ups.TERM


def test_a_port_of_docker_compose_is_reported_and_ignored(project):
    here = project("processes: {web: {command: echo up, ports: ['8080:80']}}\n")
    result = here.jig("up", "--no-times")
    assert result.status == 0 and "web.1 | up" in result.lines, result
    assert "ports: '8080:80' is ignored" in result.err, result


def test_a_service_that_watches_restarts_another_one(project, place):
    """What the message about `watch` says."""
    restart = shlex.join(helpers.jig("restart", "web"))
    yaml = f"""
processes:
  web:
    command: "echo run >>said; {ups.forever(place)}"
    watch: {{paths: [{{path: src}}]}}
  web-watch:
    command: "until [ -e changed ]; do sleep 0.01; done; exec {restart}"
"""
    here = project(yaml)
    result = here.jig("check")
    assert result.status == 0 and "jig restart web'" in result.err, result
    jig = here.start()
    here.await_answer()
    here.await_state("web.1", "ready")
    (place.work / "changed").touch()
    wait_until(lambda: here.read("said") == "run\nrun\n", "it ran again")
    here.await_state("web-watch.1", "ended")
    assert ups.end(jig).status == ups.TERM


# -------------------------------------------------------------------- a graph


def test_the_graph_of_the_dependencies(project):
    yaml = """
processes:
  web: {command: x, depends_on: {db: {condition: process_healthy}}, ready: "tcp:1"}
  db: {command: x, ready: "tcp:2"}
  "a \\"quoted\\"": {command: x, disabled: true, depends_on: [db]}
  größe: {command: x}
"""
    result = project(yaml).jig("check", "--graph")
    assert (result.status, result.err) == (0, ""), result
    assert '\t"web" -> "db" [label="ready"];' in result.lines
    assert '\t"größe";' in result.lines
    assert '\t"a \\"quoted\\"" -> "db" [label="started"];' in result.lines
    assert '\t"a \\"quoted\\"" [style=dashed];' in result.lines
    assert result.lines[0] == "digraph services {" and result.lines[-1] == "}"




# ------------------------------------------------------------------- schedules


def test_a_schedule_runs_a_service_again_and_again(project, place):
    """One run at a time, the others go on, and the project with them."""
    yaml = """
processes:
  often:
    command: "echo run >>said; until [ -e go ]; do sleep 0.01; done"
    schedule: {interval: 1ms}
  later: {command: "echo later >>said", schedule: {interval: 1h30m}}
  once: {command: "echo once >>said"}
"""
    here = project(yaml)
    jig = here.start()
    here.await_answer()
    wait_until(lambda: sorted(here.read("said").split()) == ["once", "run"], "the first run began")
    here.await_state("once.1", "ended")
    # Many times have come, and no second run.
    assert here.read("said").split().count("run") == 1
    assert here.state("often.1") == "ready" and here.state("later.1") == "scheduled"
    (place.work / "go").touch()
    wait_until(lambda: here.read("said").split().count("run") > 3, "it runs again and again")
    assert here.jig("stop", "often").status == 0
    count = here.read("said").split().count("run")
    assert here.jig("restart", "later").status == 0
    wait_until(lambda: "later" in here.read("said").split(), "a restart runs it at once")
    here.await_state("later.1", "scheduled")
    assert here.state("often.1") == "stopped"
    assert here.read("said").split().count("run") == count
    assert ups.end(jig).status == ups.TERM


def test_a_schedule_that_begins_at_once(project):
    yaml = """
processes:
  a: {command: "echo a; exit 3", schedule: {cron: "@yearly", run_on_start: true}}
  b: {command: echo b, depends_on: {a: {condition: process_completed}},
      availability: {exit_on_end: true}}
"""
    result = project(yaml).jig("up", "--no-times")
    assert result.status == 0, result
    assert [line for line in result.lines if line.endswith((" | a", " | b"))] == [
        "a.1 | a",
        "b.1 | b",
    ]
    assert any("a.1 | next run at " in line for line in result.lines), result


SCHEDULES = [
    ("cron: '61 * * * *'", "'61 * * * *' is not a time"),
    ("cron: '0 0 30 2 *'", "never comes"),
    ("cron: '* * * * *', timezone: No/Where", "no time zone 'No/Where'"),
    ("interval: soon", "'soon' is not an interval"),
    ("interval: 1s, max_concurrent: 2", "max_concurrent"),
    ("intervall: 1s", "did you mean 'interval'?"),
]


@pytest.mark.parametrize("schedule, said", SCHEDULES)
def test_a_wrong_schedule_is_reported(project, schedule, said):
    result = project(f"processes: {{a: {{command: x, schedule: {{{schedule}}}}}}}\n").jig("check")
    assert result.status == 1 and said in result.err, result


def test_a_schedule_in_an_export_is_noted(project):
    here = project("processes: {a: {command: x, schedule: {cron: '@daily', timezone: UTC}}}\n")
    result = here.jig("export", "supervisord", "out")
    assert result.status == 0 and "schedule is left out" in result.err, result
