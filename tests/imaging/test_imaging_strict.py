"""Damage that most decoders pass over is found wherever a JPEG lies; kinds of JPEG that few decoders take are shown."""

import io

import numpy as np
import pydicom
import pytest
from document_samples import dicom
from imaging_samples import DATA, ROOMY, decoded, difference, encoded, outcome, photo_like
from pydicom.encaps import encapsulate

from bridge.holds import HoldReason
from bridge.imaging import PictureError, prepare
from bridge.imaging.turbo import read_pixels

PHOTO = photo_like(480, 360)


def dicom_with_jpeg(jpeg: bytes) -> bytes:
    set_ = pydicom.dcmread(io.BytesIO(dicom(np.asarray(PHOTO), "RGB")))
    set_.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
    set_.PhotometricInterpretation = "YBR_FULL_422"
    set_.PixelData = encapsulate([jpeg])
    set_["PixelData"].is_undefined_length = True
    stream = io.BytesIO()
    set_.save_as(stream)
    return stream.getvalue()


WHOLE = {
    "inks": encoded(PHOTO.convert("CMYK"), quality=90),
    "arithmetic": (DATA / "arithmetic.jpg").read_bytes(),
    "in a TIFF": encoded(PHOTO, "TIFF", compression="jpeg"),
    "in a DICOM file": dicom_with_jpeg(encoded(PHOTO, quality=90)),
}


def is_held_as_damaged(data: bytes) -> bool:
    result = outcome(data)
    return isinstance(result, PictureError) and result.hold.reason is HoldReason.DAMAGED_PICTURE


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_one_is_sent(name: str) -> None:
    sent = prepare(WHOLE[name], ROOMY)
    wanted = photo_like(120, 90, noise=0) if name == "arithmetic" else PHOTO
    assert difference(decoded(sent.data).convert("L"), wanted.convert("L")) < 10
    assert not sent.passed_through


@pytest.mark.parametrize("place", [0.5, 0.7, 0.85])
@pytest.mark.parametrize("name", [name for name in WHOLE if name != "arithmetic"])
def test_a_hole_is_damage(name: str, place: float) -> None:
    whole = WHOLE[name]
    at, lost = int(len(whole) * place), len(whole) // 20
    assert is_held_as_damaged(whole[:at] + bytes(lost) + whole[at + lost :])


def test_stray_bytes_that_are_no_filling_are_what_damage_has_left_over() -> None:
    jpeg = encoded(PHOTO, quality=90)
    assert read_pixels(jpeg[:-2] + bytes(8) + jpeg[-2:]) is None
    with pytest.raises(PictureError):
        read_pixels(jpeg[:-2] + b"\1\2\3\4\5\6\7\x08" + jpeg[-2:])


def test_an_arithmetic_one_that_is_cut_is_damage() -> None:
    assert is_held_as_damaged(WHOLE["arithmetic"][:-200])


def test_a_damaged_picture_in_inks_can_be_looked_at_and_sent_as_it_is() -> None:
    error = outcome(WHOLE["inks"][: len(WHOLE["inks"]) // 2])
    assert isinstance(error, PictureError)
    assert error.has_preview
    assert decoded(prepare(WHOLE["inks"][: len(WHOLE["inks"]) // 2], ROOMY, as_is=True).data).mode == "RGB"


def test_a_picture_in_inks_is_read_as_pillow_reads_it() -> None:
    shown = read_pixels(WHOLE["inks"])
    assert shown is not None
    assert difference(shown, decoded(WHOLE["inks"])) == 0
