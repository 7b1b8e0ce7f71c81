# SPDX-License-Identifier: MIT
"""What the command inherits: arguments, environment, descriptors, signals."""

import json
import os
import resource
import signal

import pytest
from helpers import CAGES, LAUNCH, NOT_EXECUTABLE, PYTHON, jig_run, need_cage, one_line
from helpers import run as run_any
from ups import forever

#: Says its arguments and environment in a way that nothing can blur.
ECHO = [PYTHON, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))"]

AWKWARD = [
    "",
    " ",
    "\n",
    "two\nlines\n",
    "--",
    "-v",
    "--help",
    "$HOME `id` \\ \" ' *",
    "\x1b[31m",
    "ä€😀",
]


@pytest.mark.parametrize("kind", CAGES)
def test_37_awkward_arguments_arrive_unchanged(kind, run, root):
    need_cage(kind)
    result = run("--cage", kind, *ECHO, *AWKWARD)
    assert json.loads(result.out) == AWKWARD


def test_37_arguments_that_are_no_text_arrive_unchanged(run, place):
    result = run(*place.sh('printf %s "$1" | od -An -tx1', "x", b"\xff\xfe\x80"))
    assert result.out.split() == ["ff", "fe", "80"]


@pytest.mark.parametrize("where", ["arguments", "environment"])
def test_37_nearly_as_much_as_the_kernel_takes(where, run, place):
    """A megabyte, of pieces of 100 kB; the kernel takes a quarter of the stack."""
    if resource.getrlimit(resource.RLIMIT_STACK)[0] not in (8 << 20, -1):
        pytest.skip("another stack limit, another ARG_MAX")
    pieces = [str(i) * 100_000 for i in range(10)]
    if where == "arguments":
        result = run(*place.sh('echo $#; printf %s "$*" | wc -c', "x", *pieces))
        assert result.out.split() == ["10", str(sum(map(len, pieces)) + 9)]
    else:
        env = place.env | {f"V{i}": piece for i, piece in enumerate(pieces)}
        result = run("--env", "A=1", *place.sh("echo ${#V0} ${#V9} $A"), env=env)
        assert result.out.split() == ["100000", "100000", "1"]


def test_37_too_much_is_an_error_that_says_so(run, place):
    """With a small stack the kernel takes 128 kB."""
    env = place.env | {f"V{i}": "x" * 100_000 for i in range(3)}
    result = run("--limit", "stack=256k", "true", env=env)
    assert "rgument list too long" in one_line(result)
    assert result.status == NOT_EXECUTABLE


FDS = [PYTHON, "-c", "import os; print(*sorted(map(int, os.listdir('/proc/self/fd'))))"]


def bare_fds(**options):
    return run_any(FDS, **options).out


@pytest.mark.parametrize("kind", CAGES)
def test_37_the_command_gets_our_descriptors_and_none_of_jigs(kind, run, place, root):
    need_cage(kind)
    extra = [os.open("/dev/null", os.O_RDONLY), os.open("/dev/null", os.O_WRONLY)]
    try:
        given = {"pass_fds": extra}
        words = ["--cage", kind, "--report", "report", "-v"]
        result = run(*words, *FDS, **given)
        assert result.out == bare_fds(**given)
        assert run(*words, *FDS).out == bare_fds()
    finally:
        for fd in extra:
            os.close(fd)


def test_37_a_given_descriptor_works(place):
    command = jig_run(*place.sh("echo said >&9; read x <&8; echo $x"))
    script = '"$@" 9>"$0" 8</proc/version'
    said = place.work / "said"
    result = run_any(["bash", "-c", script, str(said), *command], env=place.env)
    assert said.read_text() == "said\n" and result.out.startswith("Linux")


@pytest.mark.parametrize("kind", ["auto", "subreaper", "pidns"])
def test_37_ten_thousand_open_descriptors(kind, place, root):
    """jig works with them, the command inherits them as it would without jig,
    and nothing of jig's is among them."""
    count = 10_000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < count + 100:
        pytest.skip("so many may not be open here")
    many = [*LAUNCH, "fds", str(count)]
    count_them = [PYTHON, "-c", "import os; print(len(os.listdir('/proc/self/fd')))"]
    bare = run_any([*many, *count_them], env=place.env)
    result = run_any([*many, *jig_run("--cage", kind, *count_them)], env=place.env)
    assert (result.status, result.out, result.err) == (0, bare.out, "")
    assert int(result.out) >= count


