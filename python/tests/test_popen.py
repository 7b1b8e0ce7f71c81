# SPDX-License-Identifier: MIT
"""jig.Popen: where it does more than subprocess.Popen, the whole tree ends."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys

import jig
import pytest
from waiting import python, running, wait_for_file, wait_until


@pytest.fixture
def tree(place):
    """A main process with a daemon that keeps nothing of ours open."""
    daemon = f"setsid {place.sleep} <&- >&- 2>&- &"
    return place.script(f"{daemon} echo up > {place.path}/up; {place.sleep}; true")


def await_tree(place):
    wait_for_file(place.path / "up")
    wait_until(lambda: len(place.running()) == 3, "three processes")


def test_it_is_a_subprocess_popen():
    with jig.Popen(["true"]) as p:
        assert isinstance(p, subprocess.Popen)
    assert p.returncode == 0


def test_communicate_gives_what_was_said():
    with jig.Popen(["cat"], stdin=-1, stdout=-1, text=True) as p:
        assert p.communicate("grüße\n", timeout=60) == ("grüße\n", None)


def test_a_caller_with_few_descriptors_left(place):
    """The standard library's Popen needs 8 for three pipes; its own tests leave 10."""
    script = """
import os, resource, jig
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
held = []
try:
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
for fd in held[-10:]:
    os.close(fd)
for _ in range(3):
    with jig.Popen(["cat"], stdin=-1, stdout=-1, stderr=-1) as p:
        assert p.communicate(b"few") == (b"few", b"")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_killing_main_ends_the_tree(place, tree):
    with jig.Popen(tree) as p:
        await_tree(place)
        p.kill()
    assert p.returncode == -signal.SIGKILL
    assert place.alive() == []
    assert p.report.leftover_count >= 1


def test_leaving_by_an_exception_ends_the_tree(place, tree):
    with pytest.raises(ZeroDivisionError):
        with jig.Popen(tree) as p:
            await_tree(place)
            1 / 0
    assert place.alive() == []
    assert p.report.reason == "stop"


def test_close_ends_the_tree(place, tree):
    p = jig.Popen(tree)
    await_tree(place)
    p.close()
    assert place.alive() == []
    assert p.poll() == -signal.SIGTERM


def test_a_forgotten_one_ends_with_a_warning(place, tree):
    p = jig.Popen(tree)
    await_tree(place)
    with pytest.warns(ResourceWarning, match="still running"):
        del p
        gc.collect()
    assert place.alive() == []


def test_it_has_the_session_and_the_group_of_the_standard_library():
    script = "import os; print(os.getpid(), os.getsid(0), os.getpgrp())"
    show = [sys.executable, "-c", script]
    for options, session, group in (
        ({}, False, False),
        ({"process_group": 0}, False, True),
        ({"start_new_session": True}, True, True),
        ({"cage": "pgroup"}, False, True),
    ):
        out = jig.Popen(show, stdout=-1, text=True, **options).communicate()[0]
        pid, sid, pgrp = map(int, out.split())
        assert sid == (pid if session else os.getsid(0)), options
        assert pgrp == (pid if group else os.getpgrp()), options


@pytest.mark.parametrize("cage", ["auto", "pgroup"])
def test_the_idiom_of_killpg_runs_unchanged(place, cage):
    """preexec_fn=os.setsid, and a signal for the whole group."""
    script = place.script(f"{place.sleep} & echo up; wait")
    p = jig.Popen(script, stdout=-1, preexec_fn=os.setsid, cage=cage)
    with p:
        assert p.stdout.readline() == b"up\n"
        assert os.getsid(p.pid) == os.getpgid(p.pid) == p.pid
        os.killpg(os.getpgid(p.pid), signal.SIGTERM)
    assert p.returncode == -signal.SIGTERM
    assert place.alive() == []


def test_a_group_of_its_own_by_preexec_fn(place):
    with jig.Popen(place.sleeper, preexec_fn=os.setpgrp) as p:
        assert os.getpgid(p.pid) == p.pid
        assert os.getsid(p.pid) == os.getsid(0)
        p.kill()


def test_what_it_cannot_do_is_an_error():
    for function in (print, lambda: os.setsid(), signal.pause):
        with pytest.raises(ValueError, match=r"os\.setsid.*os\.setpgrp"):
            jig.Popen(["true"], preexec_fn=function)
    with pytest.raises(ValueError, match="process group"):
        jig.Popen(["true"], process_group=1)


def ignored(popen, **options) -> set[int]:
    """The signals that a command ignores, whose caller ignores some."""
    script = f"""
