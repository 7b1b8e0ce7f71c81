# SPDX-License-Identifier: MIT
"""Files that are named, or looked for: none of them holds jig up. Only what the
command line names may be waited for."""

import os
import pty
import signal
import socket

import pytest
import ups
from helpers import Running, jig, state_of, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: How long a command may take that must not wait.
AT_ONCE_S = 20


def make_socket(path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


#: What is not a regular file: how it is made, and what is said.
KINDS = {
    "fifo": (os.mkfifo, "it is a FIFO"),
    "folder": (os.mkdir, "Is a directory"),
    "socket": (make_socket, "it is a socket"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "it is a device"),
}

#: Each place where a file names another one, {x}.
YAML = {
    "extends": "extends: {x}\nprocesses: {{a: {{command: 'true'}}}}\n",
    "env_file": "env_file: {x}\nprocesses: {{a: {{command: 'true'}}}}\n",
    "a list": "env_file: [.env, {x}]\nprocesses: {{a: {{command: 'true'}}}}\n",
    "of a service": "processes: {{a: {{command: 'true', env_file: {x}}}}}\n",
}
SETTINGS = {
    "procfile of .foreman": {".foreman": "procfile: {x}\n"},
    "env of .foreman": {".foreman": "env: {x}\n"},
    "PROCFILE of .env": {".env": "PROCFILE={x}\n"},
    "OVERMIND_PROCFILE": {".overmind.env": "OVERMIND_PROCFILE={x}\n"},
    "OVERMIND_ENV": {".overmind.env": "OVERMIND_ENV={x}\n"},
}
#: Names for which jig looks.
LOOKED_FOR = ["Procfile", "jig.yaml", "process-compose.override.yaml", ".env",
              ".overmind.env", ".foreman"]  # fmt: skip


def refused(here, *words: str):
    result = here.jig(*words, timeout=AT_ONCE_S)
    assert result.status == 1 and result.err.count("\n") == 1, result
    return result.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", YAML)
def test_yaml_names_regular_files_only(project, kind, where):
    make, said = KINDS[kind]
    here = project(jig__yaml=YAML[where].format(x="it"), __env="")
    make(here.directory / "it")
    error = refused(here, "check")
    assert "jig.yaml:1:" in error and f"{here.directory}/it: {said}" in error


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", SETTINGS)
def test_settings_name_regular_files_only(project, kind, where):
    make, said = KINDS[kind]
    here = project("web: true\n")
    for name, text in SETTINGS[where].items():
        (here.directory / name).write_text(text.format(x="it"))
    make(here.directory / "it")
    error = refused(here, "check")
    # Of the device, its own path is said.
    assert said in error and ("it: " in error or kind == "device")
    refused(here, "down")  # A client does not wait, either.


@pytest.mark.parametrize("name", LOOKED_FOR)
def test_what_is_looked_for_is_a_regular_file(project, name):
    files = {"process-compose.yaml": "processes: {a: {command: 'true'}}\n"}
    if name not in ("jig.yaml", "process-compose.override.yaml"):
        files = {"Procfile": "web: true\n"}
    files.pop(name, None)
    here = project(none="")
    for other, text in files.items():
        (here.directory / other).write_text(text)
    os.mkfifo(here.directory / name)
    assert f"{name}: it is a FIFO" in refused(here, "check")
    refused(here, "down")


def test_null_is_an_empty_file(project):
    here = project(jig__yaml="env_file: /dev/null\nprocesses: {a: {command: 'true'}}\n")
    assert here.jig("check").status == 0
    assert here.jig("check", "-e", "/dev/null").status == 0
    assert "has no entry" in refused(here, "check", "-f", "/dev/null")


def test_a_directory_that_is_named_as_foremans_file_is_ignored(project):
    here = project("web: true\n")
    (here.directory / ".foreman").mkdir()
    assert here.jig("check").status == 0


# ------------------------------------------------------------ the command line


def test_the_command_line_names_a_fifo(project):
    here = project(none="")
    os.mkfifo(here.directory / "it")
    for words, text in [
        (["check", "-f", "it"], "web: true\n"),
        (["run", "--env-file", "it", "/usr/bin/env"], "WHO=jane\n"),
    ]:
        with Running(jig(*words), env=here.place.env, cwd=here.directory) as one:
            (here.directory / "it").write_text(text)
            assert one.wait() == 0, one.err()


def test_variables_from_a_fifo(project):
    here = project("a: echo $WHO\n")
    os.mkfifo(here.directory / "it")
    up = here.start("-e", "it")
    (here.directory / "it").write_text("WHO=jane\n")
    up.await_line("a.1 | jane")
    assert up.wait() == 0


@pytest.mark.parametrize("kind", ["folder", "socket", "device"])
def test_the_command_line_names_no_other_kind(project, kind):
    make, said = KINDS[kind]
    here = project("web: true\n")
    make(here.directory / "it")
    assert f"it: {said}" in refused(here, "check", "-e", "it")
    assert said in refused(here, "check", "-f", "it")
    result = here.jig("run", "--env-file", "it", "true", timeout=AT_ONCE_S)
    assert f"it: {said}" in result.err


def test_the_standard_input_is_a_socket(project):
    here = project(none="")
    for words, text in [
        (["check", "-f", "-"], b"web: true\n"),
        (["run", "--env-file", "/dev/stdin", "--", "true"], b"WHO=jane\n"),
    ]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(text)
            ours.shutdown(socket.SHUT_WR)
            result = here.jig(*words, stdin=theirs)
            assert result.status == 0, result


def test_the_standard_input_does_not_block(project):
    """Another program may have set O_NONBLOCK."""
    here = project(none="")
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with Running(jig("check", "-f", "-"), env=here.place.env, cwd=here.directory,
                 stdin=reader) as one:  # fmt: skip
        os.close(reader)
        await_reader(one)
        os.write(writer, b"web: true\n")
        os.close(writer)
        assert one.wait() == 0, one.err()


def test_the_standard_input_is_a_terminal(project):
    here = project(none="")
    ours, theirs = pty.openpty()
    os.write(ours, b"web: true\n\x04")
    result = here.jig("check", "-f", "-", stdin=theirs)
    assert result.status == 0, result
    os.close(ours)
    os.close(theirs)


def await_reader(one: Running) -> None:
    """It sleeps: in the call that waits for the file, or in a shorter one."""
    wait_until(lambda: state_of(one.pid) == "S", "it sleeps")


@pytest.mark.parametrize("words", [
    ["check", "-f", "it"], ["up", "-f", "it"], ["up", "-D", "-f", "it"],
    ["check", "-e", "it"], ["run", "--env-file", "it", "true"],
])  # fmt: skip
def test_ctrl_c_ends_the_wait_for_a_fifo(project, words):
    here = project("web: true\n")
    os.mkfifo(here.directory / "it")
    with Running(jig(*words), env=here.place.env, cwd=here.directory) as one:
        await_reader(one)
        one.signal(signal.SIGINT)
        assert one.wait() == ups.INT
