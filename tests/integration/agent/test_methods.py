# SPDX-License-Identifier: MIT
"""Each method of `jig agent`, compared with /proc and the report."""

import base64
import os
import pathlib
import signal
import socket

import agents
import pytest
from helpers import TOP, comm_of, state_of, wait_until

SCHEMA = TOP / "docs" / "report.schema.json"


def test_initialize_agrees_on_a_version(agent_of):
    agent = agent_of(initialize=False)
    hello = agent.call("initialize", protocol=7, client={"name": "test", "x": [1]})
    assert hello["protocol"] == 1
    assert hello["pid"] == agent.pid
    assert {"start", "stop", "ping"} <= set(hello["methods"])
    assert agent.refusal("initialize", protocol=1).code == agents.NO_REQUEST


def test_initialize_gives_what_doctor_finds(agent_of):
    agent = agent_of(initialize=False)
    found = agent.call("initialize", protocol=1, capabilities=True)["capabilities"]
    assert {cage["kind"] for cage in found["cages"]} == {
        "cgroup", "pidns", "subreaper", "pgroup"
    }  # fmt: skip
    assert found["machine"]["kernel"].startswith("Linux")


def test_a_start_is_answered_before_its_notifications(agent, sh, forever):
    started = agent.call("start", fixture="a", command=sh(forever))
    assert agent.notes == []
    assert os.readlink(f"/proc/{started['pid']}/exe") == sh("")[0]
    note = agent.await_note("started", "a")
    assert note["pid"] == started["pid"]
    agent.await_note("ready", "a")
    assert agent.call("list")["fixtures"][0]["state"] == "ready"


def test_a_name_is_given_to_what_has_none(agent, sh, forever):
    first = agent.call("start", command=sh(forever))
    second = agent.call("start", command=sh(forever))
    assert first["fixture"] != second["fixture"]
    refused = agent.refusal("start", fixture=first["fixture"], command="true")
    assert (refused.code, refused.data["field"]) == (agents.PARAMS, "fixture")


def test_a_name_is_free_when_its_fixture_has_ended(agent):
    for word in ("one", "two"):
        agent.notes.clear()
        agent.call("start", fixture="x", command=f"echo {word}", output="events")
        agent.await_note("ended", "x")
        assert agent.text("x") == f"{word}\n"
    assert len(agent.call("list")["fixtures"]) == 1


@pytest.mark.parametrize(
    "command, errno",
    [
        (["/does/not/exist"], "ENOENT"),
        (["/etc/passwd"], "EACCES"),
        (["/"], "EISDIR"),
    ],
)
def test_what_cannot_be_executed_is_an_error_of_start(agent, command, errno):
    refused = agent.refusal("start", fixture="x", command=command)
    assert (refused.code, refused.data["errno"]) in [
        (agents.FAILED, errno),
        (agents.FAILED, "EACCES"),
    ]
    assert command[0] in str(refused)
    assert agent.call("list")["fixtures"] == []
    assert agent.notes == []


def test_stop_waits_until_nothing_is_left(agent, sh, place, forever):
    agent.call("start", fixture="x", command=sh(f"(setsid sleep 1000 &); {forever}"))
    wait_until(lambda: place.pids("sleep"), "the daemon is there")
    ended = agent.call("stop", fixture="x", wait=True)
    assert place.alive() == []
    assert (ended["state"], ended["code"]) == ("ended", 143)
    assert ended["report"]["reason"] == "stop"
    assert ended["report"]["cage"]["proved_empty"]
    note = agent.await_note("ended", "x")
    assert note["report"] == ended["report"]
    states = [note["state"] for note in agent.of("status", "x")]
    assert states == ["stopping", "ended"]


def test_stop_twice_and_after_the_end(agent, sh, forever):
    agent.call("start", fixture="x", command=sh(forever))
    first = agent.request("stop", fixture="x", wait=True)
    second = agent.request("stop", fixture="x", wait=True)
    assert agent.answer(first) == agent.answer(second)
    assert agent.call("stop", fixture="x", wait=True)["state"] == "ended"
    agent.await_note("ended", "x")
    assert len(list(agent.of("ended", "x"))) == 1


