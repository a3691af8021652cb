"""Reads an image as the chart sends it, in pieces, so that many at once take little memory.

The chart gives `{"id":1,...,"data":"..."}` (contract/tscharts.md, "Image: GET"). Nobody has ever looked at `data`: it
may be base64 in any spelling, a `data:` URI, or something else.
"""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self, cast

import pybase64
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from bridge.imaging import HEAD_BYTES, Format, recognise, stream_size
from bridge.photos import ImageFacts
from bridge.targets import ImageType

UNKNOWN_TYPE = "application/octet-stream"
_DATA = b'"data":"'
_LONGEST_HEAD = 4096
_MOST_BYTES = 64 * 1024 * 1024
_IN_MEMORY_BYTES = 128 * 1024
_URI_BYTES = 256
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SPACES = b" \t\r\n"


class OddImageError(Exception):
    """The chart's answer is none of tscharts'."""


class NoBase64Error(Exception):
    """What the chart holds for this image is no base64, so that there are no bytes to give."""


class _HeadSchema(Schema):
    """What stands before the data."""

    class Meta:
        unknown = EXCLUDE

    id = fields.Integer(required=True, strict=True)
    patient = fields.Integer(required=True, strict=True)
    clinic = fields.Integer(required=True, strict=True, allow_none=True)
    station = fields.Integer(required=True, strict=True, allow_none=True)
    type = fields.Enum(ImageType, required=True, by_value=True)


@dataclass(frozen=True)
class ImageFile:
    """An image's facts and its bytes, in a file that is gone once this is closed; best used as a context manager."""

    facts: ImageFacts
    file: IO[bytes] = field(repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the bytes go."""
        self.file.close()

    def pieces(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in pieces of at most 64 KiB."""
        self.file.seek(start)
        while start < end and (piece := self.file.read(min(64 * 1024, end - start))):
            start += len(piece)
            yield piece


def read_image(pieces: Iterator[bytes], image_id: int) -> ImageFile:
    """The image in an answer's body, read to its end. Raises OddImageError, NoBase64Error, and what `pieces` raises."""
    head, rest = _head(pieces)
    if head["id"] != image_id:
        raise OddImageError
    with contextlib.ExitStack() as opened:
        file = cast(IO[bytes], opened.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)))
        sink = _Decoder(file)
        for piece in _data(rest, pieces):
            sink.feed(piece)
        sink.end()
        facts = _facts(head, sink, file)
        opened.pop_all()
    return ImageFile(facts, file)


def _facts(head: dict[str, Any], sink: "_Decoder", file: IO[bytes]) -> ImageFacts:
    file.seek(0)
    kind = recognise(file.read(HEAD_BYTES))
    size = stream_size(cast(Any, file))
    return ImageFacts(
        image_id=head["id"],
        patient=head["patient"],
        type=head["type"].value,
        clinic=head["clinic"],
        station=head["station"],
        media_type=_media_type(kind),
        size_bytes=sink.size_bytes,
        width=size[0] if size else None,
        height=size[1] if size else None,
        sha256=sink.hash.hexdigest(),
    )


def _media_type(kind: Format | None) -> str:
    return kind.media_type if kind is not None and kind.is_picture else UNKNOWN_TYPE


def _head(pieces: Iterator[bytes]) -> tuple[dict[str, Any], bytes]:
    """What stands before the data, and the beginning of the data."""
    taken = b""
    while _DATA not in taken:
        piece = next(pieces, b"")
        if not piece or len(taken) > _LONGEST_HEAD:
            raise OddImageError
        taken += piece
    head, _, rest = taken.partition(_DATA)
    try:
        return cast(dict[str, Any], _HeadSchema().load(json.loads(head.rstrip().rstrip(b",") + b"}"))), rest
    except (ValueError, TypeError, RecursionError, ValidationError):
        raise OddImageError from None


def _data(rest: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The data's letters up to its closing quote. Base64 has no escapes; a text with some is read as a whole."""
    size = 0
    while True:
        quote, escape = rest.find(b'"'), rest.find(b"\\")
        if escape >= 0 and (quote < 0 or escape < quote):
            yield _unescaped(rest, pieces, size)
            return
        if quote >= 0:
            yield rest[:quote]
            _check_end(rest[quote + 1 :], pieces)
            return
        yield rest
        size += len(rest)
        rest = next(pieces, b"")
        if not rest or size > _MOST_BYTES:
            raise OddImageError


def _unescaped(rest: bytes, pieces: Iterator[bytes], size: int) -> bytes:
    taken = bytearray(b'"' + rest)
    for piece in pieces:
        taken += piece
        if size + len(taken) > _MOST_BYTES:
            raise OddImageError
    try:
        text, end = json.JSONDecoder().raw_decode(taken.decode())
        _check_end(taken.decode()[end:].encode(), pieces)
        return cast(str, text).encode()
    except UnicodeEncodeError:
        raise NoBase64Error from None
    except ValueError:
        raise OddImageError from None


def _check_end(tail: bytes, pieces: Iterator[bytes]) -> None:
    """The object ends after its data: without that the answer is not whole."""
    for piece in pieces:
        tail += piece
        if len(tail) > _LONGEST_HEAD:
            raise OddImageError
    if tail.strip() != b"}":
        raise OddImageError


class _Decoder:
    """Decodes base64 into a file, piece by piece."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._waiting = b""
        self._begun = False
        self.hash = hashlib.sha256()
        self.size_bytes = 0

    def feed(self, piece: bytes) -> None:
        """The next letters. The last few wait: they may be the padding, which may be missing, too."""
        self._waiting += piece.translate(_URL_SAFE, _SPACES) if self._begun else piece
        if not self._begun and len(self._waiting) >= _URI_BYTES:
            self._begin()
        if self._begun:
            self._decode(max(len(self._waiting) - 4, 0) // 4 * 4)

    def end(self) -> None:
        """There are no more."""
        if not self._begun:
            self._begin()
        self._waiting = self._waiting.rstrip(b"=")
        self._waiting += b"=" * (-len(self._waiting) % 4)
        self._decode(len(self._waiting))

    def _begin(self) -> None:
        """Leave out what stands before the data of a `data:` URI."""
        self._begun = True
        start = self._waiting.lstrip(_SPACES)
        if start[:5].lower() == b"data:":
            start = start.partition(b",")[2]
        self._waiting = start.translate(_URL_SAFE, _SPACES)

    def _decode(self, length: int) -> None:
        letters, self._waiting = self._waiting[:length], self._waiting[length:]
        try:
            decoded = pybase64.b64decode(letters, validate=True)
        except ValueError:
            raise NoBase64Error from None
        self._file.write(decoded)
        self.hash.update(decoded)
        self.size_bytes += len(decoded)
