"""Changes of a photo's state: which are allowed, and the event that each of them leaves."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bridge.holds import Hold
from bridge.photos import rows
from bridge.photos.errors import ClaimLostError, NoSuchPhotoError, WrongStateError
from bridge.photos.records import Event, Photo, PhotoState
from bridge.photos.tables import events, photos

BRIDGE = "bridge"
"""The actor of what no person did."""


@dataclass(frozen=True)
class Change:
    """From one of the states `before` to the state `after`. `done` is its word in events and sentences."""

    before: frozenset[PhotoState]
    after: PhotoState
    done: str


_QUEUED = frozenset({PhotoState.QUEUED})
_SENDING = frozenset({PhotoState.SENDING})
_HELD = frozenset({PhotoState.HELD})

CLAIM = Change(_QUEUED, PhotoState.SENDING, "claimed")
RECOVER = Change(_SENDING, PhotoState.QUEUED, "recovered")
PUT_BACK = Change(_SENDING, PhotoState.QUEUED, "put back")
DELIVER = Change(_SENDING, PhotoState.DELIVERED, "delivered")
HOLD = Change(_QUEUED | _SENDING, PhotoState.HELD, "held")
RETRY = Change(_HELD | _QUEUED, PhotoState.QUEUED, "retried")
SEND_AS_IS = Change(_HELD | _QUEUED, PhotoState.QUEUED, "sent as it is")
ASSIGN = Change(_HELD | _QUEUED, PhotoState.QUEUED, "assigned")
DISCARD = Change(_HELD, PhotoState.DISCARDED, "discarded")


def move(
    connection: sa.Connection,
    photo_id: int,
    change: Change,
    detail: str = "",
    *,
    reason: str = "",
    actor: str = BRIDGE,
    columns: dict[str, Any] | None = None,
) -> None:
    """Make a change and record its event; `reason` is `change.done` when none is given.

    What belonged to the state before (hold, claim) is cleared. Raises NoSuchPhotoError, WrongStateError.
    """
    state = connection.scalar(sa.select(photos.c.state).where(photos.c.id == photo_id).with_for_update())
    if state is None:
        raise NoSuchPhotoError
    current = PhotoState(state)
    if current not in change.before:
        raise WrongStateError(_refusal(photo_id, current, change))
    values = {"state": change.after.value, "hold_reason": None, "hold_sentence": None}
    values |= {"claimed_by": None, "lease_until": None}
    connection.execute(photos.update().where(photos.c.id == photo_id).values(values | (columns or {})))
    record(connection, Event(photo_id, now(), current, change.after, reason or change.done, detail, actor))


def check_claim(connection: sa.Connection, photo: Photo) -> None:
    """See to it that a photo claimed by the caller is still the caller's until this transaction ends.

    Each claim counts one try, so the number of tries tells claims apart. Raises ClaimLostError.
    """
    if photo.state is not PhotoState.SENDING:
        return
    claim = sa.select(photos.c.state, photos.c.attempts).where(photos.c.id == photo.id).with_for_update()
    row = connection.execute(claim).one_or_none()
    if row is not None and (row.state, row.attempts) != (PhotoState.SENDING.value, photo.attempts):
        raise ClaimLostError


def hold(connection: sa.Connection, photo_id: int, why: Hold) -> None:
    """Hold a photo, with its reason and sentence."""
    columns = {"hold_reason": why.reason.value, "hold_sentence": why.sentence}
    move(connection, photo_id, HOLD, reason=why.reason.value, columns=columns)


def record(connection: sa.Connection, event: Event) -> None:
    """Add one event to the history."""
    connection.execute(events.insert().values(rows.event_columns(event)))


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def _refusal(photo_id: int, current: PhotoState, change: Change) -> str:
    wanted = " or ".join(sorted(change.before))
    return f"Photo {photo_id} is {current}, and only a photo that is {wanted} can be {change.done}."
