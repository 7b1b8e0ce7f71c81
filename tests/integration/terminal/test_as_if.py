# SPDX-License-Identifier: MIT
"""As if jig were not there: bash is the oracle.

Each scenario of the table is played with a command alone, and with jig in front of
it (as_if.py says how). After the table come tests of what jig adds.
"""

import os
import signal
import time

import as_if
import pytest
from as_if import PLAIN, Scene, scenario
from helpers import (
    FAILED,
    IS_ROOT,
    RUNS,
    TIMEOUT,
    main_of,
    stage,
    state_of,
    wait_until,
)
from pty_session import CTRL_BACKSLASH, CTRL_C, CTRL_D, CTRL_Z, Shell, kill

pytestmark = pytest.mark.usefixtures("own_registry")

#: Every way to run a command in the place of the command itself.
EVERY = ("run", "with", "exec", "up")

LINE_7 = r"line 7\b"


# ------------------------------------------------------------ pipelines, pagers


def pipe_status(shell: Shell) -> None:
    shell.do('echo "statuses ${PIPESTATUS[@]}"')


@scenario(*EVERY)
def a_pager_behind_it(scene: Scene):
    shell = scene.bash()
    shell.type("via guest lines 0 | less")
    shell.expect(LINE_7)
    scene.rest()
    scene.note("paging", scene.foreground())
    scene.key("q")
    shell.prompt()
    pipe_status(shell)


@scenario("run", "exec")
def a_pager_behind_it_is_suspended(scene: Scene):
    shell = scene.bash()
    shell.type("via guest lines 0 | less")
    shell.expect(LINE_7)
    scene.suspend()
    shell.type("fg")
    shell.expect(LINE_7)
    scene.key("q")
    shell.prompt()
    pipe_status(shell)


@scenario("run", "with", "exec")
def it_is_the_pager(scene: Scene):
    shell = scene.bash()
    shell.type("guest lines 0 | via less")
    shell.expect(LINE_7)
    scene.suspend()
    shell.type("fg")
    shell.expect(LINE_7)
    scene.key("q")
    shell.prompt()
    pipe_status(shell)


@scenario(*EVERY)
def it_starts_a_pager(scene: Scene):
    """As git does."""
    shell = scene.bash()
    shell.type("via sh -c 'guest lines 0 | less'")
    shell.expect(LINE_7)
    scene.rest()
    scene.note("paging", scene.foreground())
    scene.key("q")
    shell.prompt()
    shell.status()


@scenario("run", "exec", has_text=False)
def it_starts_a_pager_and_is_suspended(scene: Scene):
    shell = scene.bash()
    shell.type("via sh -c 'guest lines 0 | less'")
    shell.expect(LINE_7)
    scene.suspend()
    shell.type("fg")
    shell.expect(LINE_7)
    scene.key("q")
    shell.prompt()
    scene.note("status", shell.status())


@scenario(*EVERY)
def it_reads_the_keyboard_and_cat_is_behind_it(scene: Scene):
    shell = scene.bash()
    shell.type("via guest read | cat")
    scene.ready()
    shell.type("hello")
    shell.expect("^read hello$")
    scene.key(CTRL_D)
    shell.prompt()
    pipe_status(shell)


@scenario("run", "exec")
def a_pipe_that_never_ends_is_before_it(scene: Scene):
    shell = scene.bash()
    shell.do("yes | via head -n 2")
    pipe_status(shell)


@scenario("run", "exec")
def head_closes_the_pipe_behind_it(scene: Scene):
    shell = scene.bash()
    shell.do("set -o pipefail")
    shell.do("via guest lines 0 | head -n 1")
    shell.status()


@scenario("run", "exec")
def two_of_one_pipeline(scene: Scene):
    shell = scene.bash()
    shell.do("guest lines 5 | via sort -r | via head -n 2")
    pipe_status(shell)


@scenario("run")
def two_of_one_pipeline_are_suspended(scene: Scene):
    shell = scene.bash()
    shell.type("via guest read | via cat")
    scene.ready()
    scene.suspend()
    shell.type("fg")
    shell.type("hello")
    shell.expect("^read hello$")
    scene.key(CTRL_C)
    shell.prompt()
    pipe_status(shell)


@scenario("run", "with", "exec")
def a_pager_of_a_process_substitution(scene: Scene):
    shell = scene.bash()
    scene.write("script", "less -f <(via guest lines 0)\necho $?\n")
    for line in ("less -f <(via guest lines 0)", "bash script"):
        shell.type(line)
        shell.expect(LINE_7)
        scene.key("q")
        shell.prompt()
        shell.status()
        scene.gone()


