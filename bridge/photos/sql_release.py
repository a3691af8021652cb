"""Lets held photos go that a later version of a mapping file files, over SQL."""

from collections.abc import Collection

import sqlalchemy as sa

from bridge.holds import HoldReason
from bridge.photos import changes, rows
from bridge.photos.records import Photo, PhotoState, Place
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.sql_pending import has_pending, is_pending
from bridge.photos.tables import events, photos
from bridge.photos.turns import lock_lines


class SqlRelease(SqlTransactions):
    """The methods of `bridge.photos.releases.ReleaseStore`."""

    def held_by_others(
        self, practice: str, version: str, reasons: Collection[HoldReason], after_id: int, limit: int
    ) -> list[Photo]:
        """See ReleaseStore."""
        sent_as_is = sa.exists().where(events.c.photo_id == photos.c.id, events.c.reason == changes.SEND_AS_IS.done)
        wanted = sa.select(photos).where(
            photos.c.state == PhotoState.HELD.value,
            photos.c.id > after_id,
            photos.c.practice == practice,
            photos.c.hold_reason.in_([reason.value for reason in reasons]),
            photos.c.mapping_version.is_distinct_from(version),
            photos.c.assigned_patient.is_(None),
            sa.not_(sent_as_is),
            sa.not_(has_pending()),
        )
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(wanted.order_by(photos.c.id).limit(limit))]

    def release(self, seen: Photo, place: Place, detail: str) -> bool:
        """See ReleaseStore."""
        columns = rows.place_columns(place) | {"next_attempt_at": changes.now(), "failing_since": None}
        as_it_is = sa.select(photos).where(photos.c.id == seen.id).with_for_update()
        with self.writing() as connection:
            # Lines are locked before photos, as everywhere, or bridges would wait for one another in a circle.
            lock_lines(connection, seen.practice, seen.place.order_key, place.order_key)
            row = connection.execute(as_it_is).one_or_none()
            if row is None or rows.photo(row) != seen or is_pending(connection, seen.id):
                return False
            changes.move(connection, seen.id, changes.RELEASE, detail, columns=columns)
        self.ring()
        return True
