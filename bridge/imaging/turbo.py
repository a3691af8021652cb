"""JPEG pixels by libjpeg-turbo, straight at any eighth of their size, and strict about damage where Pillow is not."""

import importlib
import re
from typing import Any

from PIL import Image

from bridge.imaging.errors import damaged
from bridge.imaging.jpeg import JpegFile

FULL_SIZE = 8
"""Sizes are told in eighths of the picture's own, 1 to 8: what the decoder can give while it reads."""

_SIZES = (FULL_SIZE, 6, 5, 4, 3, 2)
_FEW_PIXELS = 5_000_000
_COARSENESS_AT_88 = 24.0
_MOST_GROWTH = 1.5
_GROWTH_AT_FULL_SIZE = 1.2
_GRAINY = 35.0
_GROWTH_BY_GRAIN = {FULL_SIZE: 1.5, 6: 1.5}
_MOST_STRAY_BYTES = 16
_RGB = ("RGBX", "RGBX", "RGBX")
_CMYK = ("CMYK", "CMYK", "CMYK;I")
_LAYOUTS = {"Gray": ("GRAY", "L", "L"), "CMYK": _CMYK, "YCCK": _CMYK}
"""The decoder's name for the colours, Pillow's, and Pillow's for how they lie: inks are stored the other way round."""

_DAMAGE = re.compile(r"Premature end|Corrupt JPEG data|Inconsistent progression|Unsupported marker|Bogus")
_STRAY = re.compile(r"(\d+) extraneous bytes before marker 0xd9")


def read_pixels(jpeg: bytes, eighths: int = FULL_SIZE) -> Image.Image | None:
    """The pixels of a JPEG, turned no way, `eighths` / 8 of its size: mode L, CMYK or RGBX.

    None when this decoder does not take the kind of JPEG, or stumbles over nothing that shows: another may try.
    Raises PictureError, DAMAGED_PICTURE, when anything in the picture's data is missing or makes no sense.
    """
    try:
        return _pixels(jpeg, eighths, strict=True)
    except MemoryError:
        raise
    except Exception as error:
        # A header that makes no sense raises more than the decoder's own ValueError.
        message = str(error)
        if _DAMAGE.search(message) and not _is_only_filled_up(message, jpeg):
            raise damaged("a part of it cannot be read") from error
        return None


def _is_only_filled_up(message: str, jpeg: bytes) -> bool:
    """Whether a few equal bytes behind the last pixel are all that is wrong; others are what damage has left over."""
    stray = _STRAY.search(message)
    tail = jpeg.removesuffix(b"\xff\xd9")[-int(stray[1]) :] if stray else b""
    return 0 < len(tail) <= _MOST_STRAY_BYTES and len(set(tail)) == 1


def read_what_can_be_read(jpeg: bytes, eighths: int = FULL_SIZE) -> Image.Image | None:
    """As `read_pixels` of a damaged JPEG: what is missing is grey. None when not even its header is there."""
    try:
        return _pixels(jpeg, eighths, strict=False)
    except MemoryError:
        raise
    except Exception:
        # As above.
        return None


def fitting_eighths(jpeg: JpegFile, most_bytes: int) -> int:
    """The largest size at which a JPEG is foretold to fit so many bytes when it is encoded again in quality 88.

    Bytes grow with pixels, and shrink as quantisation gets coarser: measured on photos with more and less grain. A
    grainy photo needs a better quality, and so more bytes, unless it is made much smaller, which smooths it.
    7 is left out: it takes longer than all others, and 6 in a better quality looks as good. Small pictures take little
    time at full size, and there is more to choose from there; grey ones come a step larger for the same reason.
    """
    if jpeg.width * jpeg.height <= _FEW_PIXELS:
        return FULL_SIZE
    finer = min(jpeg.coarseness / _COARSENESS_AT_88, _MOST_GROWTH) if jpeg.coarseness else 1.0
    coded_bytes = len(jpeg.clean) * jpeg.saving
    is_grainy = 8 * coded_bytes / (jpeg.width * jpeg.height) * jpeg.coarseness > _GRAINY
    grain = _GROWTH_BY_GRAIN if is_grainy else {}
    for at, eighths in enumerate(_SIZES):
        growth = finer * grain.get(eighths, 1.0) * (_GROWTH_AT_FULL_SIZE if eighths == FULL_SIZE else 1.0)
        if coded_bytes * growth * (eighths / FULL_SIZE) ** 2 <= most_bytes:
            return _SIZES[max(0, at - 1)] if jpeg.is_grey else eighths
    return 1


def _pixels(jpeg: bytes, eighths: int, *, strict: bool) -> Image.Image:
    """Loaded on first use, because numpy comes with it."""
    turbo: Any = importlib.import_module("simplejpeg")
    height, width, space = turbo.decode_jpeg_header(jpeg, strict=strict)[:3]
    colours, mode, stored = _LAYOUTS.get(space, _RGB)
    rows = turbo.decode_jpeg(
        jpeg,
        colours,
        min_height=-(-height * eighths // FULL_SIZE),
        min_width=-(-width * eighths // FULL_SIZE),
        strict=strict,
    )
    return Image.frombuffer(mode, (rows.shape[1], rows.shape[0]), rows, "raw", stored, 0, 1)
