# SPDX-License-Identifier: MIT
"""What each option of `jig run` does."""

import json
import os
import pathlib
import signal
import socket
import subprocess

import pytest
from helpers import FAILED, IS_ROOT, PYTHON, TIMEOUT, Running, jig_run, one_line
from helpers import in_group, run as run_any, stage


def sent(place, report="report"):
    """The signals of a stop, as the report has them."""
    signals = json.loads((place.work / report).read_text())["signals"]
    return [entry["signal"] for entry in signals]


DEAF = "trap '' TERM INT HUP QUIT USR1; sleep 600"


@pytest.mark.parametrize("name", ["INT", "SIGINT", "int", "2", "sigint"])
def test_stop_signal_is_the_first_of_a_stop(name, run, place):
    """By any of its names. Main turns it into a status."""
    script = place.sh("sleep 600 & trap 'exit 9' INT; wait")
    words = ["--stop-signal", name, "--report", "report", "--timeout", "200ms"]
    words += ["--grace", "50ms"]  # A shell's background job ignores SIGINT.
    assert run(*words, *script).status == TIMEOUT
    assert sent(place)[0] == "SIGINT"


def test_rtmin_is_the_signal_that_the_shells_call_so(run, place):
    """bash's, glibc's and Python's SIGRTMIN: number 34, whatever jig's own C
    library keeps for itself."""
    number = signal.SIGRTMIN + 1
    script = place.sh(f"sleep 600 & trap 'echo it; exit' {number}; wait")
    words = ["--stop-signal", "RTMIN+1", "--timeout", "200ms"]
    assert run(*words, *script).lines == ["it"]


def test_a_time_limit_says_that_it_is_over(run, place):
    words = ("--timeout", "50ms", "--", *place.sh("sleep 600"))
    assert run(*words) == (124, "", "jig: stopped: the time of --timeout is over\n")
    assert run("--quiet", *words) == (124, "", "")


def test_stop_signal_kill_begins_with_the_end(run, place):
    words = ["--stop-signal", "KILL", "--report", "report", "--timeout", "100ms"]
    assert run(*words, *place.sh(DEAF)).status == TIMEOUT
    assert sent(place) == ["SIGKILL"]


def test_grace_zero_kills_at_once(run, place):
    words = ["--grace", "0", "--report", "report", "--timeout", "100ms"]
    assert run(*words, *place.sh(DEAF)).status == TIMEOUT
    assert sent(place) == ["SIGKILL"]


def test_a_policy_of_several_steps_takes_them_in_turn(run, place):
    policy = "INT 10ms, HUP 10ms USR1 10ms"
    words = ["--stop", policy, "--report", "report", "--timeout", "100ms"]
    assert run(*words, *place.sh(DEAF)).status == TIMEOUT
    assert sent(place) == ["SIGINT", "SIGHUP", "SIGUSR1", "SIGKILL"]


def test_a_step_ends_when_the_cage_is_empty(run, place):
    """Not when its time is over: with an hour's wait this would not end."""
    words = ["--stop", "HUP 1h TERM 1h", "--report", "report", "--timeout", "100ms"]
    assert run(*words, *place.sh("sleep 600 & wait")).status == TIMEOUT
    assert sent(place) == ["SIGHUP"]


MAIN_FIRST = """
setsid sh -c 'sleep 600 & trap "echo rest; exit" TERM; echo ready; wait' &
trap 'echo main; kill -0 $! && echo together; exit' TERM
while :; do wait; done
"""


def test_stop_mode_main_tells_main_first_and_then_the_rest(start, place):
    jig = start("--stop-mode", "main", "--grace", "1h", *place.sh(MAIN_FIRST))
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    assert jig.end().out.split() == ["main", "together", "rest"]


def test_stop_mode_all_signals_all_at_once(start, place):
    """Main waits for the other one, which only the stop can end."""
    script = """
    setsid sh -c 'sleep 600 & trap "exit 3" TERM; echo ready; wait' & other=$!
    trap 'wait $other; exit $?' TERM
    while :; do wait $other; done
    """
    jig = start("--stop-mode", "all", "--grace", "1h", *place.sh(script))
    jig.await_line("ready")
    jig.signal(signal.SIGTERM)
    assert jig.wait() == 3


def test_chdir(run, place):
    assert run("--chdir", "/", "pwd").lines == ["/"]
    (place.work / "sub").mkdir()
    assert run("--chdir", "sub", "pwd").lines == [str(place.work / "sub")]


def test_chdir_and_a_relative_program_is_looked_up_there(run, place):
    folder = place.work / "sub"
    folder.mkdir()
    (folder / "it").write_text("#!/bin/sh\necho here\n")
    (folder / "it").chmod(0o755)
    assert run("--chdir", "sub", "./it").lines == ["here"]