@scenario("run", "with", "exec")
def a_script_asks_about_each_line_of_it(scene: Scene):
    scene.write(
        "asks",
        "while read -r line; do\n"
        'echo "$line?"; read -r answer </dev/tty; echo "$line: $answer"\n'
        "done < <(via guest lines 3)\n",
    )
    shell = scene.bash()
    shell.type("bash asks")
    for number in range(1, 4):
        shell.expect(rf"^line {number}\?$")
        shell.type("yes")
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def one_of_a_script_is_in_its_background(scene: Scene):
    scene.write(
        "two",
        "via guest pause &\n"
        "via guest read; echo $?\n"
        "kill $!; wait $!; echo $?\n",
    )
    shell = scene.bash()
    shell.type("bash two")
    scene.ready(2)
    shell.type("hello")
    shell.expect("^read hello$")
    shell.type("quit 4")
    shell.prompt()


@scenario("run", "with", "exec")
def a_python_parent_goes_on_to_ask(scene: Scene):
    scene.write(
        "parent.py",
        "import subprocess\n"
        "p = subprocess.Popen(['via', 'guest', 'pause'])\n"
        "print('answer', input())\n"
        "p.terminate()\n"
        "print(p.wait())\n",
    )
    shell = scene.bash()
    shell.type("/usr/bin/python3 -S parent.py")
    scene.ready()
    shell.type("hello")
    shell.prompt()
    shell.status()


@scenario("run", "exec", "up")
def it_asks_for_a_password_beside_its_input(scene: Scene):
    """As ssh does."""
    scene.write("input", "line\n")
    shell = scene.bash()
    shell.type("via guest ask read <input")
    shell.expect(r"^password\?$")
    shell.type("secret")
    shell.prompt()
    shell.status()


@scenario("run", "with", "exec", has_text=False)
def an_editor(scene: Scene):
    scene.write("text", "".join(f"line {i}\n" for i in range(1, 40)))
    shell = scene.bash()
    shell.type("via vim -u NONE -i NONE -n text")
    shell.expect(LINE_7)
    scene.suspend()
    scene.note("jobs", shell.do("jobs"))
    scene.note("modes of the shell", shell.modes() == shell.first_modes)
    shell.type("fg")
    shell.expect(LINE_7)
    scene.key(":q!\r")
    shell.prompt()
    scene.note("status", shell.status())


@scenario("run", has_text=False)
def an_editor_at_the_end_of_a_pipeline(scene: Scene):
    shell = scene.bash()
    shell.type("guest lines 30 | via vim -u NONE -i NONE -n -")
    shell.expect(LINE_7)
    scene.suspend()
    shell.type("fg")
    shell.expect(LINE_7)
    scene.key(":q!\r")
    shell.prompt()
    scene.note("status", shell.status())


@scenario("services")
def a_pager_behind_jig_up(scene: Scene):
    """Services have sessions of their own, so they are not in the foreground."""
    scene.services("guest lines 100 pause")
    shell = scene.bash()
    shell.type("services | less")
    shell.expect(LINE_7)
    scene.rest()
    scene.note("paging", "less" in scene.foreground())
    scene.key("q")
    wait_until(lambda: "less" not in scene.foreground(), "less has gone")
    scene.key(CTRL_C)
    shell.prompt()


# ------------------------------------------------------------------------ Ctrl-C


LOOP = "while :; do via guest pause; echo again; done"


@scenario(*EVERY)
def ctrl_c_ends_a_loop_of_bash(scene: Scene):
    shell = scene.bash()
    shell.type(LOOP)
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_c_skips_the_rest_of_the_line(scene: Scene):
    shell = scene.bash()
    for line in ("via guest pause; echo after", "via guest pause || echo other"):
        shell.type(line)
        scene.ready()
        scene.key(CTRL_C)
        shell.prompt()
        shell.status()


CALLERS = {
    "bash": ["bash"],
    "dash": ["dash"],
    "zsh": ["zsh", "-f"],
    "fish": ["fish", "--no-config"],
}
FISH_LOOP = "while true; via guest pause; echo again; end"


def ctrl_c_ends_a_script(scene: Scene, caller: str):
    shell = scene.bash()
    scene.write("loop", FISH_LOOP if caller == "fish" else LOOP)
    shell.type(" ".join([*CALLERS[caller], "loop"]))
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


for _caller in CALLERS:
    scenario(
        *(EVERY if _caller == "bash" else ("run",)),
        name=f"ctrl_c_ends_a_script_of_{_caller}",
    )(lambda scene, caller=_caller: ctrl_c_ends_a_script(scene, caller))


