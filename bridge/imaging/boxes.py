"""The boxes of a HEIF file (ISO/IEC 14496-12, 4.2), as far as its size and wholeness need them."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

_MOST_BOXES = 2000
_NEEDED = {b"ftyp", b"meta", b"mdat", b"moov"}


def heif_size(stream: BinaryIO) -> tuple[int, int] | None:
    """Width and height of the largest picture that a HEIF file declares, before any turning."""
    spans = [(0, stream.seek(0, 2))]
    for kind, skip in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        spans = [
            (start + skip, min(end, span[1]))
            for span in spans
            for name, start, end in boxes(stream, *span)
            if name == kind
        ]
    sizes = [_size(stream, start) for span in spans for name, start, _ in boxes(stream, *span) if name == b"ispe"]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def is_cut_short(stream: BinaryIO) -> bool:
    """Whether a top-level box that matters says that the file is longer than it is.

    What other programs have put behind the boxes is none of them.
    """
    length = stream.seek(0, 2)
    return any(end > length and name in _NEEDED for name, _, end in boxes(stream, 0, length))


def _size(stream: BinaryIO, start: int) -> tuple[int, int]:
    stream.seek(start + 4)
    return int.from_bytes(stream.read(4), "big"), int.from_bytes(stream.read(4), "big")


def boxes(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, payload start and payload end of each box between two offsets. The last end may lie beyond `end`."""
    return islice(_every_box(stream, start, end), _MOST_BOXES)


def _every_box(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        stream.seek(start)
        header = stream.read(16)
        size, name, payload = int.from_bytes(header[:4], "big"), header[4:8], start + 8
        if size == 1:
            size, payload = int.from_bytes(header[8:16], "big"), start + 16
        box_end = end if size == 0 else start + size
        if box_end < payload:
            return
        yield name, payload, box_end
        start = box_end
