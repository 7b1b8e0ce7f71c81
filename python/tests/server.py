#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A server for tests: answers /health on a socket that it inherits or binds.

    server.py fd NUMBER | port NUMBER
"""

import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
        self.wfile.write(b"in good health")


def make_server(kind: str, number: int) -> HTTPServer:
    if kind == "port":
        return HTTPServer(("127.0.0.1", number), Handler)
    server = HTTPServer(("", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=number)
    return server


if __name__ == "__main__":
    with make_server(sys.argv[1], int(sys.argv[2])) as server:
        print(f"up on {sys.argv[2]}", flush=True)
        server.serve_forever()
