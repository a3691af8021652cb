"""Files that are cut, bent or built to harm: a good picture or one clear hold, and never anything else."""

import io
import random
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from imaging_samples import (
    ROOMY,
    decoded,
    encoded,
    exif,
    outcome,
    photo_like,
    png_chunk,
    png_with_chunks,
    segments,
    with_segments,
)
from PIL import Image

from bridge.errors import BridgeError
from bridge.holds import HoldReason
from bridge.imaging import Limits, PictureError, Prepared, prepare

DATA = Path(__file__).parent / "data"
PHOTO = photo_like(240, 180)
KINDS = {
    "baseline": encoded(PHOTO, quality=90, exif=exif()),
    "progressive": encoded(PHOTO, progressive=True, exif=exif(6)),
    "restarts": encoded(PHOTO, restart_marker_rows=1),
    "grey": encoded(PHOTO.convert("L")),
    "cmyk": encoded(PHOTO.convert("CMYK")),
    "png": encoded(PHOTO, "PNG", exif=exif(3)),
    "palette": encoded(PHOTO.quantize(32), "PNG"),
    "deep": encoded(PHOTO.convert("L").convert("I;16"), "PNG"),
    "gif": encoded(PHOTO, "GIF"),
    "bmp": encoded(PHOTO, "BMP"),
    "tiff": encoded(PHOTO, "TIFF"),
    "tiff-lzw": encoded(PHOTO, "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": encoded(PHOTO, "TIFF", compression="jpeg"),
    "webp": encoded(PHOTO, "WEBP", exif=exif(5)),
    "webp-lossless": encoded(PHOTO, "WEBP", lossless=True),
    "heic": (DATA / "upright.heic").read_bytes(),
}
STRICT = ["baseline", "progressive", "restarts", "grey", "cmyk", "png", "palette", "deep", "webp", "webp-lossless"]
BROKEN = (HoldReason.DAMAGED_PICTURE, HoldReason.NOT_A_PICTURE, HoldReason.TOO_LARGE)


@contextmanager
def held(reason: HoldReason, *words: str) -> Iterator[None]:
    with pytest.raises(PictureError) as caught:
        yield
    assert caught.value.hold.reason is reason
    assert all(word in caught.value.hold.sentence for word in words)


@pytest.mark.parametrize("name", KINDS)
def test_every_sample_is_good_as_it_is(name: str) -> None:
    prepared = prepare(KINDS[name], ROOMY)
    assert decoded(prepared.data).size == (prepared.width, prepared.height)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_cut_at_any_tenth_is_never_sent(name: str) -> None:
    whole = KINDS[name]
    for tenth in range(10):
        result = outcome(whole[: len(whole) * tenth // 10])
        assert isinstance(result, PictureError), tenth
        assert result.hold.reason in BROKEN


@pytest.mark.parametrize("name", STRICT)
def test_a_file_that_lacks_only_its_last_byte_is_damaged(name: str) -> None:
    with held(HoldReason.DAMAGED_PICTURE, "damaged", "send the photo again"):
        prepare(KINDS[name][:-1], ROOMY)


@pytest.mark.parametrize("name", KINDS)
def test_bits_flipped_anywhere_give_a_picture_or_a_hold(name: str) -> None:
    dice = random.Random(name)
    for _ in range(25):
        bent = bytearray(KINDS[name])
        for _ in range(dice.choice((1, 1, 8))):
            bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
        result = outcome(bytes(bent))
        if isinstance(result, Prepared):
            assert decoded(result.data).size == (result.width, result.height)


@pytest.mark.parametrize("name", ["png", "palette", "deep"])
def test_a_bit_flipped_in_the_pixels_of_a_png_is_always_found(name: str) -> None:
    bent = bytearray(KINDS[name])
    bent[len(bent) // 2] ^= 4
    with held(HoldReason.DAMAGED_PICTURE, "checksums"):
        prepare(bytes(bent), ROOMY)


def test_a_jpeg_with_a_strip_cut_out_is_found_by_its_restart_markers() -> None:
    whole = KINDS["restarts"]
    first, second = (whole.index(bytes((0xFF, 0xD0 + number))) for number in (3, 5))
    with held(HoldReason.DAMAGED_PICTURE):
        prepare(whole[:first] + whole[second:], ROOMY)


def test_a_jpeg_without_one_of_its_colours_is_damaged() -> None:
    jpeg = KINDS["baseline"]
    scan = jpeg.index(b"\xff\xda")
    luma_only = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    with held(HoldReason.DAMAGED_PICTURE):
        prepare(jpeg[:scan] + luma_only + jpeg[scan + 14 :], ROOMY)


def test_a_jpeg_with_a_foreign_marker_in_its_pixels_is_damaged() -> None:
    jpeg = KINDS["baseline"]
    middle = len(jpeg) * 2 // 3
    with held(HoldReason.DAMAGED_PICTURE):
        prepare(jpeg[:middle] + b"\xff\x3b" + jpeg[middle + 2 :], ROOMY)


def test_an_empty_file_is_held_and_says_so() -> None:
    with held(HoldReason.NOT_A_PICTURE, "empty (0 bytes)", "take or send the photo again"):
        prepare(b"", ROOMY)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp41", "MP4"),
        (b"id,name\n1,2\n", "text"),
        (b"\x7fELF\2\1\1\0\0", "no kind known"),
    ],
)
def test_what_is_no_picture_is_held_by_its_name(data: bytes, word: str) -> None:
    with held(HoldReason.NOT_A_PICTURE, word, "discard"):
        prepare(data, ROOMY)


def test_the_error_is_one_of_the_bridges_own() -> None:
    with pytest.raises(BridgeError, match=r"^This file is empty"):
        prepare(b"", ROOMY)


def huge_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


@pytest.mark.parametrize("name", ["baseline", "gif", "bmp", "tiff", "webp", "png"])
def test_a_header_with_too_many_pixels_is_held_before_decoding(name: str) -> None:
    with held(HoldReason.TOO_LARGE, "240 x 180 pixels", "43199", "smaller copy"):
        prepare(KINDS[name], Limits(1_000_000, max_pixels=240 * 180 - 1))


def test_a_hundred_thousand_pixels_each_way_are_held() -> None:
    with held(HoldReason.TOO_LARGE, "100000 x 100000"):
        prepare(huge_png(100_000, 100_000), ROOMY)


def test_a_png_with_fewer_pixels_than_it_declares_is_damaged() -> None:
    with held(HoldReason.DAMAGED_PICTURE):
        prepare(huge_png(5_000, 4_000), ROOMY)


def test_a_gif_frame_larger_than_its_screen_is_held() -> None:
    gif = bytearray(KINDS["gif"])
    frame = gif.index(b"\x2c\0\0\0\0")
    gif[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    result = outcome(bytes(gif))
    assert isinstance(result, PictureError)


@pytest.mark.parametrize("chunk", [b"zTXt", b"iCCP"])
def test_packed_notes_that_unpack_to_200_megabytes_cost_nothing(chunk: bytes) -> None:
    packer = zlib.compressobj()
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(20)) + packer.flush()
    start = time.process_time()
    assert prepare(png_with_chunks(KINDS["png"], [(chunk, b"note\0\0" + bomb)]), ROOMY).width == 240
    assert time.process_time() - start < 3


def test_a_jpeg_with_scans_without_end_is_held_at_once() -> None:
    jpeg = KINDS["progressive"]
    last = jpeg.rindex(b"\xff\xda")
    start = time.process_time()
    with held(HoldReason.DAMAGED_PICTURE, "busy"):
        prepare(jpeg[:-2] + jpeg[last:-2] * 500 + jpeg[-2:], ROOMY)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("filling", [b"\xff" * 4_000_000, b"\xff\xfe\0\2" * 1_000_000, b"\xff\xe1\0\2" * 1_000_000])
def test_filling_without_end_is_read_quickly(filling: bytes) -> None:
    jpeg = KINDS["baseline"]
    start = time.process_time()
    outcome(jpeg[:2] + filling + jpeg[2:])
    outcome(jpeg[: len(jpeg) // 2] + filling + jpeg[-2:])
    assert time.process_time() - start < 5


def test_a_picture_that_is_also_an_archive_leaves_the_archive_behind() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("run.me", "SECRET")
    for name in ("baseline", "png"):
        prepared = prepare(KINDS[name] + stream.getvalue(), ROOMY)
        assert b"PK\3\4" not in prepared.data


def test_a_camera_raw_file_is_not_sent_as_its_thumbnail() -> None:
    with held(HoldReason.NOT_A_PICTURE, "raw file", "JPEG"):
        prepare(encoded(PHOTO, "TIFF", tiffinfo={254: 1}), ROOMY)


def test_colours_that_cannot_be_turned_into_rgb_are_held() -> None:
    with held(HoldReason.NOT_A_PICTURE, "L*a*b*", "export it as a JPEG"):
        prepare(encoded(Image.new("LAB", (64, 64)), "TIFF"), ROOMY)


def test_a_jpeg_of_12_bits_is_held() -> None:
    jpeg = KINDS["grey"]
    precision = jpeg.index(b"\xff\xc0") + 4
    with held(HoldReason.NOT_A_PICTURE, "12 bits", "export it with 8 bits"):
        prepare(jpeg[:precision] + b"\x0c" + jpeg[precision + 1 :], ROOMY)


def test_exif_that_makes_no_sense_is_as_no_exif() -> None:
    for block in (b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03" * 9):
        prepared = prepare(with_segments(KINDS["grey"], [(0xE1, b"Exif\0\0" + block)]), ROOMY)
        assert prepared.passed_through
        assert 0xE1 not in [marker for marker, _ in segments(prepared.data)]


def test_an_orientation_that_does_not_exist_is_as_none() -> None:
    assert prepare(encoded(PHOTO, exif=exif(9)), ROOMY).passed_through


def test_pillows_own_settings_and_registry_are_left_alone() -> None:
    before = Image.MAX_IMAGE_PIXELS, sorted(Image.OPEN)
    prepare(KINDS["heic"], ROOMY)
    assert (Image.MAX_IMAGE_PIXELS, sorted(Image.OPEN)) == before


def test_many_threads_prepare_the_same_picture_alike() -> None:
    names = ["progressive", "webp", "heic", "deep", "cmyk"] * 4
    with ThreadPoolExecutor(max_workers=4) as threads:
        made = list(threads.map(lambda name: prepare(KINDS[name], ROOMY).data, names))
    assert made == [prepare(KINDS[name], ROOMY).data for name in names]
