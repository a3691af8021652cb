"""How long bytes are kept, over SQL: which may go, and their going. Names, hashes, receipts and events stay."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.photos import rows
from bridge.photos.changes import now
from bridge.photos.records import Photo, PhotoState
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import TO_FORGET, copies, photo_pieces, photos, practices


class SqlKeeping(SqlTransactions):
    """The keeping's methods of `bridge.photos.store.Store`."""

    def practices(self) -> list[str]:
        """See Store."""
        with self.reading() as connection:
            return list(connection.scalars(sa.select(practices.c.name).order_by(practices.c.name)))

    def forgettable(
        self, practice: str, state: PhotoState, done_before: datetime, limit: int, *, even_offered: bool = False
    ) -> list[Photo]:
        """See Store."""
        copy_is_due = sa.exists().where(copies.c.photo_id == photos.c.id, copies.c.due_at.is_not(None))
        wanted = sa.select(photos).where(
            photos.c.practice == practice,
            photos.c.state == state.value,
            photos.c.done_at <= done_before,
            sa.text(TO_FORGET),
            sa.true() if even_offered else sa.not_(photos.c.offered),
            sa.not_(copy_is_due),
        )
        with self.reading() as connection:
            return [rows.photo(row) for row in connection.execute(wanted.order_by(photos.c.done_at).limit(limit))]

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
