# SPDX-License-Identifier: MIT
"""No foreign control character reaches a terminal: jig prints hostile bytes in any
input of any command as '?', or escaped in JSON."""

import os
import re

import pytest
import ups
from helpers import PYTHON, Running, jig, run, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: An OSC that sets the title, C1 as a character and as a byte, DEL, BEL, bidi.
HOSTILE = "x\x1b]0;pwned\x07\x9b31m\x7f\u202e\u2066\u061cy"
BYTES = HOSTILE.encode() + b"\x9b31m\xff"

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def assert_clean(text: bytes) -> None:
    shown = text.decode("utf-8")  # nothing that is not UTF-8
    assert not _CONTROLS.search(shown), text


def play(place, *words, status=None, **options) -> bytes:
    """All output of a command."""
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
            "check", "exec", "ps", "tree", "reload", "restart", "stop", "scale", "logs", "attach", "down",
            "export", "import", "doctor", "version", "help", "completion")  # fmt: skip


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
        play(place, "up", "-D", status=0)


def test_the_lines_of_jobs(place):
    started = play(place, "start", "--", "/bin/sh", "-c", ups.forever(place), BYTES, status=0)
    assert started
    try:
        for words in (["jobs"], ["jobs", "-l"], ["jobs", "--json"]):
            play(place, *words, status=0)
    finally:
        run(jig("kill", "%1"), env=place.env, cwd=place.work)


def test_foreign_processes(place):
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


#: It names itself so (PR_SET_NAME), and says when it has.
NAMES_ITSELF = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(15, os.fsencode(sys.argv[1])[:15], 0, 0, 0)
if os.fork():
    os.read(int(sys.argv[2]), 1)
    os._exit(0)
