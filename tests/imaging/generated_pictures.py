"""Pictures as phones send them, of 50 kB to 16 MB, and how well each fits a request body."""

import io
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from imaging_samples import encoded, exif, photo_like, ssim
from PIL import Image, ImageOps

from bridge.imaging import Limits, image_bytes_for_body, prepare

QUALITIES = (85, 90, 95, 98)
FINE_FROM_BYTES = 6_000_000
SMALLEST_BYTES = 50_000
LEAST_SIMILARITY = 0.92
MOST_ENCODINGS = 3


@dataclass(frozen=True)
class Generated:
    """A JPEG, as a phone stores it, and whether it is like a photo (else it is noise)."""

    name: str
    data: bytes
    is_photo: bool


@dataclass(frozen=True)
class Fit:
    """What came of a picture for one body limit. `similarity` is 1.0 for noise, where it says nothing."""

    name: str
    body_bytes: int
    original_bytes: int
    sent_bytes: int
    encodings: int
    similarity: float

    @property
    def is_good(self) -> bool:
        fits = self.sent_bytes <= image_bytes_for_body(self.body_bytes)
        return fits and self.encodings <= MOST_ENCODINGS and self.similarity >= LEAST_SIMILARITY


class Album:
    """Cuts pictures out of a few large ones, so that hundreds are made in little time."""

    def __init__(self, widest: int = 4800, seed: int = 4) -> None:
        self._dice = random.Random(seed)
        size = (widest, widest * 3 // 4)
        self._photos = [photo_like(*size, seed=grain, noise=grain) for grain in (1, 2, 3)]
        self._noise = Image.frombytes("RGB", size, self._dice.randbytes(size[0] * size[1] * 3))

    def pictures(self, count: int, largest_bytes: int) -> Iterator[Generated]:
        """`count` JPEGs whose sizes are spread evenly by ratio; every fourth is noise."""
        for number in range(count):
            wanted = SMALLEST_BYTES * (largest_bytes / SMALLEST_BYTES) ** (number / max(1, count - 1))
            yield self._picture(number, wanted)

    def _picture(self, number: int, wanted_bytes: float) -> Generated:
        is_photo = number % 4 != 3
        sheet = self._dice.choice(self._photos) if is_photo else self._noise
        quality = 99 if wanted_bytes > FINE_FROM_BYTES else self._dice.choice(QUALITIES)
        turn, progressive = self._dice.randint(1, 8), self._dice.random() < 0.2
        corner = self._dice.random(), self._dice.random()
        data, pixels = b"", wanted_bytes * 3
        for _ in range(4):
            cut = _cut(sheet, pixels, corner)
            data = encoded(cut, quality=quality, exif=exif(turn), progressive=progressive)
            pixels = cut.width * cut.height * wanted_bytes / len(data)
        return Generated(f"{number} {cut.width}x{cut.height} q{quality}", data, is_photo)


def _cut(sheet: Image.Image, pixels: float, corner: tuple[float, float]) -> Image.Image:
    """A part of a sheet of about so many pixels, or all of it."""
    width = min(sheet.width, max(8, round(math.sqrt(pixels * 4 / 3))))
    height = min(sheet.height, max(8, round(width * 3 / 4)))
    left, top = round(corner[0] * (sheet.width - width)), round(corner[1] * (sheet.height - height))
    return sheet.crop((left, top, left + width, top + height))


def fit(picture: Generated, body_bytes: int) -> Fit:
    """Prepare a picture for a body limit, and compare what is sent with the upright original at that size."""
    prepared = prepare(picture.data, Limits(image_bytes_for_body(body_bytes)))
    similarity = _similarity(picture.data, prepared.data) if picture.is_photo else 1.0
    return Fit(
        picture.name, body_bytes, len(picture.data), len(prepared.data), prepared.encodings, round(similarity, 4)
    )


def _similarity(original: bytes, sent: bytes) -> float:
    with Image.open(io.BytesIO(original)) as stored, Image.open(io.BytesIO(sent)) as shown:
        upright = ImageOps.exif_transpose(stored)
        return ssim(shown, upright.resize(shown.size, Image.Resampling.LANCZOS))
