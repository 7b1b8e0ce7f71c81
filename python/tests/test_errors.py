# SPDX-License-Identifier: MIT
"""Starts that fail: one clear error each, and nothing left (EDGE_CASES 31, 34)."""

from __future__ import annotations

import errno
import os
import pickle
import re
import subprocess

import jig
import pytest
from jig import process_fixture, ready
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
    error = failure([script])
    assert error.errno == errno.ENOENT  # As subprocess has it.
    assert "interpreter" in error.reason


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
    assert type(again) is type(error)
    assert isinstance(again, jig.SpawnFailed)
    assert isinstance(again, FileNotFoundError)
    assert str(again) == str(error)
    for name in ("errno", "strerror", "filename", "argv", "reason"):
        assert getattr(again, name) == getattr(error, name) is not None


def test_another_error_can_travel_too():
    error = jig.ReadyTimeout("too late", argv=["srv"], errno=errno.ETIME, tail="a")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is jig.ReadyTimeout
    assert again.__dict__ == error.__dict__


def as_subprocess(argv, **options):
    """The error of subprocess, and ours, for the same command."""
    with pytest.raises(OSError) as usual:
        subprocess.Popen(argv, **options)
    with pytest.raises(OSError) as popen:
        jig.Popen(argv, **options)
    error = failure(argv, **options)
    for ours in (popen.value, error):
        assert ours.errno == usual.value.errno
        assert ours.strerror == usual.value.strerror
        assert ours.filename == usual.value.filename
        assert isinstance(ours, type(usual.value))
    return error


@pytest.mark.parametrize(
    ("kind", "argv", "options"),
    [
        (FileNotFoundError, ["no-such-program", "word"], {}),
        (FileNotFoundError, ["/no/such/program"], {}),
        (FileNotFoundError, ["true"], {"cwd": "/no/such/folder"}),
        (FileNotFoundError, ["{script}"], {}),
        (PermissionError, ["{file}"], {}),
        (PermissionError, ["/etc"], {}),
        (NotADirectoryError, ["{file}/word"], {}),
        (NotADirectoryError, ["true"], {"cwd": b"/etc/passwd"}),
    ],
)
def test_a_failed_start_is_the_error_of_subprocess(
    kind, argv, options, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # No folder that is closed to us.
    (tmp_path / "file").write_text("text")
    script = executable(tmp_path / "script", "#!/no/such/interpreter\n")
    argv = [word.format(script=script, file=tmp_path / "file") for word in argv]
    error = as_subprocess(argv, **options)
    assert isinstance(error, kind)
    assert isinstance(error, jig.SpawnFailed)
    assert error.args == (error.errno, error.strerror)


def test_a_failed_start_names_what_it_is_about():
    assert failure(["true"], stdout="/no/such/folder/file").filename == (
        "/no/such/folder/file"
    )
    assert failure(["true"], log=b"/no/such/log").filename == b"/no/such/log"
    assert failure(["true"], ready="telepathy:1").filename is None


WRONG = [
    (TypeError, "ready='tcp:8080'", {"ready": 8080}),
    (TypeError, "live='tcp:8080'", {"live": 8080}),
    (TypeError, "outside of your process", {"ready": lambda: True}),
    (TypeError, "not 8080", {"ready": ["tcp:80", 8080]}),
    (TypeError, "a list of these", {"ready": b"tcp:80"}),
    (ValueError, "empty text", {"ready": ""}),
    (ValueError, "empty text", {"ready": ["tcp:80", " "]}),
    (ValueError, "'1w'; there are us, ms, s, m, h, d", {"stop": "INT 1w"}),
    (ValueError, "no such signal: 'soon'", {"stop": "INT soon"}),
    (ValueError, "no signal before the time '2s'", {"stop": "INT 1s 2s"}),
    (ValueError, "begins with a signal", {"stop": "1s INT"}),
    (ValueError, "no step", {"stop": ""}),
    (ValueError, "no step", {"stop": []}),
    (ValueError, "no such signal: 999", {"stop": [(999, 1)]}),
    (TypeError, "'INT' is not such a pair", {"stop": ["INT", "TERM"]}),
    (TypeError, "not 5", {"stop": 5}),
    (TypeError, "number of seconds, not '5'", {"grace": "5"}),
    (TypeError, "number of seconds, not 'x'", {"start_timeout": "x"}),
    (ValueError, "no such user: 'no-such-user'", {"user": "no-such-user"}),
    (ValueError, "no such group: 'no-such-group'", {"group": "no-such-group"}),
    (ValueError, "no such group", {"extra_groups": ["no-such-group"]}),
    (TypeError, "a user is a number or a name", {"user": 1.5}),
    (TypeError, r"env\['A'\] is a str, bytes or path, not 1", {"env": {"A": 1}}),
    (TypeError, "env is a dict", {"env": ["A=b"]}),
    (TypeError, "listen is a dict", {"listen": "127.0.0.1:0"}),
    (TypeError, r"listen\['a'\] is", {"listen": {"a": 80}}),
    (TypeError, "ports is a list", {"ports": "http"}),
    (TypeError, "limits is a dict", {"limits": "nofile=4"}),
    (TypeError, "stdout is a path", {"stdout": 1.5}),
    (TypeError, "cwd is a str, bytes or path", {"cwd": 5}),
    (TypeError, "name of a cage is a str", {"cage": None}),
]


@pytest.mark.parametrize(
    ("kind", "text", "options"), WRONG, ids=[text for _, text, _ in WRONG]
)
def test_a_mistake_is_an_error_of_the_call(kind, text, options):
    with pytest.raises(kind, match=text):
        process_fixture(["true"], **options)


@pytest.mark.parametrize("args", [[], "", " ", b"", [""], ["", "word"]])
def test_a_command_without_a_program_is_an_error_of_the_call(args):
    with pytest.raises(ValueError, match="empty line|no program"):
        process_fixture(args)
    if args == []:
        with pytest.raises(ValueError, match="empty list"):
            jig.Popen(args)


def test_ready_functions_take_texts_only():
    for make in (ready.log, ready.exec):
        with pytest.raises(TypeError, match="takes a str"):
            make(re.compile("up"))
