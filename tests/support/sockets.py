# SPDX-License-Identifier: MIT
"""Addresses that jig binds: a client, and what else may be in a socket's place."""

import os
import socket


def reach(address: str) -> None:
    """Connect as a client would."""
    if "/" in address or ":" not in address:
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(address)
        return
    host, port = address.rsplit(":", 1)
    socket.create_connection((host.strip("[]"), int(port)), 20).close()


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.bind((host, 0))
        return one.getsockname()[1]


def refuses(port: int) -> bool:
    """No process listens on this port of 127.0.0.1."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def by_file(path):
    path.write_text("mine")


def by_link(path):
    path.symlink_to("there")


def by_socket(path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.fspath(path))


#: Ways to put something else in its place.
REPLACED = [by_file, by_link, by_socket]
