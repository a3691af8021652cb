"""The `data` text of one image goes to the chart again to the letter (bridge/tscharts/posts.py)."""

import hashlib
import json

import pytest

from bridge.sandbox import SandboxServer
from bridge.secret import Secret
from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import ChartAccount, ChartClient, prepare_post, prepare_text_post

TARGET = ChartTarget(5, ImageType.XRAY, 2, 1)


@pytest.mark.parametrize("text", ["QUJD", "QUJD\n", 'a "quoted" \\ word', "ñandú ☃ 😀", "no base64"])
def test_what_comes_back_is_what_was_sent(text: str) -> None:
    post = prepare_text_post(TARGET, text)
    with SandboxServer() as chart:
        client = ChartClient(ChartAccount(chart.url, "bridge", Secret("bridge-pass")))
        image = client.read_image(client.create_image(post))
        client.close()
    assert image.data == text
    assert (image.data_sha256, len(image.data)) == (post.data_sha256, post.data_length)


def test_a_picture_s_text_makes_the_same_post_as_the_picture() -> None:
    assert prepare_text_post(TARGET, "QUJD") == prepare_post(TARGET, b"ABC")


def test_the_hash_is_of_the_text() -> None:
    post = prepare_text_post(ChartTarget(5, ImageType.XRAY), "\ud800")
    assert json.loads(post.body) == {"patient": 5, "type": "Xray", "data": "\ud800"}
    assert post.data_sha256 == hashlib.sha256(b"\xed\xa0\x80").hexdigest()


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        prepare_text_post(TARGET, "")
