"""The body of an image POST."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import body_overhead_bytes, prepare_post

ids = st.integers(min_value=1, max_value=2**63 - 1)
targets = st.builds(ChartTarget, ids, st.sampled_from(ImageType), st.none() | ids, st.none() | ids)


@given(targets, st.binary(min_size=1, max_size=5000))
def test_a_body_is_json_that_says_the_target_and_the_image(target: ChartTarget, image: bytes) -> None:
    post = prepare_post(target, image)
    said = json.loads(post.body)
    data = said.pop("data")
    wanted = {"patient": target.patient, "clinic": target.clinic, "station": target.station, "type": target.type.value}
    assert said == {name: value for name, value in wanted.items() if value is not None}
    assert data == base64.b64encode(image).decode()
    assert post.data_sha256 == hashlib.sha256(data.encode()).hexdigest()
    assert post.data_length == len(data)
    assert len(post.body) == body_overhead_bytes(target) + len(data)


def test_a_body_has_no_spaces_no_line_ends_and_64_bytes_around_its_data() -> None:
    post = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2, 1), bytes(1000))
    assert post.body.startswith(b'{"patient":1,"clinic":2,"station":1,"type":"Headshot","data":"AAAA')
    assert not set(post.body) & set(b" \r\n")
    assert len(post.body) - post.data_length == 64


def test_an_unknown_clinic_and_station_are_left_out() -> None:
    assert prepare_post(ChartTarget(1, ImageType.XRAY), b"x").body == b'{"patient":1,"type":"Xray","data":"eA=="}'


def test_an_empty_image_is_refused() -> None:
    with pytest.raises(ValueError, match="empty image"):
        prepare_post(ChartTarget(1, ImageType.XRAY), b"")


@pytest.mark.parametrize(
    "target",
    [
        ChartTarget(0, ImageType.XRAY),
        ChartTarget(-1, ImageType.XRAY),
        ChartTarget(True, ImageType.XRAY),
        ChartTarget(2**63, ImageType.XRAY),
        ChartTarget(1, ImageType.XRAY, clinic=0),
        ChartTarget(1, ImageType.XRAY, station=0),
    ],
)
def test_ids_that_tscharts_would_bend_into_others_are_refused(target: ChartTarget) -> None:
    with pytest.raises(ValueError, match="must be a number above 0"):
        prepare_post(target, b"x")


def test_a_post_does_not_show_its_picture() -> None:
    assert "eA==" not in repr(prepare_post(ChartTarget(1, ImageType.XRAY), b"x"))
