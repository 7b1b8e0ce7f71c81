# SPDX-License-Identifier: MIT
"""What docs/STABILITY.md calls stable stays.

tests/abi/commands.txt names every command with its options. A new one is added to it
(python3 tests/integration/repository/test_stability.py writes it anew); what is in it
goes only with a new major version.
"""

from __future__ import annotations

import re

import pytest
from helpers import TOP
from promises import commands, is_there, named_in, shown_options

LIST = TOP / "tests" / "abi" / "commands.txt"

#: Which man/*.scd gives which exit statuses.
STATUSES = {
    "jig-run.1.scd": ("120", "122", "124", "125", "126", "127"),
    "jig.1.scd": ("0", "1", "125"),
}


def what_there_is() -> list[str]:
    lines = []
    for command in commands():
        lines.append(command)
        lines += [f"{command} {option}" for option in sorted(shown_options(command))]
    return lines


def test_commands_and_options_are_those_of_the_list():
    listed, there = LIST.read_text().splitlines(), what_there_is()
    assert len(there) > 200
    assert sorted(set(listed) - set(there)) == [], "stable, but gone"
    assert sorted(set(there) - set(listed)) == [], "new: add it to the list"


@pytest.mark.parametrize("page", STATUSES)
def test_exit_statuses_are_in_the_manual(page):
    text = (TOP / "man" / page).read_text()
    section = text.split("# EXIT STATUS\n")[1].split("\n# ")[0]
    assert set(re.findall(r"^\*(\d+)\*", section, re.MULTILINE)) == set(STATUSES[page])


def test_every_test_that_the_document_names_is_there():
    named = named_in(TOP / "docs" / "STABILITY.md")
    assert len(named) >= 9
    assert [name for name in named if not is_there(name)] == []


if __name__ == "__main__":
    LIST.write_text("".join(f"{line}\n" for line in what_there_is()))
