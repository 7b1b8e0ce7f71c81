# SPDX-License-Identifier: MIT
"""Promise: `jig ps` shows processes by session, group and fixture, in the columns
of ps(1), character by character; and a project's services where one is."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
import ups
import worlds
from helpers import (
    FAILED,
    IDENTITIES,
    IS_ROOT,
    PID_NAMESPACE,
    Result,
    Running,
    is_sanitized,
    jig,
    jig_run,
    one_line,
    stage,
    stat_of,
    supervisor_of,
    wait_until,
)
from helpers import every_pid, needs_root, run as run_any
from pty_session import Terminal

COLUMNS = "pid,ppid,pgid,sid,tpgid,tty,stat,etime,rss,comm,args"
#: Those that are ps's, too, and whose text stays the same for a while.
MORE = "user,ruser,uid,ruid,vsz,time,nlwp,ni,start,lstart,start_time,state,etimes"

LINES = [COLUMNS, MORE, "pid=,comm=,args=", "pid=NR,comm=What", "args,comm,args,pid",
         "user:2,pid,comm:3,pid", "pid:10,user:12=X,tty:30,args:20,comm"]

#: A family of those that are hard to show; says NAME PID of each, then waits.
FAMILY = r"""
import ctypes, os, signal, sys, threading
libc = ctypes.CDLL(None)
ready, told = os.pipe()

def stay():
    os.write(told, b".")
    while True:
        signal.pause()

def child(name, prepare):
    pid = os.fork()
    if pid == 0:
        prepare()
        stay()
    print(name, pid, flush=True)
    if name != "zombie":
        os.read(ready, 1)
    return pid

def with_threads():
    threading.Thread(target=threading.Event().wait, daemon=True).start()

child("plain", lambda: None)
child("zombie", lambda: os._exit(3))
child("nice", lambda: os.nice(5))
child("threads", with_threads)
child("named", lambda: libc.prctl(15, b"a b)\n\x1b[\xc3\xbc", 0, 0, 0))
child("session", os.setsid)
child("group", lambda: os.setpgid(0, 0))
child("locked", lambda: libc.mlockall(1))
os.kill(child("stopped", lambda: os.setpgid(0, 0)), signal.SIGSTOP)
print("parent", os.getpid(), flush=True)
while True:
    signal.pause()
"""

needs_ps = pytest.mark.skipif(not shutil.which("ps"), reason="no ps")


class Family:
    """Its members by name, and the guard of the fixture that they are in."""

    def __init__(self, guard: int, pids: dict[str, int]):
        self.guard, self.pids = guard, pids

    def __getitem__(self, name: str) -> int:
        return self.pids[name]

    @property
    def named(self) -> str:
        return ",".join(str(pid) for pid in self.pids.values())


@pytest.fixture
def env(place) -> dict[str, str]:
    """Of jig and of ps, which needs a locale to know what can be printed."""
    return place.env | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}


@pytest.fixture
def family(place, env):
    """In a fixture with a terminal and its own process group."""
    python = place.copy("/usr/bin/python3", "python")
    words = [python, "-SE", "-c", FAMILY, "gr\xfc\xdf", "a\033[2J\nb", "", "x" * 100]
    jig = jig_run("--group", "foreground", "--", *words)
    with Terminal(jig, env=env, cwd=place.work) as terminal:
        pids = {}
        while "parent" not in pids:
            found = terminal.expect(r"^(\w+) (\d+)\n")
            pids[found[1]] = int(found[2])
        wait_until(lambda: stat_of(pids["zombie"])[0] == "Z", "it has ended")
        wait_until(lambda: stat_of(pids["stopped"])[0] == "T", "it has stopped")
        yield Family(terminal.pid, pids)


@pytest.fixture
def ps(place, env):
    """`jig ps WORDS`, where no project is."""

    def go(*words: str, identity: str = "", **options) -> Result:
        options.setdefault("cwd", place.work)
        return run_any(jig("ps", *words), identity, env=env, **options)

    return go


def pids_of(result: Result) -> set[int]:
    """Of what was asked with `-o pid=`; each once."""
    found = [int(line) for line in result.lines]
    assert len(found) == len(set(found)), result
    return set(found)


def every_process() -> dict[int, list[str]]:
    """stat of each process, from the state on."""
    every = ((pid, stat_of(pid)) for pid in every_pid())
    return {pid: stat for pid, stat in every if stat}


# ---------------------------------------------------------------- formats of ps


def both(names: str, family: Family, identity: str, env) -> tuple[list, list]:
    """ps's lines and ours, in order of their text."""
    words = ["-o", names, "-p", family.named]
    peer = run_any(["ps", *words], identity, env=env)
    ours = run_any(jig("ps", *words), identity, env=env, cwd="/")
    assert peer.status == 0 and ours.status == 0, (peer, ours)
    return (peer.lines[:1] + sorted(peer.lines[1:]),
            ours.lines[:1] + sorted(ours.lines[1:]))


