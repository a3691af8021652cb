"""How photos are told that come from a backup, so that they may be in the chart."""

from bridge.photos.records import Photo

LOOK_FIRST = "From a backup; look in the chart first"
"""How the sentence of such a photo's hold begins."""


def is_doubtful(photo: Photo) -> bool:
    """Whether a held photo comes from a backup, so that it may be in the chart."""
    return (photo.hold_sentence or "").startswith(LOOK_FIRST)
