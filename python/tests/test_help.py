# SPDX-License-Identifier: MIT
"""help() lists every option with its type, unit and default, and this is true."""

from __future__ import annotations

import dataclasses
import inspect
import pydoc
import re
from typing import NamedTuple

import jig
import pytest
from jig import Command, process_fixture

#: The words for each annotation of Command, with what follows for its unit.
TYPES = {
    "Args": "text, or list of texts",
    "Iterable[int]": "iterable of int",
    "Mapping[str, Limit]": "dict of str to int or to pairs of int",
    "Mapping[str, Text]": "dict of str to text",
    "Optional[Iterable[Union[int, str]]]": "iterable of int or str, or None",
    "Optional[Env]": "dict of text to text, or None",
    "Optional[Policy]": "str, iterable of steps, or None",
    "Optional[ReadyLike]": "Ready, str, iterable of these, or None",
    "Optional[Text]": "text or None",
    "Optional[float]": "float or None",
    "Optional[int]": "int or None",
    "Optional[str]": "str or None",
    "Sequence[str]": "list of str",
    "Stdio": "int, text, file or None",
    "Union[None, int, str]": "int, str or None",
    "Union[None, str, logging.Logger]": "Logger, str or None",
}

#: What one unit is in struct jig_command.
UNITS = {
    "bytes": 1,
    "processes and threads": 1,
    "processors": 1000,
    "seconds": 1_000_000,
}

#: Options with a unit that the library gets as they are.
SIZES = {"memory", "pids", "ring_size"}

_OPTION = re.compile(r"^(\w+) \((.+?)(?:; default (.+))?\)$", re.MULTILINE)


class Option(NamedTuple):
    name: str
    type: str
    default: str

    @property
    def unit(self) -> str:
        return next((u for u in UNITS if self.type.endswith(f", {u}")), "")


def options_in(text: str) -> list[Option]:
    return [Option(*found.groups("")) for found in _OPTION.finditer(text)]


def helped(thing: object) -> str:
    """What help() shows, without the margin."""
    text = pydoc.plain(pydoc.render_doc(thing))
    return re.sub(r"^(?: \|  |    )", "", text, flags=re.MULTILINE)


OPTIONS = options_in(inspect.cleandoc(Command.__doc__ or ""))
FIELDS = {field.name: field for field in dataclasses.fields(Command)}


@pytest.mark.parametrize(
    "thing", [Command, process_fixture], ids=["Command", "process_fixture"]
)
def test_help_lists_every_option_once(thing):
    names = [option.name for option in options_in(helped(thing))]
    assert sorted(names) == sorted(FIELDS)
    assert sorted(inspect.signature(process_fixture).parameters) == sorted(FIELDS)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_type_and_default_are_those_of_the_signature(option):
    field = FIELDS[option.name]
    words = TYPES.get(str(field.type), str(field.type))
    assert option.type == words + (f", {option.unit}" if option.unit else "")
    assert option.default == default_of(field)


def default_of(field) -> str:
    names = {jig.DEVNULL: "DEVNULL", jig.CAPTURE: "CAPTURE"}
    if field.default_factory is not dataclasses.MISSING:
        return repr(field.default_factory())
    if field.default is dataclasses.MISSING:
        return ""
    if str(field.type) == "Stdio":
        return names[field.default]
    return repr(field.default)


def test_every_number_that_the_library_measures_has_a_unit():
    """A field of struct jig_command that is a time, or a size, is one in help()."""
    have = {option.name for option in OPTIONS if option.unit}
    measured = set()
    for name, field in FIELDS.items():
        if "float" in str(field.type) or field.type == "int":
            sent = Command("true", **{name: 7, **_needs(name)}).fields()
            if any(7 != value for value in changed(sent)) or name in SIZES:
                measured.add(name)
    assert have == measured


def _needs(name: str) -> dict[str, str]:
    return {"via": "env"} if name.startswith("via_") else {}


def changed(fields) -> list:
    """What differs from the fields of a command without options."""
    usual = Command("true").fields()
    return [
        value
        for name, value in fields.items()
        if usual.get(name) != value and not isinstance(value, bool)
    ]


@pytest.mark.parametrize(
    "option", [option for option in OPTIONS if option.unit], ids=lambda it: it.name
)
def test_a_unit_is_the_one_that_the_library_gets(option):
    factor = UNITS[option.unit]
    sent = changed(Command("true", **{option.name: 3, **_needs(option.name)}).fields())
    flat = [part for value in sent for part in numbers(value)]
    assert 3 * factor in flat


def numbers(value) -> list[int]:
    if isinstance(value, (list, tuple)):
        return [number for part in value for number in numbers(part)]
    return [value]


def test_the_help_of_popen_lists_the_options_that_it_adds():
    init = inspect.signature(jig.Popen.__init__).parameters
    added = [p for p in init.values() if p.kind == p.KEYWORD_ONLY]
    listed = options_in(helped(jig.Popen))
    assert [option.name for option in listed] == [p.name for p in added]
    assert [option.default for option in listed] == [repr(p.default) for p in added]


def test_the_help_of_create_subprocess_lists_the_options_that_it_adds():
    init = inspect.signature(jig.create_subprocess_exec).parameters
    added = [init[name] for name in ("limit", "grace", "stop", "cage")]
    listed = options_in(helped(jig.create_subprocess_exec))
    assert [option.name for option in listed] == [p.name for p in added]
    assert [option.default for option in listed] == [repr(p.default) for p in added]


def test_the_help_of_communicate_lists_its_options():
    init = inspect.signature(jig.Fixture.communicate).parameters
    listed = options_in(helped(jig.Fixture.communicate))
    assert [option.name for option in listed] == [*init][1:]
