# SPDX-License-Identifier: MIT
"""Promise: `jig tree` draws which process has started which, with sessions, groups,
terminals and fixtures: as lines, on a full screen that it restores, and as pictures."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import xml.etree.ElementTree

import helpers
import pytest
from helpers import FAILED, Running, jig, one_line, stat_of, wait_until
from pty_session import CTRL_C, CTRL_Z, Shell, Terminal, kill

SHOW, HIDE = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l"
ODD = '<a b="c">&\\N\033[2J\nü日\udcff'
#: As it is shown; a name has 15 bytes.
NAME, ARGUMENT = '<a b="c">&\\N?[2', '<a b="c">&\\N?[2J ü日?'

#: Says its pid and those of its children, by name; each ends with our stdin.
FAMILY = r"""
import ctypes, os, sys, threading
libc = ctypes.CDLL(None)

def child(name, prepare):
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        prepare()
        os.write(told, b".")
        os.read(0, 1)
        os._exit(0)
    os.read(ready, 1)
    print(name, pid, flush=True)

def threads():
    for _ in range(3):
        threading.Thread(target=threading.Event().wait, daemon=True).start()

print("parent", os.getpid(), flush=True)
child("threads", threads)
child("odd", lambda: libc.prctl(15, os.fsencode(sys.argv[1])[:15], 0, 0, 0))
child("group", lambda: os.setpgid(0, 0))
child("session", os.setsid)
for number in range(3):
    child(f"same{number}", lambda: libc.prctl(15, b"same", 0, 0, 0))
print("up", 0, flush=True)
os.read(0, 1)
"""

#: So many children of one shell, or each below the one before. The latter execute it
#: anew: fork(2) takes the longer the more generations have only forked.
MANY = {
    "wide": """
exec 3<&0
i=0
while [ $i -lt $1 ]; do
	i=$((i + 1))
	{ read line <&3; } &
done
echo up
read line
""",
    "deep": """
if [ $1 -gt 0 ]; then
	"$0" -c "$2" "$0" $(($1 - 1)) "$2"
	:
else
	echo up
	read line
