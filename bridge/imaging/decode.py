"""Every kind of picture opened by the one decoder meant for it, and decoded whole."""

import contextlib
import importlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from bridge.imaging import dicom, pdf, tiff, turbo
from bridge.imaging.bands import in_bands, shrunk
from bridge.imaging.boxes import is_cut_short
from bridge.imaging.colour import eight_bit
from bridge.imaging.errors import (
    SMALLER,
    PictureError,
    damaged,
    is_for_want_of_memory,
    not_a_picture,
    too_large,
    too_much_memory,
)
from bridge.imaging.formats import Format
from bridge.imaging.heic import prove_coded_whole
from bridge.imaging.jpeg import JpegFile, read_jpeg
from bridge.imaging.memory import require_memory
from bridge.imaging.png import read_png
from bridge.imaging.tiff_jpeg import prove_jpegs_whole

MOST_PIXELS_KEPT = 16_000_000
"""Of larger pictures a smaller one is made: tablets of 2 GB cannot show more."""

_MOST_PIXELS_AT_ONCE = 40_000_000
_MOST_PIXELS_OF_KIND = {
    Format.TIFF: 30_000_000,
    Format.HEIC: 25_000_000,
    Format.DICOM: 25_000_000,
    Format.WEBP: 16_000_000,
}
_MOST_HELD_BYTES = 240_000_000
_SMALLER_OF_KIND = {Format.HEIC: f"set the phone to 12 or 24 megapixels and take it again, or {SMALLER}"}


@dataclass(frozen=True)
class Source:
    """A picture's bytes, known to be whole in structure.

    `clean` is what to decode. `orientation` is the EXIF turn (1 to 8) still to be made, `icc` the colour profile.
    `shown_everywhere`: `clean` is a JPEG or PNG that every client of the chart can decode as it stands. `jpeg`: more
    about a JPEG. `all_pages`: not only the first page of a PDF.
    """

    kind: Format
    clean: bytes
    orientation: int = 1
    icc: bytes | None = None
    shown_everywhere: bool = False
    jpeg: JpegFile | None = None
    all_pages: bool = False


def take_apart(original: bytes, kind: Format, *, all_pages: bool = False) -> Source:
    """Look at the parts of a file of this kind. Raises PictureError when they do not make a whole picture."""
    if kind is Format.JPEG:
        jpeg = read_jpeg(original)
        return Source(kind, jpeg.clean, jpeg.orientation, jpeg.icc, jpeg.shown_everywhere, jpeg)
    if kind is Format.PNG:
        png = read_png(original)
        return Source(kind, png.clean, png.orientation, png.icc, png.shown_everywhere)
    if kind is Format.WEBP and int.from_bytes(original[4:8], "little") + 8 > len(original):
        raise damaged("it is cut short")
    if kind is Format.PDF and pdf.is_cut_short(original):
        raise damaged("it is cut short")
    if kind is Format.HEIC:
        if is_cut_short(io.BytesIO(original)):
            raise damaged("it is cut short")
        prove_coded_whole(original)
    return Source(kind, original, all_pages=all_pages)


def decode(source: Source, most_pixels: int, eighths: int = turbo.FULL_SIZE) -> tuple[Image.Image, Source]:
    """The pixels of the first picture in a file, in whatever mode it has, and the source with all that is now known.

    A JPEG comes at `eighths` / 8 of its size or a little larger; pictures of more than 16 million pixels come smaller.
    Raises PictureError: DAMAGED_PICTURE when any of it cannot be decoded, TOO_LARGE above `most_pixels` pixels; and
    MemoryError.
    """
    with _only_known_errors():
        image, source = _known(_pixels(source, most_pixels, eighths), source)
        return _lean(image), source


def prove_whole(source: Source, most_pixels: int) -> None:
    """Decode all of a picture and forget it, a JPEG at its smallest size. Raises as `decode`."""
    with _only_known_errors():
        _pixels(source, most_pixels, eighths=1)


@contextlib.contextmanager
def _only_known_errors() -> Iterator[None]:
    """Decoders meet hostile bytes with almost any exception; each means that the picture is not whole."""
    try:
        yield
    except PictureError:
        raise
    except Exception as error:
        if is_for_want_of_memory(error):
            raise MemoryError from error
        raise damaged("it cannot be decoded") from error


def require_pixels(kind: Format, size: tuple[int, int], most_pixels: int) -> None:
    """Raise PictureError, TOO_LARGE, when a picture of this size has more pixels than are let in.

    That is `most_pixels`, but for all kinds but JPEG, which can shrink while it is read, 16 to 40 million at the most.
    """
    width, height = size
    if kind is not Format.JPEG:
        most_pixels = min(most_pixels, _MOST_PIXELS_OF_KIND.get(kind, _MOST_PIXELS_AT_ONCE))
    if width * height > most_pixels:
        next_step = _SMALLER_OF_KIND.get(kind, SMALLER)
        raise too_large(f"has {width} x {height} pixels, more than the {most_pixels} allowed", next_step)


