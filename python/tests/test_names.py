# SPDX-License-Identifier: MIT
"""What docs/STABILITY.md calls stable of the Python package stays.

tests/abi/python.txt names what `jig.__all__` and jig.ready have, with parameters,
methods and attributes, and what the pytest plugin adds. A new one is added to it
(python3 python/tests/test_names.py writes it anew); what is in it goes only with a new
major version.
"""

from __future__ import annotations

import inspect
import pathlib
import re
from collections.abc import Iterator

import jig
import jig.pytest_plugin
import jig.ready

LIST = pathlib.Path(__file__).resolve().parents[2] / "tests" / "abi" / "python.txt"


def parameters(name: str, thing: object) -> Iterator[str]:
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return
    for one in found:
        if not one.name.startswith("_") and one.name != "self":
            yield f"{name}({one.name})"


def members(name: str, thing: type) -> Iterator[str]:
    """Of our classes only: what comes from Python is Python's."""
    ours = [one for one in thing.__mro__ if one.__module__.startswith("jig")]
    for member in {member for one in ours for member in vars(one)}:
        if member.startswith("_"):
            continue
        yield f"{name}.{member}"
        value = inspect.getattr_static(thing, member)
        if callable(value):
            yield from parameters(f"{name}.{member}", value)


def names_of(module: object, prefix: str, names: list[str]) -> Iterator[str]:
    for name in names:
        thing = getattr(module, name)
        yield prefix + name
        if inspect.isclass(thing):
            yield from members(prefix + name, thing)
        if callable(thing):
            yield from parameters(prefix + name, thing)


def plugin_names() -> Iterator[str]:
    text = inspect.getsource(jig.pytest_plugin)
    for option in re.findall(r'"(--jig-[a-z-]+)"', text):
        yield f"pytest {option}"
    for fixture in re.findall(r"@pytest\.fixture.*\ndef (\w+)", text):
        yield f"pytest fixture {fixture}"


def what_there_is() -> list[str]:
    own = names_of(jig, "", jig.__all__)
    probes = names_of(jig.ready, "ready.", jig.ready.__all__)
    return sorted({*own, *probes, *plugin_names()})


def test_names_and_parameters_are_those_of_the_list():
    listed, there = LIST.read_text().splitlines(), what_there_is()
    assert len(there) > 200
    assert sorted(set(listed) - set(there)) == [], "stable, but gone"
    assert sorted(set(there) - set(listed)) == [], "new: add it to the list"


if __name__ == "__main__":
    LIST.write_text("".join(f"{line}\n" for line in what_there_is()))
