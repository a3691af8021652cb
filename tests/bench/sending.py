"""Pictures as phones take them, and clients that send them over bare sockets, to cost as little as can be."""

import functools
import itertools
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from clinic import PATIENTS, ZONE
from imaging_samples import encoded, photo_like
from PIL import Image

from bridge_runner import GUID
from phone import form, upload_request

PHOTOS = {"300 kB": (300_000, 1600, 1200), "2 MB": (2_000_000, 4000, 3000), "200 kB": (200_000, 1280, 960)}
"""Sizes of photos by name: about so many bytes, and width and height as phones that send so much make them."""

_WORDS = ("X-Ray", "cirugía", "audiograma")
"""No headshots: of those one that comes late would wait for a person."""

_OFF_BY = 0.08
_NUMBERS = itertools.count(1)
_ANSWERED = b"HTTP/1.1 200"

Upload = tuple[bytes, bytes]
"""A request in two parts: its head with the form's beginning, and the picture with the form's end."""


@functools.cache
def photo(name: str) -> bytes:
    """An upright JPEG without metadata, of one of the sizes, which goes to the chart as it is."""
    wanted, width, height = PHOTOS[name]
    made = (_best(photo_like(width, height, seed=noise, noise=noise), wanted) for noise in (1, 2, 3, 5, 8))
    return next(each for each in made if abs(len(each) - wanted) < _OFF_BY * wanted)


def _best(image: Image.Image, wanted: int) -> bytes:
    """The picture at the highest quality at which it is no larger than that."""
    least, most = 30, 98
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if len(encoded(image, quality=middle)) <= wanted else (least, middle)
    return encoded(image, quality=least)


def to_deliver(picture: bytes, count: int) -> list[Upload]:
    """So many uploads of one picture, of all patients and some types, each a second after the one before."""
    begin = datetime.now(ZONE).replace(microsecond=0) - timedelta(seconds=count)
    return [_delivered_upload(picture, begin + timedelta(seconds=number), number) for number in range(count)]


def _delivered_upload(picture: bytes, taken_at: datetime, number: int) -> Upload:
    patient, word = PATIENTS[number % len(PATIENTS)], _WORDS[number // len(PATIENTS) % len(_WORDS)]
    return _upload(f"#{GUID}-#{patient}-#{word}-{taken_at:%d-%b-%Y-%H-%M-%S}.jpg", picture)


def to_keep(picture: bytes, count: int) -> list[Upload]:
    """So many uploads whose names say no image type: they are held at once, and nothing but accepting is done."""
    return [_upload(f"#{GUID}-#{next(_NUMBERS)}-21-Nov-2026-10-11-12.jpg", picture) for _ in range(count)]


def _upload(name: str, picture: bytes) -> Upload:
    begin, end = form(name, b"").split(b"\r\n\r\n", 1)
    begin += b"\r\n\r\n"
    length = len(begin) + len(picture) + len(end)
    head = upload_request(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % length)
    return head + begin, picture + end


def send(ports: Sequence[int], uploads: Sequence[Upload], clients: int) -> float:
    """Send all to bridges in turn, so many at once, each over a connection of its own. Gives the seconds it took."""
    with ThreadPoolExecutor(clients) as together:
        began = time.perf_counter()
        for _ in together.map(_send_one, itertools.cycle(ports), uploads):
            pass
        return time.perf_counter() - began


def _send_one(port: int, upload: Upload) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for part in upload:
            connection.sendall(part)
        answer = connection.recv(4096)
    assert answer.startswith(_ANSWERED), answer[:200]
