# SPDX-License-Identifier: MIT
"""jig never takes one process for another (EDGE_CASES 17), and finds processes that
were abandoned or went elsewhere (14, 20).

Foreign processes report each signal that they get. A test that reuses pids, or
could signal every visible process, runs in its own pid namespace.
"""

import contextlib
import json
import os
import pathlib
import signal
import time

import held
import pytest
from helpers import FAILED, IS_ROOT, LAUNCH, PID_NAMESPACE, PYTHON, Running, await_end
from helpers import built, children_of, comm_of, in_group, jig_run, pinned
from helpers import run as run_any, send, stage, stopped, supervisor_of, wait_until

pytestmark = pytest.mark.usefixtures("own_registry")

#: A process that says each signal that it gets into a file; its name is argv[2].
WITNESS = """
import os, signal, sys, time
said = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
def tell(signo, frame):
    os.write(said, b"%d\\n" % signo)
    if signo == signal.SIGTERM: os._exit(0)
for signo in set(signal.valid_signals()) - {9, 17, 19, 32, 33}:
    signal.signal(signo, tell)
if len(sys.argv) > 2:
    import ctypes
    ctypes.CDLL(None).prctl(15, sys.argv[2].encode(), 0, 0, 0)
os.write(said, b"0\\n")
while True: time.sleep(0.05)
"""


@pytest.fixture
def witness(place):
    """Its words, and the file of signals that it got."""
    (place.work / "witness.py").write_text(WITNESS)
    python = place.copy(os.path.realpath(PYTHON), "python")

    def words(said, *name):
        return [python, "-S", str(place.work / "witness.py"), str(said), *name]

    return words


def heard(said: pathlib.Path) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in said.read_text().split()]
    return []


def await_witness(said):
    wait_until(lambda: 0 in heard(said), "the witness is there")


def test_17_a_strangers_orphan_lives_when_the_supervisor_is_killed(
    place, cage, identity, group, witness
):
    """A child that was there before `exec jig run` goes into the background
    while jig runs: its daemon is no part of the fixture."""
    said = place.work / "said"
    os.mkfifo(place.work / "go", 0o666)
    os.chmod(place.work / "go", 0o666)
    script = f"""
    ( {" ".join(witness(said))} & read x <go; exit 0 ) &
    exec "$@"
    """
    words = jig_run("--cage", cage, *place.sh("echo ready; sleep 600"))
    command = ["/bin/sh", "-c", script, "sh", *words]
    with Running(command, identity, group, env=place.env, cwd=place.work) as jig:
        jig.await_line("ready")
        await_witness(said)
        helper = [p for p in children_of(jig.pid) if p != supervisor_of(jig.pid)]
        with pinned([*helper, supervisor_of(jig.pid)]) as fds:
            (place.work / "go").write_text("go\n")
            await_end(fds[0])
            send(fds[-1], signal.SIGKILL)
        assert jig.wait() == FAILED
        assert heard(said) == [0]
        left = place.alive()
    with pinned(left) as fds:
        for fd in fds:
            send(fd, signal.SIGKILL)
    assert len(left) == 1


def test_17_a_reaped_strangers_number_is_no_strangers(place, root):
    """A member that got the number of a stranger which has ended is ended too."""
    script = r"""
    mount -t tmpfs tmpfs /run
    sh -c 'read x <go' & stranger=$!
    exec "$@" "$stranger"
    """
    member = """
    echo ready $2; read x <back
    echo $(($2 - 1)) >/proc/sys/kernel/ns_last_pid
    setsid sleep 600 & echo got $!; wait
    """
    for name in ("go", "back"):
        os.mkfifo(place.work / name)
    inner = jig_run("--cage", "subreaper", *place.sh(member, "sh", "x"))
    # The container's init outlives jig: it is not the kernel that ends all.
    command = [*PID_NAMESPACE, "sh", "-c", '"$@" & read x', "sh"]
    command += [*place.sh(script, "sh", *inner)]
    with Running(command, env=place.env, cwd=place.work, stdin=-1) as jig:
        stranger = int(jig.line().split()[1])
        (place.work / "go").write_text("go\n")
        (init,) = children_of(jig.pid)
        (guard,) = children_of(init)
        wait_until(lambda: len(children_of(guard)) == 1, "the stranger is reaped")
        (place.work / "back").write_text("go\n")
        assert jig.line() == f"got {stranger}"
        with pinned([guard, supervisor_of(guard)]) as fds:
            send(fds[1], signal.SIGKILL)
            await_end(fds[0])
        assert [p for p in place.alive() if comm_of(p) == "sleep"] == []


