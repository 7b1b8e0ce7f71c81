# SPDX-License-Identifier: MIT
"""The rules of s6-rc-compile for a source directory, where there is no s6-rc.

They are those of its documentation: which file a kind of service must have, may
have and must not have, what these contain, and how services refer to each other.
"""

from __future__ import annotations

import os
import pathlib
import re
import signal

#: Files of each kind; s6-rc-compile ignores others, so that one which another kind
#: has would be lost.
REQUIRED = {"longrun": {"run"}, "oneshot": {"up"}, "bundle": {"contents.d"}}
ATOMIC = {"type", "dependencies.d", "timeout-up", "timeout-down", "flag-essential"}
ALLOWED = {
    "longrun": ATOMIC | {
        "run", "finish", "notification-fd", "lock-fd", "timeout-kill", "timeout-finish",
        "max-death-tally", "down-signal", "flag-newpidns", "data", "env", "producer-for",
        "consumer-for", "pipeline-name",
    },
    "oneshot": ATOMIC | {"up", "down"},
    "bundle": {"type", "contents.d", "flag-essential"},
}  # fmt: skip
NUMBERS = ("timeout-up", "timeout-down", "timeout-kill", "timeout-finish", "max-death-tally")
#: s6-supervise has a descriptor of its own for each of the first three.
FIRST_FD = 3
MOST_MS = 2**32 - 1
RESERVED = ("s6rc-", "s6-rc-")


def problems(source: pathlib.Path) -> list[str]:
    """What s6-rc-compile would refuse or ignore."""
    checker = _Checker(source)
    checker.check()
    return checker.found


class _Checker:
    def __init__(self, source: pathlib.Path):
        self.source = source
        self.found: list[str] = []
        self.kinds: dict[str, str] = {}

    def wrong(self, name: str, what: str) -> None:
        self.found.append(f"{name}: {what}")

    def text(self, name: str, file: str) -> str:
        return (self.source / name / file).read_text()

    def has(self, name: str, file: str) -> bool:
        return (self.source / name / file).exists()

    def line(self, name: str, file: str) -> str:
        """The only line of a file."""
        text = self.text(name, file)
        if not re.fullmatch(r"[^\n]+\n", text):
            self.wrong(name, f"{file} is not one line")
        return text.strip()

    def names(self, name: str, file: str) -> set[str]:
        """Of a directory of empty files: dependencies.d, contents.d."""
        if not self.has(name, file):
            return set()
        return {one.name for one in (self.source / name / file).iterdir()}

    def lines(self, name: str, file: str) -> set[str]:
        return set(self.text(name, file).split()) if self.has(name, file) else set()

    # ------------------------------------------------------------------ all of it

    def check(self) -> None:
        for folder in sorted(self.source.iterdir()):
            if folder.name.startswith("."):
                continue
            if folder.is_dir():
                self._read_kind(folder.name)
            else:
                self.wrong(folder.name, "is not a directory")
        for name, kind in self.kinds.items():
            self._check_files(name, kind)
            self._check_numbers(name)
            self._check_names(name, kind)
            if kind == "longrun":
                self._check_longrun(name)
                self._check_pipeline(name)
            elif kind == "oneshot":
                self._check_oneshot(name)
        self._check_order()

    def _read_kind(self, name: str) -> None:
        if name.startswith(RESERVED) or "\n" in name:
            self.wrong(name, "is a reserved name")
        if not self.has(name, "type"):
            self.wrong(name, "has no type")
            return
        kind = self.line(name, "type")
        if kind in REQUIRED:
            self.kinds[name] = kind
        else:
            self.wrong(name, f"'{kind}' is not a type")

    def _check_files(self, name: str, kind: str) -> None:
        there = {one.name for one in (self.source / name).iterdir()}
        for file in sorted(REQUIRED[kind] - there):
            self.wrong(name, f"a {kind} has no {file}")
        for file in sorted(there - ALLOWED[kind]):
            self.wrong(name, f"{file} of a {kind} is ignored")

    def _check_numbers(self, name: str) -> None:
        for file in NUMBERS:
            if self.has(name, file):
                text = self.line(name, file)
                if not text.isdecimal() or int(text) > MOST_MS:
                    self.wrong(name, f"{file}: '{text}' is not a number")

    def _check_names(self, name: str, kind: str) -> None:
        file = "contents.d" if kind == "bundle" else "dependencies.d"
        for other in sorted(self.names(name, file)):
            if other not in self.kinds:
                self.wrong(name, f"{file}: there is no '{other}'")
            if other == name:
                self.wrong(name, f"{file} has the service itself")

    # ------------------------------------------------------------------ one kind

    def _check_longrun(self, name: str) -> None:
        for file in ("run", "finish"):
            if self.has(name, file):
                self._check_script(name, file)
        if self.has(name, "notification-fd"):
            text = self.line(name, "notification-fd")
            if not text.isdecimal() or int(text) < FIRST_FD:
                self.wrong(name, f"notification-fd: '{text}' is not a descriptor")
        if self.has(name, "down-signal"):
            text = self.line(name, "down-signal")
            known = {one.name[3:] for one in signal.Signals}
            if text.removeprefix("SIG") not in known and not text.isdecimal():
                self.wrong(name, f"down-signal: '{text}' is not a signal")

    def _check_script(self, name: str, file: str) -> None:
        if not os.access(self.source / name / file, os.X_OK):
            self.wrong(name, f"{file} is not executable")
        first = self.text(name, file).splitlines()[:1]
        if not first or not re.match(r"#!/\S+", first[0]):
            self.wrong(name, f"{file} names no interpreter")

    def _check_oneshot(self, name: str) -> None:
        """execlineb parses these: it needs words, and no interpreter."""
        for file in ("up", "down"):
            if self.has(name, file):
                words = re.sub(r"(?m)^#.*$", "", self.text(name, file)).strip()
                if not words:
                    self.wrong(name, f"{file} is empty")

    def _check_pipeline(self, name: str) -> None:
        """Both ends name each other; a producer has one consumer."""
        consumers = self.lines(name, "producer-for")
        if len(consumers) > 1:
            self.wrong(name, "has several consumers")
        for mine, theirs in (("producer-for", "consumer-for"), ("consumer-for", "producer-for")):
            for other in sorted(self.lines(name, mine)):
                if self.kinds.get(other) != "longrun":
                    self.wrong(name, f"{mine}: '{other}' is not a longrun")
                elif name not in self.lines(other, theirs):
                    self.wrong(name, f"'{other}' has no {theirs} for it")
        is_last = self.has(name, "consumer-for") and not self.has(name, "producer-for")
        if self.has(name, "pipeline-name") and not is_last:
            self.wrong(name, "pipeline-name of a service that is not the last")

    def _needs(self, name: str) -> set[str]:
        """A producer needs its consumer; a bundle stands for what it contains."""
        needed = self.names(name, "dependencies.d") | self.lines(name, "producer-for")
        if self.kinds[name] == "bundle":
            needed |= self.names(name, "contents.d")
        return needed & set(self.kinds)

    def _check_order(self) -> None:
        left = set(self.kinds)
        while left:
            free = {name for name in left if not self._needs(name) & left}
            if not free:
                self.wrong(min(left), "is part of a circle")
                return
            left -= free
