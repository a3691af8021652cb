"""A mark in each picture that is sent, by which the bridge knows its own images in the chart from any others'.

tscharts keeps every POST and says nothing of who sent it. A tablet, a second bridge or another photo may put the very
same picture on the same patient. So each attempt sends bytes of its own: the header field for the density of pixels,
which without a unit says no more than that pixels are square, gets a random number. Pixels, size and looks stay, and
nothing is told about anybody. The hash of what was sent then belongs to one attempt alone.
"""

import secrets
import zlib

MARK_BYTES = 32
"""A mark makes a picture larger by less than this."""

MOST_MARKS = 0xFFFF
_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_JFIF = b"\xff\xe0\x00\x10JFIF\x00"
_VERSION = b"\x01\x01"
_NO_THUMBNAIL = b"\x00\x00"
_JFIF_END = 20
_IHDR_END = 33
_PHYS = b"pHYs"
_PHYS_BYTES = 21
_ADOBE = b"\xff\xee"
_PLAIN_COMPONENTS = ([1], [1, 2, 3], [0, 1, 2])
_FRAMES = {0xC0, 0xC1, 0xC2}


def marked(picture: bytes, mark: int | None = None) -> bytes | None:
    """A JPEG or PNG with a mark of its own, in the place of one that it has; None for one that cannot be marked without
    changing its looks. With the same `mark`, 1 to 65535, it comes out the same each time.
    """
    if picture.startswith(_PNG):
        return _marked_png(picture, mark)
    if picture.startswith(_JPEG + _JFIF):
        return _with_jfif(picture[_JFIF_END:], mark) if _has_square_pixels(picture) else None
    return _with_jfif(picture[2:], mark) if picture.startswith(_JPEG) and _means_the_same_as_jfif(picture) else None


def _with_jfif(rest: bytes, mark: int | None) -> bytes:
    density = (mark or 1 + secrets.randbelow(MOST_MARKS)).to_bytes(2, "big")
    return b"".join((_JPEG, _JFIF, _VERSION, b"\x00", density, density, _NO_THUMBNAIL, rest))


def _has_square_pixels(picture: bytes) -> bool:
    """JFIF's header: 2 bytes marker, 2 length, 5 name, 2 version, 1 unit, then 2 and 2 for the densities."""
    return picture[14:16] == picture[16:18] and picture[18:20] == _NO_THUMBNAIL


def _means_the_same_as_jfif(picture: bytes) -> bool:
    """Whether a JPEG without a JFIF header is read alike with one: grey or YCbCr, in the usual order."""
    position = 2
    while picture[position : position + 1] == b"\xff" and position + 4 <= len(picture):
        marker = picture[position + 1]
        if marker == _ADOBE[1]:
            return False
        length = int.from_bytes(picture[position + 2 : position + 4], "big")
        if marker in _FRAMES:
            return list(picture[position + 10 : position + 2 + length : 3]) in _PLAIN_COMPONENTS
        position += 2 + length
    return False


def _marked_png(picture: bytes, mark: int | None) -> bytes | None:
    """With a chunk for the density of pixels after the header, where a clean PNG has none but a mark."""
    if picture[12:16] != b"IHDR" or b"IDAT" not in picture:
        return None
    rest = picture[_IHDR_END + _PHYS_BYTES if _has_mark(picture) else _IHDR_END :]
    if _PHYS in rest[: rest.find(b"IDAT")]:
        return None
    density = (mark or 1 + secrets.randbelow(0x7FFFFFFF)).to_bytes(4, "big")
    chunk = b"pHYs" + density + density + b"\x00"
    whole = b"".join((b"\x00\x00\x00\x09", chunk, zlib.crc32(chunk).to_bytes(4, "big")))
    return picture[:_IHDR_END] + whole + rest


def _has_mark(picture: bytes) -> bool:
    """Whether a PNG has a density without a unit after the header: 4 bytes length, 4 name, twice 4, 1 unit."""
    chunk = picture[_IHDR_END : _IHDR_END + _PHYS_BYTES]
    return chunk[:8] == b"\x00\x00\x00\x09pHYs" and chunk[8:12] == chunk[12:16] and chunk[16:17] == b"\x00"
