# SPDX-License-Identifier: MIT
"""Each example for Node in the documents works as it stands there.

The blocks marked `sh` and `js` of a page are run one after the other in one folder, with
the package installed.
"""

import contextlib
import re
import shutil

import helpers
import npm
import pytest
import sshd
from helpers import TOP, stage

#: Its `host` is an sshd of the test.
_REMOTE = "node/README.md"
PAGES = (_REMOTE, "docs/migration/node.md")

#: No block takes as long, however loaded the machine is.
_LIMIT_S = 120

_BLOCK = re.compile(r"^```(sh|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Other packages that a block imports.
_PEERS = re.compile(r"from '(execa|tree-kill|vitest)'")


@pytest.mark.parametrize("page", PAGES)
def test_each_block_of_a_page_runs(page, place, node):
    modules = place.work / "node_modules"
    modules.mkdir()
    npm.unpack(modules)
    shutil.copy(TOP / "node" / "tests" / "server.js", place.work)
    text = (TOP / page).read_text()
    blocks = [(m[1], m[2]) for m in _BLOCK.finditer(text)]
    assert len(blocks) >= 5
    if page == _REMOTE:
        place.copy(stage.jig_path(), "jig")
    with sshd.serving(place) if page == _REMOTE else contextlib.nullcontext():
        for number, (language, block) in enumerate(blocks):
            run_block(place, node, f"block{number}", language, block)


def run_block(place, node, name: str, language: str, block: str) -> None:
    for peer in _PEERS.findall(block):
        link(place.work / "node_modules", peer)
    path = place.work / f"{name}.{'mjs' if language == 'js' else 'sh'}"
    path.write_text(block)
    words = ["bash", "-euo", "pipefail"] if language == "sh" else node()
    done = helpers.run(
        helpers.jig_run("--leftovers", "ignore", *words, str(path)),
        env=place.env | {"NO_UPDATE_NOTIFIER": "1"}, cwd=place.work, timeout=_LIMIT_S,
    )  # fmt: skip
    assert done.status == 0, block + done.out + done.err


def link(modules, name: str) -> None:
    if not (modules / name).exists():
        (modules / name).symlink_to(npm.peers() / name)