def test_stop_hurries(agent, sh, forever):
    script = f"trap 'echo told' TERM; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events", grace="1h")
    agent.await_text("x", "up\n")
    agent.call("stop", fixture="x")
    agent.await_text("x", "told\n")
    ended = agent.call("stop", fixture="x", hurry=True, wait=True)
    assert ended["report"]["signals"][-1]["signal"] == "SIGKILL"


def test_the_report_is_that_of_the_schema(agent, sh):
    import json

    import jsonschema

    agent.call("start", fixture="x", command=sh("(setsid sleep 1000 &) ; exit 3"))
    note = agent.await_note("ended", "x")
    assert note["code"] == 3
    jsonschema.validate(note["report"], json.loads(SCHEMA.read_text()))
    assert note["report"]["leftover_count"] == 1
    asked = agent.call("report", fixture="x")
    assert asked["report"] == note["report"]
    assert (asked["output_bytes"], asked["output_lost"]) == (0, 0)


@pytest.mark.parametrize("given", ["USR1", "SIGUSR1", int(signal.SIGUSR1)])
def test_signal_by_name_and_number(agent, sh, forever, given):
    script = f"trap 'echo usr1' USR1; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events")
    agent.await_text("x", "up\n")
    agent.call("signal", fixture="x", signal=given)
    agent.await_text("x", "usr1\n")


def test_signal_all(agent, sh, forever):
    inner = f"trap 'echo inner' USR1; echo up; {forever}"
    script = f"trap 'echo main' USR1; sh -c \"{inner}\" & {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events")
    agent.await_text("x", "up\n")
    agent.call("signal", fixture="x", signal="USR1", to="all")
    agent.await_text("x", "main\n")
    agent.await_text("x", "inner\n")


def test_signal_to_what_has_ended(agent):
    agent.call("start", fixture="x", command="true")
    agent.await_note("ended", "x")
    refused = agent.refusal("signal", fixture="x", signal="TERM")
    assert refused.data["errno"] == "ESRCH"
    refused = agent.refusal("signal", fixture="none", signal="TERM")
    assert refused.data == {"errno": "ESRCH", "field": "fixture"}


def test_restart_is_the_same_command_with_a_new_process(agent, sh, forever):
    script = f"echo up $X; {forever}"
    agent.call(
        "start", fixture="x", command=sh(script), env={"X": "y"}, output="events"
    )
    first = agent.await_note("started", "x")["pid"]
    agent.await_text("x", "up y\n")
    agent.notes.clear()
    again = agent.call("restart", fixture="x")
    assert again["pid"] != first and state_of(first) in ("", "X")
    agent.await_text("x", "up y\n")
    methods = [note["method"] for note in agent.notes]
    assert methods.index("ended") < methods.index("started")
    assert methods.count("started") == 1


def test_restart_of_what_has_ended(agent):
    agent.call("start", fixture="x", command="echo up", output="events")
    agent.await_note("ended", "x")
    agent.notes.clear()
    agent.call("restart", fixture="x")
    assert agent.await_note("ended", "x")["code"] == 0
    assert agent.text("x") == "up\n"


SOCKETS = {"listen": ["a=127.0.0.1:0", "u=unix:sock"], "port": ["b"]}


def test_a_restart_keeps_the_addresses(agent, sh, forever):
    first = agent.call("start", fixture="x", command=sh(forever), **SOCKETS)["addresses"]
    assert first["a"]["port"] != first["b"]["port"] and first["a"]["port"] > 0
    for _ in range(3):
        assert agent.call("restart", fixture="x")["addresses"] == first


def test_a_port_is_free_as_soon_as_the_end_is_told(agent, sh, forever):
    started = agent.call("start", fixture="0", command=sh(forever), port="web")
    port = f"web={started['addresses']['web']['port']}"
    for name in map(str, range(30)):
        agent.call("stop", fixture=name)
        agent.await_note("ended", name)
        agent.call("start", fixture=str(int(name) + 1), command=sh(forever), port=port)


