# SPDX-License-Identifier: MIT
"""`jig up`: start, order, ends, restarts, exit statuses.

The teardown of `place` (conftest.py) asks the oracle for processes that are left.
"""

import json
import os
import re
import signal
import socket

import pytest
import ups
from helpers import FAILED, PYTHON, pinned, send, supervisor_of, wait_until
from helpers import children_of, comm_of
from ups import TERM

pytestmark = pytest.mark.usefixtures("own_registry")


# ------------------------------------------------------------------------ ends


def test_one_ends_and_all_stop_with_its_status(project, stays):
    web = stays.replace("echo up", "echo up; : >is-up")
    job = "until [ -e is-up ]; do sleep 0.01; done; echo done; exit 7"
    here = project(f"web: {web}\njob: {job}\n")
    result = here.jig("up", "--no-times")
    assert result.status == 7, result
    assert "job.1 | done" in result.lines
    assert "job.1 | exited with status 7" in result.lines
    assert "web.1 | exited with status 0" in result.lines


@pytest.mark.parametrize("cage", ["pidns", "subreaper"])
def test_services_that_end_at_once_have_started(project, root, cage):
    """A hundred: each has a number, and none is said not to have started."""
    processes = {f"p{i}": {"command": ":", "cage": cage} for i in range(100)}
    here = project(jig__yaml=json.dumps({"version": "0.5", "processes": processes}))
    result = here.jig("up", "--no-times")
    assert result.status == 0, result
    assert "cannot start" not in result.err + result.out
    assert sum("exited with status 0" in line for line in result.lines) == 100, result


