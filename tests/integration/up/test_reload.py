# SPDX-License-Identifier: MIT
"""`jig reload`: changed files are applied to a project that runs, and only what has
changed is touched. `jig restart` uses the files of now, too."""

import json
import os
import re
import signal
import threading

import pytest
import ups
from helpers import Running, jig, run, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")


@pytest.fixture(name="here")
def _here(project, place):
    """A project whose files the test writes; each service notes its starts."""
    one = project(Procfile="")
    one.stays = f"trap 'exit 0' TERM; {ups.forever(place)}"
    return one


def service(here: ups.Project, name: str, extra: str = ":", trap: str = "exit 0") -> str:
    """A command that notes its PORT, and VALUE of its environment, when it is ready
    for a signal."""
    note = f'echo "{name} $PORT $VALUE" >>starts'
    return f"trap '{trap}' TERM; {note}; {extra}; {ups.forever(here.place)}"


def procfile(here: ups.Project, *names: str, **extra: str) -> str:
    lines = [f"{n}: {service(here, n, extra.get(n, ':'))}\n" for n in names]
    return "".join(lines)


def write(here: ups.Project, text: str, name: str = "Procfile") -> None:
    (here.directory / name).write_text(text)


def up(here: ups.Project, text: str, *words: str, name: str = "Procfile"):
    """In the foreground, until all services have been executed."""
    write(here, text, name)
    if name != "Procfile":
        (here.directory / "Procfile").unlink(missing_ok=True)
    running = here.start(*words)
    here.await_answer()
    assert here.jig("ps", "--wait").status == 0
    wanted = text.count("$PORT")
    wait_until(lambda: here.read("starts").count("\n") >= wanted, "all are ready for a signal")
    return running


def pids(here: ups.Project) -> dict[str, int]:
    return {name: one["pid"] for name, one in here.ps().items()}


def reload(here: ups.Project, *words: str) -> list[str]:
    result = here.jig("reload", *words)
    assert result.status == 0, result
    return result.out.splitlines()


def await_starts(here: ups.Project, *lines: str) -> None:
    """A service is ready when it was executed: what it notes comes later."""
    wanted = list(lines)
    wait_until(lambda: here.read("starts").splitlines()[-len(wanted) :] == wanted, str(wanted))


def client_of(here: ups.Project, *words: str) -> Running:
    """A command beside the test."""
    return Running(jig(*words), env=here.place.env, cwd=here.directory)


# ---------------------------------------------------------------- what happens


def test_new_ones_start_removed_ones_end_changed_ones_restart(here):
    up(here, procfile(here, "a", "b", "c"))
    before = pids(here)
    write(here, procfile(here, "a", "b", "d", b="true"))
    assert reload(here) == [
        "end c: not in the files any more",
        "restart b: command",
        "start d: new",
    ]
    after = pids(here)
    assert list(after) == ["a.1", "b.1", "d.1"]
    assert after["a.1"] == before["a.1"] and after["b.1"] != before["b.1"]
    with pytest.raises(ProcessLookupError):
        os.kill(before["c.1"], 0)


def test_a_yaml_beside_a_procfile_leaves_its_shell(here):
    """Else all services restart. The services that it adds have the same shell."""
    up(here, procfile(here, "a", "b"))
    before = pids(here)
    more = "; ".join(["echo $0 >shell", service(here, "more")])
    write(here, json.dumps({"processes": {"more": {"command": more}}}), "jig.yaml")
    assert reload(here) == ["start more: new"]
    after = pids(here)
    assert before == {name: pid for name, pid in after.items() if name != "more.1"}
    wait_until(lambda: here.read("shell") == "/bin/sh\n", "it runs in the same shell")
    write(here, json.dumps({"shell": {"shell_command": "/bin/bash"}}), "jig.yaml")
    assert reload(here) == [
        "end more: not in the files any more",
        "restart a: shell",
        "restart b: shell",
    ]


def test_a_dry_run_only_prints(here):
    up(here, procfile(here, "a", "b"))
    before = pids(here)
    write(here, procfile(here, "a", "c", a="true"))
    plan = ["end b: not in the files any more", "restart a: command", "start c: new"]
    assert reload(here, "--dry-run") == plan
    assert pids(here) == before
    assert reload(here) == plan
    assert reload(here) == ["nothing has changed"]