def test_a_restart_takes_others_if_one_address_is_taken(agent, sh, forever):
    for name in ("a", "b"):
        first = agent.call("start", fixture="x", command=sh(forever), **SOCKETS)["addresses"]
        agent.call("stop", fixture="x", wait=True)
        agent.await_note("ended", "x")
        with socket.socket() as other:
            other.bind(("127.0.0.1", first[name]["port"]))
            other.listen()
            agent.notes.clear()
            again = agent.call("restart", fixture="x")["addresses"]
            assert again[name] != first[name] and again["u"] == first["u"]
            assert agent.await_note("started", "x")["addresses"] == again
            assert agent.call("restart", fixture="x")["addresses"] == again
        agent.call("stop", fixture="x", wait=True)
        agent.await_note("ended", "x")
    taken = f"b={again['b']['port']}"
    agent.call("start", fixture="y", command=sh(forever), port=taken)
    refused = agent.refusal("start", fixture="z", command=sh(forever), port=taken)
    assert refused.data["errno"] in ("EADDRINUSE", "EBUSY")


def test_names_in_env_are_replaced_as_in_the_command(agent, sh):
    env = {"A": "http://{a}/{port:a}", "B": "{addr:b} {x} ${b}", "C": '{"a": 1} {c}'}
    started = agent.call(
        "start", fixture="x", command=sh("echo $A $B $C"), env=env, output="events", **SOCKETS
    )
    a, b = started["addresses"]["a"], started["addresses"]["b"]["address"]
    agent.await_text(
        "x", f"http://{a['address']}/{a['port']} {b} {{x}} ${{b}} {{\"a\": 1}} {{c}}\n"
    )


def test_a_value_with_other_braces_is_not_shown_to_other_users(agent, sh, forever):
    env = {"SECRET": '{"a": 1}'}
    started = agent.call("start", fixture="x", command=sh(forever), env=env, **SOCKETS)
    supervisor = pathlib.Path(f"/proc/{started['pid']}/stat").read_text().split()[3]
    guard = pathlib.Path(f"/proc/{supervisor}/stat").read_text().split()[3]
    for pid in (supervisor, guard):
        assert b"SECRET" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_stop_cancels_a_restart(agent, sh, forever):
    script = f"trap 'echo told' TERM; echo up; {forever}"
    agent.call("start", fixture="x", command=sh(script), output="events", grace="1h")
    agent.await_text("x", "up\n")
    restart = agent.request("restart", fixture="x")
    agent.await_text("x", "told\n")
    agent.call("stop", fixture="x", hurry=True, wait=True)
    with pytest.raises(agents.Refused) as refused:
        agent.answer(restart)
    assert refused.value.data["errno"] == "ECANCELED"


def test_write_and_the_end_of_stdin(agent, sh):
    script = "while read -r x; do echo got $x; done; echo end"
    agent.call("start", fixture="x", command=sh(script), stdin="pipe", output="events")
    agent.call("write", fixture="x", text="söme\n")
    agent.await_text("x", "got söme\n")
    encoded = base64.b64encode(b"more\n").decode()
    agent.call("write", fixture="x", base64=encoded, close=True)
    assert agent.await_note("ended", "x")["code"] == 0
    assert agent.text("x") == "got söme\ngot more\nend\n"


def test_write_is_answered_when_the_command_has_room(agent, sh, gate):
    script = f"read x <{gate.path}; head -c 500000 >/dev/null; echo done"
    agent.call("start", fixture="x", command=sh(script), stdin="pipe", output="events")
    late = agent.request("write", fixture="x", text="x" * 500_000)
    agent.call("ping")
    assert late not in agent._answers  # pylint: disable=protected-access
    gate()
    assert agent.answer(late) == {}
    agent.await_text("x", "done\n")


def test_write_to_what_does_not_read(agent, sh, forever):
    agent.call("start", fixture="a", command=sh(forever))
    assert agent.refusal("write", fixture="a", text="x").data["errno"] == "EBADF"
    agent.call("start", fixture="b", command=sh(f"exec <&-; {forever}"), stdin="pipe")
    wait_until(
        lambda: agent.refusal("write", fixture="b", text="x").data["errno"] == "EPIPE"
        if _is_closed(agent.await_note("started", "b")["pid"])
        else False,
        "its stdin is closed",
    )


