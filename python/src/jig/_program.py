# SPDX-License-Identifier: MIT
"""Selects the jig program for the guard: $JIG_PROGRAM, or the one in the wheel."""

from __future__ import annotations

import os
import pathlib
from typing import Any

_CARRIED = pathlib.Path(__file__).with_name("bin") / "jig"


def program_fields() -> dict[str, Any]:
    """The field `program` of struct jig_command; {}: the library selects it."""
    if os.environ.get("JIG_PROGRAM") or not os.access(_CARRIED, os.X_OK):
        return {}
    return {"program": os.fsencode(_CARRIED)}
