# SPDX-License-Identifier: MIT
"""What users of Foreman, Honcho, Overmind, Hivemind and node-foreman already have:
their files, variables and options, and what jig adds for single services of a
Procfile."""

import json
import os
import shutil
import signal

import pytest
import sockets
import ups
from helpers import FAILED, PYTHON, jig, run, wait_until
from ups import TERM

pytestmark = pytest.mark.usefixtures("own_registry")


def checked(result) -> list[tuple[str, int, str]]:
    """Name, number of instances and PORT of each service of `jig check`."""
    assert result.status == 0, result
    words = [line.split() for line in result.lines]
    return [(one[0], int(one[2]), one[4]) for one in words]


def started(here, *words: str, **options):
    """`jig up`, once it answers."""
    jig = here.start(*words, **options)
    here.await_answer()
    return jig


# --------------------------------------------------------- settings of others


FOREMAN = "procfile: Procfile.dev\nport: 3000\nformation: 'worker=2, gone=1'\n"
DEV = "web: echo dev $PORT\nworker: echo works $PORT\n"


def test_foremans_file_is_honoured(project):
    here = project("web: echo no\n", __foreman=FOREMAN, Procfile__dev=DEV)
    result = here.jig("check")
    assert checked(result) == [("web", 0, "3000"), ("worker", 2, "3100")]
    said = "also used: procfile of .foreman, formation of .foreman, port of .foreman"
    assert said in result.err
    # The command line overrides each of them.
    assert checked(here.jig("check", "-f", "Procfile"))[0] == ("web", 0, "3000")
    assert checked(here.jig("check", "-p", "7000"))[0] == ("web", 0, "7000")
    assert checked(here.jig("check", "web"))[0] == ("web", 1, "3000")
    assert checked(here.jig("check", "-m", "web=3"))[0] == ("web", 3, "3000")


def test_clients_find_the_project_that_foremans_file_names(project, stays):
    here = project("web: echo no\n", __foreman="procfile: Procfile.dev\n")
    (here.directory / "Procfile.dev").write_text(f"dev: {stays}\n")
    assert here.jig("up", "-D").status == 0
    assert list(here.ps()) == ["dev.1"]
    # A client does not need the other settings: it can end the project.
    (here.directory / ".foreman").write_text("procfile: Procfile.dev\ntimeout: x\n")
    assert here.jig("down").status == 0


@pytest.mark.parametrize(
    "text, said",
    [
        ("a: {\n", ".foreman:2:1: "),
        ("- a\n", ".foreman:1: not of the form KEY: VALUE"),
        ("timeout: soon\n", "timeout of .foreman: 'soon' is not a value"),
    ],
)
def test_a_wrong_foreman_file_is_an_error(project, text, said):
    result = project("a: true\n", __foreman=text).jig("check")
    assert result.status == 1 and said in result.err, result


def test_foremans_file_may_be_empty_or_no_file(project, place):
    here = project("a: true\n", __foreman="# nothing\n")
    assert here.jig("check").err == ""
    (place.work / ".foreman").unlink()
    (place.work / ".foreman").mkdir()
    assert here.jig("check").err == ""


def test_overminds_files_in_their_order(project, place):
    home = place.work / "home"
    home.mkdir()
    (home / ".overmind.env").write_text("OVERMIND_PORT=1000\nA=home\nB=home\nC=home\n")
    here = project(
        "web: echo $A $B $C $D\n",
        __overmind__env="OVERMIND_PORT=2000\nB=here\nC=here\n",
        __env="C=dotenv\nD=dotenv\n",
        more="D=more\n",
    )
    env = {**place.env, "HOME": str(home), "OVERMIND_ENV": "more"}
    assert checked(here.jig("check", env=env)) == [("web", 1, "2000")]
    assert "home here dotenv more" in here.jig("up", env=env).out
    result = here.jig("exec", "--", "/bin/sh", "-c", "echo $A $D", env=env)
    assert result.out == "home more\n"
    skips = {**env, "OVERMIND_SKIP_ENV": "1"}
    assert "home here here more" in here.jig("up", env=skips).out
    # With -e only the named files.
    assert "| dotenv dotenv\n" in here.jig("up", "-e", ".env", env=env).out


