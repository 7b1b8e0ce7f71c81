# SPDX-License-Identifier: MIT
"""`jig up -D` tells the truth about its start, and a second `jig up` of the same
project is refused."""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
import ups
from helpers import IS_ROOT, Running, jig, pinned, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")


def nothing_runs(here: ups.Project, place) -> bool:
    return here.jig("ps").status == 1 and ups.runtime_files(place) == []


# ------------------------------------------------------------------- the truth


def test_one_that_fails_at_once_is_named_with_its_last_words(project, place, stays):
    here = project(Procfile=f"web: {stays}\nbad: echo alas; exit 3\n")
    result = here.jig("up", "-D")
    assert result.status == 1 and "all services are ready" not in result.out, result
    assert "bad.1: exited with status 3" in result.err, result
    assert "alas" in result.err and "none of its services runs" in result.err, result
    assert nothing_runs(here, place)


def test_one_that_is_killed_before_it_is_ready_is_named(project, place):
    here = project(Procfile="bad: kill -9 $$\n")
    result = here.jig("up", "-D")
    assert result.status == 1 and "bad.1: ended by SIGKILL" in result.err, result
    assert nothing_runs(here, place)


def test_a_program_that_does_not_exist_is_named(project, place):
    here = project(jig__yaml='processes: {bad: {entrypoint: ["/nonesuch"]}}\n')
    result = here.jig("up", "-D", "--exit-on-failure")
    assert result.status == 1 and "/nonesuch" in result.err, result
    assert nothing_runs(here, place)


def test_one_that_is_not_ready_in_time_is_named_and_what_goes_on(project, stays):
    yaml = f"""
processes:
  slow: {{command: "{stays}", ready: "log:never", start_timeout: 1s}}
  web: {{command: "{stays}"}}
"""
    here = project(jig__yaml=yaml)
    result = here.jig("up", "-D")
    assert result.status == 1, result
    assert re.search(r"slow\.1: timeout after .*log:never", result.err), result
    assert re.search(r"not all services are ready; pid \d+ continues.*jig down", result.err), result
    assert here.state("web.1") == "ready"
    assert here.jig("down").status == 0


def test_one_that_ends_before_it_is_ready_is_named(project, stays):
    yaml = f"""
processes:
  bad: {{command: "echo alas; exit 0", ready: "log:never"}}
  web: {{command: "{stays}"}}
"""
    here = project(jig__yaml=yaml)
    result = here.jig("up", "-D")
    assert result.status == 1 and "before it was ready" in result.err, result
    assert here.state("web.1") == "ready"


def test_one_that_is_skipped_is_named_with_what_it_waited_for(project, stays):
    yaml = f"""
processes:
  bad: {{command: "exit 3"}}
  dep: {{command: "true", depends_on: {{bad: {{condition: process_completed_successfully}}}}}}
  web: {{command: "{stays}"}}
"""
    here = project(jig__yaml=yaml)
    result = here.jig("up", "-D")
    assert result.status == 1, result
    assert "bad.1: exited with status 3" in result.err, result
    assert "dep.1: its dependency bad will never" in result.err, result


def test_one_that_starts_again_and_again_is_not_waited_for(project, stays):
    yaml = f"""
processes:
  bad: {{command: "exit 3", availability: {{restart: always, backoff_seconds: 60}}}}
  dep: {{command: "true", depends_on: {{bad: {{condition: process_healthy}}}}}}
  web: {{command: "{stays}"}}
"""
    yaml = yaml.replace('"exit 3",', '"exit 3", ready: "log:never",')
    here = project(jig__yaml=yaml)
    result = here.jig("up", "-D")
    assert result.status == 1 and "bad.1: " in result.err, result
    assert "starts again" in result.err and "continues" in result.err, result


def test_one_that_starts_again_once_is_ready_then_and_it_is_said(project, stays):
    command = f"test -e been && {{ {stays}; }}; touch been; exit 3"
    yaml = f"""
processes:
  bad:
    command: "{command}"
    availability: {{restart: on_failure, backoff_seconds: 0.01}}
"""
    here = project(jig__yaml=yaml.replace("0.01", "1"))
    result = here.jig("up", "-D")
    assert result.status == 0 and "all services are ready" in result.out, result
    assert "bad.1: exited with status 3; it starts again" in result.err, result


