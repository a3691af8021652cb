"""The JPEGs in a TIFF file (TIFF 6.0, technical note 2): proved whole, as the decoder of TIFF passes over damage."""

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from bridge.imaging import turbo

_COMPRESSION = 259
_TABLES = 347
_STRIPS = (273, 279)
_TILES = (324, 325)
_JPEG = 7
_MOST_JPEGS = 5000
_START, _END = b"\xff\xd8", b"\xff\xd9"


def prove_jpegs_whole(data: bytes, tags: ImageFileDirectory_v2) -> None:
    """Raise PictureError, DAMAGED_PICTURE, when one of the JPEGs that a TIFF's first picture is made of is damaged."""
    if tags.get(_COMPRESSION) != _JPEG:
        return
    tables = bytes(tags.get(_TABLES, b"")).removesuffix(_END) or _START
    places, lengths = _TILES if _TILES[0] in tags else _STRIPS
    spans = zip(tags.get(places, ()), tags.get(lengths, ()), strict=False)
    for _, (start, length) in zip(range(_MOST_JPEGS), spans, strict=False):
        turbo.read_pixels(tables + data[start : start + length].removeprefix(_START), eighths=1)
