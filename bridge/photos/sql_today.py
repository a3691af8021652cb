"""A day's photos and outages, over SQL."""

from typing import Any

import sqlalchemy as sa

from bridge.holds import HoldReason
from bridge.photos.outage_tables import IS_OPEN, outages
from bridge.photos.records import PhotoState
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import events, photos, receipts
from bridge.photos.today import DayPhoto, Outage, Span, Standing
from bridge.targets import ImageType

_OPEN_STATES = tuple(each.value for each in (PhotoState.QUEUED, PhotoState.SENDING, PhotoState.HELD))
_OPEN_OUTAGES = sa.select(sa.func.count()).select_from(outages).where(sa.text(IS_OPEN))
_LAST_CHANGE = sa.select(
    sa.select(sa.func.coalesce(sa.func.max(events.c.id), 0)).scalar_subquery(),
    sa.select(sa.func.coalesce(sa.func.max(outages.c.id), 0)).scalar_subquery(),
    _OPEN_OUTAGES.scalar_subquery(),
)
_DAY: sa.Select[Any] = sa.select(
    photos.c.id,
    photos.c.name,
    photos.c.received_at,
    photos.c.state,
    photos.c.hold_reason,
    photos.c.order_key,
    sa.func.coalesce(receipts.c.type, photos.c.assigned_type).label("type"),
    sa.func.coalesce(receipts.c.station, photos.c.assigned_station).label("station"),
    receipts.c.delivered_at,
).select_from(photos.outerjoin(receipts, receipts.c.photo_id == photos.c.id))
_TYPES = {each.value: each for each in ImageType}


class SqlToday(SqlTransactions):
    """The methods of `bridge.photos.today.TodayStore`."""

    def last_change(self) -> tuple[int, ...]:
        """See TodayStore."""
        with self.looking() as connection:
            return tuple(connection.execute(_LAST_CHANGE).one())

    def standing(self, span: Span) -> Standing:
        """See TodayStore."""
        number = sa.func.count().label("number")
        of_span = sa.select(photos.c.state, number).where(*_in(span)).group_by(photos.c.state)
        with self.reading() as connection:
            found = {PhotoState(row.state): row.number for row in connection.execute(of_span)}
            earlier = {PhotoState(row.state): row.number for row in connection.execute(_earlier(span))}
        return Standing(
            {state: found.get(state, 0) for state in PhotoState},
            {PhotoState(state): earlier.get(PhotoState(state), 0) for state in _OPEN_STATES},
        )

    def day_photos(self, span: Span, limit: int | None = None, skip: int = 0) -> list[DayPhoto]:
        """See TodayStore."""
        latest = _DAY.where(*_in(span)).order_by(photos.c.received_at.desc(), photos.c.id.desc())
        with self.reading() as connection:
            return [_day_photo(row) for row in connection.execute(latest.limit(limit).offset(skip))]

    def outages(self, span: Span) -> list[Outage]:
        """See TodayStore."""
        reaches_in = sa.or_(outages.c.ended_at.is_(None), outages.c.ended_at > span.since)
        wanted = sa.select(outages).where(
            outages.c.practice == span.practice, outages.c.began_at < span.until, reaches_in
        )
        with self.reading() as connection:
            rows = connection.execute(wanted.order_by(outages.c.began_at, outages.c.id))
            return [Outage(row.began_at, row.ended_at, row.sentence) for row in rows]


def _in(span: Span) -> list[sa.ColumnElement[bool]]:
    return [
        photos.c.practice == span.practice,
        photos.c.received_at >= span.since,
        photos.c.received_at < span.until,
    ]


def _earlier(span: Span) -> sa.Select[Any]:
    """Photos from before that are not done: few among all that ever were. So they are to be found by their state alone;
    what stands in a function, SQLite does not go by.
    """
    practice = sa.func.coalesce(photos.c.practice, "")
    received_at = sa.func.coalesce(photos.c.received_at, photos.c.received_at)
    wanted = sa.select(photos.c.state, sa.func.count().label("number")).where(
        photos.c.state.in_(_OPEN_STATES), practice == span.practice, received_at < span.since
    )
    return wanted.group_by(photos.c.state)


def _day_photo(row: sa.Row[Any]) -> DayPhoto:
    said = row.type or (row.order_key or "").rpartition("|")[2]
    return DayPhoto(
        id=row.id,
        name=row.name,
        received_at=row.received_at,
        state=PhotoState(row.state),
        hold_reason=HoldReason(row.hold_reason) if row.hold_reason else None,
        type=_TYPES.get(said),
        station=row.station,
        delivered_at=row.delivered_at,
    )


def change_outage(connection: sa.Connection, practice: str, sentence: str | None, at: Any) -> None:
    """Note what became of a practice's trouble: it begins, is another one now, or has ended (None)."""
    is_open = sa.and_(outages.c.practice == practice, sa.text(IS_OPEN))
    if sentence is None:
        connection.execute(outages.update().where(is_open).values(ended_at=at))
    elif not connection.execute(outages.update().where(is_open).values(sentence=sentence)).rowcount:
        connection.execute(outages.insert().values(practice=practice, began_at=at, sentence=sentence))
