# SPDX-License-Identifier: MIT
"""docs/migration/init.md: as PID 1, tini, dumb-init and catatonit beside jig.

A case is the words of each of them; all must behave alike, so the peers are the oracle.
"""

import json
import re
import shutil
import signal

import pytest
from helpers import IS_ROOT, PID_NAMESPACE, PYTHON, TOP, Running, children_of, jig, jig_run
from helpers import pinned, run as run_any, send

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="needs root, to make containers")

PAGE = (TOP / "docs/migration/init.md").read_text()

#: Says each signal, of those that wait the lowest number first; ends with 40 by USR2.
#: (Handlers of Python may run in another order than the signals have come.)
TRAPS = """
import os, signal
names = ("HUP", "INT", "QUIT", "TERM", "USR2", "WINCH", "PWR")
signals = {signal.Signals[f"SIG{name}"] for name in names}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("ready", flush=True)
while True:
    number = signal.sigwait(signals)
    os.write(1, f"{signal.Signals(number).name}\\n".encode())
    if number == signal.SIGUSR2: os._exit(40)
"""

FORWARD = ["--forward", "TERM,INT,QUIT"]

#: The peers, and jig with the options of the page.
PEERS = {
    "tini": (["tini", "--"], FORWARD),
    "dumb-init": (["dumb-init", "--single-child", "--"], FORWARD),
    "catatonit": (["catatonit", "--"], FORWARD),
    "dumb-init -r": (
        ["dumb-init", "-c", "-r", "15:3", "-r", "1:0", "--"],
        ["--rewrite", "15:3", "--rewrite", "1:0", *FORWARD],
    ),
}


def container(*words: str) -> list[str]:
    if words[0] != jig()[0] and not shutil.which(words[0]):
        pytest.skip(f"not installed: {words[0]}")
    return [*PID_NAMESPACE, *words]


def heard(words: list[str], names: list[str], place) -> list[str]:
    """What the command says of these signals to PID 1. PWR, whose number is higher,
    marks that the one before has come, or never will."""
    command = container(*words, PYTHON, "-c", TRAPS)
    said = []
    with Running(command, env=place.env, cwd=place.work) as running:
        running.await_line("ready")
        with pinned(children_of(running.pid)) as (fd,):
            for name in names:
                send(fd, signal.Signals[f"SIG{name}"])
                send(fd, signal.SIGPWR)
                said += iter(running.line, "SIGPWR")
            send(fd, signal.SIGUSR2)
            assert running.wait() == 40
    return said


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT", "HUP", "WINCH"])
def test_a_signal_does_the_same(peer, name, place):
    theirs, ours = PEERS[peer]
    twice = [name, name]
    assert heard(jig_run(*ours, "--"), twice, place) == heard(theirs, twice, place)


@pytest.mark.parametrize("script", ["exit 7", "kill -TERM $$", "kill -KILL $$"])
@pytest.mark.parametrize("peer", ["tini", "dumb-init", "catatonit"])
def test_the_status_is_the_same(peer, script, place):
    theirs = run_any(container(peer, "--", *place.sh(script)), env=place.env)
    assert run_any(container(*jig_run("--", *place.sh(script))), env=place.env) == theirs


@pytest.mark.parametrize("program", ["/nonesuch", "/etc/passwd"])
def test_a_program_that_cannot_run_has_tinis_status(program, place):
    theirs = run_any(container("tini", "--", program), env=place.env)
    ours = run_any(container(*jig_run("--", program)), env=place.env)
    assert ours.status == theirs.status and program in ours.err


@pytest.mark.parametrize("script", ["exit 143", "exit 7", "kill -TERM $$"])
def test_a_mapped_status_is_the_same(script, place):
    theirs = run_any(container("tini", "-e", "143", "--", *place.sh(script)))
    ours = run_any(container(*jig_run("--map-status", "143=0", "--", *place.sh(script))))
    assert ours == theirs


def entrypoints() -> list[list[str]]:
    return [json.loads(found) for found in re.findall(r"^ENTRYPOINT (\[.*\])$", PAGE, re.M)]


@pytest.mark.parametrize("words", entrypoints(), ids=" ".join)
def test_an_entrypoint_of_the_page_runs(words, place):
    """Its file is the jig.yaml of the page's last example, shortened."""
    text = 'processes: {one: {command: "exec sleep 600"}}\n'
    (place.work / "jig.yaml").write_text(text)
    paths = {"/jig": jig()[0], "/etc/jig.yaml": str(place.work / "jig.yaml")}
    command = [paths.get(word, word) for word in words]
    result = run_any(container(*command, *place.sh("exit 7")), env=place.env)
    assert result.status == 7, result


def test_the_page_has_entrypoints():
    assert len(entrypoints()) == 4


#: How each of them lists its options.
HELP = {"tini": ["-h"], "dumb-init": ["--help"], "catatonit": ["--nonesuch"]}


@pytest.mark.parametrize("peer", HELP)
def test_the_page_has_every_option(peer):
    container(peer)
    result = run_any([peer, *HELP[peer]])
    said = result.out + result.err
    found = set(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*)", said.replace("dumb-init", "")))
    found |= set(re.findall(r"\b(TINI_\w+)", said)) - {"--nonesuch"}
    letters = re.search(r"\[-(\w+)\]", said)
    if letters:
        found = {f"-{letter}" for letter in letters[1]}
    section = PAGE.partition(f"\n## {peer}\n")[2].partition("\n## ")[0]
    table = [line.split(" | ")[0] for line in section.splitlines() if line[:3] == "| `"]
    named = set(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*|TINI_\w+)", " ".join(table)))
    assert len(found) >= 4 and found - named == set()


#: No package of it is here, so these are from its documentation (version 3.2).
S6_OVERLAY = """
S6_KEEP_ENV S6_LOGGING S6_CATCHALL_USER S6_BEHAVIOUR_IF_STAGE2_FAILS S6_KILL_FINISH_MAXTIME
S6_SERVICES_READYTIME S6_SERVICES_GRACETIME S6_KILL_GRACETIME S6_LOGGING_SCRIPT S6_CMD_ARG0
S6_CMD_USE_TERMINAL S6_FIX_ATTRS_HIDDEN S6_CMD_WAIT_FOR_SERVICES
S6_CMD_WAIT_FOR_SERVICES_MAXTIME S6_CMD_RECEIVE_SIGNALS S6_READ_ONLY_ROOT S6_SYNC_DISKS
S6_STAGE2_HOOK S6_VERBOSITY S6_RUNTIME_PROFILE
"""


def test_the_page_has_every_variable_of_s6_overlay():
    section = PAGE.partition("\n## s6-overlay\n")[2].partition("\n## ")[0]
    assert set(S6_OVERLAY.split()) - set(re.findall(r"`(S6_\w+)`", section)) == set()
