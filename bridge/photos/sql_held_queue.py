"""How many photos wait for a person, over SQL."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from bridge.holds import HoldReason
from bridge.photos.held_queue import HeldPlace
from bridge.photos.records import PhotoState
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.sql_pending import has_pending
from bridge.photos.tables import photos


class SqlHeldQueue(SqlTransactions):
    """The methods of `bridge.photos.held_queue.HeldQueueStore`."""

    def held_counts(self, practices: Collection[str]) -> dict[HoldReason, int]:
        """See HeldQueueStore."""
        number = sa.func.count().label("number")
        wanted = sa.select(photos.c.hold_reason, number).where(*_waiting(practices)).group_by(photos.c.hold_reason)
        with self.reading() as connection:
            found = connection.execute(wanted.order_by(sa.func.max(photos.c.id).desc())).all()
        return {HoldReason(row.hold_reason): row.number for row in found}

    def held_place(self, practices: Collection[str], photo_id: int, reason: HoldReason | None = None) -> HeldPlace:
        """See HeldQueueStore."""
        wanted = sa.select(*_place_of(photo_id)).where(*_waiting(practices))
        if reason is not None:
            wanted = wanted.where(photos.c.hold_reason == reason.value)
        with self.reading() as connection:
            row = connection.execute(wanted).one()
        return HeldPlace(row.same > 0, row.newer, row.next_newer, row.next_older)


def _place_of(photo_id: int) -> list[sa.ColumnElement[Any]]:
    number = photos.c.id
    newer, older = sa.case((number > photo_id, number)), sa.case((number < photo_id, number))
    return [
        sa.func.count(newer).label("newer"),
        sa.func.min(newer).label("next_newer"),
        sa.func.max(older).label("next_older"),
        sa.func.count(sa.case((number == photo_id, number))).label("same"),
    ]


def _waiting(practices: Collection[str]) -> list[sa.ColumnElement[bool]]:
    """Few among all that ever were, and to be found by their state alone; what stands in a function, SQLite does not go
    by.
    """
    practice = sa.func.coalesce(photos.c.practice, "")
    return [photos.c.state == PhotoState.HELD.value, practice.in_(list(practices)), sa.not_(has_pending())]
