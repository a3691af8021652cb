"""Finds photos that somebody wants to see, over SQL."""

import sqlalchemy as sa

from bridge.photos import rows
from bridge.photos.photo_query import PhotoQuery
from bridge.photos.records import Photo
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.sql_pending import has_pending
from bridge.photos.tables import photos


class SqlQuery(SqlTransactions):
    """The methods of `bridge.photos.photo_query.QueryStore`."""

    def photos_wanted(self, query: PhotoQuery) -> list[Photo]:
        """See QueryStore."""
        wanted = sa.select(photos).where(photos.c.practice.in_(query.practices), *_conditions(query))
        with self.reading() as connection:
            found = connection.execute(wanted.order_by(photos.c.id.desc()).limit(query.limit))
            return [rows.photo(row) for row in found]


def _conditions(query: PhotoQuery) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if query.state is not None:
        conditions.append(photos.c.state == query.state.value)
    if query.reason is not None:
        conditions.append(photos.c.hold_reason == query.reason.value)
    if query.since is not None:
        conditions.append(photos.c.received_at >= query.since)
    if query.until is not None:
        conditions.append(photos.c.received_at < query.until)
    if query.is_pending is not None:
        conditions.append(has_pending() if query.is_pending else sa.not_(has_pending()))
    if query.before:
        conditions.append(photos.c.id < query.before)
    return conditions
