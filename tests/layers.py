#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check that an include in src/ only points down the layers (DESIGN.md).

Prints each one that does not; exit status 1 when there are any.
"""

import pathlib
import re
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

#: From the bottom up.
LAYERS = ("base", "proc", "cage", "core", "job", "app", "cli", "up")

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def includes(path: pathlib.Path) -> list[str]:
    return _INCLUDE.findall(path.read_text())


def wrong_includes(path: pathlib.Path) -> Iterator[str]:
    """What @path includes from a layer above its own, or from nowhere."""
    own = LAYERS.index(path.parent.name)
    for name in includes(path):
        layer = name.split("/")[0]
        if layer not in LAYERS or not (SRC / name).is_file():
            yield f'"{name}" is no header of src/'
        elif LAYERS.index(layer) > own:
            yield f'"{name}" is above {path.parent.name}/'


def violations() -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {wrong}"
        for path in sorted(SRC.rglob("*.[ch]"))
        for wrong in wrong_includes(path)
    ]


def main() -> int:
    found = violations()
    print("\n".join(found) or "layers: every include points down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
