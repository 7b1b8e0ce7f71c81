# SPDX-License-Identifier: MIT
"""inside/ holds the suites for other environments: not for this one."""

collect_ignore = ["inside"]