def _is_closed(pid: int) -> bool:
    return not os.path.lexists(f"/proc/{pid}/fd/0") or os.readlink(
        f"/proc/{pid}/fd/0"
    ).startswith("/")


def test_a_terminal(agent, sh, forever):
    script = f"trap 'stty size' WINCH; tty; stty size; read -r x; echo $x; {forever}"
    size = {"rows": 30, "columns": 90}
    agent.call("start", fixture="x", command=sh(script), pty=size, output="events")
    agent.await_text("x", "30 90")
    assert "/dev/pts/" in agent.text("x")
    agent.call("write", fixture="x", text="typed\n")
    agent.await_text("x", "typed\r\ntyped\r\n")
    agent.call("resize", fixture="x", rows=31, columns=91)
    agent.await_text("x", "31 91")
    assert agent.call("stop", fixture="x", wait=True)["state"] == "ended"


def test_resize_without_a_terminal(agent, sh, forever):
    agent.call("start", fixture="x", command=sh(forever))
    refused = agent.refusal("resize", fixture="x", rows=1, columns=1)
    assert refused.data["errno"] == "ENOTTY"


def test_tail(agent):
    agent.call("start", fixture="x", command="printf 'a\\nb\\nc\\n'")
    agent.await_note("ended", "x")
    assert agent.call("tail", fixture="x")["text"] == "a\nb\nc\n"
    assert agent.call("tail", fixture="x", lines=2)["text"] == "b\nc\n"
    assert list(agent.of("output")) == []  # it is opt-in


def test_ps_says_what_proc_says(agent, sh, place, forever):
    started = agent.call("start", fixture="x", command=sh(f"sleep 1000 & {forever}"))
    wait_until(lambda: place.pids("sleep"), "its child is there")
    found = agent.call("ps", fixture="x")["processes"]
    pids = {one["pid"]: one for one in found}
    assert set(pids) == set(place.pids("sh") + place.pids("sleep"))
    for pid, one in pids.items():
        assert one["comm"] == comm_of(pid)
    assert pids[place.pids("sleep")[0]]["ppid"] == started["pid"]


def test_ready_and_ports(agent, sh, forever):
    agent.call(
        "start", fixture="x", command=sh(f"read -r l; echo ready $l; {forever}"),
        stdin="pipe", port=["web", "db"], listen="api=127.0.0.1:0",
        ready=["log:ready (.*)", "tcp:{api}"],
    )  # fmt: skip
    started = agent.await_note("started", "x")
    assert set(started["addresses"]) == {"web", "db", "api"}
    wait = agent.request("wait", fixture="x", until="ready", timeout="30s")
    agent.call("write", fixture="x", text="now\n")
    assert agent.answer(wait)["state"] == "ready"
    ready = agent.await_note("ready", "x")
    assert ready["matches"] == {"1": "now"}
    assert ready["addresses"] == started["addresses"]
    assert ready["after_seconds"] > 0
    host, port = ready["addresses"]["api"]["address"].split(":")
    socket.create_connection((host, int(port)), 10).close()


def test_what_does_not_become_ready(agent, sh, forever):
    agent.call(
        "start", fixture="x", command=sh(forever), ready="file:never",
        start_timeout="200ms",
    )  # fmt: skip
    refused = agent.refusal("wait", fixture="x", until="ready")
    assert refused.data["errno"] == "ETIME"
    ended = agent.await_note("ended", "x")
    assert ended["report"]["reason"] == "not-ready"
    assert "never" in ended["problem"]


def test_a_wait_has_a_time_limit(agent, sh, forever):
    agent.call("start", fixture="x", command=sh(forever))
    refused = agent.refusal("wait", fixture="x", until="ended", timeout=0.05)
    assert refused.data["errno"] == "ETIMEDOUT"
    assert agent.refusal("wait", fixture="x", until="ended", timeout="1ms")
    agent.call("stop", fixture="x", wait=True)
    assert agent.call("wait", fixture="x", until="ended")["code"] == 143