def test_env_adds_and_the_last_one_wins(run, place):
    env = place.env | {"A": "old", "KEPT": "yes"}
    words = ["--env", "A=1", "--env", "B=two words", "--env", "A=3=3", "--env", "E="]
    lines = run(*words, "env", env=env).lines
    assert {"A=3=3", "B=two words", "E=", "KEPT=yes"} <= set(lines)
    assert sum(line.startswith("A=") for line in lines) == 1


def test_37_clear_env_leaves_what_was_added_alone(run, place):
    env = place.env | {"SECRET": "x"}
    result = run("--clear-env", "--env", "A=1", "/usr/bin/env", env=env)
    assert result.lines == ["A=1"]
    assert run("--clear-env", "/usr/bin/env", env=env).lines == []


def env_file(place, name, text):
    (place.work / name).write_text(text)
    return name


def test_env_file_stands_over_our_environment_and_under_env(run, place):
    """Wherever the options stand; a later file over an earlier one."""
    env = place.env | {"A": "ours", "B": "ours", "C": "ours", "D": "ours"}
    one = env_file(place, "one", "B=one\nC=one\nD=one\nE=one $A\n")
    two = env_file(place, "two", "C=two\nD=two\nF=${B}\n")
    words = ["--env", "D=option", "--env-file", f"{one},{two}"]
    lines = run(*words, "env", env=env).lines
    values = ["A=ours", "B=one", "C=two", "D=option", "E=one ours", "F=one"]
    assert sorted(set(lines) & set(values)) == values


def test_env_file_may_be_given_often(run, place):
    words = ["--env-file", env_file(place, "one", "A=1\nB=1\n")]
    words += ["--env-file", env_file(place, "two", "B=2\n")]
    assert run("--clear-env", *words, "/usr/bin/env").lines == ["A=1", "B=2"]


def test_env_file_says_where_the_command_is_looked_up(run, place):
    program = place.work / "only-here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    name = env_file(place, "path", f"PATH={place.work}\n")
    assert run("--env-file", name, "only-here").lines == ["found"]


def test_env_file_is_found_from_here_and_not_from_chdir(run, place):
    name = env_file(place, "one", "A=1\n")
    words = ["--chdir", "/", "--clear-env", "--env-file", name]
    assert run(*words, "/usr/bin/env").lines == ["A=1"]


def test_env_file_leaves_braces_alone(run, place):
    name = env_file(place, "one", "A={port:web}\n")
    words = ["--port", "web", "--env-file", name]
    script = place.sh('test "$PORT" -gt 0 && echo "$A"')
    assert run(*words, *script).lines == ["{port:web}"]


def test_env_dialect_tells_how_it_is_read(run, place):
    name = env_file(place, "one", "A='x' y # z\n")
    for dialect, value in [("honcho", "xy"), ("foreman", "'x' y # z")]:
        words = ["--clear-env", "--env-file", name, "--env-dialect", dialect]
        assert run(*words, "/usr/bin/env").lines == [f"A={value}"]
    words = ["--clear-env", "--env-file", name]
    assert "one:1: unexpected text after the closing quote" in one_line(run(*words, "/usr/bin/env"))


def test_env_dialect_that_there_is_not(run):
    result = run("--env-dialect", "dotenv", "true")
    assert result.status == FAILED
    assert "docker, honcho or foreman" in result.err


def test_env_file_from_a_pipe(run, place):
    """A process substitution, and standard input."""
    jig = " ".join(jig_run("--clear-env", "--env-file"))
    for source in ("<(echo A=1)", "/dev/stdin <<<A=1"):
        script = ["bash", "-c", f"{jig} {source} /usr/bin/env"]
        assert run_any(script, env=place.env).lines == ["A=1"]


@pytest.mark.parametrize("name", ["gone", "folder", "socket", "/dev/zero", "big", ""])
def test_env_file_that_cannot_be_read_starts_nothing(name, run, place):
    (place.work / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(place.work / "socket"))
    env_file(place, "big", "#" * (1 << 20) + "\n")
    result = run("--env-file", name, *place.sh("echo started"))
    assert (result.status, result.out) == (FAILED, "")
    assert (name or "an empty file name") in one_line(result)


def test_env_file_of_a_fixture_is_the_fixtures(run, place):
    name = env_file(place, "one", "A=1\n")
    server = 'echo "A is $A" >from-server; sleep 600'
    words = ["--with", server, "--env-file", name, "--ready", "file:from-server"]
    assert run(*words, "--", *place.sh('echo "<$A>"')).lines == ["<>"]
    assert (place.work / "from-server").read_text() == "A is 1\n"


