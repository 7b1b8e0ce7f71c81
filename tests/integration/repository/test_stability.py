# SPDX-License-Identifier: MIT
"""What docs/STABILITY.md calls stable stays.

tests/abi/commands.txt names every command with its options, tests/abi/json.txt the
fields of JSON output, tests/abi/keys.txt the keys of YAML files, and
tests/abi/variables.txt environment variables. A new one is added to it (JIG_WRITE_LISTS=1 in the environment of
these tests writes them anew); what is in it goes only with a new major version.
tests/abi/python.txt is the list of the Python package: python/tests/test_names.py.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Iterator

import pytest
import ups
from helpers import TOP, jig, run
from promises import commands, is_there, named_in, shown_options

ABI = TOP / "tests" / "abi"

#: Which man/*.scd gives which exit statuses.
STATUSES = {
    "jig-run.1.scd": ("120", "122", "124", "125", "126", "127"),
    "jig.1.scd": ("0", "1", "125"),
}


def compare(path: pathlib.Path, there: list[str]) -> None:
    if os.environ.get("JIG_WRITE_LISTS"):
        path.write_text("".join(f"{line}\n" for line in there))
    listed = path.read_text().splitlines()
    assert sorted(set(listed) - set(there)) == [], "stable, but gone"
    assert sorted(set(there) - set(listed)) == [], "new: add it to the list"


def what_there_is() -> list[str]:
    lines = []
    for command in commands():
        lines.append(command)
        lines += [f"{command} {option}" for option in sorted(shown_options(command))]
    return lines


def test_commands_and_options_are_those_of_the_list():
    there = what_there_is()
    assert len(there) > 200
    compare(ABI / "commands.txt", there)


def fields(value: object, where: str) -> Iterator[str]:
    """ "jobs[].number": of objects and of what is in arrays."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield f"{where}.{name}"
            yield from fields(part, f"{where}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from fields(part, f"{where}[]")


def shown(place, *words: str) -> object:
    result = run(jig(*words), env=place.env, cwd=place.work)
    assert result.status in (0, 1), result
    return json.loads(result.out)


def services(place) -> Iterator[str]:
    line = f"web: {ups.forever(place)}\n"
    with ups.Project(place, {"Procfile": line}) as here:
        here.start()
        here.await_answer()
        yield from fields(shown(place, "ps", "--json"), "ps --services")
        (place.work / "Procfile").write_text(f"{line}more: {ups.forever(place)}\n")
        yield from fields(shown(place, "reload", "--json"), "reload")


def test_fields_of_json_are_those_of_the_list(own_registry, place):
    run(jig("start", "--", "sh", "-c", ups.forever(place)), env=place.env, cwd=place.work)
    there = {*fields(shown(place, "jobs", "--json"), "jobs")}
    run(jig("kill", "%1"), env=place.env, cwd=place.work)
    for command in ("ps", "tree"):
        there |= {*fields(shown(place, command, "--json", str(os.getpid())), command)}
    there |= {*fields(shown(place, "doctor", "--json"), "doctor"), *services(place)}
    assert len(there) > 100
    compare(ABI / "json.txt", sorted(there))


def test_keys_of_files_are_those_of_the_list():
    """Of process-compose's files, and jig's own."""
    sources = (TOP / "src" / "up" / "files").glob("compose*.c")
    tables = "".join(path.read_text() for path in sources)
    there = sorted(set(re.findall(r'\{ "(\w+)",\s*KEY_[A-Z]+', tables)))
    assert {"command", "replicas", "http_get"} <= set(there) and len(there) > 50
    compare(ABI / "keys.txt", there)


def test_environment_variables_are_those_of_the_list():
    """Of the manual's sections ENVIRONMENT; the sources know each of them."""
    pages = [path.read_text() for path in sorted((TOP / "man").glob("*.scd"))]
    heads = re.findall(r"(?m)^\*[A-Z].*$", "".join(
        section.partition("\n# ")[0] for page in pages
        for section in page.split("\n# ENVIRONMENT\n")[1:]))  # fmt: skip
    there = sorted({name for head in heads for name in re.findall(r"\*([A-Z]+(?:_[A-Z]+)*)\*", head)})
    sources = "".join(path.read_text() for path in (TOP / "src").rglob("*.[ch]"))
    assert [name for name in there if name not in sources] == []
    compare(ABI / "variables.txt", there)


@pytest.mark.parametrize("page", STATUSES)
def test_exit_statuses_are_in_the_manual(page):
    text = (TOP / "man" / page).read_text()
    section = text.split("# EXIT STATUS\n")[1].split("\n# ")[0]
    assert set(re.findall(r"^\*(\d+)\*", section, re.MULTILINE)) == set(STATUSES[page])


def test_every_test_that_the_document_names_is_there():
    named = named_in(TOP / "docs" / "STABILITY.md")
    assert len(named) >= 9
    assert [name for name in named if not is_there(name)] == []
