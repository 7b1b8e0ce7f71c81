# SPDX-License-Identifier: MIT
"""The cgroup cage in a control group of ours: whose it is, what spoils it, what
is cleared away (EDGE_CASES 11, 19, 20, 21)."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal

import guest
import pytest
from guest import helpers, oracle, stage
from helpers import comm_of, wait_until

#: Main, one in a session of its own, and a daemon.
FAMILY = "setsid sleep 600 & (setsid sleep 600 &); echo ready; wait"
RUN = ("run", "--cage", "cgroup")


def cage_of(group):
    """The directory of the one cage in the group."""
    (found,) = group.glob("jig-*")
    return found


def kill_pair(process):
    """SIGKILL guard and supervisor while neither can act on the other's death."""
    pids = [*helpers.children_of(process.pid), process.pid]
    assert len(pids) == 2
    helpers.kill_at_once(pids)
    process.wait()


def await_frozen(group):
    events = group / "cgroup.events"
    wait_until(lambda: "frozen 1" in events.read_text(), "it is frozen")


@pytest.mark.parametrize("kind", ["auto", "cgroup"])
def test_a_delegated_group_is_enough(kind, run, group, identity, place):
    words = ["run", "-v", "--cage", kind, "sh", "-c", "setsid sleep 600 & exit 3"]
    said = run(*words, identity=identity, group=group)
    assert said.returncode == 3 and "in a cgroup cage (contained)" in said.stderr, said
    assert "1 leftover" in said.stderr and "proved empty" in said.stderr, said
    assert place.alive() == []


@pytest.mark.parametrize("end", ["TERM", "KILL"])
def test_no_process_and_no_group_is_left(end, start, group, identity, place):
    words = [*RUN, "--grace", "1h", "sh", "-c", FAMILY]
    process = start(*words, identity=identity, group=group)
    cage = cage_of(group)
    process.send_signal(getattr(signal, f"SIG{end}"))
    process.wait()
    assert place.await_empty() == []
    wait_until(lambda: not cage.exists(), "its group is gone")


@pytest.fixture
def delegated(root):
    """A control group of an ordinary user's."""
    if not guest.writable_group():
        pytest.skip("our own control group is not writable")
    with stage.subtree("user") as group:
        yield group


@pytest.fixture
def become(place):
    """A setuid-root program: it starts a command as root for good."""
    path = place.bin / "become"
    shutil.copy(shutil.which("setpriv"), path)
    path.chmod(0o4755)
    if os.statvfs(path).f_flag & os.ST_NOSUID:
        pytest.skip("the temporary directory is mounted nosuid")
    return "become --reuid=0 --regid=0 --clear-groups"


def test_11_a_setuid_root_descendant(run, delegated, place, become):
    """Its user may not signal it, but may write cgroup.kill. Where there is no
    such file (Linux 5.10), it is a survivor, and named."""
    script = f"{become} sleep 600 >/dev/null 2>&1 & "
    script += 'until [ "$(ps -o ruid= -p $!)" -eq 0 ]; do :; done; exit 3'
    words = ["--grace", "100ms", "--report", "report", "sh", "-c", script]
    said = run(*RUN, *words, identity="user", group=delegated)
    report = place.read_report()
    assert report["leftover_count"] == 1, said
    if (delegated / "cgroup.kill").exists():
        assert said.returncode == 3 and report["survivor_count"] == 0, said
        assert place.alive() == [] and stage.groups_in(delegated) == []
    else:
        assert said.returncode == 120 and report["survivor_count"] == 1, said
        assert len(place.alive()) == 1 and report["cage"]["proved_empty"] is False
        oracle.kill_all(place.programs[1])


def test_11_one_that_root_moved_elsewhere_ends(start, root, place):
    """It is our descendant all the same."""
    if not guest.writable_group():
        pytest.skip("our own control group is not writable")
    with stage.subtree("root") as group, stage.subtree("root") as elsewhere:
        process = start(*RUN, "--grace", "1h", "sh", "-c", FAMILY, group=group)
        for pid in await_named(place.programs[1], 2):
            (elsewhere / "cgroup.procs").write_text(str(pid))
        process.terminate()
        assert process.wait() == -signal.SIGTERM
        assert place.alive() == [] and stage.groups_in(group) == []


