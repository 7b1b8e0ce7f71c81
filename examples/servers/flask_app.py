# SPDX-License-Identifier: MIT
"""A Flask application that counts in Redis: flask --app flask_app run."""

import os
import socket

import flask

app = flask.Flask(__name__)


def redis(*words: str) -> str:
    """One command by Redis's own protocol, so that no client is needed."""
    host, port = os.environ["REDIS_ADDR"].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(" ".join(words).encode() + b"\r\n")
        return connection.makefile().readline().strip()


@app.get("/health")
def health() -> str:
    return redis("PING")


@app.get("/count")
def count() -> str:
    return redis("INCR", "visits").lstrip(":")
