"""Upright, clean, plain: what a picture is when it leaves for the chart."""

import pytest
from imaging_samples import (
    DATA,
    ROOMY,
    SRGB,
    card,
    decoded,
    difference,
    encoded,
    exif,
    photo_like,
    png_chunks,
    png_with_chunks,
    profile,
    segments,
    with_segments,
)
from PIL import Image

from bridge.imaging import Format, Limits, prepare

TURNS_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
PLAIN_PARTS = {0xE0, 0xEE, 0xDB, 0xC0, 0xC2, 0xC4, 0xDD, 0xDA}


def as_stored(orientation: int) -> Image.Image:
    """The card as a camera held that way stores it."""
    turn = TURNS_BACK[orientation]
    return card() if turn is None else card().transpose(turn)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    options = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(kind, {})
    prepared = prepare(encoded(as_stored(orientation), kind, exif=exif(orientation), **options), ROOMY)
    assert difference(decoded(prepared.data), card()) < 6
    assert (prepared.width, prepared.height) == (96, 64)
    assert b"Exif" not in prepared.data


@pytest.mark.parametrize("name", ["upright.heic", "turned.heic"])
def test_heic_comes_out_upright_and_turned_only_once(name: str) -> None:
    prepared = prepare((DATA / name).read_bytes(), ROOMY)
    assert prepared.format is Format.JPEG
    assert difference(decoded(prepared.data), card(128, 96)) < 8
    assert b"Invented" not in prepared.data


@pytest.mark.parametrize(
    ("box", "turn"),
    [
        (b"irot\0", None),
        (b"irot\1", Image.Transpose.ROTATE_90),
        (b"irot\2", Image.Transpose.ROTATE_180),
        (b"irot\3", Image.Transpose.ROTATE_270),
        (b"imir\0", Image.Transpose.FLIP_TOP_BOTTOM),
        (b"imir\1", Image.Transpose.FLIP_LEFT_RIGHT),
    ],
)
def test_every_turn_and_flip_of_heic_is_made_in_the_pixels(box: bytes, turn: Image.Transpose | None) -> None:
    turned = (DATA / "turned.heic").read_bytes()
    place = turned.index(b"irot")
    sent = decoded(prepare(turned[:place] + box + turned[place + len(box) :], ROOMY).data)
    stored = card(128, 96).transpose(
        Image.Transpose.ROTATE_90 if turned[place + 4] == 3 else Image.Transpose.ROTATE_270
    )
    assert difference(sent, stored if turn is None else stored.transpose(turn)) < 8


def test_what_leaves_is_described_as_it_is() -> None:
    prepared = prepare(encoded(card(), "WEBP"), ROOMY)
    assert prepared.format is Format.JPEG
    assert (prepared.passed_through, prepared.encodings) == (False, 1)


