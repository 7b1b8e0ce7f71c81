# SPDX-License-Identifier: MIT
"""The signals of the process that runs the tests."""

import signal

_OF_A_TERMINAL = ("HUP", "INT", "QUIT", "TSTP", "TTIN", "TTOU")


def stop_ignoring() -> None:
    """A script's `&` ignores some signals; every command of a test would inherit that."""
    for name in _OF_A_TERMINAL:
        signo = signal.Signals[f"SIG{name}"]
        if signal.getsignal(signo) == signal.SIG_IGN:
            # Python handles SIGINT as KeyboardInterrupt if it is not ignored at its start.
            is_int = signo == signal.SIGINT
            signal.signal(signo, signal.default_int_handler if is_int else signal.SIG_DFL)
