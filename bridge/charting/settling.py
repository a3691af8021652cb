"""Looks in the chart for the image of a POST whose answer was lost, with the caller's own token."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from bridge.charting.charts import Chart
from bridge.charting.messages import Asked
from bridge.tscharts import ChartLostError, RelayAnswer

Kind = TypeVar("Kind")

_NOT_SAID = "The chart server did not say whether this image is there; the bridge looks when it is sent again."
_MOST_LOOKED_AT = 10
_LIST_BYTES = 8 * 1024 * 1024
_AROUND_BYTES = 1024
"""The most that stands around the data in an image's answer."""


@dataclass(frozen=True)
class _Wanted:
    """What an image must be to be the POST's: its ids and type as in the query, and its data."""

    ids: dict[str, int]
    kind: str
    data: str

    @property
    def query(self) -> str:
        """Asks for the images that it may be, the newest first."""
        return urlencode({**self.ids, "type": self.kind, "sort": "true"})

    def is_in(self, answer: RelayAnswer) -> bool:
        """Whether this is it. Only what is as long is read. Raises ChartLostError."""
        length = answer.header("Content-Length")
        least = len(self.data)
        if not _is_said(answer, 404, 500) or not length.isdigit() or not least <= int(length) <= least + _AROUND_BYTES:
            return False
        image = _read(answer, least + _AROUND_BYTES, dict)
        links = {name: image.get(name) for name in ("patient", "clinic", "station")}
        return image.get("data") == self.data and links == {name: self.ids.get(name) for name in links}


def find_posted(bodies: Iterable[bytes], asked: Asked, chart: Chart) -> int | None:
    """The newest image in the chart that one of these bodies would make; None when there is none, or when no body
    holds an image in plain form. Looks at the ten newest of the patient and type. Raises ChartError, ChartLostError too
    when something else answers in the chart's place: the image may be there all the same.
    """
    for body in dict.fromkeys(bodies):
        wanted = _wanted(body)
        found = _find(wanted, asked, chart) if wanted is not None else None
        if found is not None:
            return found
    return None


def _find(wanted: _Wanted, asked: Asked, chart: Chart) -> int | None:
    for image_id in _ids(wanted, asked, chart)[:_MOST_LOOKED_AT]:
        with chart.relay.open(asked.aside("GET", f"image/{image_id}/")) as answer:
            if wanted.is_in(answer):
                return image_id
    return None


def _ids(wanted: _Wanted, asked: Asked, chart: Chart) -> list[int]:
    with chart.relay.open(asked.aside("GET", f"image/?{wanted.query}")) as answer:
        ids = _read(answer, _LIST_BYTES, list) if _is_said(answer, 401, 403, 404) else []
    return [each for each in ids if type(each) is int]


def _is_said(answer: RelayAnswer, *nothing: int) -> bool:
    """Whether the chart says what was asked for; False for these statuses, by which it says that there is nothing.
    Raises ChartLostError for all others.
    """
    if answer.status in nothing:
        return False
    if answer.status != 200 or not answer.header("Content-Type").lower().startswith("application/json"):
        raise ChartLostError(_NOT_SAID, outcome_unknown=True, status=answer.status)
    return True


def _read(answer: RelayAnswer, most_bytes: int, kind: type[Kind]) -> Kind:
    try:
        value = json.loads(answer.read(most_bytes))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise ChartLostError(_NOT_SAID, outcome_unknown=True, status=answer.status)
    return value


def _wanted(body: bytes) -> _Wanted | None:
    try:
        fields = json.loads(body)
        ids = {name: fields[name] for name in ("patient", "clinic", "station") if name in fields}
        wanted = _Wanted(ids, fields["type"], fields["data"])
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    is_plain = all(type(each) is int and each > 0 for each in ids.values()) and "patient" in ids
    return wanted if is_plain and isinstance(wanted.kind, str) and _is_one_line(wanted.data) else None


def _is_one_line(data: object) -> bool:
    """Whether it is given back as it was sent (contract/tscharts.md, 1 and 2)."""
    return isinstance(data, str) and bool(data) and data.isascii() and data.isprintable()