@scenario("run", "exec")
def ctrl_c_ends_a_script_that_leads_the_session(scene: Scene):
    screen = scene.leader("bash", "-c", LOOP)
    scene.ready()
    screen.send(CTRL_C)


@scenario("run", "exec")
def ctrl_c_ends_a_script_of_two_commands(scene: Scene):
    shell = scene.bash()
    for script in ("via guest pause && echo b", "via guest pause; echo b"):
        shell.type(f"bash -c '{script}'")
        scene.ready()
        scene.key(CTRL_C)
        shell.prompt()
        shell.status()


@scenario("run", "exec")
def ctrl_c_ends_a_script_below_it(scene: Scene):
    shell = scene.bash()
    shell.type("while :; do via bash -c 'guest pause; echo below'; echo again; done")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_c_runs_the_trap_of_a_script(scene: Scene):
    scene.write("script", "trap 'echo trapped' INT\nvia guest pause\necho $?\n")
    shell = scene.bash()
    shell.type("bash script")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


MAKEFILE = "all: a b\na b:\n\t%s@via guest pause\n"


@scenario("run", "with", has_text=False)
def ctrl_c_ends_make(scene: Scene):
    """Also where it would ignore that a command fails."""
    scene.write("Makefile", MAKEFILE % "-")
    shell = scene.bash()
    shell.type("make")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    # Alone, too, make sometimes finds its child reaped already, and says 2.
    scene.note("ended", shell.status() in (2, 130))


@scenario("run", "with")
def make_stops_when_one_is_interrupted(scene: Scene):
    scene.write("Makefile", MAKEFILE % "")
    shell = scene.bash()
    shell.type("make")
    scene.ready()
    scene.kill(signal.SIGINT)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_c_ends_xargs(scene: Scene):
    shell = scene.bash()
    shell.type("printf '%s\\n' 1 2 3 | xargs -n 1 via guest pause")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    pipe_status(shell)


@scenario("run", "exec")
def xargs_stops_when_one_is_interrupted(scene: Scene):
    """By kill, and not by the terminal: xargs knows of the status alone."""
    shell = scene.bash()
    shell.type("printf '%s\\n' 1 2 3 | xargs -n 1 via guest pause")
    scene.ready()
    scene.kill(signal.SIGINT)
    shell.prompt()
    pipe_status(shell)


@scenario("run", "with", "exec")
def ctrl_c_in_a_python_parent(scene: Scene):
    scene.write(
        "parent.py",
        "import signal, subprocess\n"
        "raises = signal.signal(signal.SIGINT, lambda *_: None)\n"
        "print(subprocess.run(['via', 'guest', 'pause']).returncode, flush=True)\n"
        "signal.signal(signal.SIGINT, raises)\n"
        "subprocess.run(['via', 'guest', 'pause'])\n",
    )
    shell = scene.bash()
    shell.type("/usr/bin/python3 -S parent.py 2>/dev/null")
    for _ in range(2):
        scene.ready()
        scene.key(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "with", "exec")
def ctrl_c_is_seen_by_a_caller_that_ignores_it(scene: Scene):
    shell = scene.bash()
    shell.type("parent call via guest pause")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()


def ctrl_c_is_handled(scene: Scene, status: int):
    """The command exits by itself, so its caller goes on."""
    script = f"for i in 1 2; do via guest end INT {status} pause; echo $?; done"
    scene.write("script", script)
    shell = scene.bash()
    for line in ("bash script", script):
        shell.type(line)
        for _ in range(2):
            scene.ready()
            scene.key(CTRL_C)
        shell.prompt()
        shell.status()


@scenario(*EVERY)
def ctrl_c_is_handled_and_the_status_is_0(scene: Scene):
    ctrl_c_is_handled(scene, 0)


@scenario("run", "exec")
def ctrl_c_is_handled_and_the_status_is_5(scene: Scene):
    ctrl_c_is_handled(scene, 5)


@scenario("run", "exec", "up")
def ctrl_c_is_ignored(scene: Scene):
    shell = scene.bash()
    shell.type("via guest ignore INT read")
    scene.ready()
    for word in ("one", "two"):
        scene.key(CTRL_C)
        shell.type(word)
        shell.expect(f"^read {word}$")
    shell.type("quit 3")
    shell.prompt()
    shell.status()


@scenario("run")
def ctrl_c_spares_the_background_of_a_script(scene: Scene):
    """It ignores SIGINT there, as POSIX has it."""
    scene.write(
        "script",
        "trap : INT\n"
        "via guest pause &\n"
        "via guest end INT 5 pause; echo $?\n"
        "kill $!; wait $!; echo $?\n",
    )
    shell = scene.bash()
    shell.type("bash script")
    scene.ready(2)
    scene.key(CTRL_C)
    shell.prompt()


