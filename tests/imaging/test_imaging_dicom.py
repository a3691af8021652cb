"""DICOM files of X-ray stations: grey as the station shows it, or a sentence that says what to do."""

import io
import logging

import numpy as np
import pydicom
import pytest
from document_samples import dicom, ramp
from imaging_samples import ROOMY, card, decoded, difference, outcome, photo_like
from pydicom.dataset import Dataset

from bridge.holds import HoldReason
from bridge.imaging import Format, Limits, PictureError, prepare, preview
from bridge.imaging.dicom import read_frame


def shades(data: bytes) -> list[int]:
    """The greys at the left, the quarters and the right of what is sent."""
    prepared = prepare(data, ROOMY)
    picture = decoded(prepared.data)
    assert (prepared.format, picture.mode) == (Format.PNG, "L")
    assert b"SECRET" not in prepared.data
    return [picture.getpixel((min(x, picture.width - 1), 32)) for x in (0, 64, 128, 192, 255)]


def held(data: bytes) -> PictureError:
    result = outcome(data)
    assert isinstance(result, PictureError)
    return result


def read_back(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def written(set_: Dataset) -> bytes:
    stream = io.BytesIO()
    set_.save_as(stream)
    return stream.getvalue()


def close(found: list[int], wanted: list[int]) -> bool:
    return all(abs(one - other) <= 4 for one, other in zip(found, wanted, strict=True))


def test_without_a_window_the_shades_in_use_fill_the_range() -> None:
    assert close(shades(dicom(ramp() // 2 + 500, bits=12)), [0, 64, 128, 192, 255])


def test_the_window_of_the_station_is_used() -> None:
    assert close(shades(dicom(ramp(), bits=12, WindowCenter=2048, WindowWidth=2048)), [0, 0, 128, 255, 255])


def test_the_first_of_several_windows_is_used() -> None:
    found = shades(dicom(ramp(), bits=12, WindowCenter=[2048, 100], WindowWidth=[4096, 10]))
    assert close(found, [0, 64, 128, 192, 255])


@pytest.mark.parametrize(("function", "quarter"), [("SIGMOID", 30), ("LINEAR_EXACT", 0)])
def test_other_shapes_of_window_are_used(function: str, quarter: int) -> None:
    found = shades(dicom(ramp(), bits=12, WindowCenter=2048, WindowWidth=2048, VOILUTFunction=function))
    assert abs(found[1] - quarter) <= 4
    assert abs(found[2] - 128) <= 4


def test_numbers_are_rescaled_before_the_window() -> None:
    signed = (ramp().astype("int32") - 1024).astype("int16")
    tags = {"RescaleSlope": 2, "RescaleIntercept": 100, "WindowCenter": 2146, "WindowWidth": 8190}
    assert close(shades(dicom(signed, bits=16, **tags)), [0, 64, 128, 192, 255])


def test_a_look_up_table_of_the_station_is_used() -> None:
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 16]
    table.LUTData = np.linspace(65535, 0, 4096).astype("uint16").tobytes()
    assert close(shades(dicom(ramp(), bits=12, VOILUTSequence=[table])), [255, 192, 128, 64, 0])


def test_what_counts_from_white_to_black_is_turned_round() -> None:
    assert close(shades(dicom(ramp(), "MONOCHROME1", bits=12)), [255, 192, 128, 64, 0])


def test_the_shade_that_fills_up_the_corners_does_not_darken_the_rest() -> None:
    padded = ramp(1000) + 30_000
    padded[:8] = 0
    assert close(shades(dicom(padded, PixelPaddingValue=0)), [0, 64, 128, 192, 255])


def test_one_shade_all_over_is_no_error() -> None:
    assert prepare(dicom(np.full((20, 30), 7, "uint16")), ROOMY).width == 30


def test_8_bits_and_an_odd_number_of_them_are_read() -> None:
    assert prepare(dicom(np.zeros((5, 7), "uint8")), ROOMY).height == 5


def test_colours_are_kept() -> None:
    prepared = prepare(dicom(np.asarray(card()), "RGB"), ROOMY)
    assert difference(decoded(prepared.data), card()) < 6


def test_video_colours_are_turned_into_rgb() -> None:
    prepared = prepare(dicom(np.asarray(card().convert("YCbCr")), "YBR_FULL"), ROOMY)
    assert difference(decoded(prepared.data), card()) < 6


def test_only_the_first_frame_is_taken() -> None:
    frames = np.stack([ramp(), ramp()[:, ::-1]])
    assert close(shades(dicom(frames, bits=12)), [0, 64, 128, 192, 255])


def test_a_packed_x_ray_is_unpacked() -> None:
    set_ = read_back(dicom(np.asarray(photo_like(320, 240).convert("L")), WindowCenter=128, WindowWidth=256))
    set_.compress("1.2.840.10008.1.2.5")
    assert difference(decoded(prepare(written(set_), ROOMY).data), photo_like(320, 240).convert("L")) < 6


def test_a_packed_x_ray_that_is_cut_is_damaged() -> None:
    set_ = read_back(dicom(np.asarray(photo_like(320, 240).convert("L"))))
    set_.compress("1.2.840.10008.1.2.5")
    whole = written(set_)
    assert held(whole[: len(whole) // 2]).hold.reason is HoldReason.DAMAGED_PICTURE


def test_an_x_ray_keeps_to_the_limits() -> None:
    prepared = prepare(dicom(np.asarray(photo_like(900, 600).convert("L"))), Limits(80_000, longest_edge=600))
    assert (prepared.width, prepared.height) == (600, 400)
    assert len(prepared.data) <= 80_000
    assert decoded(preview(dicom(ramp()), 64)).size == (64, 16)


def test_a_file_cut_at_any_tenth_is_never_sent() -> None:
    whole = dicom(ramp(), bits=12)
    for tenth in range(1, 10):
        assert held(whole[: len(whole) * tenth // 10]).hold.reason in (
            HoldReason.DAMAGED_PICTURE,
            HoldReason.NOT_A_PICTURE,
        )


def test_bits_flipped_anywhere_give_a_picture_or_a_hold() -> None:
    whole = dicom(ramp(), bits=12, WindowCenter=2048, WindowWidth=2048)
    for at in range(128, 700, 3):
        bent = bytearray(whole)
        bent[at] ^= 1 << at % 8
        outcome(bytes(bent))


def test_too_many_pixels_are_held_before_they_are_decoded() -> None:
    error = held(dicom(ramp(), Rows=60_000, Columns=60_000))
    assert error.hold.reason is HoldReason.TOO_LARGE
    assert "60000 x 60000" in error.hold.sentence


def test_a_report_without_a_picture_is_held() -> None:
    set_ = read_back(dicom(ramp()))
    del set_.PixelData, set_.Rows
    error = held(written(set_))
    assert error.hold.reason is HoldReason.NOT_A_PICTURE
    assert "without a picture" in error.hold.sentence


def test_a_file_packed_as_a_whole_is_held_before_it_is_unpacked() -> None:
    set_ = read_back(dicom(ramp()))
    set_.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    assert held(written(set_)).hold.reason is HoldReason.NOT_A_PICTURE


def test_a_name_that_looks_like_a_packing_does_no_harm() -> None:
    named = dicom(ramp(), bits=12, PatientID="1.2.840.10008.1.2.1.99")
    assert prepare(named, ROOMY).width == 256


def test_a_file_without_the_empty_bytes_in_front_is_shown() -> None:
    whole = dicom(ramp(), bits=12, WindowCenter=2048, WindowWidth=4096)
    assert prepare(whole[132:], ROOMY).data == prepare(whole, ROOMY).data


@pytest.mark.parametrize(
    ("ratio", "size"), [([2, 1], (256, 128)), ([1, 2], (512, 64)), ([1, 1], (256, 64)), ([900, 1], (256, 64))]
)
def test_pixels_that_are_not_square_are_stretched(ratio: list[int], size: tuple[int, int]) -> None:
    prepared = prepare(dicom(ramp(), bits=12, PixelAspectRatio=ratio), ROOMY)
    assert (prepared.width, prepared.height) == size


def test_nothing_that_stands_in_a_file_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        outcome(dicom(ramp())[:-700].replace(b"SECRET-7", b"SECRET\xff7"))
    assert "SECRET" not in caplog.text


def test_without_the_optional_libraries_the_hold_says_what_to_install() -> None:
    with pytest.raises(PictureError, match=r"tscharts-bridge\[dicom\]") as caught:
        read_frame(dicom(ramp()), lambda _size, _numbers: None, library="a_library_that_is_not_there")
    assert caught.value.hold.reason is HoldReason.NOT_A_PICTURE
