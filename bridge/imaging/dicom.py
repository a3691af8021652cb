"""The first picture in a DICOM file, as an X-ray station's screen shows it (DICOM PS3.3, C.7.6.3 and C.11).

Needs the optional libraries of the `dicom` extra. Nothing but the tags named here is read, so no patient's name is.
"""

import importlib
import io
import logging
import threading
import warnings
from collections.abc import Callable
from typing import Any

from PIL import Image

from bridge.imaging import turbo
from bridge.imaging.errors import PictureError, damaged, is_for_want_of_memory, not_a_picture
from bridge.imaging.jpeg import read_jpeg
from bridge.imaging.shades import BRIGHTEST_SHARE, DARKEST_SHARE, FEWEST_SHADES

_PIXEL_TAGS = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelData"),
    *("PixelAspectRatio", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)
_GREY_TAGS = (
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction"),
)
_PALETTE_TAGS = tuple(
    f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")
)
_NO_PREAMBLE = b"\x02\0\0\0UL"
_PACKING_TAG = b"\x02\0\x10\0UI"
_PACKING_WITHIN = 4096
_DEFLATED = "1.2.840.10008.1.2.1.99"
_JPEGS = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
_MOST_STRETCHED = 4.0
_MOST_STRETCHED_PIXELS = 16_000_000
_MOST_SHADES = 65_536
_STRIP_ROWS = 256
_ONE_SHADE = 1 / 256
_INSTALL = (
    "install the bridge with its `dicom` extra (pip install tscharts-bridge[dicom]) and try again, or export it as "
    "a JPEG, send that and discard this one"
)

RequireSize = Callable[[tuple[int, int], int], None]

_one_at_a_time = threading.Lock()
"""Warnings are switched off for the whole process while a file is read: they may tell what stands in it."""


def read_frame(data: bytes, require_size: RequireSize, library: str = "pydicom") -> Image.Image:
    """The first frame in 8 bits: L for grey, with its window levels or look-up tables applied, else RGB.

    `require_size` is told width and height, and the numbers in a pixel, before anything is decoded, and raises what it
    likes. Raises PictureError: NOT_A_PICTURE when the library is not installed or there is no picture, DAMAGED_PICTURE
    when it cannot be read; and MemoryError.
    """
    try:
        pydicom: Any = importlib.import_module(library)
        pixels: Any = importlib.import_module(f"{library}.pixels")
    except ImportError as error:
        raise not_a_picture("is a DICOM file, which this bridge is not set up to show", _INSTALL) from error
    if _packing(data) == _DEFLATED:
        raise not_a_picture("is a DICOM file packed as a whole", "export it as a JPEG, then discard this one")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("pydicom").disabled = True
        try:
            return _frame(pydicom, pixels, data, require_size)
        except (PictureError, MemoryError):
            raise
        except Exception as error:
            # The libraries meet hostile bytes with almost any exception.
            if is_for_want_of_memory(error):
                raise MemoryError from error
            raise damaged("it is a DICOM file that cannot be decoded") from error


def _packing(data: bytes) -> str:
    """The UID in the file's head that says how all of it is packed (PS3.10, 7.1: always written in the same way)."""
    at = data.find(_PACKING_TAG, 0, _PACKING_WITHIN) + len(_PACKING_TAG)
    length = int.from_bytes(data[at : at + 2], "little")
    return data[at + 2 : at + 2 + length].rstrip(b"\0 ").decode("ascii", "replace")


def _frame(pydicom: Any, pixels: Any, data: bytes, require_size: RequireSize) -> Image.Image:
    header = _read(pydicom, data, ["Rows", "Columns", "SamplesPerPixel"], stop_before_pixels=True)
    if "Rows" not in header:
        raise not_a_picture("is a DICOM file without a picture", "discard it")
    require_size((int(header.Columns), int(header.Rows)), int(header.get("SamplesPerPixel") or 1))
    dataset = _read(pydicom, data, [*_PIXEL_TAGS, *_GREY_TAGS, *_PALETTE_TAGS])
    if "PixelData" not in dataset:
        raise damaged("it is a DICOM file that is cut short")
    if _packing(data) in _JPEGS:
        _prove_jpeg_whole(dataset)
    return _square(_painted(pixels, dataset), dataset.get("PixelAspectRatio"))


def _read(pydicom: Any, data: bytes, tags: list[str], *, stop_before_pixels: bool = False) -> Any:
    """Some stations leave out the 128 bytes, and the mark, that stand before everything else."""
    bare = data.startswith(_NO_PREAMBLE)
    stream = io.BytesIO(data)
    return pydicom.dcmread(stream, force=bare, specific_tags=tags, stop_before_pixels=stop_before_pixels)


def _prove_jpeg_whole(dataset: Any) -> None:
    """The decoder of the pixels passes over damage in a JPEG; this one does not. Raises PictureError."""
    encaps: Any = importlib.import_module("pydicom.encaps")
    frames = int(dataset.get("NumberOfFrames") or 1)
    jpeg = encaps.get_frame(dataset.PixelData, 0, number_of_frames=frames)
    if int(dataset.BitsStored) == 8:
        turbo.read_pixels(read_jpeg(jpeg).clean, eighths=1)


def _painted(pixels: Any, dataset: Any) -> Image.Image:
    numbers = pixels.pixel_array(dataset, index=0)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return _colour(pixels.apply_color_lut(numbers, dataset))
    return _colour(numbers) if numbers.ndim == 3 else _grey(pixels, numbers, dataset)


