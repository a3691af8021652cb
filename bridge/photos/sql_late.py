"""Attempts over SQL, and the later looks for images that arrive after the bridge has given their request up."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.photos import changes, rows
from bridge.photos.changes import now
from bridge.photos.records import Attempt, Event, Outcome, Photo, PhotoState
from bridge.photos.sql_claims import SqlClaims
from bridge.photos.tables import TO_LOOK, UtcTime, attempts, photos
from bridge.targets import ChartTarget

_IS_UNSETTLED = sa.or_(attempts.c.outcome.is_(None), attempts.c.outcome == Outcome.UNKNOWN.value)
_UNSETTLED = sa.select(attempts).where(attempts.c.photo_id == sa.bindparam("of_photo"), _IS_UNSETTLED)
_UNSETTLED = _UNSETTLED.order_by(attempts.c.id)
_NEW = attempts.insert().returning(*attempts.c)
_ENDED = attempts.update().where(attempts.c.id == sa.bindparam("ended"))
_AT = sa.bindparam("at", type_=UtcTime)
_LOOKS = sa.select(attempts).where(sa.text(TO_LOOK)).order_by(attempts.c.look_at).limit(sa.bindparam("most"))
_DUE_LOOKS = _LOOKS.where(attempts.c.look_at <= _AT)
_LOOKS_TOO_FAR = _LOOKS.where(attempts.c.look_at > _AT)


class SqlLate(SqlClaims):
    """The methods of `bridge.photos.store.Store` for attempts and later looks."""

    def start_attempt(
        self, photo: Photo, target: ChartTarget, data_sha256: str, data_length: int, look_at: datetime | None = None
    ) -> Attempt:
        """See Store."""
        values: dict[str, Any] = {"photo_id": photo.id, "number": photo.attempts, "started_at": now()}
        values["look_at"] = look_at
        values |= rows.target_columns(target) | {"data_sha256": data_sha256, "data_length": data_length}
        with self.writing() as connection:
            changes.check_claim(connection, photo)
            if photo.state is PhotoState.SENDING:
                columns = {"mapping_version": photo.mapping_version} | self.lease_columns()
                changes.write(connection, photo.id, columns)
            return rows.attempt(connection.execute(_NEW, values).one())

    def end_attempt(self, attempt: Attempt, outcome: Outcome) -> None:
        """See Store."""
        with self.writing() as connection:
            record_outcome(connection, attempt, outcome)

    def unsettled_attempts(self, photo: Photo) -> list[Attempt]:
        """See Store."""
        with self.reading() as connection:
            return [rows.attempt(row) for row in connection.execute(_UNSETTLED, {"of_photo": photo.id})]

    def due_looks(self, limit: int, longest_wait_seconds: float | None = None) -> list[tuple[Attempt, Photo]]:
        """See Store."""
        with self.reading() as connection:
            found = _to_look(connection, _DUE_LOOKS, now(), limit)
            if longest_wait_seconds is not None:
                too_far = now() + timedelta(seconds=longest_wait_seconds)
                found += _to_look(connection, _LOOKS_TOO_FAR, too_far, limit - len(found))
            if not found:
                return []
            wanted = sa.select(photos).where(photos.c.id.in_({attempt.photo_id for attempt in found}))
            by_id = {row.id: rows.photo(row) for row in connection.execute(wanted)}
        return [(attempt, by_id[attempt.photo_id]) for attempt in found]

    def look_again(self, attempt_ids: Collection[int], at: datetime | None, *, looked: bool = False) -> None:
        """See Store."""
        some = attempts.c.id.in_(list(attempt_ids))
        with self.writing() as connection:
            connection.execute(attempts.update().where(some).values(look_at=at, looks=attempts.c.looks + int(looked)))
            if at is None:
                given_up = attempts.update().where(some, _IS_UNSETTLED)
                connection.execute(given_up.values(outcome=Outcome.ABSENT.value))

    def record_removed(self, photo: Photo, image_id: int) -> None:
        """See Store."""
        detail = f"chart image {image_id}, which an earlier try had left there"
        event = Event(photo.id, now(), photo.state, photo.state, "late-duplicate-removed", detail, changes.BRIDGE)
        with self.writing() as connection:
            changes.record(connection, event)


def _to_look(connection: sa.Connection, wanted: sa.Select[Any], at: datetime, limit: int) -> list[Attempt]:
    return [rows.attempt(row) for row in connection.execute(wanted, {"at": at, "most": limit})]


def record_outcome(connection: sa.Connection, attempt: Attempt, outcome: Outcome) -> None:
    """End an attempt. What was surely not stored need not be looked for."""
    values: dict[str, Any] = {"outcome": outcome.value}
    if outcome is Outcome.NOT_STORED:
        values["look_at"] = None
    connection.execute(_ENDED, values | {"ended": attempt.id})
