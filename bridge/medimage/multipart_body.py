"""Reads a multipart upload as it streams in, and hands the bytes of its one photo on, chunk by chunk."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from bridge.medimage.refusals import BROKEN_FORM, NO_FILE, NOT_MULTIPART, TOO_MUCH, UploadCutError, UploadRefusedError

_PIECE_BYTES = 256 * 1024
_MULTIPART = re.compile(
    r'multipart/form-data *;(?:.*;)? *boundary=(?:"([^"]{1,250})"|([^ \t;"]{1,250})(?=[ \t;]|\Z))', re.IGNORECASE
)
_MOST_PARTS = 1100
_LARGEST_PART_HEADER_BYTES = 32 * 1024
_FIELD = "file1"


class Readable(Protocol):
    """A request's body."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Read what comes next to the front of `buffer`; how many bytes, 0 at the end."""


@dataclass(frozen=True)
class Body:
    """A request's body on its way in. `length` is None when the client did not say it (chunked)."""

    stream: Readable
    content_type: str | None
    length: int | None


Bytes: TypeAlias = bytes | bytearray | memoryview
Taker = Callable[[Bytes], None]
"""Takes the photo's bytes, piece by piece; b"" at the end. A piece is good until the taker returns."""

_Event: TypeAlias = MultipartSegment | Bytes | None
"""A part, bytes of it, or None at its end."""


def read_photo(body: Body, start: Callable[[bytes], Taker], most_bytes: int) -> None:
    """Read a whole body, and give the bytes of its first `file1` to the taker that `start(raw file name)` makes.

    Other parts are read and dropped, as the real server does. Raises UploadRefusedError for what is no photo upload,
    UploadCutError when the body ends early; what `start` and the taker raise goes through. `most_bytes` bounds the
    whole body.
    """
    form = _Form(body.content_type)
    found = False
    taker: Taker = _drop
    for event in _events(form, body, most_bytes):
        if isinstance(event, MultipartSegment):
            is_photo = not found and event.name == _FIELD and event.filename is not None
            found = found or is_photo
            taker = _decoded(event, start(_raw_name(event))) if is_photo else _drop
        else:
            taker(event or b"")
    if not found:
        raise UploadRefusedError(NO_FILE)


class _Form:
    """The library's parser, relieved of the long way: bytes among which no part can end need not be copied for it."""

    def __init__(self, content_type: str | None) -> None:
        match = _MULTIPART.match(content_type or "")
        if match is None:
            raise UploadRefusedError(NOT_MULTIPART)
        boundary = (match[1] or match[2]).encode("latin-1", "replace")
        self._parser = PushMultipartParser(
            boundary,
            max_header_size=_LARGEST_PART_HEADER_BYTES,
            max_segment_count=_MOST_PARTS,
            header_charset="latin-1",
        )
        self._end_of_part = b"\r\n--" + boundary
        self._is_inside = False
        self._may_hold_back = True

    def events(self, buffer: bytearray, count: int) -> Iterator[_Event]:
        """What the first `count` bytes of the buffer bring. Raises MultipartError."""
        piece = memoryview(buffer)[:count]
        begins = self._may_begin_to_end(buffer, count)
        if self._is_inside and not (begins or self._may_hold_back) and buffer.find(self._end_of_part, 0, count) < 0:
            yield piece
            return
        for event in self._parser.parse(bytes(piece)):
            self._is_inside = event is not None
            yield event
        self._may_hold_back = begins

    def close(self) -> None:
        """Say that this was all. Raises MultipartError when it was not."""
        self._parser.close()

    def _may_begin_to_end(self, buffer: bytearray, count: int) -> bool:
        """Whether the end of a part may have begun in the last of these bytes, which the parser then holds back."""
        if count < len(self._end_of_part):
            return True
        begin = buffer.rfind(b"\r", count - len(self._end_of_part), count)
        return begin >= 0 and self._end_of_part.startswith(memoryview(buffer)[begin:count].tobytes())


def _events(form: _Form, body: Body, most_bytes: int) -> Iterator[_Event]:
    """Parts, each with its bytes after it, and None at its end."""
    buffer = bytearray(_PIECE_BYTES)
    try:
        for count in _pieces(body, buffer, most_bytes):
            yield from form.events(buffer, count)
    except MultipartError:
        raise UploadRefusedError(BROKEN_FORM) from None
    try:
        form.close()
    except MultipartError:
        raise UploadCutError from None


def _pieces(body: Body, buffer: bytearray, most_bytes: int) -> Iterator[int]:
    """How many bytes are in the buffer, again and again. Raises UploadCutError when they stop before the length that
    was said.
    """
    received = 0
    while count := _next(body.stream, buffer):
        received += count
        if received > most_bytes:
            raise UploadRefusedError(TOO_MUCH)
        yield count
    if body.length is not None and received < body.length:
        raise UploadCutError


def _next(stream: Readable, buffer: bytearray) -> int:
    try:
        return stream.readinto(memoryview(buffer))
    except (OSError, ValueError):
        raise UploadCutError from None


def _raw_name(segment: MultipartSegment) -> bytes:
    return (segment.filename or "").encode("latin-1", "replace")


def _drop(_piece: Bytes) -> None:
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

    def __call__(self, piece: Bytes) -> None:
        text = self._rest + b"".join(bytes(piece).split())
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        if whole:
            self._taker(self._decode(text[:whole]))
        if not piece:
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
