# SPDX-License-Identifier: MIT
"""Flags, types and machines of a build. Here meson only reports how it would build;
tests/builds/matrix builds, for ./check."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
from helpers import TOP, built

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


def installed(build: pathlib.Path) -> set[str]:
    words = ["meson", "introspect", "--installed", str(build)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return {pathlib.Path(path).name for path in json.loads(said.stdout).values()}


@pytest.mark.parametrize(
    "options, has_shared, has_static",
    [
        ([], True, True),
        (["--default-library=both"], True, True),
        (["--default-library=shared"], True, False),
        (["--default-library=static"], False, True),
    ],
)
def test_the_kind_of_library_that_is_wanted_is_installed(
    tmp_path, options, has_shared, has_static
):
    configure(tmp_path / "b", *options)
    names = installed(tmp_path / "b")
    assert {"jig.h", "libjig.pc"} <= names
    assert bool([name for name in names if ".so" in name]) == has_shared
    assert ("libjig.a" in names) == has_static


def without(folder: pathlib.Path, *programs: str) -> str:
    """PATH without these programs; the others are links in the folder."""
    folder.mkdir()
    for place in os.environ["PATH"].split(":"):
        for program in pathlib.Path(place).glob("*"):
            if program.name not in programs and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    return str(folder)


def test_a_packager_needs_neither_python_nor_musl_nor_the_tests_libraries(tmp_path):
    """All that is built then is installed, or a part of what is. (meson itself is
    written in Python; nothing else is.)"""
    path = without(tmp_path / "bin", "musl-gcc", "clang")
    (tmp_path / "pc").mkdir()
    said = configure(
        tmp_path / "b",
        "-Dbench=false",
        "-Dup=disabled",
        PATH=path,
        PKG_CONFIG_LIBDIR=str(tmp_path / "pc"),
    )
    assert "libc of jig: static" in said
    assert "cmocka" not in said
    rules = (tmp_path / "b" / "build.ninja").read_text()
    assert not re.findall(r"^build (?:bench|examples|tests)/", rules, re.MULTILINE)
    commands = re.findall(r"^ *(?:command|COMMAND) = (.*)$", rules, re.MULTILINE)
    theirs = [line for line in commands if "python" in line and "meson" not in line]
    assert theirs == []


@pytest.mark.parametrize("missing", ["libuv", "yaml-0.1"])
def test_a_build_without_jig_up_says_so_loudly(tmp_path, missing):
    (tmp_path / "pc").mkdir()
    variables = {"PKG_CONFIG_LIBDIR": str(tmp_path / "pc")}
    (here,) = {"libuv", "yaml-0.1"} - {missing}
    (tmp_path / "pc" / f"{here}.pc").write_text(
        f"Name: {here}\nDescription: it\nVersion: 1.40\nLibs:\nCflags:\n"
    )
    said = configure(tmp_path / "b", **variables)
    assert re.search("WARNING: libuv or libyaml was not found: `jig up` .*LEFT OUT", said)
    assert re.search("jig up *: LEFT OUT: libuv or libyaml was not found", said)
    assert "jig-up" not in installed(tmp_path / "b")
    said = configure(tmp_path / "c", "-Dup=enabled", **variables)
    assert f'Dependency "{missing}" not found' in said
    assert not (tmp_path / "c" / "build.ninja").exists()


def test_a_build_with_jig_up_says_so(tmp_path):
    said = configure(tmp_path / "b", "-Dup=enabled")
    assert re.search("jig up *: dynamic", said)
    assert "LEFT OUT" not in said
    assert "jig-up" in installed(tmp_path / "b")


def test_debian_looks_where_the_library_is_installed(tmp_path):
    """Debian 13 without dpkg-dev: meson's default is lib64 there."""
    if not os.path.exists("/etc/debian_version"):
        pytest.skip("it is Debian's rule")
    said = configure(tmp_path / "b", "--libdir=lib64")
    assert "libraries go to lib/" in said
    words = ["meson", "introspect", "--installed", str(tmp_path / "b")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    paths = json.loads(done.stdout).values()
    places = [path for path in paths if path.endswith((".so.1", ".a", ".pc"))]
    assert len(places) >= 3
    assert not [path for path in places if "/lib64/" in path]
    (written,) = (tmp_path / "b").rglob("libjig.pc")
    assert "\nlibdir=${prefix}/lib/" in written.read_text()


def test_the_version_of_the_packages_is_that_of_the_build():
    build = re.search(r"version: '([^']+)'", (TOP / "meson.build").read_text())[1]
    package = (TOP / "debian" / "changelog").read_text().split()[1]
    assert package == f"({build})"


def test_the_symbols_of_the_package_are_those_of_the_library():
    words = ["nm", "-D", "--defined-only", str(built("src/libjig.so"))]
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    library = {word for word in said.stdout.split() if word.startswith("jig_")}
    symbols = (TOP / "debian" / "libjig1.symbols").read_text()
    package = set(re.findall(r"^ (jig_\w+@JIG_1) ", symbols, re.MULTILINE))
    assert {name.replace("@@", "@") for name in library} == package


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
