# SPDX-License-Identifier: MIT
"""A fixture lives as long as the call that it decorates, of any kind of function."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect

import pytest
from jig import process_fixture


def test_a_generator_has_its_fixture_until_it_is_exhausted(place):
    @process_fixture(place.sleeper)
    def numbers(last):
        for number in range(last):
            assert len(place.alive()) == 1
            yield number
        return "done"

    def outer():
        found.append((yield from numbers(2)))

    found: list[str] = []
    assert inspect.isgeneratorfunction(numbers)
    for generator in (numbers(2), outer()):
        assert place.alive() == []  # Nothing has asked for an item.
        assert next(generator) == 0
        assert len(place.alive()) == 1
        assert list(generator) == [1]
        assert place.alive() == []
    assert found == ["done"]


@pytest.mark.parametrize("end", ["close", "del", "throw"])
def test_a_generator_that_is_given_up_ends_its_fixture(place, end):
    @process_fixture(place.sleeper)
    def numbers():
        try:
            while True:
                said.append((yield len(said)))
        finally:
            said.append(len(place.alive()))

    said: list[object] = []
    generator = numbers()
    assert next(generator) == 0
    assert generator.send("word") == 1
    if end == "throw":
        with pytest.raises(ZeroDivisionError):
            generator.throw(ZeroDivisionError())
    elif end == "close":
        generator.close()
    else:
        del generator
        gc.collect()
    assert said == ["word", 1]
    assert place.alive() == []


def test_a_context_manager_may_be_made_of_it(place):
    @contextlib.contextmanager
    @process_fixture(place.sleeper)
    def server():
        yield len(place.alive())

    with server() as count:
        assert count == 1
        assert len(place.alive()) == 1
    assert place.alive() == []


def test_an_async_generator_has_its_fixture_until_it_ends(place):
    @process_fixture(place.sleeper)
    async def numbers(last):
        for number in range(last):
            await asyncio.sleep(0)
            yield number, len(place.alive())

    async def work():
        assert inspect.isasyncgenfunction(numbers)
        assert [item async for item in numbers(2)] == [(0, 1), (1, 1)]
        assert place.alive() == []

    asyncio.run(work())


@pytest.mark.parametrize("end", ["aclose", "athrow", "exit"])
def test_an_async_generator_that_is_given_up_ends_its_fixture(place, end):
    @process_fixture(place.sleeper)
    async def numbers():
        try:
            while True:
                said.append((yield len(said)))
        except KeyError:
            yield "caught"
        finally:
            said.append(len(place.alive()))

    async def work():
        generator = numbers()
        assert await generator.asend(None) == 0
        assert await generator.asend("word") == 1
        if end == "athrow":
            assert await generator.athrow(KeyError()) == "caught"
            assert len(place.alive()) == 1
            with pytest.raises(StopAsyncIteration):
                await generator.asend(None)
        elif end == "aclose":
            await generator.aclose()
        else:
            return generator  # The end of the loop closes it.
        assert place.alive() == []

    said: list[object] = []
    asyncio.run(work())
    assert said == ["word", 1]
    assert place.alive() == []


def test_what_is_no_function_is_an_error(place):
    for wrong in (type("Tests", (), {}), 5):
        with pytest.raises(TypeError, match="decorates a function"):
            process_fixture(place.sleeper)(wrong)
