"""JPEG decoding straight at the size that will be sent, and strict about damage."""

import pytest
from imaging_samples import decoded, difference, encoded, photo_like, with_segments
from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import Limits, PictureError, prepare
from bridge.imaging.jpeg import read_jpeg
from bridge.imaging.turbo import fitting_eighths, read_pixels, read_what_can_be_read

PHOTO = photo_like(640, 480, noise=0)


@pytest.mark.parametrize("eighths", [1, 2, 4, 5, 6, 8])
def test_a_jpeg_comes_at_the_size_that_was_asked_for(eighths: int) -> None:
    image = read_pixels(encoded(PHOTO, quality=95, subsampling=0), eighths)
    assert image is not None
    assert image.size == (80 * eighths, 60 * eighths)
    assert difference(image.convert("RGB"), PHOTO.resize(image.size, Image.Resampling.BOX)) < 5


def test_grey_comes_as_grey() -> None:
    image = read_pixels(encoded(PHOTO.convert("L")))
    assert image is not None
    assert image.mode == "L"


@pytest.mark.parametrize("quality", [50, 75, 90, 95])
def test_the_coarseness_tells_the_quality(quality: int) -> None:
    told = read_jpeg(encoded(PHOTO, quality=quality)).coarseness
    assert told == pytest.approx(200 - 2 * quality, rel=0.12)


def test_the_smaller_the_limit_the_smaller_a_photo_is_decoded() -> None:
    jpeg = read_jpeg(encoded(photo_like(2800, 2100), quality=92))
    found = [fitting_eighths(jpeg, len(jpeg.clean) * share // 100) for share in (200, 60, 30, 15, 5, 1)]
    assert found == sorted(found, reverse=True)
    assert (found[0], found[-1]) == (8, 1)


@pytest.mark.parametrize(("grain", "quality"), [(1, 88), (3, 95)])
@pytest.mark.parametrize("share", [0.2, 0.45, 0.7])
def test_what_is_foretold_leaves_neither_pixels_nor_bytes_unused(grain: int, quality: int, share: float) -> None:
    photo = encoded(photo_like(2800, 2100, noise=grain), quality=quality)
    limit = int(len(photo) * share)
    prepared = prepare(photo, Limits(limit))
    assert 0.6 * limit < len(prepared.data) <= limit
    assert prepared.encodings == 1


def test_a_jpeg_that_ends_too_early_is_damaged_even_with_its_end_marker() -> None:
    jpeg = encoded(PHOTO)
    with pytest.raises(PictureError) as caught:
        read_pixels(jpeg[: len(jpeg) // 2] + b"\xff\xd9")
    assert caught.value.hold.reason is HoldReason.DAMAGED_PICTURE


def test_kinds_that_this_decoder_does_not_take_are_left_to_others() -> None:
    jpeg = bytearray(encoded(PHOTO, subsampling=2))
    jpeg[jpeg.index(b"\xff\xc0") + 11] = 0x33
    assert read_pixels(bytes(jpeg)) is None
    assert read_pixels(b"no jpeg at all") is None
    assert read_what_can_be_read(b"no jpeg at all") is None


def test_a_table_of_16_bits_tells_its_coarseness_too() -> None:
    wide = b"\x10" + b"".join((value * 2).to_bytes(2, "big") for value in range(1, 65))
    jpeg = with_segments(encoded(Image.new("L", (64, 64))), [(0xDB, wide)])
    assert read_jpeg(jpeg).coarseness == pytest.approx(100 * sum(range(1, 65)) * 2 / 3688)


def test_a_photo_as_large_as_cameras_make_them_is_reduced_and_sent() -> None:
    prepared = prepare(encoded(Image.radial_gradient("L").resize((9000, 7000)), exif=Image.Exif()), Limits(700_000))
    assert prepared.width * prepared.height <= 63_000_000
    assert decoded(prepared.data).mode == "L"
