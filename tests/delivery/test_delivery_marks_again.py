"""Pictures that have a mark already, and marks that are given (bridge/delivery/marks.py)."""

import io

import pytest
from PIL import Image

from bridge.delivery import MOST_MARKS, marked
from phone import picture


def png(**options: object) -> bytes:
    with io.BytesIO() as file:
        Image.new("L", (20, 10), 7).save(file, "PNG", **options)
        return file.getvalue()


def pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB").tobytes()


@pytest.mark.parametrize("content", [picture(1), png()], ids=["jpeg", "png"])
def test_the_same_mark_makes_the_same_bytes_and_another_others(content: bytes) -> None:
    first, again, other = (marked(content, mark) for mark in (1, 1, MOST_MARKS))
    assert first is not None
    assert other is not None
    assert first == again != other
    assert pixels(first) == pixels(other) == pixels(content)


@pytest.mark.parametrize("content", [picture(1), png()], ids=["jpeg", "png"])
def test_a_mark_takes_the_place_of_the_one_before(content: bytes) -> None:
    once = marked(content, 5)
    assert once is not None
    assert marked(once, 6) == marked(content, 6)
    by_chance = marked(once)
    assert by_chance is not None
    assert len(by_chance) == len(once)


@pytest.mark.parametrize(
    "content",
    [png(dpi=(72, 72)), b"\x89PNG\r\n\x1a\n", png()[:33], b"\x89PNG\r\n\x1a\n" + bytes(100)],
    ids=["dpi", "nothing", "cut", "zeros"],
)
def test_a_png_with_a_density_of_its_own_or_none_at_all_is_not_marked(content: bytes) -> None:
    assert marked(content, 5) is None
