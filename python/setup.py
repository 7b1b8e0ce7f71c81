#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Build the extension and the programs; all else is in pyproject.toml.

libjig.a, jig and jig-up come from meson: from the tree around us, or in an sdist
from its copy in libjig/. JIG_BUILD names a build directory that has them already;
what comes from there is not stripped.

JIG_WHEEL_LIBC=musl links the extension with musl-gcc, for a Python that was built with
musl. The programs are static, and the same in both wheels.

The wheel has the programs twice. jig/bin/ is what the library starts: it is found
wherever the package is. The scripts are what a shell finds. They are the programs
themselves and no programs in Python, which would start more slowly and ignore
SIGPIPE, whatever their caller has chosen.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    from wheel.bdist_wheel import bdist_wheel

from distutils.command.build_scripts import build_scripts  # isort: skip

HERE = pathlib.Path(__file__).resolve().parent
TREE = next(top for top in (HERE / "libjig", HERE.parent) if top.is_dir())

sys.path.insert(0, str(HERE))
import platform_tag  # noqa: E402

#: Of another build, with its own flags: a sanitized one, say.
READY_BUILD = os.environ.get("JIG_BUILD")

#: Whether the extension is for a Python that was built with musl.
MUSL = os.environ.get("JIG_WHEEL_LIBC") == "musl"

#: What meson needs for these; the tests stay behind.
_TREE_PARTS = (
    "LICENSE",
    "meson.build",
    "meson_options.txt",
    "include",
    "src",
    "man",
    "completions",
    "examples",
    "bench",
)

_PROGRAMS = ("jig", "jig-up")

#: Debian's packages of what is linked into the programs, with its licence.
_LINKED = {"jig": ["musl-dev"], "jig-up": ["libuv1-dev", "libyaml-dev", "libc6-dev"]}


def version() -> str:
    text = (TREE / "meson.build").read_text()
    return re.search(r"^\s*version: '([\d.]+)'", text, re.MULTILINE)[1]


def up_options() -> list[str]:
    """A static jig-up, where there is a static libuv."""
    found = shutil.which("pkg-config") and subprocess.run(
        ["pkg-config", "--exists", "libuv-static", "yaml-0.1"]
    )
    return ["-Dup_libc=static"] if found and found.returncode == 0 else []


def musl_arguments() -> list[str]:
    """musl's headers first; then those of the kernel, and Python's."""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    folders = ["/usr/include", f"/usr/include/{multiarch}"]
    return [word for folder in folders for word in ("-idirafter", folder)]


def musl_library(place: pathlib.Path) -> pathlib.Path:
    """libjig.a for a host that was linked with musl."""
    if not (place / "build.ninja").exists():
        command = ["meson", "setup", place, TREE, "-Dtests=false", "-Dbench=false"]
        options = ["-Dup=disabled", "-Dlibc=host"]
        arguments = "-Dc_args=" + " ".join(musl_arguments())
        environment = {**os.environ, "CC": "musl-gcc"}
        subprocess.run([*command, *options, arguments], check=True, env=environment)
    subprocess.run(["ninja", "-C", place, "src/libjig.a"], check=True)
    return place / "src" / "libjig.a"


def meson_build(place: pathlib.Path) -> pathlib.Path:
    """A meson build directory with libjig.a, jig, and perhaps jig-up."""
    if READY_BUILD:
        return pathlib.Path(READY_BUILD).resolve()
    if not (place / "build.ninja").exists():
        subprocess.run(
            ["meson", "setup", place, TREE, "-Dtests=false", *up_options()], check=True
        )
    has_up = "build jig-up:" in (place / "build.ninja").read_text()
    programs = _PROGRAMS if has_up else _PROGRAMS[:1]
    subprocess.run(["ninja", "-C", place, *programs, "src/libjig.a"], check=True)
    return place