def assert_same(names: str, family: Family, identity: str, env) -> None:
    """Time may pass between the two calls: then compare again."""
    last = []

    def same():
        last[:] = both(names, family, identity, env)
        return last[0] == last[1]

    try:
        wait_until(same, names)
    except AssertionError:
        assert last and last[0] == last[1]


@needs_ps
@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("column", [*COLUMNS.split(","), *MORE.split(",")])
def test_a_column_is_that_of_ps(column, identity, family, env):
    if identity == "user" and not IS_ROOT:
        identity = ""
    assert_same(f"pid,{column}", family, identity, env)
    assert_same(f"{column},pid", family, identity, env)


@needs_ps
@pytest.mark.parametrize("names", LINES)
def test_a_line_is_that_of_ps(names, family, env):
    assert_same(names, family, "", env)


@needs_ps
def test_processor_and_memory_are_those_of_ps(family, env):
    assert_same("pid,pcpu,pmem,%cpu,%mem,cputime,times", family, "", env)


@needs_ps
def test_lines_are_cut_as_ps_cuts_them(family, env):
    for width in ("20", "50", "80"):
        assert_same("pid,args", family, "", env | {"COLUMNS": width})


@needs_ps
def test_the_kernels_own_threads_are_those_of_ps(env):
    words = ["-o", "pid,ppid,pgid,sid,tpgid,tty,comm,args,ni,rss,vsz"]
    if comm_of_2() != "kthreadd":
        pytest.skip("this is no machine of its own")
    peer = run_any(["ps", *words, "-p", "2"], env=env)
    assert run_any(jig("ps", *words, "2"), env=env, cwd="/") == peer


def comm_of_2() -> str:
    path = pathlib.Path("/proc/2/comm")
    return path.read_text().strip() if path.exists() else ""


# -------------------------------------------------------------------- selection


def test_by_pid(family, ps):
    wanted = {family["plain"], family["zombie"]}
    named = [str(pid) for pid in wanted]
    for words in ([*named], ["-p", ",".join(named)], ["-p", " ".join(named)],
                  ["-p", named[0], "-p", named[1]], ["-p" + named[0], named[1]]):
        assert pids_of(ps("-o", "pid=", *words)) == wanted


def test_a_thread_is_no_process(family, ps):
    threads = os.listdir(f"/proc/{family['threads']}/task")
    other = next(one for one in threads if int(one) != family["threads"])
    assert ps("-o", "pid=", "-p", other).status == 1
    assert ps("-p", other).status == 1


def test_by_session_and_group(family, ps):
    sid = os.getsid(family["plain"])
    wanted = {pid for pid, stat in every_process().items() if int(stat[3]) == sid}
    assert family["plain"] in wanted and family["session"] not in wanted
    assert pids_of(ps("-o", "pid=", "-s", str(sid))) == wanted
    own = family["session"]
    assert pids_of(ps("-o", "pid=", "--session", str(own))) == {own}
    both_of_them = pids_of(ps("-o", "pid=", "-s", f"{own},{sid}"))
    assert both_of_them == wanted | {own}
    assert pids_of(ps("-o", "pid=", "-g", str(family["group"]))) == {family["group"]}


def test_by_terminal(family, ps):
    device = os.readlink(f"/proc/{family['parent']}/fd/0")
    assert device.startswith("/dev/pts/")
    for name in (device, device.removeprefix("/dev/")):
        found = pids_of(ps("-o", "pid=", "-t", name))
        assert {family["plain"], family.guard} <= found
        assert family["session"] not in found
    # Processes without one, and a named one.
    words = ["-o", "pid=", "-t", "?", "-p", family.named]
    assert pids_of(ps(*words)) == {family["session"]}


def test_by_user(family, ps, place):
    name = run_any(["id", "-un"]).lines[0]
    for user in (name, str(os.geteuid())):
        words = ["-o", "pid=", "-u", user, "-p", family.named]
        assert pids_of(ps(*words)) == set(family.pids.values())
    if IS_ROOT:
        with Running(place.sh("echo; exec sleep 600"), "user", env=place.env) as other:
            other.line()
            found = pids_of(ps("-o", "pid=", "-u", str(stage.NOBODY)))
            assert other.pid in found and not found & set(family.pids.values())


