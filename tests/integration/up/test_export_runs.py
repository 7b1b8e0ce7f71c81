# SPDX-License-Identifier: MIT
"""jig export: supervisord, runit and s6 run what is written, as jig up would."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal

import exports
import helpers
import pytest
import s6_rc
from exports import need


def env_of(path: pathlib.Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def check_env(work: pathlib.Path) -> None:
    """env(1) wrote it: the values stand in it as they are."""
    for port in (5000, 5001, 5002):
        path = work / f"env.{port}"
        helpers.wait_until(lambda path=path: b"PWD=" in env_of(path), f"no {path}")
        for name, value in {**exports.VALUES, "COMMON": "of all"}.items():
            assert f"{name}={value}\n".encode() in env_of(path)


def daemon(place, *command, **options) -> helpers.Running:
    words = [str(word) for word in command]
    return helpers.Running(words, env=place.env, cwd=place.work, **options)


def say(place, *command) -> str:
    return helpers.run([str(word) for word in command], env=place.env).out


def copies(place, *names: str) -> list[str]:
    """Private programs: at the end of the test none of them may run."""
    return [place.copy(need(name)) for name in ("cat", *names)][1:]


@pytest.fixture(name="python")
def _python(place):
    return place.copy(helpers.PYTHON, "python")


#: The user of the services: ours, and as root also another one, which may write in
#: the place.
USERS = ["", "nobody"] if helpers.IS_ROOT else [""]


def check_user(one: dict, user: str) -> None:
    assert one["uid"] == (helpers.stage.NOBODY if user else os.getuid())


def of(user: str) -> tuple[str, ...]:
    return ("--user", user) if user else ()


# ---------------------------------------------------------------- supervisord


@contextlib.contextmanager
def supervisord(place, python, out):
    """Gives supervisorctl's words."""
    need("supervisord")
    path, socket, conf = place.path, place.path / "s", place.path / "main.conf"
    conf.write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={path}/log\n"
        f"pidfile={path}/pid\nchildlogdir={path}\n"
        f"[unix_http_server]\nfile={socket}\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
        "supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[include]\nfiles={out}/shop.conf\n"
    )
    with daemon(place, python, shutil.which("supervisord"), "-c", conf) as running:
        yield python, shutil.which("supervisorctl"), "-s", f"unix://{socket}"
        running.signal(signal.SIGTERM)
        running.wait()


def test_supervisord_runs_every_field(place, python):
    done, out = exports.export_sample(place.path, "supervisord")
    assert done.status == 0, done.err
    with supervisord(place, python, out) as control:
        check_env(place.work)
        said = say(place, *control, "status")
        assert said.count("RUNNING") == 4, said
        assert "STOPPED" in said


@pytest.mark.parametrize("user", USERS)
def test_supervisord_waits_until_a_dependency_is_ready(place, python, user):
    exports.write_project(place.work, python)
    out = place.path / "out"
    noted = exports.export(place.work, "supervisord", out, *of(user))
    assert "web: supervisord does not wait for the end of migrate" in noted
    with supervisord(place, python, out):
        one = exports.found_after(place.work)
    exports.check(one, place.work)
    check_user(one, user)


# ---------------------------------------------------------------------- runit


@contextlib.contextmanager
def runsvdir(place, out):
    """Tell each service to exit, wait for each runsv; the place ends what is left."""
    program, sv, runsv, *_ = copies(
        place, "runsvdir", "sv", "runsv", "svlogd", "chpst"
    )
    with daemon(place, program, out) as running:
        try:
            yield sv
        finally:
            running.signal(signal.SIGTERM)  # leaves each runsv alone
            running.wait()
            directories = sorted(out.iterdir())
            say(place, sv, "-w", "20", "force-shutdown", *directories)
            left = helpers.oracle.wait_gone(
                helpers.oracle.Program(runsv), helpers.DEADLINE_S
            )
            assert not left, helpers.oracle.describe(left)


def test_runit_runs_every_field(place):
    done, out = exports.export_sample(place.path, "runit")
    assert done.status == 0, done.err
    with runsvdir(place, out) as sv:
        check_env(place.work)
        assert say(place, sv, "status", out / "shop-web-1").startswith("run:")
        assert say(place, sv, "status", out / "shop-off-1").startswith("down:")
        assert (out / "shop-migrate-1" / "done").read_text() == "0\n"
    logs = {one.parent.name for one in place.work.glob("web.log.*.d/*/current")}
    assert logs == {"web-1", "web-2", "web-3"}


