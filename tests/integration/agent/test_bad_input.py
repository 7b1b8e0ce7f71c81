# SPDX-License-Identifier: MIT
"""What a client may do wrong: each is answered, and the agent goes on."""

import json
import socket

import agents
import helpers
import pytest

MIB = 1024 * 1024


@pytest.mark.parametrize(
    "line, code",
    [
        (b"garbage", agents.NO_JSON),
        (b"{", agents.NO_JSON),
        (b"\x00\x01\x02\xff", agents.NO_JSON),
        (b'{"jsonrpc":"2.0","id":1,"method":"p\xffing"}', agents.NO_JSON),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","id":2}', agents.NO_JSON),
        (b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', agents.NO_JSON),
        (b"[" * 1000, agents.NO_JSON),
        (b"[" * 60 + b"]" * 60, agents.NO_REQUEST),
        (b"[]", agents.NO_REQUEST),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', agents.NO_REQUEST),
        (b"1", agents.NO_REQUEST),
        (b'"text"', agents.NO_REQUEST),
        (b"{}", agents.NO_REQUEST),
        (b'{"jsonrpc":"1.0","id":null,"method":"ping"}', agents.NO_REQUEST),
        (b'{"jsonrpc":"2.0","method":7}', agents.NO_REQUEST),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', agents.NO_REQUEST),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', agents.NO_REQUEST),
        (b'{"jsonrpc":"2.0","id":"%b","method":"ping"}' % (b"x" * 2000),
         agents.NO_REQUEST),
        (b"x" * (MIB + 1), agents.NO_REQUEST),
        (b'"' + b"x" * (3 * MIB), agents.NO_REQUEST),
    ],
    ids=range(20),
)  # fmt: skip
def test_what_is_no_request_is_answered_with_id_null(agent, line, code):
    agent.send_bytes(line + b"\n")
    with pytest.raises(agents.Refused) as refused:
        agent.answer(None)
    assert refused.value.code == code
    assert str(refused.value)
    assert agent.call("ping") == {}


def test_a_line_at_the_limit_is_taken(agent):
    head = b'{"jsonrpc":"2.0","id":5,"method":"ping","x":"'
    line = head + b"x" * (MIB - len(head) - 2) + b'"}'
    assert len(line) == MIB
    agent.send_bytes(line + b"\n")
    assert agent.answer(5) == {}
    agent.send_bytes(line[:-2] + b'x"}\n')
    with pytest.raises(agents.Refused):
        agent.answer(None)


@pytest.mark.parametrize("id_", [0, -1, 1.5, 10**40, "", "a\n\"\\ü", "x" * 1000])
def test_an_id_comes_back_as_it_was(agent, id_):
    agent.send({"jsonrpc": "2.0", "id": id_, "method": "ping"})
    assert agent.answer(id_) == {}


def test_an_id_of_null_is_answered(agent):
    agent.send({"jsonrpc": "2.0", "id": None, "method": "ping"})
    assert agent.answer(None) == {}


def test_notifications_have_no_answer(agent):
    for method in ("ping", "no-such-method", "stop", "write"):
        agent.send({"jsonrpc": "2.0", "method": method})
    agent.send({"jsonrpc": "2.0", "method": "start", "params": {"command": 1}})
    agent.send_bytes(b"\n  \r\n")
    number = agent.request("ping")
    assert agent.message()["id"] == number


def test_initialize_comes_first(agent_of):
    agent = agent_of(initialize=False)
    refused = agent.refusal("start", command="true")
    assert refused.code == agents.NOT_YET
    assert agent.refusal("nothing").code == agents.NOT_YET
    assert agent.refusal("initialize").data["field"] == "protocol"
    assert agent.refusal("initialize", protocol=0).data["field"] == "protocol"
    assert agent.refusal("initialize", protocol=-1).data["field"] == "protocol"
    assert agent.refusal("initialize", protocol="1").data["field"] == "protocol"
    assert agent.call("initialize", protocol=1)["protocol"] == 1


