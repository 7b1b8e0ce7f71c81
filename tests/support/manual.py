# SPDX-License-Identifier: MIT
"""The examples of the manuals: the literal blocks of man/*.scd.

Each is run, read by `jig check`, compiled, or in NOT_RUN with the reason. The
programs that an example names are stand-ins: what is tested is jig's part of it.
"""

from __future__ import annotations

import pathlib
import re
from typing import NamedTuple

from helpers import PYTHON, TOP

#: Of C: repository/test_library.py runs the programs, documents/test_blocks.py compiles the rest.
IN_C = "libjig.3"

_OUTPUT = "output, not a command"
_TERMINAL = "needs a terminal"

_TRANSCRIPT = (
    '> {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":1}}'
)
_AS_USER = "jig run --user www-data --memory 512M --pids 100 -- ./worker"
_POSTGRES = "jig run --stop 'INT 30s TERM 5s' --stop-mode main -- postgres -D data"
_ON_TERMINAL = "jig tree -s $(ps -o sid= -t pts/3 | sort -u | paste -sd,)"

#: (page, first words, up to two blanks): why it cannot be run here.
NOT_RUN = {
    ("jig-agent.7", _TRANSCRIPT): "agent/test_protocol.py replays it",
    ("jig-attach.1", "jig attach --read-only %db"): _TERMINAL,
    ("jig-attach.1", "jig attach web.1"): _TERMINAL,
    ("jig-fg.1", "jig fg %notes"): _TERMINAL,
    ("jig-jobs.1", "[1]-"): _OUTPUT,
    ("jig-ps.1", "SID"): _OUTPUT,
    ("jig-ps.1", "jig ps -t pts/3"): _TERMINAL,
    ("jig-reload.1", "end mailer: not in the files any more"): _OUTPUT,
    ("jig-run.1", "jig: 1 leftover of the command:"): _OUTPUT,
    ("jig-run.1", "30531 sleep 300 (daemon, own session): ended by SIGTERM after 0.001 s"): _OUTPUT,
    ("jig-run.1", "30531 sleep 300 (own session): ended by SIGTERM after 0.001 s"): _OUTPUT,
    ("jig-run.1", 'ENTRYPOINT ["/jig", "run", "--"]'): "a line of a Dockerfile",
    ("jig-run.1", _AS_USER): "needs root, and the controllers memory and pids",
    ("jig-session.1", "$ jig session"): _TERMINAL,
    ("jig-session.1", "jig session -- zsh"): _TERMINAL,
    ("jig-session.1", "jig session work --keep %db"): _TERMINAL,
    ("jig-start.1", "$ jig start --name db -- postgres -D data"): _TERMINAL,
    ("jig-start.1", "jig start --name notes -- vim notes.txt"): _TERMINAL,
    ("jig-tree.1", "[1] systemd"): _OUTPUT,
    ("jig-tree.1", "jig tree --watch %web"): _TERMINAL,
    ("jig-tree.1", _ON_TERMINAL): _TERMINAL,
}

#: The file that the example shows.
FILES = {
    ("jig.yaml.5", "processes:"): "jig.yaml",
    ("jig.yaml.5", "name: shop"): "jig.yaml",
    ("jig.yaml.5", "name: workers"): "jig.yaml",
    ("jig-up.1", "processes:"): "jig.yaml",
    ("jig-up.1", "web:"): "Procfile",
}

_COMPOSE = """\
cat >docker-compose.yml <<'END'
services: {web: {build: ., command: [./serve]}}
END
"""

_PROCFILE = """\
cat >Procfile <<'END'
web: echo up; test -e web-ends || exec sleep 1000
worker: exec sleep 1000
mailer: exec sleep 1000
END
"""

#: A process group for the example's 1234, which leads it before the example begins.
_GROUP = """\
setsid sleep 1000 & group=$!
until [ "$(ps -o pgid= -p $group | tr -d ' ')" = $group ]; do :; done
"""

_JOB = "jig start -- sleep 1000\n"
_REDIS = "jig start --name redis -- redis-server\n"
_DB = "jig start --name db -- sleep 1000\n"
_BUILD = "jig start --name build -- sleep 1000\n"
_UP = f"{_PROCFILE}jig up -D\n"
_EXPORT = "jig export --app shop --user www-data -c worker=2 systemd units"
_EXPORT_POD = (
    "jig export --pod --image shop:1 --workdir /app --jig /bin/jig kubernetes out -- ./test"
)
_EXPORT_SLURM = "jig export slurm out -- ./test && sbatch out/*.sbatch"

_ALLOCATION = """\
mkdir tools; printf '#!/bin/sh\\necho n1\\n' >tools/scontrol; chmod +x tools/scontrol
export PATH=$PWD/tools:$PATH SLURM_JOB_NODELIST=n1
"""

