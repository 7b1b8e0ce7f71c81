# SPDX-License-Identifier: MIT
"""Links between the pages of a site that lead to nothing."""

from __future__ import annotations

import os
import pathlib
import re
from html.parser import HTMLParser


class Links(HTMLParser):
    """The anchors of a page, and what it refers to."""

    def __init__(self, text: str):
        super().__init__()
        self.anchors: set[str] = {""}
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value)
            elif name in {"href", "src"}:
                self.targets.append(value)


def broken_links(place: pathlib.Path) -> list[str]:
    """Links in @place to files or anchors that are not there."""
    pages = {path: Links(path.read_text()) for path in sorted(place.rglob("*.html"))}
    broken = []
    for path, links in pages.items():
        for target in links.targets:
            name, _, anchor = target.partition("#")
            if re.match(r"[a-z]+:", name):
                continue
            other = pathlib.Path(os.path.normpath(path.parent / name)) if name else path
            if not other.is_file() or (
                other in pages and anchor not in pages[other].anchors
            ):
                broken.append(f"{path.relative_to(place)}: {target}")
    return broken
