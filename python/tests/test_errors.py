# SPDX-License-Identifier: MIT
"""Starts that fail: one clear error each, and nothing left (EDGE_CASES 31, 34)."""

from __future__ import annotations

import errno
import os
import pickle

import jig
import pytest
from jig import process_fixture
from waiting import open_fds


def failure(*args, **options) -> jig.StartError:
    before = open_fds()
    with pytest.raises(jig.StartError) as caught:
        process_fixture(*args, **options).start()
    assert open_fds() == before
    return caught.value


def executable(path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_a_missing_program(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # No folder that is closed to us.
    error = failure(["no-such-program", "word"])
    assert isinstance(error, jig.SpawnFailed)
    assert error.errno == errno.ENOENT
    assert error.argv == ["no-such-program", "word"]
    assert error.returncode is None
    assert "no-such-program" in str(error)


def test_a_program_that_may_not_be_executed(tmp_path):
    (tmp_path / "file").write_text("text")
    assert failure([tmp_path / "file"]).errno == errno.EACCES


def test_a_missing_interpreter(tmp_path):
    script = executable(tmp_path / "script", "#!/no/such/interpreter\n")
    assert failure([script]).errno == errno.ELIBBAD


def test_a_missing_folder():
    error = failure(["true"], cwd="/no/such/folder")
    assert error.errno == errno.ENOENT
    assert "/no/such/folder" in str(error)


def test_a_file_for_output_that_cannot_be_opened():
    error = failure(["true"], stdout="/no/such/folder/file")
    assert "/no/such/folder/file" in str(error)


def test_a_log_that_cannot_be_opened():
    error = failure(["true"], log="/no/such/folder/log")
    assert "/no/such/folder/log" in str(error)


def test_an_unknown_probe():
    error = failure(["true"], ready="telepathy:8080")
    assert error.errno == errno.EINVAL
    assert "telepathy" in str(error)


def test_an_address_in_use(place):
    with process_fixture(place.sleeper, listen={"web": "127.0.0.1:0"}) as p:
        error = failure(["true"], listen={"web": p.addr["web"]})
    assert error.errno == errno.EADDRINUSE
    assert p.addr["web"] in str(error)


@pytest.mark.parametrize("option", ["stdout", "pass_fds"])
def test_a_closed_descriptor(option):
    """The number is not to become one of jig's own meanwhile."""
    read, write = os.pipe()
    os.close(read)
    os.close(write)
    error = failure(["true"], **{option: [write] if option == "pass_fds" else write})
    assert error.errno == errno.EBADF
    assert str(write) in str(error)


def test_a_missing_jig_program(monkeypatch):
    monkeypatch.setenv("JIG_PROGRAM", "/no/such/jig")
    error = failure(["true"])
    assert error.errno == errno.ENOPKG
    assert "/no/such/jig" in str(error)


@pytest.mark.parametrize(
    "options",
    [
        {"cage": "paper"},
        {"process_group": "none"},
        {"stop": "NOSUCHSIGNAL 1s"},
        {"stop": "5s"},
        {"grace": -1},
        {"stop_mode": "some"},
        {"limits": {"joy": 1}},
        {"env": {"A=B": "c"}},
        {"env": {"A": "b\0c"}},
        {"cwd": "a\0b"},
        {"umask": 2**40},
    ],
)
def test_an_option_that_makes_no_sense_is_a_value_error(options):
    with pytest.raises((ValueError, OverflowError)):
        process_fixture(["true"], **options).start()


@pytest.mark.parametrize("args", [[1], None, [None]])
def test_a_command_of_another_type_is_a_type_error(args):
    with pytest.raises(TypeError):
        process_fixture(args).start()


def test_an_unknown_option_is_a_type_error():
    with pytest.raises(TypeError):
        process_fixture(["true"], colour="blue")


def test_a_failed_start_can_be_tried_again(tmp_path):
    p = process_fixture([tmp_path / "late"])
    with pytest.raises(jig.SpawnFailed):
        p.start()
    executable(tmp_path / "late", "#!/bin/sh\nexit 4\n")
    with p:
        assert p.wait() == 4


def test_an_error_can_travel_to_another_process():
    error = failure(["no-such-program"])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is jig.SpawnFailed
    assert str(again) == str(error)
    assert again.errno == error.errno
