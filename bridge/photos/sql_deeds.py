"""What people did, over SQL. Each of two tables is read in the order of its own index; the pages are merged here."""

import heapq
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bridge.photos.changes import ASSIGN, DISCARD, RETRY, SEND_AS_IS
from bridge.photos.charting_tables import audit
from bridge.photos.charts import chart_key
from bridge.photos.deeds import Deed, DeedQuery
from bridge.photos.records import PhotoState
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import AT_COMMAND_LINE, events, photos, receipts

_NOTED, _WRITTEN = 0, 1
"""The last bit of a deed's id: from the audit, or from a photo's history."""

_ACTIONS = {RETRY.done: RETRY.done, SEND_AS_IS.done: RETRY.done, ASSIGN.done: ASSIGN.done, DISCARD.done: DISCARD.done}
"""What the words of a photo's history are called among deeds."""

_LAST = 2**62
_NOT_DELIVERED = [state.value for state in PhotoState if state is not PhotoState.DELIVERED]
_PLACE = sa.func.coalesce(receipts.c.patient, photos.c.assigned_patient)
_AUDIT = sa.select(
    audit.c.id,
    audit.c.at,
    audit.c.who,
    audit.c.token_mark,
    audit.c.action,
    audit.c.image_id,
    sa.func.coalesce(audit.c.patient, _PLACE).label("patient"),
    audit.c.photo_id,
    audit.c.reason,
).select_from(
    audit.outerjoin(photos, photos.c.id == audit.c.photo_id).outerjoin(
        receipts, receipts.c.photo_id == audit.c.photo_id
    )
)
_HISTORY = sa.select(
    events.c.id,
    events.c.at,
    events.c.actor.label("who"),
    sa.literal("").label("token_mark"),
    events.c.reason.label("action"),
    sa.null().label("image_id"),
    _PLACE.label("patient"),
    events.c.photo_id,
    sa.case((events.c.reason == DISCARD.done, events.c.detail), else_="").label("reason"),
).select_from(
    events.join(photos, photos.c.id == events.c.photo_id).outerjoin(receipts, receipts.c.photo_id == events.c.photo_id)
)


@dataclass(frozen=True)
class _Place:
    """Where a deed stands in the order of all: by time, then by table, then by its number there."""

    at: datetime
    table: int
    number: int

    def before(self, columns: sa.FromClause, table: int) -> sa.ColumnElement[bool]:
        """Whether a row of a table stands before this place."""
        number = self.number if table == self.table else _LAST if table < self.table else 0
        at = columns.c.at
        return sa.and_(at <= self.at, sa.or_(at < self.at, columns.c.id < number))


class SqlDeeds(SqlTransactions):
    """The methods of `bridge.photos.charting_store.ChartingStore` for deeds."""

    def deeds(self, query: DeedQuery) -> list[Deed]:
        """See ChartingStore."""
        with self.reading() as connection:
            place = _place(connection, query.before) if query.before else None
            if query.before and place is None:
                return []
            noted = connection.execute(_noted(query, place)).all()
            written = connection.execute(_written(query, place)).all() if query.image is None else []
        pages = ([_deed(row, _NOTED) for row in noted], [_deed(row, _WRITTEN) for row in written])
        return list(islice(heapq.merge(*pages, key=_order, reverse=True), query.limit))


def _place(connection: sa.Connection, deed_id: int) -> _Place | None:
    number, table = divmod(deed_id, 2)
    rows = events if table == _WRITTEN else audit
    at = connection.scalar(sa.select(rows.c.at).where(rows.c.id == number))
    return None if at is None else _Place(at, table, number)


def _noted(query: DeedQuery, place: _Place | None) -> sa.Select[Any]:
    wanted = _AUDIT.where(audit.c.chart == chart_key(query.chart), *_times(query, audit))
    if place is not None:
        wanted = wanted.where(place.before(audit, _NOTED))
    if query.who is not None:
        is_mark = sa.and_(audit.c.who.is_(None), audit.c.token_mark == query.who)
        wanted = wanted.where(sa.or_(audit.c.who == query.who, is_mark))
    if query.patient is not None:
        is_of_photo = sa.and_(audit.c.patient.is_(None), audit.c.photo_id.in_(_photos_of(query)))
        wanted = wanted.where(sa.or_(audit.c.patient == query.patient, is_of_photo))
    exact = {"action": query.action, "image_id": query.image, "photo_id": query.photo}
    wanted = wanted.where(*(audit.c[name] == value for name, value in exact.items() if value is not None))
    return wanted.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(query.limit)


def _written(query: DeedQuery, place: _Place | None) -> sa.Select[Any]:
    actions = [word for word, action in _ACTIONS.items() if query.action in (None, action)]
    wanted = _HISTORY.where(sa.text(AT_COMMAND_LINE), events.c.reason.in_(actions), *_times(query, events))
    # Not the bare column: SQLite would then begin with all photos of the practices, instead of with the few deeds.
    wanted = wanted.where((photos.c.practice + "").in_(query.practices))
    if place is not None:
        wanted = wanted.where(place.before(events, _WRITTEN))
    exact = {events.c.actor: query.who, _PLACE: query.patient, events.c.photo_id: query.photo}
    wanted = wanted.where(*(column == value for column, value in exact.items() if value is not None))
    return wanted.order_by(events.c.at.desc(), events.c.id.desc()).limit(query.limit)


def _times(query: DeedQuery, rows: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    since = [rows.c.at >= query.since] if query.since is not None else []
    return since + ([rows.c.at < query.until] if query.until is not None else [])


def _photos_of(query: DeedQuery) -> sa.CompoundSelect[Any]:
    """The photos whose place is with a patient: in the chart, or where a person said."""
    is_there = sa.and_(receipts.c.chart == chart_key(query.chart), receipts.c.patient == query.patient)
    is_assigned = sa.and_(photos.c.state.in_(_NOT_DELIVERED), photos.c.assigned_patient == query.patient)
    return sa.union(sa.select(receipts.c.photo_id).where(is_there), sa.select(photos.c.id).where(is_assigned))


def _order(deed: Deed) -> tuple[datetime, int, int]:
    number, table = divmod(deed.id, 2)
    return deed.at, table, number


def _deed(row: sa.Row[Any], table: int) -> Deed:
    values = {**row._mapping, "id": row.id * 2 + table, "action": _ACTIONS.get(row.action, row.action)}
    return Deed(**values)
