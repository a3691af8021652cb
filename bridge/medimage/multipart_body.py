"""Reads a multipart upload as it streams in, and hands the bytes of its one photo on, chunk by chunk."""

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from bridge.medimage.refusals import BROKEN_FORM, NO_FILE, NOT_MULTIPART, UploadCutError, UploadRefusedError

_CHUNK_BYTES = 256 * 1024
_LARGEST_BOUNDARY = 256
_MOST_PARTS = 1100
_FIELD = "file1"


class Readable(Protocol):
    """A request's body."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; b"" at the end."""


@dataclass(frozen=True)
class Body:
    """A request's body on its way in. `length` is None when the client did not say it (chunked)."""

    stream: Readable
    content_type: str | None
    length: int | None


Taker = Callable[[bytes], None]
"""Takes the photo's bytes, chunk by chunk."""


def read_photo(body: Body, start: Callable[[bytes], Taker], most_bytes: int) -> None:
    """Read a whole body, and give the bytes of its first `file1` to the taker that `start(raw file name)` makes.

    Other parts are read and dropped, as the real server does. Raises UploadRefusedError for what is no photo upload,
    UploadCutError when the body ends early; what `start` and the taker raise goes through. `most_bytes` bounds the
    whole body.
    """
    parser = _parser(body.content_type)
    found = False
    taker: Taker = _drop
    for event in _events(parser, body, most_bytes):
        if isinstance(event, MultipartSegment):
            is_photo = not found and event.name == _FIELD and event.filename is not None
            found = found or is_photo
            taker = _decoded(event, start(_raw_name(event))) if is_photo else _drop
        elif event is not None:
            taker(bytes(event))
    if not found:
        raise UploadRefusedError(NO_FILE)


def drain(body: Body, most_bytes: int) -> None:
    """Read on and drop, so that a phone that is still sending gets to read its answer. Never raises."""
    left = most_bytes
    try:
        while left > 0 and (chunk := body.stream.read(min(_CHUNK_BYTES, left))):
            left -= len(chunk)
    except OSError:
        return


def _parser(content_type: str | None) -> PushMultipartParser:
    kind, options = parse_options_header(content_type or "")
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary or len(boundary) > _LARGEST_BOUNDARY:
        raise UploadRefusedError(NOT_MULTIPART)
    try:
        return PushMultipartParser(
            boundary.encode("latin-1", "replace"), max_segment_count=_MOST_PARTS, header_charset="latin-1"
        )
    except MultipartError:
        raise UploadRefusedError(NOT_MULTIPART) from None


def _events(
    parser: PushMultipartParser, body: Body, most_bytes: int
) -> Iterator[MultipartSegment | bytes | bytearray | None]:
    try:
        for chunk in _chunks(body, most_bytes):
            if not parser.closed:
                yield from parser.parse(chunk)
    except MultipartError:
        raise UploadRefusedError(BROKEN_FORM) from None
    try:
        parser.close()
    except MultipartError:
        raise UploadCutError from None


def _chunks(body: Body, most_bytes: int) -> Iterator[bytes]:
    """The body's bytes. Raises UploadCutError when they stop before the length that was said."""
    received = 0
    while True:
        try:
            chunk = body.stream.read(_CHUNK_BYTES)
        except (OSError, ValueError):
            raise UploadCutError from None
        if not chunk:
            break
        received += len(chunk)
        if received > most_bytes:
            raise UploadRefusedError(BROKEN_FORM)
        yield chunk
    if body.length is not None and received < body.length:
        raise UploadCutError


def _raw_name(segment: MultipartSegment) -> bytes:
    return (segment.filename or "").encode("latin-1", "replace")


def _drop(_chunk: bytes) -> None:
    """For parts that nobody wants."""


def _decoded(segment: MultipartSegment, taker: Taker) -> Taker:
    """The same taker, or one that takes the part's base64 off first (some mail-like clients send that)."""
    encoding = (segment.header("Content-Transfer-Encoding") or "").strip().lower()
    if encoding != "base64":
        return taker
    return _Base64Taker(taker)


class _Base64Taker:
    """Decodes base64 text as it comes, in whole groups of four."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._rest = b""

    def __call__(self, chunk: bytes) -> None:
        text = self._rest + b"".join(chunk.split())
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        try:
            self._taker(base64.b64decode(text[:whole], validate=True))
        except binascii.Error:
            raise UploadRefusedError(BROKEN_FORM) from None
