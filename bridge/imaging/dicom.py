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

from bridge.imaging.errors import PictureError, damaged, not_a_picture

_PIXEL_TAGS = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelData"),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)
_GREY_TAGS = (
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "PresentationLUTShape"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction"),
)
_PALETTE_TAGS = tuple(
    f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")
)
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MOST_SHADES = 65_536
_STRIP_ROWS = 256
_INSTALL = (
    "install the bridge with its `dicom` extra (pip install tscharts-bridge[dicom]) and try again, or export it as "
    "a JPEG, send that and discard this one"
)

_one_at_a_time = threading.Lock()
"""Warnings are switched off for the whole process while a file is read: they may tell what stands in it."""


def read_frame(data: bytes, require_size: Callable[[tuple[int, int]], None], library: str = "pydicom") -> Image.Image:
    """The first frame in 8 bits: L for grey, with its window levels or look-up tables applied, else RGB.

    `require_size` is told width and height before anything is decoded, and raises what it likes. Raises PictureError:
    NOT_A_PICTURE when the library is not installed or there is no picture, DAMAGED_PICTURE when it cannot be read.
    """
    try:
        pydicom: Any = importlib.import_module(library)
        pixels: Any = importlib.import_module(f"{library}.pixels")
    except ImportError as error:
        raise not_a_picture("is a DICOM file, which this bridge is not set up to show", _INSTALL) from error
    if _DEFLATED in data:
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
            raise damaged("it is a DICOM file that cannot be decoded") from error


def _frame(pydicom: Any, pixels: Any, data: bytes, require_size: Callable[[tuple[int, int]], None]) -> Image.Image:
    header = pydicom.dcmread(io.BytesIO(data), specific_tags=["Rows", "Columns"], stop_before_pixels=True)
    if "Rows" not in header:
        raise not_a_picture("is a DICOM file without a picture", "discard it")
    require_size((int(header.Columns), int(header.Rows)))
    dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=[*_PIXEL_TAGS, *_GREY_TAGS, *_PALETTE_TAGS])
    if "PixelData" not in dataset:
        raise damaged("it is a DICOM file that is cut short")
    numbers = pixels.pixel_array(dataset, index=0)
    kind = str(dataset.PhotometricInterpretation)
    if kind == "PALETTE COLOR":
        return _colour(pixels.apply_color_lut(numbers, dataset))
    if numbers.ndim == 3:
        return _colour(numbers)
    return _grey(pixels, numbers, dataset)


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
    share = _share_of_white(numpy, pixels, levels, dataset, _used(numpy, numbers, darkest, dataset))
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


def _used(numpy: Any, numbers: Any, darkest: int, dataset: Any) -> Any:
    """Which shades occur, the one that only fills the picture up left out."""
    used = numpy.zeros(int(numbers.max()) - darkest + 1, "bool")
    for rows in _strips(numbers):
        used[numbers[rows].astype("int32") - darkest] = True
    padding = dataset.get("PixelPaddingValue")
    if padding is not None and 0 <= int(padding) - darkest < len(used) and used.sum() > 1:
        used[int(padding) - darkest] = False
    return used


def _share_of_white(numpy: Any, pixels: Any, levels: Any, dataset: Any, used: Any) -> Any:
    """How white each level is, 0.0 to 1.0 and beyond: by look-up table, by window, or by the levels in use."""
    if dataset.get("VOILUTSequence"):
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return pixels.apply_voi_lut(levels.astype("int64"), dataset).astype("float64") / (2**bits - 1)
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None or not width > 0:
        lowest, highest = levels[used].min(), levels[used].max()
        return (levels - lowest) / max(float(highest - lowest), 1e-9)
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
