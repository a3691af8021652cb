"""PNG files taken apart (PNG third edition, sections 5 and 11): proved whole, and put together without metadata."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from bridge.imaging.errors import damaged
from bridge.imaging.tiff import orientation_of

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_OPAQUE_COLOUR_TYPES = {0, 2, 3}
_MOST_CHUNKS = 100_000
_LARGEST_PROFILE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class PngFile:
    """What a PNG file holds. `clean` is the same picture, to the pixel, with nothing else in the file.

    `orientation` is that of its eXIf chunk, 1 to 8. `icc` is the colour profile or None. `shown_everywhere` is False
    when it is transparent or has 16 bits per sample, and so must be made plain first.
    """

    clean: bytes
    orientation: int
    icc: bytes | None
    shown_everywhere: bool


def read_png(data: bytes) -> PngFile:
    """Take a PNG apart. Raises PictureError when it is cut short or a checksum of a part it needs is wrong.

    What follows its last chunk, and every frame of an animation but the still picture, is left out.
    """
    kept: list[bytes | memoryview] = [_SIGNATURE]
    names: list[bytes] = []
    others: dict[bytes, bytes] = {}
    for name, start, end in islice(_chunks(data), _MOST_CHUNKS):
        names.append(name)
        if name in _PICTURE:
            kept.append(_checked(data, name, start, end))
        elif name[:1].isupper():
            raise damaged("it has a part that nobody knows")
        else:
            others.setdefault(name, data[start:end])
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or b"IDAT" not in names:
        raise damaged("it is cut short")
    bits, colour_type = data[24], data[25]
    return PngFile(
        clean=b"".join(kept),
        orientation=orientation_of(others.get(b"eXIf")),
        icc=_profile(others.get(b"iCCP", b"")),
        shown_everywhere=bits <= 8 and colour_type in _OPAQUE_COLOUR_TYPES and b"tRNS" not in names,
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk's data, up to IEND and with it."""
    position, name = len(_SIGNATURE), b""
    while name != b"IEND":
        start = position + 8
        end = start + int.from_bytes(data[position : position + 4], "big")
        if start > len(data) or end + 4 > len(data):
            raise damaged("it is cut short")
        name = data[position + 4 : start]
        yield name, start, end
        position = end + 4


def _checked(data: bytes, name: bytes, start: int, end: int) -> memoryview:
    """A whole chunk, with its length and checksum."""
    if zlib.crc32(memoryview(data)[start - 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
        raise damaged("its checksums are wrong")
    if name == b"IHDR" and end - start != 13:
        raise damaged("its header makes no sense")
    return memoryview(data)[start - 8 : end + 4]


def _profile(chunk: bytes) -> bytes | None:
    """The colour profile in an iCCP chunk: a name, a zero, the method, then the packed profile."""
    _, _, packed = chunk.partition(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE_BYTES) or None
    except zlib.error:
        return None
