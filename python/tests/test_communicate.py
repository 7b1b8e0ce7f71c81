# SPDX-License-Identifier: MIT
"""communicate() of a fixture, as that of subprocess.Popen; paths and bytes as there."""

from __future__ import annotations

import pathlib
import subprocess

import jig
import pytest
from jig import process_fixture, ready
from waiting import DEADLINE_S, open_fds

PIPES = {"stdin": jig.PIPE, "stdout": jig.PIPE, "stderr": jig.PIPE}

#: More than a pipe holds, so that both sides must read and write in turns.
LARGE = b"0123456789abcdef" * 65536


def test_it_gives_what_was_said():
    before = open_fds()
    with process_fixture("tee /dev/stderr", **PIPES) as p:
        assert p.communicate(LARGE, timeout=DEADLINE_S) == (LARGE, LARGE)
        assert p.returncode == 0
    assert open_fds() == before


@pytest.mark.parametrize("data", [None, b""])
def test_without_input_the_command_reads_an_end_of_file(data):
    with process_fixture("cat; exit 3", stdin=jig.PIPE) as p:
        assert p.communicate(data) == (None, None)
    assert p.returncode == 3


def test_a_command_that_does_not_read_is_no_error():
    with process_fixture("echo out", **PIPES) as p:
        assert p.communicate(LARGE, timeout=DEADLINE_S) == (b"out\n", b"")


def test_after_a_time_limit_it_can_go_on(place):
    script = "echo one; read word; echo $word"
    with process_fixture(place.script(script), stdin=-1, stdout=-1) as p:
        held = p.stdin.fileno()
        assert held > 2
        with pytest.raises(subprocess.TimeoutExpired) as caught:
            with process_fixture(place.sleeper, stdout=-1) as silent:
                silent.communicate(timeout=0)
        assert caught.value.cmd == place.sleeper
        assert p.communicate(b"two\n", timeout=DEADLINE_S) == (b"one\ntwo\n", None)
    with process_fixture(place.sleeper, stdout=-1) as p:
        with pytest.raises(subprocess.TimeoutExpired):
            p.communicate(timeout=0)
        p.kill()
        assert p.communicate() == (b"", None)


def test_without_a_pipe_the_error_says_what_there_is():
    with process_fixture(["true"]) as p:
        with pytest.raises(ValueError, match=r"PIPE.*tail\(\)"):
            p.communicate()
        with pytest.raises(ValueError, match="stdin is no PIPE"):
            p.communicate(b"word")


def test_a_restarted_fixture_has_a_conversation_of_its_own():
    with process_fixture(["cat"], stdin=-1, stdout=-1) as p:
        assert p.communicate(b"one") == (b"one", None)
        p.restart()
        assert p.communicate(b"two") == (b"two", None)


# ------------------------------------------------------------- paths and bytes


def said(args, **options) -> bytes:
    with process_fixture(args, stdout=-1, **options) as p:
        return p.communicate(timeout=DEADLINE_S)[0]


def test_arguments_may_be_paths_and_bytes(tmp_path):
    word = b"caf\xe9"  # Not UTF-8.
    assert said([pathlib.Path("echo"), word, tmp_path]) == b"%s %s\n" % (
        word,
        bytes(tmp_path),
    )
    assert said(b"echo " + word) == word + b"\n"
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho $#\n")
    script.chmod(0o755)
    assert said(script) == b"0\n"
    assert said(iter([script, "word"])) == b"1\n"


def test_the_environment_may_be_paths_and_bytes(tmp_path):
    env = {b"A": b"caf\xe9", "B": tmp_path}
    assert said("echo $A $B", env=env) == b"caf\xe9 " + bytes(tmp_path) + b"\n"


@pytest.mark.parametrize("kind", [str, bytes, pathlib.Path])
def test_files_and_folders_may_be_paths_and_bytes(kind, tmp_path):
    log, out, err = (kind(tmp_path / name) for name in ("log", "out", "err"))
    folder = kind(tmp_path)
    with process_fixture("echo out; pwd >&2", cwd=folder, stdout=out, log=log) as p:
        p.wait()
    with process_fixture("cat; echo err >&2", stdin=out, stderr=err) as p:
        p.wait()
    assert (tmp_path / "log").read_text() == f"{tmp_path}\n"
    assert (tmp_path / "out").read_text() == "out\n"
    assert (tmp_path / "err").read_text() == "err\n"


@pytest.mark.parametrize("kind", [str, bytes, pathlib.Path])
def test_paths_of_probes_may_be_paths_and_bytes(kind, tmp_path, place):
    up, socket = kind(tmp_path / "up"), kind(tmp_path / "sock")
    script = place.script(f"echo > {tmp_path}/up; {place.sleep}")
    listen = {"s": socket if kind is pathlib.Path else f"unix:{tmp_path}/sock"}
    if kind is bytes:
        listen = {"s": b"unix:" + socket}
    with process_fixture(
        script, listen=listen, ready=[ready.file(up), ready.unix(socket)]
    ) as p:
        assert p.addr["s"] == str(tmp_path / "sock")
        p.restart()
        assert p.addr["s"] == str(tmp_path / "sock")