@pytest.mark.parametrize("user", USERS)
def test_runit_starts_what_jig_up_starts(place, python, user):
    exports.write_project(place.work, python)
    out = place.path / "out"
    exports.export(place.work, "runit", out, *of(user))
    with runsvdir(place, out):
        one = exports.found_after(place.work)
    exports.check(one, place.work)
    check_user(one, user)
    assert one["migrated"] is True


# ------------------------------------------------------------------------ s6


def needs(out: pathlib.Path, name: str) -> set[str]:
    folder = out / name / "dependencies.d"
    return {one.name for one in folder.iterdir()} if folder.exists() else set()


def in_order(out: pathlib.Path) -> list[str]:
    """The services of a source directory, each behind what it needs."""
    left = {one.name for one in (out / "shop" / "contents.d").iterdir()}
    order: list[str] = []
    while left:
        free = sorted(one for one in left if needs(out, one) <= set(order))
        assert free, f"a circle in {left}"
        order += free
        left -= set(free)
    return order


def kind(out: pathlib.Path, name: str) -> str:
    return (out / name / "type").read_text().strip()


@contextlib.contextmanager
def s6_svscan(place, out):
    """s6 with the longruns of a source directory, all of them down."""
    program, supervise, control, *_ = copies(
        place, "s6-svscan", "s6-supervise", "s6-svscanctl", "s6-svc"
    )
    scan = place.path / "scan"
    scan.mkdir()
    for name in in_order(out):
        if kind(out, name) == "longrun":
            shutil.copytree(out / name, scan / name)
            (scan / name / "down").touch()
    with daemon(place, program, scan) as running:
        services = [one for one in scan.iterdir() if one.name[0] != "."]
        for one in services:
            ready = ["s6-svok", str(one)]
            helpers.wait_until(
                lambda ready=ready: helpers.run(ready).status == 0, "no s6-supervise"
            )
        try:
            yield scan
        finally:
            say(place, control, "-t", scan)  # brings all down, waits for them
            running.wait()
    left = helpers.oracle.wait_gone(
        helpers.oracle.Program(supervise), helpers.DEADLINE_S
    )
    assert not left, helpers.oracle.describe(left)


def bring_up(place, out, scan, name):
    """What s6-rc does for one service."""
    if kind(out, name) == "oneshot":
        command = ["execlineb", "-P", str(out / name / "up")]
    else:
        most = out / name / "timeout-up"
        time = most.read_text().strip() if most.exists() else "0"
        event = "-wU" if (out / name / "notification-fd").exists() else "-wu"
        command = ["s6-svc", "-u", event, "-T", time, str(scan / name)]
    return daemon(place, *command)


@pytest.mark.parametrize("user", USERS)
def test_s6_starts_what_jig_up_starts(place, python, user):
    """Debian has no s6-rc: its order, by our hand; its services, by s6."""
    need("execlineb")
    exports.write_project(place.work, python)
    out = place.path / "out"
    exports.export(place.work, "s6-rc", out, *of(user))
    order = in_order(out)
    assert order == ["shop-db-1", "shop-migrate-1", "shop-web-1"]
    with s6_svscan(place, out) as scan:
        with bring_up(place, out, scan, order[0]) as first:
            helpers.wait_until((place.work / "begun").exists, "db has not begun")
            assert first.is_alive()  # it is not ready yet
            with exports.told(place.work):
                assert first.wait() == 0
        for name in order[1:]:
            with bring_up(place, out, scan, name) as up:
                assert up.wait() == 0
        one = exports.found(place.work)
    exports.check(one, place.work)
    check_user(one, user)
    assert one["migrated"] is True


@pytest.mark.parametrize(
    "command, timeout", [("exec sleep 1000", "1s"), ("exit 3", "1h")]
)
def test_s6_learns_that_a_service_is_not_ready(place, command, timeout):
    """Its time is over; or it has ended: at once, and not after an hour."""
    ready = f"ready: 'file:never', start_timeout: {timeout}"
    text = f"processes: {{a: {{command: {command}, {ready}}}}}"
    (place.work / "jig.yaml").write_text(text)
    out = place.path / "out"
    exports.export(place.work, "s6-rc", out)
    with s6_svscan(place, out) as scan:
        (out / "shop-a-1" / "timeout-up").write_text("0\n")
        with bring_up(place, out, scan, "shop-a-1") as up:
            assert up.wait() != 0
        helpers.wait_until(lambda: not place.pids("sleep"), "it still runs")


