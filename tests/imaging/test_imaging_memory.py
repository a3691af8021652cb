"""Every kind of picture at the most pixels that are let in goes through a worker; beyond, one sentence says why not."""

import io
from collections.abc import Callable, Iterator

import numpy as np
import pydicom
import pytest
from document_samples import dicom
from imaging_samples import encoded
from PIL import Image
from workshop_helpers import held

from bridge.holds import HoldReason
from bridge.imaging import Limits, Workshop, prepare

LIMITS = Limits(786_000)


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(1, seconds=60.0) as one:
        yield one


def flat(mode: str, megapixels: float) -> Image.Image:
    """Grey steps in that mode, a little under so many million pixels."""
    edge = int((megapixels * 1e6) ** 0.5)
    grey = Image.linear_gradient("L").resize((edge, edge), Image.Resampling.NEAREST)
    if mode == "RGBA":
        picture = grey.convert("RGBA")
        picture.putalpha(grey)
        return picture
    return Image.fromarray(np.asarray(grey).astype("uint16") * 16) if mode == "I;16" else grey.convert(mode)


def stored_png(mode: str, megapixels: float) -> bytes:
    """As large as a picture of pure noise."""
    return encoded(flat(mode, megapixels), "PNG", compress_level=0)


def packed_dicom(megapixels: float) -> bytes:
    edge = int((megapixels * 1e6) ** 0.5)
    set_ = pydicom.dcmread(io.BytesIO(dicom(np.full((edge, edge), 700, "uint16"), bits=12)))
    set_.compress("1.2.840.10008.1.2.5")
    stream = io.BytesIO()
    set_.save_as(stream)
    return stream.getvalue()


AT_THE_LIMIT: dict[str, Callable[[], bytes]] = {
    "png, colour": lambda: stored_png("RGB", 20),
    "png, transparent": lambda: stored_png("RGBA", 16),
    "png, packed": lambda: encoded(flat("L", 40), "PNG", compress_level=1),
    "bmp": lambda: encoded(flat("RGB", 30), "BMP"),
    "tiff, colour": lambda: encoded(flat("RGB", 30), "TIFF"),
    "tiff, inks": lambda: encoded(flat("CMYK", 25), "TIFF"),
    "tiff, deep": lambda: encoded(flat("I;16", 30), "TIFF"),
    "tiff, real numbers": lambda: encoded(flat("F", 25), "TIFF"),
    "gif": lambda: encoded(flat("L", 40), "GIF"),
    "webp": lambda: encoded(flat("RGB", 16), "WEBP", method=0),
    "dicom": lambda: dicom(np.asarray(flat("I;16", 25)), bits=12),
    "dicom, packed": lambda: packed_dicom(25),
    "dicom, colour": lambda: dicom(np.asarray(flat("RGB", 16)), "RGB"),
}
TOO_MUCH: dict[str, Callable[[], bytes]] = {
    "png, transparent": lambda: stored_png("RGBA", 25),
    "bmp": lambda: encoded(flat("RGB", 40), "BMP"),
    "tiff, inks": lambda: encoded(flat("CMYK", 30), "TIFF"),
    "tiff, real numbers": lambda: encoded(flat("F", 30), "TIFF"),
    "dicom, colour": lambda: dicom(np.asarray(flat("RGB", 25)), "RGB"),
}


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_a_picture_at_the_limit_of_its_kind_goes_through_a_worker(name: str, workshop: Workshop) -> None:
    sent = workshop.prepare(AT_THE_LIMIT[name](), LIMITS)
    assert 300 < max(sent.width, sent.height) <= 4_000


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_picture_beyond_is_held_before_it_is_decoded(name: str) -> None:
    with held(HoldReason.TOO_LARGE, "takes too much memory to decode", "smaller copy"):
        prepare(TOO_MUCH[name](), LIMITS)
