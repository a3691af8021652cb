"""Remembers image POSTs for an hour, so that one sent again by a client that timed out makes no second image."""

from typing import Protocol

from bridge.photos import KnownPost

REMEMBERED_SECONDS = 3600.0


class RepeatedPosts(Protocol):
    """Remembers POSTs by their digests (64 hex digits), for `REMEMBERED_SECONDS`. For any thread, and, kept in a
    database, for any process: `begin` is one transaction. Whoever gets OURS or UNSETTLED has the POST in hand until
    they end it; one whose process died in between counts as unsettled.
    """

    def begin(self, digest: str) -> KnownPost:
        """What is known (`bridge.photos.PostState`); OURS and UNSETTLED put it in the caller's hand."""

    def is_in_hand(self, digest: str) -> bool:
        """Whether another one has it in hand; changes nothing."""

    def made(self, digest: str, image_id: int) -> None:
        """It made this image: it is no longer in hand."""

    def not_made(self, digest: str) -> None:
        """It made none, for certain: as if it had never come."""

    def unsettled(self, digest: str) -> None:
        """Nobody knows whether it made one."""

    def forget_image(self, image_id: int) -> None:
        """The image is gone from the chart: the same POST makes a new one. Of another chart's image of this number,
        too, it may be forgotten.
        """
