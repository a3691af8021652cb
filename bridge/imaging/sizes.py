"""How many pixels a picture has, read from its header alone."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from bridge.imaging import tiff
from bridge.imaging.boxes import heif_size
from bridge.imaging.formats import HEAD_BYTES, Format, recognise

Size = tuple[int, int]

_MOST_SEGMENTS = 10_000
_MOST_STRAY_BYTES = 10_000
_NOT_FRAMES = {0xC4, 0xC8, 0xCC}


def pixel_size(file: Path) -> Size | None:
    """Width and height in pixels as stored (before turning), without decoding.

    None when the file is no picture, its header cannot be read, or the file itself cannot.
    """
    try:
        with file.open("rb") as stream:
            return stream_size(stream)
    except OSError:
        return None


def stream_size(stream: BinaryIO) -> Size | None:
    """As `pixel_size`, for an open stream that can seek. Raises nothing but the stream's own OSError."""
    stream.seek(0)
    kind = recognise(stream.read(HEAD_BYTES))
    reader = _READERS.get(kind) if kind else None
    size = reader(stream) if reader else None
    return size if size and min(size) > 0 else None


def _jpeg(stream: BinaryIO) -> Size | None:
    """The first frame header (ITU T.81, B.2.2) that stands before any picture data."""
    stream.seek(2)
    for _ in range(_MOST_SEGMENTS):
        marker = _next_marker(stream)
        if marker is None or marker in (0xD9, 0xDA):
            return None
        length = int.from_bytes(stream.read(2), "big")
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            frame = stream.read(5)
            return _u16(frame[3:]), _u16(frame[1:3])
        stream.seek(max(length - 2, 0), 1)
    return None


def _next_marker(stream: BinaryIO) -> int | None:
    """The next marker's byte; filling and stray bytes before it are passed over, as decoders do."""
    before = b""
    for _ in range(_MOST_STRAY_BYTES):
        byte = stream.read(1)
        if not byte:
            return None
        if before == b"\xff" and byte not in (b"\0", b"\xff"):
            return byte[0]
        before = byte
    return None


def _u16(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _png(stream: BinaryIO) -> Size:
    head = _head(stream, 24)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _gif(stream: BinaryIO) -> Size:
    head = _head(stream, 10)
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


def _bmp(stream: BinaryIO) -> Size:
    """Width and height; a height below zero only says that the rows run from the top."""
    head = _head(stream, 26)
    if int.from_bytes(head[14:18], "little") == 12:
        return int.from_bytes(head[18:20], "little"), int.from_bytes(head[20:22], "little")
    return int.from_bytes(head[18:22], "little"), abs(int.from_bytes(head[22:26], "little", signed=True))


def _tiff(stream: BinaryIO) -> Size:
    tags = tiff.first_directory(stream)
    return tags.get(tiff.WIDTH, 0), tags.get(tiff.HEIGHT, 0)


def _webp(stream: BinaryIO) -> Size | None:
    """The canvas, from whichever of the three first chunks a WebP file has (RFC 9649, section 2)."""
    head = _head(stream, 30)
    chunk = head[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _head(stream: BinaryIO, length: int) -> bytes:
    """The first bytes, filled up with zeros when the file is shorter: a size of 0 is no size."""
    stream.seek(0)
    return stream.read(length).ljust(length, b"\0")


_READERS: dict[Format, Callable[[BinaryIO], Size | None]] = {
    Format.JPEG: _jpeg,
    Format.PNG: _png,
    Format.GIF: _gif,
    Format.BMP: _bmp,
    Format.TIFF: _tiff,
    Format.WEBP: _webp,
    Format.HEIC: heif_size,
}
