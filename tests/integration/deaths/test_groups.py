# SPDX-License-Identifier: MIT
"""The cgroup cage, while the command makes very many groups below its own, makes
threaded ones, and removes them while jig lists them (EDGE_CASES 20).

The process to be found has entered an older pid namespace, whose init has adopted
it. It is not a descendant of jig any more; only the control group lists it.
"""

import signal

import pytest
from helpers import MASS_DEADLINE_S, PYTHON, Running, children_of, run, stage, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: In that namespace: says that it was told to end. No signal can come between a
#: look and a wait.
TOLD = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("ready", flush=True)
signal.sigwait([signal.SIGTERM])
print("told", flush=True)
"""

#: A shell function: leave one behind, in the namespace of the process $init.
LEAVE = """leave() { nsenter -t $init -p sh -c '("$0" -SEc "$1" &)' "$python" "$told"; }"""


@pytest.fixture
def older(root, place):
    """The init of a pid namespace that is older than the cage."""
    words = ["unshare", "--pid", "--fork", "--kill-child"]
    words += ["/bin/sh", "-c", "echo there; read x"]
    with Running(words, env=place.env, stdin=-1) as other:
        other.await_line("there")
        (init,) = children_of(other.pid)
        yield init


@pytest.fixture
def go(older, place, start):
    """`jig run` a script that begins in its own control group; and where that is."""
    mount = stage.cgroup2_mount()
    if not mount:
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("root") as group:
        python = place.copy(PYTHON, "python")
        begin = f"cd {mount}$(sed -n s/^0:://p /proc/self/cgroup) || exit 9"
        env = place.env | {"told": TOLD, "python": python, "init": str(older)}

        def run(script, *words):
            command = place.sh(f"{begin}\n{LEAVE}\n{script}", *words)
            options = ["--cage", "cgroup", "--stop", "TERM 1h KILL"]
            return start(*options, *command, group=group, stdin=-1, env=env)

        run.group = group
        yield run


def told_and_named(jig):
    """How many were told when main had gone, and how many of LEAVE are named."""
    jig.stdin.close()
    told = jig.rest()
    assert jig.wait() == 0, jig.err()
    return told.count("told\n"), jig.err().count("pthread_sigmask")


def test_20_hundreds_of_groups_hide_no_process(go):
    """Leftovers in the first, the last and one between; all groups are removed."""
    script = """
        i=0; while [ $i -lt 500 ]; do mkdir n$i || exit 8; i=$((i + 1)); done
        for i in 0 250 499; do echo $$ >n$i/cgroup.procs; leave; done
        echo $$ >cgroup.procs; read x; exit 0"""
    jig = go(script)
    for _ in range(3):
        jig.await_line("ready", MASS_DEADLINE_S)
    assert told_and_named(jig) == (3, 3)
    assert stage.groups_in(go.group) == []


#: All its threads are in a threaded group; it says that it was told.
THREADED = """
import os, signal, sys, threading, time
threading.Thread(target=signal.pause, daemon=True).start()
with open("t/cgroup.type", "w") as file: file.write("threaded")
for task in os.listdir("/proc/self/task"):
    with open("t/cgroup.threads", "w") as file: file.write(task)
def tell(signo, frame):
    os.write(1, b"told\\n"); os._exit(3)
signal.signal(signal.SIGTERM, tell)
print("ready", flush=True)
while True: time.sleep(0.05)
"""


def test_20_a_threaded_group_hides_no_process(go):
    """Neither a process with all its threads in it, nor one beside it."""
    script = 'mkdir t; "$python" -SEc "$0" & leave; read x; exit 0'
    jig = go(script, THREADED)
    try:
        assert [jig.line(), jig.line()] == ["ready"] * 2
    except AssertionError:
        assert "Operation not supported" in jig.err()
        pytest.skip("no threaded groups here")
    assert told_and_named(jig) == (2, 1)
    assert stage.groups_in(go.group) == []


#: Groups come and go, below groups that come and go. Deaf to SIGTERM.
CHURN = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
groups = ["a", "b", "a/c", "b/d", "a/c/e"]
while True:
    for group in groups: os.mkdir(group)
    for group in reversed(groups): os.rmdir(group)
"""


def test_20_groups_that_vanish_while_listed_hide_no_process(go):
    """20 times; each has a leftover in its own group, which gets the signal."""
    script = """
        mkdir z; "$python" -SEc "$0" &
        echo $$ >z/cgroup.procs; leave
        echo $$ >cgroup.procs; read x; exit 0"""
    for _ in range(20):
        jig = go(script, CHURN)
        jig.await_line("ready")
        jig.stdin.close()
        jig.await_line("told")
        jig.signal_again(signal.SIGTERM)  # Now the next step, SIGKILL.
        assert jig.wait() == 0, jig.err()
        assert jig.err().count("pthread_sigmask") == 1, jig.err()
        wait_until(lambda: stage.groups_in(go.group) == [], "its groups are removed")


#: A run of tests in which SIGKILL ends everything but its control group.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import stage
with stage.subtree("root") as group:
    print(group.name, flush=True)
    for _ in range(1200):
        group /= "n"
        group.mkdir()
    os.kill(os.getpid(), signal.SIGKILL)
"""

NEXT = """
import sys
sys.path.insert(0, sys.argv[1])
import stage
with stage.subtree("root"), stage.subtree("root") as group:
    print(*sorted(path.name for path in group.parent.glob(stage.GROUP + "*")))
"""


def test_a_run_that_was_killed_leaves_no_group_to_the_next_one(root):
    """And those of runs that live, such as ours, are left alone."""
    folder = str(stage.HERE)
    with stage.subtree("root") as ours:
        killed = run([PYTHON, "-c", KILLED, folder])
        assert killed.status == 128 + signal.SIGKILL, killed
        made = run([PYTHON, "-c", NEXT, folder])
        assert made.status == 0, made
        assert ours.name in made.out.split()
        assert killed.out.strip() not in made.out.split()
