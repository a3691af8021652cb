"""The form reader alone, over streams of any kind of pieces."""

import base64
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.medimage import Body, UploadCutError, UploadRefusedError
from bridge.medimage.multipart_body import Bytes, Taker, read_photo
from phone import BOUNDARY, form

MOST_BYTES = 100_000
KIND = f"multipart/form-data; boundary={BOUNDARY}"


class Pieces:
    """A stream that gives its bytes in pieces of the given sizes, round and round."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = data
        self._sizes = sizes
        self._reads = 0

    def readinto(self, buffer: memoryview, /) -> int:
        wanted = min(self._sizes[self._reads % len(self._sizes)], len(buffer))
        self._reads += 1
        piece, self._data = self._data[:wanted], self._data[wanted:]
        buffer[: len(piece)] = piece
        return len(piece)


@dataclass
class Taken:
    """What the reader hands over."""

    names: list[bytes] = field(default_factory=list)
    content: bytes = b""
    ends: int = 0

    def start(self, name: bytes) -> Taker:
        self.names.append(name)
        return self.take

    def take(self, piece: Bytes) -> None:
        self.content += piece
        self.ends += not piece


def read(data: bytes, sizes: list[int], length: int | None = None) -> Taken:
    taken = Taken()
    read_photo(Body(Pieces(data, sizes), KIND, length), taken.start, MOST_BYTES)
    return taken


SIZES = st.lists(st.integers(1, 200), min_size=1, max_size=10)
NEAR_BOUNDARIES = st.lists(
    st.sampled_from([b"\r", b"\n", b"--", b"-", BOUNDARY.encode(), BOUNDARY[:-1].encode(), b"\r\n--", b"x", b"\0"]),
    max_size=40,
).map(b"".join)
CONTENTS = st.one_of(st.binary(max_size=2000), NEAR_BOUNDARIES).filter(lambda c: f"\r\n--{BOUNDARY}".encode() not in c)
TEXTS = st.text(st.characters(exclude_characters='\\%"\r\n', exclude_categories=["Cs"]), max_size=80)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(name=TEXTS, content=CONTENTS, sizes=SIZES, says_length=st.booleans())
@settings(PATIENT, max_examples=300)
def test_any_content_under_any_name_comes_out_as_it_went_in_however_it_is_cut(
    name: str, content: bytes, sizes: list[int], says_length: bool
) -> None:
    data = form(name, content)
    taken = read(data, sizes, len(data) if says_length else None)
    assert taken == Taken([name.encode()], content, 1)


@given(content=st.binary(max_size=500), sizes=SIZES, broken_at=st.integers(1, 80))
@settings(PATIENT, max_examples=100)
def test_base64_in_lines_of_any_length_comes_out_decoded(content: bytes, sizes: list[int], broken_at: int) -> None:
    text = base64.b64encode(content)
    lines = b"\r\n".join(text[start : start + broken_at] for start in range(0, len(text), broken_at))
    data = form("x", lines).replace(b"\r\nContent-Type", b"\r\nContent-Transfer-Encoding: base64\r\nContent-Type", 1)
    assert read(data, sizes) == Taken([b"x"], content, 1)


def test_base64_that_goes_on_after_its_end_is_refused_however_it_is_cut() -> None:
    data = form("x", b"QUI=QUJD").replace(b"\r\nContent-Type", b"\r\nContent-Transfer-Encoding: base64\r\nX", 1)
    for size in range(1, len(data)):
        with pytest.raises(UploadRefusedError, match="not in the form"):
            read(data, [size])


@given(content=CONTENTS, sizes=SIZES, data=st.data())
@settings(PATIENT, max_examples=100)
def test_a_body_cut_anywhere_is_never_taken_for_a_whole_one(
    content: bytes, sizes: list[int], data: st.DataObject
) -> None:
    whole = form("x", content)[: -len("\r\n")]
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(UploadCutError):
        read(cut, sizes)
    with pytest.raises(UploadCutError):
        read(cut, sizes, len(whole))


@given(noise=st.binary(max_size=300), sizes=SIZES)
@settings(PATIENT, max_examples=100)
def test_noise_is_refused_or_cut_and_never_a_photo(noise: bytes, sizes: list[int]) -> None:
    for data in (noise, f"--{BOUNDARY}\r\n".encode() + noise):
        with pytest.raises((UploadCutError, UploadRefusedError)):
            read(data, sizes)


def test_no_more_is_read_than_a_body_may_hold() -> None:
    stream = Pieces(form("x", bytes(10 * MOST_BYTES)), [1000])
    taken = Taken()
    with pytest.raises(UploadRefusedError, match="more than one photo can be"):
        read_photo(Body(stream, KIND, None), taken.start, MOST_BYTES)
    assert len(taken.content) <= MOST_BYTES


class Broken:
    """A stream whose connection breaks."""

    def readinto(self, buffer: memoryview, /) -> int:
        raise ConnectionResetError("reset by peer")


def test_a_connection_that_breaks_is_a_cut_upload() -> None:
    with pytest.raises(UploadCutError):
        read_photo(Body(Broken(), KIND, 1000), Taken().start, MOST_BYTES)
