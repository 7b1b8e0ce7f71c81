# SPDX-License-Identifier: MIT
"""process_fixture(): what starts, what it offers, and that nothing is left."""

from __future__ import annotations

import asyncio
import gc
import os
import shlex
import signal
import subprocess
import threading

import jig
import pytest
from jig import process_fixture
from waiting import DEADLINE_S, open_fds, resident_bytes, wait_for_file, wait_until


def test_leaving_the_block_ends_all_that_was_started(place):
    tree = f"setsid {place.sleep} & {place.sleep} & echo up > up; wait"
    with process_fixture(place.script(tree), cwd=place.path) as p:
        wait_for_file(place.path / "up")
        wait_until(lambda: len(place.running()) == 3, "three processes")
        assert p.poll() is None
    assert place.alive() == []
    assert p.report.reason == "stop"
    assert p.report.survivor_count == 0


def test_a_string_is_a_line_for_the_shell(place):
    with process_fixture(f"{place.sleep}; true") as p:
        assert p.args == f"{place.sleep}; true"
        assert p.pid > 0


def test_callers_of_popen_find_what_they_know(place):
    with process_fixture(place.sleeper) as p:
        assert p.returncode is None
        with pytest.raises(subprocess.TimeoutExpired):
            p.wait(timeout=0)
        p.terminate()
        assert p.wait() == p.poll() == p.returncode == -signal.SIGTERM


def test_kill_ends_what_main_has_started(place):
    with process_fixture(place.script(f"setsid {place.sleep} & {place.sleep}")) as p:
        wait_until(lambda: len(place.running()) == 3, "its children")
        p.kill()
        assert p.wait() == -signal.SIGKILL
        assert place.alive() == []
    assert p.report.reason == "exit"
    assert p.report.leftover_count >= 1


def test_leftovers_are_described(place):
    daemon = place.script(f"echo $$ > pid; exec {place.sleep}")
    script = f"setsid {shlex.join(daemon)} & while ! [ -s pid ]; do :; done; exit 3"
    with process_fixture(place.script(script), cwd=place.path) as p:
        assert p.wait() == 3
    (left,) = p.report.leftovers
    assert left.pid == int(wait_for_file(place.path / "pid"))
    assert "own-session" in left.how
    assert str(left.pid) in str(left)
    assert left.signal == "SIGTERM" and not left.survived


def test_output_is_kept_and_its_end_is_shown():
    lines = "for i in 1 2 3 4 5; do echo line $i; done; echo err >&2"
    with process_fixture(lines) as p:
        p.wait()
        assert p.tail(2).splitlines() == ["line 5", "err"]
    assert p.tail().startswith("line 1\n")


def test_output_that_is_no_utf8_is_shown_all_the_same():
    with process_fixture(r"printf 'a\377b\n'") as p:
        p.wait()
    assert p.tail() == "a\ufffdb\n"


def test_a_log_gets_the_output(tmp_path):
    with process_fixture("echo hello", log=tmp_path / "log", log_prefix="web | ") as p:
        p.wait()
    assert (tmp_path / "log").read_text() == "web | hello\n"


def test_stdio_can_be_pipes_files_and_descriptors(tmp_path):
    read, write = os.pipe()
    command = "read line; echo got $line; echo err >&2"
    with process_fixture(
        command, stdin=jig.PIPE, stdout=tmp_path / "out", stderr=write
    ) as p:
        os.close(write)
        p.stdin.write(b"this\n")
        p.stdin.flush()
        p.wait()
    assert (tmp_path / "out").read_text() == "got this\n"
    with open(read) as err:
        assert err.read() == "err\n"


def test_what_is_buffered_for_a_dead_reader_is_no_error():
    with process_fixture("true", stdin=jig.PIPE) as p:
        p.stdin.write(b"lost")
        p.wait()


def test_environment_folder_umask_and_limits_are_as_asked(tmp_path):
    show = 'echo "$NEW"; pwd; umask; ulimit -n'
    with process_fixture(
        show, env={"NEW": "ä"}, cwd=tmp_path, umask=0o27, limits={"nofile": 100}
    ) as p:
        p.wait()
    assert p.tail().splitlines() == ["ä", str(tmp_path), "0027", "100"]