os.setsid()
signal.alarm(30)  # where nothing ends it
os.write(int(sys.argv[3]), b"named")
os.read(0, 1)
"""


def names_itself(place, name):
    """The words of a main process that leaves a child of this name behind."""
    os.mkfifo(place.work / "never")
    read, write = os.pipe()
    os.set_inheritable(read, True)
    os.set_inheritable(write, True)
    redirect = f'exec "$@" <>"{place.work}/never"'
    words = ["/bin/sh", "-c", redirect, "sh", PYTHON, "-c", NAMES_ITSELF, name, str(read),
             str(write)]  # fmt: skip
    return words, (read, write)


@pytest.mark.parametrize("name", [b"a\x1b]0;x\x07b", b"\xe2\x80\xae\xd8\x9c\x9b1m\xff"])
def test_what_a_process_calls_itself(place, name):
    words, pipe = names_itself(place, name)
    with Running(words, cwd=place.work, pass_fds=pipe) as stranger:
        wait_until(lambda: b"?" in shown(place, "tree", "-a"), "its name is shown")
        pid = str(stranger.pid)
        for command in (["ps", "-a"], ["ps", "-o", "pid,comm,args", "-a"], ["ps", "--json", "-a"],
                        ["tree", pid], ["tree", "-l", pid], ["tree", "--json", pid],
                        ["tree", "--svg", "-", pid], ["tree", "--dot", "-", pid],
                        ["kill", "--dry-run", "--tree", pid]):  # fmt: skip
            shown(place, *command)
        run(jig("kill", "--grace", "0", "--tree", pid), env=place.env)
        with open(place.work / "never", "r+b", buffering=0) as fifo:
            fifo.write(b"x")  # Its child ends, too.


def shown(place, *words) -> bytes:
    made = run(jig(*words), env=place.env, cwd=place.work)
    text = (made.out + made.err).encode("utf-8", "surrogateescape")
    assert_clean(text)
    return text


@pytest.mark.parametrize("words", (["run", "--cage", "subreaper", "-v", "true"], ["jobs"],
                                   ["start", "true"], ["session"], ["up"], ["doctor"],
                                   ["fg"], ["attach", "a"], ["ps"]), ids=" ".join)  # fmt: skip
def test_directories_and_names_of_the_environment(place, words):
    (place.work / "Procfile").write_text("a: true\n")
    there = b"/nonesuch/" + BYTES
    hostile = {"JIG_RUNTIME_DIR": there, "XDG_RUNTIME_DIR": there, "HOME": there, "SHELL": there,
               "TERM": BYTES, "USER": BYTES, "PATH": there + b":/usr/bin:/bin"}  # fmt: skip
    play(place, *words, env=hostile, status=None if words[0] not in SUCCEED else 0)


#: These do not need what is missing there.
SUCCEED = ("run", "doctor", "up")


@pytest.mark.parametrize("dialect", ("docker", "honcho", "foreman"))
def test_what_is_no_environment_file(place, dialect):
    (place.work / "e.env").write_bytes(b"A" + BYTES + b"=1\n" + BYTES + b"\n=\nB='" + BYTES)
    words = ["run", "--env-file", "e.env", "--env-dialect", dialect, "--", "true"]
    shown(place, *words)
    shown(place, "run", "--env-file", os.fsdecode(BYTES), "--", "true")


WAITED_FOR = ("file:{}", "unix:{}", "log:{}", "exec:exit 1 #{}", "exec:printf %s '{}' >&2; exit 1",
              "http:1/ expect={}")  # fmt: skip


@pytest.mark.parametrize("probe", WAITED_FOR)
def test_what_is_waited_for_in_vain(place, probe):
    text = os.fsencode(probe.format(HOSTILE)) + b"\xff"
    play(place, "run", "--start-timeout", "50ms", "--ready", text, "--", "sleep", "600")
    play(place, "run", "--with", "sleep 600", "--start-timeout", "50ms", "--ready", text,
         "--", "true")  # fmt: skip
    play(place, "run", "-v", "--live-delay", "0", "--live-interval", "10ms", "--live-failures",
         "1", "--timeout", "1s", "--ready", "delay:0", "--live",
         text if not probe.startswith("log") else b"file:" + BYTES, "--", "sleep", "600")  # fmt: skip


NOTIFIES = """
import os, socket, sys
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.sendto(os.fsencode(sys.argv[1]), b"\\0" + os.fsencode(os.environ["NOTIFY_SOCKET"])[1:])
sys.stdin.read()
"""


@pytest.mark.parametrize("text", (b"STATUS=" + BYTES, b"ERRNO=5\nSTATUS=" + BYTES,
                                  b"ERRNO=" + BYTES, BYTES), ids=("status", "both", "errno", "no"))  # fmt: skip
def test_what_a_service_says_of_itself(place, text):
    words = [PYTHON, "-c", NOTIFIES, text]
    play(place, "run", "--start-timeout", "1s", "--ready", "notify", "--", "/bin/sh", "-c",
         'exec "$@" </dev/zero', "sh", *words)  # fmt: skip


FORMATS = ("systemd", "compose", "kubernetes", "runit", "supervisord")
SERVICES = {
    "Procfile": b"web: echo " + BYTES + b"\n",
    "keys.yaml": b'processes: {"w\\e]0;p\\u202E": {command: "true"}}\n',
    "values.yaml": b'processes: {web: {command: "echo \\e]0;x\\u202E", working_dir: "/\\e]0;p",'
                   b' environment: ["A\\e=1\\u202E"]}}\n',
}  # fmt: skip


@pytest.mark.parametrize("file", SERVICES)
@pytest.mark.parametrize("format", FORMATS)
def test_exports_say_what_they_do_and_what_they_cannot(place, format, file):
    (place.work / file).write_bytes(SERVICES[file])
    shown(place, "export", "-f", file, format, "out")
    play(place, "export", "-f", file, format, b"/nonesuch/" + BYTES)
    for option in ("-a", "-u", "-i", "-l", "-e", "-c", "-m", "-x", "-p", "-d"):
        shown(place, "export", "-f", file, option, os.fsdecode(BYTES), format, "out")


@pytest.mark.parametrize("shell", ("bash", "zsh", "fish"))
def test_completions(place, shell):
    play(place, "completion", shell, status=0)


def test_a_report(place):
    words = [*place.sh("exit 3"), BYTES]
    for where in ("/dev/stdout", "/dev/stderr"):
        play(place, "run", "-v", "--report", where, "--", *words, status=3)


def test_a_jobs_name_and_directory(place):
    folder = os.fsencode(place.work) + b"/" + BYTES
    os.mkdir(folder)
    play(place, "start", "--name", BYTES, "--", "true")
    play(place, "start", "--chdir", folder, "--", "/bin/sleep", "600", status=0)
    play(place, "start", "--", "/bin/sleep", "600", cwd=folder, status=0)
    try:
        play(place, "rename", "%1", BYTES)
        for words in (["jobs", "-l"], ["jobs", "--json"], ["kill", "--dry-run", "%1"]):
            play(place, *words, status=0)
        for words in (["jobs", "-l"], ["ps"], ["fg", "%2"], ["logs", "%2"]):
            shown(place, *words)
    finally:
        shown(place, "kill", "%1", "%2")


def test_output_of_a_command_is_passed_on_untouched(place):
    made = run(jig("run", "--", "/usr/bin/printf", r"\033]0;x\007\302\233"), env=place.env)
    assert made.out.encode("utf-8", "surrogateescape") == b"\x1b]0;x\x07\xc2\x9b"
