"""An image's answer, read in pieces: what comes out does not depend on how it was cut, and what is odd is told."""

import contextlib
import itertools
import json

import pybase64
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.charting.image_file import NoBase64Error, OddImageError, read_image

HEAD = {"id": 5, "patient": 12, "clinic": None, "station": 3, "type": "Headshot"}


def _answer(data: str, **head: object) -> bytes:
    return json.dumps({**HEAD, **head, "data": data}, separators=(",", ":")).encode()


def _read(body: bytes, cuts: list[int]) -> bytes:
    """What is read of a body that comes in pieces; never an empty one."""
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    pieces = (body[start:end] for start, end in itertools.pairwise(places))
    with read_image(iter(pieces), 5) as image:
        assert image.facts.size_bytes == len(b"".join(image.pieces(0, image.facts.size_bytes)))
        return b"".join(image.pieces(0, image.facts.size_bytes))


CUTS = st.lists(st.integers(0, 5000), max_size=20)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=900), CUTS, st.booleans(), st.booleans(), st.sampled_from(["", "data:image/png;base64,", " "])
)
def test_bytes_come_out_whole_wherever_the_answer_was_cut(
    content: bytes, cuts: list[int], padded: bool, url_safe: bool, before: str
) -> None:
    text = pybase64.b64encode(content, b"-_" if url_safe else None).decode()
    data = before + (text if padded else text.rstrip("="))
    assert _read(_answer(data), cuts) == content
    assert _read(_answer(data).replace(b"/", b"\\/"), cuts) == content


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=600), CUTS)
def test_any_text_in_the_chart_gives_bytes_or_is_no_base64(data: str, cuts: list[int]) -> None:
    with contextlib.suppress(NoBase64Error):
        _read(_answer(data), cuts)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=99).map(lambda tail: _answer("QUJD")[:-9] + tail)), CUTS)
def test_any_answer_is_an_image_or_odd(body: bytes, cuts: list[int]) -> None:
    with contextlib.suppress(NoBase64Error, OddImageError):
        _read(body, cuts)


@pytest.mark.parametrize("missing", range(1, 20))
def test_an_answer_without_its_end_is_no_image(missing: int) -> None:
    with pytest.raises(OddImageError):
        _read(_answer("QUJDREVG")[:-missing], [])


@pytest.mark.parametrize(
    "head",
    [{"id": 6}, {"patient": None}, {"patient": "12"}, {"type": "Selfie"}, {"clinic": 1.5}, {"station": "x" * 5000}],
)
def test_a_head_that_is_not_as_tscharts_gives_it_is_no_image(head: dict[str, object]) -> None:
    with pytest.raises(OddImageError):
        _read(_answer("QUJD", **head), [])