def test_one_that_fails_while_another_becomes_ready(project, stays):
    """It was ready once; that is not what is asked."""
    yaml = f"""
processes:
  bad: {{command: "echo up; exit 3", ready: "log:up"}}
  slow:
    command: "echo up; {stays}"
    ready: "log:up"
    depends_on: {{bad: {{condition: process_completed}}}}
"""
    result = project(jig__yaml=yaml).jig("up", "-D")
    assert result.status == 1 and "bad.1: exited with status 3" in result.err, result


def test_all_that_end_with_success_are_no_failure(project, place):
    here = project(jig__yaml="processes: {a: {command: 'true'}, b: {command: 'true'}}\n")
    result = here.jig("up", "-D")
    assert result.status == 0 and "all services have ended" in result.out, result
    assert nothing_runs(here, place)


def test_one_that_is_killed_before_its_verdict(project, place, stays):
    here = project(jig__yaml=f'processes: {{a: {{command: "{stays}", ready: "log:no"}}}}\n')
    up = here.start("-D")
    here.await_answer()
    wait_until(lambda: here.state("a.1") == "starting", "it starts")
    (child,) = children_by_lock(place)
    os.kill(child, signal.SIGKILL)
    assert up.wait() == 1
    assert "was killed before all services were ready" in up.err()


def kept_files(place) -> list[pathlib.Path]:
    folders = (pathlib.Path("/run/jig"), place.work / "jig")
    return [path for folder in folders for path in folder.glob("*.ended")]


def children_by_lock(place) -> list[int]:
    locks = [name for name in ups.runtime_files(place) if name.endswith(".lock")]
    return [int(open(name, encoding="ascii").read().split()[0]) for name in locks]


def test_all_stops_when_the_process_that_waits_for_it_is_killed(project, place, stays):
    here = project(jig__yaml=f'processes: {{a: {{command: "{stays}", ready: "log:no"}}}}\n')
    up = here.start("-D")
    here.await_answer()
    wait_until(lambda: here.state("a.1") == "starting", "it starts")
    with pinned(children_by_lock(place)):
        up.signal(signal.SIGKILL)
        up.wait()
        wait_until(lambda: nothing_runs(here, place), "all has stopped")


# ------------------------------------------------------------- a second start

REFUSED = (
    r"runs already \(pid (\d+), since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)"
    r".*jig reload.*jig down"
)


def refused_by(result) -> int:
    match = re.search(REFUSED, result.err)
    assert result.status == 1 and match and "--force-new" in result.err, result
    return int(match.group(1))


@pytest.mark.parametrize("first", (["-D"], []), ids=("behind", "before"))
@pytest.mark.parametrize("second", ([], ["--", "true"]), ids=("before", "around"))
def test_a_second_up_is_refused_and_names_the_first(project, place, stays, first, second):
    here = project(Procfile=f"a: echo $$ >>started; {stays}\n")
    one = here.start(*first)
    here.await_answer()
    wait_until(lambda: here.read("started"), "a runs")
    assert refused_by(here.jig("up", *second)) == children_by_lock(place)[0]
    assert here.read("started").count("\n") == 1
    assert here.state("a.1") == "ready"
    assert here.jig("down").status == 0
    assert one.wait() == 0


def test_it_is_refused_through_a_symbolic_link(project, place, stays):
    here = project(Procfile=f"a: {stays}\n")
    assert here.jig("up", "-D").status == 0
    (place.path / "link").symlink_to(place.work)
    refused_by(here.jig("up", cwd=place.path / "link"))
    refused_by(here.jig("up", "-f", f"{place.path}/link/Procfile", cwd="/"))


def test_force_new_starts_another_one_and_down_stops_both(project, place, stays):
    here = project(Procfile=f"a: {stays}\n")
    assert here.jig("up", "-D").status == 0
    assert here.jig("up", "-D", "--force-new").status == 0
    assert len(children_by_lock(place)) == 2
    assert here.jig("down").status == 0
    assert nothing_runs(here, place)


def test_it_is_refused_when_only_the_second_is_left(project, place, stays):
    here = project(Procfile=f"a: {stays}\n")
    first = here.start()
    here.await_answer()
    assert here.jig("up", "-D", "--force-new").status == 0
    ups.end(first)
    assert refused_by(here.jig("up")) == children_by_lock(place)[0]


def test_another_file_is_another_project(project, stays):
    here = project(Procfile=f"a: {stays}\n", Other=f"b: {stays}\n")
    assert here.jig("up", "-D").status == 0
    assert here.jig("up", "-D", "-f", "Other").status == 0
    assert here.jig("down", "-f", "Other").status == 0


