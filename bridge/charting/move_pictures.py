"""What a move sends: the picture as the chart has it, with a mark of its own where that changes nothing to be seen.

By the mark the bridge knows the image again when the answer to its request was lost (bridge/delivery/marks.py). A
picture that cannot be marked, is too large for it, or is no picture at all goes as it is, to the letter.
"""

import secrets
from dataclasses import replace

import pybase64

from bridge.delivery import MOST_MARKS, marked
from bridge.photos import Move, Sending
from bridge.targets import ChartTarget
from bridge.tscharts import ChartImage, ImagePost, prepare_post, prepare_text_post


def is_sent(image: ChartImage, move: Move) -> bool:
    """Whether a chart image is what the move has sent: same target, same `data` text."""
    sending = move.sending
    if sending is None or place_of(image) != move.wanted.target or len(image.data) != sending.data_length:
        return False
    return image.data_sha256 == sending.data_sha256


def is_source(image: ChartImage, move: Move) -> bool:
    """Whether a chart image is the one that the move is of."""
    return place_of(image) == move.wanted.source and image.data_sha256 == move.wanted.source_sha256


def place_of(image: ChartImage) -> ChartTarget:
    """Where an image is in the chart."""
    return ChartTarget(image.patient, image.type, image.clinic, image.station)


def first_post(move: Move, text: str, limit_bytes: int, newest_before: int) -> tuple[ImagePost, Sending]:
    """The POST of a picture's `data` text, and what is to be recorded of it before it is sent."""
    mark = 1 + secrets.randbelow(MOST_MARKS)
    post = _marked_post(move.wanted.target, text, mark)
    if post is None or len(post.body) > limit_bytes:
        return plain_post(move, text, newest_before)
    return post, Sending(post.data_sha256, post.data_length, mark, newest_before)


def plain_post(move: Move, text: str, newest_before: int) -> tuple[ImagePost, Sending]:
    """The same without a mark."""
    post = prepare_text_post(move.wanted.target, text)
    return post, Sending(post.data_sha256, post.data_length, None, newest_before)


def same_post(move: Move, sending: Sending, text: str) -> tuple[ImagePost, Sending]:
    """The POST that was sent before, so that whatever each of them makes in the chart can be told."""
    post = _marked_post(move.wanted.target, text, sending.mark) if sending.mark is not None else None
    if post is None:
        return plain_post(move, text, sending.newest_before)
    return post, replace(sending, data_sha256=post.data_sha256, data_length=post.data_length)


def _marked_post(target: ChartTarget, text: str, mark: int) -> ImagePost | None:
    """None for what is no picture that can be marked, or has this very mark already."""
    try:
        picture = pybase64.b64decode(text, validate=True)
    except ValueError:
        return None
    if not picture or pybase64.b64encode_as_string(picture) != text:
        return None
    with_mark = marked(picture, mark)
    return prepare_post(target, with_mark) if with_mark is not None and with_mark != picture else None