def test_kinds_narrow_each_other(family, ps):
    sid = str(os.getsid(family["plain"]))
    words = ["-o", "pid=", "-s", sid, "-g"]
    assert pids_of(ps(*words, str(family["group"]))) == {family["group"]}
    assert ps(*words, str(family["session"])).status == 1


def test_by_fixture(family, ps):
    supervisor = supervisor_of(family.guard)
    wanted = set(family.pids.values())
    for pid in (family.guard, supervisor, family["parent"], family["plain"]):
        assert pids_of(ps("-o", "pid=", "--fixture", str(pid))) == wanted
    assert wanted <= pids_of(ps("-o", "pid=", "--fixture", "python"))
    shown = ps("-o", "fixture=,pid=", "--fixture", str(supervisor)).lines
    assert {int(line.split()[0]) for line in shown} == {supervisor}


def test_by_cage(place, ps):
    """One that has a control group: by its name, and by its beginning."""
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    command = jig_run("--cage", "cgroup", "--", *place.sh("echo $$; exec sleep 600"))
    with stage.subtree("root" if IS_ROOT else "user") as group:
        with Running(command, group=group, env=place.env, cwd=place.work) as guard:
            main = int(guard.line())
            name = ps("-o", "cage=", str(main)).lines[0].strip()
            assert name.startswith(f"jig-{guard.pid}-")
            assert name in pathlib.Path(f"/proc/{main}/cgroup").read_text()
            for wanted in (name, f"jig-{guard.pid}", str(guard.pid), str(main)):
                assert pids_of(ps("-o", "pid=", "--cage", wanted)) >= {main}


def test_by_job(place):
    """A jobspec means what the job's keeper holds."""
    with worlds.opened(place) as world:
        job = world.script("sleep 600 & wait", "--no-pty", "--name", "nap")
        for spec in ("%1", "%nap", "%%"):
            words = ["ps", "-o", "pid=", spec]
            wait_until(lambda words=words: len(world.do(*words).lines) == 2, spec)
            shown = world.do("ps", "-o", "pid=", "--fixture", spec)
            assert job["pid"] in pids_of(shown)
        result = world.do("ps", "%nobody")
        assert result.status == FAILED and "no such job" in one_line(result)
        os.kill(job["keeper"], signal.SIGKILL)
        world.await_state(1, "lost")
        result = world.do("ps", "%1")
        assert result.status == FAILED and "has terminated" in one_line(result)


def test_without_a_selection_terminals_and_fixtures(family, place, ps):
    with Running(place.sh("echo; exec sleep 600"), env=place.env, start_new_session=True
                 ) as bare:
        bare.line()
        shown = pids_of(ps("-o", "pid="))
        assert {family["plain"], family["zombie"], family.guard} <= shown
        assert family["session"] in shown, "it has no terminal, but a fixture"
        assert not {bare.pid, 1} & shown
        every = pids_of(ps("-a", "-o", "pid="))
        assert {bare.pid, family["plain"], 1} <= every
        if IS_ROOT:
            theirs = ps("-o", "pid=", identity="user")
            assert not pids_of(theirs) & set(family.pids.values())


# ------------------------------------------------------------- the usual columns


def test_leaders_come_first_and_are_marked(family, ps):
    lines = ps("-o", "sid=,pgid=,pid=,lead=", "-a").lines
    rows = [(*map(int, line.split()[:3]), line.split()[3]) for line in lines]
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    seen_sessions, seen_groups = set(), set()
    for sid, pgid, pid, mark in rows:
        assert mark == ("s" if pid == sid else "g" if pid == pgid else "-")
        assert mark != "s" or sid not in seen_sessions
        assert mark != "g" or pgid not in seen_groups
        seen_sessions.add(sid)
        seen_groups.add(pgid)
    named = {pid: mark for _, _, pid, mark in rows}
    assert named[family["session"]] == "s" and named[family["group"]] == "g"
    assert named[family["plain"]] == "-"


def test_the_usual_columns(family, ps):
    lines = ps("--fixture", str(family.guard), "-w").lines
    assert lines[0].split() == ["SID", "PGID", "PID", "L", "TT", "STAT", "ELAPSED",
                                "%CPU", "RSS", "FIXTURE", "COMMAND"]
    row = next(line for line in lines if line.split()[2] == str(family["plain"]))
    assert row.split()[5].endswith("+") and row.endswith("x" * 100)
    at = lines[0].index("COMMAND")
    plain, session = (next(line for line in lines if line.split()[2] == str(pid))
                      for pid in (family["plain"], family["session"]))
    assert plain[at:].startswith("    /") and session[at:].startswith("/")
    assert "FIXTURE" not in ps("1").out
    if IS_ROOT:
        assert ps("1", identity="user").lines[0].split()[0] == "USER"


