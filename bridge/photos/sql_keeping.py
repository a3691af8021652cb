"""How long bytes are kept, over SQL: which may go, and their going. Names, hashes, receipts and events stay."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.photos import rows
from bridge.photos.changes import now
from bridge.photos.records import Photo, PhotoState
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import TO_FORGET, UtcTime, copies, photo_pieces, photos, practices

_PRACTICES = sa.select(practices.c.name).order_by(practices.c.name)
_COPY_IS_DUE = sa.exists().where(copies.c.photo_id == photos.c.id, copies.c.due_at.is_not(None))
_FORGETTABLE = (
    sa.select(photos)
    .where(
        photos.c.practice == sa.bindparam("of_practice"),
        photos.c.state == sa.bindparam("of_state"),
        photos.c.done_at <= sa.bindparam("done_before", type_=UtcTime),
        sa.text(TO_FORGET),
        sa.not_(_COPY_IS_DUE),
    )
    .order_by(photos.c.done_at)
    .limit(sa.bindparam("most"))
)
_FORGETTABLE_NOT_OFFERED = _FORGETTABLE.where(sa.not_(photos.c.offered))
"""Made once: this is asked each second, and to make a statement takes longer than to run it."""


class SqlKeeping(SqlTransactions):
    """The keeping's methods of `bridge.photos.store.Store`."""

    def practices(self) -> list[str]:
        """See Store."""
        with self.looking() as connection:
            return list(connection.scalars(_PRACTICES))

    def forgettable(
        self, practice: str, state: PhotoState, done_before: datetime, limit: int, *, even_offered: bool = False
    ) -> list[Photo]:
        """See Store."""
        wanted = _FORGETTABLE if even_offered else _FORGETTABLE_NOT_OFFERED
        of = {"of_practice": practice, "of_state": state.value, "done_before": done_before, "most": limit}
        with self.looking() as connection:
            return [rows.photo(row) for row in connection.execute(wanted, of)]

    def forget_bytes(self, forgotten: Sequence[Photo]) -> None:
        """See Store."""
        done = [PhotoState.DELIVERED.value, PhotoState.DISCARDED.value]
        ids = [photo.id for photo in forgotten if photo.state in done]
        with self.writing() as connection:
            self.remove_bytes(connection, [photo.bytes_key for photo in forgotten if photo.state in done])
            gone = photos.update().where(photos.c.id.in_(ids), photos.c.state.in_(done))
            connection.execute(gone.values(bytes_gone_at=now()))

    def remove_bytes(self, connection: sa.Connection, keys: Collection[str]) -> None:
        """Remove bytes that are kept in the database, in the transaction that says so."""
        connection.execute(photo_pieces.delete().where(photo_pieces.c.bytes_key.in_(list(keys))))
