"""A clinic's day: invented photos that can be told by their pixels, the phones that send them, the chart they need.

A phone keeps a photo until it is answered 200, and sends it again until then. Afterwards it asks `/check=` until the
answer is `false`, and deletes its copy. So may these.
"""

import base64
import dataclasses
import io
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from PIL import Image, ImageChops

from bridge.sandbox import Seed, StoredImage, default_seed
from bridge.targets import ChartTarget, ImageType
from bridge_runner import GUID

ZONE = ZoneInfo("America/Los_Angeles")
PATIENTS = range(1, 13)
CLINIC = 7
_COLUMNS, _ROWS = 8, 6
_SMALL = (64, 48)
_LARGE = (720, 540)
_WORDS = {
    "Headshot": (ImageType.HEADSHOT, 6),
    "cara": (ImageType.HEADSHOT, 6),
    "X-Ray": (ImageType.XRAY, 3),
    "cirugía": (ImageType.SURGERY, 4),
    "audiograma": (ImageType.AUDIOGRAM, 5),
    "Headshot-#dental": (ImageType.HEADSHOT, 1),
    "X-Ray-#orl": (ImageType.XRAY, 2),
}
"""What is typed for a photo, and the type and station that it means by the shipped mapping and seed."""


@dataclass(frozen=True)
class Shot:
    """A photo that was taken: its number, which its pixels say too, its file, and where it belongs in the chart."""

    number: int
    name: str
    content: bytes
    target: ChartTarget
    taken_at: datetime


def chart_seed() -> Seed:
    """The sandbox's own seed with one clinic on the days around today, so that midnight changes nothing."""
    today = datetime.now(ZONE).date()
    days = {"start": f"{today - timedelta(days=3):%m/%d/%Y}", "end": f"{today + timedelta(days=3):%m/%d/%Y}"}
    seed = default_seed()
    here = ("clinics", "registrations", "clinicstations", "routing_slips", "xrays", "images")
    rows = {name: each for name, each in seed.rows.items() if name not in here}
    return dataclasses.replace(seed, rows=rows | {"clinics": ({"id": CLINIC, "location": "Ensenada", **days},)})


def day_of_shots(count: int, seed: int, *, large: bool = False) -> list[Shot]:
    """So many photos of all patients and types, in the order in which they are taken, two a second.

    So some share a name, as real ones do. `large`: of about 300 kB each.
    """
    luck = random.Random(seed)
    begin = datetime.now(ZONE).replace(microsecond=0) - timedelta(seconds=60 + count // 2)
    draw = _Painter() if large else None
    return [_shot(number, luck, begin, draw) for number in range(1, count + 1)]


def shot_of(number: int, patient: int, typed: str, taken_at: datetime, content: bytes) -> Shot:
    """One photo as a phone makes it of what was typed: a key of the words above."""
    kind, station = _WORDS[typed]
    name = f"#{GUID}-#{patient}-#{typed}-{taken_at:%d-%b-%Y-%H-%M-%S}.jpg"
    return Shot(number, name, content, ChartTarget(patient, kind, CLINIC, station), taken_at)


def small_picture(number: int) -> bytes:
    """A clean upright JPEG of black and white squares, which write the number in binary."""
    return _jpeg(_squares(number, _SMALL), 75)


def number_in(data: str) -> int:
    """The number that a picture's squares write, read from a chart image's base64 text, encoded again or not."""
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        grey = image.convert("L").resize((_COLUMNS, _ROWS), Image.Resampling.BOX)
    return sum((level > 127) << bit for bit, level in enumerate(grey.tobytes()))


def misfiled(shots: Iterable[Shot], images: Iterable[StoredImage]) -> dict[str, list[object]]:
    """What is wrong with a chart that should hold these photos, each once and on its target; {} when nothing is."""
    wanted = {shot.number: shot.target for shot in shots}
    found: dict[int, ChartTarget] = {}
    wrong: dict[str, list[object]] = {}
    for image in images:
        number = number_in(image.data or "")
        target = ChartTarget(image.patient, ImageType(image.type), image.clinic, image.station)
        if number in found:
            wrong.setdefault("twice", []).append(number)
        if wanted.get(number) != target:
            wrong.setdefault("wrong place", []).append((number, target, wanted.get(number)))
        found[number] = target
    missing = sorted(wanted.keys() - found.keys())
    return wrong | ({"missing": list(missing)} if missing else {})


def out_of_order(shots: Iterable[Shot], images: Iterable[StoredImage]) -> list[tuple[int, ImageType, list[int]]]:
    """The patients and types whose images came into the chart in another order than that of their capture."""
    taken_at = {shot.number: shot.taken_at for shot in shots}
    arrived: dict[tuple[int, ImageType], list[int]] = {}
    for image in sorted(images, key=lambda each: each.id):
        arrived.setdefault((image.patient, ImageType(image.type)), []).append(number_in(image.data or ""))
    return [
        (patient, kind, numbers)
        for (patient, kind), numbers in arrived.items()
        if numbers != sorted(numbers, key=lambda number: taken_at[number])
    ]


def _shot(number: int, luck: random.Random, begin: datetime, draw: "_Painter | None") -> Shot:
    content = draw.picture(number) if draw else small_picture(number)
    taken_at = begin + timedelta(seconds=number // 2)
    return shot_of(number, luck.choice(PATIENTS), luck.choice(list(_WORDS)), taken_at, content)


class _Painter:
    """Makes large pictures: the squares under noise that no encoder can make small."""

    def __init__(self) -> None:
        width, height = _LARGE
        noise = Image.frombytes("L", _LARGE, os.urandom(width * height))
        self._noise = noise.point(lambda level: level // 2)

    def picture(self, number: int) -> bytes:
        """A clean upright JPEG of about 300 kB."""
        bright = _squares(number, _LARGE).point(lambda level: level // 2)
        return _jpeg(ImageChops.add(self._noise, bright), 95)


def _squares(number: int, size: tuple[int, int]) -> Image.Image:
    squares = Image.frombytes("L", (_COLUMNS, _ROWS), bytes(255 * (number >> bit & 1) for bit in range(48)))
    return squares.resize(size, Image.Resampling.NEAREST)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