def dirty_jpeg(orientation: int, **options: object) -> bytes:
    """A JPEG with all that phones and programs put beside the picture."""
    jpeg = encoded(card(), exif=exif(orientation), quality=95, icc_profile=SRGB, comment=b"SECRET-COMMENT", **options)
    extra = [
        (0xE0, b"JFXX\0\x10" + encoded(card(8, 8))),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-XMP</x:xmpmeta>"),
        (0xE2, b"MPF\0II*\0SECRET-MPF"),
        (0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x0dSECRET-IPTC\0\0"),
        (0xEB, b"SECRET-C2PA"),
        (0xFE, b"SECRET-NOTE"),
    ]
    return with_segments(jpeg, extra, after=encoded(card()) + b"\0\0\0\x18ftypmp42SECRET-FILM")


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("progressive", [False, True])
def test_nothing_but_the_picture_is_left_in_a_jpeg(orientation: int, progressive: bool) -> None:
    prepared = prepare(dirty_jpeg(orientation, progressive=progressive), ROOMY)
    parts = segments(prepared.data)
    assert {marker for marker, _ in parts} <= PLAIN_PARTS
    assert [body[:5] for marker, body in parts if marker == 0xE0] == [b"JFIF\0"]
    assert b"SECRET" not in prepared.data
    assert prepared.passed_through == (orientation == 1)


def test_nothing_but_the_picture_is_left_in_a_png() -> None:
    notes = [(b"tEXt", b"Comment\0SECRET"), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRET"), (b"tIME", bytes(7))]
    dirty = png_with_chunks(encoded(card(), "PNG", exif=exif(), dpi=(300, 300)), notes) + b"PK\3\4SECRET"
    prepared = prepare(dirty, ROOMY)
    assert set(png_chunks(prepared.data)) == {b"IHDR", b"IDAT", b"IEND"}
    assert b"SECRET" not in prepared.data


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 2}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_upright_jpeg_passes_with_identical_pixels(mode: str, options: dict[str, object]) -> None:
    original = encoded(photo_like(330, 250).convert(mode), quality=87, exif=exif(), **options)
    prepared = prepare(original, ROOMY)
    assert (prepared.passed_through, prepared.encodings) == (True, 0)
    assert decoded(prepared.data).tobytes() == decoded(original).tobytes()
    assert decoded(prepared.data).mode == mode


def test_a_jpeg_that_keeps_rgb_in_its_numbers_keeps_the_mark_that_says_so() -> None:
    original = encoded(card(), keep_rgb=True, quality=95, exif=exif())
    prepared = prepare(original, ROOMY)
    assert prepared.passed_through
    assert difference(decoded(prepared.data), card()) < 2


def test_a_jpeg_of_an_unusual_colour_space_becomes_rgb() -> None:
    prepared = prepare(encoded(card().convert("CMYK"), quality=95), ROOMY)
    assert decoded(prepared.data).mode == "RGB"
    assert difference(decoded(prepared.data), card()) < 12


@pytest.mark.parametrize("mode", ["L", "1", "LA", "I;16", "I", "F"])
def test_grey_stays_grey(mode: str) -> None:
    kind = "TIFF" if mode in ("I", "F") else "PNG"
    prepared = prepare(encoded(Image.linear_gradient("L").convert(mode), kind), ROOMY)
    assert decoded(prepared.data).mode in ("L", "1")


@pytest.mark.parametrize(("bits", "kind"), [(12, "PNG"), (16, "PNG"), (12, "TIFF"), (16, "TIFF")])
def test_a_deep_x_ray_keeps_its_brightness_in_8_bits(bits: int, kind: str) -> None:
    grey = Image.linear_gradient("L")
    deep = grey.convert("I").point(lambda value: value * 2 ** (bits - 8)).convert("I;16")
    prepared = prepare(encoded(deep, kind), ROOMY)
    assert difference(decoded(prepared.data), grey) < 1.5


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_deep_x_ray_of_few_shades_keeps_its_detail(kind: str) -> None:
    grey = Image.linear_gradient("L")
    faint = grey.convert("I").point(lambda value: value * 8 + 40_000).convert("I;16")
    prepared = prepare(encoded(faint, kind), ROOMY)
    assert difference(decoded(prepared.data), grey) < 1.5


def test_a_deep_tiff_that_counts_from_white_to_black_is_turned_round() -> None:
    grey = Image.linear_gradient("L")
    negative = grey.convert("I").point(lambda value: value * -256 + 65535).convert("I;16")
    prepared = prepare(encoded(negative, "TIFF", tiffinfo={262: 0}), ROOMY)
    assert difference(decoded(prepared.data), grey) < 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    image = card().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 48, 32))
    prepared = prepare(encoded(image, kind), ROOMY)
    assert decoded(prepared.data).mode == "RGB"
    assert min(decoded(prepared.data).getpixel((20, 16))) > 245
    assert decoded(prepared.data).getpixel((70, 16))[1] > 150


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_colours_of_another_profile_are_turned_into_srgb(kind: str) -> None:
    swapped = Image.merge("RGB", [card().getchannel(band) for band in "GRB"])
    prepared = prepare(encoded(swapped, kind, icc_profile=profile(b"RGB ", "grb")), ROOMY)
    assert not prepared.passed_through
    assert difference(decoded(prepared.data), card()) < 12
    assert b"ICC" not in prepared.data


def test_greys_of_another_profile_are_turned_into_srgb() -> None:
    linear = Image.new("L", (64, 64), 55)
    prepared = prepare(encoded(linear, "PNG", icc_profile=profile(b"GRAY", gamma=1.0)), ROOMY)
    assert decoded(prepared.data).mode == "L"
    assert 120 <= decoded(prepared.data).getpixel((5, 5)) <= 136


@pytest.mark.parametrize("icc", [SRGB, b"broken" * 40, profile(b"RGB ")[:200], profile(b"CMYK")])
def test_a_profile_that_changes_nothing_or_cannot_be_used_is_only_dropped(icc: bytes) -> None:
    prepared = prepare(encoded(card(), icc_profile=icc), ROOMY)
    assert prepared.passed_through
    assert b"ICC_PROFILE" not in prepared.data


def test_only_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [card(), Image.new("RGB", (96, 64), "black")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        animation = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert difference(decoded(prepare(animation, ROOMY).data), card()) < 8, kind


def test_a_plain_png_passes_with_identical_pixels() -> None:
    for mode in ("RGB", "L", "P", "1"):
        original = encoded(card().convert(mode), "PNG", exif=exif())
        prepared = prepare(original, ROOMY)
        assert (prepared.format, prepared.passed_through, prepared.encodings) == (Format.PNG, True, 0)
        assert decoded(prepared.data).tobytes() == decoded(original).tobytes()


def test_a_png_that_must_be_turned_stays_a_png_without_loss() -> None:
    prepared = prepare(encoded(as_stored(6), "PNG", exif=exif(6)), ROOMY)
    assert (prepared.format, prepared.passed_through, prepared.encodings) == (Format.PNG, False, 1)
    assert decoded(prepared.data).tobytes() == card().tobytes()


def test_a_picture_longer_than_wanted_is_shrunk_and_keeps_its_shape() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        prepared = prepare(encoded(card(900, 600), kind), Limits(1_000_000, longest_edge=300))
        assert (prepared.width, prepared.height) == (300, 200)
        assert decoded(prepared.data).size == (300, 200)
        assert difference(decoded(prepared.data), card(300, 200)) < 3


def test_turning_happens_whatever_the_size() -> None:
    tall = encoded(card(900, 600).transpose(Image.Transpose.ROTATE_90), exif=exif(6))
    prepared = prepare(tall, Limits(1_000_000, longest_edge=300))
    assert (prepared.width, prepared.height) == (300, 200)
    assert difference(decoded(prepared.data), card(300, 200)) < 3
