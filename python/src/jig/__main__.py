# SPDX-License-Identifier: MIT
"""python -m jig: becomes the program jig, with the same pid."""

from __future__ import annotations

import os
import signal
import sys

from jig._program import program


def main() -> None:
    for signo in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores them, and the program would inherit this.
        signal.signal(signo, signal.SIG_DFL)
    path = program()
    try:
        os.execvp(path, ["jig", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"jig: cannot execute {path}: {error.strerror}")


if __name__ == "__main__":
    main()