@pytest.mark.parametrize("signo", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_is_128_plus_its_number(project, signo):
    result = project(f"job: ulimit -c 0; kill -{int(signo)} $$\n").jig("up")
    assert result.status == 128 + signo, result


@pytest.mark.parametrize("signo", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all(project, stays, signo):
    here = project(f"a: {stays}\nb: {stays}\n")
    jig = here.start()
    for _ in range(2):
        while not jig.line().endswith("| up"):
            pass
    result = ups.end(jig, signo)
    assert result.status == 128 + signo, result
    for name in ("a.1", "b.1"):
        assert ups.said_by(result.lines, name)[-1] == "exited with status 0"


def test_a_second_signal_hurries(project, place):
    here = project(f"a: trap '' TERM; echo up; {ups.forever(place)}\n")
    jig = here.start("--timeout", "1h")
    while not jig.line().endswith("| up"):
        pass
    jig.signal(signal.SIGTERM)
    while "stopping all" not in jig.line():
        pass
    ups.hurry(jig)
    result = jig.end()
    assert result.status == TERM, result
    assert "a.1 | ended by SIGKILL" in result.lines
    assert any("hurrying" in line for line in result.lines)


#: A shell may get SIGTERM just before it waits for it; this does not.
STOPS_SLOWLY = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("up", flush=True)
signal.sigwait([signal.SIGTERM])
open("go").read()
print("clean", flush=True)
"""


@pytest.mark.parametrize("signo", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_that_comes_twice_at_once_counts_once(project, place, signo):
    """timeout(1), make and npm send it to their process group, and to us."""
    (place.work / "a.py").write_text(STOPS_SLOWLY)
    here = project(f"a: exec {PYTHON} -SE a.py\n")
    os.mkfifo(place.work / "go")
    jig = here.start("--timeout", "1h")
    while not jig.line().endswith("| up"):
        pass
    jig.signal(signo)
    while "stopping all" not in jig.line():
        pass
    jig.signal(signo)
    here.await_answer()  # It has read the second one by then.
    (place.work / "go").write_text("go\n")
    result = jig.end()
    assert result.status == 128 + signo, result
    assert "a.1 | clean" in result.lines and "hurrying" not in result.out, result


ORDERED = """
ordered_shutdown: true
processes:
  web: {command: "sleep 600", depends_on: {db: {condition: process_started}}}
  other: {command: "sleep 600"}
  db: {command: "sleep 600"}
"""


def test_a_stop_in_order_ends_though_a_dependent_stands_first(place):
    with ups.Project(place, {"jig.yaml": ORDERED}) as here:
        jig = here.start("--timeout", "1h")
        here.await_answer()
        for name in ("web.1", "other.1", "db.1"):
            here.await_state(name, "ready")
        result = ups.end(jig)
    ended = [line.split(" ")[0] for line in result.lines if "ended by SIGTERM" in line]
    assert ended == ["other.1", "web.1", "db.1"], result


def test_any_can_die(project, place):
    here = project(f"a: exit 3\nb: read x <{place.work}/go; exit 0\n")
    os.mkfifo(place.work / "go")
    jig = here.start("--any-can-die")
    while "a | exited" not in jig.line().replace("a.1", "a"):
        pass
    assert here.state("b.1") == "ready"
    (place.work / "go").write_text("go\n")
    assert jig.wait() == 3


def test_exit_on_failure(project, stays):
    here = project(f"ok: exit 0\nbad: exit 4\nweb: {stays}\n")
    assert here.jig("up", "--exit-on-failure").status == 4


def test_keep_going(project):
    here = project("a: exit 3\n")
    jig = here.start("--keep-going")
    here.await_answer()
    here.await_state("a.1", "ended")
    assert here.jig("down").status == 0
    assert jig.wait() == 0


def test_a_program_that_is_not_there(project):
    here = project(jig__yaml="processes: {a: {entrypoint: [/no/such/program]}}")
    result = here.jig("up")
    assert result.status in (1, 127), result
    assert "/no/such/program" in result.out


# ------------------------------------------------------------ nothing is left


def test_what_a_service_leaves_behind_is_ended_and_named(project, place):
    sleep = place.bin / "sleep"
    here = project(f"a: setsid {sleep} 600 & {sleep} 601 & exit 0\n")
    result = here.jig("up", "--no-times")
    assert result.status == 0, result
    said = ups.said_by(result.lines, "a.1")
    assert sum("left behind: pid" in line for line in said) == 2, said
    assert "left 2 processes behind; all ended" in said


def test_nothing_is_left_when_up_is_killed(project, place, stays):
    sleep = place.bin / "sleep"
    here = project(f"a: (setsid {sleep} 600 &); {stays}\nb: {sleep} 601\n")
    jig = here.start()
    while not jig.line().endswith("| up"):
        pass
    jig.signal(signal.SIGKILL)
    jig.wait()
    # The place's teardown proves it; here that it needs no help.
    assert place.await_empty() == []


def test_a_service_whose_guard_is_killed(project, stays):
    here = project(f"a: {stays}\n")
    jig = here.start()
    while not jig.line().endswith("| up"):
        pass
    guards = [pid for pid in children_of(jig.pid) if comm_of(pid) == "jig"]
    with pinned(guards[:1]) as fds:
        send(fds[0], signal.SIGKILL)
    assert jig.wait() == FAILED


def test_a_service_whose_supervisor_is_killed(project, stays):
    here = project(f"a: {stays}\n")
    jig = here.start()
    while not jig.line().endswith("| up"):
        pass
    guard = next(pid for pid in children_of(jig.pid) if comm_of(pid) == "jig")
    with pinned([supervisor_of(guard)]) as fds:
        send(fds[0], signal.SIGKILL)
    assert jig.wait() == FAILED


def test_the_owner_dies(project, place, stays):
    here = project(f"a: {stays}\n")
    words = " ".join(["up", "--no-times"])
    shell = ["/bin/sh", "-c", f"'{ups.helpers.stage.jig_path()}' {words} & wait"]
    with ups.Running(shell, env=place.env, cwd=here.directory) as owner:
        while not owner.line().endswith("| up"):
            pass
        owner.signal(signal.SIGKILL)
        owner.wait()
    assert place.await_empty() == []


# -------------------------------------------------------------------- restarts


def test_restart_on_failure(project, place):
    count = place.work / "count"
    script = f"echo x >>{count}; [ $(wc -l <{count}) -ge 3 ]"
    yaml = f"""
processes:
  a:
    command: {script!r}
    availability: {{restart: on_failure, backoff_seconds: 0.01}}
"""
    result = project(jig__yaml=yaml).jig("up")
    assert result.status == 0, result
    assert count.read_text() == "x\n" * 3


def test_max_restarts(project, place):
    count = place.work / "count"
    yaml = f"""
processes:
  a:
    command: "echo x >>{count}; exit 5"
    availability: {{restart: always, backoff_seconds: 0.01, max_restarts: 2}}
"""
    result = project(jig__yaml=yaml).jig("up")
    assert result.status == 5, result
    assert count.read_text() == "x\n" * 3


def test_restart_no_is_for_all(project, place):
    yaml = "processes: {a: {command: exit 5, availability: {restart: always}}}"
    assert project(jig__yaml=yaml).jig("up", "--restart", "no").status == 5


# ----------------------------------------------------------- names and numbers


def test_names_numbers_and_ports(project):
    here = project(
        "web: echo $PS $HONCHO_PROCESS_NAME $PORT\nx: true\njob: echo $PS $PORT\n"
    )
    result = here.jig("up", "--any-can-die", "-c", "job=2", "-p", "7000")
    assert result.status == 0, result
    out = result.out
    assert "web.1 web.1 7000" in out
    assert "job.1 7200" in out and "job.2 7201" in out


def test_the_base_of_the_ports_from_option_file_environment(project, place):
    here = project("a: echo at $PORT\n")
    env = {**place.env, "PORT": "6000"}
    assert "at 5000" in here.jig("up").out
    assert "at 6000" in here.jig("up", env=env).out
    (place.work / ".env").write_text("PORT=6500\n")
    assert "at 6500" in here.jig("up", env=env).out
    assert "at 8000" in here.jig("up", "-p", "8000", env=env).out


def test_services_of_yaml_get_a_port_when_it_is_asked_for(project):
    here = project(jig__yaml="processes: {a: {command: 'echo at -$$PORT-'}}")
    assert "at --" in here.jig("up").out
    assert "at -7000-" in here.jig("up", "-p", "7000").out


def test_a_port_in_use_is_reported_with_its_owner(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = project("a: true\n").jig("up", "-p", str(port))
    assert result.status == 0
    assert f"its port {port} is in use already, by pid {os.getpid()}" in result.out


def test_names_and_exclude(project):
    here = project("a: echo a\nb: echo b\nc: echo c\n")
    words = ("up", "--no-prefix", "-q", "--any-can-die")
    assert sorted(here.jig(*words, "a", "c").lines) == ["a", "c"]
    assert sorted(here.jig(*words, "-x", "a").lines) == ["b", "c"]
    assert here.jig(*words, "a", "-c", "all=2").lines == ["a", "a"]
    result = here.jig("up", "bb")
    assert result.status == 1 and "'bb'" in result.err


def test_env_file_and_directory(project, place):
    here = project(
        "a: echo $WHO in $(pwd)\n", sub__env="WHO=jane\n", **{"p/.env": "WHO=joe\n"}
    )
    (place.work / "p" / "Procfile").write_text("a: echo $WHO in $(pwd)\n")
    out = here.jig("up", "-f", "p/Procfile").out
    assert f"joe in {place.work}/p" in out
    out = here.jig("up", "-f", "p/Procfile", "-e", "sub.env").out
    assert f"jane in {place.work}/p" in out
    out = here.jig("up", "-f", "p/Procfile", "--honcho").out
    assert f"in {place.work}\n" in out


# --------------------------------------------------------------- jig up -- cmd


def test_around_a_command(project, place):
    path = place.work / "events"
    forever = ups.forever(place)
    yaml = f"""
processes:
  db:
    command: "trap 'echo db stops >>{path}; exit 0' TERM; echo up; {forever}"
    ready: "log:up"
  web:
    command: "trap 'echo web stops >>{path}; exit 0' TERM; echo up; {forever}"
    ready: "log:up"
    depends_on: {{db: {{condition: process_healthy}}}}
"""
    here = project(jig__yaml=yaml)
    script = f"echo tests >>{path}; echo said; exit 9"
    result = here.jig("up", "--", "/bin/sh", "-c", script)
    assert result.status == 9, result
    assert result.out == "said\n"
    assert path.read_text() == "tests\nweb stops\ndb stops\n"


def test_a_service_dies_while_the_command_runs(project, place, stays):
    os.mkfifo(place.work / "go")
    here = project(f"a: read x <{place.work}/go; exit 0\nb: {stays}\n")
    script = f"trap 'exit 0' TERM; echo >{place.work}/go; {ups.forever(place)}"
    result = here.jig("up", "--", "/bin/sh", "-c", script)
    assert result.status == FAILED, result


def test_a_command_that_is_not_there(project, stays):
    result = project(f"a: {stays}\n").jig("up", "--", "no-such-program")
    assert result.status == 127, result


# ------------------------------------------------------------- the other files


def test_duplicate_names(project):
    result = project("a: true\na: false\n").jig("up")
    assert result.status == 1 and "'a'" in result.err, result


def test_check(project):
    here = project("# comment\n\nweb: run it\nthis is no entry\n", **{})
    result = here.jig("check")
    assert result.status == 0, result
    assert "run it" in result.out and "Procfile:4" in result.err
    assert "Procfile:1" not in result.err and "Procfile:2" not in result.err


def test_no_file(project):
    result = project(none="").jig("up")
    assert result.status == 1 and "Procfile" in result.err, result


def test_exec(project, place):
    here = project("a: true\n", __env="WHO=jane\n")
    result = here.jig("exec", "--", "/bin/sh", "-c", "echo $WHO; exit 6")
    assert (result.status, result.out) == (6, "jane\n"), result


# ------------------------------------------------------------ a running one


def test_without_any_instance_it_goes_on(project, place):
    """After jig scale and jig stop, which the user may undo."""
    here = project(jig__yaml=f'processes: {{a: {{command: "{ups.forever(place)}"}}}}\n')
    jig = here.start()
    here.await_answer()
    for down, up in (("scale", "a=0"), ("scale", "a=1")), (("stop", "a"), ("restart", "a")):
        assert here.jig(*down).status == 0
        assert "a.1" not in here.ps() or here.state("a.1") == "stopped"
        assert here.jig(*up).status == 0
        assert here.state("a.1") == "ready" and jig.is_alive()
    assert here.jig("scale", "a=0").status == 0
    assert here.jig("down").status == 0
    assert jig.wait() == 0


def test_ps_restart_stop_scale_logs_down(project, place, stays):
    here = project(f"web: {stays}\njob: {stays}\n")
    jig = here.start()
    here.await_answer()
    here.await_state("job.1", "ready")
    before = here.ps()["web.1"]["pid"]
    assert here.jig("restart", "web").status == 0
    assert here.ps()["web.1"]["pid"] != before
    assert here.jig("stop", "job").status == 0
    assert here.state("job.1") == "stopped" and jig.is_alive()
    assert here.jig("restart", "job").status == 0
    assert here.state("job.1") == "ready"
    assert here.jig("scale", "web=3").status == 0
    assert [n for n in here.ps() if n.startswith("web")] == ["web.1", "web.2", "web.3"]
    assert here.jig("scale", "web=1").status == 0
    assert sorted(here.ps()) == ["job.1", "web.1"]
    assert "up" in here.jig("logs", "job").out
    assert here.jig("down").status == 0
    result = jig.end()
    assert result.status == 0, result
    assert ups.runtime_files(place) == []
    assert here.jig("ps").status == 1


FAILS = "[ ! -e bad ] || { echo alas; exit 3; }; "


@pytest.mark.parametrize("words", [("restart", "a"), ("scale", "a=2")], ids=" ".join)
@pytest.mark.parametrize("restart", ["no", "always"])
def test_a_new_instance_that_fails_at_once_is_named_with_its_last_lines(
    project, stays, words, restart
):
    one = {"command": FAILS + stays, "availability": {"restart": restart}}
    other = {"command": stays}
    yaml = json.dumps({"ending": "keep-going", "processes": {"a": one, "b": other}})
    here = project(jig__yaml=yaml)
    jig = here.start()
    here.await_answer()
    here.await_state("a.1", "ready")
    (here.directory / "bad").touch()
    result = here.jig(*words)
    name = "a.1" if words[0] == "restart" else "a.2"
    assert result.status == 1, result
    assert f"{name} is not ready: exited with status 3" in result.err, result
    assert "alas" in result.err, result
    assert jig.is_alive() and here.state("b.1") == "ready"
    assert here.jig("down").status == 0


def test_a_restart_whose_failure_ends_all_has_failed(project, stays):
    here = project(f"a: {FAILS}{stays}\nb: {stays}\n")
    jig = here.start()
    here.await_answer()
    here.await_state("a.1", "ready")
    (here.directory / "bad").touch()
    result = here.jig("restart", "a")
    assert result.status == 1, result
    assert re.search(r"`jig up` .*a\.1.*status 3", result.err), result
    assert jig.wait() == 3


def test_a_restart_of_one_that_ends_with_success_is_none_that_fails(project, stays):
    processes = {"a": {"command": "true"}, "b": {"command": stays}}
    yaml = {"ending": "keep-going", "processes": processes}
    here = project(jig__yaml=json.dumps(yaml))
    here.start()
    here.await_answer()
    here.await_state("a.1", "ended")
    assert here.jig("restart", "a").status == 0
    assert here.jig("down").status == 0


def test_wrong_names(project, stays):
    here = project(f"web: {stays}\n")
    here.start()
    here.await_answer()
    result = here.jig("restart", "wep")
    assert result.status == 1 and "did you mean 'web'?" in result.err, result
    assert here.jig("scale", "web=x").status == FAILED
    assert here.jig("down").status == 0


def test_two_of_one_file(project, stays):
    here = project(f"a: {stays}\nb: {stays}\n")
    one = here.start("a")
    here.await_answer()
    two = here.start("b", "--force-new")
    wait_until(lambda: here.jig("logs").out.count("| up") == 2, "both answer")
    assert here.jig("restart", "a").status == 0
    assert here.jig("restart", "b").status == 0
    assert here.jig("down").status == 0
    assert one.wait() == 0 and two.wait() == 0


def test_detached(project, place, stays):
    here = project(f"web: {stays}\n")
    result = here.jig("up", "-D")
    assert result.status == 0, result
    assert here.state("web.1") == "ready"
    assert "web.1 | up" in here.jig("logs").out
    assert here.jig("down").status == 0
    assert ups.runtime_files(place) == []


def test_detached_and_it_fails(project):
    result = project("web: read x <go; exit 3\n").jig("up", "-D", "web", "nosuch")
    assert result.status == 1 and "'nosuch'" in result.err, result


def test_logs_follow(project, place, stays):
    os.mkfifo(place.work / "go")
    here = project(f"a: while read x; do echo got $x; done <>{place.work}/go\n")
    here.start()
    here.await_answer()
    command = ups.helpers.jig("logs", "-f", "a")
    with ups.Running(command, env=place.env, cwd=here.directory) as logs:
        while "started" not in logs.line():
            pass
        for word in ("one", "two"):
            (place.work / "go").write_text(f"{word}\n")
            assert logs.line().endswith(f"a.1 | got {word}")
        assert here.jig("down").status == 0
        assert logs.wait() == 0
