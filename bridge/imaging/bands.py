"""Large pictures changed band by band, so that never more than one whole copy is made besides the picture itself."""

from collections.abc import Callable

from PIL import Image

_BAND_ROWS = 64
_MARGIN_ROWS = 4
"""More than bicubic filters look beyond a row."""


def in_bands(image: Image.Image, mode: str, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The picture in another mode, every band of rows changed by itself into the same size."""
    changed = Image.new(mode, image.size)
    for top in range(0, image.height, _BAND_ROWS):
        band = image.crop((0, top, image.width, min(top + _BAND_ROWS, image.height)))
        changed.paste(change(band), (0, top))
    return changed


def shrunk(
    image: Image.Image, size: tuple[int, int], change: Callable[[Image.Image], Image.Image] = lambda band: band
) -> Image.Image:
    """The picture at a smaller size, as `resize` would make it; each band of it is changed before."""
    smaller: Image.Image | None = None
    for top in range(0, size[1], _BAND_ROWS):
        band = _shrunk_band(image, size, top, change)
        smaller = smaller or Image.new(band.mode, size)
        smaller.paste(band, (0, top))
    return smaller or image


def _shrunk_band(
    image: Image.Image, size: tuple[int, int], top: int, change: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The rows of the smaller picture from `top` on, made with what the filter sees above and below them."""
    step = image.height / size[1]
    rows = min(_BAND_ROWS, size[1] - top)
    margin_above, margin_below = min(top, _MARGIN_ROWS), min(size[1] - top - rows, _MARGIN_ROWS)
    first, last = (top - margin_above) * step, (top + rows + margin_below) * step
    start, end = int(first), min(image.height, int(last) + 1)
    part = change(image.crop((0, start, image.width, end)))
    box = (0, first - start, part.width, min(last - start, part.height))
    made = part.resize((size[0], rows + margin_above + margin_below), Image.Resampling.BICUBIC, box)
    return made.crop((0, margin_above, size[0], margin_above + rows))