#: Main: six that ignore SIGTERM, as it does; told to, it reaps the last of them.
PARENT = """
import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
kids = []
for _ in range(6):
    kids.append(os.fork())
    if kids[-1] == 0:
        while True: signal.pause()
print("kids", *kids, flush=True)
open(sys.argv[1]).read()
os.kill(kids[-1], signal.SIGKILL)
os.waitpid(kids[-1], 0)
print("reaped", flush=True)
while True: signal.pause()
"""

#: The container's init: starts jig; told to, it gives the number to a stranger.
GIVER = """
import os, sys
witness, jig = sys.argv[1:5], sys.argv[5:]
jig = os.spawnv(os.P_NOWAIT, jig[0], jig)
print("jig", jig, flush=True)
number = int(sys.stdin.readline())
with open("/proc/sys/kernel/ns_last_pid", "w") as last: last.write(str(number - 1))
print("stranger", os.spawnv(os.P_NOWAIT, witness[0], witness), flush=True)
while os.wait()[0] != jig: pass
print("ended", flush=True)
sys.stdin.read()
"""

NO_PIDFDS = [*LAUNCH, "seccomp", "pidfd_open=ENOSYS"]


def nth(count, suffix):
    """A condition for held.at_open: true when it is met for the nth time."""
    met = iter(range(1, count))

    def is_wanted(path):
        return path.endswith(suffix) and next(met, None) is None

    return is_wanted


@pytest.mark.parametrize("reading", [1, 2, 3])
@pytest.mark.parametrize("before", [[], NO_PIDFDS], ids=["pidfds", "none"])
@pytest.mark.parametrize("kind", ["cgroup", "subreaper"])
def test_17_a_members_number_may_become_a_strangers(
    kind, before, reading, place, witness, root
):
    """Between the list of members and their stat, between that and its pin, and
    between the pin and the signal: the stranger gets none."""
    if kind == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    said = place.work / "said"
    os.mkfifo(place.work / "go")
    (place.work / "giver.py").write_text(GIVER)
    python, *_ = words = witness(said)
    inner = jig_run("--cage", kind, "--grace", "1h", "--", python, "-SEc", PARENT)
    inner = [*before, *inner, str(place.work / "go")]
    command = [*PID_NAMESPACE, PYTHON, str(place.work / "giver.py"), *words, *inner]
    with Running(command, env=place.env, stdin=-1, cwd=place.work) as giver:
        said_first = dict(giver.line().split(" ", 1) for _ in range(2))
        kids = said_first["kids"].split()
        (init,) = children_of(giver.pid)
        (guard,) = children_of(init)
        supervisor = supervisor_of(guard)
        is_wanted = nth(reading, f"{kids[-1]}/stat")
        with held.at_open(supervisor, is_wanted, lambda: os.kill(guard, signal.SIGTERM)):
            (place.work / "go").write_text("go\n")
            assert giver.line() == "reaped"
            giver.stdin.write(f"{kids[-1]}\n".encode())
            giver.stdin.flush()
            assert giver.line() == f"stranger {kids[-1]}"
            await_witness(said)
        time.sleep(0.4)  # The same signal counts once in 0.3 s.
        os.kill(guard, signal.SIGTERM)  # Now SIGKILL.
        assert giver.line() == "ended"
        assert heard(said) == [0]
        assert len(place.alive()) == 1