@scenario("run", "with", "exec")
def ctrl_c_through_two_of_them(scene: Scene):
    shell = scene.bash()
    shell.type("while :; do via via guest pause; echo again; done")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_c_in_a_pipeline(scene: Scene):
    shell = scene.bash()
    for line in ("guest pause | via cat", "via guest pause | via cat"):
        shell.type(line)
        scene.ready()
        scene.key(CTRL_C)
        shell.prompt()
        pipe_status(shell)


@scenario("run", "exec")
def ctrl_c_in_subshells(scene: Scene):
    shell = scene.bash()
    for line in ("(via guest pause)", "value=$(via guest pause >/dev/tty)"):
        shell.type(f"{line}; echo after")
        scene.ready()
        scene.key(CTRL_C)
        shell.prompt()
        shell.status()


@scenario("run")
def ctrl_c_under_timeout(scene: Scene):
    shell = scene.bash()
    shell.type("timeout 1000 via guest pause")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run")
def ctrl_c_of_a_command_of_another_user(scene: Scene):
    if not IS_ROOT:
        pytest.skip("only root may run a command as another user")
    user = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    shell = scene.bash()
    for line in (f"via {user} guest pause", f"{user} $(command -v via) guest pause"):
        shell.type(f"while :; do {line}; echo again; done")
        scene.ready()
        scene.key(CTRL_C)
        shell.prompt()
        shell.status()


@scenario("services")
def ctrl_c_ends_a_loop_around_jig_up(scene: Scene):
    scene.services("guest pause")
    scene.write("loop", "while :; do services; echo again; done")
    shell = scene.bash()
    shell.type("bash loop")
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


# ------------------------------------------------------------------------ Ctrl-\


@scenario(*EVERY)
def ctrl_backslash_ends_it(scene: Scene):
    shell = scene.bash()
    shell.type("via guest pause")
    scene.ready()
    scene.key(CTRL_BACKSLASH)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_backslash_in_a_script(scene: Scene):
    """bash itself ignores it and goes on."""
    scene.write("script", "via guest pause; echo $?\nvia guest end QUIT 4 pause; echo $?")
    shell = scene.bash()
    shell.type("bash script")
    for _ in range(2):
        scene.ready()
        scene.key(CTRL_BACKSLASH)
    shell.prompt()
    shell.status()


# ------------------------------------------------------------------------ Ctrl-Z


def suspend_and_go_on(scene: Scene, shell: Shell):
    shell.type("via guest read")
    scene.ready()
    for word in ("once", "twice"):
        scene.suspend()
        shell.do("jobs")
        shell.type("fg")
        shell.type(word)
        shell.expect(f"^read {word}$")
    scene.note("runs", (scene.states(), scene.foreground()))
    shell.type("quit 3")
    shell.prompt()
    shell.status()


@scenario(*EVERY)
def ctrl_z_and_fg(scene: Scene):
    suspend_and_go_on(scene, scene.bash())


@scenario("run")
def ctrl_z_and_fg_in_dash(scene: Scene):
    suspend_and_go_on(scene, scene.shell("dash", "-i"))


@scenario("run")
def ctrl_z_and_fg_in_zsh(scene: Scene):
    options = ("nozle", "nopromptsp", "nopromptcr")
    words = [word for option in options for word in ("-o", option)]
    suspend_and_go_on(scene, scene.shell("zsh", "-f", "-i", *words))


@scenario("run", "exec")
def ctrl_z_and_bg_of_one_that_reads(scene: Scene):
    shell = scene.bash()
    shell.type("via guest read")
    scene.ready()
    scene.suspend()
    shell.do("bg")
    shell.await_job_once("SIGTTIN")
    shell.type("fg")
    shell.type("hello")
    shell.expect("^read hello$")
    shell.type("quit 2")
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_z_and_bg_of_one_that_does_not(scene: Scene):
    shell = scene.bash()
    shell.type("via guest ready log log tell CONT pause")
    scene.ready()
    scene.suspend()
    shell.do("bg")
    scene.await_log("got CONT\n")
    scene.rest()
    scene.note("in the background", (scene.states(), scene.foreground()))
    shell.do("jobs")
    shell.type("fg")
    shell.expect("^via guest")
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "with", "exec", has_text=False)
def ctrl_z_and_kill(scene: Scene):
    shell = scene.bash()
    shell.type("via guest read")
    scene.ready()
    scene.suspend()
    said = [shell.do("kill %1")]  # bash says it once: here, or when it looks next.

    def has_ended():
        """bash may miss this child's end until another one's."""
        return "Terminated" in said[-1] or said.append(shell.do("/bin/true; jobs"))

    wait_until(has_ended, "bash has seen its end")


