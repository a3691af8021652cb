"""The chart's own client library, its image classes unchanged, call by call: at the chart itself, and at the door."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from charting_site import running_door
from tschartslib.image.image import CreateImage, DeleteImage, GetImage
from tschartslib.tscharts.tscharts import Login

from bridge.sandbox import SandboxServer

Call = Callable[["Client"], Any]
NEVER = 999_999


class Client:
    """The library, pointed at one port and signed in there."""

    def __init__(self, port: int) -> None:
        self.port = port
        status, answer = Login("127.0.0.1", port, "bridge", "bridge-pass").send(timeout=10)
        assert status == 200
        self.at = ("127.0.0.1", port, answer["token"])

    def create(self, **fields: object) -> Any:
        call = CreateImage(*self.at)
        for name, value in fields.items():
            getattr(call, f"set{name.title()}")(value)
        return call.send(timeout=10)

    def get(self, **parameters: object) -> Any:
        call = GetImage(*self.at)
        for name, value in parameters.items():
            getattr(call, f"set{name.title()}")(value)
        return call.send(timeout=10)

    def delete(self, image_id: object) -> Any:
        return DeleteImage(*self.at, image_id).send(timeout=10)


def creating() -> list[Call]:
    kinds = ("Headshot", "Xray", "Surgery", "Audiogram")
    places: tuple[dict[str, int], ...] = ({}, {"clinic": 2}, {"station": 1}, {"clinic": 1, "station": 3})
    whole = [
        {"patient": patient, "type": kind, **place, "data": f"QUJD{patient}{kind}"}
        for patient, kind, place in itertools.product((1, 123), kinds, places)
    ]
    odd = (
        {"patient": 1, "type": "Headshot"},
        {"patient": 9999, "type": "Headshot", "data": "QUJD"},
        {"patient": "abc", "type": "Headshot", "data": "QUJD"},
        {"patient": 1, "type": "headshot", "data": "QUJD"},
        {"patient": 1, "type": "Headshot", "data": "QUJD", "clinic": 9999},
        {"patient": 1, "type": "Headshot", "data": None},
        {},
    )
    return [lambda client, fields=fields: client.create(**fields) for fields in (*whole, *odd)]


def reading() -> list[Call]:
    values: dict[str, tuple[object, ...]] = {
        "patient": (None, 1, 123, 9999, -1),
        "clinic": (None, 2, 9999),
        "station": (None, 3),
        "type": (None, "Headshot", "Xray", "Photo"),
        "newest": (None, "true", "false", "True"),
        "sort": (None, "true", "false", "desc"),
    }
    combinations = itertools.product(*values.values())
    every_seventh = itertools.islice(combinations, 0, None, 7)
    queries = [
        {name: value for name, value in zip(values, each, strict=True) if value is not None} for each in every_seventh
    ]
    ids = [{"id": image_id} for image_id in (1, 2, 7, 0, NEVER, "abc")]
    return [lambda client, query=query: client.get(**query) for query in [*queries, *ids]]


def deleting() -> list[Call]:
    ids = (1, 1, 2, NEVER, 0, "abc", "")
    return [lambda client, image_id=image_id: client.delete(image_id) for image_id in ids]


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
