"""From any file to a picture that every client of the chart shows, the right way up, within a limit."""

import hashlib
import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from bridge.imaging import fit
from bridge.imaging.colour import eight_bit, is_srgb, to_srgb
from bridge.imaging.decode import Source, decode, require_pixels, take_apart
from bridge.imaging.errors import damaged, not_a_picture, too_large
from bridge.imaging.formats import HEAD_BYTES, Format, recognise
from bridge.imaging.sizes import stream_size

_MOST_ENCODINGS = 3
_PROOF_EDGE = 1
_LEAST_GAIN = 3
_LONGEST_JPEG_EDGE = 65_500

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_AS_PICTURE = "send it as a photo or a picture instead, then discard this one"


@dataclass(frozen=True)
class Limits:
    """What a picture for the chart may be.

    `max_image_bytes`: its bytes before base64 (see `image_bytes_for_body`). `max_pixels`: the most pixels a file may
    have to be decoded at all (50 million at the most for any kind but JPEG). `longest_edge`: width and height in
    pixels, at most; None for any. `quality_floor`: the lowest JPEG quality, 1 to 95.
    """

    max_image_bytes: int
    max_pixels: int = 100_000_000
    longest_edge: int | None = None
    quality_floor: int = 60


@dataclass(frozen=True)
class Prepared:
    """A picture ready for the chart: JPEG or PNG, upright, sRGB or grey, without metadata.

    `sha256` is the lower-case hex digest of `data`. `passed_through`: its pixels are the original's, never encoded
    again. `encodings`: how many times the whole picture was encoded, 0 to 3.
    """

    data: bytes
    format: Literal[Format.JPEG, Format.PNG]
    width: int
    height: int
    sha256: str
    passed_through: bool
    encodings: int


def image_bytes_for_body(body_limit_bytes: int, overhead_bytes: int = 128) -> int:
    """The largest image whose base64 (4 characters for 3 bytes) and `overhead_bytes` of JSON fit a request body.

    contract/tscharts.md: bodies of 1 048 576 bytes behind the shipped nginx, 2 621 440 direct.
    """
    return max(0, (body_limit_bytes - overhead_bytes) // 4 * 3)


def prepare(original: bytes, limits: Limits) -> Prepared:
    """Make the picture in a file ready for the chart.

    Raises PictureError with a hold: NOT_A_PICTURE, DAMAGED_PICTURE (it is never sent in part), or TOO_LARGE (too many
    pixels, or no way to fit `limits`).
    """
    kind = _picture_kind(original)
    size = stream_size(io.BytesIO(original))
    if size is None:
        raise damaged("its header is cut short or makes no sense")
    require_pixels(kind, size, limits.max_pixels)
    source = take_apart(original, kind)
    try:
        return _from_source(source, size, limits)
    except MemoryError:
        raise too_large("needs more memory than is free", "send a smaller copy of it, then discard this one") from None


def _from_source(source: Source, size: tuple[int, int], limits: Limits) -> Prepared:
    if _may_pass(source, size, limits):
        return _passed_through(source, size, limits)
    image, source = decode(source, limits.max_pixels, _edge_wanted(source, size, limits))
    image = _within_edge(eight_bit(image), limits.longest_edge)
    image = _upright(to_srgb(image, source.icc), source.orientation)
    return _encoded(image, source, limits)


def _picture_kind(original: bytes) -> Format:
    if not original:
        raise not_a_picture("is empty (0 bytes)", "take or send the photo again, then discard this one")
    kind = recognise(original[:HEAD_BYTES])
    if kind is None:
        raise not_a_picture("is of no kind known here", _AS_PICTURE)
    if not kind.is_picture:
        raise not_a_picture(f"is a {kind} file, which the chart cannot show", _AS_PICTURE)
    return kind


def _may_pass(source: Source, size: tuple[int, int], limits: Limits) -> bool:
    """Whether the file as it is, with its metadata cut away, is already what the chart needs."""
    return (
        source.shown_everywhere
        and source.orientation == 1
        and len(source.clean) <= limits.max_image_bytes
        and (limits.longest_edge is None or max(size) <= limits.longest_edge)
        and all(is_srgb(source.icc, mode) for mode in ("L", "RGB"))
    )


def _passed_through(source: Source, size: tuple[int, int], limits: Limits) -> Prepared:
    """The clean file, once decoding has proved it whole; a JPEG's smallest size is proof enough, and quick."""
    decode(source, limits.max_pixels, _PROOF_EDGE)
    return _prepared(fit.Encoded(source.clean, *size, 0), source.kind, passed_through=True)


def _edge_wanted(source: Source, size: tuple[int, int], limits: Limits) -> int:
    """The longest edge worth decoding: what may be sent, given that encoding again makes a file 3 times smaller."""
    share = _LEAST_GAIN * limits.max_image_bytes / len(source.clean)
    edge = int(max(size) * min(1.0, share**0.5)) + 1
    return min(edge, limits.longest_edge or edge)


def _within_edge(image: Image.Image, longest_edge: int | None) -> Image.Image:
    return fit.shrink(image, min(longest_edge or _LONGEST_JPEG_EDGE, _LONGEST_JPEG_EDGE) / max(image.size))


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _encoded(image: Image.Image, source: Source, limits: Limits) -> Prepared:
    """As a PNG when it came as one that is small enough, else as a JPEG."""
    used = 0
    if source.kind is Format.PNG and len(source.clean) <= limits.max_image_bytes:
        used = 1
        data = fit.encode_png(image)
        if len(data) <= limits.max_image_bytes:
            return _prepared(fit.Encoded(data, *image.size, used), Format.PNG)
    encoded = fit.fit_jpeg(image, limits.max_image_bytes, limits.quality_floor, _MOST_ENCODINGS - used)
    if encoded is None:
        raise too_large(
            f"cannot be made small enough for the chart server ({limits.max_image_bytes} bytes of image)",
            "ask the chart's administrator to allow larger requests, then try again",
        )
    return _prepared(fit.Encoded(encoded.data, encoded.width, encoded.height, encoded.encodings + used), Format.JPEG)


def _prepared(encoded: fit.Encoded, kind: Format, *, passed_through: bool = False) -> Prepared:
    return Prepared(
        data=encoded.data,
        format=Format.PNG if kind is Format.PNG else Format.JPEG,
        width=encoded.width,
        height=encoded.height,
        sha256=hashlib.sha256(encoded.data).hexdigest(),
        passed_through=passed_through,
        encodings=encoded.encodings,
    )