def test_the_plan_is_also_json(here):
    up(here, procfile(here, "a"))
    write(here, procfile(here, "a", "b", a="true"))
    result = here.jig("reload", "--dry-run", "--json")
    assert json.loads(result.out) == [
        {"service": "a", "action": "restart", "why": ["command"]},
        {"service": "b", "action": "start", "why": ["new"]},
    ]


def test_jig_up_says_what_it_does(here):
    running = up(here, procfile(here, "a"))
    write(here, procfile(here, "a", "b"))
    reload(here)
    running.await_line("jig | reload: start b: new")


def test_a_variable_is_named_and_its_value_is_not(here):
    write(here, "VALUE=old-secret\nGONE=1\n", ".env")
    running = up(here, procfile(here, "a"))
    write(here, "VALUE=new-secret\nMORE=new-secret\n", ".env")
    lines = reload(here)
    assert lines == ["restart a: variable VALUE, variable MORE is new, variable GONE is gone"]
    await_starts(here, "a 5000 old-secret", "a 5000 new-secret")
    assert "secret" not in "".join(lines) + ups.end(running).out


def test_a_variable_that_the_service_sets_itself_is_no_change(here):
    yaml = f"""
processes:
  a: {{command: "{here.stays}", environment: [VALUE=own]}}
  b: {{command: "{here.stays}"}}
"""
    write(here, "VALUE=1\n", ".env")
    up(here, yaml, name="jig.yaml")
    write(here, "VALUE=2\n", ".env")
    assert reload(here) == ["restart b: variable VALUE"]


def test_with_the_place_in_the_procfile_its_port_changes(here):
    up(here, procfile(here, "a", "b", "c"))
    before = pids(here)
    write(here, procfile(here, "a", "c", "b"))
    assert reload(here) == [
        "restart c: PORT 5200 becomes 5100",
        "restart b: PORT 5100 becomes 5200",
    ]
    ports = {name: one["port"] for name, one in here.ps().items()}
    assert ports == {"a.1": 5000, "c.1": 5100, "b.1": 5200}
    assert pids(here)["a.1"] == before["a.1"]
    wait_until(lambda: here.read("starts").split()[-4:-3] != ["a"], "both have started")
    assert sorted(here.read("starts").splitlines()[-2:]) == ["b 5200 ", "c 5100 "]


def test_a_port_is_free_before_another_service_gets_it(here):
    """All that end have ended before the first one starts."""
    last = service(here, "b", trap="echo b-ended >>starts; exit 0")
    up(here, f"a: {service(here, 'a')}\nb: {last}\n")
    write(here, f"b: {last}\nc: {service(here, 'c')}\n")
    reload(here)
    wait_until(lambda: here.read("starts").count("\n") == 5, "both have started")
    lines = here.read("starts").splitlines()
    ended = lines.index("b-ended")
    assert sorted(lines[ended + 1 :]) == ["b 5000 ", "c 5100 "]


def test_a_yaml_file_and_its_keys(here):
    form = "processes:\n  a: {{command: '{0}'{1}}}\n  b: {{command: '{0}'{2}}}\n"
    stays = here.stays.replace("'", "''")
    up(here, form.format(stays, "", ""), name="jig.yaml")
    before = pids(here)
    more = ", depends_on: {b: {condition: process_started}}, shutdown: {signal: 15}"
    write(here, form.format(stays, more, ", description: x, namespace: n"), "jig.yaml")
    assert reload(here) == ["restart a: depends_on, shutdown/stop"]
    assert pids(here)["b.1"] == before["b.1"]


def test_what_concerns_the_project_applies_without_a_restart(here):
    write(here, "processes: {a: {}}\n", "jig.yaml")
    running = up(here, procfile(here, "a", "b"))
    before = pids(here)
    write(here, "ordered_shutdown: true\nprocesses: {a: {}}\n", "jig.yaml")
    assert reload(here) == ["update the project: ordered_shutdown"]
    assert pids(here) == before
    assert ups.end(running).status == ups.TERM


# ------------------------------------------------------------------- how many


