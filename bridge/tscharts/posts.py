"""Writes the body of an image POST."""

import hashlib
import json
from dataclasses import dataclass, field

import pybase64

from bridge.targets import ChartTarget
from bridge.tscharts.schemas import is_id

_END = b'"}'


@dataclass(frozen=True)
class ImagePost:
    """A POST that is ready to send: its JSON body, and the SHA-256 (hex) and length of the `data` text in it."""

    body: bytes = field(repr=False)
    data_sha256: str
    data_length: int

    def holds(self, data: str) -> bool:
        """Whether this is the text of `data` in the body, letter for letter."""
        return len(data) == self.data_length and self.body.endswith(data.encode("utf-8", "surrogatepass") + _END)


def prepare_post(target: ChartTarget, image_bytes: bytes) -> ImagePost:
    """The POST that files an image at a target.

    The data is one line of padded base64, because tscharts gives back the first line alone. Clinic and station are
    left out when unknown: `null` would be refused (contract/tscharts.md, 1 and 15).

    Raises ValueError for an empty image, which tscharts takes but can never give back (2), and for ids below 1.
    """
    if not image_bytes:
        raise ValueError("an empty image cannot be filed")
    data = pybase64.b64encode(image_bytes)
    body = b"".join((_start(target), data, _END))
    return ImagePost(body, hashlib.sha256(data).hexdigest(), len(data))


def prepare_text_post(target: ChartTarget, text: str) -> ImagePost:
    """The POST that files the `data` text of another image at a target, as the chart gave it, whatever it says.

    Raises ValueError for an empty text, and for ids below 1.
    """
    if not text:
        raise ValueError("an empty image cannot be filed")
    body = b"".join((_start(target)[:-1], json.dumps(text).encode(), _END[-1:]))
    data = text.encode("utf-8", "surrogatepass")
    return ImagePost(body, hashlib.sha256(data).hexdigest(), len(text))


def body_overhead_bytes(target: ChartTarget) -> int:
    """How many bytes stand around the data in the body of a POST to a target. Raises ValueError for ids below 1."""
    return len(_start(target)) + len(_END)


def _start(target: ChartTarget) -> bytes:
    head = json.dumps(_head(target), separators=(",", ":")).removesuffix("}")
    return f'{head},"data":"'.encode()


def _head(target: ChartTarget) -> dict[str, int | str]:
    """The body's fields but for the data."""
    ids = {"patient": target.patient, "clinic": target.clinic, "station": target.station}
    given = {name: number for name, number in ids.items() if number is not None}
    for name, number in given.items():
        if not is_id(number):
            raise ValueError(f"a chart target's {name} must be a number above 0")
    return {**given, "type": target.type.value}
