# SPDX-License-Identifier: MIT
"""The pytest plugin: the fixture `jig`.

    @pytest.fixture
    def server(jig):
        return jig.start("server", ["srv", "--fd", "{fd:http}"],
                         listen={"http": "127.0.0.1:0"},
                         ready="http:{http}/health")

No process of a fixture is left when pytest ends: after a failed test, Ctrl-C,
SIGTERM and SIGKILL.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from types import FrameType
from typing import Any, Optional, Union

import pytest

from jig._command import Command
from jig._fixture import Fixture
from jig._sharing import Hub, Member, Shared
from jig._text import clean

_SHARES = ("test", "session", "run")

#: Lines of each fixture's output that a failed test shows.
_TAIL_LINES = 30

Started = Union[Fixture, Shared]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("jig", "process fixtures (jig)")
    group.addoption(
        "--jig-logs",
        metavar="DIR",
        help="write the output of each fixture to a file of its own in this directory",
    )
    group.addoption(
        "--jig-fail-on-leftovers",
        action="store_true",
        help="fail a test if processes of its fixtures outlive the main process",
    )
    group.addoption(
        "--jig-keep",
        action="store_true",
        help="keep the fixtures of a failed test until the session ends; "
        "on a terminal until you press Ctrl-C",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Plugin(config), "jig-plugin")


@pytest.fixture(scope="session")
def jig(request: pytest.FixtureRequest) -> Jig:
    """Start fixtures: jig.start(name, args, ready=…, share="test")."""
    plugin = request.config.pluginmanager.getplugin("jig-plugin")
    return Jig(plugin)


class Jig:
    """The object that a test gets as `jig`."""

    def __init__(self, plugin: Plugin):
        self._plugin = plugin

    def start(
        self, name: str, args: Any, *, share: str = "test", **options: Any
    ) -> Any:
        """Start a fixture and wait until it is ready; return a jig.Fixture.

        `options` are those of jig.Command. `share` decides which tests use the
        fixture, and when it ends:

        test     only the current test; it ends with this test. (A pytest fixture
                 with a wider scope needs one of the other values.)
        session  all tests of this process that use the same name; it ends with
                 the session.
        run      also the tests of all other workers of pytest-xdist; it ends
                 with the test run. A worker gets a view of the fixture, with
                 name, pid, addr, port, match and tail().
        """
        if share not in _SHARES:
            raise ValueError(f"share is one of {', '.join(_SHARES)}, not {share!r}")
        command = Command(args, **options)
        return self._plugin.start(name, command, share)


class Plugin:
    """The fixtures of this process."""

    def __init__(self, config: pytest.Config):
        self._config = config
        self._item: Optional[pytest.Item] = None
        self._session: Optional[pytest.Session] = None
        self._of_test: dict[str, Fixture] = {}
        self._of_session: dict[str, tuple[Command, Started]] = {}
        self._kept: dict[str, Fixture] = {}
        self._failed = False
        self._hub: Optional[Hub] = None
        self._member: Optional[Member] = None

    # ------------------------------------------------------------------- start

    def start(self, name: str, command: Command, share: str) -> Started:
        if share == "test":
            return self._start_for_test(name, command)
        known = self._of_session.get(name)
        if known:
            if known[0] != command:
                raise ValueError(f"another command has the name {name!r} already")
            return known[1]
        started = self._start_for_session(name, command, share)
        self._of_session[name] = (command, started)
        return started

    def _start_for_test(self, name: str, command: Command) -> Fixture:
        item = self._item
        if item is None:
            raise RuntimeError('share="test" outside of a test')
        if name in self._of_test:
            raise ValueError(f"this test has a fixture {name!r} already")
        fixture = Fixture(self._with_log(command, name, item.nodeid))
        self._of_test[name] = fixture
        item.addfinalizer(lambda: self._end_of_test(name))
        return fixture.start()

    def _start_for_session(self, name: str, command: Command, share: str) -> Started:
        address = getattr(self._config, "workerinput", {}).get("jig_hub")
        if share == "run" and address:
            if self._member is None:
                self._member = Member(address)
            command = self._with_log(command, name, "run")
            if command.cwd is None:
                command = replace(command, cwd=os.getcwd())
            return self._member.start(name, command)
        worker = getattr(self._config, "workerinput", {}).get("workerid", "session")
        fixture = Fixture(self._with_log(command, name, worker)).start()
        assert self._session is not None
        self._session.addfinalizer(lambda: self._end(name, fixture))
        return fixture

    def _with_log(self, command: Command, name: str, scope: str) -> Command:
        folder = self._config.getoption("--jig-logs")
        if not folder or command.log is not None or command.logger is not None:
            return command
        path = pathlib.Path(folder, re.sub(r"[^\w.-]+", "_", f"{scope}-{name}.log"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return replace(command, log=path.absolute())

    # --------------------------------------------------------------------- end

    def _end_of_test(self, name: str) -> None:
        fixture = self._of_test.pop(name)
        if self._failed and self._config.getoption("--jig-keep"):
            self._kept[f"{self._item.nodeid if self._item else ''} {name}"] = fixture
        else:
            self._end(name, fixture)

    def _end(self, name: str, fixture: Fixture) -> None:
        report = fixture.stop()
        if not report:
            return
        bad = [*report.leftovers, *report.survivors]
        if bad and self._config.getoption("--jig-fail-on-leftovers"):
            who = "\n".join(f"  {process}" for process in bad)
            pytest.fail(f"jig: {name} has left processes behind:\n{who}", False)

    def _end_kept(self) -> None:
        if self._kept and sys.stdin is not None and sys.stdin.isatty():
            self._wait_with_kept()
        for fixture in self._kept.values():
            fixture.stop()
        self._kept.clear()

    def _wait_with_kept(self) -> None:
        self._say("jig: kept until you press Ctrl-C:")
        for name, fixture in self._kept.items():
            where = " ".join(f"{key}={value}" for key, value in fixture.addr.items())
            self._say(f"  {name}: pid {fixture.pid} {where}")
        # A Ctrl-C that came just before pause(2) would be lost.
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(0.2)

    def _say(self, line: str) -> None:
        line = clean(line)
        capture = self._config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            print(line)
            return
        with capture.global_and_fixture_disabled():
            print(line)

    # ------------------------------------------------------------------- hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        if not hasattr(self._config, "workerinput"):
            _interrupt_on_sigterm()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """In the controller of pytest-xdist: called before each worker starts."""
        if self._hub is None:
            self._hub = Hub()
        node.workerinput["jig_hub"] = self._hub.address

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._item, self._failed = item, False
        yield
        self._item = None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        """Show the last output of the fixtures of a failed test."""
        outcome = yield
        report = outcome.get_result()  # type: ignore[attr-defined]
        if not report.failed:
            return
        self._failed = True
        of_session = {name: started for name, (_, started) in self._of_session.items()}
        for name, fixture in {**of_session, **self._of_test}.items():
            text = fixture.tail(_TAIL_LINES)
            if text:
                report.sections.append((f"jig: last lines of {name}", text))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        yield
        self._end_kept()
        if self._member is not None:
            self._member.leave()
            self._member = None

    def pytest_unconfigure(self) -> None:
        if self._hub is not None:
            self._hub.close()
            self._hub = None


class Terminated(KeyboardInterrupt):
    """SIGTERM has arrived: pytest ends as after Ctrl-C, with all teardowns."""


def _interrupt_on_sigterm() -> None:
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _raise_terminated)


def _raise_terminated(signo: int, frame: Optional[FrameType]) -> None:
    raise Terminated("SIGTERM")
