"""Invented pictures for the imaging tests, and a reader of their parts that shares nothing with the room's own."""

import io
import random
import struct
import time
import zlib
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageMath, ImageOps

from bridge.imaging import Limits, PictureError, Prepared, prepare

DATA = Path(__file__).parent / "data"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ROOMY = Limits(max_image_bytes=50_000_000)
BODY_LIMITS = (1_048_576, 2_621_440)


def card(width: int = 96, height: int = 64) -> Image.Image:
    """Four corners of four colours, so that every turn and flip of it is another picture."""
    image = Image.new("RGB", (width, height), (200, 200, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=(220, 30, 30))
    draw.rectangle((width // 2, 0, width, height // 2 - 1), fill=(30, 180, 40))
    draw.rectangle((0, height // 2, width // 2 - 1, height), fill=(40, 60, 210))
    return image


def photo_like(width: int, height: int, seed: int = 1, noise: float = 3.0) -> Image.Image:
    """Soft shapes of every size, hard edges, and a little sensor noise."""
    dice = random.Random(seed)
    image = Image.new("RGB", (width, height), (128, 120, 110))
    for cells, strength in ((4, 0.45), (16, 0.25), (64, 0.15), (256, 0.09)):
        rows = max(1, cells * height // width)
        patches = Image.frombytes("RGB", (cells, rows), dice.randbytes(cells * rows * 3))
        image = Image.blend(image, patches.resize((width, height), Image.Resampling.BICUBIC), strength)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = dice.randrange(width), dice.randrange(height), dice.randrange(width // 50, width // 8)
        draw.ellipse((x - r, y - r, x + r, y + r), outline=tuple(dice.randbytes(3)), width=max(1, width // 300))
    grain = Image.effect_noise((width, height), noise).convert("RGB")
    return ImageChops.add(image, grain, 1, -128)


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(5).randbytes(width * height * 3))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.copy()


def exif(orientation: int = 1) -> Image.Exif:
    """As a phone writes it: device, place, turn."""
    block = Image.Exif()
    block[0x010F] = "SECRET-DEVICE"
    block[0x0112] = orientation
    block.get_ifd(0x8825).update({1: "N", 2: (32.0, 31.0, 7.5), 3: "W", 4: (117.0, 2.0, 9.0)})
    return block


def with_segments(jpeg: bytes, segments: list[tuple[int, bytes]], after: bytes = b"") -> bytes:
    """A JPEG with more segments in front and more bytes behind."""
    extra = b"".join(bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return jpeg[:2] + extra + jpeg[2:] + after


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Marker and payload of each segment, the coded data after a scan left out; 0xD9 must be the last two bytes."""
    found, at = [], 2
    while jpeg[at : at + 2] != b"\xff\xd9":
        assert jpeg[at] == 0xFF
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        found.append((jpeg[at + 1], jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
        if found[-1][0] == 0xDA:
            while jpeg[at] != 0xFF or jpeg[at + 1] in (0, *range(0xD0, 0xD8)):
                at += 1
    assert at + 2 == len(jpeg)
    return found


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with_chunks(png: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG with more chunks after its header."""
    return png[:33] + b"".join(png_chunk(name, body) for name, body in chunks) + png[33:]


def png_chunks(png: bytes) -> list[bytes]:
    names, at = [], 8
    while at < len(png):
        names.append(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return names


def profile(space: bytes, columns: str = "rgb", gamma: float = 2.2) -> bytes:
    """A small ICC profile (version 2): sRGB's primaries in the order of `columns`, or a grey curve."""
    primaries = {"r": (0.4361, 0.2225, 0.0139), "g": (0.3851, 0.7169, 0.0971), "b": (0.1431, 0.0606, 0.7141)}
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79),
    }
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
        tags |= {f"{name}XYZ".encode(): _xyz(*primaries[column]) for name, column in zip("rgb", columns, strict=True)}
    table, bodies, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(bodies), len(body))
        bodies += body.ljust(-(-len(body) // 4) * 4, b"\0")
    header = struct.pack(">I", at + len(bodies)) + bytes(4) + struct.pack(">I", 0x02100000) + b"mntr" + space + b"XYZ "
    header += bytes(12) + b"acsp" + bytes(28) + _xyz(0.9642, 1.0, 0.8249)[8:]
    return header.ljust(128, b"\0") + table + bodies


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures' bytes; more than any can be when their sizes or modes are not equal."""
    if one.size != other.size or one.mode != other.mode:
        return 256.0
    bands = ImageChops.difference(one, other).split()
    return max(
        ImageOps.grayscale(band).resize((1, 1), Image.Resampling.BOX).convert("F").getpixel((0, 0)) for band in bands
    )


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Mean structural similarity of the middle of two pictures, in grey, over blocks of 8 x 8."""
    a, b = (_middle(picture) for picture in (one, other))
    means = {"ma": a, "mb": b, "aa": _times(a, a), "bb": _times(b, b), "ab": _times(a, b)}
    scores = ImageMath.lambda_eval(_ssim_block, **{name: picture.reduce(8) for name, picture in means.items()})
    values = scores.get_flattened_data()
    return float(sum(values) / len(values))


def _middle(image: Image.Image) -> Image.Image:
    left, top = max(0, image.width - 1024) // 2, max(0, image.height - 1024) // 2
    return (
        image.crop((left, top, min(left + 1024, image.width), min(top + 1024, image.height))).convert("L").convert("F")
    )


def _times(a: Image.Image, b: Image.Image) -> Image.Image:
    return ImageMath.lambda_eval(lambda v: v["a"] * v["b"], a=a, b=b)


def _ssim_block(v: dict[str, Any]) -> Any:
    same = v["ma"] * v["mb"]
    spread = v["ma"] * v["ma"] + v["mb"] * v["mb"]
    return ((same * 2 + 6.5) * ((v["ab"] - same) * 2 + 58.5)) / ((spread + 6.5) * (v["aa"] + v["bb"] - spread + 58.5))


def outcome(data: bytes, limits: Limits = ROOMY) -> Prepared | PictureError:
    """What becomes of a file; any other exception fails the test, and so does more than ten seconds."""
    start = time.process_time()
    try:
        result: Prepared | PictureError = prepare(data, limits)
    except PictureError as error:
        result = error
    assert time.process_time() - start < 10
    return result