def test_a_method_that_is_not_there(agent):
    refused = agent.refusal("strat")
    assert refused.code == agents.NO_METHOD
    assert "did you mean 'start'" in str(refused)


def test_parameters_have_names(agent):
    agent.send({"jsonrpc": "2.0", "id": 1000, "method": "stop", "params": ["x"]})
    with pytest.raises(agents.Refused) as refused:
        agent.answer(1000)
    assert refused.value.code == agents.PARAMS


def test_parameters_may_be_null(agent):
    agent.send({"jsonrpc": "2.0", "id": 1000, "method": "list", "params": None})
    assert agent.answer(1000) == {"fixtures": []}


def test_an_error_has_no_text_of_a_variable(agent):
    refused = agent.refusal("start", command="true", env=["A=1", "secret"])
    assert refused.data["field"] == "env"
    assert "word 2" in str(refused) and "secret" not in str(refused)


def test_words_that_are_too_long_are_named(agent):
    """Not a program of jig that is missing."""
    word = agent.refusal("start", command=["true", "x" * 200_000])
    variable = agent.refusal("start", command="true", env={"A": "x" * 200_000})
    for one in (word, variable):
        assert (one.code, one.data["errno"]) == (agents.FAILED, "E2BIG")
        assert "JIG_PROGRAM" not in str(one)


START = {"command": "true"}

#: method, parameters, the field of the error
WRONG = [
    ("start", {}, "command"),
    ("start", {"command": None}, "command"),
    ("start", {"command": 1}, "command"),
    ("start", {"command": []}, "command"),
    ("start", {"command": ["a", 1]}, "command"),
    ("start", {"command": "a\0b"}, "command"),
    ("start", {"comand": "a"}, "comand"),
    ("start", START | {"fixture": ""}, "fixture"),
    ("start", START | {"fixture": "x" * 256}, "fixture"),
    ("start", START | {"fixture": 1}, "fixture"),
    ("start", START | {"env": "A=1"}, "env"),
    ("start", START | {"env": ["A"]}, "env"),
    ("start", START | {"env": ["=1"]}, "env"),
    ("start", START | {"env": {"A": 1}}, "env"),
    ("start", START | {"env": {"": "x"}}, "env"),
    ("start", START | {"env": {"A=B": "x", "=": ""}}, "env"),
    ("start", START | {"grace": "soon"}, "grace"),
    ("start", START | {"grace": -1}, "grace"),
    ("start", START | {"grace": 1e99}, "grace"),
    ("start", START | {"grace": True}, "grace"),
    ("start", START | {"grace": ["1s"]}, "grace"),
    ("start", START | {"nice": "x"}, "nice"),
    ("start", START | {"umask": "9"}, "umask"),
    ("start", START | {"cage": "box"}, "cage"),
    ("start", START | {"group": "foreground"}, "group"),
    ("start", START | {"group": "inherit"}, "group"),
    ("start", START | {"daemon": "yes"}, "daemon"),
    ("start", START | {"stop": "WHAT 1s"}, "stop"),
    ("start", START | {"stop_mode": "some"}, "stop_mode"),
    ("start", START | {"stop_signal": 0}, "stop_signal"),
    ("start", START | {"ready": "what:8080"}, "ready"),
    ("start", START | {"ready": ["tcp:80", 5]}, "ready"),
    ("start", START | {"ready": "|tcp:80"}, "ready"),
    ("start", START | {"live": "log:x"}, "live"),
    ("start", START | {"live_interval": "1s"}, "live"),
    ("start", START | {"listen": "x"}, "listen"),
    ("start", START | {"port": "1x"}, "port"),
    ("start", START | {"limit": "what=1"}, "limit"),
    ("start", START | {"memory": "big"}, "memory"),
    ("start", START | {"user": "no-such-user"}, "user"),
    ("start", START | {"stdin": "file"}, "stdin"),
    ("start", START | {"output": "all"}, "output"),
    ("start", START | {"encoding": "latin1"}, "encoding"),
    ("start", START | {"credit": -5}, "credit"),
    ("start", START | {"credit": 10**30}, "credit"),
    ("start", START | {"ring_size": 0}, "ring_size"),
    ("start", START | {"ring_size": "2G"}, "ring_size"),
    ("start", START | {"pty": 1}, "pty"),
    ("start", START | {"pty": {"rows": 0}}, "rows"),
    ("start", START | {"pty": {"cols": 80}}, "cols"),
    ("start", START | {"pty": True, "log": "x"}, "log"),
    ("start", START | {"pty": True, "stdin": "pipe"}, "pty"),
    ("start", START | {"owner": 1}, "owner"),
    ("start", START | {"lifeline": 3}, "lifeline"),
    ("start", START | {"quiet": True}, "quiet"),
    ("stop", {}, "fixture"),
    ("stop", {"fixture": 1}, "fixture"),
    ("stop", {"fixture": "x", "wait": 1}, "wait"),
    ("signal", {"fixture": "x"}, "signal"),
    ("signal", {"fixture": "x", "signal": "NONE"}, "signal"),
    ("signal", {"fixture": "x", "signal": 0}, "signal"),
    ("signal", {"fixture": "x", "signal": 65}, "signal"),
    ("signal", {"fixture": "x", "signal": 9, "to": "some"}, "to"),
    ("write", {"fixture": "x"}, "text"),
    ("write", {"fixture": "x", "text": 1}, "text"),
    ("write", {"fixture": "x", "text": "a", "base64": ""}, "base64"),
    ("write", {"fixture": "x", "base64": "a"}, "base64"),
    ("write", {"fixture": "x", "base64": "aa=a"}, "base64"),
    ("write", {"fixture": "x", "base64": "ab=="}, "base64"),
    ("write", {"fixture": "x", "base64": "YQ==YQ=="}, "base64"),
    ("resize", {"fixture": "x", "rows": 1}, "columns"),
    ("resize", {"fixture": "x", "rows": 70000, "columns": 1}, "rows"),
    ("tail", {"fixture": "x", "lines": -1}, "lines"),
    ("tail", {"fixture": "x", "lines": 1.5}, "lines"),
    ("credit", {"fixture": "x"}, "bytes"),
    ("wait", {"fixture": "x", "until": "later"}, "until"),
    ("wait", {"fixture": "x", "timeout": "x"}, "timeout"),
    ("list", {"fixture": "x"}, "fixture"),
    ("ping", {"x": 1}, "x"),
    ("shutdown", {"now": True}, "now"),
]


