"""What passes between the bridge and a picture worker: a length, a header in JSON, then plain bytes.

Nothing that is read here can run code, as a pickle could: a decoder taken over by a hostile file may write anything.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any

_LENGTH = struct.Struct(">I")
_MOST_HEADER_BYTES = 32_768
_BODY = "body_bytes"


class Status(StrEnum):
    """What a worker says: that it is ready, or how a picture went."""

    READY = "ready"
    PREPARED = "prepared"
    PREVIEWED = "previewed"
    PROVED = "proved"
    HELD = "held"
    TOO_BIG = "too-big"
    UNREADABLE = "unreadable"
    FAULT = "fault"


class WireError(Exception):
    """What came is no message, or not one that makes sense here."""


@dataclass(frozen=True)
class Message:
    """A header, whose values are not checked yet, and the bytes behind it."""

    header: dict[str, Any]
    body: bytes


def write_message(stream: IO[bytes], header: Mapping[str, object], body: bytes = b"") -> None:
    """Write a message and flush it. Raises OSError when nobody reads any more."""
    head = json.dumps({**header, _BODY: len(body)}).encode("ascii")
    stream.write(_LENGTH.pack(len(head)) + head)
    stream.write(body)
    stream.flush()


def read_message(stream: IO[bytes], most_body_bytes: int) -> Message:
    """Wait for a message. Raises EOFError when the stream ends, WireError for what is none or is too long; OSError."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > _MOST_HEADER_BYTES:
        raise WireError("long header")
    header = _header(_exactly(stream, length))
    body_bytes = header.get(_BODY)
    if type(body_bytes) is not int or not 0 <= body_bytes <= most_body_bytes:
        raise WireError("long body")
    return Message(header, _exactly(stream, body_bytes))


def _header(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("no JSON") from None
    if not isinstance(header, dict):
        raise WireError("no object")
    return header


def _exactly(stream: IO[bytes], size_bytes: int) -> bytes:
    data = stream.read(size_bytes)
    if len(data) < size_bytes:
        raise EOFError
    return data
