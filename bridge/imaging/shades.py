"""Greys of more than 8 bits, as X-ray stations export them, made 8 bits without a loss of what is to be seen."""

import math
from typing import Any

from PIL import Image

from bridge.imaging.bands import in_bands
from bridge.imaging.errors import damaged

FEWEST_SHADES = 64
"""With fewer of the 256, a picture has lost what X-rays are taken for."""

DARKEST_SHARE, BRIGHTEST_SHARE = 0.003, 0.995
"""What lies between is the picture itself; a burned-in marker, a label or a dead pixel may lie outside."""

_SAMPLED_PIXELS = 250_000


def eight_bit_grey(image: Image.Image) -> Image.Image:
    """A picture of one band of 16 or 32 bits as L.

    16 bits are scaled by the bits in use, so that a 12-bit X-ray keeps its brightness; where that would leave the
    middle 99 % of the pixels less than a quarter of the shades, and wider numbers, by their range; where that would
    too, by the range of that middle. Raises PictureError, DAMAGED_PICTURE, for what is no number.
    """
    if image.mode == "F" and not _are_numbers(image):
        raise damaged("its shades are no numbers")
    wide = image if image.mode in ("I", "F", "I;16") else image.convert("I")
    smallest, largest = _extrema(wide)
    dark, bright = _middle(wide)
    if dark == bright:
        dark, bright = smallest, largest
    if image.mode.startswith("I;16"):
        scale = 2.0 ** -max(int(largest).bit_length() - 8, 0)
        if largest == smallest or (bright - dark) * scale >= FEWEST_SHADES:
            return _narrow(wide, scale, 0.0)
    if (bright - dark) * 255 < FEWEST_SHADES * (largest - smallest):
        smallest, largest = dark, bright
    scale = 255.0 / (largest - smallest) if largest > smallest else 0.0
    return _narrow(wide, scale, 0.5 - smallest * scale)


def _extrema(image: Image.Image) -> tuple[float, float]:
    """The smallest and largest number in a picture of one band."""
    smallest, largest = image.getextrema()
    if isinstance(smallest, tuple) or isinstance(largest, tuple):
        raise TypeError("a picture of one band was wanted")
    return smallest, largest


def _middle(image: Image.Image) -> tuple[float, float]:
    """The numbers between which the middle 99 % of the pixels lie, told from every so-manieth of them."""
    share = min(1.0, (_SAMPLED_PIXELS / (image.width * image.height)) ** 0.5)
    size = max(1, round(image.width * share)), max(1, round(image.height * share))
    numbers: list[Any] = sorted(image.resize(size, Image.Resampling.NEAREST).get_flattened_data())
    dark, bright = (float(numbers[int(part * (len(numbers) - 1))]) for part in (DARKEST_SHARE, BRIGHTEST_SHARE))
    return dark, bright


def _are_numbers(image: Image.Image) -> bool:
    """Whether none is infinite or not a number: the mean would be so too."""
    mean, _ = image.resize((1, 1), Image.Resampling.BOX).getextrema()
    return isinstance(mean, float) and math.isfinite(mean)


def _narrow(image: Image.Image, scale: float, offset: float) -> Image.Image:
    """What lies outside becomes black or white."""
    return in_bands(image, "L", lambda band: band.convert("F").point(lambda value: value * scale + offset).convert("L"))