def await_named(program, count):
    """Wait until so many execute it; their pids."""

    def find():
        pids = oracle.seen(program)
        return pids if len(pids) == count else None

    return wait_until(find, f"{count} execute {program.path}")


@pytest.fixture
def unentered(root):
    """A group whose directory is the user's while its cgroup.procs is root's:
    its members may make a group there, but move no process into it."""
    if not guest.writable_group():
        pytest.skip("our own control group is not writable")
    with stage.subtree("root") as group:
        os.chown(group, stage.NOBODY, stage.NOBODY)
        yield group
        assert stage.groups_in(group) == []


def test_21_common_ancestor_rule_auto_falls_back(run, unentered):
    said = run("run", "-v", "sh", "-c", "exit 3", identity="user", group=unentered)
    assert said.returncode == 3 and "in a subreaper cage" in said.stderr, said
    assert "ermission denied" in said.stderr, said


@pytest.mark.parametrize("victims", ["guard", "supervisor", "both"])
def test_21_14_in_the_other_cage_too(victims, start, run, unentered, place):
    """The cage that took the place of the first one is held by both, too."""
    words = ["run", "--grace", "100ms", "sh", "-c", FAMILY]
    process = start(*words, identity="user", group=unentered)
    (supervisor,) = helpers.children_of(process.pid)
    if victims == "both":
        kill_pair(process)
        run("run", "true", identity="user", group=unentered)
    else:
        os.kill(process.pid if victims == "guard" else supervisor, signal.SIGKILL)
        process.wait()
    assert place.await_empty() == []
    folder = pathlib.Path(place.env["XDG_RUNTIME_DIR"]) / "jig"
    wait_until(lambda: not list(folder.glob("jig-*")), "the registry is empty")


def test_21_common_ancestor_rule_is_a_reason(run, unentered):
    said = run(*RUN, "true", identity="user", group=unentered)
    check_refused(said, "ermission denied")


def test_21_doctor_says_so(run, unentered):
    said = run("doctor", identity="user", group=unentered)
    assert re.search(r"^  cgroup +no .*ermission denied", said.stdout, re.M), said


def check_refused(said, reason):
    assert said.returncode == 125 and said.stderr.count("\n") == 1, said
    assert re.search(reason, said.stderr), said


@pytest.fixture
def threaded(root):
    """A threaded group with a process in it: no process may enter a group below."""
    if not guest.writable_group():
        pytest.skip("our own control group is not writable")
    with stage.subtree("root") as domain:
        group = domain / "threads"
        group.mkdir()
        (group / "cgroup.type").write_text("threaded")
        yield domain, group
        assert stage.groups_in(group) == []


def enter_both(threaded):
    """A process may enter a threaded group from within its domain only."""
    domain, group = threaded
    join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", join, str(domain), "/bin/sh", "-c", join, str(group)]


def test_20_in_a_threaded_group_auto_falls_back(run, threaded):
    words = ["run", "-v", "sh", "-c", "setsid sleep 600 & exit 3"]
    said = run(*words, before=enter_both(threaded))
    assert said.returncode == 3 and "in a subreaper cage" in said.stderr, said
    assert "threaded" in said.stderr, said


def test_20_a_threaded_group_is_a_reason(run, threaded):
    said = run(*RUN, "true", before=enter_both(threaded))
    check_refused(said, "threaded")


def test_20_threads_that_the_command_made_threaded_end(start, group, identity, place):
    """The command turns its own cage into a threaded domain."""
    script = (
        "g=$(sed -n s/^0:://p /proc/self/cgroup); "
        f'd={guest.mounted()}$g; mkdir "$d/t" && echo threaded >"$d/t/cgroup.type" && '
        "{ setsid sleep 600 & } && "
        'echo $! >"$d/t/cgroup.procs" && echo ready && wait'
    )
    words = [*RUN, "--grace", "1h", "sh", "-c", script]
    process = start(*words, identity=identity, group=group)
    process.terminate()
    assert process.wait() == -signal.SIGTERM and place.alive() == []