def open_picture(kind: Format, data: bytes) -> ImageFile:
    """A picture of a kind that Pillow reads, its header read and nothing decoded. Raises almost anything."""
    return _OPENERS[kind](data)


def _pixels(source: Source, most_pixels: int, eighths: int) -> Image.Image:
    if source.kind is Format.PDF:
        return pdf.read_pages(source.clean, all_pages=source.all_pages)
    if source.kind is Format.DICOM:
        return dicom.read_frame(source.clean, lambda size, bands: _require_dicom(source, size, bands, most_pixels))
    if source.jpeg:
        eighths = min(eighths, _lean_eighths(source.jpeg))
        image = turbo.read_pixels(source.clean, eighths)
        if image:
            return image
    return _by_pillow(source, most_pixels, eighths)


def _require_dicom(source: Source, size: tuple[int, int], bands: int, most_pixels: int) -> None:
    require_pixels(Format.DICOM, size, most_pixels)
    require_memory(Format.DICOM, len(source.clean), size, "L" if bands == 1 else "RGB")


def _lean_eighths(jpeg: JpegFile) -> int:
    """The size at which a JPEG of any size can be decoded in little memory. Raises PictureError when there is none."""
    if jpeg.held_bytes > _MOST_HELD_BYTES:
        raise too_much_memory()
    share = (MOST_PIXELS_KEPT / (jpeg.width * jpeg.height)) ** 0.5
    return max(1, min(turbo.FULL_SIZE, int(share * turbo.FULL_SIZE)))


def _by_pillow(source: Source, most_pixels: int, eighths: int) -> Image.Image:
    image = open_picture(source.kind, source.clean)
    require_pixels(source.kind, image.size, most_pixels)
    if source.kind is not Format.JPEG:
        require_memory(source.kind, len(source.clean), image.size, image.mode)
    if isinstance(image, TiffImageFile):
        prove_jpegs_whole(source.clean, image.tag_v2)
    if isinstance(image, JpegImageFile) and eighths <= turbo.FULL_SIZE // 2:
        width, height = (max(1, edge * eighths // turbo.FULL_SIZE) for edge in image.size)
        image.draft(None, (width, height))
    image.load()
    return image


def _known(image: Image.Image, source: Source) -> tuple[Image.Image, Source]:
    """Add what the decoders of the other kinds tell: they have turned TIFF and HEIC already, WebP not."""
    if source.kind in (Format.JPEG, Format.PNG):
        return image, source
    icc = image.info.get("icc_profile")
    orientation = tiff.orientation_of(image.info.get("exif")) if source.kind is Format.WEBP else 1
    known = Source(source.kind, source.clean, orientation, icc if isinstance(icc, bytes) else None)
    return _white_as_highest(image), known


def _lean(image: Image.Image) -> Image.Image:
    """The picture, made smaller when it is huge, without a copy of its size."""
    scale = (MOST_PIXELS_KEPT / (image.width * image.height)) ** 0.5
    if scale >= 1:
        return image
    is_plain = image.mode not in ("1", "P") and not image.has_transparency_data
    size = int(image.width * scale) or 1, int(image.height * scale) or 1
    smaller = shrunk(image, size) if is_plain else shrunk(image, size, eight_bit)
    smaller.info = image.info
    return smaller


def _white_as_highest(image: Image.Image) -> Image.Image:
    """Turn round 16-bit TIFFs that count from white to black, as some X-ray stations write; Pillow leaves them so."""
    if not isinstance(image, TiffImageFile) or not image.mode.startswith("I;16"):
        return image
    if image.tag_v2.get(tiff.PHOTOMETRIC) != 0:
        return image
    return in_bands(
        image, "I;16", lambda band: band.convert("I").point(lambda value: value * -1 + 65535).convert("I;16")
    )


def _open_tiff(data: bytes) -> ImageFile:
    """Raises PictureError for a camera's raw file, whose first picture is only a thumbnail."""
    if tiff.first_directory(io.BytesIO(data)).get(tiff.SUBFILE_TYPE, 0) & 1:
        raise not_a_picture("is a camera's raw file, which the chart cannot show", "send it as a JPEG")
    return TiffImageFile(io.BytesIO(data))


def _open_heic(data: bytes) -> ImageFile:
    """Loaded on first use: most bridges meet HEIC rarely, and the decoder is large."""
    picture: ImageFile = importlib.import_module("pi_heif").HeifImageFile(io.BytesIO(data))
    return picture


def _opener(plugin: Callable[[io.BytesIO], ImageFile]) -> Callable[[bytes], ImageFile]:
    return lambda data: plugin(io.BytesIO(data))


_OPENERS: dict[Format, Callable[[bytes], ImageFile]] = {
    Format.JPEG: _opener(JpegImageFile),
    Format.PNG: _opener(PngImageFile),
    Format.GIF: _opener(GifImageFile),
    Format.BMP: _opener(BmpImageFile),
    Format.WEBP: _opener(WebPImageFile),
    Format.TIFF: _open_tiff,
    Format.HEIC: _open_heic,
}
