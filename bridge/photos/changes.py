"""Changes of a photo's state: which are allowed, and the event that each of them leaves."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bridge.holds import Hold
from bridge.photos import rows
from bridge.photos.errors import ClaimLostError, MovedMeanwhileError, NoSuchPhotoError, WrongStateError
from bridge.photos.pending_tables import pending_acts
from bridge.photos.records import Event, Photo, PhotoState
from bridge.photos.tables import events, photos
from bridge.photos.turns import has_locks, lock_lines, pass_turn

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

RECOVER = Change(_SENDING, PhotoState.QUEUED, "recovered")
PUT_BACK = Change(_SENDING, PhotoState.QUEUED, "put back")
DELIVER = Change(_SENDING, PhotoState.DELIVERED, "delivered")
HOLD = Change(_QUEUED | _SENDING, PhotoState.HELD, "held")
HOLD_WAITING = Change(_QUEUED, PhotoState.HELD, "held")
RETRY = Change(_HELD | _QUEUED, PhotoState.QUEUED, "retried")
SEND_AS_IS = Change(_HELD | _QUEUED, PhotoState.QUEUED, "sent as it is")
ASSIGN = Change(_HELD | _QUEUED, PhotoState.QUEUED, "assigned")
RELEASE = Change(_HELD, PhotoState.QUEUED, "released")
DISCARD = Change(_HELD, PhotoState.DISCARDED, "discarded")

_STANDING: sa.Select[Any] = sa.select(photos.c.state, photos.c.claimed_by, photos.c.practice, photos.c.order_key).where(
    photos.c.id == sa.bindparam("wanted")
)
_STANDING_LOCKED = _STANDING.with_for_update()
_NEW_EVENT = events.insert()
_END_ACT = pending_acts.delete().where(pending_acts.c.photo_id == sa.bindparam("of"))
_CHANGED = photos.update().where(photos.c.id == sa.bindparam("changed"))


def move(
    connection: sa.Connection,
    photo_id: int,
    change: Change,
    detail: str = "",
    *,
    reason: str = "",
    actor: str = BRIDGE,
    columns: dict[str, Any] | None = None,
    claimed: Photo | None = None,
) -> None:
    """Make a change and record its event; `reason` is `change.done` when none is given.

    What belonged to the state before (hold, claim, an act that was put off) is cleared, and the turn in its line is
    passed on. Raises NoSuchPhotoError, WrongStateError, and ClaimLostError when it is not `claimed` by the caller any
    more.
    """
    row = connection.execute(_STANDING, {"wanted": photo_id}).one_or_none()
    if row is None:
        raise NoSuchPhotoError
    _check_claim(row, claimed)
    current = _require(photo_id, row.state, change)
    keys = (row.order_key, (columns or {}).get("order_key", row.order_key))
    if has_locks(connection):
        lock_lines(connection, row.practice, *keys)
        locked = connection.execute(_STANDING_LOCKED, {"wanted": photo_id}).one()
        _check_claim(locked, claimed)
        current = _require(photo_id, locked.state, change)
        if locked.order_key != row.order_key:
            raise MovedMeanwhileError
    values = {"state": change.after.value, "hold_reason": None, "hold_sentence": None}
    values |= {"claimed_by": None, "lease_until": None} | _standing(change, keys)
    write(connection, photo_id, values | (columns or {}))
    if current is PhotoState.HELD:
        connection.execute(_END_ACT, {"of": photo_id})
    record(connection, Event(photo_id, now(), current, change.after, reason or change.done, detail, actor))
    for key in dict.fromkeys(keys):
        pass_turn(connection, row.practice, key)


def claim(connection: sa.Connection, photo_id: int, detail: str, columns: dict[str, Any]) -> None:
    """Claim a photo that this transaction has just found queued, and keeps from others; its event is recorded."""
    write(connection, photo_id, {"state": PhotoState.SENDING.value} | columns)
    record(connection, Event(photo_id, now(), PhotoState.QUEUED, PhotoState.SENDING, "claimed", detail, BRIDGE))


def write(connection: sa.Connection, photo_id: int, columns: dict[str, Any]) -> None:
    """Write columns of a photo. Plain values go in beside the statement, which then need not be made each time."""
    made = {name: value for name, value in columns.items() if isinstance(value, sa.ClauseElement)}
    statement = _CHANGED.values(made) if made else _CHANGED
    plain = {name: value for name, value in columns.items() if name not in made}
    connection.execute(statement, plain | {"changed": photo_id})


def _standing(change: Change, keys: tuple[str | None, ...]) -> dict[str, Any]:
    """The columns of a photo that enters or leaves its line, or is done; it gets the turn afterwards, if it is its."""
    waits = change.after is PhotoState.QUEUED and keys[-1] is not None
    return {"waits": waits} | ({"done_at": now()} if change.after.is_done else {})


def _require(photo_id: int, state: str, change: Change) -> PhotoState:
    current = PhotoState(state)
    if current not in change.before:
        raise WrongStateError(_refusal(photo_id, current, change))
    return current


def check_claim(connection: sa.Connection, photo: Photo) -> None:
    """See to it that a photo claimed by the caller is still the caller's until this transaction ends.

    Each claim has a name of its own. Raises ClaimLostError.
    """
    if photo.state is not PhotoState.SENDING:
        return
    row = connection.execute(_STANDING, {"wanted": photo.id}).one_or_none()
    if row is not None and has_locks(connection):
        lock_lines(connection, row.practice, row.order_key)
        row = connection.execute(_STANDING_LOCKED, {"wanted": photo.id}).one_or_none()
    if row is not None:
        _check_claim(row, photo)


def _check_claim(row: sa.Row[Any], claimed: Photo | None) -> None:
    if claimed is None or claimed.state is not PhotoState.SENDING:
        return
    if (row.state, row.claimed_by) != (PhotoState.SENDING.value, claimed.claim):
        raise ClaimLostError


def hold(
    connection: sa.Connection, photo_id: int, why: Hold, claimed: Photo | None = None, change: Change = HOLD
) -> None:
    """Hold a photo, with its reason and sentence."""
    columns = {"hold_reason": why.reason.value, "hold_sentence": why.sentence}
    move(connection, photo_id, change, reason=why.reason.value, columns=columns, claimed=claimed)


def record(connection: sa.Connection, event: Event) -> None:
    """Add one event to the history."""
    connection.execute(_NEW_EVENT, rows.event_columns(event))


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def _refusal(photo_id: int, current: PhotoState, change: Change) -> str:
    wanted = " or ".join(sorted(change.before))
    return f"Photo {photo_id} is {current}, and only a photo that is {wanted} can be {change.done}."