#: What is there before the example begins.
BEFORE = {
    ("jig-check.1", "jig check"): _PROCFILE,
    ("jig-down.1", "jig up -D"): _PROCFILE,
    ("jig-exec.1", "echo DATABASE_URL=postgres:///app >.env"): _PROCFILE,
    ("jig-export.1", _EXPORT): _PROCFILE,
    ("jig-export.1", _EXPORT_POD): _PROCFILE,
    ("jig-export.1", _EXPORT_SLURM): f"{_PROCFILE}sbatch() {{ test -f out/*.sbatch; }}\n",
    ("jig-fg.1", "jig bg %1 %build"): f"{_JOB}{_BUILD}jig stop %1 %build\n",
    ("jig-import.1", "jig import compose"): _COMPOSE,
    ("jig-kill.1", "jig kill %1"): f"{3 * _JOB}{_REDIS}{_GROUP}",
    ("jig-logs.1", "jig logs -n 20 %db"): f"{_DB}{_UP}",
    ("jig-ps.1", "jig ps %1"): _JOB,
    ("jig-ready.1", "jig ready --timeout 5s tcp:8080"): "./server --port 8080 &\n",
    ("jig-reload.1", "jig reload --dry-run"): _UP,
    ("jig-restart.1", "jig restart %redis"): f"{_REDIS}{_UP}",
    ("jig-run.1", _POSTGRES): "mkdir data; touch data/ends\n",
    ("jig-scale.1", "jig scale worker=3"): _UP,
    ("jig-stop.1", "jig stop %build"): _BUILD,
    ("jig-stop.1", "jig stop mailer"): _UP,
    ("jig.yaml.5", "name: workers"): _ALLOCATION,
    ("jig-up.1", "processes:"): _PROCFILE,
    ("jig-up.1", "jig up"): f"{_PROCFILE}touch web-ends\n",
    ("jig-up.1", "jig up -- pytest"): _PROCFILE,
    ("jig-up.1", "jig up -D"): _PROCFILE,
}

#: What the examples take for a port of this machine, and for a process group.
_PORTS, _A_GROUP = re.compile(r"\b(?:8080|6379)\b"), re.compile(r"\b1234\b")

#: A server that says that it is ready in all of the ways of jig-ready(7).
_SERVER = f"""\
#!{PYTHON}
import http.server, os, socket, sys

class Answer(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()
    do_POST = do_GET

if os.path.exists("data/ends"):
    sys.exit(0)
given = dict(zip(sys.argv[1:], sys.argv[2:]))
if "--fd" in given:
    listener = socket.socket(fileno=int(given["--fd"]))
else:
    ports = [given[name] for name in ("--port", "--listen", "-p") if name in given]
    port = int([*ports, os.environ["FREE_PORT"]][0])
    listener = socket.create_server(("127.0.0.1", port))
server = http.server.HTTPServer(("127.0.0.1", 0), Answer, bind_and_activate=False)
server.socket = listener
print("up on localhost, ready to accept connections", flush=True)
if "NOTIFY_SOCKET" in os.environ:
    address = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1", address)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
"""
_SUCCESS = "#!/bin/sh\nexit 0\n"

#: Runs the command here; its standard input is a pipe that stays open, but that of an
#: agent, for --via.
_SSH = f"""\
#!{PYTHON}
import os, subprocess, sys
stdin = None if sys.argv[-1] == "agent" else os.pipe()[0]
sys.exit(subprocess.call(sys.argv[2:], stdin=stdin))
"""
#: podman exec -i db WORD…, srun --overlap -N1 -n1 -w n1 WORD…
_PODMAN = '#!/bin/sh\nshift 3\nexec "$@"\n'
_SRUN = '#!/bin/sh\nshift 5\nexec "$@"\n'

#: The programs of the examples: in PATH, and in the current directory.
IN_PATH = {
    "postgres": _SERVER,
    "redis-server": _SERVER,
    "ssh": _SSH,
    "podman": _PODMAN,
    "srun": _SRUN,
    **dict.fromkeys(("make", "pg_isready", "pytest", "redis-cli"), _SUCCESS),
}
HERE = {
    "server": _SERVER,
    "api": _SERVER,
    "service": _SERVER.replace('os.environ["FREE_PORT"]', '"0"'),
    "s6-style": "#!/bin/sh\necho >&3\nexec sleep 1000\n",
    "build.sh": "#!/bin/sh\nsleep 1000 &\n",
    **dict.fromkeys(("client", "test", "wait-for-port", "worker"), _SUCCESS),
}


class Example(NamedTuple):
    page: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def key(self) -> tuple[str, str]:
        first = self.text.splitlines()[0].strip()
        return (self.page, first.partition("  ")[0])

    def script(self, port: int) -> str:
        """For bash; with a free port, since others test on this machine, too."""
        if self.key in FILES:
            name = FILES[self.key]
            text = f"cat >{name} <<'END'\n{self.text}END\njig check\n"
        else:
            text = _A_GROUP.sub("$group", self.text)
        before = BEFORE.get(self.key, "")
        text = _PORTS.sub(str(port), before + text)
        return f"set -euxo pipefail\nexport FREE_PORT={port}\n{text}"


#: Indented or not, in scdoc(5) a literal block is between two lines of ```.
_BLOCK = re.compile(r"^\t*```\n(.*?)^\t*```$", re.MULTILINE | re.DOTALL)


def examples_in(page: str, text: str) -> list[Example]:
    return [
        Example(
            page,
            text.count("\n", 0, found.start()) + 1,
            found[1].replace("\\\\", "\\"),
        )
        for found in _BLOCK.finditer(text)
    ]


def pages() -> list[pathlib.Path]:
    return sorted((TOP / "man").glob("*.scd"))


def examples() -> list[Example]:
    return [one for p in pages() for one in examples_in(p.stem, p.read_text())]


def listed() -> list[tuple[str, str]]:
    """Each example that a list above names."""
    return [*NOT_RUN, *FILES, *BEFORE]
