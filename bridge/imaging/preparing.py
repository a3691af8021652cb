"""From any file to a picture that every client of the chart shows, the right way up, within a limit."""

import io

from PIL import Image

from bridge.holds import HoldReason
from bridge.imaging import fit, turbo
from bridge.imaging.colour import eight_bit, is_srgb, to_srgb
from bridge.imaging.decode import MOST_PIXELS_KEPT, Source, decode, prove_whole, require_pixels, take_apart
from bridge.imaging.errors import PictureError, damaged, not_a_picture, too_large, too_much_memory
from bridge.imaging.formats import HEAD_BYTES, Format, is_avif, recognise
from bridge.imaging.limits import Limits, Prepared
from bridge.imaging.salvage import Part, salvage
from bridge.imaging.sizes import stream_size

_MOST_ENCODINGS = 3
_LONGEST_EDGE = 16_000
_LEAST_EDGE = 320
"""What was longer is held rather than made so small that nothing can be told from it."""

_PREVIEW_QUALITY = 80
_SIZED_WHEN_OPENED = (Format.PDF, Format.DICOM)
_LOSSLESS = {Format.PNG, Format.TIFF, Format.BMP, Format.GIF, Format.DICOM}
_PNG_MARGIN = 1.2

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


def prove(original: bytes, limits: Limits) -> None:
    """See whether a file holds a whole picture, however large it would be in the chart. Raises as `prepare`."""
    kind = _picture_kind(original)
    try:
        source, _ = _opened(original, kind, limits)
        prove_whole(source, limits.max_pixels)
    except MemoryError:
        raise too_much_memory() from None
    except PictureError as error:
        raise error.with_preview() if _salvaged(error, original, kind, small=True) else error from error


def prepare(original: bytes, limits: Limits, *, as_is: bool = False, is_proved: bool = False) -> Prepared:
    """Make the picture in a file ready for the chart.

    `as_is`: a damaged picture too, as far as it can be read, because a person has looked at its preview and wants it
    sent. `is_proved`: `prove` has found it whole, so it need not be decoded just to know that. Raises PictureError with
    a hold: NOT_A_PICTURE, DAMAGED_PICTURE (otherwise it is never sent in part), or TOO_LARGE (too many pixels, or no
    way to fit `limits`).
    """
    kind = _picture_kind(original)
    try:
        return _from_whole(original, kind, limits, is_proved=is_proved)
    except MemoryError:
        raise too_much_memory() from None
    except PictureError as error:
        part = _salvaged(error, original, kind, small=not as_is)
        if not part:
            raise
        if not as_is:
            raise error.with_preview() from error
        return _fitted(_plain(part, limits.longest_edge), limits, fit.BEST_QUALITY)


def preview(original: bytes, edge: int) -> bytes:
    """A JPEG at most `edge` pixels wide and high of all that can be read of the picture in a file, upright.

    For people to look at, not for the chart. Raises PictureError when there is nothing to see.
    """
    kind = _picture_kind(original)
    try:
        source, size = _opened(original, kind, Limits(0))
        image, source = decode(source, Limits.max_pixels, _eighths_for_edge(size, edge))
        part = Part(image, source.orientation, source.icc)
    except PictureError as error:
        found = _salvaged(error, original, kind)
        if not found:
            raise
        part = found
    return fit.encode_jpeg(_plain(part, edge), _PREVIEW_QUALITY)


def _salvaged(error: PictureError, original: bytes, kind: Format, *, small: bool = False) -> Part | None:
    """What can be read of a damaged picture."""
    return salvage(original, kind, small=small) if error.hold.reason is HoldReason.DAMAGED_PICTURE else None


def _from_whole(original: bytes, kind: Format, limits: Limits, *, is_proved: bool) -> Prepared:
    source, size = _opened(original, kind, limits)
    if size and _may_pass(source, size, limits):
        if not is_proved:
            prove_whole(source, limits.max_pixels)
        return _prepared(fit.Encoded(source.clean, *size, 0), source.kind, passed_through=True)
    allowed = _eighths_for_edge(size, limits.longest_edge)
    fitting = turbo.fitting_eighths(source.jpeg, limits.max_image_bytes) if source.jpeg else turbo.FULL_SIZE
    image, source = decode(source, limits.max_pixels, min(allowed, max(fitting, _eighths_for_edge(size, _LEAST_EDGE))))
    image = _plain(Part(image, source.orientation, source.icc), limits.longest_edge)
    if kind in _LOSSLESS:
        return _fitted_lossless(image, limits)
    best = fit.BEST_QUALITY if allowed <= fitting else fit.BEST_QUALITY_WHEN_REDUCED
    if kind is Format.PDF and image.mode == "L":
        best = fit.BEST_QUALITY_OF_LOSSLESS
    return _fitted(image, limits, best)


