# SPDX-License-Identifier: MIT
"""Flags, types and machines of a build. Here meson only reports how it would build;
tests/builds/matrix builds, for ./check."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from helpers import TOP

FLAGS = {
    "CPPFLAGS": "-DFROM_CPPFLAGS=1 -D_FORTIFY_SOURCE=2",
    "CFLAGS": "-O3 -fstack-protector-strong",
    "LDFLAGS": "-Wl,-z,relro -Wl,-z,now",
}
LIBCS = ["musl", "static", "host"]


def configure(build: pathlib.Path, *options: str, **variables: str) -> str:
    """What meson says, as far as it gets."""
    environment = {k: v for k, v in os.environ.items() if k not in {*FLAGS, "CC"}}
    done = subprocess.run(
        ["meson", "setup", str(build), str(TOP), "-Dtests=false", *options],
        env=environment | variables,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return done.stdout


def compile_command(build: pathlib.Path, of: str = "src/cli/main.c") -> list[str]:
    """How jig's object of that source is made."""
    commands = json.loads((build / "compile_commands.json").read_text())
    name = "jig.p/" + of.replace("/", "_") + ".o"
    (command,) = [c["command"] for c in commands if c["output"] == name]
    return command.split()


def link_flags(build: pathlib.Path) -> list[str]:
    rules = (build / "build.ninja").read_text().split("\n\n")
    (rule,) = [r for r in rules if r.startswith("build jig: ")]
    (line,) = [x for x in rule.splitlines() if x.strip().startswith("LINK_ARGS =")]
    return line.split()


def words(variable: str) -> set[str]:
    return set(FLAGS[variable].split())


@pytest.mark.parametrize("libc", LIBCS)
def test_flags_of_the_environment_reach_the_command(tmp_path, libc):
    """And they win over what jig chooses itself (-Os with musl)."""
    assert f"libc of jig: {libc}" in configure(tmp_path / "b", f"-Dlibc={libc}", **FLAGS)
    missing = words("CPPFLAGS") | words("CFLAGS")
    missing -= set(compile_command(tmp_path / "b"))
    missing |= words("LDFLAGS") - set(link_flags(tmp_path / "b"))
    assert missing == set()
    assert optimization(compile_command(tmp_path / "b")) == "-O3"


def optimization(command: list[str]) -> str:
    """The last one counts."""
    return [word for word in command if word.startswith("-O")][-1]


@pytest.mark.parametrize(
    "libc, kind, flag", [("musl", "release", "-O3"), ("static", "minsize", "-Os")]
)
def test_the_build_type_is_that_of_the_command(tmp_path, libc, kind, flag):
    configure(tmp_path / "b", f"-Dlibc={libc}", f"--buildtype={kind}", "-Db_lto=true")
    command = compile_command(tmp_path / "b")
    assert optimization(command) == flag
    assert [w for w in command if w.startswith("-flto")]
    assert [w for w in link_flags(tmp_path / "b") if w.startswith("-flto")]


def test_warnings_are_no_errors_by_default(tmp_path):
    configure(tmp_path / "b")
    assert "-Werror" not in compile_command(tmp_path / "b")


def test_a_sanitized_command_is_dynamic(tmp_path):
    """No sanitizer is in a static program, nor in musl."""
    said = configure(tmp_path / "b", "-Db_sanitize=address,undefined")
    assert "libc of jig: host" in said
    assert "-static" not in link_flags(tmp_path / "b")


def test_a_cross_build_leaves_the_machines_musl_alone(tmp_path):
    """musl-gcc in PATH makes programs for this machine."""
    assert shutil.which("musl-gcc")
    cross = TOP / "tools" / "cross" / "aarch64-linux-gnu.ini"
    said = configure(tmp_path / "b", f"--cross-file={cross}", "-Dup=disabled")
    assert "libc of jig: static" in said
    assert compile_command(tmp_path / "b")[0] == "aarch64-linux-gnu-gcc"
    assert not [w for w in link_flags(tmp_path / "b") if "musl" in w]


def test_a_compiler_that_has_no_musl_is_refused_with_the_reason(tmp_path):
    said = configure(tmp_path / "b", "-Dlibc=musl", CC="clang")
    assert "the compiler does not link with the specs file of musl-gcc" in said
    assert "libc of jig: static" in configure(tmp_path / "c", CC="clang")


@pytest.mark.parametrize("kind, has_shared", [("shared", True), ("static", False)])
def test_the_shared_library_is_installed_if_it_is_wanted(tmp_path, kind, has_shared):
    configure(tmp_path / "b", f"-Ddefault_library={kind}", "--libdir=lib")
    words = ["meson", "introspect", "--installed", str(tmp_path / "b")]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    names = {pathlib.Path(path).name for path in json.loads(said.stdout).values()}
    assert {"jig.h", "libjig.a", "libjig.pc"} <= names
    assert bool([name for name in names if ".so" in name]) == has_shared


def test_a_unity_build_is_refused_with_the_reason(tmp_path):
    said = configure(tmp_path / "b", "--unity=on")
    assert "names of static functions are those of one file" in said
    assert not (tmp_path / "b" / "build.ninja").exists()


def test_check_says_that_ordinary_users_cannot_reach_it():
    """Below a home with mode 0700 the tests that run as one would fail."""
    if os.geteuid() != 0:
        pytest.skip("an ordinary user's tests are all that user's")
    with tempfile.TemporaryDirectory() as home:  # Made with mode 0700.
        tree = pathlib.Path(home) / "jig"
        (tree / "tools").mkdir(parents=True)
        for part in ("check", "tools/reachable"):
            shutil.copy(TOP / part, tree / part)
        done = subprocess.run([tree / "check"], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"cannot enter {home}/ (mode 700)" in done.stderr
        assert f"chmod o+x {home}/" in done.stderr
        os.chmod(home, 0o711)
        reachable = [tree / "tools" / "reachable", tree]
        assert subprocess.run(reachable, timeout=60).returncode == 0
