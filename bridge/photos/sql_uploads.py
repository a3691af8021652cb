"""Reads what is remembered of uploads, over SQL: in pages by their ids, without the bytes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.photos import changes
from bridge.photos.records import PhotoState, target_from_columns
from bridge.photos.sql_base import SqlTransactions
from bridge.photos.tables import events, photos
from bridge.photos.uploads import PAGE_UPLOADS, Assignment, RememberedUpload, UploadSpan

_COLUMNS = (
    photos.c.id,
    photos.c.practice,
    photos.c.name,
    photos.c.received_at,
    photos.c.state,
    photos.c.assigned_patient,
    photos.c.assigned_type,
    photos.c.assigned_clinic,
    photos.c.assigned_station,
)
_IS_ASSIGNMENT = sa.and_(events.c.reason == changes.ASSIGN.done, events.c.to_state == changes.ASSIGN.after.value)
_WAS_ASSIGNED_WHILE_HELD = sa.exists().where(
    events.c.photo_id == photos.c.id, _IS_ASSIGNMENT, events.c.from_state == PhotoState.HELD.value
)


class SqlUploads(SqlTransactions):
    """The methods of `bridge.photos.uploads.UploadsStore`."""

    def upload_span(self, practices: Collection[str], since: datetime) -> UploadSpan:
        """See UploadsStore."""
        within = (photos.c.practice.in_(list(practices)), photos.c.received_at >= since)
        with self.reading() as connection:
            row = connection.execute(sa.select(sa.func.count(), sa.func.max(photos.c.id)).where(*within)).one()
        return UploadSpan(frozenset(practices), since, row[1] or 0, row[0])

    def uploads_after(self, span: UploadSpan, upload_id: int, limit: int = PAGE_UPLOADS) -> list[RememberedUpload]:
        """See UploadsStore."""
        with self.reading() as connection:
            return [_upload(row) for row in connection.execute(_page(span, upload_id, limit))]

    def assigned_after(self, span: UploadSpan, upload_id: int, limit: int = PAGE_UPLOADS) -> list[Assignment]:
        """See UploadsStore."""
        page = _page(span, upload_id, limit).where(photos.c.assigned_patient.is_not(None), _WAS_ASSIGNED_WHILE_HELD)
        with self.reading() as connection:
            uploads = [_upload(row) for row in connection.execute(page)]
            actors = _last_actors(connection, [upload.id for upload in uploads])
        return [
            Assignment(upload, upload.assigned, actors[upload.id]) for upload in uploads if upload.assigned is not None
        ]


def _page(span: UploadSpan, upload_id: int, limit: int) -> sa.Select[Any]:
    wanted = sa.select(*_COLUMNS).where(
        photos.c.id > upload_id,
        photos.c.id <= span.last_id,
        photos.c.practice.in_(list(span.practices)),
        photos.c.received_at >= span.since,
    )
    return wanted.order_by(photos.c.id).limit(limit)


def _last_actors(connection: sa.Connection, upload_ids: list[int]) -> dict[int, str]:
    """Who assigned each of these uploads; whoever did so last, whose target it has."""
    wanted = sa.select(events.c.photo_id, events.c.actor).where(events.c.photo_id.in_(upload_ids), _IS_ASSIGNMENT)
    return {row.photo_id: row.actor for row in connection.execute(wanted.order_by(events.c.id))}


def _upload(row: sa.Row[Any]) -> RememberedUpload:
    return RememberedUpload(
        id=row.id,
        practice=row.practice,
        name=row.name,
        received_at=row.received_at,
        state=PhotoState(row.state),
        assigned=target_from_columns(
            row.assigned_patient, row.assigned_type, row.assigned_clinic, row.assigned_station
        ),
    )