def test_the_scale_stays_until_the_number_of_the_file_changes(here):
    form = "processes:\n  a: {{command: '{0}', replicas: {1}}}\n  b: {{command: '{0}'}}\n"
    stays = here.stays.replace("'", "''")
    up(here, form.format(stays, 1), name="jig.yaml")
    assert here.jig("scale", "a=3", "b=2").status == 0
    before = pids(here)
    assert reload(here) == ["nothing has changed"]
    assert pids(here) == before
    write(here, form.format(stays, 2), "jig.yaml")
    assert reload(here) == ["end a: 2 instances instead of 3"]
    del before["a.3"]
    assert pids(here) == before
    write(here, form.format(stays, 4), "jig.yaml")
    assert reload(here) == ["start a: 4 instances instead of 2"]
    after = pids(here)
    assert len(after) == 6 and before.items() <= after.items()


def test_options_of_the_command_line_stay(here):
    up(here, procfile(here, "a", "b", "c"), "-c", "a=2", "-p", "7000", "a", "b")
    write(here, procfile(here, "a", "b", "c", "d", a="true"))
    assert reload(here) == ["restart a: command", "update d: new; it has no instance"]
    ports = {name: one["port"] for name, one in here.ps().items()}
    assert ports == {"a.1": 7000, "a.2": 7001, "b.1": 7100}


# --------------------------------------------------------------- what is wrong

@pytest.mark.parametrize("words", ([], ["--dry-run"]), ids=("", "dry"))
def test_what_is_wrong_in_the_files_changes_nothing(here, words):
    up(here, procfile(here, "a", "b"))
    before = pids(here)
    for name, text in (("Procfile", "nothing\n"), (".env", "PORT=x\n")):
        old = here.read(name)
        write(here, text, name)
        check = here.jig("check")
        result = here.jig("reload", *words)
        assert result.status == 1 and result.out == "", result
        assert result.err == check.err and result.err, (result, check)
        assert pids(here) == before
        write(here, old, name)
    assert reload(here) == ["nothing has changed"]


def test_a_file_that_is_gone_is_an_error(here):
    up(here, procfile(here, "a"))
    before = pids(here)
    (here.directory / "Procfile").unlink()
    result = here.jig("reload")
    assert result.status == 1 and "Procfile" in result.err, result
    write(here, procfile(here, "a"))
    assert pids(here) == before


def test_another_file_does_not_take_the_place_of_the_projects(here):
    yaml = f"processes: {{a: {{command: \"{here.stays}\"}}}}"
    up(here, yaml, name="jig.yaml")
    write(here, "a: true\n")
    result = here.jig("reload", "-f", "jig.yaml")
    assert result.status == 1 and "is the project's file now" in result.err, result
    (here.directory / "Procfile").unlink()
    assert reload(here) == ["nothing has changed"]


def test_a_project_from_a_pipe_cannot_be_read_again(here):
    write(here, procfile(here, "a"), "text")
    command = f"exec {' '.join(jig('up', '-D', '-f'))} <(cat text)"
    here._is_detached = True
    done = run(["bash", "-c", command], cwd=here.directory, env=here.place.env)
    assert done.status == 0, done
    result = here.jig("reload")
    assert result.status == 1 and "came from a pipe" in result.err, result
    assert here.jig("restart", "a").status == 0


def test_a_fifo_is_refused(here):
    running = up(here, procfile(here, "a"))
    before = pids(here)
    (here.directory / "Procfile").unlink()
    os.mkfifo(here.directory / "Procfile")
    result = here.jig("reload")
    assert result.status == 1 and "it is a FIFO" in result.err, result
    assert pids(here) == before
    assert ups.end(running).status == ups.TERM


def test_what_blocks_holds_up_the_client_only(here):
    slow = "env_cmds:\n  VALUE: 'test ! -e block || sleep 1000'\n"
    text = f"processes:\n  a:\n    command: {json.dumps(service(here, 'a'))}\n"
    running = up(here, slow + text, "--allow-commands", name="jig.yaml")
    (here.directory / "block").touch()
    with client_of(here, "reload") as client:
        wait_until(lambda: here.state("a.1") == "ready", "it answers")
        assert client.is_alive()
        assert ups.end(running).status == ups.TERM
        assert client.wait() == 1


def test_nothing_runs(here):
    write(here, procfile(here, "a"))
    result = here.jig("reload")
    assert result.status == 1 and "no `jig up` of" in result.err, result


def test_usage(here):
    assert here.jig("reload", "a").status == 125
    assert here.jig("reload", "--nonsense").status == 125


# ----------------------------------------------------------------- their states


