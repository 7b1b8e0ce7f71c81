# SPDX-License-Identifier: MIT
"""The Node package as npm installs it, and other packages from npm.

Packages are made and installed once, below the build directory; other runs wait for
that at a lock. Without the network the tests that need other packages are skipped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tarfile

import pytest
from helpers import BUILD, TOP

#: Made by node/package.
DIST = BUILD / "node-tests" / "dist"
_PEERS = BUILD / "node-tests" / "peers"
_WANTED = TOP / "node" / "tests" / "runners" / "package.json"

_LIMIT_S = 600
_OFFLINE = ["--offline", "--no-update-notifier", "--no-audit", "--no-fund"]


@contextlib.contextmanager
def _locked():
    DIST.parent.mkdir(exist_ok=True)
    with open(DIST.parent / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cpu() -> str:
    return {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, "none")


def tarballs() -> list[pathlib.Path]:
    """The package and that of this machine, made of the jig under test. Each session
    makes them anew."""
    with _locked():
        mark = DIST.parent / f"made-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
        if not mark.exists():
            for old in DIST.parent.glob("made-*"):
                old.unlink()
            words = [str(TOP / "node" / "package"), str(DIST.parent / "new"), cpu()]
            subprocess.run(
                words, check=True, timeout=_LIMIT_S, env={**os.environ, "JIG_BUILD": str(BUILD)}
            )
            DIST.mkdir(exist_ok=True)
            made = list(DIST.parent.glob("new/dist/*.tgz"))
            # In one step: another session may be reading the one from before.
            for path in made:
                path.replace(DIST / path.name)
            for path in set(DIST.glob("*.tgz")) - {DIST / path.name for path in made}:
                path.unlink()
            mark.touch()
    return sorted(DIST.glob("*.tgz"))


def install(folder: pathlib.Path, env: dict[str, str]) -> None:
    """npm install of the tarballs, without a network."""
    need("npm")
    words = ["npm", "install", *_OFFLINE, *map(str, tarballs())]
    subprocess.run(
        words, check=True, cwd=folder, env=env, timeout=_LIMIT_S, stdout=subprocess.DEVNULL
    )


def unpack(modules: pathlib.Path) -> None:
    """The same, as npm would leave it."""
    for path in tarballs():
        with tarfile.open(path) as tar:
            tar.extractall(modules)
        name = path.name.rpartition("-")[0]
        (modules / "package").rename(modules / name)
    (modules / ".bin").mkdir()
    (modules / ".bin" / "jig").symlink_to("../jig-fixture/bin/jig")


def need(*programs: str) -> None:
    for name in programs:
        if not shutil.which(name):
            pytest.skip(f"not installed: {name}")


def peers() -> pathlib.Path:
    """node_modules with what node/tests/runners/package.json names."""
    need("npm")
    with _locked():
        mark = _PEERS / "installed"
        if not mark.exists() or mark.read_bytes() != _WANTED.read_bytes():
            shutil.rmtree(_PEERS, ignore_errors=True)
            _download()
            shutil.copy(_WANTED, mark)
        return _PEERS / "node_modules"


def _download() -> None:
    """At the first failure all tests of this session are skipped."""
    failed = DIST.parent / f"failed-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    if not failed.exists():
        _PEERS.mkdir()
        shutil.copy(_WANTED, _PEERS / "package.json")
        words = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
        env = {**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
        try:
            done = subprocess.run(
                words, cwd=_PEERS, env=env, timeout=_LIMIT_S, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            failed.write_text("npm install takes too long")
        else:
            if done.returncode == 0:
                return
            failed.write_text((done.stderr.strip().splitlines() or ["npm install"])[0])
    pytest.skip(f"no packages from npm: {failed.read_text()}")