@pytest.mark.parametrize("columns, more", ((79, []), (80, ["ELAPSED", "%CPU", "RSS"]),
                                           (60, [])))  # fmt: skip
def test_a_narrow_terminal_keeps_room_for_the_command(family, place, env, columns, more):
    words = jig("ps", "--fixture", str(family.guard))
    done = run_any(words, env=env | {"COLUMNS": str(columns)}, cwd=place.work)
    names = ["SID", "PGID", "PID", "L", "TT", "STAT", *more, "FIXTURE", "COMMAND"]
    assert done.out.splitlines()[0].split() == names


def test_nothing_that_is_shown_moves_a_cursor(family, ps):
    for words in ((), ("-o", "pid,comm,args"), ("-o", "comm,args,pid"), ("--json",)):
        result = ps("-p", family.named, *words)
        assert "\033" not in result.out
        assert not set(result.out) - {"\n"} & {chr(c) for c in range(32)}
    lines = ps("-p", family.named, "-o", "pid=,args=").lines
    assert len(lines) == len(family.pids) and all("gr\xfc\xdf a?[2J b" in line
                                                  for line in lines
                                                  if "defunct" not in line)


def test_a_terminal_is_not_wrapped(family, place, env):
    words = ["-o", "pid=,args=", str(family["plain"])]
    with Terminal(jig("ps", *words), env=env, cwd=place.work) as terminal:
        line = terminal.expect(r"^.*\n")[0].rstrip("\n")
        assert len(line) == 80 and terminal.wait() == 0
    with Terminal(jig("ps", "-w", *words), env=env, cwd=place.work) as terminal:
        assert terminal.expect(r"^.*\n")[0].rstrip("\n").endswith("x" * 100)


def test_headers_can_be_left_out(ps):
    assert ps("-o", "pid,comm", "--no-headers", "1").lines == ps(
        "-o", "pid,comm", "1").lines[1:]


# ------------------------------------------------------------------------- JSON


def test_json_says_what_proc_says(family, ps):
    rows = json.loads(ps("--json", "-p", family.named).out)
    assert {row["pid"] for row in rows} == set(family.pids.values())
    by_name = {name: row for name, pid in family.pids.items()
               for row in rows if row["pid"] == pid}
    plain, zombie = by_name["plain"], by_name["zombie"]
    assert plain["ppid"] == family["parent"] and plain["sid"] == os.getsid(plain["pid"])
    assert plain["tty"].startswith("pts/") and plain["foreground"]
    assert plain["args"][-4:] == ["gr\xfc\xdf", "a\033[2J\nb", "", "x" * 100]
    assert plain["fixture"] == supervisor_of(family.guard)
    assert plain["uid"] == os.geteuid() and plain["rss_kib"] > 0
    assert not plain["leads_session"] and by_name["session"]["leads_session"]
    assert by_name["session"]["tty"] is None and by_name["session"]["tpgid"] is None
    assert by_name["group"]["leads_group"] and not by_name["group"]["foreground"]
    assert zombie["stat"].startswith("Z") and zombie["args"] == []
    assert by_name["threads"]["threads"] == 2 and by_name["nice"]["nice"] == 5
    assert by_name["named"]["comm"] == "a b)\n\033[\xfc"


def test_json_of_no_process_is_an_empty_array(ps):
    result = ps("--json", "-p", "999999999")
    assert json.loads(result.out) == [] and result.status == 1


# -------------------------------------------------------- statuses and machines


@pytest.mark.parametrize("words, said", [
    (["-o", "pid,comn"], "no column 'comn'; did you mean comm?"),
    (["-o", ""], "no column is named"),
    (["-p", "x"], "'x' is not a number"),
    (["-p", "-1"], "'-1' is not a number"),
    (["-p", ""], "the list is empty"),
    (["-s", "1,99999999999"], "'99999999999' is not a number"),
    (["-u", "no-such-user"], "there is no user 'no-such-user'"),
    (["-t", "no-such-tty"], "there is no terminal 'no-such-tty'"),
    (["-t", "/dev"], "there is no terminal '/dev'"),
    (["--fixture", "no-such"], "there is no fixture 'no-such'"),
    (["--cage", "no-such"], "there is no cage 'no-such'"),
    (["web"], "'web' is not a pid or a jobspec"),
    (["--json", "-o", "pid"], "--json excludes -o"),
    (["-a", "--services"], "these options are for processes"),
])
def test_what_is_wrong_is_said(words, said, ps):
    result = ps(*words)
    assert result.status == FAILED and said in one_line(result)