def test_one_that_was_stopped_stays_stopped(here):
    up(here, procfile(here, "a", "b"))
    assert here.jig("stop", "b").status == 0
    write(here, procfile(here, "a", "b", b="echo new >>starts"))
    assert reload(here) == ["update b: command, its next start uses it"]
    assert here.state("b.1") == "stopped"
    assert here.jig("restart", "b").status == 0
    await_starts(here, "new")


def test_one_that_has_ended_starts_again_when_it_has_changed(here):
    write(here, f"a: {service(here, 'a')}\nb: exit 3\nc: exit 3\n")
    here.start("--any-can-die")
    here.await_answer()
    for name in ("b.1", "c.1"):
        here.await_state(name, "ended")
    write(here, f"a: {service(here, 'a')}\nb: {service(here, 'b')}\nc: exit 3\n")
    assert reload(here) == ["restart b: command"]
    assert here.state("b.1") == "ready" and here.state("c.1") == "ended"


def test_one_that_waits_for_its_restart_starts_at_once(here):
    form = "processes: {{a: {{command: {0}, availability: {{restart: always, backoff_seconds: 3600}}}}}}"
    (here.directory / "jig.yaml").write_text(form.format("exit 1"))
    (here.directory / "Procfile").unlink()
    here.start()
    here.await_answer()
    here.await_state("a.1", "back-off")
    write(here, form.format(json.dumps(here.stays)), "jig.yaml")
    assert reload(here) == ["restart a: command"]
    assert here.state("a.1") == "ready"


def test_one_that_is_stopping_gets_its_new_form_afterwards(here, place):
    os.mkfifo(place.path / "gate")
    old = service(here, "old", trap=f"echo asked >>starts; read x <{place.path}/gate; exit 0")
    up(here, f"a: {old}\nb: {service(here, 'b')}\n")
    restart = threading.Thread(target=here.jig, args=("restart", "a"))
    restart.start()
    wait_until(lambda: "asked" in here.read("starts"), "it is asked to stop")
    write(here, f"a: {service(here, 'a')}\nb: {service(here, 'b')}\n")
    assert reload(here, "--dry-run") == ["restart a: command"]
    with client_of(here, "reload") as client:
        client.await_line("restart a: command")
        (place.path / "gate").write_text("go\n")
        assert client.wait() == 0
    restart.join()
    assert here.state("a.1") == "ready"
    await_starts(here, "a 5000 ")


def test_a_removed_one_ends_by_its_own_rules(here):
    yaml = f"""
processes:
  a: {{command: "{here.stays}"}}
  b: {{command: "{here.stays}", shutdown: {{command: "echo own >>starts"}}}}
"""
    up(here, yaml, name="jig.yaml")
    write(here, f"processes:\n  a: {{command: \"{here.stays}\"}}\n", "jig.yaml")
    assert reload(here) == ["end b: not in the files any more"]
    assert here.read("starts") == "own\n"


def test_a_changed_one_ends_by_the_rules_that_it_was_started_with(here):
    form = "processes:\n  a: {{command: '{0}', shutdown: {{command: echo {1} >>starts}}}}\n"
    stays = here.stays.replace("'", "''")
    up(here, form.format(stays, "first"), name="jig.yaml")
    write(here, form.format(stays, "second"), "jig.yaml")
    assert reload(here) == ["restart a: shutdown/stop"]
    assert here.read("starts") == "first\n"


def test_those_that_leave_do_so_in_the_order_of_dependencies(here):
    def entry(name: str, on: str = "", extra: str = ":") -> str:
        command = service(here, name, extra, f"echo {name} >>ends; exit 0")
        depends = f", depends_on: {{{on}: {{condition: process_started}}}}" if on else ""
        return f"  {name}: {{command: {json.dumps(command)}{depends}}}\n"

    first = entry("db") + entry("api", "db") + entry("web", "api")
    up(here, f"processes:\n{first}", name="jig.yaml")
    second = entry("db", extra="true") + entry("api", "db", "true")
    write(here, f"processes:\n{second}", "jig.yaml")
    reload(here)
    assert here.read("ends").split() == ["web", "api", "db"]


def test_one_that_depends_on_a_restarted_one_is_not_touched(here):
    form = (
        'processes:\n  db: {{command: "{0} # {1}"}}\n'
        '  api: {{command: "{0}", depends_on: {{db: {{condition: process_started}}}}}}\n'
    )
    up(here, form.format(here.stays, 1), name="jig.yaml")
    before = pids(here)
    write(here, form.format(here.stays, 2), "jig.yaml")
    assert reload(here) == ["restart db: command"]
    assert pids(here)["api.1"] == before["api.1"]


