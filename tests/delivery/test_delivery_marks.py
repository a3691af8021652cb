"""Marks: each attempt's bytes are its own, and nothing that anybody sees or learns changes."""

import io
import random
import zlib

import pytest
from PIL import Image

from bridge.delivery.marks import MARK_BYTES, marked
from bridge.imaging import Limits, prepare

SIZE = (48, 32)


def encoded(mode: str, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    noise = Image.frombytes(mode, SIZE, random.Random(1).randbytes(SIZE[0] * SIZE[1] * len(mode.replace("L", "1"))))
    noise.save(buffer, kind, **options)
    return buffer.getvalue()


def without_jfif(jpeg: bytes, instead: bytes = b"") -> bytes:
    assert jpeg[2:11] == b"\xff\xe0\x00\x10JFIF\x00"
    return jpeg[:2] + instead + jpeg[20:]


def pixels(data: bytes) -> tuple[str, bytes]:
    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.tobytes()


def chunks(png: bytes) -> list[bytes]:
    names, position = [], 8
    while position < len(png):
        length = int.from_bytes(png[position : position + 4], "big")
        body = png[position + 4 : position + 8 + length]
        assert zlib.crc32(body).to_bytes(4, "big") == png[position + 8 + length : position + 12 + length]
        names.append(body[:4])
        position += 12 + length
    return names


RGB, GREY = encoded("RGB", "JPEG"), encoded("L", "JPEG")
PICTURES = {
    "jpeg": RGB,
    "grey jpeg": GREY,
    "progressive jpeg": encoded("RGB", "JPEG", progressive=True),
    "jpeg with a density": encoded("RGB", "JPEG", dpi=(300, 300)),
    "jpeg without a header": without_jfif(RGB),
    "grey jpeg without a header": without_jfif(GREY),
    "png": encoded("RGB", "PNG"),
    "grey png": encoded("L", "PNG"),
}
CODING = {"progressive", "progression"}
UNMARKED = {
    "oblong pixels": RGB[:14] + b"\x00\x01\x00\x02" + RGB[18:],
    "a thumbnail": RGB[:18] + b"\x01\x01" + RGB[20:],
    "numbers that are red, green and blue": without_jfif(RGB, b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"),
    "no frame": b"\xff\xd8\xff\xdb\x00\x04\x00\x00",
    "nothing": b"",
    "text": b"a letter",
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_mark_changes_no_pixel_and_is_another_each_time(kind: str) -> None:
    picture = PICTURES[kind]
    marks = [marked(picture) for _ in range(5)]
    assert len(set(marks)) == 5
    for each in marks:
        assert each is not None
        assert each != picture
        assert pixels(each) == pixels(picture)
        assert len(each) < len(picture) + MARK_BYTES


@pytest.mark.parametrize("kind", PICTURES)
def test_a_marked_picture_says_no_more_than_that_its_pixels_are_square(kind: str) -> None:
    data = marked(prepare(PICTURES[kind], Limits(10**6)).data)
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        assert "dpi" not in image.info
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "aspect", *image.info} - {
            "comment"
        }
    if data.startswith(b"\x89PNG"):
        assert chunks(data)[:2] == [b"IHDR", b"pHYs"]
    else:
        assert data[:11] == b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
        assert data[13] == 0
        assert data[14:16] == data[16:18]


@pytest.mark.parametrize("kind", UNMARKED)
def test_what_a_mark_would_change_is_left_without_one(kind: str) -> None:
    assert marked(UNMARKED[kind]) is None


def test_a_picture_that_is_marked_again_gets_another_mark() -> None:
    once = marked(RGB)
    assert once is not None
    twice = marked(once)
    assert twice is not None
    assert (len(twice), pixels(twice)) == (len(once), pixels(once))