def test_37_without_any_environment(place):
    result = run_any(["env", "-i", *jig_run("/usr/bin/env")])
    assert (result.status, result.out) == (0, "")
    assert run_any(["env", "-i", *jig_run("true")]).status == 0


def ids(*words):
    """uid, gid and groups of a command that was started with these words."""
    code = "import os; print(*os.getresuid(), *os.getresgid(), *sorted(os.getgroups()))"
    result = run_any(jig_run(*words, PYTHON, "-c", code))
    assert result.status == 0, result
    return [int(word) for word in result.out.split()]


def test_user_by_name_uid_and_group(root):
    import grp
    import pwd

    daemon = pwd.getpwnam("daemon")
    by_name = [daemon.pw_uid] * 3 + [daemon.pw_gid] * 3
    assert ids("--user", "daemon")[:6] == by_name
    assert ids("--user", str(daemon.pw_uid))[:6] == by_name
    assert ids("--user", "4711:4712")[:6] == [4711] * 3 + [4712] * 3
    mail = grp.getgrnam("mail").gr_gid
    assert ids("--user", "daemon:mail")[:6] == by_name[:3] + [mail] * 3


def test_user_leaves_no_group_of_ours(root):
    """The supplementary groups are the user's: root's would be a way back."""
    assert 0 not in ids("--user", "4711:4712")[6:]
    assert 0 not in ids("--user", "nobody")[6:]


def test_user_without_the_privilege_is_refused(run, root):
    result = run("--user", "root", "true", identity="user")
    assert "cannot become the user" in one_line(result) and result.status == FAILED


def test_limits(run, place):
    words = ["--limit", "nofile=64", "--limit", "core=0:1M", "--limit", "fsize=8k"]
    script = "ulimit -n; ulimit -Hn; ulimit -c; ulimit -Hc; ulimit -f"
    assert run(*words, "bash", "-c", script).lines == ["64", "64", "0", "1024", "8"]


def test_a_limit_above_our_own_is_refused(run, root):
    result = run("--limit", "nofile=4000000000", "true", identity="user")
    assert "resource limits" in one_line(result) and result.status == FAILED


def test_the_commands_limits_do_not_bind_jig(run, place):
    """With one descriptor, no memory and no new files for the command, jig
    still ends what it left and writes its report."""
    words = ["--limit", "nofile=4", "--limit", "fsize=0", "--report", "report"]
    result = run(*words, *place.sh("setsid sleep 600 & exit 6"))
    assert result.status == 6 and "1 leftover" in result.err
    assert (place.work / "report").read_text().endswith("}\n")


CONTROLLERS = {"--memory": "memory", "--pids": "pids", "--cpu": "cpu"}


def has_controller(name):
    mount = stage.cgroup2_mount()
    return mount and name in (mount / "cgroup.controllers").read_text().split()


@pytest.mark.parametrize("option", CONTROLLERS)
def test_an_unavailable_limit_is_an_error(option, run):
    words = [option, "64M" if option == "--memory" else "50"]
    for cage in "subreaper", "pidns", "pgroup":
        result = run(*words, "--cage", cage, "true")
        assert "need the cgroup cage" in one_line(result) and result.status == FAILED
    if has_controller(CONTROLLERS[option]):
        pytest.skip("this machine has the controller")
    for cage in "auto", "cgroup":
        result = run(*words, "--cage", cage, "true")
        assert one_line(result) and result.status == FAILED


def test_umask_and_nice(run, place):
    assert run("--umask", "027", *place.sh("umask")).lines == ["0027"]
    bare = int(run_any(["nice"]).out)
    assert run("nice").lines == [str(bare)]
    assert run("--nice", "5", "nice").lines == [str(min(19, bare + 5))]


def test_a_nice_value_that_we_may_not_set_is_refused(run, root):
    result = run("--nice", "-5", "true", identity="user")
    assert "nice" in one_line(result) and result.status == FAILED
    assert run("--nice", "-5", "true").status == 0


#: pid, group, session of the command, and session of jig itself.
WHO = "cut -d' ' -f1,5,6 /proc/$$/stat; cut -d' ' -f6 /proc/$PPID/stat"


@pytest.mark.parametrize("how", ["auto", "inherit", "session", "pgroup"])
def test_group(how, run, place):
    """auto is the caller's own."""
    pid, group, session, ours = run("--group", how, *place.sh(WHO)).out.split()
    if how in ("auto", "inherit"):
        assert (group, session) == (str(os.getpgrp()), str(os.getsid(0)))
        return
    assert group == pid
    assert session == (pid if how != "pgroup" else ours)


