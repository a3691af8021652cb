"""What is to be done with originals beside the chart, over SQL: copies in folders, offers to MedImage servers."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from bridge.photos import rows
from bridge.photos.changes import now
from bridge.photos.records import Photo
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import UtcTime, copies, photos

_DUE_COPIES = (
    sa.select(photos, copies.c.folder)
    .join(copies, copies.c.photo_id == photos.c.id)
    .where(copies.c.due_at <= sa.bindparam("at", type_=UtcTime))
    .order_by(copies.c.due_at)
    .limit(sa.bindparam("most"))
)


class SqlChores(SqlTransactions):
    """The chores' methods of `bridge.photos.store.Store`."""

    def due_copies(self, limit: int) -> list[tuple[Photo, str]]:
        """See Store."""
        with self.looking() as connection:
            found = connection.execute(_DUE_COPIES, {"at": now(), "most": limit})
            return [(rows.photo(row), row.folder) for row in found]

    def end_copy(self, photo_id: int, folder: str, path: str | None) -> None:
        """See Store."""
        ended = copies.update().where(copies.c.photo_id == photo_id, copies.c.folder == folder)
        with self.writing() as connection:
            connection.execute(ended.values(due_at=None, path=path))

    def put_off_copies(self, folder: str, until: datetime, photo_id: int | None = None) -> None:
        """See Store."""
        later = copies.update().where(copies.c.folder == folder, copies.c.due_at.is_not(None))
        if photo_id is not None:
            later = later.where(copies.c.photo_id == photo_id)
        with self.writing() as connection:
            connection.execute(later.values(due_at=until))

    def offered(self, practice: str, leave_out: Collection[int] = ()) -> Photo | None:
        """See Store."""
        # In these words, because the index of offered photos is used for no others.
        wanted = sa.select(photos).where(photos.c.practice == practice, photos.c.offered == sa.true())
        wanted = wanted.where(photos.c.id.not_in(list(leave_out)))
        with self.reading() as connection:
            row = connection.execute(wanted.order_by(photos.c.id).limit(1)).one_or_none()
        return None if row is None else rows.photo(row)

    def end_offer(self, photo_id: int) -> None:
        """See Store."""
        with self.writing() as connection:
            connection.execute(photos.update().where(photos.c.id == photo_id).values(offered=False))
