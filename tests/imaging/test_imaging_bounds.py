"""How large and how small a picture may leave, and what of its size is let in."""

import io
import struct

import pytest
from imaging_samples import card, encoded, noise, outcome, photo_like, profile
from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import Format, Limits, PictureError, Prepared, prepare
from bridge.imaging.jpeg import read_jpeg
from bridge.imaging.turbo import fitting_eighths

LIMITS = Limits(786_000)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_tablets_cannot_hold_is_made_smaller_however_few_bytes_it_has(kind: str) -> None:
    sent = prepare(encoded(Image.new("L", (5_000, 4_000), 90), kind), LIMITS)
    assert not sent.passed_through
    assert sent.width * sent.height <= 16_000_000


@pytest.mark.parametrize("size", [(3, 60_000), (60_000, 3)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_thin_picture_is_no_longer_than_tablets_can_paint(kind: str, size: tuple[int, int]) -> None:
    sent = prepare(encoded(Image.new("RGB", size, "teal"), kind), LIMITS)
    assert max(sent.width, sent.height) <= 16_000


def test_a_picture_of_108_megapixels_is_let_in_by_default() -> None:
    sent = prepare(encoded(Image.new("L", (12_000, 9_000), 90)), LIMITS)
    assert 12_000_000 <= sent.width * sent.height <= 16_000_000


def test_what_would_become_too_small_to_tell_anything_is_held() -> None:
    error = outcome(encoded(noise(1_000, 800), quality=95), Limits(4_000))
    assert isinstance(error, PictureError)
    assert error.hold.reason is HoldReason.TOO_LARGE
    assert "cannot be made small enough" in error.hold.sentence


@pytest.mark.parametrize("limit", [30_000, 60_000])
def test_the_least_size_is_kept_by_a_lower_quality(limit: int) -> None:
    sent = prepare(encoded(noise(3_000, 2_400), quality=80), Limits(limit))
    assert max(sent.width, sent.height) >= 320


def test_what_is_small_already_or_shall_be_is_not_held_for_it() -> None:
    assert prepare(encoded(card(90, 60), "WEBP"), LIMITS).width == 90
    assert prepare(encoded(photo_like(900, 600)), Limits(100_000, longest_edge=100)).width == 100


def test_a_48_megapixel_heic_is_held_with_what_to_set_on_the_phone() -> None:
    error = outcome(heic_of(8_064, 6_048))
    assert isinstance(error, PictureError)
    assert "set the phone to 12 or 24 megapixels" in error.hold.sentence


def heic_of(width: int, height: int) -> bytes:
    """The boxes that tell the size, and nothing else."""
    size = box(b"ispe", struct.pack(">III", 0, width, height))
    return box(b"ftyp", b"heic" + bytes(4)) + box(b"meta", bytes(4) + box(b"iprp", box(b"ipco", size)))


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


@pytest.mark.parametrize("options", [{"subsampling": 0}, {"keep_rgb": True}, {}])
def test_a_small_photo_keeps_its_size_when_a_good_quality_of_it_fits(options: dict[str, object]) -> None:
    photo = photo_like(1_600, 1_200, noise=2)
    original = encoded(photo, quality=92, **options)
    sent = prepare(original, Limits(len(encoded(photo, quality=88)) * 11 // 10))
    assert (sent.width, sent.height) == (1_600, 1_200)


def test_what_a_jpeg_saves_by_coarser_colours_is_reckoned_with() -> None:
    photo = photo_like(2_800, 2_100, noise=3)
    files = {
        "shared": encoded(photo, quality=92),
        "own": encoded(photo, quality=92, subsampling=0),
        "rgb": encoded(photo, quality=92, keep_rgb=True),
    }
    jpegs = {name: read_jpeg(data) for name, data in files.items()}
    assert [jpegs[name].saving for name in files] == [1.0, 0.75, 0.4]
    limit = len(files["shared"]) // 2
    plain = fitting_eighths(jpegs["shared"], limit)
    assert all(abs(fitting_eighths(jpeg, limit) - plain) <= 1 for jpeg in jpegs.values())


def test_grey_comes_a_step_larger_than_colour() -> None:
    photo = photo_like(2_800, 2_100, noise=3).convert("L")
    jpeg = read_jpeg(encoded(photo, quality=92))
    assert fitting_eighths(jpeg, len(jpeg.clean) // 3) > (1 / 3 / 1.2) ** 0.5 * 8


def test_a_grey_jpeg_with_a_profile_for_colours_passes() -> None:
    grey = encoded(photo_like(300, 200).convert("L"), icc_profile=profile(b"RGB ", "grb"))
    assert prepare(grey, LIMITS).passed_through


def test_bigtiff_is_shown() -> None:
    stream = io.BytesIO()
    card().save(stream, "TIFF", big_tiff=True)
    assert stream.getvalue()[:4] == b"II+\0"
    sent = outcome(stream.getvalue())
    assert isinstance(sent, Prepared)
    assert (sent.format, sent.width) == (Format.PNG, 96)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "is an AVIF picture"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp41", "is an MP4 file"),
        (b"ID3\x04\0\0\0\0\0\0", "is an MP3 file"),
        (b'{"a": 1}', "is a JSON file"),
    ],
)
def test_what_cannot_be_shown_is_called_by_its_name(head: bytes, words: str) -> None:
    error = outcome(head)
    assert isinstance(error, PictureError)
    assert error.hold.reason is HoldReason.NOT_A_PICTURE
    assert words in error.hold.sentence
