"""The part of the store's interface that is for the charting doors."""

from collections.abc import Sequence
from typing import Protocol

from bridge.photos.charting_records import AuditRecord, KnownPost
from bridge.photos.deeds import Deed, DeedQuery


class ChartingStore(Protocol):
    """Who did what, image POSTs of the last hour, whose tokens are. Thread-safe. Every method may raise StoreError."""

    def note(self, record: AuditRecord) -> None:
        """Keep an audit record for good: it is on the disk when this returns, and never changed or removed."""

    def note_all(self, records: Sequence[AuditRecord]) -> None:
        """Keep audit records as `note` does, all or none."""

    def deeds(self, query: DeedQuery) -> list[Deed]:
        """What people did, newest first. None where `before` is no deed's id."""

    def begin_post(self, digest: str) -> KnownPost:
        """What is known of an image POST by its digest (64 hex digits); OURS and UNSETTLED put it in the caller's hand.

        One transaction: of several callers, of any bridge, one alone gets it. What a bridge that is gone had in hand is
        unsettled; where several bridges share the store, one is gone when it has not called `renew` for a minute.
        """

    def is_post_in_hand(self, digest: str) -> bool:
        """Whether another caller has this POST in hand. Only reads: for those who wait until it is not."""

    def made_post(self, digest: str, image_id: int) -> None:
        """The POST made this chart image, and is in nobody's hand."""

    def unsettled_post(self, digest: str) -> None:
        """Nobody knows whether the POST made an image, and this bridge has it no longer in hand."""

    def forget_post(self, digest: str) -> None:
        """The POST that this bridge has in hand made no image: as if it had never come."""

    def forget_posts_of(self, image_id: int) -> None:
        """A chart image of this number is gone: the POSTs that made one are as if they had never come."""

    def forget_old_posts(self) -> int:
        """Forget POSTs of which nothing was heard for an hour; how many. Until then `begin_post` tells of them."""

    def token_name(self, digest: str) -> str | None:
        """The username that was given this token, by the token's digest (64 hex digits); None when none is known."""

    def learn_token_name(self, digest: str, username: str) -> None:
        """Remember whose this token is, for good."""
