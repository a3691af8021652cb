"""The best JPEG of a picture that is not larger than a number of bytes, in few encodings.

Sizes are foretold from a sample: small tiles from all over the picture, put together and encoded in a few
milliseconds. So the first encoding of the whole picture nearly always fits.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from bridge.imaging.similarity import similarity

BEST_QUALITY = 90
"""Above it, files grow and pictures look the same."""

BEST_QUALITY_OF_LOSSLESS = 95
"""For X-rays and drawings that were never a JPEG before."""

BEST_QUALITY_WHEN_REDUCED = 94
"""For a picture that had to lose pixels: there it may spend what is left of its bytes."""

_GRAINY_QUALITY = 94
_GOOD_QUALITIES = (80, 85, 90, 92)
_GOOD_SIMILARITY = 0.94
_TILES = 7
_TILE_PIXELS = 64
_MARGIN = 0.97
_MOST_STEPS = 8
_NEAR_RATIO = 1.03
_NEAR_SCALE = 0.02
_OWN_COLOURS, _SHARED_COLOURS = "4:4:4", "4:2:0"
_MOST_DRAWN_COLOURS = 1024


@dataclass(frozen=True)
class Encoded:
    """An encoded picture: its bytes, size in pixels, and how many encodings of the whole picture it took."""

    data: bytes
    width: int
    height: int
    encodings: int


@dataclass(frozen=True)
class Qualities:
    """The lowest JPEG quality that may be used, and the highest that is of use: 1 to 95.

    `least_edge`: a picture that was longer is not made shorter than that. `own_colours`: every pixel keeps a colour of
    its own (4:4:4), as thin coloured lines need; photos do not.
    """

    floor: int
    best: int = BEST_QUALITY
    least_edge: int = 1
    own_colours: bool = False


def fit_jpeg(image: Image.Image, most_bytes: int, qualities: Qualities, most_encodings: int) -> Encoded | None:
    """Encode an L, RGB or RGBX picture as a JPEG of at most `most_bytes` bytes; None when it cannot be done.

    Quality goes down from the best to 80 first (less far where it shows), then the picture gets smaller. The last
    encoding allowed may go down to the floor, and so may all at the least size; none goes below it.
    """
    goal = most_bytes * _MARGIN
    samples = _Samples(image, qualities.own_colours)
    good = max(qualities.floor, _good_quality(samples, goal))
    least_scale = min(1.0, qualities.least_edge / max(image.size))
    for encodings in range(1, most_encodings + 1):
        scale, foretold = _largest_scale(samples, goal, good)
        lowest = qualities.floor if encodings == most_encodings else good
        if scale < least_scale:
            scale, foretold, lowest = least_scale, _foretell(samples, least_scale), qualities.floor
        quality = _best_quality(foretold, goal, lowest, max(qualities.best, lowest))
        picture = shrink(image, scale)
        data = encode_jpeg(picture, quality, own_colours=qualities.own_colours)
        if len(data) <= most_bytes:
            return Encoded(data, *picture.size, encodings)
        goal = min(goal * _MARGIN, most_bytes * _MARGIN * foretold(quality) / len(data))
    return None


def encode_jpeg(image: Image.Image, quality: int, *, own_colours: bool = False) -> bytes:
    """A JPEG of an L, RGB or RGBX picture with no metadata but the JFIF header."""
    image.info.clear()
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, subsampling=_OWN_COLOURS if own_colours else _SHARED_COLOURS)
    return stream.getvalue()


def encode_png(image: Image.Image) -> bytes:
    """A PNG of an L, RGB or RGBX picture with no metadata."""
    image = image.convert("RGB") if image.mode == "RGBX" else image
    image.info.clear()
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def foretold_png_bytes(image: Image.Image) -> float:
    """About how large a PNG of this picture will be, rather more than less."""
    sample = _sample_at(image, 1.0)
    return len(encode_png(sample)) * image.width * image.height / (sample.width * sample.height)


def is_drawing(image: Image.Image) -> bool:
    """Whether a picture has as few colours as drawings, tables and screens have."""
    return image.getcolors(_MOST_DRAWN_COLOURS) is not None


def shrink(image: Image.Image, scale: float) -> Image.Image:
    """The picture with both edges `scale` times as long, at least one pixel; itself when `scale` is 1 or more."""
    return image if scale >= 1 else image.resize(_scaled(image.size, scale), Image.Resampling.BICUBIC)


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


class _Samples:
    """Samples of a picture at several scales, each made once."""

    def __init__(self, image: Image.Image, own_colours: bool) -> None:
        self.image = image
        self._own_colours = own_colours
        self._made: dict[float, Image.Image] = {}

    def at(self, scale: float) -> Image.Image:
        if scale not in self._made:
            self._made[scale] = _sample_at(self.image, scale)
        return self._made[scale]

    def encoded(self, scale: float, quality: int) -> bytes:
        """The sample at this scale as the picture will be encoded."""
        return encode_jpeg(self.at(scale), quality, own_colours=self._own_colours)


def _good_quality(samples: _Samples, goal: float) -> int:
    """The lowest of a few qualities at which the picture looks as before; grainy pictures need more than smooth ones.

    A picture that was a JPEG before takes a second encoding better at its own size than at any other.
    """
    quality = _quality_at(samples, 1.0)
    if quality == _GRAINY_QUALITY or _foretell(samples, 1.0)(quality) <= goal:
        return quality
    return max(quality, _quality_at(samples, 0.9))


def _quality_at(samples: _Samples, scale: float) -> int:
    sample = samples.at(scale)
    for quality in _GOOD_QUALITIES:
        with Image.open(io.BytesIO(samples.encoded(scale, quality)), formats=("JPEG",)) as encoded:
            if similarity(sample, encoded) >= _GOOD_SIMILARITY:
                return quality
    return _GRAINY_QUALITY


def _largest_scale(samples: _Samples, goal: float, quality: int) -> tuple[float, Callable[[int], float]]:
    """The scale, at most 1, at which the picture is foretold to just fit at this quality; and what foretells it.

    Bytes do not always grow with scale: shrinking a grainy picture by a hundredth may save a third. So what fits and
    what does not close in on each other from both sides.
    """
    scale, fits, fails = 1.0, 0.0, 1.0
    foretold = best = _foretell(samples, scale)
    for _ in range(_MOST_STEPS):
        ratio = goal / foretold(quality)
        if ratio >= 1:
            fits, best = scale, foretold
        else:
            fails = scale
        if fits == 1 or (fits and (fails - fits < _NEAR_SCALE or 1 <= ratio <= _NEAR_RATIO)):
            break
        scale *= ratio**0.55
        if not fits < scale < fails:
            scale = (fits + fails) / 2
        foretold = _foretell(samples, scale)
    return (fits, best) if fits else (scale, foretold)


def _best_quality(foretold: Callable[[int], float], goal: float, lowest: int, highest: int) -> int:
    """The highest quality foretold to fit, between `lowest` and `highest`."""
    if foretold(highest) <= goal:
        return highest
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        lowest, highest = (middle, highest) if foretold(middle) <= goal else (lowest, middle)
    return lowest


def _foretell(samples: _Samples, scale: float) -> Callable[[int], float]:
    """What tells, for a quality, the bytes of the picture at this scale."""
    width, height = _scaled(samples.image.size, scale)
    sample = samples.at(scale)
    share = width * height / (sample.width * sample.height)
    return lambda quality: len(samples.encoded(scale, quality)) * share


def _sample_at(image: Image.Image, scale: float) -> Image.Image:
    """Tiles from all over the picture at this scale, side by side; all of it when it is not larger than they are."""
    width, height = _scaled(image.size, scale)
    columns, rows = min(_TILES, width // _TILE_PIXELS), min(_TILES, height // _TILE_PIXELS)
    if min(columns, rows) == 0 or width * height <= (_TILES * _TILE_PIXELS) ** 2:
        return shrink(image, scale)
    mosaic = Image.new(image.mode, (columns * _TILE_PIXELS, rows * _TILE_PIXELS))
    for column in range(columns):
        for row in range(rows):
            tile = _tile(image, column / max(columns - 1, 1), row / max(rows - 1, 1), _TILE_PIXELS / scale)
            mosaic.paste(tile, (column * _TILE_PIXELS, row * _TILE_PIXELS))
    return mosaic


def _tile(image: Image.Image, across: float, down: float, edge: float) -> Image.Image:
    """A square of `edge` pixels made one tile; it starts on the grid of JPEG's blocks, so as to cost what it did.

    `across` and `down`: where, 0.0 to 1.0.
    """
    left = (image.width - edge) * across // 16 * 16
    top = (image.height - edge) * down // 16 * 16
    box = (left, top, left + edge, top + edge)
    if edge == _TILE_PIXELS:
        return image.crop((left, top, left + _TILE_PIXELS, top + _TILE_PIXELS))
    return image.resize((_TILE_PIXELS, _TILE_PIXELS), Image.Resampling.BICUBIC, box)