def _opened(original: bytes, kind: Format, limits: Limits) -> tuple[Source, tuple[int, int] | None]:
    """The file's parts, and its size where that is told before it is decoded."""
    size = stream_size(io.BytesIO(original))
    if size:
        require_pixels(kind, size, limits.max_pixels)
    elif kind not in _SIZED_WHEN_OPENED:
        raise damaged("its header is cut short or makes no sense")
    return take_apart(original, kind, all_pages=limits.pdf_pages == "all"), size


def _picture_kind(original: bytes) -> Format:
    if not original:
        raise not_a_picture("is empty (0 bytes)", "take or send the photo again, then discard this one")
    kind = recognise(original[:HEAD_BYTES])
    if kind is None and is_avif(original[:HEAD_BYTES]):
        raise not_a_picture("is an AVIF picture, which the chart cannot show", _AS_PICTURE)
    if kind is None:
        raise not_a_picture("is of no kind known here", _AS_PICTURE)
    if not kind.can_be_shown:
        raise not_a_picture(f"is {_article(kind)} {kind} file, which the chart cannot show", _AS_PICTURE)
    return kind


def _article(kind: Format) -> str:
    """As in "an MP4" and "a JSON": letters that are spelled out."""
    return "an" if kind in (Format.MP4, Format.MP3) else "a"


def _may_pass(source: Source, size: tuple[int, int], limits: Limits) -> bool:
    """Whether the file as it is, with its metadata cut away, is already what the chart needs."""
    modes = ("L", "RGB") if source.jpeg is None else ("L",) if source.jpeg.is_grey else ("RGB",)
    return (
        source.shown_everywhere
        and source.orientation == 1
        and len(source.clean) <= limits.max_image_bytes
        and size[0] * size[1] <= MOST_PIXELS_KEPT
        and max(size) <= min(limits.longest_edge or _LONGEST_EDGE, _LONGEST_EDGE)
        and all(is_srgb(source.icc, mode) for mode in modes)
    )


def _eighths_for_edge(size: tuple[int, int] | None, edge: int | None) -> int:
    """How large a JPEG must be decoded to be `edge` pixels long, or a little longer."""
    if not size or not edge:
        return turbo.FULL_SIZE
    return max(1, min(turbo.FULL_SIZE, -(-edge * turbo.FULL_SIZE // max(size))))


def _plain(part: Part, longest_edge: int | None) -> Image.Image:
    """Within the edge, in 8 bits, sRGB and upright."""
    edge = min(longest_edge or _LONGEST_EDGE, _LONGEST_EDGE)
    image = eight_bit(part.image)
    image = to_srgb(fit.shrink(image, edge / max(image.size)), part.icc)
    turn = _TURNS.get(part.orientation)
    return image if turn is None else image.transpose(turn)


def _fitted_lossless(image: Image.Image, limits: Limits) -> Prepared:
    """What was never a JPEG, as a PNG when that is foretold to be small enough, else as a good JPEG."""
    used = 0
    if fit.foretold_png_bytes(image) <= limits.max_image_bytes * _PNG_MARGIN:
        data, used = fit.encode_png(image), 1
        if len(data) <= limits.max_image_bytes:
            return _prepared(fit.Encoded(data, *image.size, used), Format.PNG)
    is_drawn = fit.is_drawing(image)
    best = fit.BEST_QUALITY_OF_LOSSLESS if is_drawn or image.mode == "L" else fit.BEST_QUALITY
    return _fitted(image, limits, best, own_colours=is_drawn, used=used)


def _fitted(image: Image.Image, limits: Limits, best: int, *, own_colours: bool = False, used: int = 0) -> Prepared:
    """As a JPEG of this quality or less, after so many encodings."""
    qualities = fit.Qualities(limits.quality_floor, best, _LEAST_EDGE, own_colours)
    encoded = fit.fit_jpeg(image, limits.max_image_bytes, qualities, _MOST_ENCODINGS - used)
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
        passed_through=passed_through,
        encodings=encoded.encodings,
    )