@pytest.mark.parametrize("cage", ["subreaper", "pgroup"])
def test_the_cage_can_be_chosen(cage):
    with process_fixture("exec cat", cage=cage, stdin=jig.PIPE) as p:
        pass
    assert p.report.cage == cage


def test_a_stop_policy_is_followed(place):
    script = 'trap "" TERM; trap "exit 5" INT; echo up > up; while :; do :; done'
    with process_fixture(
        place.script(script), stop=f"TERM 1ms INT {DEADLINE_S}s", cwd=place.path
    ) as p:
        wait_for_file(place.path / "up")
    assert p.returncode == 5
    assert [sent.signal for sent in p.report.signals] == ["SIGTERM", "SIGINT"]


def test_what_ceases_to_serve_is_stopped(place):
    look = f"exec:test ! -e {place.path}/down"
    options = {"live": look, "live_interval": 0.001, "live_failures": 2, "live_timeout": 60}
    with process_fixture(place.sleeper, **options) as p:
        assert p.poll() is None
        (place.path / "down").touch()
        assert p.wait(timeout=DEADLINE_S) == -signal.SIGTERM
    assert p.report.reason == "unhealthy"


def test_what_speaks_once_cannot_be_asked_again(place):
    with pytest.raises(jig.StartError, match="asked again"):
        process_fixture(place.sleeper, live="notify").start()


def test_a_daemon_goes_on_without_main(place):
    up = place.path / "up"
    script = f"(setsid {place.script('')[0]} -c 'echo up >{up}; exec {place.sleep}' &)"
    with process_fixture(place.script(script), daemon=True) as p:
        wait_for_file(up)
        wait_until(lambda: len(place.running()) == 1, "main has ended")
        assert p.poll() is None
    assert place.alive() == []
    assert p.report.daemon
    assert (p.report.reason, p.report.leftover_count) == ("stop", 0)


def test_a_look_can_be_delayed_bounded_and_repeated(place):
    """The first look hangs; the third is the second in a row that says yes."""
    look = f"exec:cd {place.path}; echo >>n; test $(wc -l <n) -gt 1 || sleep 600"
    options = {"ready_delay": 0.001, "ready_timeout": 2, "ready_successes": 2}
    with process_fixture(
        place.sleeper, ready=look, probe_interval=0.001, **options
    ):
        assert (place.path / "n").read_text().count("\n") == 3


def test_a_second_ctrl_c_hurries_a_stop(place):
    """EDGE_CASES 27. It is raised once nothing is left."""
    script = 'trap "echo term > term" TERM; echo up > up; while :; do wait; done'

    def interrupt():
        wait_for_file(place.path / "term")
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        with process_fixture(
            place.script(f"{place.sleep} & {script}"), grace=1000, cwd=place.path
        ) as p:
            wait_for_file(place.path / "up")
            thread = threading.Thread(target=interrupt)
            thread.start()
    thread.join()
    assert p.returncode == -signal.SIGKILL
    assert place.alive() == []


def test_a_decorated_function_has_a_fixture_for_each_call(place):
    seen = []

    @process_fixture(place.sleeper)
    def work(value):
        seen.append(set(place.alive()))
        return value * 2

    assert (work(1), work(2)) == (2, 4)
    assert len(seen[0]) == len(seen[1]) == 1
    assert seen[0] != seen[1]
    assert work.__name__ == "work"


def test_restart_runs_it_again(place):
    with process_fixture(place.sleeper) as p:
        first = p.pid
        p.restart()
        assert p.pid != first
        assert place.alive() == [p.pid]
        assert p.returncode is None


def test_start_refuses_what_runs(place):
    with process_fixture(place.sleeper) as p:
        with pytest.raises(RuntimeError, match="runs already"):
            p.start()


def test_what_was_not_started_says_so():
    p = process_fixture("true")
    assert p.report is None and p.returncode is None and p.tail() == ""
    assert p.stop() is None
    with pytest.raises(RuntimeError, match="not started"):
        p.poll()


