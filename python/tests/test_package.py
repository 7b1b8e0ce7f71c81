# SPDX-License-Identifier: MIT
"""The package as it is installed: the wheel, an own environment, sanitizers."""

from __future__ import annotations

import ast
import email
import fnmatch
import importlib
import importlib.util
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile

import jig
import pytest
from conftest import TOP
from waiting import DEADLINE_S

SITE = pathlib.Path(jig.__file__).parents[1]
DIST = SITE.parent / "dist"

SMOKE = (pathlib.Path(__file__).parent / "smoke.py").read_text()


def only(pattern: str) -> pathlib.Path:
    found = list(DIST.glob(pattern))
    if len(found) != 1:
        pytest.skip(f"no {pattern} in {DIST}: the package is not from python/package")
    return found[0]


def run(command, status: int = 0, **options) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=6 * DEADLINE_S,
        **options,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


CLEAN = {
    key: value
    for key, value in os.environ.items()
    if key not in ("PYTHONPATH", "JIG_PROGRAM")
}

NAMES = (
    *("_jig.abi3.so", "_jig.pyi", "_popen_types.pyi", "py.typed", "pytest_plugin.py"),
    *("bin/jig", "bin/jig-up"),
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> pathlib.Path:
    place = tmp_path_factory.mktemp("wheel")
    zipfile.ZipFile(only("*.whl")).extractall(place)
    return place


def elf_files(place: pathlib.Path) -> list[pathlib.Path]:
    files = [path for path in place.rglob("*") if path.is_file()]
    return [path for path in files if path.read_bytes()[:4] == b"\x7fELF"]


def test_the_wheel_serves_every_python_and_carries_the_programs(unpacked):
    name = only("*.whl").name
    assert re.fullmatch(r"jig_fixture-[\d.]+-cp39-abi3-manylinux_2_28_\w+\.whl", name)
    for name in NAMES:
        assert (unpacked / "jig" / name).is_file()
    # In the package, and for a shell: the same programs.
    for name in ("jig", "jig-up"):
        (script,) = unpacked.glob(f"*.data/scripts/{name}")
        program = unpacked / "jig" / "bin" / name
        assert script.read_bytes() == program.read_bytes()
    assert len(elf_files(unpacked)) == 5


def test_the_wheel_has_its_licence_and_those_of_what_it_links(unpacked):
    (licence,) = unpacked.glob("*.dist-info/LICENSE")
    assert licence.read_text() == (TOP / "LICENSE").read_text()
    folder = unpacked / "jig" / "bin" / "licenses"
    for package in ("libuv1-dev", "libyaml-dev", "libc6-dev", "musl-dev"):
        source = pathlib.Path("/usr/share/doc", package, "copyright")
        if source.exists():
            assert (folder / f"{package}.txt").read_bytes() == source.read_bytes()


def test_no_file_of_the_wheel_needs_more_than_its_tag_says(unpacked):
    """By nm and ldd, and not by what has chosen the tag: objdump's list."""
    for path in elf_files(unpacked):
        symbols = run(["nm", "--dynamic", "--undefined-only", path])
        versions = re.findall(r"@GLIBC_(\d+)\.(\d+)", symbols)
        assert all((int(major), int(minor)) <= (2, 28) for major, minor in versions)
        libraries = run(["sh", "-c", 'ldd "$1" 2>&1 || true', "sh", path])
        assert "not a dynamic executable" in libraries or set(
            re.findall(r"(\S+) => ", libraries)
        ) == {"libc.so.6"}
    assert run(["nm", "--dynamic", unpacked / "jig" / "_jig.abi3.so"]).count("@GLIBC_")


def test_no_file_of_the_wheel_has_debug_information(unpacked):
    for path in elf_files(unpacked):
        sections = run(["readelf", "--sections", "--wide", path])
        assert ".text" in sections
        assert ".debug_" not in sections and ".symtab" not in sections


def platform_tag():
    path = TOP / "python" / "platform_tag.py"
    spec = importlib.util.spec_from_file_location("platform_tag", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("libc", "text", "tag"),
    [
        ("manylinux", "  NEEDED  libc.so.6\n 0x1 0x00 05 GLIBC_2.2.5\n", "2_17"),
        ("manylinux", "  NEEDED  libc.so.6\n 0x1 0x00 05 GLIBC_2.18\n", "2_28"),
        ("manylinux", "  NEEDED  libm.so.6\n 0x1 0x00 05 GLIBC_2.33\n", "2_34"),
        ("manylinux", "  NEEDED  libc.so.6\n 0x1 0x00 05 GLIBC_2.99\n", "2_99"),
        ("manylinux", "  NEEDED  libc.so.6\n 0x1 0x00 05 GLIBC_ABI_DT_RELR\n", "2_39"),
        ("manylinux", "  NEEDED  libuv.so.1\n", None),
        ("manylinux", "  NEEDED  libc.musl-x86_64.so.1\n", None),
        ("musllinux", "  NEEDED  libc.so\n", "1_2"),
        ("musllinux", "", "1_2"),
        ("musllinux", "  NEEDED  libc.so\n  NEEDED  libc.so.6\n", None),
        ("musllinux", "  NEEDED  libuv.so.1\n", None),
    ],
)
def test_the_tag_is_the_oldest_libc_that_suffices(libc, text, tag, monkeypatch):
    module = platform_tag()
    monkeypatch.setattr(module, "dynamic_section", lambda path: text)
    monkeypatch.setattr(module, "musl_version", lambda: (1, 2))
    found = getattr(module, libc)([pathlib.Path("file")])
    assert found == (tag and f"{libc}_{tag}")


def test_the_version_of_musl_is_the_installed_one():
    if not shutil.which("musl-gcc"):
        pytest.skip("no musl-gcc")
    assert (1, 1) <= platform_tag().musl_version() < (2, 0)


def test_an_index_accepts_the_metadata():
    if not shutil.which("twine"):
        pytest.skip("no twine")
    said = run(["twine", "check", "--strict", only("*.whl"), only("*.tar.gz")])
    assert said.count("PASSED") == 2


def test_the_metadata_names_the_distribution(unpacked):
    (path,) = unpacked.glob("*.dist-info/METADATA")
    head, text = email.message_from_string(path.read_text()), path.read_text()
    assert head["Name"] == "jig-fixture" and head["Version"] == jig.__version__
    assert head["Requires-Python"] == ">=3.9" and head["License-File"] == "LICENSE"
    assert head["Description-Content-Type"] == "text/markdown"
    assert (TOP / "python" / "README.md").read_text().strip() in text
    assert only("*.tar.gz").name == f"jig_fixture-{jig.__version__}.tar.gz"


def test_the_sdist_builds_alone(tmp_path):
    """python/package makes the wheel of the unpacked sdist, with what the sdist asks
    for: the frontend refuses to build if a requirement is missing."""
    with tarfile.open(only("*.tar.gz")) as sdist:
        sdist.extractall(tmp_path)
    (tree,) = tmp_path.iterdir()
    assert tree.name == f"jig_fixture-{jig.__version__}"
    assert (tree / "LICENSE").is_file() and not (tree / "LICENSE").is_symlink()
    assert [path for path in tree.rglob("*") if path.is_symlink()] == []
    log = (DIST.parent / "log").read_text()
    assert "Building wheel from sdist" in log and "jig_fixture" in log
    assert "--skip-dependency-check" not in (TOP / "python" / "package").read_text()
    asked = run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", tree],
        env=CLEAN | {"PATH": "/no/programs"},
        status=1,
    )
    assert "Missing dependencies" in asked and "ninja" in asked


