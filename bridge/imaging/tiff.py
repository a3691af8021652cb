"""The directory that TIFF files and EXIF blocks share (TIFF 6.0, section 2): tags that hold one number."""

import io
import struct
from typing import BinaryIO

ORIENTATION = 0x0112
WIDTH = 0x0100
HEIGHT = 0x0101
SUBFILE_TYPE = 0x00FE
PHOTOMETRIC = 0x0106

_EXIF_MARK = b"Exif\0\0"
_MOST_ENTRIES = 1000
_NUMBER_FORMATS = {1: "B", 3: "H", 4: "L"}


def first_directory(stream: BinaryIO) -> dict[int, int]:
    """The tags of the first directory that hold numbers, the first number of each; {} when there is none to read.

    `stream` stands anywhere; the TIFF header is at its start. Hostile bytes never raise.
    """
    stream.seek(0)
    header = stream.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(header[:4])
    if order is None or len(header) < 8:
        return {}
    stream.seek(struct.unpack(order + "L", header[4:])[0])
    count = int.from_bytes(stream.read(2), "little" if order == "<" else "big")
    entries = stream.read(12 * min(count, _MOST_ENTRIES))
    return dict(number for at in range(0, len(entries) - 11, 12) for number in _number(entries, at, order))


def _number(entries: bytes, at: int, order: str) -> list[tuple[int, int]]:
    """The entry at `at` as a list of one (tag, number), or of none when it does not hold its number in itself."""
    tag, kind, count = struct.unpack_from(order + "HHL", entries, at)
    if kind not in _NUMBER_FORMATS or count != 1:
        return []
    return [(tag, struct.unpack_from(order + _NUMBER_FORMATS[kind], entries, at + 8)[0])]


def orientation_of(exif: bytes | None) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read. `Exif\\0\\0` in front is allowed."""
    if not exif:
        return 1
    value = first_directory(io.BytesIO(exif.removeprefix(_EXIF_MARK))).get(ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1
