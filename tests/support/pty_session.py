# SPDX-License-Identifier: MIT
"""A terminal for tests: a pty whose other end leads a session of its own.

    with Terminal(["bash", …], env=…) as terminal:
        terminal.send("jig run cat\\n")
        terminal.expect("ready")

Echo is off unless a test turns it on, so that what is read is what programs
have said, and nothing that was typed. Each wait has a deadline, and reports what
was on the screen when it has passed. The master shows and changes what belongs
to the terminal itself: modes, size, foreground process group.
"""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

DEADLINE_S = 60

CTRL_C, CTRL_Z, CTRL_BACKSLASH, CTRL_D = "\x03", "\x1a", "\x1c", "\x04"
#: The keys that end `jig fg` and `jig attach`.
DETACH = "\x1dd"

_LFLAG = 3


class Terminal:
    """The master of a pty; a command on the other end. Close it, or use with.

    leader: the words that make the command a session's leader; without, it is
    one that finds a terminal without a session.
    """

    #: How long a wait takes at most.
    deadline_s = DEADLINE_S
    #: The sessions of all terminals of this process.
    sessions: set[int] = set()

    def __init__(self, command: list[str], leader=("setsid", "--ctty"), **options):
        self._master, slave = os.openpty()
        # select(2) may announce what read(2) does not find.
        os.set_blocking(self._master, False)
        try:
            modes = termios.tcgetattr(slave)
            modes[_LFLAG] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, modes)
            #: Before any process could change them.
            self.first_modes = self.modes()
            self.resize(24, 80)
            # The child of a Popen leads no group, so setsid does not fork, and
            # its pid stays the session's number.
            self._popen = subprocess.Popen(
                [*leader, *command],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                **options,
            )
        finally:
            os.close(slave)
        self.pid = self._popen.pid
        self.sessions.add(self.pid)
        self._unread = ""
        self._seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()
        self.kill()

    def send(self, keys: str) -> None:
        """Type them; the terminal may take a part at a time."""
        left, ends = keys.encode(), time.monotonic() + self.deadline_s
        while left:
            try:
                left = left[os.write(self._master, left) :]
            except BlockingIOError:
                assert time.monotonic() < ends, f"not taken: {left[:80]!r}"
                select.select([], [self._master], [], 1)

    def expect(self, pattern: str) -> re.Match:
        """Read until this regular expression matches; consume to its end."""
        ends = time.monotonic() + self.deadline_s
        while not (found := re.search(pattern, self._unread, re.MULTILINE)):
            if not self._read(ends):
                raise AssertionError(f"in vain: {pattern!r}; the screen: {self._seen}")
        self._unread = self._unread[found.end() :]
        return found

    def _read(self, ends: float) -> bool:
        """More of what is said; False at the end of it, or of our patience."""
        left = max(0, ends - time.monotonic())
        if not select.select([self._master], [], [], left)[0]:
            return False
        try:
            more = os.read(self._master, 65536)
        except BlockingIOError:
            select.select([], [], [], 0.005)
            return time.monotonic() < ends
        except OSError:  # EIO: no process has the other end open any more
            return False
        # Of both ends of what was read so far: "\r" and "\n" may come apart.
        text = more.decode(errors="replace")
        self._unread = (self._unread + text).replace("\r\n", "\n")
        self._seen = (self._seen + text).replace("\r\n", "\n")
        return True

    @property
    def master(self) -> int:
        return self._master

    def foreground(self) -> int:
        """The terminal's foreground process group."""
        return os.tcgetpgrp(self._master)

    def modes(self) -> list:
        return termios.tcgetattr(self._master)

    def echoes(self) -> bool:
        return bool(self.modes()[_LFLAG] & termios.ECHO)

    def resize(self, rows: int, columns: int) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def hang_up(self) -> None:
        """Close the master, as an sshd or a terminal window that goes."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def kill(self) -> None:
        """SIGKILL the session's leader."""
        self._popen.kill()
        self._popen.wait(self.deadline_s)

    def wait(self) -> int:
        """The leader's exit status, 128+n for signal n; what it says is read."""
        pidfd = os.pidfd_open(self.pid)
        ends = time.monotonic() + self.deadline_s
        with contextlib.closing(os.fdopen(pidfd)):
            while not select.select([pidfd], [], [], 0)[0]:
                if time.monotonic() > ends:
                    raise AssertionError(f"it goes on; the screen: {self._seen}")
                select.select([pidfd, self._master], [], [], 1)
                if select.select([self._master], [], [], 0)[0]:
                    self._read(ends)
        status = self._popen.wait()
        return status if status >= 0 else 128 - status


class Shell(Terminal):
    """An interactive bash with job control, and nothing of its user's."""

    PROMPT = "@@> "

    def __init__(self, env: dict[str, str], **options):
        env = env | {"PS1": self.PROMPT, "PS2": "", "HISTFILE": "", "TERM": "xterm"}
        bash = ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"]
        super().__init__(bash, env=env, **options)
        self.prompt()

    def prompt(self) -> str:
        """Wait for the next prompt; return what was said before it."""
        return self.expect(rf"(?s)\A(.*?){re.escape(self.PROMPT)}")[1]

    def type(self, line: str) -> None:
        self.send(line + "\n")

    def do(self, line: str) -> str:
        """A command, to its end; what it said."""
        self.type(line)
        return self.prompt()

    def status(self) -> int:
        """The exit status of the last command."""
        self.type("echo status=$?")
        status = int(self.expect(r"status=(\d+)$")[1])
        self.prompt()
        return status

    def await_job(self, state: str) -> None:
        """Ask bash for its jobs until one is said to be in this state.

        In its POSIX mode bash says which signal has stopped a job.
        """
        ends = time.monotonic() + self.deadline_s
        while state not in (said := self.do("set -o posix; jobs; set +o posix")):
            if time.monotonic() > ends:
                raise AssertionError(f"no job is {state!r}: {said}; {self._seen}")
            select.select([], [], [], 0.02)

    def exit(self) -> int:
        self.type("exit 0")
        return self.wait()


def kill(pid: int, signo: int) -> None:
    """Signal a process that is known to be there."""
    pidfd = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(pidfd, signo)
    finally:
        os.close(pidfd)
