# SPDX-License-Identifier: MIT
"""A command on another machine: the options, and what they exclude."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional, Union

from jig._checks import as_bytes
from jig._policy import microseconds


def via_fields(
    via: Optional[str],
    via_jig: Optional[str],
    via_address: Optional[str],
    via_timeout: Optional[float],
    via_push: bool,
) -> dict[str, Any]:
    """The fields of struct jig_command that are set."""
    found: dict[str, Any] = {}
    texts = {"via": via, "via_jig": via_jig, "via_address": via_address}
    for name, text in texts.items():
        if text is None:
            continue
        if not isinstance(text, str):
            raise TypeError(f"{name} is a str, not {text!r}")
        if not text.strip():
            raise ValueError(f"{name} is empty")
        found[name] = as_bytes(name, text)
    if via_timeout:
        found["via_timeout_us"] = microseconds(via_timeout)
    if via_push:
        found["via_push"] = True
    return found


def check_via(fields: dict[str, Any]) -> None:
    """What only another machine has, and what it cannot have."""
    if "via" not in fields:
        if any(name.startswith("via_") for name in fields):
            raise ValueError("via_jig, via_address, via_timeout and via_push need via")
    elif fields.get("fds"):
        raise ValueError("with via no descriptor can be passed to the command")


def user_there(
    user: Union[None, int, str],
    group: Union[None, int, str],
    extra_groups: Optional[Iterable[Union[int, str]]],
) -> dict[str, Any]:
    """The fields for a user of that machine, whose names are not known here."""
    groups = [] if extra_groups is None else list(extra_groups)
    if user is None and group is None and not groups:
        return {}
    numbers = [user, group, *groups]
    if not all(isinstance(number, int) for number in numbers):
        raise ValueError("with via, user and group are both given, as numbers")
    return {"set_user": True, "uid": user, "gid": group, "groups": groups}
