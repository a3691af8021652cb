"""The chart's own client library, its image classes unchanged, call by call: at the chart itself, and at the door."""

from collections.abc import Iterator

import pytest
from charting_site import running_door
from library_calls import Client, creating, deleting, reading
from tschartslib.tscharts.tscharts import Login

from bridge.sandbox import SandboxServer


@pytest.fixture
def clients() -> Iterator[tuple[Client, Client]]:
    with SandboxServer() as chart, SandboxServer() as other, running_door({"clinic": other}) as site:
        yield Client(chart.port), Client(site.port)


def test_every_call_of_the_library_does_as_at_the_chart_itself(clients: tuple[Client, Client]) -> None:
    at_chart, at_door = clients
    calls = [*creating(), *reading(), *deleting(), *reading()[::5]]
    pairs = [(call(at_chart), call(at_door)) for call in calls]
    odd_address = [(own, ours) for own, ours in pairs if own != ours]
    assert odd_address == []
    assert {own[0] for own, _ in pairs} == {200, 400, 404, 500}


def test_signing_in_answers_as_the_chart_itself(clients: tuple[Client, Client]) -> None:
    at_chart, at_door = clients
    for password in ("wrong", "", "bridge-pass"):
        answers = [
            Login("127.0.0.1", each.port, "bridge", password).send(timeout=10)[0] for each in (at_chart, at_door)
        ]
        assert answers[0] == answers[1]
