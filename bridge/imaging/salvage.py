"""What can still be read of a damaged picture, for people to look at and to send as it is. What is missing is grey."""

import io
from dataclasses import dataclass

from PIL import Image
from PIL.ImageFile import ImageFile

from bridge.imaging import pdf, turbo
from bridge.imaging.colour import eight_bit
from bridge.imaging.decode import open_picture, require_pixels
from bridge.imaging.errors import PictureError
from bridge.imaging.formats import Format
from bridge.imaging.jpeg import read_head, scans_within_reason
from bridge.imaging.sizes import stream_size

_MOST_PIXELS = 25_000_000
_BY_PILLOW = {Format.PNG, Format.BMP, Format.TIFF}
_GREYS: dict[str, int | tuple[int, ...]] = {"L": 128, "RGB": (128, 128, 128), "RGBA": (128, 128, 128, 255)}


@dataclass(frozen=True)
class Part:
    """Pixels, the EXIF orientation (1 to 8) still to be made, and the colour profile they are in."""

    image: Image.Image
    orientation: int = 1
    icc: bytes | None = None


def salvage(original: bytes, kind: Format, *, small: bool = False) -> Part | None:
    """What can be read of a damaged picture; None when there is nothing to see.

    `small`: a JPEG at an eighth of its size will do.
    """
    try:
        part = _read_page(original) if kind is Format.PDF else _read(original, kind, small)
        part = part and Part(eight_bit(part.image), part.orientation, part.icc)
    except (PictureError, MemoryError):
        return None
    return None if part is None or _is_blank(part.image) else part


def _read_page(original: bytes) -> Part:
    return Part(pdf.read_pages(original, all_pages=False))


def _read(original: bytes, kind: Format, small: bool) -> Part | None:
    size = stream_size(io.BytesIO(original))
    if size is None:
        return None
    require_pixels(kind, size, _MOST_PIXELS)
    if kind is Format.JPEG and scans_within_reason(original, size[0] * size[1]):
        image = turbo.read_what_can_be_read(original, 1 if small else turbo.FULL_SIZE)
        return Part(image, *read_head(original)) if image else None
    image = _by_pillow(original, kind) if kind in _BY_PILLOW else None
    return Part(image, 1, image.info.get("icc_profile")) if image else None


def _by_pillow(original: bytes, kind: Format) -> Image.Image | None:
    """All rows up to the first that cannot be decoded."""
    try:
        image = open_picture(kind, original)
        require_pixels(kind, image.size, _MOST_PIXELS)
    except Exception:
        # As in `decode`: decoders meet hostile bytes with almost any exception.
        return None
    try:
        _paint_grey(image)
        image.load()
    except Exception:
        # Kept is what was decoded before.
        image.tile = []
    return _copy(image)


def _paint_grey(image: ImageFile) -> None:
    if image.mode in _GREYS:
        image.im = Image.new(image.mode, image.size, _GREYS[image.mode]).im


def _copy(image: ImageFile) -> Image.Image | None:
    try:
        return image.copy()
    except Exception:
        # Not even the first row was there.
        return None


def _is_blank(image: Image.Image) -> bool:
    """Whether there is nothing to see: one colour all over."""
    extrema = image.convert("RGB").getextrema() if image.mode in ("P", "1", "RGBX") else image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(low == high for low, high in bands)
