# SPDX-License-Identifier: MIT
"""A fixture as a decorator: each call of the function has a fixture of its own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


def decorated(function: Function, fixture: Callable[[], Any]) -> Function:
    """Decorate a function of any kind; the result is of the same kind.

    @fixture  makes a new fixture, which is not started yet.
    """
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"a fixture decorates a function, not {function!r}")
    if inspect.isasyncgenfunction(function):
        call = _async_generator(function, fixture)
    elif inspect.iscoroutinefunction(function):
        call = _coroutine(function, fixture)
    elif inspect.isgeneratorfunction(function):
        call = _generator(function, fixture)
    else:
        call = _call(function, fixture)
    return cast(Function, functools.wraps(function)(call))


def _call(function: Function, fixture: Callable[[], Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        with fixture():
            return function(*args, **options)

    return call


def _coroutine(function: Function, fixture: Callable[[], Any]) -> Callable[..., Any]:
    async def call(*args: Any, **options: Any) -> Any:
        async with fixture():
            return await function(*args, **options)

    return call


def _generator(function: Function, fixture: Callable[[], Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Generator[Any, Any, Any]:
        with fixture():
            return (yield from function(*args, **options))

    return call


def _async_generator(
    function: Function, fixture: Callable[[], Any]
) -> Callable[..., Any]:
    async def call(*args: Any, **options: Any) -> AsyncGenerator[Any, Any]:
        async with fixture():
            inner = function(*args, **options)
            send, value = inner.asend, None
            # As `yield from`, which async functions do not have.
            while True:
                try:
                    item = await send(value)
                except StopAsyncIteration:
                    return
                try:
                    value = yield item
                    send = inner.asend
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:
                    send, value = inner.athrow, error

    return call
