# SPDX-License-Identifier: MIT
"""The build backend (PEP 517): setuptools, and meson and ninja where they are missing.

A distribution's meson and ninja are programs that Python's installer does not know.
So they are requirements only if there are no such programs.
"""

from __future__ import annotations

import shutil
from typing import Any, Optional

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403

_PROGRAMS = {"meson": "meson>=0.56", "ninja": "ninja"}


def get_requires_for_build_wheel(
    config_settings: Optional[dict[str, Any]] = None,
) -> list[str]:
    missing = [need for name, need in _PROGRAMS.items() if not shutil.which(name)]
    return build_meta.get_requires_for_build_wheel(config_settings) + missing