@pytest.mark.parametrize("name", ["handle", "descent", "sweep", "cgroup_dir", "brand"])
@pytest.mark.parametrize("error", ["ENOSYS", "EPERM"])
def test_17_without_pidfds_what_holds_with_them_holds(name, error):
    """Linux before 5.3, or a filter: the start time is confirmed instead."""
    program = built(f"tests/unit/unit_{name}")
    result = run_any([*LAUNCH, "seccomp", f"pidfd_open={error}", str(program)])
    assert result.status in (0, 77), result


CHURN = r"""
import os, signal, subprocess, sys, time
jig, cage, said, limit, python, witness = sys.argv[1:7]
with open("/proc/sys/kernel/pid_max", "w") as file:
    file.write(limit)
crowd = "import os,time\nfor i in range(40):\n  if os.fork() == 0: time.sleep(.001 * (i % 7)); os._exit(0)\ntime.sleep(.02)"
def churn(ends):
    out = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    live = 0
    def tell(signo, frame): os.write(out, b"%d\n" % signo)
    for signo in set(signal.valid_signals()) - {9, 17, 19, 32, 33}:
        signal.signal(signo, tell)
    while time.monotonic() < ends:
        try: pid = os.fork()
        except OSError: pid = 0 if not live else -1
        if pid == 0:
            time.sleep(.002); os._exit(0)
        live += pid > 0
        while live:
            pid, status = os.waitpid(-1, 0 if live > 40 else os.WNOHANG)
            if not pid: break
            live -= 1
            if os.WIFSIGNALED(status): os.write(out, b"-%d\n" % os.WTERMSIG(status))
    os._exit(0)
ends = time.monotonic() + 3
child = os.fork()
if child == 0: churn(ends)
count = 0
while time.monotonic() < ends:
    done = subprocess.run([jig, "run", "-q", "--cage", cage, "--grace", "10ms", "--",
                           python, "-S", "-c", crowd], stderr=subprocess.DEVNULL)
    count += done.returncode == 0
os.waitpid(child, 0)
print(count)
"""


@pytest.mark.parametrize("kind", ["cgroup", "subreaper", "pidns"])
def test_17_strangers_get_no_signal_while_numbers_go_round(kind, place, root):
    """400 numbers, used again within milliseconds, for three seconds."""
    if kind == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    said = place.work / "said"
    words = [PYTHON, "-c", CHURN, str(stage.jig_path()), kind, str(said)]
    words += ["400", PYTHON, ""]
    if not has_own_pid_max():
        pytest.skip("pid_max is the whole machine's before Linux 6.14")
    result = run_any([*PID_NAMESPACE, *words], env=place.env)
    assert result.status == 0, result
    assert int(result.out) > 0 and heard(said) == []


def has_own_pid_max() -> bool:
    """Since Linux 6.14 each pid namespace has a pid_max of its own."""
    before = pathlib.Path("/proc/sys/kernel/pid_max").read_text()
    major, minor = (int(x) for x in os.uname().release.split(".")[:2])
    return (major, minor) >= (6, 14) and int(before) > 400


SENTINELS = r"""
prlimit --rttime=$LIMIT:$LIMIT true || exit 77
for i in 1 2; do prlimit --rttime=$LIMIT:$LIMIT sleep 600 & b=$a a=$!; done
until [ "$(cat /proc/$a/comm /proc/$b/comm)" = "$(printf 'sleep\nsleep')" ]; do :; done
mkdir -m 700 rt; export JIG_RUNTIME_DIR=$PWD/rt
mkdir rt/jig-99999-$BRAND
"$@" || exit 9
for p in $a $b; do
  read -r x x state rest </proc/$p/stat
  case $state in [RDS]) state=lives ;; esac
  echo $state
done
ls rt | wc -l
"""


