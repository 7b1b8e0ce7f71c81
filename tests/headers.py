#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Print the path of every header, for builds that list what they depend on."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent

for folder in ("include", "src"):
    for header in sorted((ROOT / folder).rglob("*.h")):
        print(header)
