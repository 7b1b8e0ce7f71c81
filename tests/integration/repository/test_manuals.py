# SPDX-License-Identifier: MIT
"""The manual: each command has a page, which says what the command's help says.

documents/test_blocks.py runs the examples of the pages.
"""

from __future__ import annotations

import re

import pytest
from helpers import BUILD, TOP, jig, run

MAN = TOP / "man"
PAGES = sorted(path.stem for path in MAN.glob("*.scd"))
COMMANDS = re.findall(r"&command_(\w+)", (TOP / "src/cli/main.c").read_text())

#: A command whose page has another command's name.
SECOND_NAMES = {"bg": "fg"}

#: `start` and `session` refuse these options of `run`.
OF_FIXTURES = {"--with", "--name", "--if-dies", "--parallel", "--log-dir", "--events"}


_IN_HELP = re.compile(r"^ {2}(?:(-\w), | {4})(--[\w-]+)", re.MULTILINE)
#: A line that defines options: it is not indented, or it is the item of a list.
_DEFINITION = re.compile(r"^(?:- )?(?:_\w+_(?:\.\.\.)?, )?\*-.*", re.MULTILINE)
_OPTION = re.compile(r"(?:^|[\s;])\*(-\w|--[\w-]+)\*")
_LIKE_RUN = "All options of *jig run*"


def page_of(command: str) -> str:
    return f"jig-{SECOND_NAMES.get(command, command)}.1"


def text_of(page: str) -> str:
    return (MAN / f"{page}.scd").read_text()


def section(page: str, name: str) -> str:
    found = re.search(rf"^# {name}\n(.*?)(?=^# |\Z)", text_of(page), re.M | re.S)
    return found[1] if found else ""


def defined_in(page: str) -> set[str]:
    """The options that a page explains, without those that it takes from another."""
    text = text_of(page).partition("\n# DESCRIPTION")[2]
    lines = _DEFINITION.findall(text)
    return {option for line in lines for option in _OPTION.findall(line)}


def in_help_of(command: str) -> set[str]:
    said = run(jig("help", command)).out
    return {option for found in _IN_HELP.findall(said) for option in found if option}


def built(page: str) -> str:
    path = BUILD / "man" / page
    if not path.exists():
        pytest.skip(f"no {path}: scdoc was not installed")
    return path.read_text()


def test_the_commands_are_found():
    assert len(COMMANDS) >= 26 and {"run", "completion"} <= set(COMMANDS)
    assert set(SECOND_NAMES) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_page(command):
    page = page_of(command)
    assert page in PAGES and f"*jig {command}*" in section(page, "SYNOPSIS")
    if command in SECOND_NAMES:
        assert f"jig-{command}" in section(page, "NAME")
        assert built(f"jig-{command}.1") == f".so man1/{page}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_names_its_page(command):
    assert f"{page_of(command)[:-2]}(1)" in run(jig("help", command)).out


@pytest.mark.parametrize("name", ["EXAMPLES", "EXIT STATUS", "SEE ALSO"])
@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith(".1")])
def test_each_page_of_a_command_has_the_section(page, name):
    text = section(page, name)
    assert text.strip() and ("```" in text or name != "EXAMPLES")


@pytest.mark.parametrize("page", PAGES)
def test_the_version_is_in_the_footer(page):
    version = run(jig("version")).out.strip()
    assert re.search(rf'^\.TH .* "{re.escape(version)}"$', built(page), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_with_a_table_asks_for_tbl(page):
    """In its first line, as man(1) wants it: groff 1.23 warns without it."""
    lines = built(page).splitlines()
    assert (lines[0] == "'\\\" t") == (".TS" in lines)


@pytest.mark.parametrize("page", sorted({page_of(command) for command in COMMANDS}))
def test_a_page_explains_the_options_of_the_help_and_no_others(page):
    commands = [command for command in COMMANDS if page_of(command) == page]
    helped = {option for command in commands for option in in_help_of(command)}
    explained = defined_in(page)
    if _LIKE_RUN in text_of(page):
        helped -= OF_FIXTURES - explained
        explained |= defined_in(page_of("run")) - OF_FIXTURES
    assert explained == helped


def test_options_are_found_in_pages():
    assert {"--cage", "-q", "--quiet"} <= defined_in("jig-run.1")
    assert {"--fixture", "-p", "--pid"} <= defined_in("jig-ps.1")
    assert {"-f", "--file", "--honcho"} <= defined_in("jig-check.1")
    assert in_help_of("wait") == {"-n", "--any", "--timeout"}
    assert {"--cage", "-v", "--verbose"} <= in_help_of("run")


def test_the_first_page_lists_each_command():
    listed = set(re.findall(r"\*jig-(\w+)\*\(1\)", section("jig.1", "COMMANDS")))
    assert listed == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_refers_to_pages_that_exist(page):
    known = {*PAGES, *(f"jig-{name}.1" for name in SECOND_NAMES)}
    named = re.findall(r"\*(jig[\w.-]*|libjig)\*\((\d)\)", text_of(page))
    assert named and {f"{name}.{number}" for name, number in named} <= known


def test_no_sentence_stands_in_two_pages():
    """Or twice in one page. Definitions of options are short, and may be alike."""
    where: dict[str, list[str]] = {}
    for page in PAGES:
        text = re.sub(r"```.*?```", "", text_of(page), flags=re.S)
        for paragraph in re.split(r"\n\s*\n", text):
            for sentence in re.split(r"(?<=[.:]) ", " ".join(paragraph.split())):
                if len(sentence) > 60 and not sentence.startswith(("*-", _LIKE_RUN)):
                    where.setdefault(sentence, []).append(page)
    assert {s: pages for s, pages in where.items() if len(pages) > 1} == {}
