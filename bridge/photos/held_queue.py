"""What can be asked of the store about the photos that wait for a person: how many, why, and which is next."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from bridge.holds import HoldReason


@dataclass(frozen=True)
class HeldPlace:
    """Where a photo stands among those that wait, whether it is one of them (`waits`) or not: how many are newer, and
    the photos next to it, None where there is none.
    """

    waits: bool
    newer: int
    next_newer: int | None
    next_older: int | None


class HeldQueueStore(Protocol):
    """Counts held photos of which nobody has just said what is to become, all of them. Thread-safe."""

    def held_counts(self, practices: Collection[str]) -> dict[HoldReason, int]:
        """How many there are of these practices for each reason, the reason of the newest first. Raises StoreError."""

    def held_place(self, practices: Collection[str], photo_id: int, reason: HoldReason | None = None) -> HeldPlace:
        """Where a photo stands among those of a reason, or of all. Raises StoreError."""
