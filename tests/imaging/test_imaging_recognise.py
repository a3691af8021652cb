"""What a file is, and how large, from its first bytes."""

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imaging_samples import card, encoded, exif, with_segments

from bridge.imaging import Format, pixel_size, recognise
from bridge.imaging.sizes import stream_size

DATA = Path(__file__).parent / "data"
PICTURES = {
    Format.JPEG: encoded(card()),
    Format.PNG: encoded(card(), "PNG"),
    Format.GIF: encoded(card(), "GIF"),
    Format.BMP: encoded(card(), "BMP"),
    Format.TIFF: encoded(card(), "TIFF"),
    Format.WEBP: encoded(card(), "WEBP"),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_recognised_by_its_content(kind: Format) -> None:
    assert recognise(PICTURES[kind]) is kind
    assert kind.is_picture


def test_heic_of_a_phone_is_recognised() -> None:
    assert recognise((DATA / "upright.heic").read_bytes()) is Format.HEIC


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", Format.PDF),
        (bytes(128) + b"DICM\x02\x00", Format.DICOM),
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp41", Format.MP4),
        (b"\0\0\0\x14ftypqt  \0\0\2\0qt  ", Format.MP4),
        (b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom", Format.MP4),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Format.HEIC),
        (b"ID3\x04\0\0\0\0\0\0", Format.MP3),
        (b"\xff\xfb\x90\x64\0\0", Format.MP3),
        (b'  {"a": 1}', Format.JSON),
        ("id,nombre\n7,Ñandú\n".encode(), Format.TEXT),
        ("a,ñ".encode()[:-1], Format.TEXT),
    ],
)
def test_other_files_are_recognised_and_it_is_told_which_can_be_shown(head: bytes, kind: Format) -> None:
    assert recognise(head) is kind
    assert kind.is_picture == (kind is Format.HEIC)
    assert kind.can_be_shown == (kind in (Format.HEIC, Format.PDF, Format.DICOM))


@pytest.mark.parametrize(
    "head",
    [b"", b"\x7fELF\2\1\1", b"MZ\x90\0\3\0\0\0", b"PK\3\4\x14\0\x08\x08", b"text with \0 in it", b"caf\xe9 in Latin-1"],
)
def test_nothing_else_is_taken_for_something_known(head: bytes) -> None:
    assert recognise(head) is None


def test_avif_in_a_heif_container_is_not_taken_for_heic() -> None:
    assert recognise(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif") is None


def test_a_text_that_starts_like_a_bitmap_is_text() -> None:
    assert recognise(b"BMI of the patients, by age group") is Format.TEXT


def test_every_kind_has_a_media_type() -> None:
    assert Format.JPEG.media_type == "image/jpeg"
    assert all("/" in kind.media_type for kind in Format)


@given(st.binary(max_size=300))
def test_any_bytes_are_recognised_without_an_exception(head: bytes) -> None:
    assert recognise(head) is None or recognise(head) in Format


@pytest.mark.parametrize("kind", PICTURES)
def test_the_size_is_read_from_the_header(kind: Format, tmp_path: Path) -> None:
    file = tmp_path / "wrong-name.pdf"
    file.write_bytes(PICTURES[kind])
    assert pixel_size(file) == (96, 64)


def test_the_size_of_heic_is_the_stored_one(tmp_path: Path) -> None:
    assert pixel_size(DATA / "upright.heic") == (128, 96)
    assert pixel_size(DATA / "turned.heic") == (96, 128)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("extended", [True, False])
def test_the_size_of_each_kind_of_webp_is_read(lossless: bool, extended: bool, tmp_path: Path) -> None:
    file = tmp_path / "a.webp"
    file.write_bytes(encoded(card(), "WEBP", lossless=lossless, exif=exif() if extended else b""))
    assert pixel_size(file) == (96, 64)


def test_the_size_of_a_jpeg_stands_behind_any_metadata(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(with_segments(PICTURES[Format.JPEG], [(0xE1, bytes(60_000)), (0xFE, b"\xff\xc0" * 40)] * 20))
    assert pixel_size(file) == (96, 64)


def test_a_bitmap_with_its_rows_from_the_top_has_a_size(tmp_path: Path) -> None:
    file = tmp_path / "a.bmp"
    data = PICTURES[Format.BMP]
    file.write_bytes(data[:22] + struct.pack("<i", -64) + data[26:])
    assert pixel_size(file) == (96, 64)


def test_a_hundred_thousand_pixels_each_way_are_told_without_decoding(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(PICTURES[Format.PNG][:16] + struct.pack(">II", 100_000, 100_000))
    assert pixel_size(file) == (100_000, 100_000)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_header_cut_anywhere_has_the_size_or_none(kind: Format, tmp_path: Path) -> None:
    file = tmp_path / "cut"
    for length in range(0, 60, 3):
        file.write_bytes(PICTURES[kind][:length])
        assert pixel_size(file) in ((96, 64), None)


def test_what_is_no_picture_or_no_file_has_no_size(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"%PDF-1.7")
    assert pixel_size(file) is None
    assert pixel_size(tmp_path / "missing.jpg") is None


STARTS = [data[:length] for data in PICTURES.values() for length in (2, 8, 20)] + [
    b"\0\0\0\x10ftypheic\0\0\0\0",
    b"MM\0*",
]


@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_no_bytes_behind_a_known_start_raise(start: bytes, rest: bytes) -> None:
    size = stream_size(io.BytesIO(start + rest))
    assert size is None or min(size) > 0
