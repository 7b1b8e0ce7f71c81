# SPDX-License-Identifier: MIT
"""A thousand fixtures in one agent."""

import resource

from helpers import MASS_DEADLINE_S

MANY = 1000


def _limit(soft: int):
    def go():
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    return go


def test_the_command_gets_the_limit_that_the_agent_had(agent_of, sh):
    agent = agent_of(preexec_fn=_limit(321))
    agent.call("start", fixture="x", command=sh("ulimit -Sn"), output="events")
    agent.await_note("ended", "x")
    assert agent.text("x") == "321\n"
    with open(f"/proc/{agent.pid}/limits") as file:
        line = next(one for one in file if one.startswith("Max open files"))
    assert line.split()[3] == line.split()[4]


def test_a_limit_of_the_request_wins(agent_of, sh):
    agent = agent_of(preexec_fn=_limit(321))
    agent.call(
        "start", fixture="x", command=sh("ulimit -Sn"), output="events", limit="nofile=99"
    )
    agent.await_note("ended", "x")
    assert agent.text("x") == "99\n"


def test_a_thousand_fixtures(agent_of, place):
    """Of a client that has the usual soft limit of descriptors."""
    agent = agent_of(preexec_fn=_limit(1024))
    numbers = [
        agent.request(
            "start", fixture=f"x{i}", command=["sleep", "1000"], cage="subreaper",
            output="events",
        )
        for i in range(MANY)
    ]  # fmt: skip
    pids = {agent.answer(number)["pid"] for number in numbers}
    assert len(pids) == MANY
    listed = agent.call("list")["fixtures"]
    assert {one["pid"] for one in listed} == pids
    assert len(place.pids("sleep")) == MANY
    agent.close()
    while agent.message(MASS_DEADLINE_S) is not None:
        pass
    assert agent.status() == 0
    assert place.alive() == []