def test_programs_that_are_missing_are_requirements_of_the_build(monkeypatch):
    """Of a distribution's meson and ninja, Python's installer knows nothing."""
    monkeypatch.syspath_prepend(str(TOP / "python"))
    backend = importlib.import_module("backend")
    # The original runs setup.py, which writes into the current directory.
    name = "get_requires_for_build_wheel"
    monkeypatch.setattr(backend.build_meta, name, lambda settings: ["wheel"])
    for path, added in ((os.environ["PATH"], []), ("", ["meson>=0.56", "ninja"])):
        monkeypatch.setenv("PATH", path)
        assert backend.get_requires_for_build_wheel() == ["wheel", *added]


def readme_line(start: str) -> list[str]:
    """The words of the README's line that begins so."""
    lines = (TOP / "README.md").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(start))
    return shlex.split(line, comments=True)


@pytest.fixture(scope="module")
def venv(tmp_path_factory) -> pathlib.Path:
    """An environment of its own in which the wheel is installed."""
    place = tmp_path_factory.mktemp("own") / "venv"
    run([sys.executable, "-m", "venv", "--system-site-packages", place], env=CLEAN)
    wheel = only("*.whl")
    words = readme_line("pip install")
    assert fnmatch.fnmatch(wheel.name, words.pop()), words
    pip = [place / "bin" / "python", "-m", *words, "-q", "--no-index"]
    run([*pip, wheel], env=CLEAN)
    return place