def test_overminds_variables(project, place):
    here = project("web: true\nworker: true\nassets: true\n")

    def check(*words: str, **env: str):
        return checked(here.jig("check", *words, env={**place.env, **env}))

    assert check(OVERMIND_PROCESSES="web, worker,gone")[2] == ("assets", 0, "5200")
    assert check(OVERMIND_IGNORED_PROCESSES="web,gone")[0] == ("web", 0, "5000")
    assert check("web", OVERMIND_IGNORED_PROCESSES="web")[0] == ("web", 1, "5000")
    assert check("web", OVERMIND_PROCESSES="assets")[0] == ("web", 1, "5000")
    assert check(OVERMIND_FORMATION="web=2,gone=1") == [
        ("web", 2, "5000"),
        ("worker", 1, "5100"),
        ("assets", 1, "5200"),
    ]
    steps = {"OVERMIND_PORT": "4000", "OVERMIND_PORT_STEP": "10"}
    assert check(**steps)[2] == ("assets", 1, "4020")
    assert check(OVERMIND_PORT_STEP="0")[2] == ("assets", 1, "5000")
    assert check("--port-step", "5", OVERMIND_PORT_STEP="0")[2] == ("assets", 1, "5010")
    assert check(OVERMIND_NO_PORT="1")[0] == ("web", 1, "0")
    assert check(HIVEMIND_PORT="4000")[0] == ("web", 1, "4000")


def test_instances_are_ten_ports_apart_with_overminds_steps(project, place):
    here = project("web: echo at $PORT\n")
    env = {**place.env, "OVERMIND_PORT_STEP": "100", "OVERMIND_FORMATION": "web=2"}
    out = here.jig("up", "--any-can-die", env=env).out
    assert "at 5000" in out and "at 5010" in out
    out = here.jig("up", "--any-can-die", "-c", "web=2", "--port-step", "100,3").out
    assert "at 5003" in out


def test_overminds_ends_and_restarts(project, place, stays):
    here = project(f"web: {stays}\njob: exit 3\n", __overmind__env="")
    (place.work / ".overmind.env").write_text("OVERMIND_CAN_DIE=job,npm_install\n")
    jig = started(here)
    here.await_state("job.1", "ended")
    assert here.state("web.1") in ("starting", "ready") and jig.is_alive()
    assert ups.end(jig).status == TERM
    (place.work / ".overmind.env").write_text("OVERMIND_AUTO_RESTART=job,gone\n")
    jig = started(here)
    here.await_state("job.1", "back-off")
    assert ups.end(jig).status == TERM
    (place.work / ".overmind.env").write_text("OVERMIND_ANY_CAN_DIE=1\n")
    jig = started(here)
    here.await_state("job.1", "ended")
    assert ups.end(jig).status == TERM
    (place.work / ".overmind.env").write_text("OVERMIND_DELAYED_PROCESSES=job\n")
    jig = started(here)
    here.await_state("web.1", "ready")
    assert here.state("job.1") == "disabled"
    assert ups.end(jig).status == TERM


def test_overminds_stop_signals_and_shell(project, place):
    forever = ups.forever(place)
    script = f"trap 'echo got quit; exit 0' QUIT; trap '' TERM; echo up; {forever}"
    here = project(f"web: {script}\n")
    env = {**place.env, "OVERMIND_STOP_SIGNALS": "web=QUIT,gone=INT"}
    jig = here.start(env=env)
    jig.await_line("web.1 | up")
    assert "web.1 | got quit" in ups.end(jig).lines
    env = {**place.env, "OVERMIND_STOP_SIGNALS": "web=KILL,gone=SIGKILL"}
    jig = here.start(env=env)
    jig.await_line("web.1 | up")
    assert "web.1 | ended by SIGKILL" in ups.end(jig).lines
    here = project("web: echo $0 $BASH_VERSION\n")
    out = here.jig("up", env={**place.env, "OVERMIND_SHELL": "bash"}).out
    assert "| bash " in out


def test_overmind_in_the_background(project, place, stays):
    here = project(f"web: {stays}\n")
    env = {**place.env, "OVERMIND_DAEMONIZE": "1"}
    here._is_detached = True
    assert "all services are ready" in here.jig("up", env=env).out
    assert here.jig("down").status == 0
    # A command is not put there.
    assert here.jig("up", "--", "/bin/true", env=env).status == 0


