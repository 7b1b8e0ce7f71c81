# SPDX-License-Identifier: MIT
"""The engine of `jig up` where it is easily wrong: events without a notification,
readers that are slow, descriptors that are closed or used up, services that
fail before others are ready."""

import os
import resource
import signal
import socket

import pytest
import ticks
import ups
from helpers import FAILED, Running, jig, run as run_any, wait_until
from ups import TERM

pytestmark = pytest.mark.usefixtures("own_registry")


# -------------------------------------------------------------- before "ready"

BROKEN = """
processes:
  bad: {command: "exit 3"}
  web: {command: "%s", depends_on: {bad: {condition: process_completed}}}
"""


def test_a_command_does_not_run_when_a_service_has_failed_before(project, stays):
    here = project(jig__yaml=BROKEN % stays)
    result = here.jig("up", "--", "/bin/echo", "ran")
    assert (result.status, result.out) == (FAILED, ""), result
    assert "not all services are ready" in result.err


def test_a_command_does_not_run_when_a_service_is_not_ready_in_time(project, stays):
    yaml = f"""
processes:
  a: {{command: "{stays}", ready: "log:never", start_timeout: 50ms}}
  b: {{command: "{stays}"}}
"""
    result = project(jig__yaml=yaml).jig("up", "--", "/bin/echo", "ran")
    assert (result.status, result.out) == (FAILED, ""), result


def test_in_the_background_a_failure_before_ready_is_status_1(project, stays):
    here = project(jig__yaml=BROKEN % stays)
    result = here.jig("up", "-D")
    assert result.status == 1 and "not all services are ready" in result.err, result
    assert here.state("web.1") == "ready"
    assert here.jig("down").status == 0


def test_the_command_has_the_environment_of_env_files(project, stays):
    env = "".join(f"V{i}=x\n" for i in range(8))
    here = project(Procfile=f"a: {stays}\n", **{".env": env + "WHO=jane\n"})
    result = here.jig("up", "--", "/bin/sh", "-c", "echo $WHO $V7")
    assert (result.status, result.out) == (0, "jane x\n"), result


def test_one_may_start_though_no_event_tells(project, place):
    """It stands before the one that it waits for, which says nothing."""
    yaml = f"""
processes:
  a: {{command: "echo it runs", depends_on: {{b: {{condition: process_started}}}}}}
  b: {{command: "{ups.forever(place)}"}}
"""
    jig_up = project(jig__yaml=yaml).start()
    jig_up.await_line("a.1 | it runs")
    assert ups.end(jig_up).status == TERM


def test_one_is_skipped_when_what_it_needs_cannot_start(project):
    yaml = """
processes:
  a: {command: "true", depends_on: {b: {condition: process_started_never}}}
  b: {entrypoint: [/no/such/program]}
""".replace("process_started_never", "process_healthy")
    result = project(jig__yaml=yaml).jig("up")
    assert result.status == 127, result
    assert "skipped: its dependency b" in result.out


# -------------------------------------------------------------------- back-off


def test_a_long_backoff_of_the_file_is_kept(project):
    yaml = """
processes:
  a: {command: "exit 1", availability: {restart: always, backoff_seconds: 300}}
"""
    jig_up = project(jig__yaml=yaml).start()
    jig_up.await_line("a.1 | starts again in 300 s (restart 1)")
    assert ups.end(jig_up).status == TERM


# --------------------------------------------------------------------- signals


def test_another_signal_does_not_hurry(project, place):
    here = project(Procfile=f"a: trap '' TERM; echo up; {ups.forever(place)}\n")
    jig_up = here.start("--timeout", "1h")
    jig_up.await_line("a.1 | up")
    for signo in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):
        jig_up.signal(signo)
    here.await_state("a.1", "stopping")
    ups.hurry(jig_up)
    result = jig_up.end()
    assert result.status == 128 + signal.SIGHUP, result
    assert any("Terminated: hurrying" in line for line in result.lines)
    assert not any("Hangup: hurrying" in line for line in result.lines)


def test_a_signal_that_we_were_started_to_ignore_is_ignored(project, place, stays):
    here = project(Procfile=f"a: {stays}\n")
    words = [str(place.bin / "sh"), "-c", "trap '' HUP; exec \"$@\"", "sh"]
    command = [*words, *jig("up", "--no-times")]
    with ups.Running(command, env=place.env, cwd=here.directory) as jig_up:
        jig_up.await_line("a.1 | up")
        jig_up.signal(signal.SIGHUP)
        assert here.state("a.1") == "ready"
        jig_up.signal(signal.SIGTERM)
        assert jig_up.end().status == TERM


# ----------------------------------------------------- descriptors and readers