def test_one_that_is_disabled_now_ends_and_one_that_is_not_any_more_starts(here):
    form = 'processes:\n  a: {{command: "{0}", disabled: {1}}}\n  b: {{command: "{0}", disabled: {2}}}\n'
    up(here, form.format(here.stays, "false", "true"), name="jig.yaml")
    write(here, form.format(here.stays, "true", "false"), "jig.yaml")
    assert reload(here) == ["end a: disabled", "start b: disabled"]
    assert here.state("b.1") == "ready"
    wait_until(lambda: here.state("a.1") == "stopped", "a has ended")


def test_one_that_does_not_become_ready_is_named(here):
    up(here, procfile(here, "a"), "--any-can-die")
    write(here, procfile(here, "a", "b"))
    write(here, "processes: {b: {ready: 'log:never', start_timeout: 50ms}}\n", "jig.yaml")
    result = here.jig("reload")
    assert result.status == 1 and "start b: new" in result.out, result
    assert "b.1 is not ready: " in result.err and here.state("a.1") == "ready", result


# -------------------------------------------------------------------- at once


def test_two_at_once_apply_a_change_once(here):
    up(here, procfile(here, "a", "b"))
    write(here, procfile(here, "a", "b", b="true"))
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(here.jig("reload"))) for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.status for one in results] == [0] * 4, results
    said = sorted(one.out for one in results)
    assert said == ["nothing has changed\n"] * 3 + ["restart b: command\n"], results
    wait_until(lambda: here.read("starts").count("\n") == 3, "b has started")
    assert here.read("starts").splitlines().count("b 5100 ") == 2


def test_many_changes_leave_the_last_one(here):
    up(here, procfile(here, "a"))
    before = pids(here)["a.1"]
    for i in range(5):
        write(here, procfile(here, "a", "b", b=f"echo {i} >>starts"))
        reload(here)
        await_starts(here, "b 5100 ", str(i))
    write(here, procfile(here, "a"))
    reload(here)
    assert pids(here) == {"a.1": before}
    assert re.findall(r"^\d$", here.read("starts"), re.MULTILINE) == list("01234")


def test_one_that_is_added_again_while_it_ends(here, place):
    os.mkfifo(place.path / "gate")
    old = service(here, "b", trap=f"read x <{place.path}/gate; exit 0")
    up(here, procfile(here, "a") + f"b: {old}\n")
    write(here, procfile(here, "a"))
    with client_of(here, "reload") as first:
        first.await_line("end b: not in the files any more")
        here.await_state("b.1", "stopping")
        write(here, procfile(here, "a", "b"))
        with client_of(here, "reload") as second:
            second.await_line("start b: new")
            (place.path / "gate").write_text("go\n")
            assert second.wait() == 0
        assert first.wait() == 0
    assert here.state("b.1") == "ready"
    await_starts(here, "b 5100 ")


def test_in_a_stop_it_is_refused(here, place):
    os.mkfifo(place.path / "gate")
    running = up(here, f"a: {service(here, 'a', trap=f'read x <{place.path}/gate; exit 0')}\n")
    running.signal(signal.SIGTERM)
    here.await_state("a.1", "stopping")
    write(here, procfile(here, "a", "b"))
    result = here.jig("reload")
    assert result.status == 1 and "is stopping" in result.err, result
    (place.path / "gate").write_text("go\n")
    assert running.wait() == ups.TERM


def test_one_that_is_suspended_is_continued_but_not_for_a_dry_run(here):
    running = up(here, procfile(here, "a"))
    write(here, procfile(here, "a", "b"))
    running.signal(signal.SIGSTOP)
    with client_of(here, "reload", "--dry-run") as dry:
        assert reload(here) == ["start b: new"]
        assert dry.wait() == 0
    assert here.state("b.1") == "ready"


# ------------------------------------------------------------------------- -D


def test_up_in_the_background_applies_the_changes(here):
    write(here, procfile(here, "a", "b"))
    assert here.jig("up", "-D", "-c", "a=2").status == 0
    before = pids(here)
    write(here, procfile(here, "a", "c"))
    result = here.jig("up", "-D")
    assert result.status == 0 and "keeps its options" in result.out, result
    assert result.out.splitlines()[1:] == ["end b: not in the files any more", "start c: new"]
    after = pids(here)
    assert after.pop("c.1") and before.pop("b.1") and after == before


