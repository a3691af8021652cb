"""Damaged pictures: never sent by themselves; shown to people, who may send what can be read as it is."""

import pickle
from pathlib import Path

import pytest
from imaging_samples import ROOMY, card, decoded, difference, encoded, exif, outcome, photo_like
from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import Format, Limits, PictureError, prepare, preview, prove

DATA = Path(__file__).parent / "data"
PHOTO = photo_like(640, 480)
KINDS = {
    "baseline": encoded(PHOTO, quality=90),
    "progressive": encoded(PHOTO, progressive=True, quality=90),
    "grey": encoded(PHOTO.convert("L"), quality=90),
    "png": encoded(PHOTO, "PNG"),
    "bmp": encoded(PHOTO, "BMP"),
    "tiff": encoded(PHOTO, "TIFF"),
}


def held(data: bytes) -> PictureError:
    error = outcome(data)
    assert isinstance(error, PictureError)
    return error


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize("name", KINDS)
def test_half_a_file_is_held_with_a_preview(name: str) -> None:
    error = held(half(KINDS[name]))
    assert error.hold.reason is HoldReason.DAMAGED_PICTURE
    assert error.has_preview
    assert "look at the preview and send it as it is, or send the photo again" in error.hold.sentence


@pytest.mark.parametrize("name", KINDS)
def test_the_preview_shows_what_was_there(name: str) -> None:
    shown = decoded(preview(half(KINDS[name]), 320))
    assert shown.size == (320, 240)
    box = (0, 0, 320, 100) if name != "bmp" else (0, 140, 320, 240)
    whole = PHOTO.resize((320, 240)).convert("L").crop(box)
    assert difference(shown.convert("L").crop(box), whole) < 9


@pytest.mark.parametrize("name", ["baseline", "png"])
def test_what_is_missing_is_grey(name: str) -> None:
    shown = decoded(preview(half(KINDS[name]), 640)).convert("RGB")
    assert all(abs(band - 128) < 8 for band in shown.getpixel((320, 470)))


@pytest.mark.parametrize("name", KINDS)
def test_to_prove_a_damaged_picture_says_what_to_prepare_it_says(name: str) -> None:
    prove(KINDS[name], ROOMY)
    with pytest.raises(PictureError) as proved:
        prove(half(KINDS[name]), ROOMY)
    error = held(half(KINDS[name]))
    assert (proved.value.hold, proved.value.has_preview) == (error.hold, error.has_preview)


def test_what_is_proved_passes_without_being_decoded() -> None:
    jpeg = KINDS["baseline"]
    middle = len(jpeg) // 2
    assert prepare(jpeg[:middle] + jpeg[middle + 3_000 :], ROOMY, is_proved=True).passed_through


@pytest.mark.parametrize("name", KINDS)
def test_a_person_can_send_it_as_it_is(name: str) -> None:
    sent = prepare(half(KINDS[name]), Limits(60_000), as_is=True)
    assert len(sent.data) <= 60_000
    assert sent.format is Format.JPEG
    assert not sent.passed_through
    assert abs(sent.width / sent.height - 4 / 3) < 0.02


def test_a_damaged_photo_is_turned_upright_too() -> None:
    stored = card(640, 960).transpose(Image.Transpose.ROTATE_90)
    cut = encoded(stored, exif=exif(6), quality=95)[:-800]
    for data in (preview(cut, 960), prepare(cut, ROOMY, as_is=True).data):
        assert decoded(data).size == (640, 960)
        assert decoded(data).getpixel((600, 10))[1] > 150


def test_a_part_lost_from_the_middle_is_found_and_the_rest_can_be_sent_as_it_is() -> None:
    jpeg = KINDS["baseline"]
    middle = len(jpeg) // 2
    holed = jpeg[:middle] + jpeg[middle + 3_000 :]
    assert held(holed).has_preview
    assert prepare(holed, ROOMY, as_is=True).width == 640


def test_a_whole_picture_is_prepared_alike_with_and_without() -> None:
    for whole in KINDS.values():
        assert prepare(whole, ROOMY, as_is=True) == prepare(whole, ROOMY)


def test_a_whole_picture_has_a_preview_too() -> None:
    assert decoded(preview(KINDS["baseline"], 160)).size == (160, 120)
    assert decoded(preview((DATA / "turned.heic").read_bytes(), 64)).size == (64, 48)


@pytest.mark.parametrize("data", [KINDS["baseline"][:200], KINDS["png"][:60], encoded(PHOTO, "WEBP")[:5_000]])
def test_without_any_pixels_there_is_no_preview(data: bytes) -> None:
    assert not held(data).has_preview
    with pytest.raises(PictureError):
        preview(data, 100)
    with pytest.raises(PictureError):
        prepare(data, ROOMY, as_is=True)


def test_what_is_no_picture_cannot_be_sent_as_it_is() -> None:
    with pytest.raises(PictureError) as caught:
        prepare(b"id,name\n1,2\n", ROOMY, as_is=True)
    assert caught.value.hold.reason is HoldReason.NOT_A_PICTURE


def test_a_few_stray_bytes_at_the_end_of_the_pixels_are_no_damage() -> None:
    jpeg = KINDS["baseline"]
    assert prepare(jpeg[:-2] + bytes(6) + jpeg[-2:], ROOMY).width == 640


def test_a_hold_can_go_from_process_to_process() -> None:
    error = held(half(KINDS["baseline"]))
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.hold, copy.has_preview, str(copy)) == (error.hold, True, str(error))
