# SPDX-License-Identifier: MIT
"""jig export: what a format cannot say is noted, one property after the other."""

from __future__ import annotations

import helpers
import pytest


def export(path, setting: str, *format_: str) -> helpers.Result:
    text = f"processes:\n  a:\n    command: x\n    {setting}\n"
    (path / "jig.yaml").write_text(text)
    return helpers.run(helpers.jig("export", *format_, "out"), cwd=path)


CONTAINERS = {"compose", "kubernetes", "pod"}
EVERY = {"systemd", "s6-rc", "runit", "supervisord", *CONTAINERS}
#: A setting; what is noted where a format does not have it; and these formats. The
#: table of jig-export(1) says the same.
NOTED = {
    "liveness_probe: {exec: {command: x}}": (
        "no liveness probes",
        {"systemd", "s6-rc", "runit", "supervisord", "compose"},
    ),
    "ready: notify": (
        "cannot ask the probe 'notify'",
        EVERY - {"systemd", "supervisord"},
    ),
    "ready: fd": ("cannot ask the probe 'fd'", EVERY - {"s6-rc", "supervisord"}),
    "ready: 'log:up'": ("cannot ask the probe 'log:up'", EVERY - {"supervisord"}),
    "ready: 'file:x'": (" ready' for probes", EVERY - {"supervisord"}),
    "readiness_probe: {exec: {command: x}, failure_threshold: 3}": (
        "failures are not counted",
        {"systemd", "s6-rc"},
    ),
    "readiness_probe: {exec: {command: x}, success_threshold: 3}": (
        "one success of its probe",
        {"compose", "pod"},
    ),
    "readiness_probe: {exec: {command: x}, period_seconds: 500ms}": (
        "counts whole seconds",
        {"kubernetes", "pod"},
    ),
    "start_timeout: 5s": ("start timeout is left out", {"runit", "supervisord"}),
    "availability: {restart: always, max_restarts: 3}": (
        "without limit",
        EVERY - {"systemd", "supervisord"},
    ),
    "availability: {restart: always, backoff_seconds: 3}": (
        "its own back-off",
        {"supervisord", *CONTAINERS},
    ),
    "availability: {restart: always, max_backoff_seconds: 3}": (
        "before each restart|own back-off",
        EVERY,
    ),
    "availability: {restart: on_failure}": ("always restarts it", {"kubernetes"}),
    "availability: {exit_on_end: true}": ("does not stop the others", EVERY),
    "success_exit_codes: [3]": ("only status 0 as success", CONTAINERS),
    "shutdown: {signal: 2}": ("stop signal is the image's", {"kubernetes", "pod"}),
    "shutdown: {command: x}": (
        "shutdown command",
        {"s6-rc", "supervisord", "compose"},
    ),
    "shutdown: {parent_only: true}": ("parent_only is left out", CONTAINERS),
    "stop: TERM 1s INT 1s KILL": ("the other signals are left out", EVERY),
    "listen: [a=:80]": ("does not create its sockets", EVERY - {"systemd"}),
    "ports: [a]": ("does not reserve its ports", EVERY),
    "log_location: x": ("its log is", CONTAINERS),
    "is_tty: true": ("does not give it a terminal", EVERY),
    "is_daemon: true": ("in the foreground", EVERY - {"systemd"}),
    "working_dir: x": ("its directory x is left out", CONTAINERS),
    "replicas: 2": ("of the first one", {"compose", "kubernetes"}),
    "cage: cgroup": ("its cage is left out", EVERY),
    "via: ssh host": ("its transport (via) is left out", EVERY),
}


def words_of(format_: str) -> tuple[str, ...]:
    return ("--pod", "kubernetes") if format_ == "pod" else (format_,)


@pytest.mark.parametrize("setting", NOTED)
def test_a_setting_that_is_left_out_is_noted(tmp_path, setting):
    note, formats = NOTED[setting]
    said = set()
    for format_ in EVERY:
        done = export(tmp_path, setting, *words_of(format_))
        assert done.status == 0, done.err
        if any(one in done.err for one in note.split("|")):
            said.add(format_)
    assert said == formats


def test_slurm_leaves_nothing_out(tmp_path):
    """It runs jig up: the only note is what it needs."""
    for setting in NOTED:
        done = export(tmp_path, setting, "slurm")
        assert done.status == 0, done.err
        notes = [line for line in done.err.splitlines() if "is replaced" not in line]
        assert len(notes) == 1 and "must have jig, jig-up" in notes[0], notes
