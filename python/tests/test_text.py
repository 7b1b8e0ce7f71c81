# SPDX-License-Identifier: MIT
"""What programs say stands in errors as text that cannot control a terminal."""

from __future__ import annotations

import pytest
from jig._text import clean, clean_lines


CONTROLS = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    "\u061c",
    *"\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2066\u2067\u2068\u2069",
    *"\ud800\udc80\udfff",  # Bytes that were not UTF-8: surrogateescape.
]


def test_a_control_is_a_question_mark():
    assert {c: clean(f"a{c}b") for c in CONTROLS} == dict.fromkeys(CONTROLS, "a?b")


@pytest.mark.parametrize("text", ["", "plain", "Grüße", "漢字", "👍🏽", "e\u0301", "\xa0"])
def test_text_stays_as_it_is(text):
    assert clean(text) == text
    assert clean_lines(text) == ([text] if text else [])


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[31m",
        "\x1b[0;38;5;1m",
        "\x1b[?25l",
        "\x1b[2 q",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x/\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1b(B",
        "\x1bc",
    ],
    ids=ascii,
)
def test_a_control_sequence_is_left_out(sequence):
    assert clean_lines(f"a{sequence}b") == ["ab"]


def test_a_sequence_that_is_cut_off_controls_nothing():
    assert clean_lines("a\x1b[3") == ["a3"]
    assert clean_lines("a\x1b]0;title") == ["a0;title"]
    assert clean_lines("\x1b") == ["?"]
    assert clean_lines("a\x1b]0;b\x1b[31mc") == ["a0;bc"]


def test_lines_end_as_a_terminal_ends_them():
    assert clean_lines("one\ntwo\r\nthree\n") == ["one", "two", "three"]
    assert clean_lines("10%\r20%\r") == ["10%", "20%"]


def test_sequences_without_an_end_are_looked_at_once():
    """A program may print as many as it likes: a search to the end from each
    of them would take hours."""
    assert clean_lines("\x1b]" * 500_000 + "end") == ["end"]