def test_24_jig_holds_nothing_of_what_the_command_inherited(start, place):
    """A pipe that the command closes shows its end, while it lives on."""
    ours, theirs = os.pipe()
    script = f"exec {theirs}>&-; echo closed; read x"
    command = ["bash", "-c", script]
    jig = start("--report", "report", *command, pass_fds=[theirs], stdin=-1)
    os.close(theirs)
    jig.await_line("closed")
    with open(ours, "rb") as pipe:
        assert pipe.read() == b""
    jig.stdin.close()
    assert jig.wait() == 1


#: Python ignores SIGPIPE and SIGXFSZ itself, so a shell looks.
MASKS = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]


@pytest.mark.parametrize("kind", CAGES)
@pytest.mark.parametrize("condition", ["signals", "no-sigchld"])
def test_16_the_command_sees_defaults_and_an_empty_mask(kind, condition, place, root):
    """Whatever signals the runner blocks or ignores; and jig works as usual."""
    need_cage(kind)
    words = jig_run("--cage", kind, "--group", "session", *MASKS)
    result = run_any([*LAUNCH, condition, *words], env=place.env)
    assert result.status == 0
    for line in result.lines:
        assert int(line.split()[1], 16) == 0, line


#: The terminal's: nohup(1), the & of a shell without job control, and a script's
#: trap ignore them.
CALLERS = ("HUP", "INT", "QUIT", "TSTP", "TTIN", "TTOU")
CALLERS_MASK = sum(1 << signal.Signals[f"SIG{name}"] - 1 for name in CALLERS)


def test_16_in_the_callers_group_the_terminals_signals_stay_ignored(place):
    result = run_any([*LAUNCH, "signals", *jig_run(*MASKS)], env=place.env)
    masks = {line.split()[0]: int(line.split()[1], 16) for line in result.lines}
    assert masks == {"SigBlk:": 0, "SigIgn:": CALLERS_MASK}


def test_16_what_the_caller_ignores_does_not_stop_it(start, place):
    """As nohup(1) and a script's & mean it."""
    script = place.sh("echo ready; read x; exit 6")
    jig = start(*script, before=[*LAUNCH, "signals"], stdin=-1)
    jig.await_line("ready")
    for name in CALLERS:
        jig.signal(signal.Signals[f"SIG{name}"])
    jig.stdin.close()
    assert jig.wait() == 6


@pytest.mark.parametrize("condition", ["signals", "no-sigchld"])
def test_16_jig_ends_and_reports_as_usual_under_such_a_runner(condition, place):
    script = "setsid sleep 600 & trap '' TERM; exit 21"
    words = jig_run(*place.sh(script))
    result = run_any([*LAUNCH, condition, *words], env=place.env)
    assert result.status == 21 and "1 leftover" in result.err


def test_16_signals_reach_jig_under_such_a_runner(start, place):
    script = place.sh(f"trap 'exit 5' INT; echo ready; {forever(place)}")
    words = ["--group", "session", "--grace", "1h", *script]
    jig = start(*words, before=[*LAUNCH, "signals"], stdin=-1)
    jig.await_line("ready")
    jig.signal(signal.SIGINT)
    assert jig.wait() == 5


def test_priority_directory_and_umask_are_inherited(run, place):
    command = ["nice", "-n", "3", *jig_run(*place.sh("nice; pwd; umask"))]
    command = ["sh", "-c", 'umask 0037; cd /; exec "$@"', "sh", *command]
    result = run_any(command, env=place.env)
    bare = int(run_any(["nice"]).out)
    assert result.lines == [str(min(19, bare + 3)), "/", "0037"]


def test_the_limits_of_the_runner_are_the_commands(place):
    script = 'ulimit -n 333; ulimit -Sn 222; exec "$@"'
    look = jig_run("bash", "-c", "ulimit -Sn; ulimit -Hn")
    result = run_any(["bash", "-c", script, "bash", *look], env=place.env)
    assert result.lines == ["222", "333"]