@pytest.mark.parametrize("how", ["frozen", "running"])
def test_20_what_was_abandoned_is_cleared(how, start, run, group, identity, place):
    """Guard and supervisor are killed at the same instant, and the group was left
    frozen, for example by a jig between freeze and thaw."""
    process = start(*RUN, "sh", "-c", FAMILY, identity=identity, group=group)
    cage = cage_of(group)
    if how == "frozen":
        (cage / "cgroup.freeze").write_text("1")
        await_frozen(cage)
    kill_pair(process)
    assert place.alive() != []
    said = run("run", "sh", "-c", "exit 3", identity=identity, group=group)
    assert said.returncode == 3 and place.await_empty() == []
    assert not cage.exists()


def test_20_a_cage_that_is_frozen_can_be_ended(start, group, identity, place):
    """TERM does not reach a frozen process; the KILL step thaws it."""
    words = [*RUN, "--grace", "100ms", "sh", "-c", FAMILY]
    process = start(*words, identity=identity, group=group)
    (cage_of(group) / "cgroup.freeze").write_text("1")
    await_frozen(cage_of(group))
    process.terminate()
    process.wait()
    assert place.alive() == []


def test_groups_that_the_command_made_are_removed(start, group, identity, place):
    """Nested ones, with a process in the last, and some that are empty."""
    script = (
        "g=$(sed -n s/^0:://p /proc/self/cgroup); "
        f'd={guest.mounted()}$g; mkdir -p "$d/a/b/c" "$d/e1/e2" && '
        "{ setsid sleep 600 & } && "
        'echo $! >"$d/a/b/c/cgroup.procs" && echo ready && wait'
    )
    words = [*RUN, "--grace", "1h", "sh", "-c", script]
    process = start(*words, identity=identity, group=group)
    process.terminate()
    assert process.wait() == -signal.SIGTERM and place.alive() == []


def test_35_the_cage_of_an_inner_jig_is_removed(start, group, identity, place):
    """The outer one clears it away when the inner jig cannot: it is stopped."""
    command = " ".join([str(stage.jig_path()), *RUN, "sh", "-c", f"'{FAMILY}'"])
    words = [*RUN, "--grace", "100ms", "sh", "-c", f"{command} & wait"]
    outer = start(*words, identity=identity, group=group)
    (inner,) = [pid for pid in every_pid(cage_of(group)) if comm_of(pid) == "jig"]
    for pid in (*helpers.children_of(inner), inner):
        os.kill(pid, signal.SIGSTOP)
    outer.terminate()
    outer.wait()
    assert place.alive() == []


def every_pid(group):
    for file in group.rglob("cgroup.procs"):
        for line in file.read_text().split():
            yield int(line)


@pytest.fixture
def read_only(root):
    """Words before a command: it sees the mount of cgroup v2 read-only."""
    script = f'mount -o remount,bind,ro "{guest.mounted()}" && exec "$@"'
    return in_private_mounts(script)


def in_private_mounts(script):
    return ["unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "sh"]


def test_a_read_only_mount_auto_falls_back(run, read_only):
    said = run("run", "-v", "sh", "-c", "exit 3", before=read_only)
    assert said.returncode == 3 and "in a subreaper cage" in said.stderr, said
    assert "ead-only file system" in said.stderr, said


def test_a_read_only_mount_is_a_reason(run, read_only):
    if guest.has_systemd():
        pytest.skip("systemd would give a scope; only systemd may write here")
    check_refused(run(*RUN, "true", before=read_only), "ead-only file system")


def test_a_mount_of_v2_that_hides_us_is_a_reason(run, root):
    """In a cgroup namespace whose root is not above the mount: not found."""
    script = f'umount -l "{guest.mounted()}" && exec "$@"'
    said = run("run", "-v", "sh", "-c", "exit 3", before=in_private_mounts(script))
    assert said.returncode == 3 and "in a subreaper cage" in said.stderr, said
    assert "not mounted" in said.stderr or "not below any mount" in said.stderr, said