@pytest.mark.parametrize("which", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_descriptors(project, place, which):
    here = project(Procfile="a: echo here; readlink /proc/self/fd/0 >in\n")
    script = f'exec "$@" {which}'
    command = [str(place.bin / "sh"), "-c", script, "sh", *jig("up", "-q")]
    result = run_any(command, env=place.env, cwd=here.directory)
    assert result.status == 0, result
    assert here.read("in") == "/dev/null\n"
    assert ("here" in result.out) == (">&-" not in which.split())


def test_a_slow_reader_makes_no_process_busy(project):
    """It sleeps while its output is not read: few context switches."""
    here = project(Procfile=f"a: while :; do echo {'x' * 8000}; done\n")
    jig_up = here.start()

    here.await_answer()
    wait_until(lambda: is_asleep(jig_up.pid), "it waits for its reader")
    assert here.jig("down").status == 0


def is_asleep(pid):
    """Another process has come and gone meanwhile, and it was not switched to."""
    before = switches(pid)
    run_any(["true"])
    return switches(pid) - before <= 2


def switches(pid):
    """How often it was switched from, by itself or not."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return sum(int(x.split()[1]) for x in lines if "ctxt_switches" in x)


def test_without_a_runtime_directory_it_runs_and_says_so(project, place):
    here = project(Procfile="a: echo here\n")
    env = {**place.env, "XDG_RUNTIME_DIR": str(place.work / ("long" * 60))}
    os.makedirs(env["XDG_RUNTIME_DIR"] + "/jig", 0o700)
    if ups.helpers.IS_ROOT:
        os.chown(env["XDG_RUNTIME_DIR"] + "/jig", 65534, 65534)
    result = run_any(jig("up", "--no-times"), "user", env=env, cwd=here.directory)
    assert result.status == 0 and "a.1 | here" in result.lines, result
    assert "cannot create the control socket" in result.out


def test_clients_for_which_there_is_no_descriptor(project, place, stays):
    """They wait, without the processors; services go on."""
    here = project(Procfile=f"a: {stays}\n")

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    jig_up = here.start(preexec_fn=few)
    jig_up.await_line("a.1 | up")
    found = [p for p in ups.runtime_files(place) if not p.endswith(".lock")]
    silent = []
    for _ in range(50):
        silent.append(socket.socket(socket.AF_UNIX))
        silent[-1].connect(found[0])
    wait_until(lambda: is_asleep(jig_up.pid), "it waits for room")
    for one in silent:
        one.close()
    assert here.state("a.1") == "ready"
    assert ups.end(jig_up).status == TERM


# ------------------------------------------------------------------- log files


def test_log_files_of_several_instances(project):
    yaml = """
processes:
  a: {command: "echo $PC_REPLICA_NUM a", replicas: 2, log_location: a.log}
  b: {command: "echo $PC_REPLICA_NUM b", replicas: 2,
      log_location: "b{PC_REPLICA_NUM}.log"}
"""
    here = project(jig__yaml=yaml.replace("$PC", "$$PC"))
    assert here.jig("up").status == 0
    for name, said in {
        "a.log.0": "0 a",
        "a.log.1": "1 a",
        "b0.log": "0 b",
        "b1.log": "1 b",
    }.items():
        assert here.read(name).endswith(f"{said}\n"), name
    assert not here.read("a.log")


def test_the_projects_log_is_of_all_that_have_none(project):
    yaml = """
log_location: all.log
processes:
  a: {command: "echo of a"}
  b: {command: "echo of b; echo err >&2"}
  c: {command: "echo of c", log_location: c.log}
"""
    here = project(jig__yaml=yaml)
    assert here.jig("up").status == 0
    lines = here.read("all.log").splitlines()
    ends = sorted(line.split(" ", 2)[-1] for line in lines)
    assert ends == ["a.1 | of a", "b.1 | err", "b.1 | of b"], lines
    assert here.read("c.log").endswith("of c\n")


# --------------------------------------------------------------------- options


def test_formation_runs_only_named_services(project):
    here = project(Procfile="a: echo $PS\nb: echo $PS\n")
    words = ("up", "--no-prefix", "-q", "--any-can-die", "-m", "b=2")
    assert sorted(here.jig(*words).lines) == ["b.1", "b.2"]


def test_the_dialect_of_env_files(project):
    here = project(Procfile="a: echo \"<$A>\"\n", **{".env": "A=x # y\n"})
    said = [
        here.jig("up", "--no-prefix", "-q", "--env-dialect", name).out
        for name in ("docker", "foreman")
    ]
    assert said == ["<x>\n", "<x # y>\n"]


def test_a_stop_policy(project, place):
    script = f"trap 'echo usr1; exit 4' USR1; echo up; {ups.forever(place)}"
    jig_up = project(Procfile=f"a: {script}\n").start("--stop", "USR1 1h KILL")
    jig_up.await_line("a.1 | up")
    assert "a.1 | usr1" in ups.end(jig_up).lines


def test_restart_always_and_max_restarts(project):
    here = project(Procfile="a: echo once more\n")
    result = here.jig(
        "up", "--no-times", "--restart", "always", "--max-restarts", "1"
    )
    assert result.status == 0, result
    assert result.lines.count("a.1 | once more") == 2


def test_an_owner_that_is_named(project, place, stays):
    here = project(Procfile=f"a: {stays}\n")
    with ups.Running(["sleep", "600"]) as owner:
        jig_up = here.start("--owner", str(owner.pid))
        jig_up.await_line("a.1 | up")
        owner.signal(signal.SIGKILL)
        result = jig_up.end()
    assert result.status == FAILED, result
    assert "a.1 | exited with status 0" in result.lines


def test_in_the_background_and_around_a_command_are_not_one(project):
    result = project(Procfile="a: true\n").jig("up", "-D", "--", "true")
    assert result.status == FAILED and "-D" in result.err, result


def test_a_wait_of_these_tests_ends_with_its_fifo(place):
    """Else a service that outlives its test would use a processor for ever."""
    with Running(place.sh("echo up; " + ups.forever(place))) as shell:
        shell.await_line("up")
        fifo = place.ticks()
        with open(fifo, "rb") as lines:
            lines.readline()  # It is being written: see ticks.py.
        fifo.unlink()
        assert shell.wait() == 0
        ticks.toggle(fifo)
