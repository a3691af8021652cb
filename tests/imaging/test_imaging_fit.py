"""The best picture that fits a request body, in few encodings."""

import io
import time

import pytest
from imaging_samples import BODY_LIMITS, decoded, encoded, noise, photo_like, ssim
from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import Format, Limits, PictureError, image_bytes_for_body, prepare


@pytest.fixture(scope="module")
def phone_photo() -> bytes:
    """12 megapixels in about 4 million bytes."""
    return encoded(photo_like(4032, 3024), quality=94)


def test_the_image_bytes_of_a_body_leave_room_for_base64_and_json() -> None:
    assert image_bytes_for_body(1_048_576, overhead_bytes=64) == 786_384
    assert image_bytes_for_body(2_621_440, overhead_bytes=64) == 1_966_032
    assert image_bytes_for_body(100) == 0


@pytest.mark.parametrize("body", BODY_LIMITS)
def test_a_phone_photo_fits_each_known_body_limit_and_looks_the_same(phone_photo: bytes, body: int) -> None:
    limit = image_bytes_for_body(body)
    start = time.process_time()
    prepared = prepare(phone_photo, Limits(limit))
    assert time.process_time() - start < 2
    assert 0.85 * limit < len(prepared.data) <= limit
    assert prepared.encodings <= 3
    sent = decoded(prepared.data)
    assert sent.size == (prepared.width, prepared.height)
    assert ssim(sent, decoded(phone_photo).resize(sent.size, Image.Resampling.LANCZOS)) >= 0.92


@pytest.mark.parametrize("grain", [0, 2, 5])
@pytest.mark.parametrize("limit", [30_000, 120_000, 400_000])
def test_smooth_and_grainy_photos_fit_and_look_the_same(grain: int, limit: int) -> None:
    photo = photo_like(1600, 1200, seed=grain, noise=grain)
    prepared = prepare(encoded(photo, quality=97), Limits(limit))
    assert len(prepared.data) <= limit
    assert prepared.encodings <= 3
    sent = decoded(prepared.data)
    assert ssim(sent, photo.resize(sent.size, Image.Resampling.LANCZOS)) >= 0.92


@pytest.mark.parametrize("limit", [40_000, 100_000, 786_000])
def test_pure_noise_fits_too(limit: int) -> None:
    for original in (encoded(noise(1300, 1000), quality=98), encoded(noise(700, 500), "PNG")):
        prepared = prepare(original, Limits(limit))
        assert len(prepared.data) <= limit
        assert prepared.encodings <= 3


def test_quality_goes_before_size() -> None:
    photo = photo_like(1600, 1200, noise=0)
    best = len(encoded(photo, quality=90))
    prepared = prepare(encoded(photo, quality=97), Limits(int(best * 0.8)))
    assert (prepared.width, prepared.height) == (1600, 1200)


def test_no_quality_below_the_floor_is_used() -> None:
    """The quantisation of a quality is the same in every JPEG that Pillow writes."""
    floor = decoded_tables(encoded(photo_like(64, 64), quality=88))
    for limit in (25_000, 60_000):
        prepared = prepare(encoded(photo_like(800, 600), quality=97), Limits(limit, quality_floor=88))
        tables = decoded_tables(prepared.data)
        assert all(used <= lowest for used, lowest in zip(tables, floor, strict=True))


def decoded_tables(jpeg: bytes) -> list[int]:
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.quantization[0]


def test_a_grey_x_ray_stays_grey_when_it_shrinks() -> None:
    x_ray = photo_like(1600, 1200).convert("L")
    prepared = prepare(encoded(x_ray, "PNG"), Limits(150_000))
    assert prepared.format is Format.JPEG
    assert len(prepared.data) <= 150_000
    assert decoded(prepared.data).mode == "L"


def test_a_png_that_does_not_fit_becomes_a_jpeg_in_at_most_three_encodings() -> None:
    transparent = photo_like(600, 400).convert("RGBA")
    transparent.putalpha(128)
    prepared = prepare(encoded(transparent, "PNG"), Limits(60_000))
    assert prepared.format is Format.JPEG
    assert len(prepared.data) <= 60_000
    assert prepared.encodings <= 3


@pytest.mark.parametrize("size", [(3000, 2), (2, 3000), (1, 1), (70_000, 3)])
def test_odd_shapes_fit_too(size: tuple[int, int]) -> None:
    prepared = prepare(encoded(Image.new("RGB", size, "teal"), "WEBP" if max(size) < 16_000 else "TIFF"), Limits(4_000))
    assert len(prepared.data) <= 4_000
    assert max(prepared.width, prepared.height) <= 65_500


@pytest.mark.parametrize("limit", [0, 1, 300])
def test_a_limit_that_no_picture_fits_is_a_hold(limit: int) -> None:
    with pytest.raises(PictureError) as caught:
        prepare(encoded(photo_like(300, 200)), Limits(limit))
    assert caught.value.hold.reason is HoldReason.TOO_LARGE
    assert "ask the chart's administrator" in caught.value.hold.sentence
