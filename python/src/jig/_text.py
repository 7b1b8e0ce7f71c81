# SPDX-License-Identifier: MIT
"""Makes texts of other programs safe for a terminal."""

from __future__ import annotations

import re

#: ECMA-48: colours and cursor moves (CSI), titles and other strings (OSC, …).
_SEQUENCES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])"
)
#: C0, DEL, C1, characters that change the direction of writing, line separators,
#: and bytes that were not UTF-8: as text_clean() in src/base/text.h.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Replace each control character by '?', for one line of a terminal."""
    return _CONTROLS.sub("?", text)


def clean_lines(text: str) -> list[str]:
    """The lines of a program's output, without control sequences."""
    return [clean(line) for line in _SEQUENCES.sub("", text).splitlines()]