def test_one_thread_waits_while_another_stops(place):
    with process_fixture(place.sleeper) as p:
        codes = []
        waiters = [
            threading.Thread(target=lambda: codes.append(p.wait())) for _ in range(4)
        ]
        for waiter in waiters:
            waiter.start()
        p.stop()
        for waiter in waiters:
            waiter.join(DEADLINE_S)
    assert codes == [-signal.SIGTERM] * 4


def test_many_threads_start_and_stop_at_once(place):
    def work():
        for _ in range(10):
            with process_fixture(place.sleeper):
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.alive() == []


def test_a_forgotten_one_ends_with_a_warning(place):
    p = process_fixture(place.sleeper).start()
    with pytest.warns(ResourceWarning, match="still running"):
        del p
        gc.collect()
    assert place.alive() == []


def test_a_forked_child_leaves_its_parents_fixture_alone(place):
    with process_fixture(place.sleeper) as p:
        child = os.fork()
        if child == 0:
            p.stop = None
            try:
                del p
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0) == (child, 0)
        assert p.poll() is None


def test_a_stop_may_meet_the_end_by_itself():
    """What the guard has said last is heard, though it has not heard us."""
    for _ in range(300):
        with process_fixture(["true"]) as p:
            pass
        assert p.report.survivor_count == 0


def test_memory_and_descriptors_are_given_back():
    def rounds(count):
        for _ in range(count):
            with process_fixture(
                ["true"], listen={"a": "127.0.0.1:0"}, env={"A": "b"}, ports=["c"]
            ) as p:
                p.wait()
            assert p.tail() == "" and p.report

    rounds(50)
    before, fds = resident_bytes(), open_fds()
    rounds(300)
    assert open_fds() == fds
    assert resident_bytes() - before < 3 << 20


def test_its_options_are_those_of_command():
    import inspect

    signature = inspect.signature(process_fixture)
    assert signature.parameters == inspect.signature(jig.Command).parameters
    assert signature.return_annotation == "Fixture"


def test_a_dead_guard_is_reported(place):
    """EDGE_CASES 14."""
    with process_fixture(place.sleeper) as p:
        stat = subprocess.run(
            ["ps", "-o", "ppid=", "-p", str(p.pid)], capture_output=True, text=True
        )
        supervisor = int(stat.stdout)
        stat = subprocess.run(
            ["ps", "-o", "ppid=", "-p", str(supervisor)], capture_output=True, text=True
        )
        os.kill(int(stat.stdout), signal.SIGKILL)
        assert p.wait() == 125
    assert p.report is None
    assert place.left() == []


@pytest.mark.parametrize("second", ["stop", "__exit__", "stop_async"])
def test_a_second_stop_waits_for_the_first(place, monkeypatch, second):
    """From another thread: a stop hurries only if this was requested."""
    os.mkfifo(place.path / "go")
    trap = f"read x <{place.path}/go; echo bye; exit 0"
    script = f"trap '{trap}' TERM; echo up; while :; do sleep 0.01; done"
    fixture = process_fixture(place.script(script), ready="log:up", grace=3600).start()
    run, waits = fixture._run, []
    wait = run.wait
    monkeypatch.setattr(run, "wait", lambda *words: (waits.append(words), wait(*words))[1])

    def call():
        if second == "stop_async":
            asyncio.run(fixture.stop_async())
        else:
            getattr(fixture, second)(*[None] * (3 if second == "__exit__" else 0))

    threads = [threading.Thread(target=fixture.stop), threading.Thread(target=call)]
    threads[0].start()
    with open(place.path / "go", "w") as gate:  # It has a reader: it was told to stop.
        before = len(waits)
        threads[1].start()
        wait_until(lambda: len(waits) > before, "the second one waits")
        assert run.returncode is None
        gate.write("x\n")
    for thread in threads:
        thread.join()
    assert run.returncode == 0
    assert [step.signal for step in run.report.signals] == ["SIGTERM"]
    fixture.stop()
    assert place.alive() == []
