# SPDX-License-Identifier: MIT
"""An sshd of a test's own: on a free port of the loopback, with keys and a
configuration of its own. Nothing of the machine's ssh is read or changed."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator

import helpers
import pytest
from places import Place
from sockets import free_port

_CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/client.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
PermitUserRC no
PrintMotd no
PrintLastLog no
SetEnv PATH={path}
"""

#: In a mount namespace of its own, so that nothing of the machine's /run changes.
_AS_ROOT = ["unshare", "--mount", "sh", "-c"]
_OWN_RUN = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$0" "$@"'

_CLIENT = """\
#!/bin/sh
exec {ssh} -F none -i {folder}/client -p {port} -o HostName=127.0.0.1 -o User={user} \\
    -o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR \\
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$@"
"""


class Sshd:
    """A server that runs; `ssh` is a program for which every host is this one."""

    def __init__(self, ssh: pathlib.Path, running: helpers.Running):
        self.ssh = str(ssh)
        self._running = running

    def need_terminals(self) -> None:
        """Skip if it can give none, and say why."""
        words = [self.ssh, "-tt", "host", "true"]
        if helpers.IS_ROOT or helpers.run(words).status == 0:
            return
        pytest.skip("devpts without gid=: an ordinary user's sshd may give no terminal")

    def sessions(self) -> list[int]:
        """The processes that serve one connection each. An ordinary user's sshd
        has two of each: one watches the other, which has the connection."""
        found = [*helpers.children_of(self._running.pid)]
        for pid in found:
            found += [child for child in helpers.children_of(pid) if _is_sshd(child)]
        parents = {helpers.parent_of(pid) for pid in found}
        return [pid for pid in found if pid not in parents]


@contextlib.contextmanager
def serving(place: Place) -> Iterator[Sshd]:
    """The commands that ssh runs have the place's PATH, in which `ssh` is, too."""
    program = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not program or not shutil.which("ssh"):
        pytest.skip("not installed: openssh-server")
    if os.path.basename(pwd.getpwuid(os.geteuid()).pw_shell) in ("nologin", "false"):
        pytest.skip("this user has no login shell, and sshd runs commands with it")
    folder = place.path / "sshd"
    folder.mkdir(mode=0o700)
    for name in ("host", "client"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(words, check=True)
    port = free_port()
    user = pwd.getpwuid(os.geteuid()).pw_name
    config = folder / "sshd_config"
    config.write_text(_CONFIG.format(port=port, folder=folder, path=place.env["PATH"]))
    client = place.bin / "ssh"
    found = {"ssh": shutil.which("ssh"), "folder": folder, "port": port, "user": user}
    client.write_text(_CLIENT.format(**{k: shlex.quote(str(v)) for k, v in found.items()}))
    client.chmod(0o755)
    before = [*_AS_ROOT, _OWN_RUN] if helpers.IS_ROOT else []
    with helpers.Running([*before, program, "-D", "-e", "-f", str(config)]) as running:
        helpers.wait_until(lambda: _answers(port, running), "sshd answers")
        yield Sshd(client, running)


def _is_sshd(pid: int) -> bool:
    return helpers.comm_of(pid) == "sshd"


def _answers(port: int, running: helpers.Running) -> bool:
    assert running.is_alive(), running.err()
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(helpers.DEADLINE_S)
        return one.recv(64).startswith(b"SSH-2.0-")
    return False
