"""X-rays of 16 bits and more keep what is to be seen in them, whatever a station has burned in beside it."""

import io

import numpy as np
import pytest
from document_samples import dicom, ramp
from imaging_samples import ROOMY, decoded, difference, encoded, outcome, photo_like
from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import Limits, PictureError, prepare

GREY = photo_like(400, 300).convert("L")
DEEP = np.asarray(GREY).astype("uint16") * 8 + 200


def with_marker(pixels: int) -> np.ndarray:
    """A 12-bit picture with so many pixels in the brightest white of 16 bits."""
    marked = DEEP.copy()
    marked.reshape(-1)[:pixels] = 65_535
    return marked


def file_of(numbers: np.ndarray, kind: str) -> bytes:
    return dicom(numbers) if kind == "DICOM" else encoded(Image.fromarray(numbers), kind)


def shades(sent: bytes) -> tuple[float, float]:
    """The darkest and the brightest of the middle 90 %."""
    dark, bright = np.percentile(np.asarray(decoded(sent)), [5, 95])
    return float(dark), float(bright)


@pytest.mark.parametrize("pixels", [1, 360])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "DICOM"])
def test_a_marker_or_a_dead_pixel_does_not_make_an_x_ray_black(kind: str, pixels: int) -> None:
    sent = decoded(prepare(file_of(with_marker(pixels), kind), ROOMY).data)
    dark, bright = shades(prepare(file_of(with_marker(pixels), kind), ROOMY).data)
    assert sent.mode == "L"
    assert bright - dark > 80
    assert sent.getpixel((0, 0)) == 255


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_dead_pixel_of_no_light_does_no_harm_either(kind: str) -> None:
    numbers = DEEP // 8 + 60_000
    numbers[5, 5] = 0
    dark, bright = shades(prepare(file_of(numbers.astype("uint16"), kind), ROOMY).data)
    assert bright - dark > 80


def test_wide_numbers_are_treated_alike() -> None:
    for numbers in (DEEP.astype("int32") * 1000, DEEP.astype("float32") / 7):
        numbers[0, 0] = numbers.max() * 400
        dark, bright = shades(prepare(file_of(numbers, "TIFF"), ROOMY).data)
        assert bright - dark > 80


@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
def test_shades_that_are_no_numbers_are_damage(bad: str) -> None:
    numbers = DEEP.astype("float32")
    numbers[7, 7] = float(bad)
    error = outcome(file_of(numbers, "TIFF"))
    assert isinstance(error, PictureError)
    assert error.hold.reason is HoldReason.DAMAGED_PICTURE
    assert not error.has_preview


def test_a_window_beside_all_shades_gives_way_to_the_shades_in_use() -> None:
    beside = dicom(ramp(), bits=12, WindowCenter=60_000, WindowWidth=100)
    assert difference(decoded(prepare(beside, ROOMY).data), decoded(prepare(dicom(ramp(), bits=12), ROOMY).data)) == 0


def test_a_window_that_shows_something_is_used_whatever_else_is_lost() -> None:
    narrow = decoded(prepare(dicom(ramp(), bits=12, WindowCenter=3000, WindowWidth=200), ROOMY).data)
    assert narrow.getpixel((100, 5)) == 0
    assert narrow.getpixel((250, 5)) == 255


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "GIF", "DICOM"])
def test_what_was_never_a_jpeg_leaves_without_loss_when_that_fits(kind: str) -> None:
    original = dicom(np.asarray(GREY), WindowCenter=128, WindowWidth=256) if kind == "DICOM" else encoded(GREY, kind)
    sent = prepare(original, ROOMY)
    assert (sent.format.value, sent.encodings) == ("PNG", 1)
    assert difference(decoded(sent.data).convert("L"), GREY) < 0.5


def test_a_scan_of_one_bit_stays_sharp_and_small() -> None:
    page = GREY.point(lambda value: 255 * (value > 128)).convert("1")
    sent = prepare(encoded(page, "TIFF", compression="group4"), Limits(100_000))
    assert sent.format.value == "PNG"
    assert difference(decoded(sent.data).convert("L"), page.convert("L")) == 0


def test_an_x_ray_that_must_be_a_jpeg_is_a_good_one_in_at_most_three_encodings() -> None:
    x_ray = photo_like(900, 700, noise=6).convert("L")
    sent = prepare(encoded(x_ray, "TIFF"), Limits(350_000))
    assert sent.format.value == "JPEG"
    assert sent.encodings <= 3
    with Image.open(io.BytesIO(encoded(x_ray, quality=91))) as good, Image.open(io.BytesIO(sent.data)) as shown:
        assert sum(shown.quantization[0]) < sum(good.quantization[0])


def test_thin_coloured_lines_keep_their_colours() -> None:
    sheet = Image.new("RGB", (600, 400), "white")
    for x in range(0, 600, 4):
        sheet.paste((255, 0, 0), (x, 0, x + 1, 400))
    speckled = np.asarray(sheet).copy()
    speckled[np.random.default_rng(1).random((400, 600)) < 0.3] = (0, 0, 255)
    sent = prepare(encoded(Image.fromarray(speckled), "BMP"), Limits(50_000))
    with Image.open(io.BytesIO(sent.data)) as shown:
        assert [each[1:3] for each in shown.layer] == [(1, 1)] * 3