@scenario("run", "exec")
def ctrl_z_that_is_handled(scene: Scene):
    shell = scene.bash()
    shell.type("via guest tell TSTP read")
    scene.ready()
    scene.key(CTRL_Z)
    shell.expect("^got TSTP$")
    shell.type("hello")
    shell.expect("^read hello$")
    shell.type("quit 0")
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_z_of_a_script(scene: Scene):
    scene.write("script", "via guest read; echo $?\n")
    shell = scene.bash()
    shell.type("bash script")
    scene.ready()
    scene.suspend()
    shell.type("fg")
    shell.type("quit 6")
    shell.prompt()
    shell.status()


@scenario("run")
def ctrl_z_through_two_of_them(scene: Scene):
    shell = scene.bash()
    shell.type("via via guest read")
    scene.ready()
    for word in ("once", "twice"):
        scene.suspend()
        shell.type("fg")
        shell.type(word)
        shell.expect(f"^read {word}$")
    shell.type("quit 6")
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_z_where_no_process_could_continue_it(scene: Scene):
    """A group without a shell that controls jobs is an orphan: it is not stopped."""
    screen = scene.leader("bash", "-c", "via guest read; echo $?")
    scene.ready()
    screen.send(CTRL_Z)
    screen.send("hello\n")
    screen.expect("^read hello$")
    screen.send("quit 4\n")


@scenario("run", "exec")
def its_modes_are_its_own_and_the_shell_has_others(scene: Scene):
    shell = scene.bash()
    shell.type("via guest cbreak read")
    scene.ready()
    scene.note("modes of it", shell.modes() != shell.first_modes)
    scene.suspend()
    scene.note("modes of the shell", shell.modes() == shell.first_modes)
    shell.type("fg")
    scene.rest()
    shell.send("quit 0\n")
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def the_modes_that_it_leaves_are_kept(scene: Scene):
    shell = scene.bash()
    shell.do("via stty -icrnl -ixon")
    shell.status()


# ---------------------------------------------------------------- in the background


@scenario("run", "exec")
def it_reads_in_the_background(scene: Scene):
    shell = scene.bash()
    scene.job("read")
    shell.await_job_once("SIGTTIN")
    scene.note("states", scene.states())
    shell.type("fg")
    shell.type("hello")
    scene.await_log("read hello\n")
    shell.type("quit 3")
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def it_writes_in_the_background_and_may_not(scene: Scene):
    shell = scene.bash()
    shell.do("stty tostop")
    shell.do("via guest lines 1 &")
    shell.await_job_once("SIGTTOU")
    scene.note("states", scene.states())
    shell.type("fg")
    shell.expect("^line 1$")
    shell.prompt()
    shell.status()
    shell.do("stty -tostop")


@scenario("run", "exec")
def it_sets_modes_in_the_background(scene: Scene):
    shell = scene.bash()
    shell.do("via stty -ixon &")
    shell.await_job_once("SIGTTOU")
    shell.do("fg")
    shell.status()


@scenario("run", "with", "exec")
def its_status_is_waited_for(scene: Scene):
    shell = scene.bash()
    shell.do("via guest exit 3 & wait $!")
    shell.status()


@scenario("run", "exec")
def a_job_becomes_the_foreground_while_it_runs(scene: Scene):
    shell = scene.bash()
    scene.job("end USR1 7 pause")
    shell.type("fg")
    shell.expect("^via guest")
    scene.rest()
    scene.note("foreground of fg", scene.foreground())
    scene.kill(signal.SIGUSR1)
    shell.prompt()
    shell.status()


# --------------------------------------------------------------- hang-ups, dead shells


def await_log(scene: Scene) -> None:
    scene.gone()
    scene.note("log", scene.read("log"))


@scenario(*EVERY)
def the_terminal_hangs_up(scene: Scene):
    shell = scene.bash()
    shell.type("via guest ready log log end HUP 0 pause")
    scene.ready()
    scene.hang_up()
    await_log(scene)


@scenario("run", "exec")
def the_shell_is_killed(scene: Scene):
    shell = scene.bash()
    shell.type("via guest ready log log end HUP 0 pause")
    scene.ready()
    scene.kill_shell()
    await_log(scene)


@scenario("run", "exec")
def the_terminal_of_a_job_hangs_up(scene: Scene):
    scene.bash()
    scene.job("end HUP 0 pause")
    scene.hang_up()
    await_log(scene)


@scenario("run", "exec")
def the_terminal_of_a_suspended_one_hangs_up(scene: Scene):
    """bash sends SIGTERM, too; whether that comes before a handler has run is open."""
    shell = scene.bash()
    shell.type("via guest ignore TERM ready log log end HUP 0 pause")
    scene.ready()
    scene.suspend()
    scene.hang_up()
    await_log(scene)


