"""Every kind of picture opened by the one decoder meant for it, and decoded whole."""

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from bridge.imaging import tiff
from bridge.imaging.boxes import is_cut_short
from bridge.imaging.errors import PictureError, damaged, not_a_picture, too_large
from bridge.imaging.formats import Format
from bridge.imaging.jpeg import read_jpeg
from bridge.imaging.png import read_png

_MOST_PIXELS_AT_ONCE = 50_000_000


@dataclass(frozen=True)
class Source:
    """A picture's bytes, known to be whole in structure.

    `clean` is what to decode. `orientation` is the EXIF turn (1 to 8) still to be made, `icc` the colour profile.
    `shown_everywhere`: `clean` is a JPEG or PNG that every client of the chart can decode as it stands.
    """

    kind: Format
    clean: bytes
    orientation: int = 1
    icc: bytes | None = None
    shown_everywhere: bool = False


def take_apart(original: bytes, kind: Format) -> Source:
    """Look at the parts of a file of this kind. Raises PictureError when they do not make a whole picture."""
    if kind is Format.JPEG:
        jpeg = read_jpeg(original)
        return Source(kind, jpeg.clean, jpeg.orientation, jpeg.icc, jpeg.shown_everywhere)
    if kind is Format.PNG:
        png = read_png(original)
        return Source(kind, png.clean, png.orientation, png.icc, png.shown_everywhere)
    if kind is Format.WEBP and int.from_bytes(original[4:8], "little") + 8 > len(original):
        raise damaged("it is cut short")
    if kind is Format.HEIC and is_cut_short(io.BytesIO(original)):
        raise damaged("it is cut short")
    return Source(kind, original)


def decode(source: Source, most_pixels: int, edge: int | None = None) -> tuple[Image.Image, Source]:
    """The pixels of the first picture in a file, in whatever mode it has, and the source with all that is now known.

    A JPEG may come at a half, quarter or eighth of its size, but with its longest edge at `edge` pixels or more.
    Raises PictureError: DAMAGED_PICTURE when any of it cannot be decoded, TOO_LARGE above `most_pixels` pixels; and
    MemoryError.
    """
    try:
        image = _OPENERS[source.kind](source.clean)
        require_pixels(source.kind, image.size, most_pixels)
        if isinstance(image, JpegImageFile):
            _draft(image, edge)
        image.load()
        return _known(image, source)
    except (PictureError, MemoryError):
        raise
    except Exception as error:
        # Decoders meet hostile bytes with almost any exception; each means that the picture is not whole.
        raise damaged("it cannot be decoded") from error


def require_pixels(kind: Format, size: tuple[int, int], most_pixels: int) -> None:
    """Raise PictureError, TOO_LARGE, when a picture of this size has more pixels than are let in.

    That is `most_pixels`, but for all kinds but JPEG, which can shrink while it is read, 50 million at the most.
    """
    width, height = size
    if kind is not Format.JPEG:
        most_pixels = min(most_pixels, _MOST_PIXELS_AT_ONCE)
    if width * height > most_pixels:
        raise too_large(
            f"has {width} x {height} pixels, more than the {most_pixels} allowed",
            "send a smaller copy of it, then discard this one",
        )


def _draft(image: JpegImageFile, edge: int | None) -> None:
    """Let the JPEG decoder shrink while it reads: quick when `edge` is small, lean when the picture is huge."""
    width, height = image.size
    divisor = 1
    while width * height > _MOST_PIXELS_AT_ONCE * divisor**2:
        divisor *= 2
    scale = min(1 / divisor, edge / max(width, height) if edge else 1.0)
    if scale <= 0.5:
        image.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))


def _known(image: Image.Image, source: Source) -> tuple[Image.Image, Source]:
    """Add what the decoders of the other kinds tell: they have turned TIFF and HEIC already, WebP not."""
    if source.kind in (Format.JPEG, Format.PNG):
        return image, source
    icc = image.info.get("icc_profile")
    orientation = tiff.orientation_of(image.info.get("exif")) if source.kind is Format.WEBP else 1
    known = Source(source.kind, source.clean, orientation, icc if isinstance(icc, bytes) else None)
    return _white_as_highest(image), known


def _white_as_highest(image: Image.Image) -> Image.Image:
    """Turn round 16-bit TIFFs that count from white to black, as some X-ray stations write; Pillow leaves them so."""
    if not isinstance(image, TiffImageFile) or not image.mode.startswith("I;16"):
        return image
    if image.tag_v2.get(tiff.PHOTOMETRIC) != 0:
        return image
    return image.convert("I").point(lambda value: value * -1 + 65535).convert("I;16")


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