def test_no_process_is_status_1(ps):
    result = ps("-o", "pid", "-p", "999999999")
    # As wide as pids may become.
    assert (result.status, result.out.strip(), result.err) == (1, "PID", "")


@needs_root
def test_without_a_selection_it_says_that_there_is_none(env):
    """In a pid namespace: other tests have processes of the same user."""
    words = [*PID_NAMESPACE, *stage.as_identity("user"), *jig("ps")]
    result = run_any(words, env=env, cwd="/")
    assert result.status == 1 and len(result.lines) == 1
    assert "for all see: jig ps -a" in one_line(result)


def test_a_full_disk_is_a_failure(ps):
    with open("/dev/full", "w") as full:
        result = ps("-a", stdout=full)
    assert result.status == FAILED and "cannot write" in one_line(result)


@needs_root
def test_22_without_proc(env):
    if is_sanitized():
        pytest.skip("AddressSanitizer itself needs /proc")
    own = ["unshare", "-m", "--propagation", "private", "sh", "-c"]
    bare = 'mount -t tmpfs -o ro none /proc && exec "$@"'
    as_nobody = " ".join(stage.AS_NOBODY)
    script = f'mount -t tmpfs -o ro none /proc && exec {as_nobody} "$@"'
    result = run_any([*own, script, "sh", *jig("ps", "-a")], env=env, cwd="/")
    assert result.status == FAILED and "there is no /proc" in one_line(result)
    # Root mounts one of its own.
    words = jig("ps", "-o", "pid=", "1")
    result = run_any([*own, bare, "sh", *words], env=env, cwd="/")
    assert result.out.strip() == "1", result


@needs_root
def test_22_hidepid(env):
    """In its own pid namespace; an ordinary user sees only its own processes."""
    as_nobody = " ".join(stage.AS_NOBODY)
    script = f'mount -t proc -o hidepid=2 proc /proc && {as_nobody} "$@"; echo $?'
    words = ["unshare", "-m", "-p", "-f", "--kill-child", "sh", "-c", script, "sh"]
    result = run_any([*words, *jig("ps", "-a", "-o", "comm=,args=")], env=env, cwd="/")
    assert result.lines[-1] == "0" and len(result.lines) == 2
    assert result.lines[0].split()[0] == "jig"


def test_a_process_that_goes_while_it_reads_is_left_out(place, ps):
    script = "i=0; while :; do i=$((i+1)); sleep 0 & wait; [ $i = 10 ] && echo on; done"
    with Running(place.sh(script), env=place.env, cwd=place.work) as churn:
        churn.await_line("on")
        for _ in range(30):
            for words in (("-o", COLUMNS), ("--json",)):
                result = ps("-a", *words)
                assert result.status == 0 and result.err == "", result
            assert len(json.loads(result.out)) > 0


# --------------------------------------------------------------------- services


def test_a_projects_services_are_shown_where_it_is(place, ps, env):
    files = {"Procfile": f"a: echo up; {ups.forever(place)}\n"}
    with ups.Project(place, files) as here:
        # Scripts ask so whether one runs: without one it is a failure.
        result = here.jig("ps")
        assert result.status == 1 and "is running" in one_line(result)
        here.start()
        here.await_answer()
        assert here.jig("ps").lines[0].split()[0] == "NAME"
        services = json.loads(here.jig("ps", "--json").out)
        assert [one["name"] for one in services] == ["a.1"]
        # With an option of `ps`: processes, as without a project.
        assert here.jig("ps", "1", "-o", "pid=").out.strip() == "1"
        assert here.jig("ps", "-a").lines[0].split()[-1] == "COMMAND"
        elsewhere = place.work / "elsewhere"
        elsewhere.mkdir()
        assert "NAME" not in ps("-o", "pid,comm", "1", cwd=elsewhere).out
        named = ps("-f", str(here.directory / "Procfile"), cwd=elsewhere)
        assert named.lines[0].split()[0] == "NAME"
        result = ps("--services", cwd=elsewhere)
        assert result.status == 1 and "Procfile" in one_line(result)
        assert here.jig("down").status == 0


def test_help_names_every_option_once(ps):
    out = ps("--help").out
    for name in ("all", "pid", "session", "group", "tty", "user", "fixture", "cage",
                 "columns", "no-headers", "wide", "services", "json"):
        assert out.count(f"--{name}") == 1, name


def test_completions_have_its_options():
    for shell in ("bash", "zsh", "fish"):
        out = subprocess.run(jig("completion", shell), check=True, text=True,
                             stdout=subprocess.PIPE).stdout
        assert "fixture" in out and "no-headers" in out