def test_s6_log_keeps_the_output(place):
    (place.work / "Procfile").write_text("web: exec sleep 1000\n")
    logs, out = place.work / "logs", place.path / "out"
    exports.export(place.work, "s6-rc", out, "-l", str(logs))
    assert (out / "shop-web-1" / "producer-for").read_text() == "shop-web-1-log\n"
    assert (out / "shop-web-1-log" / "consumer-for").read_text() == "shop-web-1\n"
    copies(place, "s6-log")
    script = f"exec 3>{place.work}/told; exec {out}/shop-web-1-log/run"
    words = ["/bin/sh", "-c", script]
    done = helpers.run(words, input=b"a line\n", stdin=None, env=place.env)
    assert done.status == 0, done.err
    assert (place.work / "told").read_text() == "\n"
    (current,) = logs.glob("web-1.log.d/web-1/current")
    assert current.read_text().endswith("a line\n")


def said_by_s6(scan, name: str) -> str:
    fields = "up,wantedup,ready"
    return helpers.run(["s6-svstat", "-o", fields, str(scan / name)]).out.strip()


def test_s6_runs_every_field(place):
    """Each directory of the source by s6-supervise: up, ready, its stop, its end."""
    need("execlineb")
    done, out = exports.export_sample(place.path, "s6-rc")
    assert done.status == 0, done.err
    copies(place, "s6-log")
    longruns = [one for one in in_order(out) if kind(out, one) == "longrun"]
    assert longruns == ["shop-db-1", "shop-web-1", "shop-web-2", "shop-web-3"]
    with s6_svscan(place, out) as scan:
        for name in in_order(out):
            with bring_up(place, out, scan, name) as up:
                assert up.wait() == 0, up.err()
        check_env(place.work)
        for name in longruns:
            assert said_by_s6(scan, name) == "true true true"
        for name in longruns[::-1]:
            # By the signal of down-signal; timeout-kill is the bound.
            assert helpers.run(["s6-svc", "-d", "-wD", str(scan / name)]).status == 0
            assert said_by_s6(scan, name) == "false false false"


def test_a_service_that_s6_need_not_start_again_stays_down(place):
    """`finish` says so: 125."""
    yaml = "{command: exit 3, availability: {restart: %s}}"
    text = "".join(f"  {name}: {yaml % how}\n" for name, how in [
        ("no", "'no'"), ("failure", "on_failure")])  # fmt: skip
    text += "  good: {command: exit 0, availability: {restart: on_failure}}\n"
    (place.work / "jig.yaml").write_text("processes:\n" + text)
    out = place.path / "out"
    exports.export(place.work, "s6-rc", out)
    with s6_svscan(place, out) as scan:
        for name in ("shop-no-1", "shop-good-1"):
            with bring_up(place, out, scan, name) as up:
                up.wait()
            wanted = ["s6-svstat", "-o", "wantedup", str(scan / name)]
            helpers.wait_until(
                lambda wanted=wanted: helpers.run(wanted).out.strip() == "false", "it is down"
            )
        with bring_up(place, out, scan, "shop-failure-1") as up:
            up.wait()
        assert said_by_s6(scan, "shop-failure-1").split()[1] == "true"