def _square(image: Image.Image, ratio: Any) -> Image.Image:
    """Stretched where pixels are higher than wide or the other way (PS3.3, C.7.6.3.1.7: vertical, then horizontal)."""
    if ratio is None or len(ratio) != 2 or not (int(ratio[0]) > 0 and int(ratio[1]) > 0):
        return image
    taller = int(ratio[0]) / int(ratio[1])
    if taller == 1 or not 1 / _MOST_STRETCHED <= taller <= _MOST_STRETCHED:
        return image
    width, height = image.width * max(1.0, 1 / taller), image.height * max(1.0, taller)
    share = min(1.0, (_MOST_STRETCHED_PIXELS / (width * height)) ** 0.5)
    size = max(1, round(width * share)), max(1, round(height * share))
    return image.resize(size, Image.Resampling.BICUBIC)


def _colour(numbers: Any) -> Image.Image:
    if numbers.dtype.itemsize == 2:
        numbers = (numbers >> 8).astype("uint8")
    return Image.fromarray(numbers, "RGB")


def _grey(pixels: Any, numbers: Any, dataset: Any) -> Image.Image:
    """Every shade that occurs is looked up once; then the picture is painted by that table."""
    numpy: Any = importlib.import_module("numpy")
    darkest, brightest = int(numbers.min()), int(numbers.max())
    if brightest - darkest >= _MOST_SHADES:
        raise not_a_picture("is a DICOM file of a kind that cannot be shown", "export it as a JPEG")
    shades = numpy.arange(darkest, brightest + 1)
    levels = pixels.apply_modality_lut(shades, dataset)
    share = _share_of_white(numpy, pixels, levels, dataset, _counts(numpy, numbers, darkest, dataset))
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        share = 1.0 - share
    table = (numpy.clip(share, 0.0, 1.0) * 255 + 0.5).astype("uint8")
    painted = numpy.empty(numbers.shape, "uint8")
    for rows in _strips(numbers):
        painted[rows] = table[numbers[rows].astype("int32") - darkest]
    return Image.fromarray(painted, "L")


def _strips(numbers: Any) -> list[slice]:
    """The picture in parts: index numbers are four times as large as pixels, and never needed for all at once."""
    return [slice(top, top + _STRIP_ROWS) for top in range(0, numbers.shape[0], _STRIP_ROWS)]


def _counts(numpy: Any, numbers: Any, darkest: int, dataset: Any) -> Any:
    """How many pixels each shade has, the one that only fills the picture up left out."""
    counts = numpy.zeros(int(numbers.max()) - darkest + 1, "int64")
    for rows in _strips(numbers):
        counts += numpy.bincount((numbers[rows].astype("int32") - darkest).ravel(), minlength=len(counts))
    padding = dataset.get("PixelPaddingValue")
    if padding is not None and 0 <= int(padding) - darkest < len(counts) and (counts > 0).sum() > 1:
        counts[int(padding) - darkest] = 0
    return counts


def _share_of_white(numpy: Any, pixels: Any, levels: Any, dataset: Any, counts: Any) -> Any:
    """How white each level is, 0.0 to 1.0 and beyond: by look-up table, by window, or by the levels in use."""
    if dataset.get("VOILUTSequence"):
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return pixels.apply_voi_lut(levels.astype("int64"), dataset).astype("float64") / (2**bits - 1)
    dark, bright = _middle(numpy, counts)
    share = _by_window(numpy, levels, dataset)
    if share is not None and (dark == bright or numpy.ptp(numpy.clip(share[[dark, bright]], 0.0, 1.0)) > _ONE_SHADE):
        return share
    lowest, highest = levels[counts > 0].min(), levels[counts > 0].max()
    middle = abs(float(levels[bright]) - float(levels[dark]))
    if 0 < middle * 255 < FEWEST_SHADES * (highest - lowest):
        lowest, highest = sorted((levels[dark], levels[bright]))
    return (levels - lowest) / max(float(highest - lowest), 1e-9)


def _middle(numpy: Any, counts: Any) -> tuple[int, int]:
    """The places of the shades between which the middle 99 % of the pixels lie; all of them when that is one shade."""
    reached = numpy.cumsum(counts)
    dark, bright = (int(numpy.searchsorted(reached, share * reached[-1])) for share in (DARKEST_SHARE, BRIGHTEST_SHARE))
    used = counts.nonzero()[0]
    return (dark, bright) if dark < bright else (int(used[0]), int(used[-1]))


def _by_window(numpy: Any, levels: Any, dataset: Any) -> Any:
    """How white the station's window makes each level (PS3.3, C.11.2.1.2); None without a window."""
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None or not width > 0:
        return None
    if dataset.get("VOILUTFunction") == "SIGMOID":
        return 1.0 / (1.0 + numpy.exp(numpy.clip(-4.0 * (levels - centre) / width, -50, 50)))
    if dataset.get("VOILUTFunction") == "LINEAR_EXACT" or width <= 1:
        return (levels - centre) / width + 0.5
    return (levels - (centre - 0.5)) / (width - 1) + 0.5


def _first(value: Any) -> float | None:
    """The first of one or many numbers; a station may give several windows, its favourite first."""
    if value is None or value == "":
        return None
    many = hasattr(value, "__len__") and not isinstance(value, str)
    return float(value[0] if many else value)
