"""More than 200 files that are cut, bent or built to harm, each with a name that says how."""

import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from document_samples import BLUE_SQUARE, RED_SQUARE, dicom, locked_pdf, pdf, ramp
from imaging_samples import encoded, exif, photo_like, png_chunk, png_with_chunks
from PIL import Image

DATA = Path(__file__).parent / "data"
NamedFile = tuple[str, bytes]

PHOTO = photo_like(640, 480)
WHOLE = {
    "jpg": encoded(PHOTO, quality=90, exif=exif(6)),
    "progressive.jpg": encoded(PHOTO, progressive=True),
    "png": encoded(PHOTO, "PNG"),
    "gif": encoded(PHOTO, "GIF"),
    "bmp": encoded(PHOTO, "BMP"),
    "tiff": encoded(PHOTO, "TIFF", compression="tiff_lzw"),
    "webp": encoded(PHOTO, "WEBP", exif=exif(5)),
    "heic": (DATA / "turned.heic").read_bytes(),
    "pdf": pdf(RED_SQUARE, BLUE_SQUARE),
    "dcm": dicom(ramp(), bits=12, WindowCenter=2048, WindowWidth=2048),
}


def hostile_files() -> Iterator[NamedFile]:
    """All of them, the same ones every time."""
    yield from _cut()
    yield from _bent()
    yield from _bombs()
    yield from _polyglots()
    yield from _strange()


def _cut() -> Iterator[NamedFile]:
    for kind, whole in WHOLE.items():
        for tenth in range(1, 10):
            yield f"cut at {tenth} tenths.{kind}", whole[: len(whole) * tenth // 10]


def _bent() -> Iterator[NamedFile]:
    for kind, whole in WHOLE.items():
        for number in range(9):
            dice = random.Random(f"{kind} {number}")
            bent = bytearray(whole)
            for _ in range(dice.choice((1, 8, 64))):
                bent[dice.randrange(len(bent))] ^= 1 << dice.randrange(8)
            yield f"bent {number}.{kind}", bytes(bent)


def _bombs() -> Iterator[NamedFile]:
    """Small files that say, or unpack to, very much."""
    for edge in (6_000, 20_000, 100_000, 2**31 - 1):
        yield f"{edge} pixels each way.png", _huge_png(edge)
    yield "all white, 36 megapixels.png", _white_png(6_000)
    yield "frame of 65535 x 65535.gif", _patched(WHOLE["gif"], 6, b"\xff\xff\xff\xff")
    yield "frame of 65500 x 65500.jpg", _tall_jpeg(65_500, 65_500)
    yield "100 megapixels.jpg", encoded(Image.new("L", (10_000, 10_000), 90))
    yield "100 megapixels, progressive.jpg", encoded(Image.new("RGB", (10_000, 10_000)), progressive=True)
    last = WHOLE["progressive.jpg"].rindex(b"\xff\xda")
    scans = WHOLE["progressive.jpg"][last:-2]
    yield "scans without end.jpg", WHOLE["progressive.jpg"][:-2] + scans * 800 + b"\xff\xd9"
    yield "far too many pixels.bmp", _patched(WHOLE["bmp"], 18, struct.pack("<ii", 2_000_000, 2_000_000))
    yield (
        "packed note of 200 megabytes.png",
        png_with_chunks(WHOLE["png"], [(b"zTXt", b"n\0\0" + _packed(200_000_000))]),
    )
    yield "white, 40 megapixels.tiff", encoded(Image.new("L", (6_300, 6_300)), "TIFF", compression="tiff_lzw")
    yield "huge page.pdf", pdf(RED_SQUARE, box="0 0 99999999 99999999")
    yield "ten thousand pages.pdf", pdf(RED_SQUARE, count=10_000)
    yield "60000 x 60000.dcm", dicom(ramp(), Rows=60_000, Columns=60_000)
    yield "20 megapixels.dcm", dicom(np.zeros((5_000, 4_000), "uint16"))
    yield "a million frames.dcm", dicom(ramp(), NumberOfFrames=1_000_000)


def _polyglots() -> Iterator[NamedFile]:
    for kind in ("jpg", "png", "gif", "bmp", "webp", "pdf"):
        yield f"archive behind.{kind}", WHOLE[kind] + b"PK\3\4" + bytes(400)
        yield f"page behind.{kind}", WHOLE[kind] + b"<html><script>alert(1)</script></html>"
    yield "document in a picture.jpg", WHOLE["jpg"][:-2] + WHOLE["pdf"] + b"\xff\xd9"
    yield "picture in a document.pdf", WHOLE["pdf"] + WHOLE["jpg"]
    yield "picture before a film.jpg", WHOLE["jpg"] + b"\0\0\0\x18ftypmp42" + bytes(5_000)


def _strange() -> Iterator[NamedFile]:
    yield "nothing.jpg", b""
    yield "one byte.png", b"\x89"
    yield "a program.jpg", b"MZ" + bytes(4_000)
    yield "a text.heic", b"id,name\n1,2\n" * 50
    yield "a film.jpg", b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + bytes(4_000)
    yield "a png.jpg", WHOLE["png"]
    yield "a jpeg.pdf", WHOLE["jpg"]
    yield "locked.pdf", locked_pdf()
    yield "only filling.jpg", b"\xff\xd8" + b"\xff" * 3_000_000
    for name, start in (("jpg", b"\xff\xd8\xff\xe0"), ("png", WHOLE["png"][:33]), ("heic", WHOLE["heic"][:40])):
        yield f"start and noise.{name}", start + random.Random(name).randbytes(200_000)


def _huge_png(edge: int) -> bytes:
    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b""))
    return WHOLE["png"][:8] + b"".join(png_chunk(name, body) for name, body in chunks)


def _white_png(edge: int) -> bytes:
    return encoded(Image.new("RGB", (edge, edge), "white"), "PNG", compress_level=1)


def _tall_jpeg(width: int, height: int) -> bytes:
    jpeg = WHOLE["jpg"]
    frame = jpeg.index(b"\xff\xc0")
    return jpeg[: frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9 :]


def _patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def _packed(size: int) -> bytes:
    packer = zlib.compressobj()
    return b"".join(packer.compress(bytes(10_000_000)) for _ in range(size // 10_000_000)) + packer.flush()
