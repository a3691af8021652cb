"""Calls of the chart's own client library, with its image classes as they are, to be made at any address."""

import itertools
from collections.abc import Callable
from typing import Any

from tschartslib.image.image import CreateImage, DeleteImage, GetImage
from tschartslib.tscharts.tscharts import Login

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