def test_the_wheel_can_be_installed_into_a_new_environment(venv, tmp_path):
    python = venv / "bin" / "python"
    said = run([python, "-c", SMOKE], env=CLEAN, cwd=tmp_path)
    assert f"jig from {venv}" in said
    said = run([python, "-m", "pytest", "--help"], env=CLEAN, cwd=tmp_path)
    assert "--jig-logs" in said


#: What a shell finds, and what Python finds.
COMMANDS = {"script": ["jig"], "module": ["python", "-m", "jig"]}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_an_environment_has_the_command_jig(words, venv, tmp_path):
    """With jig-up; and a command has the signals that its caller has chosen."""
    jig_words = [venv / "bin" / words[0], *words[1:]]
    env = CLEAN | {"JIG_RUNTIME_DIR": str(tmp_path)}
    assert run([*jig_words, "version"], env=env).split()[-1] == jig.__version__
    (tmp_path / "Procfile").write_text("web: echo served\n")
    said = run([*jig_words, "up"], env=env, cwd=tmp_path)
    assert "served" in said
    show = 'grep SigIgn /proc/$$/status; exit "$1"'
    done = subprocess.run(
        [*jig_words, "run", "--", "sh", "-c", show, "sh", "7"],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 7
    ignored = int(done.stdout.split()[1], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1))


def test_the_module_becomes_another_jig_if_asked(tmp_path):
    program = tmp_path / "other"
    program.write_text('#!/bin/sh\necho "other $*"\n')
    program.chmod(0o755)
    command = [sys.executable, "-m", "jig", "a", "b"]
    env = os.environ | {"JIG_PROGRAM": str(program)}
    assert run(command, env=env) == "other a b\n"
    env = os.environ | {"JIG_PROGRAM": "/no/such/jig"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "jig: cannot execute /no/such/jig: No such file or directory\n"
    )


def test_the_extension_is_clean_under_asan(tmp_path):
    """JIG_ASAN_SITE: python/package's site/ of a sanitized build."""
    site = os.environ.get("JIG_ASAN_SITE")
    if not site or not pathlib.Path(site).exists():
        pytest.skip("no sanitized extension: set JIG_ASAN_SITE")
    libasan = run(["gcc", "-print-file-name=libasan.so"]).strip()
    env = {
        **os.environ,
        "PYTHONPATH": site,
        "LD_PRELOAD": libasan,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
        "JIG_PROGRAM": str(SITE / "jig" / "bin" / "jig"),
    }
    said = run([sys.executable, "-c", SMOKE], env=env, cwd=tmp_path)
    assert f"jig from {site}" in said


def test_the_stub_names_what_the_extension_has():
    tree = ast.parse((SITE / "jig" / "_jig.pyi").read_text())
    declared = {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    (cls,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    methods = {node.name for node in cls.body if isinstance(node, ast.FunctionDef)}
    public = {name for name in vars(jig._jig) if not name.startswith("_")}
    assert declared | {"Fixture"} == public
    has = {name for name in vars(jig._jig.Fixture) if not name.startswith("__")}
    assert methods - {"__new__"} == has


def readme_blocks() -> list[tuple[str, str]]:
    text = (TOP / "python" / "README.md").read_text()
    return re.findall(r"^```(python|sh)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_every_example_of_the_readme_runs(venv, tmp_path):
    """In a directory with the server that they use; what defines tests, by pytest."""
    blocks = readme_blocks()
    assert [language for language, _ in blocks] == ["sh", "python", "python", "python"]
    shutil.copy(TOP / "python" / "tests" / "server.py", tmp_path)
    env = CLEAN | {"PATH": f"{venv}/bin:{os.environ['PATH']}"}
    for language, text in blocks:
        if language == "sh":
            said = run(["sh", "-euc", text], env=env, cwd=tmp_path)
            assert jig.__version__ in said
        elif "def test_" in text:
            (tmp_path / "test_example.py").write_text(text)
            options = ["-q", "-p", "no:cacheprovider"]
            said = run([*pytest_of(venv), *options], env=env, cwd=tmp_path)
            assert " passed" in said
        else:
            said = run([venv / "bin" / "python", "-c", text], env=env, cwd=tmp_path)
            expected = "in good health" if "urlopen" in text else "INFO:server:two"
            assert expected in said


def pytest_of(venv: pathlib.Path) -> list:
    return [venv / "bin" / "python", "-m", "pytest"]
