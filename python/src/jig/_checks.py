# SPDX-License-Identifier: MIT
"""Checks of values, whose errors name the option and say what is expected."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Union

Text = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def as_bytes(name: str, value: Text) -> bytes:
    """The bytes of a str, bytes or path."""
    try:
        text = os.fsencode(value)
    except TypeError:
        raise TypeError(f"{name} is a str, bytes or path, not {value!r}") from None
    if b"\0" in text:
        raise ValueError(f"{name} has a NUL byte (embedded null byte): {value!r}")
    return text


def as_words(name: str, texts: Iterable[Text]) -> list[bytes]:
    """The bytes of a list of str, bytes or paths."""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise TypeError(f"{name} is a list of texts, not {texts!r}")
    return [as_bytes(f"{name}[{n}]", text) for n, text in enumerate(texts)]


def as_environment(env: Mapping[Any, Any]) -> list[bytes]:
    """["NAME=value"], with the checks of subprocess."""
    pairs = [
        (as_bytes("a name in env", name), as_bytes(f"env[{name!r}]", value))
        for name, value in as_mapping("env", env).items()
    ]
    if any(b"=" in name for name, _ in pairs):
        raise ValueError("illegal environment variable name")
    return [b"%s=%s" % pair for pair in pairs]


def as_mapping(name: str, value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    # subprocess takes any object with these.
    if not hasattr(value, "items"):
        raise TypeError(f"{name} is a dict, not {value!r}")
    return value
