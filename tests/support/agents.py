# SPDX-License-Identifier: MIT
"""A client of `jig agent`: requests, answers and notifications, with a deadline.

It knows nothing of jig but the protocol: one JSON object a line.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import helpers
import jsonschema
from helpers import DEADLINE_S

#: Codes of errors, see jig-agent(7).
NO_JSON, NO_REQUEST, NO_METHOD, PARAMS = -32700, -32600, -32601, -32602
FAILED, NOT_YET = -32000, -32002


def _schema(name: str) -> dict[str, Any]:
    return json.loads((helpers.TOP / "docs" / name).read_text())


def validator() -> jsonschema.Draft202012Validator:
    """Of docs/agent.schema.json."""
    # Both files stand in one folder, and name each other by that.
    text = json.dumps(_schema("agent.schema.json"))
    schema = json.loads(text.replace('"report.schema.json"', '"#/$defs/whole_report"'))
    inner = json.dumps(_schema("report.schema.json"))
    inner = inner.replace("#/$defs/", "#/$defs/whole_report/$defs/")
    schema["$defs"]["whole_report"] = json.loads(inner)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def events_of(text: str) -> list[dict[str, Any]]:
    """The lines of --events: each is one that the schema knows."""
    notes = [json.loads(line) for line in text.splitlines()]
    valid = validator()
    for note in notes:
        valid.validate(note)
    return notes


class Refused(Exception):
    """An answer with an error."""

    def __init__(self, error: dict[str, Any]):
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data", {})


class Agent:
    """`jig agent` on a pair of pipes; `with` ends it by SIGKILL."""

    def __init__(self, *words: str, initialize: bool = True, **options):
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        self.popen = subprocess.Popen(helpers.jig("agent", *words), **options)
        self.pid = self.popen.pid
        self.notes: list[dict[str, Any]] = []
        self._answers: dict[Any, dict[str, Any]] = {}
        self._ids = itertools.count(1)
        self._rest = b""
        if initialize:
            self.hello = self.call("initialize", protocol=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait(DEADLINE_S)
        for file in (self.popen.stdin, self.popen.stdout):
            if file:
                file.close()

    # ------------------------------------------------------------ writing

    def send_bytes(self, data: bytes) -> None:
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def request(self, method: str, **params) -> int:
        """Send a request. Its id is for answer()."""
        number = next(self._ids)
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.send(body)
        return number

    def close(self) -> None:
        """The end of its standard input."""
        self.popen.stdin.close()

    # ------------------------------------------------------------ reading

    def message(self, deadline_s: float = DEADLINE_S) -> dict[str, Any] | None:
        """The next line of any kind; None at the end of file."""
        ends = time.monotonic() + deadline_s
        while b"\n" not in self._rest:
            left = max(0.0, ends - time.monotonic())
            if not select.select([self.popen.stdout], [], [], left)[0]:
                raise AssertionError(f"the agent says nothing; so far {self.notes[-9:]}")
            more = os.read(self.popen.stdout.fileno(), 1 << 20)
            if not more:
                assert not self._rest, "the last line has no newline"
                return None
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line.decode("utf-8", "strict"))

    def take(self) -> bool:
        """Read one message. False at the end of file."""
        message = self.message()
        if message is None:
            return False
        assert message["jsonrpc"] == "2.0"
        if "method" in message:
            self.notes.append(message)
        else:
            self._answers[message["id"]] = message
        return True

    def has_answer(self, number: Any) -> bool:
        """Whether it is among the messages that were read."""
        return number in self._answers

    def answer(self, number: Any) -> dict[str, Any]:
        while number not in self._answers:
            assert self.take(), "the agent has ended without an answer"
        message = self._answers.pop(number)
        if "error" in message:
            raise Refused(message["error"])
        return message["result"]

    def call(self, method: str, **params) -> dict[str, Any]:
        return self.answer(self.request(method, **params))

    def refusal(self, method: str, **params) -> Refused:
        """The error of a request that must fail."""
        try:
            result = self.call(method, **params)
        except Refused as refused:
            return refused
        raise AssertionError(f"{method} was accepted: {result}")

    def of(self, method: str, fixture: str | None = None) -> Iterator[dict[str, Any]]:
        """The params of the notifications so far."""
        for note in self.notes:
            params = note["params"]
            if note["method"] == method and fixture in (None, params.get("fixture")):
                yield params

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Read until it holds; what it has returned."""
        while not (found := condition()):
            assert self.take(), "the agent has ended"
        return found

    def await_note(self, method: str, fixture: str | None = None) -> dict[str, Any]:
        return self.wait(lambda: next(self.of(method, fixture), None))

    def text(self, fixture: str, stream: str = "stdout") -> str:
        """All output so far."""
        notes = [note for note in self.of("output", fixture) if note["stream"] == stream]
        return "".join(note["text"] for note in notes)

    def await_text(self, fixture: str, wanted: str, stream: str = "stdout") -> str:
        self.wait(lambda: wanted in self.text(fixture, stream))
        return self.text(fixture, stream)

    def rest(self) -> list[dict[str, Any]]:
        """Read to the end of file; all notifications."""
        while self.take():
            pass
        return self.notes

    def status(self) -> int:
        return helpers.as_shell(self.popen.wait(DEADLINE_S))

    def end(self) -> int:
        """End its input, read the rest; its exit status."""
        self.close()
        self.rest()
        return self.status()
