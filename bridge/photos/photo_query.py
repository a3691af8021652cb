"""Which photos somebody wants to see, and the part of the store's interface that finds them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.holds import HoldReason
from bridge.photos.records import Photo, PhotoState


@dataclass(frozen=True)
class PhotoQuery:
    """Photos of these practices, with all of what else is asked for: received at `since` or later and before `until`
    (with a zone), of a state, held for a reason; `is_pending`: those alone, or none of those, of which somebody has
    just said what is to become. `before` is a photo's id, for paging, 0 for the first page.
    """

    practices: frozenset[str]
    state: PhotoState | None = None
    reason: HoldReason | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_pending: bool | None = None
    before: int = 0
    limit: int = 100


class QueryStore(Protocol):
    """Finds photos. Thread-safe."""

    def photos_wanted(self, query: PhotoQuery) -> list[Photo]:
        """Photos, newest first. Raises StoreError."""