# ------------------------------------------------------------------ kill, statuses


def killed_alone(scene: Scene, name: str):
    """The command, and not its caller's child if that is jig."""
    shell = scene.bash()
    shell.type("parent call via guest pause")
    scene.ready()
    scene.kill(getattr(signal, f"SIG{name}"))
    shell.prompt()


for _name in ("TERM", "INT", "HUP", "QUIT", "USR1", "KILL", "SEGV", "ABRT", "PIPE"):
    scenario(
        *(EVERY if _name in ("TERM", "INT") else ("run",)),
        name=f"it_alone_gets_SIG{_name}",
    )(lambda scene, name=_name: killed_alone(scene, name))


def killed_as_a_job(scene: Scene, name: str):
    """The process that the shell started, then its process group."""
    shell = scene.bash()
    for whom in ("$!", "-$!", "%1"):
        scene.job("pause")
        shell.do(f"kill -{name} -- {whom}; wait $!; echo $?")


for _name in ("TERM", "INT", "HUP", "QUIT", "USR1", "KILL"):
    scenario(
        *(("run", "exec") if _name == "TERM" else ("run",)),
        name=f"a_job_gets_SIG{_name}",
    )(lambda scene, name=_name: killed_as_a_job(scene, name))


@scenario("run", "exec")
def a_job_that_handles_sigterm_exits(scene: Scene):
    shell = scene.bash()
    scene.job("end TERM 7 pause")
    shell.do("kill %1; wait $!; echo $?")


@scenario("run", "exec")
def it_signals_its_own_group(scene: Scene):
    shell = scene.bash()
    for line in ("via guest raise-group TERM", "bash -c 'via guest raise-group TERM; :'"):
        shell.do(line)
        shell.status()


@scenario("run", "with", "exec", "up")
def it_ends_by_itself(scene: Scene):
    shell = scene.bash()
    for words in ("exit 0", "exit 3", "exit 255", "raise ABRT", "raise SEGV", "raise TERM"):
        shell.do(f"parent call via guest {words}")
        shell.do(f"via guest {words}")
        shell.status()


@scenario("run", "exec")
def it_is_stopped_alone(scene: Scene):
    shell = scene.bash()
    shell.type("via guest read")
    scene.ready()
    scene.kill(signal.SIGSTOP)
    shell.expect("Stopped")
    shell.prompt()
    shell.do("set -o posix; jobs; set +o posix")
    shell.type("fg")
    shell.type("quit 5")
    shell.prompt()
    shell.status()


# ------------------------------------------------------------------ programs around


@scenario("run", "exec")
def timeout_around_it_and_below_it(scene: Scene):
    shell = scene.bash()
    for line in (
        "timeout 0.2 via sleep 1000",
        "timeout --preserve-status 0.2 via sleep 1000",
        "timeout -s INT 0.2 via sleep 1000",
        "timeout --foreground 0.2 via sleep 1000",
        "via timeout 0.2 sleep 1000",
    ):
        shell.do(line)
        shell.status()


