#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server that plays a part, word by word: what a test's fixture runs.

    actor.py say:hello tcp:127.0.0.1:8080 sleep

    say:TEXT err:TEXT        a line to stdout, to stderr (\\n \\e \\xff are known)
    write:TEXT               without a newline
    flood:BYTES              so many bytes of numbered lines to stdout
    tcp:HOST:PORT unix:PATH  bind and listen
    http:STATUS,STATUS…      answer on the last socket, one status each time,
                             the last one for ever; 0 ends that
    listen_fd:N              the last socket is descriptor N
    mute                     accept on the last socket, and never answer
    notify:TEXT touch:PATH print_env:NAME put:FD:TEXT
    gate:PATH                wait until a process opens this fifo for writing
    fork                     the rest is a child's part; the parent waits for it
    daemon                   the rest is that of a daemon; the parent goes on
                             behind `end`
    close:FD exit:N kill:SIGNAL term:N sleep
"""

import os
import signal
import socket
import sys
import time

last = None
words = []


def text_of(text):
    return text.encode().decode("unicode_escape").replace("\\e", "\x1b").encode("latin1")


def write(fd, data):
    while data:
        data = data[os.write(fd, data) :]


def say(rest):
    write(1, text_of(rest) + b"\n")


def err(rest):
    write(2, text_of(rest) + b"\n")


def flood(rest):
    left, number = int(rest), 0
    while left > 0:
        chunk = b"".join(b"%063d\n" % (number + i) for i in range(1024))[:left]
        write(1, chunk)
        left -= len(chunk)
        number += 1024


def tcp(rest):
    global last
    host, port = rest.rsplit(":", 1)
    host = host.strip("[]")
    last = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    last.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    last.bind((host, int(port)))
    last.listen(16)


def unix(rest):
    global last
    last = socket.socket(socket.AF_UNIX)
    last.bind(rest)
    last.listen(16)


def listen_fd(rest):
    global last
    last = socket.socket(fileno=int(rest))


def http(rest):
    statuses = [int(status) for status in rest.split(",")]
    while statuses[0]:
        client, _ = last.accept()
        with client:
            client.recv(65536)
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            answer = "HTTP/1.1 %d X\r\nContent-Length: 6\r\nLocation: /\r\n\r\nhello\n"
            client.sendall((answer % status).encode())
            client.recv(65536)  # It has read the answer, and closes.


def mute(_):
    held = []
    while True:
        held.append(last.accept())


def notify(rest):
    name = os.environ["NOTIFY_SOCKET"]
    name = "\0" + name[1:] if name[0] == "@" else name
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.sendto(text_of(rest), name)


def fork(_):
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)


def daemon(_):
    if os.fork():
        while words and words.pop(0) != "end":
            pass
        return
    os.setsid()


def term(rest):
    """On SIGTERM say so and exit with N."""

    def end(*_):
        write(1, b"told\n")
        os._exit(int(rest))

    signal.signal(signal.SIGTERM, end)


def sleep(_):
    while True:
        time.sleep(0.2)  # Not for long: a handler may be due just before it begins.


def put(rest):
    fd, text = rest.split(":", 1)
    write(int(fd), text_of(text))


PARTS = {
    "say": say,
    "err": err,
    "write": lambda rest: write(1, text_of(rest)),
    "flood": flood,
    "tcp": tcp,
    "unix": unix,
    "listen_fd": listen_fd,
    "http": http,
    "mute": mute,
    "notify": notify,
    "touch": lambda rest: open(rest, "a").close(),
    "print_env": lambda rest: say(f"{rest}={os.environ.get(rest)}"),
    "pid": lambda _: say(f"pid={os.getpid()}"),
    "put": put,
    "gate": lambda rest: open(rest).close(),
    "fork": fork,
    "daemon": daemon,
    "end": lambda _: None,
    "close": lambda rest: os.close(int(rest)),
    "exit": lambda rest: os._exit(int(rest)),
    "kill": lambda rest: os.kill(os.getpid(), getattr(signal, "SIG" + rest)),
    "term": term,
    "sleep": sleep,
}

words.extend(sys.argv[1:])
while words:
    part, _, what = words.pop(0).partition(":")
    PARTS[part](what)
