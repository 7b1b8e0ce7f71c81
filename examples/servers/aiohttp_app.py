#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An aiohttp server on a socket that it inherits: aiohttp_app.py FD."""

import socket
import sys

from aiohttp import web


async def hello(request: web.Request) -> web.Response:
    return web.json_response({"hello": request.match_info["name"]})


app = web.Application()
app.router.add_get("/{name}", hello)

if __name__ == "__main__":
    web.run_app(app, sock=socket.socket(fileno=int(sys.argv[1])))
