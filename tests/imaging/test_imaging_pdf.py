"""PDF documents become one picture: the first page, or all of them under each other."""

import io

import pytest
from document_samples import BLUE_SQUARE, RED_SQUARE, locked_pdf, pdf
from imaging_samples import ROOMY, decoded, outcome, photo_like, segments
from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import Format, Limits, PictureError, Prepared, prepare, preview

ALL_PAGES = Limits(5_000_000, pdf_pages="all")


def held(data: bytes, limits: Limits = ROOMY) -> PictureError:
    result = outcome(data, limits)
    assert isinstance(result, PictureError)
    return result


def near(picture: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(picture.getpixel(at), colour, strict=True))


def test_the_first_page_is_drawn_on_white_at_200_dots_per_inch() -> None:
    prepared = prepare(pdf(RED_SQUARE, BLUE_SQUARE), ROOMY)
    picture = decoded(prepared.data)
    assert (prepared.format, prepared.width, prepared.height) == (Format.JPEG, 278, 556)
    assert near(picture, (140, 420), (255, 0, 0))
    assert near(picture, (140, 100), (255, 255, 255))


def test_all_pages_stand_under_each_other_when_wanted() -> None:
    prepared = prepare(pdf(RED_SQUARE, BLUE_SQUARE), ALL_PAGES)
    picture = decoded(prepared.data)
    assert prepared.width == 278
    assert 1100 < prepared.height < 1130
    assert near(picture, (140, 420), (255, 0, 0))
    assert near(picture, (140, 980), (0, 0, 255))


def test_a_scanned_photo_in_a_document_is_shown() -> None:
    stream = io.BytesIO()
    photo_like(600, 400).save(stream, "PDF", resolution=200, title="SECRET")
    prepared = prepare(stream.getvalue(), ROOMY)
    assert (prepared.width, prepared.height) == (600, 400)
    assert b"SECRET" not in prepared.data
    assert {marker for marker, _ in segments(prepared.data)} <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}


@pytest.mark.parametrize(("dots", "size"), [(150, (800, 534)), (300, (600, 400)), (400, (600, 400)), (800, (300, 200))])
def test_a_scan_keeps_its_pixels_up_to_400_dots_per_inch(dots: int, size: tuple[int, int]) -> None:
    stream = io.BytesIO()
    photo_like(600, 400).save(stream, "PDF", resolution=dots)
    prepared = prepare(stream.getvalue(), ROOMY)
    assert (prepared.width, prepared.height) == pytest.approx(size, abs=1)


def test_a_grey_scan_stays_grey_and_one_in_colour_coloured() -> None:
    for mode in ("L", "RGB"):
        stream = io.BytesIO()
        photo_like(600, 400).convert(mode).save(stream, "PDF", resolution=200)
        assert decoded(prepare(stream.getvalue(), ROOMY).data).mode == mode


def test_a_document_keeps_to_the_limits_like_any_picture() -> None:
    prepared = prepare(pdf(RED_SQUARE), Limits(3_000, longest_edge=300))
    assert len(prepared.data) <= 3_000
    assert max(prepared.width, prepared.height) <= 300


def test_a_preview_shows_the_first_page() -> None:
    assert decoded(preview(pdf(RED_SQUARE), 100)).size == (50, 100)


def test_a_document_with_a_password_is_held_and_says_what_to_do() -> None:
    error = held(locked_pdf())
    assert error.hold.reason is HoldReason.NOT_A_PICTURE
    assert "locked with a password; save it without one" in error.hold.sentence


@pytest.mark.parametrize("box", ["0 0 1000000000 1000000000", "0 0 0.0001 900000", "0 0 14400 14400", "5 5 1 1"])
def test_a_page_of_any_size_makes_a_picture_of_bounded_size(box: str) -> None:
    result = outcome(pdf(RED_SQUARE, box=box))
    if isinstance(result, Prepared):
        assert result.width * result.height <= 12_100_000
    else:
        assert result.hold.reason is HoldReason.DAMAGED_PICTURE


def test_thousands_of_pages_are_held_when_all_are_wanted_and_cost_nothing_otherwise() -> None:
    many = pdf(RED_SQUARE, count=5_000)
    error = held(many, ALL_PAGES)
    assert error.hold.reason is HoldReason.NOT_A_PICTURE
    assert "5000 pages" in error.hold.sentence
    assert prepare(many, ROOMY).height == 556


def test_forty_pages_share_the_pixels_of_one() -> None:
    prepared = prepare(pdf(RED_SQUARE, count=40, box="0 0 600 800"), ALL_PAGES)
    assert prepared.width * prepared.height < 12_500_000
    assert prepared.height < 16_500


def test_a_document_without_pages_is_damaged() -> None:
    assert held(pdf()).hold.reason is HoldReason.DAMAGED_PICTURE


def test_a_document_cut_or_bent_anywhere_is_a_picture_or_a_hold() -> None:
    whole = pdf(RED_SQUARE, BLUE_SQUARE)
    for tenth in range(10):
        outcome(whole[: len(whole) * tenth // 10])
        bent = bytearray(whole)
        bent[len(whole) * tenth // 10] ^= 8
        outcome(bytes(bent))


def test_a_document_of_nothing_but_its_first_line_is_damaged() -> None:
    assert held(b"%PDF-1.7\n1 0 obj").hold.reason is HoldReason.DAMAGED_PICTURE


def test_a_document_without_its_end_is_damaged_and_its_first_page_can_be_sent_as_it_is() -> None:
    stream = io.BytesIO()
    photo_like(60, 40).save(stream, "PDF", resolution=200)
    cut = stream.getvalue() + b"0" * 3_000
    error = held(cut)
    assert error.hold.reason is HoldReason.DAMAGED_PICTURE
    assert error.has_preview
    assert prepare(cut, ROOMY, as_is=True).height == 40
