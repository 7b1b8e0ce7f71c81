# SPDX-License-Identifier: MIT
"""No control of somebody else's reaches a terminal: hostile bytes in every kind
of input of every command come out as '?', or escaped in JSON."""

import os
import re

import pytest
import ups
from helpers import Running, jig, run

pytestmark = pytest.mark.usefixtures("own_registry")

#: An OSC that sets the title, C1 as a character and as a byte, DEL, BEL, bidi.
HOSTILE = "x\x1b]0;pwned\x07\x9b31m\x7f\u202e\u2066\u061cy"
BYTES = HOSTILE.encode() + b"\x9b31m\xff"

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def assert_clean(text: bytes) -> None:
    shown = text.decode("utf-8")  # nothing that is not UTF-8
    assert not _CONTROLS.search(shown), text


def play(place, *words, status=None, **options) -> bytes:
    """What a command says in all."""
    import subprocess

    made = subprocess.run(
        [os.fsencode(word) if isinstance(word, str) else word for word in [*jig(), *words]],
        capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
        env={**place.env, **options.pop("env", {})}, cwd=options.pop("cwd", place.work),
    )  # fmt: skip
    said = made.stdout + made.stderr
    assert said and made.returncode != 0 if status is None else made.returncode == status, made
    assert_clean(said)
    return said


RUN = ("--user", "--chdir", "--cage", "--ready", "--stop", "--grace", "--env-file", "--listen",
       "--port", "--limit", "--report", "--log", "--owner", "--timeout", "--capture", "--group",
       "--live", "--start-timeout", "--signal")  # fmt: skip


@pytest.mark.parametrize("option", RUN)
def test_values_of_options_of_run(place, option):
    value = BYTES if option not in ("--report", "--log") else b"/nonesuch/" + BYTES
    play(place, "run", option, value, "--", "/bin/true")


COMMANDS = ("run", "up", "start", "jobs", "fg", "bg", "wait", "send", "kill", "rename", "session",
            "check", "exec", "ps", "tree", "restart", "stop", "scale", "logs", "attach", "down",
            "export", "doctor", "version", "help", "completion")  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_options_and_words(place, command):
    play(place, command, b"--" + BYTES)
    play(place, command, b"-f", BYTES, BYTES)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"start", "session"}))
def test_words_that_name_nothing(place, command):
    play(place, command, BYTES, BYTES)


def test_an_unknown_command_and_a_program_that_does_not_exist(place):
    play(place, BYTES)
    play(place, "run", "--", BYTES)
    play(place, "run", "--with", b"exit 3 #" + BYTES, "--ready", b"file:" + BYTES, "--", "true")


def test_the_command_line_of_a_leftover(place):
    script = b'setsid sh -c \'trap "" TERM; echo up >go; read x <never\' "$0" & read x <go'
    os.mkfifo(place.work / "never")
    os.mkfifo(place.work / "go")
    said = play(place, "run", "--grace", "10ms", "--", "/bin/sh", "-c", script, BYTES, status=0)
    assert b"leftover" in said and b"x?]0;pwned" in said


YAML = """
processes:
  "x\\e]0;pwned\\a\\x9B31m\\u202Ey":
    command: "exit 3"
    "k\\e]0;pwned\\a\\u202E": 1
  dep:
    command: "true"
    depends_on: {"x\\e]0;pwned\\a\\x9B31m\\u202Ey": {condition: process_healthy}}
"""


@pytest.mark.parametrize(
    "words", (["check"], ["up"], ["up", "-D"], ["up", "--no-prefix"], ["export", "systemd", "out"]),
    ids=" ".join,
)  # fmt: skip
def test_names_and_keys_of_a_yaml_file(place, words):
    (place.work / "jig.yaml").write_text(YAML)
    made = run(jig(*words), env=place.env, cwd=place.work)
    assert made.out + made.err
    assert_clean((made.out + made.err).encode("utf-8", "surrogateescape"))
    with ups.Project(place, {}) as here:
        here.jig("down")


@pytest.mark.parametrize("text", (b"processes: {a: [", b"a: \x1b]0;pwned\x07", b"\x9b31m: {", b"\xff"))
def test_what_is_no_yaml(place, text):
    (place.work / "jig.yaml").write_bytes(text + HOSTILE.encode())
    play(place, "up")


def test_the_name_of_a_file_and_of_its_directory(place):
    folder = os.fsencode(place.work) + b"/" + BYTES
    os.mkdir(folder)
    with open(folder + b"/Procfile", "wb") as file:
        file.write(b"no entry \x1b]0;pwned\x07\n")
    play(place, "up", cwd=folder)
    play(place, "ps", "-f", folder + b"/Procfile")
    play(place, "up", "-f", folder + b"/Procfile")


def test_answers_of_a_running_up(place):
    with ups.Project(place, {"Procfile": f"a: {ups.forever(place)}\n"}) as here:
        here.start()
        here.await_answer()
        for words in (["ps"], ["stop", BYTES], ["restart", BYTES], ["scale", BYTES]):
            play(place, *words, status=None if len(words) > 1 else 0)
        play(place, "up", "-D")


def test_the_lines_of_jobs(place):
    started = play(place, "start", "--", "/bin/sh", "-c", ups.forever(place), BYTES, status=0)
    assert started
    try:
        for words in (["jobs"], ["jobs", "-l"], ["jobs", "--json"]):
            play(place, *words, status=0)
    finally:
        run(jig("kill", "%1"), env=place.env, cwd=place.work)


def test_processes_of_strangers(place):
    script = "echo ready; read x <>never"
    os.mkfifo(place.work / "never")
    with Running(["/bin/sh", "-c", script, BYTES], cwd=place.work) as stranger:
        stranger.await_line("ready")
        pid = str(stranger.pid)
        for words in (["ps", "--processes", pid], ["kill", "--dry-run", pid],
                      ["tree", pid], ["tree", "--svg", pid], ["tree", "--dot", pid],
                      ["tree", "--json", pid]):  # fmt: skip
            made = run(jig(*words), env=place.env, cwd=place.work)
            assert_clean((made.out + made.err).encode("utf-8", "surrogateescape"))


def test_output_of_a_command_is_passed_on_untouched(place):
    made = run(jig("run", "--", "/usr/bin/printf", r"\033]0;x\007\302\233"), env=place.env)
    assert made.out.encode("utf-8", "surrogateescape") == b"\x1b]0;x\x07\xc2\x9b"