def test_of_many_starts_at_one_instant_exactly_one_wins(project, place, stays):
    here = project(Procfile=f"a: echo $$ >>started; {stays}\n")
    command = jig("up", "-D")
    starts = [
        subprocess.Popen(
            command, env=place.env, cwd=place.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(8)
    ]
    here._is_detached = True
    ends = [one.communicate(timeout=60) + (one.returncode,) for one in starts]
    assert [end[2] for end in ends] == [0] * 8, ends
    assert sum(b"runs already" in end[0] for end in ends) == 7, ends
    assert here.read("started").count("\n") == 1


def test_one_that_was_killed_refuses_no_other(project, place, stays):
    here = project(Procfile=f"a: {stays}\n")
    first = here.start()
    here.await_answer()
    first.signal(signal.SIGKILL)
    first.wait()
    assert ups.runtime_files(place)
    assert here.jig("up", "-D").status == 0


def test_the_next_may_start_as_soon_as_down_has_returned(project, stays):
    here = project(Procfile=f"a: {stays}\n")
    for _ in range(5):
        up = here.start()
        here.await_answer()
        assert here.jig("down").status == 0
        assert up.wait() == 0
    assert here.jig("up", "-D").status == 0


def test_a_pid_that_a_lock_names_is_no_proof_that_it_runs(project, place, stays):
    """The lock is: the pid may be another process's, or of another container."""
    here = project(Procfile=f"a: {stays}\n")
    first = here.start()
    here.await_answer()
    (name,) = [name for name in ups.runtime_files(place) if name.endswith(".lock")]
    first.signal(signal.SIGKILL)
    first.wait()
    with open(name, "w", encoding="ascii") as lock:
        lock.write(f"{os.getpid()} 1 1\n")
    assert here.jig("up", "-D").status == 0


def test_one_in_another_pid_namespace_is_named_without_its_pid(project, place, stays):
    if not IS_ROOT:
        pytest.skip("needs root, to make a pid namespace")
    here = project(Procfile=f"a: {stays}\n")
    inner = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *jig("up")]
    with Running(inner, env=place.env, cwd=place.work):
        here.await_answer()
        result = here.jig("up")
        assert result.status == 1 and "in another pid namespace" in result.err, result
        assert here.jig("down").status == 0


def test_another_user_has_a_project_of_its_own(project, place, stays):
    """Its runtime directory is another one, so neither finds the other."""
    if not IS_ROOT:
        pytest.skip("needs root, to be two users")
    here = project(Procfile=f"a: {stays}\n")
    assert here.jig("up", "-D").status == 0
    with ups.Project(place, {}, identity="user") as other:
        assert other.jig("up", "-D").status == 0
        assert other.jig("down").status == 0
    assert here.state("a.1") == "ready"


# ----------------------------------------------------------------------- owner


def test_an_owner_that_is_named_ends_it(project, place, stays):
    here = project(f"web: {stays}\n")
    with Running(["sleep", "600"]) as owner:
        assert here.jig("up", "-D", "--owner", str(owner.pid)).status == 0
        assert here.state("web.1") == "ready"
        owner.signal(signal.SIGKILL)
        owner.wait()
        wait_until(lambda: nothing_runs(here, place), "it has ended")


def test_the_writer_of_standard_input_ends_it(project, place, stays):
    """Only its streams are closed in the background, not what it watches."""
    here = project(f"web: {stays}\n")
    words = jig("up", "-D", "--owner", "stdin")
    reader, writer = os.pipe()
    try:
        done = subprocess.run(words, stdin=reader, cwd=here.directory, env=place.env)
        assert done.returncode == 0
        assert here.state("web.1") == "ready"
    finally:
        os.close(reader)
        os.close(writer)
    wait_until(lambda: nothing_runs(here, place), "it has ended")


# ------------------------------------------------------- what is kept of its end

AT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(pid \d+\)"


def ended(here: ups.Project) -> str:
    """What `jig ps` says, once it has ended."""

    def asked():
        done = here.jig("ps")
        # It ended between the question and its answer.
        return done.status == 1 and "before it had answered" not in done.err and done

    result = wait_until(asked, "it has ended")
    assert result.err == "" or "no `jig up`" in result.err, result
    return result.out


