# SPDX-License-Identifier: MIT
"""The units of jig export, run by the systemd of the guest: of the system for root,
of the user manager for a user."""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import exports
import helpers
import pytest
from helpers import wait_until

UID = os.getuid()
WORK = pathlib.Path(f"/var/tmp/shop-{UID}")
UNITS = pathlib.Path(f"/job/units-{UID}")
THERE = (
    pathlib.Path("/etc/systemd/system")
    if UID == 0
    else pathlib.Path.home() / ".config/systemd/user"
)

#: The user of the services, root's too (--user): uid 1000.
TESTER = 1000

#: Serves a request on the socket that it gets, and says what it has got.
SOCKET = """
import json, os, signal, socket
names = os.environ["LISTEN_FDNAMES"].split(":")
given = {name: socket.socket(fileno=3 + i) for i, name in enumerate(names)}
found = {name: str(one.getsockname()) for name, one in given.items()}
found["addr"] = os.environ["HTTP_ADDR"]
with open("given", "w") as out:
    json.dump(found, out)
while True:
    one, _ = given["http"].accept()
    one.recv(1000)
    one.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")
    one.close()
"""


def systemctl(*words: str) -> helpers.Result:
    user = ("--user",) if UID else ()
    return helpers.run(["systemctl", *user, *words], env=dict(os.environ))


def is_active(unit: str) -> bool:
    return systemctl("is-active", unit).out.strip() == "active"


@pytest.fixture(autouse=True)
def units():
    """Copied, loaded; at the end stopped and gone."""
    WORK.mkdir()
    os.chown(WORK, TESTER, TESTER)
    exports.write_project(WORK, helpers.PYTHON)
    (WORK / "serve.py").write_text(SOCKET)
    THERE.mkdir(parents=True, exist_ok=True)
    mine = [shutil.copy(one, THERE) for one in UNITS.iterdir()]
    assert systemctl("daemon-reload").status == 0
    yield
    names = [os.path.basename(one) for one in mine]
    systemctl("stop", *names)
    systemctl("disable", "shop.target")
    systemctl("reset-failed")
    for one in mine:
        os.unlink(one)
    systemctl("daemon-reload")
    shutil.rmtree(WORK)


def test_it_starts_what_jig_up_starts():
    done = systemctl("enable", "shop.target")
    assert done.status == 0, done.err
    assert systemctl("start", "--no-block", "shop.target").status == 0
    one = exports.found_after(WORK)
    exports.check(one, WORK)
    assert one["migrated"] is True and one["uid"] == TESTER
    wait_until(lambda: is_active("shop-web-1.service"), "web is not active")
    assert systemctl("stop", "shop.target").status == 0
    assert not is_active("shop-web-1.service") and not is_active("shop-db-1.service")


def test_the_target_comes_with_the_boot_of_this_manager():
    systemctl("enable", "shop.target")
    wanted = systemctl("show", "-P", "Wants", "default.target").out.split()
    assert "shop.target" in wanted


def test_a_service_that_dies_before_it_is_ready_fails_at_once():
    """Its start timeout is an hour: the deadline is shorter."""
    done = systemctl("start", "shop-dies-1.service")
    assert done.status != 0
    assert systemctl("show", "-P", "ActiveState", "shop-dies-1.service").out == "failed\n"


def test_a_service_gets_its_sockets():
    """It is ready when it serves on the inherited socket, at the address in the probe."""
    done = systemctl("start", "shop-socket-1.service")
    assert done.status == 0, systemctl("status", "shop-socket-1.service").out
    given = json.loads((WORK / "given").read_text())
    assert given == {
        "http": str(("127.0.0.1", 18000 + UID)),
        "ctl": f"{WORK}/ctl.sock",
        "addr": f"127.0.0.1:{18000 + UID}",
    }
    assert is_active("shop-socket-1-ctl.socket")