def test_procfile_of_dotenv(project, place):
    here = project("a: echo a\n", Procfile__dev="b: echo b\n")
    (place.work / ".env").write_text("PROCFILE=Procfile.dev\n")
    assert checked(here.jig("check", "--honcho")) == [("b", 1, "5000")]
    assert checked(here.jig("check")) == [("b", 1, "5000")]
    assert checked(here.jig("check", "-f", "Procfile")) == [("a", 1, "5000")]
    result = here.jig("check", cwd="/", env=place.env)
    assert result.status == 1
    words = ("check", "-d", str(place.work))
    assert checked(here.jig(*words, cwd="/")) == [("b", 1, "5000")]


def test_files_of_yaml_are_not_changed_by_other_tools(project, place):
    here = project(jig__yaml="processes: {a: {command: 'true'}}", __foreman="port: 1\n")
    (place.work / ".overmind.env").write_text("OVERMIND_PROCESSES=b\n")
    result = here.jig("check")
    assert checked(result) == [("a", 1, "0")] and result.err == ""


def test_honchos_quiet_and_ports(project):
    here = project("a: echo from a $PORT\nb: echo from b $PORT\n")
    words = ("up", "--no-times", "--any-can-die")
    result = here.jig(*words, "--honcho", "-q", "a")
    assert "from a" not in result.out and "b.1 | from b 5100" in result.lines
    for quiet in ("-qa,b", "--quiet=a,b", "--mute=a,b"):
        assert "from" not in here.jig(*words, "--honcho", quiet).out
    # Honcho counts the services that were named.
    assert "b.1 | from b 5000" in here.jig(*words, "--honcho", "b").lines
    assert "b.1 | from b 5100" in here.jig(*words, "b").lines


def test_a_muted_service_is_in_its_log(project, place):
    here = project("a: echo loud\nb: echo loud\n")
    words = ("--any-can-die", "--mute", "a.1", "--log-dir", "log")
    result = here.jig("up", "--no-times", *words)
    assert "a.1 | loud" not in result.lines and "b.1 | loud" in result.lines
    assert "loud" in (place.work / "log" / "a.1.log").read_text()
    assert here.jig("up", "--mute", "c").status == 1


# ------------------------------------------------------------- single services


def test_can_die(project, stays):
    here = project(f"web: {stays}\njob: exit 3\n")
    jig = started(here, "--can-die", "job")
    here.await_state("job.1", "ended")
    assert jig.is_alive()
    assert ups.end(jig).status == TERM
    result = here.jig("up", "--can-die", "jop")
    assert result.status == 1 and "did you mean 'job'?" in result.err, result


def test_restart_of_one_service(project):
    here = project("a: exit 4\nb: read x <go\n")
    os.mkfifo(here.directory / "go")
    jig = here.start("--restart", "a=on-failure", "--restart", "no")
    jig.await_line("a.1 | starts again in 1 s (restart 1)")
    (here.directory / "go").write_text("\n")
    assert jig.wait() == 0
    result = here.jig("up", "--restart", "a=maybe")
    assert result.status == 1 and "a=maybe" in result.err, result


def test_stop_of_one_service(project, place):
    forever = ups.forever(place)
    script = "trap 'echo got {0}; exit 0' {0}; echo up; " + forever
    here = project(f"a: {script.format('QUIT')}\nb: {script.format('INT')}\n")
    jig = started(here, "--stop", "a=QUIT 60s", "--stop", "INT 60s")
    for name in ("a", "b"):
        here.await_state(f"{name}.1", "ready")
        wait_until(lambda: "| up" in here.jig("logs", name).out, "its trap is set")
    lines = ups.end(jig).lines
    assert "a.1 | got QUIT" in lines and "b.1 | got INT" in lines
    assert here.jig("up", "--stop", "a=INT never").status == 1


SERVER = """
import http.server, os
port = int(os.environ["PORT"])
http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)\\
    .serve_forever()
"""


def test_ready_of_a_procfiles_service(project):
    here = project(f"web: exec {PYTHON} server.py\n", server__py=SERVER)
    port = sockets.free_port()
    words = ("--ready", "web=tcp:127.0.0.1:{PORT}", "-p", str(port))
    script = f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected"
    result = here.jig("up", *words, "--", "/bin/bash", "-c", script)
    assert (result.status, result.out) == (0, "connected\n"), result
    assert "web.1 | ready after" in result.err
    assert here.jig("up", "--ready", "web=tpc:1").status == 1
    assert here.jig("up", "--ready", "tcp:1").status == FAILED