# -------------------------------------------------------------------- restart


def test_restart_uses_the_environment_of_now_and_says_so(here):
    write(here, "VALUE=1\n", ".env")
    up(here, procfile(here, "a", "b"))
    before = pids(here)
    write(here, "VALUE=2\n", ".env")
    result = here.jig("restart", "b")
    assert result.status == 0 and result.out == "restart b: variable VALUE\n", result
    await_starts(here, "b 5100 2")
    assert pids(here)["a.1"] == before["a.1"]
    assert here.jig("restart", "b").out == "restart b: its settings are the same\n"
    assert reload(here) == ["restart a: variable VALUE"]


def test_restart_changes_no_other_service(here):
    up(here, procfile(here, "a", "b", "c"))
    write(here, procfile(here, "a", "b", a="true", b="true"))
    assert here.jig("restart", "b").out == "restart b: command\n"
    assert list(pids(here)) == ["a.1", "b.1", "c.1"]
    gone = here.jig("restart", "c").out
    assert gone == "restart c: not in the files any more, goes on as it was\n"
    assert reload(here) == ["end c: not in the files any more", "restart a: command"]


def test_restart_of_one_instance_leaves_the_others_as_they_are(here):
    write(here, "VALUE=1\n", ".env")
    up(here, procfile(here, "a"), "-c", "a=2")
    before = pids(here)
    write(here, "VALUE=2\n", ".env")
    assert here.jig("restart", "a.2").status == 0
    after = pids(here)
    assert after["a.1"] == before["a.1"] and after["a.2"] != before["a.2"]
    assert reload(here) == ["restart a: variable VALUE"]
    assert pids(here)["a.2"] == after["a.2"] and pids(here)["a.1"] != before["a.1"]


def test_restart_with_wrong_files_restarts_nothing(here):
    up(here, procfile(here, "a"))
    before = pids(here)
    write(here, "nothing\n")
    result = here.jig("restart", "a")
    assert result.status == 1 and "no entry of the form" in result.err, result
    assert pids(here) == before


def test_restart_without_names_uses_the_files_of_now_for_all(here):
    up(here, procfile(here, "a", "b"))
    write(here, procfile(here, "a", "b", "c", b="true"))
    result = here.jig("restart")
    assert result.status == 0, result
    assert result.out.splitlines() == ["restart a: its settings are the same", "restart b: command"]
    assert list(pids(here)) == ["a.1", "b.1"]


# ------------------------------------------------------------------ what it waits for

DIES = "exit 3"


def begin(here: ups.Project, yaml: str) -> Running:
    (here.directory / "Procfile").unlink()
    write(here, yaml, "jig.yaml")
    running = here.start("--keep-going")
    here.await_answer()
    return running


def changed(here: ups.Project, command: str, *words: str, more: str = ""):
    """The result of `jig reload` (or other words) after b's command has changed."""
    text = f'processes:\n  a: {{command: "{here.stays}"}}\n{more}  b: '
    begin(here, text + f'{{command: "{here.stays}"}}\n')
    here.await_state("b.1", "ready")
    write(here, text + f'{{command: "{command}"}}\n', "jig.yaml")
    return here.jig(*(words or ("reload",)))


@pytest.mark.parametrize("words", [("reload",), ("up", "-D")])
def test_a_new_form_that_dies_at_once_is_named(here, words):
    result = changed(here, DIES, *words)
    assert result.status == 1, result
    assert "b.1 is not ready: exited with status 3" in result.err
    assert here.state("a.1") == "ready"


def test_a_new_form_that_ends_with_success_is_no_failure(here):
    assert changed(here, "true").status == 0


def test_a_new_form_that_ends_all_says_so(here):
    """In a Procfile the end of one service stops all."""
    running = up(here, procfile(here, "a", "b"))
    write(here, procfile(here, "a") + f"b: {DIES}\n")
    result = here.jig("reload")
    assert result.status == 1, result
    assert "b.1 exited with status 3" in result.err
    assert running.wait() == 3


@pytest.mark.parametrize("words", [("reload",), ("up", "-D")])
def test_services_of_an_earlier_start_are_waited_for(here, words):
    yaml = f"""
processes:
  a: {{command: "{here.stays}", ready: "exec:test -f healthy"}}
  b: {{command: "{here.stays}", depends_on: {{a: {{condition: process_healthy}}}}}}
"""
    begin(here, yaml)
    with client_of(here, *words) as client:
        client.await_line("nothing has changed")
        assert here.state("a.1") == "starting" and client.is_alive()
        write(here, "", "healthy")
        assert client.wait() == 0
    assert here.state("b.1") == "ready"


