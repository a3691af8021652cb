"""Held photos that a later version of a mapping file may file: the part of the store's interface that frees them."""

from collections.abc import Collection
from typing import Protocol

from bridge.holds import HoldReason
from bridge.photos.records import Photo, Place


class ReleaseStore(Protocol):
    """Finds held photos and lets them go. Thread-safe; every method may raise StoreError."""

    def held_by_others(
        self, practice: str, version: str, reasons: Collection[HoldReason], after_id: int, limit: int
    ) -> list[Photo]:
        """A practice's photos that are held for one of these reasons by another version of its mapping file than this
        one, by their ids, from the first that is above `after_id`; none that a person assigned, or wants sent as it is,
        or of which somebody has just said what is to become.
        """

    def release(self, seen: Photo, place: Place, detail: str) -> bool:
        """held to queued, due now, in the line of this place; False when it is not as it was `seen` any more, because
        somebody else was faster, and nothing is done.
        """