@pytest.mark.parametrize(
    "method, params, field", WRONG, ids=[f"{w[0]}-{w[2]}-{i}" for i, w in enumerate(WRONG)]
)
def test_a_wrong_field_is_named(agent, method, params, field):
    refused = agent.refusal(method, **params)
    assert (refused.code, refused.data) == (agents.PARAMS, {"field": field})
    assert field in str(refused)
    assert agent.call("list")["fixtures"] == []


def test_many_members_are_too_many(agent):
    env = {f"V{i}": "x" for i in range(5000)}
    body = {"jsonrpc": "2.0", "id": 1, "method": "start", "params": START | {"env": env}}
    agent.send_bytes(json.dumps(body).encode() + b"\n")
    with pytest.raises(agents.Refused) as refused:
        agent.answer(None)
    assert refused.value.code == agents.NO_JSON


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_SEQPACKET])
def test_a_socket_of_messages_is_refused(place, kind):
    near, far = socket.socketpair(socket.AF_UNIX, kind)
    with near, far:
        done = helpers.run(helpers.jig("agent"), env=place.env, stdin=far)
    assert done.status == helpers.FAILED
    assert "cannot read standard input" in done.err


def test_the_command_line(place):
    done = helpers.run(helpers.jig("agent", "x"), env=place.env)
    assert done.status == helpers.FAILED
    assert "takes no arguments" in done.err