@pytest.mark.parametrize("words", [("reload",), ("up", "-D")])
def test_one_of_an_earlier_start_that_fails_is_named(here, words):
    yaml = f"""
processes:
  a: {{command: "while ! test -f go; do :; done; exit 3", ready: "file:never"}}
  b: {{command: "{here.stays}"}}
"""
    begin(here, yaml)
    with client_of(here, *words) as client:
        client.await_line("nothing has changed")
        write(here, "", "go")
        result = client.end()
    assert result.status == 1 and "a.1 is not ready: it exited with status 3" in result.err


def test_a_second_up_fails_while_a_service_has_failed(here):
    """Its status says whether all services are ready; a reload only what it did."""
    result = changed(here, DIES)
    assert result.status == 1
    assert here.jig("reload").status == 0
    result = here.jig("up", "-D")
    assert result.status == 1 and "b.1 is not ready: exited with status 3" in result.err


def test_a_second_up_does_not_wait_for_one_that_starts_again_and_again(here):
    more = '  c: {command: "exit 4", availability: {restart: always, backoff_seconds: 60}}\n'
    result = changed(here, here.stays, "up", "-D", more=more)
    assert result.status == 1 and "c.1 is not ready: exited with status 4" in result.err


# ------------------------------------------------------------------- what was skipped

SKIPPED = """
  web: {{command: "{stays}", depends_on: {{db: {{condition: process_healthy}}}}}}
  next: {{command: "{stays}", depends_on: {{web: {{condition: process_started}}}}}}
"""


def with_db(here: ups.Project, command: str) -> str:
    db = f'  db: {{command: "{command}", ready: "exec:test -f healthy"}}'
    return f"processes:\n{db}{SKIPPED.format(stays=here.stays)}"


def skipped(here: ups.Project, command: str) -> Running:
    running = begin(here, with_db(here, command))
    for name in ("web.1", "next.1"):
        here.await_state(name, "skipped")
    return running


def test_what_was_skipped_starts_when_its_dependency_is_repaired(here):
    skipped(here, DIES)
    write(here, with_db(here, here.stays), "jig.yaml")
    write(here, "", "healthy")
    assert reload(here) == [
        "restart db: command",
        "start web: it was skipped, and db starts now",
        "start next: it was skipped, and web starts now",
    ]
    assert {one["state"] for one in here.ps().values()} == {"ready"}


def test_what_was_skipped_is_skipped_again_if_its_dependency_fails_again(here):
    skipped(here, DIES)
    write(here, with_db(here, "exit 4"), "jig.yaml")
    result = here.jig("reload")
    assert result.status == 1, result
    assert "db.1 is not ready: it exited with status 4" in result.err
    assert "web.1 is not ready: its dependency db" in result.err
    assert here.state("next.1") == "skipped"


def test_what_was_skipped_starts_when_its_dependency_is_restarted(here):
    skipped(here, f"test -f healthy || exit 3; {here.stays}")
    write(here, "", "healthy")
    assert here.jig("restart", "db").status == 0
    here.await_state("next.1", "ready")


def test_what_was_skipped_stays_so_if_another_service_changes(here):
    skipped(here, DIES)
    more = f'  x: {{command: "{here.stays}"}}\n'
    write(here, with_db(here, DIES) + more, "jig.yaml")
    assert reload(here) == ["start x: new"]
    assert here.state("web.1") == "skipped"


@pytest.mark.parametrize("key, said", [("ready", "readiness_probe/ready"), ("stop", "shutdown/stop")])
def test_a_key_that_the_file_has_is_in_the_plan(here, key, said):
    text = 'processes: {{a: {{command: "{0}", {1}}}}}\n'
    values = {"ready": ['"delay:0s"', '"delay:1ms"'], "stop": ["TERM 5s", "INT 5s"]}[key]
    begin(here, text.format(here.stays, f"{key}: {values[0]}"))
    here.await_state("a.1", "ready")
    write(here, text.format(here.stays, f"{key}: {values[1]}"), "jig.yaml")
    assert here.jig("reload", "--dry-run").out == f"restart a: {said}\n"