def test_one_that_has_ended_keeps_its_reason_and_its_log(project, stays):
    here = project(Procfile=f"web: {stays}\nbad: until [ -e go ]; do sleep 0.01; done; echo alas; exit 3\n")
    assert here.jig("up", "-D").status == 0
    (here.directory / "go").touch()
    assert re.fullmatch(
        rf"ended: bad\.1 exited with status 3, at {AT}; its last lines: jig logs\n", ended(here)
    )
    logs = here.jig("logs", "bad")
    assert logs.status == 0 and re.search(rf"bad\.1 ended|ended: bad\.1 .*at {AT}", logs.err), logs
    assert "alas" in logs.out and "web.1" not in logs.out, logs
    assert "stopped" in here.jig("logs").out
    assert len(here.jig("logs", "-n", "1").out.splitlines()) == 1
    json_ = json.loads(here.jig("ps", "--json").out)["ended"]
    assert json_["reason"] == "bad.1 exited with status 3" and not json_["killed"], json_
    down = here.jig("down")
    assert down.status == 0 and down.out.startswith("ended: bad.1"), down
    for words in (["ps"], ["logs"], ["down"]):
        result = here.jig(*words)
        assert result.status == 1 and "no `jig up`" in result.err, result


def test_one_that_was_killed_keeps_its_log(project, place, stays):
    here = project(Procfile=f"web: {stays}\n")
    assert here.jig("up", "-D").status == 0
    os.kill(children_by_lock(place)[0], signal.SIGKILL)
    assert re.match(rf"ended: it was killed \(SIGKILL\).*, after {AT}", ended(here))
    assert "web.1" in here.jig("logs").out
    assert json.loads(here.jig("ps", "--json").out)["ended"]["killed"] is True
    assert here.jig("down").status == 0


def test_when_all_have_failed_each_is_named(project):
    go = "until [ -e go ]; do sleep 0.01; done"
    here = project(Procfile=f"a: {go}; exit 3\nb: {go}; kill -9 $$\n")
    assert here.jig("up", "-D", "--any-can-die").status == 0
    (here.directory / "go").touch()
    assert ended(here).startswith("ended: a.1 exited with status 3; b.1 ended by SIGKILL, at ")


def test_a_signal_is_a_reason(project, place, stays):
    here = project(Procfile=f"web: {stays}\n")
    assert here.jig("up", "-D").status == 0
    os.kill(children_by_lock(place)[0], signal.SIGTERM)
    assert ended(here).startswith("ended: Terminated, at ")


@pytest.mark.parametrize("words", (["down"], ["up", "-D"]), ids=("down", "start"))
def test_down_and_the_next_start_forget_it(project, place, stays, words):
    here = project(Procfile=f"web: {stays}\n")
    assert here.jig("up", "-D").status == 0
    os.kill(children_by_lock(place)[0], signal.SIGKILL)
    ended(here)
    assert here.jig(*words).status == 0
    assert here.jig("ps").status == (0 if words[0] == "up" else 1)
    here.jig("down")
    assert "ended:" not in here.jig("ps").out


def test_down_of_one_that_runs_keeps_nothing(project, place, stays):
    here = project(Procfile=f"web: {stays}\n")
    assert here.jig("up", "-D").status == 0
    assert here.jig("down").status == 0
    assert "ended:" not in here.jig("ps").out and ups.runtime_files(place) == []


def test_what_is_kept_has_no_environment_and_is_ours_alone(project, place, stays):
    here = project(Procfile=f"web: {stays}\n", __env="SECRET=swordfish\n")
    assert here.jig("up", "-D").status == 0
    os.kill(children_by_lock(place)[0], signal.SIGKILL)
    ended(here)
    (kept,) = kept_files(place)
    assert b"swordfish" not in kept.read_bytes() and b"up" in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert here.jig("down").status == 0 and kept_files(place) == []


def test_a_long_log_keeps_its_last_lines(project, place):
    line = "x" * 100
    here = project(
        Procfile=f"a: i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i {line}; done; "
        "until [ -e go ]; do sleep 0.01; done\n"
    )
    assert here.jig("up", "-D").status == 0
    wait_until(lambda: "20000 x" in here.jig("logs", "-n", "1").out, "it has written all")
    os.kill(children_by_lock(place)[0], signal.SIGKILL)
    ended(here)
    lines = here.jig("logs").out.splitlines()
    numbers = [int(one.split()[3]) for one in lines if line in one]
    assert numbers == list(range(20001 - len(numbers), 20001)) and len(numbers) > 900


def test_one_in_the_foreground_keeps_nothing(project, place, stays):
    here = project(Procfile=f"web: {stays}\n")
    running = here.start()
    here.await_answer()
    running.signal(signal.SIGKILL)
    running.wait()
    assert kept_files(place) == [] and "ended:" not in here.jig("ps").out
