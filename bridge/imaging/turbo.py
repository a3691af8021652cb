"""JPEG pixels by libjpeg-turbo, straight at any eighth of their size, and strict about damage where Pillow is not."""

import importlib
import re
from typing import Any

from PIL import Image

from bridge.imaging.errors import damaged
from bridge.imaging.jpeg import JpegFile

FULL_SIZE = 8
"""Sizes are told in eighths of the picture's own, 1 to 8: what the decoder can give while it reads."""

_COARSENESS_AT_88 = 24.0
_MOST_GROWTH = 1.5
_GROWTH_AT_FULL_SIZE = 1.2
_GRAINY = 35.0
_GROWTH_BY_GRAIN = {FULL_SIZE: 1.5, 6: 1.5}
_MOST_STRAY_BYTES = 16
_DAMAGE = re.compile(r"Premature end|Corrupt JPEG data|Inconsistent progression|Unsupported marker|Bogus")
_STRAY = re.compile(r"(\d+) extraneous bytes before marker")


def read_pixels(jpeg: bytes, eighths: int = FULL_SIZE, *, grey: bool = False) -> Image.Image | None:
    """The pixels of a JPEG, turned no way, `eighths` / 8 of its size: mode L when `grey`, else RGBX.

    None when this decoder does not take the kind of JPEG, or stumbles over nothing that shows: another may try.
    Raises PictureError, DAMAGED_PICTURE, when anything in the picture's data is missing or makes no sense.
    """
    try:
        return _pixels(jpeg, eighths, grey, strict=True)
    except MemoryError:
        raise
    except Exception as error:
        # A header that makes no sense raises more than the decoder's own ValueError.
        message = str(error)
        stray = _STRAY.search(message)
        if _DAMAGE.search(message) and not (stray and int(stray[1]) <= _MOST_STRAY_BYTES):
            raise damaged("a part of it cannot be read") from error
        return None


def read_what_can_be_read(jpeg: bytes, eighths: int = FULL_SIZE) -> Image.Image | None:
    """As `read_pixels`, in RGBX, of a damaged JPEG: what is missing is grey. None when not even its header is there."""
    try:
        return _pixels(jpeg, eighths, False, strict=False)
    except MemoryError:
        raise
    except Exception:
        # As above.
        return None


def fitting_eighths(jpeg: JpegFile, most_bytes: int) -> int:
    """The largest size at which a JPEG is foretold to fit so many bytes when it is encoded again in quality 88.

    Bytes grow with pixels, and shrink as quantisation gets coarser: measured on photos with more and less grain. A
    grainy photo needs a better quality, and so more bytes, unless it is made much smaller, which smooths it.
    7 is left out: it takes longer than all others, and 6 in a better quality looks as good.
    """
    finer = min(jpeg.coarseness / _COARSENESS_AT_88, _MOST_GROWTH) if jpeg.coarseness else 1.0
    bits_per_pixel = 8 * len(jpeg.clean) / (jpeg.width * jpeg.height)
    grain = _GROWTH_BY_GRAIN if bits_per_pixel * jpeg.coarseness > _GRAINY else {}
    for eighths in (FULL_SIZE, 6, 5, 4, 3, 2):
        growth = finer * grain.get(eighths, 1.0) * (_GROWTH_AT_FULL_SIZE if eighths == FULL_SIZE else 1.0)
        if len(jpeg.clean) * growth * (eighths / FULL_SIZE) ** 2 <= most_bytes:
            return eighths
    return 1


def _pixels(jpeg: bytes, eighths: int, grey: bool, *, strict: bool) -> Image.Image:
    """Loaded on first use, because numpy comes with it."""
    turbo: Any = importlib.import_module("simplejpeg")
    height, width = turbo.decode_jpeg_header(jpeg, strict=strict)[:2]
    rows = turbo.decode_jpeg(
        jpeg,
        "GRAY" if grey else "RGBX",
        min_height=-(-height * eighths // FULL_SIZE),
        min_width=-(-width * eighths // FULL_SIZE),
        strict=strict,
    )
    mode = "L" if grey else "RGBX"
    return Image.frombuffer(mode, (rows.shape[1], rows.shape[0]), rows, "raw", mode, 0, 1)
