"""Reads a multipart upload as it streams in, and hands the bytes of its one photo on, chunk by chunk."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from bridge.medimage.refusals import BROKEN_FORM, NO_FILE, NOT_MULTIPART, TOO_MUCH, UploadCutError, UploadRefusedError

_CHUNK_BYTES = 128 * 1024
_MULTIPART = re.compile(
    r'multipart/form-data *;(?:.*;)? *boundary=(?:"([^"]{1,250})"|([^ \t;"]{1,250})(?=[ \t;]|\Z))', re.IGNORECASE
)
_MOST_PARTS = 1100
_LARGEST_PART_HEADER_BYTES = 32 * 1024
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
"""Takes the photo's bytes, chunk by chunk; b"" at the end."""


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
        else:
            taker(bytes(event or b""))
    if not found:
        raise UploadRefusedError(NO_FILE)


def _parser(content_type: str | None) -> PushMultipartParser:
    match = _MULTIPART.match(content_type or "")
    if match is None:
        raise UploadRefusedError(NOT_MULTIPART)
    return PushMultipartParser(
        (match[1] or match[2]).encode("latin-1", "replace"),
        max_header_size=_LARGEST_PART_HEADER_BYTES,
        max_segment_count=_MOST_PARTS,
        header_charset="latin-1",
    )


def _events(
    parser: PushMultipartParser, body: Body, most_bytes: int
) -> Iterator[MultipartSegment | bytes | bytearray | None]:
    """Parts, each with its bytes after it, and None at its end."""
    try:
        for chunk in _chunks(body, most_bytes):
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
            raise UploadRefusedError(TOO_MUCH)
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
    return _Base64Taker(taker) if encoding == "base64" else taker


class _Base64Taker:
    """Decodes base64 text as it comes, in whole groups of four."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._rest = b""
        self._padded = False

    def __call__(self, chunk: bytes) -> None:
        text = self._rest + b"".join(chunk.split())
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        if whole:
            self._taker(self._decode(text[:whole]))
        if not chunk:
            self._end()

    def _decode(self, text: bytes) -> bytes:
        if self._padded:
            raise UploadRefusedError(BROKEN_FORM)
        self._padded = text.endswith(b"=")
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            raise UploadRefusedError(BROKEN_FORM) from None

    def _end(self) -> None:
        if self._rest:
            raise UploadRefusedError(BROKEN_FORM)
        self._taker(b"")