class BuildExtension(build_ext):
    """Link libjig.a into the extension, and put the programs beside it."""

    def build_extensions(self):
        if MUSL:
            compiler = ["musl-gcc", "-O2", "-fPIC", "-Wall", *musl_arguments()]
            self.compiler.set_executable("compiler_so", compiler)
            self.compiler.set_executable("linker_so", "musl-gcc -shared")
            # Those of this machine's own libc.
            self.compiler.set_library_dirs([])
        super().build_extensions()

    def initialize_options(self):
        super().initialize_options()
        #: What was built: the extension, then the programs.
        self.files = []

    def run(self):
        place = pathlib.Path(self.build_temp).resolve()
        built = meson_build(place / "meson")
        library = musl_library(place / "musl") if MUSL else built / "src" / "libjig.a"
        for extension in self.extensions:
            extension.extra_objects = [str(library)]
        super().run()
        self.files = [pathlib.Path(self.get_ext_fullpath("jig._jig"))]
        for name in _PROGRAMS:
            if (built / name).exists():
                self._add_program(built / name)

    @property
    def programs(self) -> list[pathlib.Path]:
        return self.files[1:]

    def _add_program(self, program: pathlib.Path) -> None:
        target = self.files[0].with_name("bin") / program.name
        (target.parent / "licenses").mkdir(parents=True, exist_ok=True)
        shutil.copy(program, target)
        if not READY_BUILD:
            subprocess.run(["strip", target], check=True)
        self.files.append(target)
        for package in _LINKED[program.name]:
            licence = pathlib.Path("/usr/share/doc", package, "copyright")
            if licence.exists():
                shutil.copy(licence, target.parent / "licenses" / f"{package}.txt")


class BuildScripts(build_scripts):
    """The programs as they are: the usual command reads scripts as text."""

    def get_source_files(self):
        return []

    def run(self):
        self.mkpath(self.build_dir)
        for program in self.get_finalized_command("build_ext").programs:
            shutil.copy(program, self.build_dir)


class Wheel(bdist_wheel):
    """With the tag that is true of the files, which are built when this is asked."""

    def get_tag(self):
        python, abi, platform = super().get_tag()
        files = self.get_finalized_command("build_ext").files
        tag_of = platform_tag.musllinux if MUSL else platform_tag.manylinux
        tag = files and tag_of(files)
        if tag:
            platform = platform.replace("linux", tag, 1)
        return python, abi, platform


class SourceDistribution(sdist):
    """Carry the C sources along, as libjig/."""

    def initialize_options(self):
        super().initialize_options()
        # As PEP 625 asks for; setuptools does it from 69.3 on.
        self.distribution.get_fullname = lambda: f"jig_fixture-{version()}"

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        base = pathlib.Path(base_dir)
        for part in _TREE_PARTS:
            target = base / "libjig" / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if (TREE / part).is_dir():
                shutil.copytree(TREE / part, target, dirs_exist_ok=True)
            else:
                shutil.copy2(TREE / part, target)
        # In a checkout it is a link to the file above.
        (base / "LICENSE").unlink()
        shutil.copy2(TREE / "LICENSE", base)


setup(
    version=version(),
    # Not empty: there are scripts. Their names are those of the programs.
    scripts=["setup.py"],
    cmdclass={
        "bdist_wheel": Wheel,
        "build_ext": BuildExtension,
        "build_scripts": BuildScripts,
        "sdist": SourceDistribution,
    },
    ext_modules=[
        Extension(
            "jig._jig",
            [
                "src/_jig/command.c",
                "src/_jig/fixture.c",
                "src/_jig/module.c",
                "src/_jig/older_glibc.c",
            ],
            depends=["src/_jig/command.h", "src/_jig/fixture.h"],
            include_dirs=[str(TREE / "include")],
            define_macros=[("Py_LIMITED_API", "0x03090000"), ("_GNU_SOURCE", None)],
            extra_compile_args=["-fvisibility=hidden"],
            extra_link_args=[] if READY_BUILD else ["-Wl,-s"],
            py_limited_api=True,
        )
    ],
)