@pytest.mark.parametrize("brand", [0, 1, 1 << 40, 1 << 62, (1 << 64) - 2, (1 << 64) - 1])
def test_14_a_brand_that_jig_cannot_have_written_marks_no_process(brand, place, root):
    """A process that has this limit for another reason lives. "unlimited" is read
    as 0, so with a brand of 0 every process would bear it."""
    words = [*PID_NAMESPACE, *place.sh(SENTINELS, "sh", *jig_run("--cage", "subreaper"))]
    limit = str(brand) if 0 < brand < (1 << 64) - 1 else "unlimited"
    env = {**place.env, "BRAND": f"{brand:016x}", "LIMIT": limit}
    result = run_any([*words, "true"], env=env, cwd=place.work)
    if result.status == 77:
        pytest.skip("no prlimit(1)")
    assert (result.status, result.lines) == (0, ["lives", "lives", "0"]), result


def abandoned(place, count: int):
    """A runtime directory with entries of cages that are gone, and its environment."""
    runtime = place.path / "rt"
    runtime.mkdir(mode=0o700)
    for i in range(count):
        (runtime / f"jig-{4000000 + i}-{(1 << 60) + i:016x}").mkdir(mode=0o700)
    return runtime, {**place.env, "JIG_RUNTIME_DIR": str(runtime)}


#: What can stand in the registry under a name that jig could have given: the shell
#: line that makes it, of root in a pid namespace of its own, and what stays.
ODD = {
    "a file": (": >$e", 1),
    "a huge file": ("truncate -s 1T $e", 1),
    "a fifo": ("mkfifo $e", 1),
    "a symlink to a directory": ("mkdir x; ln -s x $e", 2),
    "a symlink out of it": ("ln -s /proc $e", 1),
    "a symlink to nothing": ("ln -s /nowhere $e", 1),
    "a directory of another user": ("mkdir $e; chown nobody $e", 1),
    "a directory that others write to": ("mkdir -m 777 $e", 1),
    "a directory with something in it": ("mkdir $e; : >$e/x", 1),
    "a short name": ("mkdir ${e%?}", 1),
    "a long name": ("mkdir ${e}0", 1),
    "a name of capitals": ("mkdir $(echo $e | tr a-f A-F)", 1),
    "a hidden one": ("mkdir .$e", 0),
    "the number 0": ("mkdir jig-0-${e#jig-*-}", 1),
    "a number below 0": ("mkdir jig--1-${e#jig-*-}", 1),
    "a number that is no pid": ("mkdir jig-4294967297-${e#jig-*-}", 1),
    "its own directory": ("mkdir $e", 0),
}

#: Two sentinels that bear the brand of which the entry speaks.
BEARERS = r"""
brand=$((0x0000a00000000abc))
prlimit --rttime=$brand:$brand true || exit 77
for i in 1 2; do prlimit --rttime=$brand:$brand sleep 600 & b=$a a=$!; done
until [ "$(cat /proc/$a/comm /proc/$b/comm)" = "$(printf 'sleep\nsleep')" ]; do :; done
mkdir -m 700 rt; export JIG_RUNTIME_DIR=$PWD/rt
e=jig-99999-0000a00000000abc; (cd rt; eval "$MAKE") || exit 78
"$@" || exit 9
[ $ENDED = False ] || wait $a $b
for p in $a $b; do
  state=; read -r x x state rest </proc/$p/stat
  case $state in [RDS]) state=lives ;; esac
  echo $state
done
ls -A rt | wc -l
"""


@pytest.mark.parametrize("kind", ODD)
def test_14_an_entry_that_is_not_ours_ends_no_process(kind, place, root):
    """A process with the brand in its name lives, unless this is a real entry."""
    make, stays = ODD[kind]
    is_entry = kind in ("a directory with something in it", "its own directory")
    words = [*PID_NAMESPACE, *place.sh(BEARERS, "sh", *jig_run("--cage", "subreaper"))]
    env = {**place.env, "MAKE": make, "ENDED": str(is_entry)}
    result = run_any([*words, "true"], env=env, cwd=place.work)
    if result.status == 77:
        pytest.skip("no prlimit(1)")
    states = ["", ""] if is_entry else ["lives", "lives"]
    assert (result.status, result.lines) == (0, [*states, str(stays)]), result


