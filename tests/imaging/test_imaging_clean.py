"""What is sent is a picture and nothing else: every part of it is looked at, whatever it was made of."""

import io
import zipfile

import numpy as np
import pytest
from document_samples import RED_SQUARE, dicom, pdf
from imaging_samples import (
    DATA,
    ROOMY,
    SRGB,
    card,
    encoded,
    exif,
    photo_like,
    png_chunk,
    png_chunks,
    png_with_chunks,
    profile,
    segments,
    with_segments,
)
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from bridge.imaging import Format, Limits, Prepared, prepare, preview

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET-XMP</x:xmpmeta>"
IPTC = b"\x1c\x02\x05\x00\x0bSECRET-IPTC"
SMALL = Limits(40_000, longest_edge=300)

TABLES_AND_SCANS = {0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD, 0xDA}
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def assert_clean(picture: bytes) -> None:
    """As exiftool would look: nothing but JFIF's bare header (no thumbnail), Adobe's colour mark, tables and pixels."""
    assert b"SECRET" not in picture
    if picture[:4] == b"\x89PNG":
        assert set(png_chunks(picture)) <= PICTURE_CHUNKS
        assert picture.endswith(png_chunk(b"IEND", b""))
        return
    for marker, body in segments(picture):
        if marker == 0xE0:
            assert (body[:5], body[12:]) == (b"JFIF\0", b"\0\0")
        elif marker == 0xEE:
            assert (body[:5], len(body)) == (b"Adobe", 12)
        else:
            assert marker in TABLES_AND_SCANS, hex(marker)


def block(orientation: int = 1) -> Image.Exif:
    """Device, place, turn, and a thumbnail's directory."""
    found = exif(orientation)
    found[0x013B] = "SECRET-ARTIST"
    found[0x9286] = "SECRET-COMMENT"
    return found


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        zipped.writestr("run.me", "SECRET")
    return stream.getvalue()


def webp() -> bytes:
    return encoded(photo_like(320, 240), "WEBP", exif=block(6), xmp=XMP, icc_profile=SRGB)


def tiff() -> bytes:
    notes = ImageFileDirectory_v2()
    notes.update({270: "SECRET-TITLE", 271: "SECRET-MAKER", 306: "2026:11:21 10:11:12", 700: XMP, 33723: IPTC})
    return encoded(photo_like(320, 240), "TIFF", tiffinfo=notes, icc_profile=SRGB)


def jpeg(orientation: int) -> bytes:
    photo = encoded(
        photo_like(320, 240), exif=block(orientation), icc_profile=SRGB, xmp=XMP, comment=b"SECRET-NOTE", quality=95
    )
    extra = [
        (0xE0, b"JFXX\0\x10" + encoded(card(8, 8))),
        (0xE2, b"MPF\0II*\0SECRET"),
        (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10" + IPTC),
        (0xEE, b"Adobe\0\x64\0\0\0\0\x01SECRET"),
        (0xEF, b"SECRET"),
    ]
    return with_segments(photo, extra, after=b"\0\0\0\x18ftypmp42SECRET" + archive())


def png(orientation: int) -> bytes:
    notes = [
        (b"tEXt", b"Author\0SECRET"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"tIME", bytes(7)),
        (b"caBX", b"SECRET-C2PA"),
        (b"sPLT", b"SECRET\0\x08"),
    ]
    return png_with_chunks(encoded(photo_like(320, 240), "PNG", exif=block(orientation)), notes) + archive()


SOURCES = {
    "jpeg": jpeg(1),
    "turned jpeg": jpeg(6),
    "jpeg in other colours": encoded(photo_like(320, 240), icc_profile=profile(b"RGB ", "grb"), exif=block()),
    "cmyk jpeg": encoded(photo_like(320, 240).convert("CMYK"), exif=block(), comment=b"SECRET"),
    "png": png(1),
    "turned png": png(8),
    "webp": webp(),
    "tiff": tiff(),
    "gif": encoded(photo_like(320, 240), "GIF", comment=b"SECRET") + archive(),
    "gif that is a script too": b"GIF89a/*" + encoded(card(), "GIF")[8:] + b"*/=1;SECRET()",
    "bmp": encoded(photo_like(320, 240), "BMP") + archive(),
    "heic": (DATA / "turned.heic").read_bytes(),
    "pdf": pdf(RED_SQUARE, extra="/Info << /Title (SECRET) >>"),
    "dicom": dicom(np.asarray(photo_like(320, 240).convert("L"))),
}


@pytest.mark.parametrize("limits", [ROOMY, SMALL], ids=["as it is", "made smaller"])
@pytest.mark.parametrize("name", SOURCES)
def test_nothing_but_the_picture_is_sent(name: str, limits: Limits) -> None:
    assert_clean(prepare(SOURCES[name], limits).data)


@pytest.mark.parametrize("name", SOURCES)
def test_a_preview_too_is_nothing_but_a_picture(name: str) -> None:
    assert_clean(preview(SOURCES[name], 200))


def test_what_is_left_of_a_damaged_picture_is_sent_clean() -> None:
    cut = jpeg(6)[:-14_000]
    sent = prepare(cut, ROOMY, as_is=True)
    assert isinstance(sent, Prepared)
    assert sent.format is Format.JPEG
    assert_clean(sent.data)
    assert_clean(preview(cut, 100))


def test_the_samples_have_what_must_not_be_sent() -> None:
    secrets = [name for name, data in SOURCES.items() if b"SECRET" in data or b"Invented" in data]
    assert sorted({*SOURCES} - {*secrets}) == []
