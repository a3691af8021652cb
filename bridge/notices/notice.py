"""One notice: what happened, the sentence for people and the JSON for programs."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

_MOST_PHOTOS = 100
"""Photo numbers told in one notice; the count is always whole."""

_LONGEST_DETAIL = 500
"""Characters of a detail, so that a notice stays within the smallest pipe (4 KiB, on Windows)."""


class NoticeKind(StrEnum):
    """What is told. Programs rely on these codes."""

    STORED = "stored"
    DELIVERED = "delivered"
    HELD = "held"
    OUTAGE_BEGINS = "outage-begins"
    OUTAGE_ENDS = "outage-ends"


@dataclass(frozen=True)
class PatientDetails:
    """What points to a patient: the file name, the chart's patient id, and the sentence of a hold, which may quote
    what was typed on the phone.
    """

    name: str = ""
    patient: int | None = None
    sentence: str = ""


@dataclass(frozen=True)
class Notice:
    """Something that happened. `photos` are their numbers in the store: one, several when gathered, none for an outage.

    `practice` is None for trouble of the whole bridge. `reason` is a hold's code, or a code that names the trouble and
    is the same at its beginning and its end (`chart-away`). `cause` says why an outage began, in a sentence without
    patient data. Only `details` may hold patient data.
    """

    kind: NoticeKind
    practice: str | None
    photos: tuple[int, ...] = ()
    reason: str = ""
    cause: str = ""
    details: PatientDetails | None = field(default=None, repr=False)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def sentence(self) -> str:
        """One sentence for people, without patient data."""
        return _SENTENCES[self.kind](self)

    def payload(self, sent_at: datetime, *, with_patient_data: bool) -> bytes:
        """The notice as JSON in UTF-8, all ASCII. `sent_at` lets a receiver refuse what is played to it again later."""
        body: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "practice": self.practice,
            "photos": self.photos[:_MOST_PHOTOS],
            "count": len(self.photos),
            "reason": self.reason,
            "sentence": self.sentence,
            "at": _stamp(self.at),
            "sent_at": _stamp(sent_at),
        }
        if with_patient_data and self.details is not None:
            body["details"] = {
                "name": self.details.name[:_LONGEST_DETAIL],
                "patient": self.details.patient,
                "sentence": self.details.sentence[:_LONGEST_DETAIL],
            }
        return json.dumps(body).encode()


def gathered(notices: Sequence[Notice]) -> Notice:
    """Notices of one kind and practice as one: all their photos, the reason when they share it, and no details."""
    if len(notices) == 1:
        return notices[0]
    reasons = {notice.reason for notice in notices}
    return replace(
        notices[0],
        photos=tuple(photo for notice in notices for photo in notice.photos),
        reason=reasons.pop() if len(reasons) == 1 else "several",
        details=None,
        at=notices[-1].at,
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _stored(notice: Notice) -> str:
    return f"{_photos(notice)} stored."


def _delivered(notice: Notice) -> str:
    return f"{_photos(notice)} in the chart."


def _held(notice: Notice) -> str:
    return f"{_photos(notice)} held ({notice.reason or 'no reason given'}); see `tscharts-bridge photos list`."


def _begins(notice: Notice) -> str:
    cause = f": {notice.cause.rstrip('. ')}" if notice.cause else ""
    return f"Trouble at {_place(notice)} ({notice.reason}){cause}; photos wait and go on by themselves after it."


def _ends(notice: Notice) -> str:
    return f"The trouble at {_place(notice)} ({notice.reason}) is over; the photos that waited are on their way."


def _photos(notice: Notice) -> str:
    """`Photo 17 of clinic is`, `3 photos of clinic are`."""
    if len(notice.photos) == 1:
        return f"Photo {notice.photos[0]} of {_place(notice)} is"
    return f"{len(notice.photos)} photos of {_place(notice)} are"


def _place(notice: Notice) -> str:
    return notice.practice or "the bridge"


_SENTENCES = {
    NoticeKind.STORED: _stored,
    NoticeKind.DELIVERED: _delivered,
    NoticeKind.HELD: _held,
    NoticeKind.OUTAGE_BEGINS: _begins,
    NoticeKind.OUTAGE_ENDS: _ends,
}