def test_14_many_abandoned_cages_delay_no_start(place, start, root):
    """1,000 entries: a stop is answered, and the next jig clears all of them."""
    runtime, env = abandoned(place, 1000)
    script = "trap 'exit 7' TERM; echo ready; sleep 600 & wait"
    jig = start("--cage", "subreaper", *place.sh(script), env=env)
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 7
    assert run_any(jig_run("--cage", "subreaper", "true"), env=env).status == 0
    assert list(runtime.iterdir()) == []


def test_14_the_process_that_clears_is_no_part_of_a_fixture(place, start, root):
    """It is stopped here: jig answers, and takes it along."""
    _, env = abandoned(place, 5000)
    jig = start("--cage", "subreaper", *place.sh("echo ready; sleep 600"), env=env)

    path = f"/proc/{jig.pid}/task/{jig.pid}/children"

    def clearing():
        with open(path, encoding="ascii") as children:
            pids = [int(pid) for pid in children.read().split()]
        return [pid for pid in pids if comm_of(pid) == "jig-clear"]

    with stopped(*wait_until(clearing, "it clears")) as fd:
        jig.await_line("ready")
        jig.signal(signal.SIGTERM)
        assert jig.wait() == 128 + signal.SIGTERM
        await_end(fd)
    assert "survivor" not in jig.err() and "leftover" not in jig.err()


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_14_an_entry_that_others_may_write_to_is_not_used(mode, place, root):
    runtime = place.path / "rt"
    runtime.mkdir(mode=0o700)
    entry = runtime / f"jig-4000000-{1 << 60:016x}"
    entry.mkdir()
    entry.chmod(mode)
    env = {**place.env, "JIG_RUNTIME_DIR": str(runtime)}
    assert run_any(jig_run("--cage", "subreaper", "true"), env=env).status == 0
    assert entry.exists()
    entry.chmod(0o700)
    os.chown(entry, stage.NOBODY, stage.NOBODY)
    assert run_any(jig_run("--cage", "subreaper", "true"), env=env).status == 0
    assert entry.exists()


NEST = r"""
own=$(sed -n s/^0:://p /proc/self/cgroup)
cd {mount}$own || exit 1
deep=$(printf 'n/%.0s' $(seq {depth}))
mkdir -p "$deep" m n/m n/n/m "$deep/m" && cd "$deep" || exit 2
(trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.1; done) &
read x; exit 0
"""


@pytest.mark.parametrize("depth", [70, 1000])
def test_20_nested_control_groups_hide_no_process(depth, place, start, root):
    """Main makes them, and leaves a process in its own."""
    mount = stage.cgroup2_mount()
    if not mount:
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("root") as group:
        script = NEST.format(mount=mount, depth=depth)
        words = ["--cage", "cgroup", "--grace", "1h", *place.sh(script)]
        jig = start(*words, group=group, stdin=-1)
        jig.await_line("ready")
        jig.stdin.close()
        assert jig.rest() == "told\n"
        assert jig.wait() == 0
        assert "exited with 3 after" in jig.err()
        assert stage.groups_in(group) == []


def test_a_name_is_no_identity(place, start, cage, identity, group, witness):
    """A process that calls itself jig-supervisor gets the stop signal, and so do its children."""
    said = [place.work / name for name in ("jig", "supervisor", "below")]
    for one in said:
        one.touch()
        one.chmod(0o666)
    code = """
import ctypes, os, sys
words, names = sys.argv[1:4], [b"jig", b"jig-supervisor", b"child"]
python, script = sys.argv[4:6]
for i in (0, 1):
    if os.fork(): break
else: i = 2
if i == 0: pass
name = names[i].decode()
os.execv(python, [python, "-S", script, words[i], name])
"""
    (place.work / "impostors.py").write_text(code)
    python, _, script, *_ = witness("")
    words = [python, "-S", str(place.work / "impostors.py"), *map(str, said)]
    words += [python, script]
    words = ["--cage", cage, "--grace", "1h", "--", *words]
    jig = start(*words, identity=identity, group=group)
    for one in said:
        await_witness(one)
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 0
    for one in said:
        assert heard(one).count(signal.SIGTERM) == 1, one


