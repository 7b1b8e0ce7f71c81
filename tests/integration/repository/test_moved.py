# SPDX-License-Identifier: MIT
"""An installation may be moved or copied as a whole, and linked to: jig finds its
jig-up, and libjig its jig, from their own place."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from helpers import BUILD, DEADLINE_S, NOT_FOUND

#: What the build's own prefix has would be found, too.
needs_none_installed = pytest.mark.skipif(
    os.access("/usr/local/bin/jig", os.X_OK), reason="jig is installed in /usr/local"
)

#: It starts a command and prints which program is its guard.
HOST = r"""
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **words)
{
	const char *const argv[] = { "true", NULL };
	char why[256] = "";
	struct jig_command command = { .size = sizeof(command), .argv = argv,
				       .error = why, .error_size = sizeof(why) };
	struct jig *fixture;
	int code;

	if (count > 1 && chdir(words[1]) < 0)
		return 2;
	if (jig_start(&command, &fixture) < 0 || jig_wait(fixture, -1, &code) < 0)
		return fprintf(stderr, "%s\n", why), 1;
	jig_free(fixture);
	return code;
}
"""


@pytest.fixture(scope="module", name="original")
def _original(tmp_path_factory) -> pathlib.Path:
    """What `meson install` installs, below a folder that was the prefix."""
    place = tmp_path_factory.mktemp("install")
    words = ["meson", "install", "-C", str(BUILD), "--no-rebuild"]
    done = subprocess.run(
        [*words, "--destdir", str(place)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (program,) = place.rglob("bin/jig")
    return program.parent.parent


@pytest.fixture(name="moved")
def _moved(original, tmp_path) -> pathlib.Path:
    target = tmp_path / "a folder elsewhere"
    shutil.copytree(original, target, symlinks=True)
    return target


def library_of(folder: pathlib.Path) -> pathlib.Path:
    (library,) = folder.rglob("libjig.so.1")
    return library


def environment(**more: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "JIG_PROGRAM"} | more


def said(words: list, folder: pathlib.Path, **more: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(name="host")
def _host(moved, tmp_path) -> pathlib.Path:
    """A program that is linked with the moved libjig."""
    source = tmp_path / "host.c"
    source.write_text(HOST)
    flags = [f"-I{moved / 'include'}", f"-L{library_of(moved).parent}", "-ljig"]
    said(["cc", source, "-o", tmp_path / "host", *flags], tmp_path)
    return tmp_path / "host"


def guard_of(words: list, folder: pathlib.Path, **more: str) -> str:
    """The program that the host executed as its guard. An ordinary user may not
    read /proc/PID/exe of a guard, but may trace it from its start."""
    log = folder / "log"
    said(["strace", "-f", "-qq", "-e", "trace=execve", "-o", log, *words], folder, **more)
    host, guard = re.findall(r'execve\("(.*?)".* = 0$', log.read_text(), re.MULTILINE)[:2]
    assert host.endswith("/host")
    return os.path.realpath(guard)


def is_jig_up(words: list, project: pathlib.Path) -> None:
    """The one whose version is that of the words: it runs the Procfile here."""
    project.mkdir()
    (project / "Procfile").write_text("web: echo from the Procfile\n")
    (project / "run").mkdir(mode=0o700)
    variables = {"JIG_RUNTIME_DIR": str(project / "run"), "PATH": "/usr/bin:/bin"}
    assert "from the Procfile" in said([*words, "up"], project, **variables)


def test_jig_finds_its_jig_up(moved, tmp_path):
    is_jig_up([moved / "bin" / "jig"], tmp_path / "project")


def test_jig_finds_its_jig_up_through_a_chain_of_links(moved, tmp_path):
    (tmp_path / "first").symlink_to(moved / "bin" / "jig")
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "jig").symlink_to("../first")
    is_jig_up([tmp_path / "commands" / "jig"], tmp_path / "project")


def test_jig_finds_its_jig_up_through_a_link_in_path(moved, tmp_path):
    (tmp_path / "jig").symlink_to(moved / "bin" / "jig")
    words = ["env", f"PATH={tmp_path}:/usr/bin:/bin", "jig"]
    is_jig_up(words, tmp_path / "project")


@needs_none_installed
def test_a_jig_up_that_is_missing_is_named(moved, tmp_path):
    """So none of the tests above has found that of another installation."""
    for program in moved.rglob("jig-up"):
        program.unlink()
    (tmp_path / "Procfile").write_text("web: true\n")
    done = subprocess.run(
        [moved / "bin" / "jig", "up"],
        cwd=tmp_path,
        env=environment(PATH="/usr/bin:/bin"),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == NOT_FOUND
    assert "cannot execute jig-up" in done.stderr


def test_libjig_finds_its_jig(moved, host, tmp_path):
    folder = str(library_of(moved).parent)
    guard = guard_of([host], tmp_path, LD_LIBRARY_PATH=folder, PATH="/usr/bin:/bin")
    assert guard == f"{moved}/bin/jig"


def test_libjig_finds_its_jig_when_it_was_loaded_by_a_relative_path(moved, host):
    """And the host has changed its working directory since."""
    folder = str(library_of(moved).parent.relative_to(moved.parent))
    guard = guard_of([host, "/"], moved.parent, LD_LIBRARY_PATH=folder, PATH="/usr/bin:/bin")
    assert guard == f"{moved}/bin/jig"


def test_libjig_finds_its_jig_when_it_is_a_link(moved, host, tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libjig.so.1").symlink_to(library_of(moved))
    folder = str(tmp_path / "lib")
    guard = guard_of([host], tmp_path, LD_LIBRARY_PATH=folder, PATH="/usr/bin:/bin")
    assert guard == f"{moved}/bin/jig"


def test_the_variable_is_stronger_than_the_place(moved, host, original, tmp_path):
    program = original / "bin" / "jig"
    folder = str(library_of(moved).parent)
    variables = {"LD_LIBRARY_PATH": folder, "JIG_PROGRAM": str(program)}
    assert guard_of([host], tmp_path, **variables) == str(program)


@needs_none_installed
def test_libjig_without_its_jig_takes_that_in_path(moved, host, original, tmp_path):
    (moved / "bin" / "jig").unlink()
    program = original / "bin" / "jig"
    variables = {"PATH": f"{program.parent}:/usr/bin:/bin"}
    folder = str(library_of(moved).parent)
    assert guard_of([host], tmp_path, LD_LIBRARY_PATH=folder, **variables) == str(program)


@needs_none_installed
def test_a_program_with_libjig_a_does_not_take_what_is_beside_itself(moved, original):
    """It may be anything: the program is not part of our installation."""
    folder = library_of(moved).parent
    (folder / "host.c").write_text(HOST)
    words = ["cc", "host.c", "-o", "host", f"-I{moved / 'include'}", "libjig.a"]
    said(words, folder)
    program = original / "bin" / "jig"
    path = f"{program.parent}:/usr/bin:/bin"
    assert guard_of([folder / "host"], folder, PATH=path) == str(program)