def test_what_is_no_longer_healthy(agent, sh, place, forever):
    (place.work / "well").touch()
    agent.call(
        "start", fixture="x", command=sh(forever), live="file:well",
        live_interval="20ms", live_failures=1,
    )  # fmt: skip
    agent.await_note("ready", "x")
    (place.work / "well").unlink()
    assert "well" in agent.await_note("unhealthy", "x")["problem"]
    assert agent.await_note("ended", "x")["report"]["reason"] == "unhealthy"


def test_fields_reach_the_command(agent, sh, place):
    (place.work / "deep").mkdir()
    (place.work / "vars").write_text("FROM_FILE=1\nBOTH=file\n")
    script = (
        "pwd; echo $FROM_FILE $BOTH $LIST; umask; ulimit -n; cat /proc/self/stat |"
        " cut -d' ' -f19; echo end"
    )
    agent.call(
        "start", fixture="x", command=sh(script), chdir=str(place.work / "deep"),
        env_file=[str(place.work / "vars")], env={"BOTH": "env", "LIST": "a b"},
        umask="077", limit=["nofile=99:99"], nice=3, output="events",
        stop="INT 1s KILL", timeout=600, cage="subreaper", group="job",
    )  # fmt: skip
    report = agent.await_note("ended", "x")["report"]
    assert report["cage"]["kind"] == "subreaper"
    lines = agent.text("x").splitlines()
    assert lines[0] == str(place.work / "deep")
    assert lines[1] == "1 env a b"
    assert lines[2:4] == ["0077", "99"]
    assert int(lines[4]) >= 3 or os.nice(0) > 16
    assert lines[-1] == "end"


@pytest.mark.parametrize("has_file", [False, True])
def test_clear_env_leaves_what_the_request_has(agent, sh, place, has_file):
    (place.work / "vars").write_text("BOTH=file\nFILE=1\n")
    more = {"env_file": str(place.work / "vars")} if has_file else {}
    agent.call(
        "start", fixture="x", command=sh("echo ${HOME-none} $BOTH ${FILE-none}"),
        output="events", clear_env=True, env={"BOTH": "env"}, **more,
    )
    agent.await_note("ended", "x")
    assert agent.text("x") == f"none env {'1' if has_file else 'none'}\n"


def test_a_log_and_events_at_once(agent, sh, place):
    agent.call(
        "start", fixture="x", command=sh("echo out; echo err >&2"), output="events",
        log=str(place.work / "log"), log_prefix="x | ",
    )  # fmt: skip
    agent.await_note("ended", "x")
    assert agent.text("x") == "out\n"
    assert agent.text("x", "stderr") == "err\n"
    lines = (place.work / "log").read_text().splitlines()
    assert sorted(lines) == ["x | err", "x | out"]


def test_one_hung_start_delays_no_other(hung, agent, sh, forever):
    """A program on a file system that does not answer."""
    hung.hang("read", "prog")
    late = agent.request("start", fixture="late", command=[str(hung.path / "prog")])
    hung.await_hung("read")
    agent.call("start", fixture="x", command=sh(forever))
    assert agent.call("stop", fixture="x", wait=True)["code"] == 143
    agent.request("stop", fixture="late")
    hung.answer()
    try:  # execve(2) may be done before the stop
        agent.answer(late)
        agent.await_note("ended", "late")
    except agents.Refused as refused:
        assert refused.data["errno"] == "ECANCELED"


def test_the_guard_is_killed(agent, sh, place, forever):
    agent.call("start", fixture="x", command=sh(forever))
    guard = next(p for p in _children(agent.pid) if comm_of(p) == "jig")
    os.kill(guard, signal.SIGKILL)
    ended = agent.await_note("ended", "x")
    assert (ended["code"], ended["report"]) == (None, None)
    assert "guard" in ended["problem"]
    assert place.await_empty() == []


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def test_a_fifo_holds_up_no_start(agent, place):
    """A wait for its writer could not be ended."""
    os.mkfifo(place.work / "fifo")
    refused = agent.refusal(
        "start", fixture="x", command=["true"], env_file=str(place.work / "fifo")
    )
    assert refused.data["errno"] == "ENOTSUP" and "FIFO" in str(refused)
