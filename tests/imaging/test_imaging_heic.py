"""HEIC: its decoder paints over what is damaged and says nothing, so the coded parts are looked at before."""

import contextlib
import time

import pytest
from imaging_samples import DATA, outcome

from bridge.holds import HoldReason
from bridge.imaging import PictureError, Prepared
from bridge.imaging.heic import prove_coded_whole

WHOLE = {name: (DATA / f"{name}.heic").read_bytes() for name in ("upright", "turned")}
CODED = {"upright": (358, 686), "turned": (430, 776)}
"""Where the coded picture lies in each."""


def damage(data: bytes) -> str:
    error = outcome(data)
    assert isinstance(error, PictureError)
    assert error.hold.reason is HoldReason.DAMAGED_PICTURE
    return error.hold.sentence


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_tail_of_zeros_is_damage(name: str, share: float) -> None:
    start, end = CODED[name]
    kept = start + int((end - start) * share)
    assert "cannot be read" in damage(WHOLE[name][:kept] + bytes(end - kept) + WHOLE[name][end:])


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("size", [3, 10, 60])
def test_a_hole_is_damage(name: str, size: int) -> None:
    middle = sum(CODED[name]) // 2
    assert "cannot be read" in damage(WHOLE[name][:middle] + bytes(size) + WHOLE[name][middle + size :])


@pytest.mark.parametrize("name", WHOLE)
def test_a_part_cut_out_of_the_middle_is_damage_however_the_end_is_filled(name: str) -> None:
    start, end = CODED[name]
    middle = (start + end) // 2
    assert damage(WHOLE[name][:middle] + WHOLE[name][middle + 40 : end] + bytes(40) + WHOLE[name][end:])
    assert damage(WHOLE[name][:middle] + WHOLE[name][middle + 40 :])


def test_lengths_that_do_not_add_up_are_damage() -> None:
    start, _ = CODED["upright"]
    longer = bytearray(WHOLE["upright"])
    longer[start + 3] ^= 1
    assert "cannot be read" in damage(bytes(longer))


@pytest.mark.parametrize("trailer", [b"\0\0\0\x08skip", b"SEFT" * 12, b"\x7f\xff\xff\xffsefdxx", b"\1\2\3"])
def test_what_another_program_has_put_behind_the_boxes_is_no_damage(trailer: bytes) -> None:
    assert isinstance(outcome(WHOLE["upright"] + trailer), Prepared)


@pytest.mark.parametrize("length", range(60, 680, 31))
def test_a_file_cut_anywhere_is_held(length: int) -> None:
    assert isinstance(outcome(WHOLE["upright"][:length]), PictureError)


def test_boxes_that_make_no_sense_raise_nothing_else_and_come_to_an_end_soon() -> None:
    start = time.process_time()
    for at in range(358):
        bent = bytearray(WHOLE["turned"])
        bent[at : at + 2] = b"\xff\xff"
        with contextlib.suppress(PictureError):
            prove_coded_whole(bytes(bent))
    assert time.process_time() - start < 5