fi
""",
}


@pytest.fixture
def env(place):
    return place.env | {"LC_ALL": "C.UTF-8", "TERM": "xterm"}


@pytest.fixture
def tree(place, env):
    def go(*words, identity="", **options):
        options.setdefault("env", env)
        options.setdefault("cwd", place.work)
        return helpers.run(jig("tree", *map(str, words)), identity, **options)

    return go


@pytest.fixture
def python(place):
    return place.copy(helpers.PYTHON, "python")


@pytest.fixture
def family(python, env):
    """Pids by name; in a session that can be seen: ours may lie outside of our
    pid namespace."""
    command = ["/bin/sh", "-c", '"$@"; :', "sh", python, "-SE", "-c", FAMILY, ODD]
    options = {"stdin": subprocess.PIPE, "start_new_session": True}
    with Running(command, env=env, **options) as running:
        pids = {}
        while "up" not in pids:
            name, pid = running.line().split()
            pids[name] = int(pid)
        yield pids
        running.stdin.close()


@pytest.fixture
def many(place, env):
    """A parent of so many, "wide" or "deep"; its pid."""
    started = []

    def go(count: int, shape: str) -> int:
        command = place.sh(MANY[shape], str(place.bin / "sh"), str(count), MANY[shape])
        running = Running(command, env=env, stdin=subprocess.PIPE)
        started.append(running)
        running.await_line("up", helpers.MASS_DEADLINE_S)
        return running.pid

    yield go
    for running in started:
        running.stdin.close()
        running.__exit__()


def all_of(terminal: Terminal) -> str:
    """All output, to its end; wait() may leave some of it unread."""
    with contextlib.suppress(AssertionError):  # That is how it reports the end.
        terminal.expect(r"(?!)")
    return terminal._seen


def without_colours(text: str) -> str:
    return re.sub(r"\033\[[0-9;]*m", "", text)


# ------------------------------------------------------------------------ lines


def test_a_family_is_drawn_with_its_sessions_and_groups(tree, family):
    drawn = tree(family["parent"])
    assert drawn.status == 0 and drawn.err == "", drawn
    parent, *lines = drawn.lines
    # It leads nothing, so what it is in is said.
    assert re.match(rf"{family['parent']} python in \[\d+", parent)
    assert [line[:2] for line in lines] == ["├─"] * 4 + ["└─"]
    assert sorted(line[2:] for line in lines) == sorted([
        f"{family['threads']} python {{4 threads}}",
        f"{family['odd']} {NAME}",
        f"({family['group']}) python",
        f"[{family['session']}] python",
        f"3×{family['same0']}…{family['same2']} same",
    ])


def test_equal_leaves_are_lines_of_their_own_when_unfolded(tree, family):
    drawn = tree("--unfold", family["parent"])
    assert sum(line.endswith(" same") for line in drawn.lines) == 3
    assert "×" not in drawn.out


def test_arguments_are_shown_when_asked_for(tree, family):
    drawn = tree("--args", family["session"])
    assert " -SE -c  import ctypes" in drawn.out
    assert ARGUMENT in drawn.out


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "", "LANG": "C"}])
def test_ascii_where_the_locale_says_so(tree, env, family, locale):
    drawn = tree(family["parent"], env=env | locale)
    assert drawn.out.isascii()
    assert "|-" in drawn.out and "`-" in drawn.out and "3x" in drawn.out
    assert tree("--ascii", family["parent"]).out == drawn.out


def test_boxes_where_it_is_utf8(tree, env, family):
    drawn = tree(family["parent"], env=env | {"LC_ALL": "", "LC_CTYPE": "de_DE.utf8"})
    assert "├─" in drawn.out and "└─" in drawn.out


def test_a_shells_jobs_on_its_terminal(tree, place, env):
    with Shell(env | {"PATH": f"{place.bin}:/usr/bin:/bin"}) as shell:
        shell.do("sleep 100 | sleep 200 &")
        shell.type("sleep 300")
        wait_until(lambda: shell.foreground() != shell.pid, "the job is in front")
        front = shell.foreground()

        def have_begun():
            drawn = tree("-l", shell.pid).out
            return all(f"sleep {n}" in drawn for n in (100, 200, 300))

        wait_until(have_begun, "all three have begun")
        lines = tree("--args", shell.pid).lines
        assert re.match(rf"\[{shell.pid} pts/\d+\] /bin/bash --norc", lines[0])
        found = re.match(r"├─\((\d+)\) sleep 100$", lines[1])
        assert found, lines
        assert re.match(rf"├─\d+ sleep 200 in \({found[1]}\)$", lines[2])
        assert lines[3:] == [f"└─({front})+ sleep 300"]
        shell.send(CTRL_C)
        shell.prompt()
        shell.do("kill %1; wait")


def test_a_job_is_named_by_its_fixture(world):
    job = world.script("sleep 100 & sleep 100 & wait", "--name", "web")
    wait_until(lambda: "×" in world.do("tree", "%1", env=utf8(world)).out, "all are up")
    keeper, supervisor, main, leaves = world.do("tree", "%web", env=utf8(world)).lines
    assert re.match(rf"\[{job['keeper']}\] jig$", keeper), keeper
    assert re.match(rf"└─\[\d+ pts/\d+\] jig-supervisor fixture jig-{job['keeper']} "
                    r"%1 web$", supervisor), supervisor
    assert re.match(rf"  └─\({job['pid']}\)\+ sh$", main), main
    assert re.match(r"    └─2×\d+…\d+\+ sleep$", leaves), leaves


def utf8(world) -> dict[str, str]:
    return world.env | {"LC_ALL": "C.UTF-8"}


def test_a_job_that_does_not_exist_is_an_error(world):
    for spec in ("%1", "%nobody"):
        done = world.do("tree", spec)
        assert done.status == 1 and "no such job" in one_line(done)


def test_stopped_and_defunct_are_said(tree, python, env):
    script = "import os\nprint(os.getpid(), os.fork() or os._exit(0), flush=True)\n" \
             "os.read(0, 1)"
    command = [python, "-SE", "-c", script]
    with Running(command, env=env, stdin=subprocess.PIPE) as running:
        pid, child = map(int, running.line().split())
        wait_until(lambda: stat_of(child)[0] == "Z", "the child has ended")
        kill(pid, signal.SIGSTOP)
        wait_until(lambda: stat_of(pid)[0] == "T", "the parent has stopped")
        assert re.search(rf"{pid}\S* python <stopped>", tree(pid).out)
        assert re.search(rf"{child} python <defunct>$", tree(pid).out, re.MULTILINE)
        kill(pid, signal.SIGCONT)
        running.stdin.close()
        running.wait()


# -------------------------------------------------------------------- selection


def test_every_process_is_shown_and_kernel_threads_when_asked_for(tree):
    drawn = tree("--unfold")
    assert drawn.status == 0
    assert re.search(r"^\[?\(?1\b", drawn.out, re.MULTILINE)
    every = tree("--unfold", "--all")
    kernel = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
              if (stat := stat_of(pid)) and int(stat[6]) & 0x00200000]
    assert all(re.search(rf"\b{pid} ", every.out) for pid in kernel[:20])
    assert not any(re.search(rf"─{pid} kworker", drawn.out) for pid in kernel)


def test_a_session_is_shown_alone(tree, family):
    drawn = tree("--session", family["session"])
    assert drawn.lines == [f"[{family['session']}] python"]
    assert tree("--session", 2**31 - 1).status == 1


def test_a_user_is_shown_alone(tree, root, place, env):
    command = place.sh("echo $$; read x")
    with Running(command, "user", env=env, stdin=subprocess.PIPE) as running:
        pid = running.line()
        drawn = tree("--user", helpers.stage.NOBODY, "--unfold")
        # Its parent is another's: it stands at the left edge.
        assert any(re.match(rf"\W?{pid}\W* sh\b", line) for line in drawn.lines), drawn
        pids = re.findall(r"^\W*(\d+)", drawn.out, re.MULTILINE)
        owners = {os.stat(f"/proc/{one}").st_uid for one in pids
                  if os.path.exists(f"/proc/{one}")}
        assert owners == {helpers.stage.NOBODY}
        running.stdin.close()
        running.wait()


def test_as_json_parents_come_before_children(tree, family):
    found = json.loads(tree("--json", family["parent"]).out)
    pids = [one["pid"] for one in found]
    assert len(pids) == 8 and pids[0] == family["parent"]
    assert all(one["ppid"] == family["parent"] for one in found[1:])
    every = json.loads(tree("--json").out)
    seen = set()
    for one in every:
        seen.add(one["pid"])
        assert one["ppid"] in seen or one["ppid"] not in {o["pid"] for o in every}


def test_a_process_that_is_not_there_is_said(tree):
    pid = subprocess.Popen(["true"])
    pid.wait()
    done = tree(pid.pid)
    assert done.status == 1 and f"there is no process {pid.pid}" in one_line(done)


@pytest.mark.parametrize("words", [
    ("x",), ("0",), ("-1",), ("1", "2"), ("--user", "no-such-user"), ("--session", "x"),
    ("--watch", "--json"), ("--interval", "0.01"), ("--interval", "soon"),
    ("--svg", "-", "--dot", "-"), ("--json", "--svg", "x"), ("--colour", "sometimes"),
    ("--session", ""), ("99999999999",),
])  # fmt: skip
def test_wrong_words_are_an_error(tree, words):
    done = tree(*words)
    assert done.status == FAILED and done.out == ""
    one_line(done)


def test_a_full_disk_is_an_error(tree):
    for words in ((), ("--watch",), ("--svg", "-")):
        with open("/dev/full", "wb") as full:
            done = tree(*words, stdout=full)
        assert done.status == FAILED and "No space left" in one_line(done)


# ------------------------------------------------------------------- many, going


def test_a_thousand_children_are_drawn(tree, many):
    pid = many(1000, "wide")
    lines = tree("--unfold", pid).lines
    assert len(lines) == 1001
    assert len(tree(pid).lines) == 2 and "1000×" in tree(pid).out


def test_hundreds_of_generations_are_drawn(tree, many):
    pid = many(400, "deep")
    lines = tree(pid).lines
    assert len(lines) == 401
    assert lines[1].startswith("└─") and lines[400].startswith("…300 ")
    assert max(map(len, lines)) < 300
    narrow = tree(pid, env={"LC_ALL": "C.UTF-8", "COLUMNS": "40"}).lines
    assert len(narrow) == 401 and max(map(len, narrow)) <= 40
    assert re.match(r"…\d+ +└─\d+", narrow[400])


def test_a_process_that_goes_meanwhile_does_no_harm(tree, place, env):
    script = "echo up; while read -t 0 x; [ $? -ne 0 ]; do /bin/true & /bin/true; done"
    loop = ["bash", "-c", script]
    with Running(loop, env=env, stdin=subprocess.PIPE) as running:
        running.await_line("up")
        for _ in range(20):
            done = tree("--unfold", "--args")
            assert done.status == 0 and done.err == "", done
        running.stdin.close()


# ---------------------------------------------------------------------- colours


def test_a_terminal_has_colours_and_the_same_text(tree, env, family):
    plain = tree(family["parent"]).out
    with Terminal(jig("tree", str(family["parent"])), env=env) as terminal:
        assert terminal.wait() == 0
        coloured = all_of(terminal)
    assert coloured != plain and without_colours(coloured) == plain
    assert tree("--colour", "always", family["parent"]).out == coloured
    assert tree("--color", "never", family["parent"]).out == plain


@pytest.mark.parametrize("own", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_none_where_none_is_wanted(env, family, own):
    command = jig("tree", str(family["parent"]))
    with Terminal(command, env=env | own) as terminal:
        assert terminal.wait() == 0
        text = all_of(terminal)
        assert "\033" not in text and "same\n" in text


# ------------------------------------------------------------------------ watch


@contextlib.contextmanager
def watching(env, *words: str, **options):
    """The terminal, and the modes that it had before."""
    command = jig("tree", "--interval", "50ms", *words)
    gated = ["sh", "-c", 'read x; exec "$@"', "sh", *command]
    with Terminal(gated, env=env, **options) as terminal:
        modes = terminal.modes()
        terminal.send("\n")
        yield terminal, modes


def assert_given_back(terminal: Terminal, modes: list) -> None:
    text = all_of(terminal)
    assert text.endswith(HIDE) and text.count(SHOW) == text.count(HIDE)
    assert terminal.modes() == modes


def test_watch_draws_over_itself_and_quits(env, family):
    with watching(env, str(family["parent"])) as (terminal, modes):
        for _ in range(3):
            terminal.expect(r"\033\[H(?s:.)*?q quits\033\[K\033\[J")
        assert not terminal.echoes()
        terminal.send("q")
        assert terminal.wait() == 0
        assert_given_back(terminal, modes)
        assert "\033[2J" not in terminal._seen  # nothing flickers


@pytest.mark.parametrize(("signo", "status"), [
    (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
    (signal.SIGQUIT, 131), (signal.SIGUSR1, 138), (None, 130),
])  # fmt: skip
def test_a_signal_ends_it_and_the_screen_comes_back(env, family, signo, status):
    with watching(env, str(family["parent"]), cwd="/proc") as (terminal, modes):
        terminal.expect("q quits")
        if signo:
            kill(terminal.pid, signo)
        else:
            terminal.send(CTRL_C)
        assert terminal.wait() == status
        assert_given_back(terminal, modes)


def test_a_new_size_is_drawn_at_once(env, family):
    command = jig("tree", "--interval", "1h", "--args", str(family["parent"]))
    with Terminal(command, env=env) as terminal:
        terminal.expect(r"q quits\033\[K\033\[J")
        terminal.resize(4, 30)
        frame = terminal.expect(r"\033\[H(?s:(.)*?)\033\[J")[0]
        lines = re.split(r"\n", re.sub(r"\033\[[^A-Za-z]*[A-Za-z]", "", frame))
        assert len(lines) == 4
        assert max(len(line.strip("\r")) for line in lines) < 30
        terminal.send("j")
        terminal.expect(r"\033\[H(?s:.)*?\033\[J")
        terminal.send("q")
        assert terminal.wait() == 0


def test_it_stops_and_comes_back_as_a_shells_job(env, family):
    with Shell(env) as shell:
        shell.type(" ".join(jig("tree", "--interval", "50ms", str(family["parent"]))))
        shell.expect("q quits")
        shell.send(CTRL_Z)
        assert HIDE in shell.prompt()
        assert "Stopped" in shell.do("jobs")
        shell.do("bg")
        assert "Running" in shell.do("jobs")
        shell.type("fg")
        shell.expect(re.escape(SHOW))
        shell.expect("q quits")
        shell.send("q")
        assert shell.prompt().endswith(HIDE)
        assert shell.status() == 0
        assert shell.exit() == 0


def test_keys_come_from_the_terminal_when_stdin_is_not_one(env, family):
    command = ["sh", "-c", '"$0" tree --watch "$1" </dev/null', *jig(),
               str(family["parent"])]
    with Terminal(command, env=env) as terminal:
        terminal.expect("q quits")
        terminal.send("q")
        assert terminal.wait() == 0
        assert all_of(terminal).endswith(HIDE)


def test_in_the_background_there_is_no_screen(env):
    with Shell(env) as shell:
        shell.type(" ".join(jig("tree", "--watch")) + " & wait $!")
        assert "jig: tree: not in the foreground of the terminal" in shell.prompt()
        assert shell.status() == FAILED
        shell.exit()


def test_what_is_ignored_stays_so(env, family):
    command = jig("tree", "--interval", "50ms", str(family["parent"]))
    with Terminal(["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command],
                  env=env) as terminal:
        terminal.expect("q quits")
        terminal.send(CTRL_C)
        terminal.expect("q quits(?s:.)*q quits")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (300, 500)])
def test_any_size_will_do(env, size):
    with watching(env) as (terminal, _):
        terminal.expect(r"\033\[J")
        terminal.resize(*size)
        terminal.send("jk b\033[B\033[A")
        for _ in range(3):
            frame = terminal.expect(r"\033\[H(?s:.)*?\033\[J")[0]
        assert frame.count("\n") < size[0]
        terminal.send("q")
        assert terminal.wait() == 0


def test_watch_ends_with_what_it_watches(place, env):
    with Running(place.sh("echo $$; read x"), env=env, stdin=subprocess.PIPE) as one:
        pid = one.line()
        with watching(env, pid) as (terminal, modes):
            terminal.expect("q quits")
            one.stdin.close()
            one.wait()
            terminal.expect(f"jig: tree: process {pid} has ended\n")
            assert terminal.wait() == 0
            assert terminal.modes() == modes


def test_a_terminal_that_hangs_up_ends_it(env, family):
    with watching(env, str(family["parent"])) as (terminal, _):
        terminal.expect("q quits")
        terminal.hang_up()
        assert terminal._popen.wait(helpers.DEADLINE_S) == -signal.SIGHUP


def test_frames_where_there_is_no_screen(env, family):
    command = jig("tree", "--interval", "50ms", str(family["session"]))
    with Running(command, env=env) as running:
        for _ in range(3):
            assert running.line() == f"[{family['session']}] python"
            assert running.line() == ""
        assert running.is_alive()


# --------------------------------------------------------------------- pictures

SVG = "{http://www.w3.org/2000/svg}"


def svg_of(text: str) -> xml.etree.ElementTree.Element:
    """Parsed: it is well-formed, whatever a process is called."""
    return xml.etree.ElementTree.fromstring(text.encode(errors="surrogateescape"))


def texts(root) -> list[str]:
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def test_svg_has_a_node_for_each_and_boxes(tree, family):
    done = tree("--svg", "-", "--unfold", family["parent"])
    assert done.status == 0 and done.err == ""
    root = svg_of(done.out)
    kinds = [node.get("class") for node in root.iter(f"{SVG}rect")]
    assert sum(kind.startswith("node") for kind in kinds) == 8
    assert kinds.count("session") == 2
    assert sum(kind.startswith("group") for kind in kinds) == 3
    assert sum(node.get("class") == "edge" for node in root.iter(f"{SVG}path")) == 7
    assert f"[{family['session']}] python" in texts(root)
    assert f"{family['odd']} {NAME}" in texts(root)
    assert not list(root.iter(f"{SVG}script")) and "href" not in done.out
    assert "prefers-color-scheme:dark" in done.out


def test_odd_arguments_are_in_the_title(tree, family):
    root = svg_of(tree("--svg", "-", "--args", family["odd"]).out)
    titles = [node.text for node in root.iter(f"{SVG}title")]
    assert any("-SE -c  import ctypes" in title for title in titles)
    # The family's arguments are longer than a title.
    assert not any(len(title) > 1100 for title in titles)


def is_dot_there() -> bool:
    return bool(shutil.which("dot"))


@pytest.mark.parametrize("words", [(), ("--args",)])
def test_graphviz_takes_the_graph(tree, family, words):
    done = tree("--dot", "-", "--unfold", *words, family["parent"])
    assert done.status == 0 and done.out.startswith("digraph jig {\n")
    assert f"p{family['parent']} -> p{family['session']};" in done.out
    assert done.out.count(" -> ") == 7
    if not is_dot_there():
        pytest.skip("no dot")
    drawn = subprocess.run(["dot", "-Tsvg"], input=done.out.encode(), check=True,
                           capture_output=True, timeout=helpers.DEADLINE_S)
    assert drawn.stderr == b""
    labels = texts(svg_of(drawn.stdout.decode()))
    if not words:
        assert f"{family['odd']} {NAME}" in [
            label.replace("\xa0", " ") for label in labels]


def test_files_are_written_whole(tree, place, family):
    svg, dot = place.work / "a.svg", place.work / "a.dot"
    svg.write_text("before")
    done = tree("--svg", svg, "--dot", dot, family["parent"])
    assert done == (0, "", "")
    assert svg_of(svg.read_text()).tag == f"{SVG}svg"
    assert dot.read_text().endswith("}\n")
    # As an ordinary user, jobs are in "jig".
    written = {path.name for path in place.work.iterdir()} - {"jig"}
    assert written == {"a.dot", "a.svg"}


def test_a_file_that_cannot_be_written_is_said(tree, place, family):
    done = tree("--svg", place.work / "no" / "a.svg", family["parent"])
    assert done.status == FAILED and "No such file or directory" in one_line(done)
    done = tree("--dot", place.work, family["parent"])
    assert done.status == FAILED and "Is a directory" in one_line(done)


def test_a_thousand_in_a_picture(tree, many):
    pid = many(1000, "wide")
    root = svg_of(tree("--svg", "-", "--unfold", pid).out)
    boxes = [tuple(int(node.get(name)) for name in ("x", "y", "width", "height"))
             for node in root.iter(f"{SVG}rect") if node.get("class") == "node"]
    assert len(boxes) >= 1000
    boxes.sort(key=lambda box: box[1])
    assert all(a[1] + a[3] <= b[1] for a, b in zip(boxes, boxes[1:]))
