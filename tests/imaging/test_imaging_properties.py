"""Any bytes at all: a picture or a hold."""

from hypothesis import given, settings
from hypothesis import strategies as st
from imaging_samples import card, encoded, exif, outcome, photo_like, png_with_chunks, with_segments

from bridge.imaging import Format, Prepared

PHOTO = photo_like(240, 180)
WHOLE = encoded(PHOTO, exif=exif()), encoded(PHOTO, progressive=True)
PARTS = [jpeg[at : at + 40] for jpeg in WHOLE for at in range(0, 800, 23)]


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x10ftypheic\0\0\0\0", b""]
    ),
    st.lists(st.binary(max_size=40) | st.sampled_from(PARTS), max_size=12),
)
def test_no_bytes_raise_anything_but_a_hold(start: bytes, rest: list[bytes]) -> None:
    outcome(start + b"".join(rest))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=30)), max_size=6), st.binary(max_size=20))
def test_no_segments_in_front_of_a_picture_raise_anything_but_a_hold(
    extra: list[tuple[int, bytes]], after: bytes
) -> None:
    result = outcome(with_segments(encoded(card(16, 16)), extra, after))
    if isinstance(result, Prepared):
        assert result.format is Format.JPEG


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.binary(min_size=4, max_size=4), st.binary(max_size=30)), max_size=6))
def test_no_chunks_in_a_png_raise_anything_but_a_hold(extra: list[tuple[bytes, bytes]]) -> None:
    outcome(png_with_chunks(encoded(card(16, 16), "PNG"), extra))
