"""The order of photos, over SQL: where each stands, which is claimed next, what the chart has already."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from bridge.photos import changes, rows
from bridge.photos.changes import now
from bridge.photos.charts import chart_key
from bridge.photos.records import ClaimOrder, NewUpload, Photo, Place
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import BEING_PLACED, TO_PLACE, TO_SEND, UtcTime, photos, receipts
from bridge.photos.turns import lock_lines, pass_turn
from bridge.targets import ImageType

_LOOKUPS_WAITED_FOR = 3
"""So many tries to find an earlier photo's patient are waited for: it may be the same patient by another number."""

_LINES_WITHOUT_TURN = sa.text(
    "SELECT DISTINCT practice, order_key FROM photos WHERE state = 'queued' AND order_key IS NOT NULL AND waits"
    " AND NOT EXISTS (SELECT 1 FROM photos AS first WHERE first.practice = photos.practice"
    " AND first.order_key = photos.order_key AND first.state IN ('queued', 'sending')"
    " AND first.order_key IS NOT NULL AND NOT first.waits)"
)
_NEWEST = sa.select(sa.func.max(receipts.c.order_at)).where(
    receipts.c.chart == sa.bindparam("of_chart"),
    receipts.c.patient == sa.bindparam("of_patient"),
    receipts.c.type == sa.bindparam("of_type"),
)
_SORTED = {
    ClaimOrder.NEWEST_DAY: (photos.c.line_rank, photos.c.order_at, photos.c.id),
    ClaimOrder.LATEST: (photos.c.line_day.desc(), photos.c.id.desc()),
    ClaimOrder.OLDEST: (photos.c.order_at, photos.c.id),
}


class SqlOrder(SqlTransactions):
    """The order's methods of `bridge.photos.store.Store`."""

    _place_of: Callable[[NewUpload, datetime], Place]

    def set_places(self, place_of: Callable[[NewUpload, datetime], Place]) -> None:
        """See Store."""
        self._place_of = place_of

    def place_of(self, upload: NewUpload, received_at: datetime) -> Place:
        """A new photo's place. To be asked for outside of transactions, as others wait for those."""
        return self._place_of(upload, received_at)

    def place_columns(self, connection: sa.Connection, practice: str, place: Place) -> dict[str, Any]:
        """The columns of a new photo's place. It waits in its line until `pass_turn` is called."""
        lock_lines(connection, practice, place.order_key)
        return rows.place_columns(place) | {"waits": place.order_key is not None}

    def place(self, photo: Photo, place: Place) -> None:
        """See Store."""
        columns = rows.place_columns(place) | {"attempts": photo.attempts - 1, "next_attempt_at": now()}
        with self.hurrying() as connection:
            changes.move(connection, photo.id, changes.PUT_BACK, reason="placed", columns=columns, claimed=photo)

    def newest_delivered(self, chart: str, patient: int, image_type: ImageType) -> datetime | None:
        """See Store."""
        of = {"of_chart": chart_key(chart), "of_patient": patient, "of_type": image_type.value}
        with self.reading() as connection:
            newest: datetime | None = connection.scalar(_NEWEST, of)
        return newest

    def mend_lines(self) -> int:
        """See Store."""
        with self.reading() as connection:
            lines = [(row.practice, row.order_key) for row in connection.execute(_LINES_WITHOUT_TURN)]
        for practice, key in lines:
            with self.writing() as connection:
                lock_lines(connection, practice, key)
                pass_turn(connection, practice, key)
        return len(lines)


def find_due(
    connection: sa.Connection, at: datetime, leave_out: Collection[str], longest_wait: timedelta, order: ClaimOrder
) -> sa.Row[Any] | None:
    """The photo to claim at a time: first one that is not placed yet, then one whose turn it is. None of the practices
    left out.
    """
    given = due_at(at, leave_out, longest_wait)
    rows_found = (connection.execute(query, given).one_or_none() for query in due(order))
    return next((row for row in rows_found if row is not None), None)


@cache
def due(order: ClaimOrder) -> tuple[sa.Select[Any], ...]:
    """The queries, the first that finds one counts. They are made once: to make one takes longer than to run it."""
    at, too_late = sa.bindparam("at", type_=UtcTime), sa.bindparam("too_late", type_=UtcTime)
    is_time = sa.or_(photos.c.next_attempt_at <= at, photos.c.next_attempt_at > too_late)
    is_wanted = photos.c.practice.not_in(sa.bindparam("leave_out", expanding=True))
    wanted = sa.select(photos).where(is_time, is_wanted).limit(1).with_for_update(skip_locked=True)
    to_place = wanted.where(sa.text(TO_PLACE)).order_by(photos.c.next_attempt_at, photos.c.id)
    to_send = wanted.where(sa.text(TO_SEND), sa.not_(_an_earlier_one_is_being_placed()))
    return to_place, to_send.order_by(*_SORTED[order])


def _an_earlier_one_is_being_placed() -> sa.ColumnElement[bool]:
    """An earlier photo whose patient is not found yet, and may be this photo's by another number."""
    earlier = sa.select(photos.c.practice, photos.c.order_at).where(
        sa.text(BEING_PLACED), photos.c.attempts <= _LOOKUPS_WAITED_FOR
    )
    being_placed = earlier.subquery()
    return sa.exists().where(being_placed.c.practice == photos.c.practice, being_placed.c.order_at < photos.c.order_at)


def due_at(at: datetime, leave_out: Collection[str], longest_wait: timedelta) -> dict[str, Any]:
    """The values for the queries of `due`."""
    return {"at": at, "too_late": at + longest_wait, "leave_out": list(leave_out)}


def place_by_time(upload: NewUpload, received_at: datetime) -> Place:
    """Where nobody says more: by the time of capture or arrival, in no line."""
    return Place(upload.captured_at or received_at.astimezone(UTC).replace(tzinfo=None), None, False)
