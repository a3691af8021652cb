"""Settles what an attempt with an unknown outcome left: is the image in the chart or not?

tscharts keeps every POST and has no idempotency key (contract/tscharts.md, 11), so the only way to know is to list
the patient's images and compare what was sent with what is there.
"""

import hashlib
from collections.abc import Callable

from bridge.photos import Attempt
from bridge.targets import ChartTarget
from bridge.tscharts import ChartClient, ChartImage, ChartImageUnreadableError, ChartNotFoundError, ImagePost


def find_in_chart(attempt: Attempt, client: ChartClient, known: Callable[[list[int]], dict[int, str]]) -> int | None:
    """The id of the chart image that this attempt made, or None when there is none.

    `known` says which images are other photos' already, as two photos may look alike, and what was sent of those (see
    Store.known_hashes). Raises ChartError.
    """
    target = attempt.target
    image_ids = client.image_ids(target.patient, type=target.type, clinic=target.clinic, station=target.station)
    others = known(image_ids)
    for image_id in image_ids:
        if image_id not in others and _is_ours(image_id, attempt, client):
            return image_id
    return _among_lost(attempt, client, others)


def _among_lost(attempt: Attempt, client: ChartClient, others: dict[int, str]) -> int | None:
    """Look among images whose receipts may not be true any more, as the chart was restored and gives numbers again.

    It has lost the last ones, if any. So from the newest down, as far as one is found to be what its receipt says.
    """
    for image_id in sorted(others, reverse=True):
        image = _read(image_id, client)
        if image is None:
            continue
        if image.data_sha256 == others[image_id]:
            return None
        if matches(image, attempt):
            return image_id
    return None


def is_as_sent(image: ChartImage, attempt: Attempt, post: ImagePost) -> bool:
    """True when a chart image is what was just sent, letter for letter."""
    return _target_of(image) == attempt.target and post.holds(image.data)


def matches(image: ChartImage, attempt: Attempt) -> bool:
    """True when a chart image is what the attempt sent: same target, same base64 text."""
    if _target_of(image) != attempt.target or len(image.data) != attempt.data_length:
        return False
    return hashlib.sha256(image.data.encode("utf-8", "surrogatepass")).hexdigest() == attempt.data_sha256


def _target_of(image: ChartImage) -> ChartTarget:
    return ChartTarget(image.patient, image.type, image.clinic, image.station)


def _is_ours(image_id: int, attempt: Attempt, client: ChartClient) -> bool:
    image = _read(image_id, client)
    return image is not None and matches(image, attempt)


def _read(image_id: int, client: ChartClient) -> ChartImage | None:
    try:
        return client.read_image(image_id)
    except (ChartNotFoundError, ChartImageUnreadableError):
        return None