import signal, subprocess, jig
for signo in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1):
    signal.signal(signo, signal.SIG_IGN)
signal.signal(signal.SIGUSR2, print)
p = {popen}(["grep", "^SigIgn", "/proc/self/status"], stdout=-1, **{options!r})
print(p.communicate()[0].decode())
"""
    mask = int(python(script).stdout.split()[1], 16)
    return {signo for signo in range(1, 65) if mask & 1 << (signo - 1)}


@pytest.mark.parametrize("group", [{}, {"start_new_session": True}])
def test_without_restore_signals_the_command_ignores_what_we_ignore(group):
    """SIGPIPE and SIGXFSZ are what Python itself ignores."""
    options = {"restore_signals": False, **group}
    found = ignored("jig.Popen", **options)
    assert found == ignored("subprocess.Popen", **options)
    assert {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGUSR1} <= found
    assert signal.SIGUSR2 not in found


def test_with_restore_signals_only_those_of_our_group_stay_ignored():
    assert ignored("jig.Popen") == {signal.SIGHUP, signal.SIGINT}
    assert ignored("jig.Popen", start_new_session=True) == set()
    assert ignored("jig.Popen", process_group=0) == set()


def test_a_command_that_ignores_signals_is_stopped_as_any_other(place):
    """The guard ignores them, too, and still reads them."""
    script = f"""
import signal, jig
for signo in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
    signal.signal(signo, signal.SIG_IGN)
p = jig.Popen({place.sleeper!r}, restore_signals=False, stop="TERM 1ms")
p.close()
print(p.returncode)
"""
    assert python(script).stdout == f"{-signal.SIGKILL}\n"
    assert place.left() == []


def owner_script(place, ending: str) -> str:
    """An interpreter that has started a tree, and how it ends."""
    tree = place.script(f"setsid {place.sleep} & echo up; {place.sleep}")
    return f"""
import jig, os, signal, sys
p = jig.Popen({tree!r}, stdout=jig.PIPE)
p.stdout.readline()
{ending}
"""


@pytest.mark.parametrize(
    "ending",
    ["", "sys.exit(3)", "1 / 0", "os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"],
)
def test_the_tree_ends_with_the_interpreter(place, ending):
    """EDGE_CASES 13."""
    python(owner_script(place, ending))
    assert place.left() == []


def test_a_normal_end_of_the_interpreter_waits_for_the_tree(place):
    done = python(owner_script(place, "sys.exit(3)"))
    assert done.returncode == 3
    assert place.alive() == []


def test_a_child_that_was_forked_ends_nothing(place):
    """A copy of the interpreter runs its end, too."""
    ending = (
        "child = os.fork()\n"
        "if child == 0: sys.exit(0)\n"
        "os.waitpid(child, 0); assert p.poll() is None; print('alive')"
    )
    done = python(owner_script(place, ending))
    assert done.stdout == "alive\n", done.stderr


def test_the_owner_dies_while_a_fork_of_it_lives(place, tmp_path):
    """EDGE_CASES 13: a copy of the lifeline is open still."""
    ending = (
        "if os.fork() == 0: signal.pause()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    script = owner_script(place, ending)
    with running([sys.executable, "-c", script], start_new_session=True) as owner:
        owner.wait()
        assert place.left() == []
        os.killpg(owner.pid, signal.SIGKILL)


def test_an_executable_leaves_argv_as_it_is():
    with jig.Popen(
        ["not-a-shell", "-c", "echo $0", "name"], executable="/bin/sh", stdout=-1
    ) as process:
        assert process.communicate()[0] == b"name\n"
    with jig.Popen(["odd", "-c", "ps -o args= -p $$"], executable="/bin/sh",
                   stdout=-1) as process:
        assert process.communicate()[0].startswith(b"odd -c")


def test_a_forked_childs_end_of_a_with_block_is_not_the_parents(place):
    script = f"""
import jig, os, sys
with jig.Popen({place.sleeper!r}) as p:
    child = os.fork()
    if child == 0:
        sys.exit(7)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), p.poll(), flush=True)
    p.kill()
"""
    done = python(script)
    assert done.stdout == "7 None\n", done.stderr
    assert done.stderr == ""
