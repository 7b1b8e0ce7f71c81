#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Build the extension and the static program; all else is in pyproject.toml.

libjig.a and jig come from meson: from the tree around us, or in an sdist from
its copy in libjig/. JIG_BUILD names a build directory that has them already.
"""

import os
import pathlib
import re
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
TREE = next(top for top in (HERE / "libjig", HERE.parent) if top.is_dir())

#: What meson needs for the two; the tests stay behind.
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


def version() -> str:
    text = (TREE / "meson.build").read_text()
    return re.search(r"^\s*version: '([\d.]+)'", text, re.MULTILINE)[1]


def meson_build(place: pathlib.Path) -> pathlib.Path:
    """A meson build directory with libjig.a and jig."""
    if os.environ.get("JIG_BUILD"):
        return pathlib.Path(os.environ["JIG_BUILD"]).resolve()
    if not (place / "build.ninja").exists():
        subprocess.run(
            ["meson", "setup", str(place), str(TREE), "-Dtests=false"], check=True
        )
    subprocess.run(["ninja", "-C", str(place), "jig", "src/libjig.a"], check=True)
    return place


class BuildExtension(build_ext):
    """Link libjig.a into the extension and lay the program beside it."""

    def run(self):
        built = meson_build(pathlib.Path(self.build_temp).resolve() / "meson")
        for extension in self.extensions:
            extension.extra_objects = [str(built / "src" / "libjig.a")]
        super().run()
        self._add_program(built / "jig")

    def _add_program(self, program: pathlib.Path) -> None:
        package = pathlib.Path(self.get_ext_fullpath("jig._jig")).parent
        (package / "bin").mkdir(parents=True, exist_ok=True)
        shutil.copy(program, package / "bin" / "jig")


class SourceDistribution(sdist):
    """Carry the C sources along, as libjig/."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        for part in _TREE_PARTS:
            target = pathlib.Path(base_dir, "libjig", part)
            target.parent.mkdir(parents=True, exist_ok=True)
            if (TREE / part).is_dir():
                shutil.copytree(TREE / part, target, dirs_exist_ok=True)
            else:
                shutil.copy2(TREE / part, target)


setup(
    version=version(),
    cmdclass={"build_ext": BuildExtension, "sdist": SourceDistribution},
    ext_modules=[
        Extension(
            "jig._jig",
            ["src/_jig/command.c", "src/_jig/fixture.c", "src/_jig/module.c"],
            depends=["src/_jig/command.h", "src/_jig/fixture.h"],
            include_dirs=[str(TREE / "include")],
            define_macros=[("Py_LIMITED_API", "0x03090000")],
            extra_compile_args=["-fvisibility=hidden"],
            py_limited_api=True,
        )
    ],
)