REAL_TIME = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN + 1])
open("up", "w").close()
open("got", "w").write(str(signal.sigwait([signal.SIGRTMIN + 1])))
"""


def write_real_time(place, python) -> None:
    (place.work / "wait.py").write_text(REAL_TIME)
    stop = "stop: 'RTMIN+1 1h', availability: {restart: always}"
    text = f"processes: {{a: {{command: exec {python} wait.py, {stop}}}}}"
    (place.work / "jig.yaml").write_text(text)


def test_s6_stops_by_a_real_time_signal(place, python):
    """s6-supervise knows only its number."""
    write_real_time(place, python)
    out = place.path / "out"
    exports.export(place.work, "s6-rc", out)
    with s6_svscan(place, out) as scan:
        with bring_up(place, out, scan, "shop-a-1") as up:
            assert up.wait() == 0
        helpers.wait_until((place.work / "up").exists, "it waits")
        done = helpers.run(["s6-svc", "-d", "-wD", str(scan / "shop-a-1")])
        assert done.status == 0
        assert (place.work / "got").read_text() == str(signal.SIGRTMIN + 1)


def test_runit_stops_by_a_real_time_signal(place, python):
    """kill(1) of a small shell knows only its number."""
    write_real_time(place, python)
    out = place.path / "out"
    exports.export(place.work, "runit", out)
    with runsvdir(place, out) as sv:
        helpers.wait_until((place.work / "up").exists, "it waits")
        say(place, sv, "-w", "20", "down", out / "shop-a-1")
        assert (place.work / "got").read_text() == str(signal.SIGRTMIN + 1)


def test_supervisord_knows_no_real_time_signal(place, python):
    write_real_time(place, python)
    out = place.path / "out"
    noted = exports.export(place.work, "supervisord", out)
    assert "a: supervisord knows no real-time signal; it sends TERM" in noted
    with supervisord(place, python, out):
        helpers.wait_until((place.work / "up").exists, "it waits")


# ------------------------------------------ the rules of s6-rc-compile, by our hand

EVERY_FILE = """
processes:
  web:
    command: exec sleep 1000
    replicas: 2
    ready: "tcp:80"
    depends_on:
      db: {condition: process_healthy}
      job: {condition: process_completed_successfully}
    shutdown: {signal: INT, timeout_seconds: 3}
    log_location: web.log
    success_exit_codes: [3]
    availability: {restart: on_failure, backoff_seconds: 2}
  db: {command: exec sleep 1000, ready: "fd:3", stop: "RTMIN+1 1s KILL"}
  job: {command: 'echo "x" # it'}
  off: {command: exec sleep 1, disabled: true}
"""


@pytest.fixture(name="source")
def _source(place):
    (place.work / "jig.yaml").write_text(EVERY_FILE)
    exports.export(place.work, "s6-rc", place.path / "out")
    return place.path / "out"


def test_the_source_keeps_the_rules_of_s6_rc(place, source):
    assert s6_rc.problems(source) == []
    _, sample = exports.export_sample(place.path / "work", "s6-rc")
    assert s6_rc.problems(sample) == []


#: What makes a source wrong: a file, its text (None: remove it), what is said.
SPOILT = [
    ("shop-web-1/type", "longerrun\n", "'longerrun' is not a type"),
    ("shop-web-1/type", "longrun", "type is not one line"),
    ("shop-web-1/run", None, "a longrun has no run"),
    ("shop-web-1/up", "true\n", "up of a longrun is ignored"),
    ("shop-job-1/run", "#!/bin/sh\n", "run of a oneshot is ignored"),
    ("shop-job-1/up", None, "a oneshot has no up"),
    ("shop-job-1/up", "# nothing\n", "up is empty"),
    ("shop-db-1/notification-fd", "2\n", "'2' is not a descriptor"),
    ("shop-web-1/timeout-kill", "3s\n", "'3s' is not a number"),
    ("shop-web-1/down-signal", "BREAK\n", "'BREAK' is not a signal"),
    ("shop-web-1/dependencies.d/shop-no-1", "", "there is no 'shop-no-1'"),
    ("shop-db-1/dependencies.d/shop-web-1", "", "is part of a circle"),
    ("shop/contents.d/shop-no-1", "", "there is no 'shop-no-1'"),
    ("shop-web-1-log/consumer-for", None, "has no consumer-for for it"),
    ("shop-web-1/pipeline-name", "all\n", "is not the last"),
    ("shop-web-1/run", "exec true\n", "names no interpreter"),
    ("s6rc-x/type", "bundle\n", "is a reserved name"),
]


@pytest.mark.parametrize("name, text, said", SPOILT, ids=range(len(SPOILT)))
def test_the_rules_find_what_is_wrong(source, name, text, said):
    """An oracle that says yes to everything would be none."""
    path = source / name
    path.parent.mkdir(exist_ok=True)
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    assert any(said in one for one in s6_rc.problems(source)), s6_rc.problems(source)


def test_s6_rc_compiles_it(place, python):
    compiler = need("s6-rc-compile")
    exports.write_project(place.work, python)
    exports.export(place.work, "s6-rc", place.path / "out")
    words = [compiler, str(place.path / "compiled"), str(place.path / "out")]
    assert helpers.run(words).status == 0