def test_a_jig_yaml_beside_a_procfile(project, stays):
    yaml = """
processes:
  job: {availability: {can_die: true}}
  more: {command: 'echo more $$PORT'}
"""
    here = project(f"web: {stays}\njob: exit 3\n", jig__yaml=yaml)
    assert [name for name, *_ in checked(here.jig("check"))] == ["web", "job", "more"]
    assert len(checked(here.jig("check", "-f", "Procfile"))) == 2
    assert len(checked(here.jig("check", "-f", "Procfile", "-f", "jig.yaml"))) == 3
    jig = started(here, "-x", "more")
    here.await_state("job.1", "ended")
    assert jig.is_alive() and ups.end(jig).status == TERM
    result = here.jig("check", "-f", "Procfile", "-f", "Procfile")
    assert result.status == 1 and "only one Procfile" in result.err, result


def test_a_jig_yaml_beside_the_procfile_of_a_setting(project, place):
    folder = place.work / "sub"
    folder.mkdir()
    (folder / "Procfile.dev").write_text("web: true\n")
    (folder / "jig.yaml").write_text("processes: {more: {command: 'true'}}\n")
    here = project("a: true\n", __foreman="procfile: sub/Procfile.dev\n")
    assert [name for name, *_ in checked(here.jig("check"))] == ["web", "more"]


def test_standard_input_of_one_service(project):
    script = "read x && echo got $x || echo no input"
    here = project(f"a: {script}\nb: {script}\n")
    words = ("--no-times", "--any-can-die", "--stdin", "a")
    result = here.jig("up", *words, stdin=None, input=b"hello\n")
    assert "a.1 | got hello" in result.lines and "b.1 | no input" in result.lines
    assert here.jig("up", "--stdin", "a", "--", "true").status == FAILED
    assert here.jig("up", "--stdin", "a", "-D").status == FAILED
    assert here.jig("up", "--stdin", "c").status == 1


# ------------------------------------------------------------------- addresses


def test_services_know_each_others_ports(project):
    here = project("my-web: true\nb: echo at $OVERMIND_PROCESS_my_web_PORT\n")
    assert "at 5000" in here.jig("up", "--any-can-die").out
    here = project("a: true\nb: echo at $OVERMIND_PROCESS_a_2_PORT\n")
    assert "at 5001" in here.jig("up", "--any-can-die", "-c", "a=2").out


def test_a_command_around_a_procfile_has_its_ports(project, place):
    here = project("my-web: true\nredis: true\n", __env="REDIS_PORT=6379\n")
    script = "echo $MY_WEB_PORT $MY_WEB_ADDR $REDIS_PORT $MY_WEB_2_PORT"
    words = ("--any-can-die", "-c", "my-web=2", "--", "/bin/sh", "-c", script)
    assert here.jig("up", *words).out == "5000 127.0.0.1:5000 6379 5001\n"


def test_ports_of_yaml_are_shown_and_given_to_the_command(project, place, stays):
    yaml = "processes: {web: {command: %s, ports: [main, other], listen: {s: %s}}}"
    text = yaml % (json.dumps(stays), json.dumps(f"unix:{place.work}/sock"))
    here = project(jig__yaml=text)
    assert checked(here.jig("check")) == [("web", 1, "main,other")]
    script = "echo $MAIN_PORT $MAIN_ADDR $OTHER_PORT $S_ADDR"
    result = here.jig("up", "--", "/bin/sh", "-c", script)
    main, address, other, sock = result.out.split()
    assert address == f"127.0.0.1:{main}" and int(other) > 0 and other != main
    assert sock == f"{place.work}/sock"
    jig = started(here)
    here.await_state("web.1", "ready")
    one = here.ps()["web.1"]
    assert one["port"] == one["ports"]["main"]
    assert set(one["ports"]) == {"main", "other"}
    assert one["addresses"]["s"] == f"{place.work}/sock"
    assert str(one["port"]) in here.jig("ps").out
    assert ups.end(jig).status == TERM


# ------------------------------------------------------- a file that is a pipe


