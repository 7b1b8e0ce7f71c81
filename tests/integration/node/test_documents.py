# SPDX-License-Identifier: MIT
"""Each example for Node in the documents works as it stands there.

The blocks marked `sh` and `js` of a page are run one after the other in one folder, with
the package installed.
"""

import re
import shutil

import helpers
import npm
import pytest
from helpers import TOP

PAGES = ("node/README.md", "docs/migration/node.md")

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
    for number, (language, block) in enumerate(blocks):
        for name in _PEERS.findall(block):
            link(modules, name)
        path = place.work / f"block{number}.{'mjs' if language == 'js' else 'sh'}"
        path.write_text(block)
        words = ["bash", "-euo", "pipefail"] if language == "sh" else node()
        env = place.env | {"NO_UPDATE_NOTIFIER": "1"}
        done = helpers.run(
            helpers.jig_run("--leftovers", "ignore", *words, str(path)),
            env=env, cwd=place.work, timeout=_LIMIT_S,
        )
        assert done.status == 0, block + done.out + done.err


def link(modules, name: str) -> None:
    if not (modules / name).exists():
        (modules / name).symlink_to(npm.peers() / name)
