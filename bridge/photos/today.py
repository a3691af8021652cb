"""What can be asked of the store about one day of a practice: its photos, how many stand where, and outages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.holds import HoldReason
from bridge.photos.records import PhotoState
from bridge.targets import ImageType


@dataclass(frozen=True)
class Span:
    """The photos of a practice that arrived at `since` or later and before `until`, both with a zone."""

    practice: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class DayPhoto:
    """A photo as a day's page needs it. `type` and `station` (the chart's id) are those in the chart, or given by a
    person; of others, the type that the name says, if any. `delivered_at` is None until it is in the chart.
    """

    id: int
    name: str
    received_at: datetime
    state: PhotoState
    hold_reason: HoldReason | None
    type: ImageType | None
    station: int | None
    delivered_at: datetime | None


@dataclass(frozen=True)
class Outage:
    """A time in which nothing of a practice reached its chart, and why. `ended_at` is None while it lasts."""

    began_at: datetime
    ended_at: datetime | None
    sentence: str


@dataclass(frozen=True)
class Standing:
    """How many photos stand where: those of a span, and those from before it with which something is still to do."""

    of_span: dict[PhotoState, int]
    earlier: dict[PhotoState, int]


class TodayStore(Protocol):
    """What pages about a day ask. Thread-safe. Every method may raise StoreError."""

    def last_change(self) -> tuple[int, ...]:
        """Another value after each change of a photo's state, and when an outage begins or ends. Cheap, to be asked
        often. Of changes that are made at once, one may show a moment after the value has changed.
        """

    def standing(self, span: Span) -> Standing:
        """How many photos stand where."""

    def day_photos(self, span: Span, limit: int | None = None, skip: int = 0) -> list[DayPhoto]:
        """Photos of a span, the latest to arrive first; after those to `skip`, at most `limit` of them."""

    def outages(self, span: Span) -> list[Outage]:
        """Outages of the span's practice that reach into it, the first to begin first."""
