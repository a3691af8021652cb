"""The directory that TIFF files and EXIF blocks share (TIFF 6.0, section 2): tags that hold one number."""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

ORIENTATION = 0x0112
WIDTH = 0x0100
HEIGHT = 0x0101
SUBFILE_TYPE = 0x00FE
PHOTOMETRIC = 0x0106

_EXIF_MARK = b"Exif\0\0"
_MOST_ENTRIES = 1000
_NUMBER_FORMATS = {1: "B", 3: "H", 4: "L"}
_LARGEST_OFFSET = 2**62 - 1


@dataclass(frozen=True)
class _Layout:
    """Where the first directory's offset stands, in what form, the bytes of its count, and the form of an entry."""

    first_at: int
    offset: str
    count_bytes: int
    entry: str


_LAYOUTS = {
    b"II*\0": _Layout(4, "<L", 2, "<HHL4s"),
    b"MM\0*": _Layout(4, ">L", 2, ">HHL4s"),
    b"II+\0": _Layout(8, "<Q", 8, "<HHQ8s"),
    b"MM\0+": _Layout(8, ">Q", 8, ">HHQ8s"),
}
"""TIFF, and BigTIFF with its offsets of 8 bytes."""


def first_directory(stream: BinaryIO) -> dict[int, int]:
    """The tags of the first directory that hold numbers, the first number of each; {} when there is none to read.

    `stream` stands anywhere; the TIFF header is at its start. Hostile bytes never raise.
    """
    stream.seek(0)
    header = stream.read(16)
    layout = _LAYOUTS.get(header[:4])
    if layout is None or len(header) < layout.first_at + struct.calcsize(layout.offset):
        return {}
    stream.seek(struct.unpack_from(layout.offset, header, layout.first_at)[0] & _LARGEST_OFFSET)
    count = int.from_bytes(stream.read(layout.count_bytes), "little" if layout.offset[0] == "<" else "big")
    size = struct.calcsize(layout.entry)
    entries = stream.read(size * min(count, _MOST_ENTRIES))
    return dict(
        number for at in range(0, len(entries) - size + 1, size) for number in _number(entries[at : at + size], layout)
    )


def _number(entry: bytes, layout: _Layout) -> list[tuple[int, int]]:
    """The entry as a list of one (tag, number), or of none when it does not hold its number in itself."""
    tag, kind, count, value = struct.unpack(layout.entry, entry)
    if kind not in _NUMBER_FORMATS or count != 1:
        return []
    return [(tag, struct.unpack_from(layout.offset[0] + _NUMBER_FORMATS[kind], value)[0])]


def orientation_of(exif: bytes | None) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read. `Exif\\0\\0` in front is allowed."""
    if not exif:
        return 1
    value = first_directory(io.BytesIO(exif.removeprefix(_EXIF_MARK))).get(ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1