def bash(here, script: str):
    command = ["/bin/bash", "-c", script]
    return ups.helpers.run(command, env=here.place.env, cwd=here.directory)


def test_a_file_from_a_process_substitution(project, place):
    here = project(none="")
    jig = " ".join(ups.helpers.jig())
    result = bash(here, f"{jig} up --no-times -f <(echo 'a: echo in $(pwd)')")
    assert result.status == 0 and f"a.1 | in {place.work}" in result.lines, result
    yaml = "processes:\\n  a:\\n    command: echo yaml\\n"
    result = bash(here, f"{jig} up --no-times -f <(printf '{yaml}')")
    assert "a.1 | yaml" in result.lines, result
    result = bash(here, f"echo 'a: echo hi' | {jig} check -f -")
    assert checked(result) == [("a", 1, "5000")]
    result = bash(here, f"{jig} check -f <(echo nothing)")
    assert result.status == 1 and "no colon" in result.err, result


def test_variables_from_a_process_substitution(project):
    here = project("a: echo $WHO\n")
    jig = " ".join(ups.helpers.jig())
    result = bash(here, f"{jig} up --no-times -e <(echo WHO=jane)")
    assert "a.1 | jane" in result.lines, result


def test_clients_find_a_project_from_a_pipe(project, stays, place):
    here = project(none="")
    here._is_detached = True
    jig = " ".join(ups.helpers.jig())
    (place.work / "text").write_text(f"a: {stays}\n")
    assert bash(here, f"{jig} up -D -f <(cat text)").status == 0
    assert json.loads(here.jig("ps", "--services", "--json").out)[0]["name"] == "a.1"
    assert here.jig("down").status == 0
    result = here.jig("down")
    assert result.status == 1 and "no Procfile" in result.err, result


# --------------------------------------------------------------- other commands


def test_restart_and_stop_of_all_and_by_pattern(project, stays):
    here = project(f"web: {stays}\nworker: {stays}\njob: {stays}\n")
    jig = started(here)
    for name in ("web.1", "worker.1", "job.1"):
        here.await_state(name, "ready")
    before = here.ps()
    assert here.jig("restart", "w*").status == 0
    after = here.ps()
    changed = [name for name in before if before[name]["pid"] != after[name]["pid"]]
    assert changed == ["web.1", "worker.1"]
    assert here.jig("stop", "*.1").status == 0
    assert {one["state"] for one in here.ps().values()} == {"stopped"}
    assert here.jig("restart").status == 0
    assert {one["state"] for one in here.ps().values()} == {"ready"}
    assert here.jig("stop").status == 0
    assert {one["state"] for one in here.ps().values()} == {"stopped"}
    result = here.jig("restart", "x*")
    assert result.status == 1 and result.err == "jig: no service 'x*'\n", result
    assert ups.end(jig).status == TERM


def test_restart_of_all_starts_none_that_waits_for_its_name(project, stays):
    yaml = "processes: {a: {command: %s}, b: {command: %s, disabled: true}}"
    here = project(jig__yaml=yaml % (json.dumps(stays), json.dumps(stays)))
    jig = started(here)
    here.await_state("a.1", "ready")
    assert here.jig("restart").status == 0
    assert (here.state("a.1"), here.state("b.1")) == ("ready", "disabled")
    assert ups.end(jig).status == TERM


def test_exec_without_a_procfile(project):
    here = project(__env="WHO=jane\n")
    result = here.jig("exec", "--", "/bin/sh", "-c", "echo $WHO")
    assert (result.status, result.out) == (0, "jane\n"), result
    assert here.jig("exec", "-f", "gone", "true").status == 1


def test_exec_of_one_entry_of_a_procfile(project):
    here = project("hello: echo from $WHO\n", __env="WHO=jane\n")
    assert here.jig("exec", "hello").out == "from jane\n"
    assert here.jig("exec", "echo", "hello").out == "hello\n"


def test_ps_says_that_nothing_runs(project):
    here = project("a: true\n")
    jig = started(here, "-c", "a=0", "--keep-going")
    assert "no service has an instance" in here.jig("ps").out
    ups.end(jig)


