# SPDX-License-Identifier: MIT
"""Nothing is left of a service of `jig up`, whichever process dies first: the ways to
escape and the ends of escape_matrix.py. "The supervisor" is a guard here: the
only child that `jig up` has for a service."""

import pytest
from escape_matrix import CAGES, need, play_all
from escape_matrix import hostile_programs  # noqa: F401 (a fixture)
from helpers import stage

#: Writes a Procfile of one line, and becomes `jig up`; "$0" is jig. The words
#: of the program hold no blanks.
UP = """
cage=$1; shift
echo "a: exec $*" >Procfile
exec "$0" up -q --timeout 0.3s --cage "$cage"
"""


def up(cage):
    return ["/bin/sh", "-c", UP, str(stage.jig_path()), cage]


def cells():
    """Each way as each identity, and in turn in each cage."""
    for i, identity in enumerate(stage.IDENTITIES):
        for w, way in enumerate(stage.ways()):
            yield identity, CAGES[(w + i) % len(CAGES)], way.name


@pytest.mark.parametrize("identity, cage, way", list(cells()))
def test_nothing_is_left_of_a_service(identity, cage, way):
    need(identity, cage)
    play_all(way, cage, identity, tool=up)
