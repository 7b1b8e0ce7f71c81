# SPDX-License-Identifier: MIT
"""A child of os.fork() has a copy of the fixture, which stays its parent's."""

from __future__ import annotations

import pytest
from waiting import python

#: What the child does in the block, and its exit status.
CHILDREN = {
    "sys.exit(7)": 7,
    "raise KeyError": 1,
    "p.stop()": 1,
    "p.wait(0)": 1,
    "p.communicate()": 1,
}

BLOCK = """
import asyncio, jig, os, sys

def fork(p):
    child = os.fork()
    if child == 0:
        try:
            {child}
        except RuntimeError as error:
            assert "parent process" in str(error)
            sys.exit(1)
        sys.exit(9)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), p.poll(), flush=True)

fixture = jig.process_fixture({command!r}, stdin=jig.PIPE)
"""

SYNC = """
with fixture as p:
    p.stdin.write(b"not to be written twice")
    fork(p)
print(p.report.reason)
"""

#: An event loop belongs to one process, so its child leaves the block by hand.
ASYNC = """
async def main():
    async with fixture as p:
        fork(p)
    print(p.report.reason)

def leave(p):
    try:
        p.__aexit__(None, None, None).send(None)
    except StopIteration:
        os._exit(7)

asyncio.run(main())
"""


@pytest.mark.parametrize("child", CHILDREN)
def test_what_the_child_does_ends_nothing_of_its_parent(place, child):
    script = BLOCK.format(child=child, command=place.sleeper) + SYNC
    done = python(script)
    assert done.stdout == f"{CHILDREN[child]} None\nstop\n", done.stderr
    assert place.left() == []


def test_the_childs_end_of_an_async_block_ends_nothing(place):
    script = BLOCK.format(child="leave(p)", command=place.sleeper) + ASYNC
    done = python(script)
    assert done.stdout == "7 None\nstop\n", done.stderr
    assert place.left() == []


def test_a_decorated_functions_child_ends_nothing(place):
    script = BLOCK.format(child="sys.exit(7)", command=place.sleeper)
    script += """
@fixture
def numbers():
    yield 1

generator = numbers()
next(generator)
child = os.fork()
if child == 0:
    generator.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
print(status, len(list(generator)))
"""
    done = python(script)
    assert done.stdout == "0 0\n", done.stderr
    assert place.left() == []
