"""Who looked at which picture, and who changed what: told before anybody gets to see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Action(StrEnum):
    """What somebody did. DELETING is noted before a deletion is asked of the chart, DELETED once it is done; so with
    MOVING, of the image as it was, and MOVED, of the image as it is. The last four are of photos of this bridge;
    with UNDONE, what was said of one last was taken back.
    """

    SEEN = "seen"
    ADDED = "added"
    DELETING = "deleting"
    DELETED = "deleted"
    MOVING = "moving"
    MOVED = "moved"
    ASSIGNED = "assigned"
    RETRIED = "retried"
    DISCARDED = "discarded"
    UNDONE = "undone"


@dataclass(frozen=True)
class AuditEvent:
    """One thing that somebody did to one image. `who` is a chart username, None for one who signed in elsewhere and
    brought a token; `token_mark` tells such people apart and is no secret. `image_id` and `patient` are chart ids, None
    where the chart did not tell; `chart` is the chart's address; `at` is UTC; `reason` is what a person gave, or "".
    `photo_id` is a photo of this bridge, where it is about one.
    """

    who: str | None
    token_mark: str
    action: Action
    image_id: int | None
    patient: int | None
    at: datetime
    chart: str
    reason: str = ""
    photo_id: int | None = None


class Audit(Protocol):
    """Keeps audit events. For any thread. What it raises stops the picture from being shown."""

    def note(self, event: AuditEvent) -> None:
        """Keep an event, for good, before it returns."""

    def note_all(self, events: Sequence[AuditEvent]) -> None:
        """Keep events so, all or none."""
