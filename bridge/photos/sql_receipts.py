"""Receipts over SQL: which of a chart's images are photos' already, and what becomes of a receipt that is not true any
more.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from bridge.photos import changes, rows
from bridge.photos.changes import now
from bridge.photos.charts import chart_key
from bridge.photos.records import Event, PhotoState, Receipt
from bridge.photos.sql_moves import SqlMoves
from bridge.photos.tables import receipts

_IDS_AT_ONCE = 500
"""Databases take only so many values in one query; older SQLite 999."""


class SqlReceipts(SqlMoves):
    """The methods of `bridge.photos.store.Store` for receipts."""

    def receipt(self, photo_id: int) -> Receipt | None:
        """See Store."""
        with self.reading() as connection:
            row = connection.execute(sa.select(receipts).where(receipts.c.photo_id == photo_id)).one_or_none()
        return None if row is None else rows.receipt(row)

    def known_images(self, chart: str, image_ids: Iterable[int]) -> set[int]:
        """See Store."""
        return set(self.known_hashes(chart, image_ids))

    def known_hashes(self, chart: str, image_ids: Iterable[int]) -> dict[int, str]:
        """See Store."""
        ids = list(image_ids)
        known = sa.select(receipts.c.image_id, receipts.c.data_sha256).where(receipts.c.chart == chart_key(chart))
        found: dict[int, str] = {}
        with self.reading() as connection:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                some = ids[start : start + _IDS_AT_ONCE]
                found |= self.copied_images(connection, chart, some)
                of_photos = connection.execute(known.where(receipts.c.image_id.in_(some)))
                found.update((row.image_id, row.data_sha256) for row in of_photos)
        return found

    def forget_stale_receipt(self, seen: Receipt) -> int | None:
        """See Store."""
        of_image = sa.and_(receipts.c.chart == chart_key(seen.chart), receipts.c.image_id == seen.image_id)
        stale = receipts.delete().where(of_image, receipts.c.data_sha256 != seen.data_sha256)
        with self.writing() as connection:
            row = connection.execute(stale.returning(receipts.c.photo_id, receipts.c.data_sha256)).one_or_none()
            if row is None:
                return None
            detail = (
                f"chart image {seen.image_id} is another picture now, so the chart has lost this photo's; "
                f"it was sent with the SHA-256 {row.data_sha256}"
            )
            done = PhotoState.DELIVERED
            changes.record(connection, Event(row.photo_id, now(), done, done, "receipt-stale", detail, changes.BRIDGE))
        return int(row.photo_id)
