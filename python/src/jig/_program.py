# SPDX-License-Identifier: MIT
"""Selects the jig program: $JIG_PROGRAM, or the one in the wheel."""

from __future__ import annotations

import os
import pathlib
from typing import Any

_CARRIED = pathlib.Path(__file__).with_name("bin") / "jig"


def program() -> str:
    """A path; "jig", to be found in PATH, if the package carries none."""
    chosen = os.environ.get("JIG_PROGRAM")
    return chosen or (str(_CARRIED) if os.access(_CARRIED, os.X_OK) else "jig")


def program_fields() -> dict[str, Any]:
    """The field `program` of struct jig_command; {}: the library selects it."""
    if os.environ.get("JIG_PROGRAM") or not os.access(_CARRIED, os.X_OK):
        return {}
    return {"program": os.fsencode(_CARRIED)}