def test_quiet_says_nothing_and_verbose_says_which_cage(run, place):
    script = place.sh("setsid sleep 600 & exit 0")
    assert run("-q", *script).err == ""
    said = run("-v", "--cage", "subreaper", *script).err
    assert "in a subreaper cage (contained): requested by name" in said
    assert "1 leftover" in said and "proved empty" in said
    assert run("-v", "true").err.count("\n") == 2
    assert run("true").err == ""


@pytest.mark.parametrize("kind", ["cgroup", "subreaper", "pidns", "pgroup"])
def test_a_cage_by_name_is_that_cage(kind, run, place):
    if kind == "cgroup" and not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    if kind == "pidns" and not IS_ROOT:
        pytest.skip("needs root")
    result = run("--cage", kind, "--report", "report", *place.sh("exit 3"))
    cage = place.read_report()["cage"]
    assert result.status == 3 and cage["kind"] == kind
    assert cage["proved_empty"] == (kind != "pgroup")


def test_an_unavailable_cage_is_refused_with_the_reason(run, root):
    """An ordinary user without a control group."""
    result = run("--cage", "cgroup", "true", identity="user")
    said = one_line(result)
    assert "the cgroup cage is not available: " in said and result.status == FAILED
    assert len(said.split("available: ")[1]) > 10


def test_auto_takes_what_can_be_had(run, place, root):
    said = run("-v", "true", identity="user").err
    assert "in a subreaper cage" in said
    if not stage.cgroup2_mount():
        pytest.skip("no cgroup v2 that we may write to")
    with stage.subtree("user") as group:
        command = [*in_group(group), *stage.as_identity("user"), *jig_run("-v", "true")]
        assert "in a cgroup cage" in run_any(command, env=place.env).err


def test_inside_a_pid_namespace_proc_is_right(run, place, root):
    script = "echo $$; ps -o pid= -p $$; ls /proc | grep -c '^[0-9]'"
    pid, seen, count = run("--cage", "pidns", *place.sh(script)).out.split()
    assert pid == seen and int(count) < 8


def test_owner_by_pid_ends_the_fixture(start, place):
    """A foreign process, not jig's parent."""
    with subprocess.Popen(["/bin/sleep", "600"]) as owner:
        try:
            jig = start("--owner", str(owner.pid), *place.sh("echo ready; sleep 600"))
            jig.await_line("ready")
        finally:
            owner.kill()
    assert jig.wait() == 128 + signal.SIGTERM


def test_an_owner_that_is_not_alive_is_refused(run):
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    # Its number may have been given away again, but hardly twice in a row.
    results = [run("--owner", str(gone.pid), "true") for _ in range(2)]
    refused = [r for r in results if r.status == FAILED]
    assert refused and "is not alive" in one_line(refused[0])


def start_under_a_shell(place, *words):
    """A shell starts jig in the background and says its pid."""
    script = '"$@" & echo $!; read x'
    command = ["/bin/sh", "-c", script, "sh", *jig_run(*words)]
    return Running(command, env=place.env, stdin=subprocess.PIPE)


def await_both(shell):
    """The pid that the shell says, and the command's "ready", in any order."""
    said = {shell.line(), shell.line()}
    assert "ready" in said and (said - {"ready"}).pop().isdigit()


def test_owner_none_outlives_its_parent(place):
    fifo = place.work / "fifo"
    os.mkfifo(fifo)
    command = place.sh('echo ready; read x <"$0"; echo done', str(fifo))
    with start_under_a_shell(place, "--owner", "none", *command) as shell:
        await_both(shell)
        shell.signal(signal.SIGKILL)
        shell.wait()
        fifo.write_text("go\n")
        assert shell.rest() == "done\n"


def test_owner_parent_is_the_default(place):
    for words in [], ["--owner", "parent"]:
        command = place.sh("sleep 600 & trap 'echo told; exit' TERM; echo ready; wait")
        with start_under_a_shell(place, *words, *command) as shell:
            await_both(shell)
            shell.signal(signal.SIGKILL)
            assert shell.rest() == "told\n"


def test_words_after_the_command_are_the_commands(run, place):
    result = run("-q", *place.sh('echo "$0 $*"', "a", "--timeout", "--", "-v"))
    assert result.lines == ["a --timeout -- -v"]
    assert run("--", "echo", "-q").lines == ["-q"]


def test_options_may_carry_their_argument_either_way(run, place):
    script = place.sh("umask")
    assert run("--umask=011", *script).out == run("--umask", "011", *script).out


def test_path_is_the_commands_own(run, place):
    """--env PATH says where it is looked for, too."""
    tool = pathlib.Path(place.work / "only-here")
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    assert run("--env", f"PATH={place.work}", "only-here").lines == ["found"]