@scenario("run", "exec")
def ctrl_c_to_a_command_with_a_group_of_its_own(scene: Scene):
    """timeout(1) makes one, unless it leads the shell's job."""
    shell = scene.bash()
    shell.type("via timeout 1000 guest pause")
    scene.ready()
    shell.send(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_z_to_a_command_with_a_group_of_its_own(scene: Scene):
    shell = scene.bash()
    shell.type("via timeout 1000 guest pause")
    scene.ready()
    for _ in range(2):
        scene.suspend()
        wait_until(lambda: scene.states() == ["T"], "it is stopped")
        shell.type("fg")
        wait_until(lambda: scene.states() == ["S"], "it goes on")
        scene.rest()
    shell.send(CTRL_C)
    shell.prompt()
    shell.status()


@scenario("run", "exec")
def ctrl_backslash_to_a_command_that_makes_a_group(scene: Scene):
    shell = scene.bash()
    shell.type("via timeout -s QUIT 1000 guest pause")
    scene.ready()
    shell.send(CTRL_BACKSLASH)
    shell.prompt()
    shell.status()


#: Ends by each of the signals before anything can attach to it.
STATUSES = """
import signal, subprocess
for name in ("KILL", "TERM", "INT", "ABRT"):
    print(subprocess.call(["via", "sh", "-c", f"kill -{name} $$"]), file=open("said", "a"))
"""


@scenario("run", "exec", "session", has_text=False)
def a_python_parent_sees_the_signal_of_what_ends_at_once(scene: Scene):
    scene.write("parent.py", STATUSES)
    shell = scene.bash()
    shell.do("/usr/bin/python3 -S parent.py 2>/dev/null")
    scene.note("statuses", scene.read("said"))


#: Commands that use the terminal although their script is in the background.
USES = {
    "TTOU": "via stty -ixon; echo status: $?; stty ixon",
    "TTIN": "via guest read </dev/tty; echo status: $?",
    "TTIN TTOU": 'via sh -c "stty -ixon; read x"; echo status: $?; stty ixon',
}


def ignores_what_stops_a_background_job(ignored):
    # When bash says that the job is done depends on when it looks.
    @scenario("run", "exec", has_text=False, name=f"a script ignores {ignored}")
    def play(scene: Scene):
        scene.write("script", f"trap '' {ignored}; {USES[ignored]}")
        shell = scene.bash()
        shell.type("sh ./script &")
        scene.note("status", shell.expect(r"status: \d+")[0])
        shell.do("wait")


for signals in USES:
    ignores_what_stops_a_background_job(signals)


@scenario("run", "exec")
def nohup_around_it(scene: Scene):
    shell = scene.bash()
    shell.type("nohup via guest pause >out 2>&1 &")
    shell.prompt()
    wait_until(lambda: "ready" in scene.read("out"), "it is ready")
    scene.rest()
    shell.do("kill -HUP %1; kill -TERM %1; wait $!; echo $?")
    scene.note("out", scene.read("out"))


@scenario("run", "exec", "up")
def where_it_is(scene: Scene):
    shell = scene.bash()
    shell.do("via guest look")
    shell.do("via guest look </dev/null")
    shell.do("via guest look | cat")
    shell.do("true | via guest look")
    shell.do("(via guest look)")
    shell.do("bash -c 'via guest look; :'")
    shell.do("bash -c 'via guest look & wait'")
    shell.do("echo $(via guest look)")
    shell.do("via guest look 2>/dev/null >look; cat look")


@scenario("run")
def setsid_around_it(scene: Scene):
    shell = scene.bash()
    shell.do("setsid --wait via guest look | grep -v session")
    pipe_status(shell)


@scenario("run")
def script_around_it_and_below_it(scene: Scene):
    shell = scene.bash()
    for line in (
        "script -qec 'via guest read' /dev/null",
        "via script -qec 'guest read' /dev/null",
    ):
        shell.type(line)
        scene.ready()
        shell.type("hello")
        shell.expect("^read hello$")
        shell.type("quit 3")
        shell.prompt()
        shell.status()


@scenario("run", has_text=False)
def watch_around_it_and_below_it(scene: Scene):
    shell = scene.bash()
    for line in ("watch -t -n 100 via guest lines 9", "via watch -t -n 100 guest lines 9"):
        shell.type(line)
        shell.expect("line 9")
        scene.key(CTRL_C)
        shell.prompt()
        scene.note(line, shell.status())


@scenario("run", "exec")
def a_shell_with_job_control_below_it(scene: Scene):
    shell = scene.bash()
    shell.type("via bash --norc --noprofile --noediting -i")
    shell.prompt()
    shell.type("guest read")
    scene.ready()
    scene.suspend()
    shell.do("jobs")
    shell.type("fg")
    shell.type("hello")
    shell.expect("^read hello$")
    scene.key(CTRL_C)
    shell.prompt()
    shell.status()
    shell.do("exit 9")
    shell.status()


# A session has its own terminal, with its own modes, and draws its contents. A person
# sees the same text, but it does not compare equal.


@scenario("session", has_text=False)
def a_pager_in_a_session(scene: Scene):
    scene.write("text", "".join(f"line {i}\n" for i in range(1, 40)))
    shell = scene.bash()
    shell.type("via less text")
    shell.expect(LINE_7)
    scene.key("q")
    shell.prompt()
    scene.note("status", shell.status())


@scenario("session", has_text=False)
def statuses_of_a_session(scene: Scene):
    shell = scene.bash()
    for words in ("exit 0", "exit 3", "raise TERM", "raise KILL"):
        shell.type(f"via guest {words}")
        shell.prompt()
        scene.note(words, shell.status())


@scenario("session", has_text=False)
def ctrl_z_and_fg_of_a_session(scene: Scene):
    shell = scene.bash()
    shell.type("via guest read")
    scene.ready()
    for word in ("hello", "again"):
        scene.key(CTRL_Z)
        shell.expect("Stopped")
        shell.prompt()
        shell.type("fg")
        shell.type(word)
        shell.expect(f"^read {word}$")
    scene.key(CTRL_D)
    shell.prompt()
    scene.note("status", shell.status())


@scenario("session", has_text=False)
def ctrl_c_ends_a_loop_around_a_session(scene: Scene):
    shell = scene.bash()
    shell.type(LOOP)
    scene.ready()
    scene.key(CTRL_C)
    shell.prompt()
    scene.note("status", shell.status())


@scenario("session", has_text=False)
def the_terminal_of_a_session_hangs_up(scene: Scene):
    shell = scene.bash()
    shell.type("via guest ready log log end HUP 0 pause")
    scene.ready()
    scene.hang_up()
    await_log(scene)


# ------------------------------------------------------------------------ the test


def test_the_table_is_long_enough():
    assert len(as_if.SCENARIOS) >= 30
    names = [each.name for each in as_if.SCENARIOS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "what, front",
    as_if.rows(),
    ids=[f"{what.name}-{front}" for what, front in as_if.rows()],
)
def test_as_if_jig_were_not_there(what, front, compiled):
    guest = compiled("guest")
    expected = as_if.perform(what, PLAIN, guest)
    front = PLAIN if os.environ.get("JIG_AS_IF") == PLAIN else front
    assert as_if.perform(what, front, guest) == expected


# ------------------------------------------------------------------------ jig's own


@pytest.fixture(name="shell")
def _shell(place, compiled):
    place.copy(compiled("guest"), "guest")
    place.copy(compiled("guest"), "parent")
    place.copy(stage.jig_path(), "jig")
    with as_if.Bash(place.env, cwd=place.work) as shell:
        yield shell


STOPS = {
    "SIGSTOP": "guest raise STOP pause",
    "SIGTTIN": "guest read",
    "SIGTTOU": "stty -ixon",
}


@pytest.mark.parametrize("group", ["auto", "pgroup"])
@pytest.mark.parametrize("name", STOPS)
def test_a_timeout_ends_a_command_that_is_stopped(shell, name, group):
    """Only the command is stopped: the user has not suspended the job. parent(1)
    ignores the signal that stops its group."""
    run = f"jig run --timeout 1s --group {group} -- {STOPS[name]}"
    shell.type(f"parent call {run} &")
    shell.expect(f"^child: exit {TIMEOUT}$")


@pytest.mark.parametrize("name", STOPS)
def test_a_timeout_ends_a_job_that_is_stopped(shell, name):
    """The shell may see it stopped before; then it sees its end."""
    shell.do(f"jig run --timeout 1s -- {STOPS[name]} &")
    wait_until(lambda: f"Exit {TIMEOUT}" in shell.do("/bin/true; jobs"), "it has ended")


#: Longer than what happens around it takes, on a loaded machine too.
LIMIT_S = 4


@pytest.mark.parametrize("way", ["Ctrl-Z", "SIGTSTP"])
@pytest.mark.parametrize("option", ["--timeout", "--start-timeout"])
def test_time_for_which_the_user_suspends_it_does_not_count(shell, place, option, way):
    probe = "--ready file:ready" if option == "--start-timeout" else ""
    shell.type(f"jig run {option} {LIMIT_S}s {probe} -- guest read")
    shell.expect("^ready$")
    if way == "Ctrl-Z":
        shell.send(CTRL_Z)
    else:
        kill(place.pids("jig")[0], signal.SIGTSTP)
    shell.expect("Stopped")
    shell.prompt()
    as_if.until(time.monotonic() + LIMIT_S + 0.5)
    shell.type("fg")
    shell.type("hello")
    shell.expect("^read hello$")
    shell.type("quit 3")
    shell.prompt()
    # Not ready, since it has ended; not because of the time.
    assert shell.status() == (FAILED if probe else 3)


def test_sigcont_directly_behind_sigtstp_is_not_lost(shell, place):
    """Its shell controls no jobs: it leaves the terminal where it is."""
    shell.type("sh -c 'jig run -- guest pause; :'")
    shell.expect("^ready$")
    guard = place.pids("jig")[0]
    main = main_of(guard)
    for turn in range(100):
        kill(guard, signal.SIGTSTP)
        as_if.until(time.monotonic() + turn % 20 * 0.00005)
        kill(guard, signal.SIGCONT)
        as_if.until(time.monotonic() + 0.02)
        wait_until(lambda: {state_of(guard), state_of(main)} <= set(RUNS), "both go on")
    kill(guard, signal.SIGTERM)
    shell.prompt()


def test_time_counts_again_when_it_goes_on(shell):
    shell.type("jig run --timeout 2s -- guest read")
    shell.expect("^ready$")
    shell.send(CTRL_Z)
    shell.expect("Stopped")
    shell.prompt()
    shell.type("fg")
    shell.prompt()
    assert shell.status() == TIMEOUT