def test_usr1_and_usr2_are_for_the_services(project, place):
    script = f"trap 'echo got it' USR2; echo up; {ups.forever(place)}"
    here = project(f"a: {script}\nb: {script}\n")
    jig = started(here)
    for name in ("a", "b"):
        wait_until(lambda: "| up" in here.jig("logs", name).out, "its trap is set")
    jig.signal(signal.SIGUSR2)
    for name in ("a", "b"):
        wait_until(lambda: "got it" in here.jig("logs", name).out, f"{name} has it")
    assert jig.is_alive() and ups.end(jig).status == TERM


# ------------------------------------------------------------------------ .env


def test_dotenv_may_be_json(project):
    text = {"db": {"port": 1, "hosts": ["a", "\u00e9\n"]}, "yes": True, "no": None}
    here = project("a: true\n", __env=json.dumps(text))
    script = "echo $DB_PORT $DB_HOSTS_0 $DB_HOSTS_1 $YES ${NO-unset}"
    result = here.jig("exec", "--", "/bin/sh", "-c", script)
    assert result.out == "1 a \u00e9 true unset\n", result


def test_check_names_no_dialect_that_has_no_such_line(project):
    """Foreman ignores `export NAME=…`."""
    here = project("a: true\n", __env="export A=1209600 # two weeks\nexport B=x$ss\n")
    result = here.jig("check")
    assert "the comment '# two weeks'; quotes keep it" in result.err, result
    assert "single quotes keep it" in result.err and "foreman" not in result.err
    exec_ = here.jig("exec", "--env-dialect", "foreman", "--", "/bin/sh", "-c", "echo ${A-unset}")
    assert exec_.out == "unset\n", exec_


def test_check_names_values_that_the_dialect_changes(project, place):
    text = "A=p@$ss\nB=3000 # the port\nC='$ss # kept'\nD=${X:-$Y}\nE=$A\nF=${G}\n"
    here = project("a: true\n", __env=text)
    result = here.jig("check")
    assert result.status == 0
    assert [line.split(":")[2] for line in result.err.splitlines()] == [
        "1",
        "2",
        "4",
        "6",
    ], result
    assert "$ss is not set" in result.err and "--env-dialect foreman" in result.err
    assert here.jig("check", "--env-dialect", "foreman").err == ""
    # Only `jig check` says it.
    assert ".env" not in here.jig("up").err


def test_env_of_the_current_directory_counts_for_a_procfile_elsewhere(place):
    """As in Foreman and Overmind; without one that beside the Procfile counts."""
    (place.work / "config").mkdir()
    (place.work / "config" / "Procfile").write_text("a: exec sleep 1000\n")
    (place.work / "config" / ".env").write_text("FROM=beside\n")
    words = jig("exec", "-f", "config/Procfile", "printenv", "FROM")

    def said(*more):
        return run([*words[:-2], *more, *words[-2:]], env=place.env, cwd=place.work).out

    assert said() == "beside\n"
    (place.work / ".env").write_text("FROM=here\n")
    assert said() == "here\n"
    assert said("-d", "config") == "beside\n"


def test_a_value_of_several_quoted_parts_in_each_dialect(project):
    """docs/migration/procfile.md says so."""
    here = project(Procfile="a: printenv A\n", __env="A='it'\\''s'\n")
    result = here.jig("up", "-q", "--no-prefix")
    assert result.status == 1 and "text after the closing quote" in result.err
    for dialect, value in (("foreman", "it'\\''s"), ("honcho", "it's")):
        result = here.jig("up", "-q", "--no-prefix", "--env-dialect", dialect)
        assert result.out == value + "\n", result


#: Lines and names that Foreman takes, and those that it ignores.
FORMS = """\
web:       a
worker:b
\tclock: c
wor.ker: d
empty:
last : e
9: f
A_b-c: g: h # not a comment
#web: i

: j
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_foreman_takes_the_same_lines(project, end):
    here = project(FORMS.replace("\n", end))
    result = here.jig("check")
    names = [line.split()[0] for line in result.out.splitlines()]
    assert names == ["web", "worker", "9", "A_b-c"] and "g: h # not a comment" in result.out
    foreman = shutil.which("foreman")
    if foreman:
        said = run([foreman, "check", "-f", str(here.directory / "Procfile")])
        assert f"({', '.join(names)})" in said.out + said.err, said


def test_a_byte_order_mark_is_skipped(project):
    assert project("\ufeffweb: a\n").jig("check").out.startswith("web ")