OLDER = r"""
sh -c "nsenter -t $1 $2 sh -c '(setsid $3/sleep 600 >/dev/null 2>&1 &); sleep 0.3'"
echo main ends
"""


def test_a_process_that_entered_an_older_pid_namespace_is_ended_too(place, cage, identity, group):
    """Its orphans fall to that namespace's init: no descendants any more. The
    control group has them still, and proves when it is empty. In the subreaper
    cage they bear the brand still; but then nothing is said to be proved."""
    if cage == "pidns":
        pytest.skip("no process there can enter an older one: see pid_namespaces(7)")
    own = ["--pid", "--fork", "--mount-proc", "--kill-child"]
    options = "-p -m"
    if identity == "user":
        own, options = ["-U", "-r", *own], "-U -p -m --preserve-credentials"
    command = ["unshare", *own, "/bin/sh", "-c", "echo there; read x"]
    with Running(command, identity, env=place.env, stdin=-1) as older:
        if not is_there(older):
            pytest.skip("no user namespaces")
        (init,) = children_of(older.pid)
        report = place.work / "report.json"
        words = ["--cage", cage, "--report", str(report), "-q"]
        words += place.sh(OLDER, "sh", str(init), options, str(place.bin))
        words = [*stage.as_identity(identity), *jig_run(*words)]
        words = [*in_group(group), *words] if group else words
        result = run_any(words, env=place.env, cwd=place.work)
        assert (result.status, result.out) == (0, "main ends\n"), result
        assert place.alive() == []
        told = json.loads(report.read_text())
        assert told["leftover_count"] == 1 and told["survivor_count"] == 0
        assert told["cage"]["proved_empty"] == (cage == "cgroup")
        assert ("pid namespace" in told["cage"]["reason"]) == (cage == "subreaper")


def is_there(older) -> bool:
    with contextlib.suppress(AssertionError):
        return older.line() == "there"
    return False


TRACE = """
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
supervisor = os.getppid()
guard = int(open(f"/proc/{supervisor}/stat").read().rsplit(")", 1)[1].split()[1])
for pid in (supervisor, guard):
    assert libc.ptrace(0x4206, pid, 0, 0) < 0, pid
    assert ctypes.get_errno() == errno.EPERM, ctypes.get_errno()
    fd = os.pidfd_open(pid)
    assert libc.syscall(438, fd, 0, 0) < 0, pid
    for name in ("mem", "fd/0", "environ"):
        try: os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
        except PermissionError: continue
        raise AssertionError(name)
print("refused")
"""


@pytest.mark.parametrize("kind", ["cgroup", "subreaper"])
def test_the_command_cannot_trace_its_guard_and_supervisor(kind, place, start):
    """As an ordinary user, of the same user; nor take their descriptors."""
    if kind == "cgroup" and not (IS_ROOT and stage.cgroup2_mount()):
        pytest.skip("no cgroup v2 that we may write to")
    (place.work / "trace.py").write_text(
        "import sys; sys.stdin.readline()\n" + TRACE
    )
    with contextlib.ExitStack() as stack:
        group = None
        if kind == "cgroup":
            group = stack.enter_context(stage.subtree("user"))
        words = ["--cage", kind, PYTHON, str(place.work / "trace.py")]
        jig = start(*words, identity="user", group=group, stdin=-1)
        supervisor = supervisor_of(jig.pid)
        for pid in (jig.pid, supervisor):
            wait_until(
                lambda pid=pid: os.stat(f"/proc/{pid}/stat").st_uid == 0, "it is set up"
            )
        jig.stdin.write(b"go\n")
        jig.stdin.close()
        assert jig.line() == "refused"
        assert jig.wait() == 0
