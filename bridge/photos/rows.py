"""Rows of the tables as records, and records as columns."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.holds import HoldReason
from bridge.photos.charts import chart_key
from bridge.photos.records import (
    Attempt,
    Event,
    NewUpload,
    Outcome,
    Photo,
    PhotoState,
    Place,
    Receipt,
    Source,
    target_from_columns,
)
from bridge.tags import check_key
from bridge.targets import ChartTarget, ImageType


def photo(row: sa.Row[Any]) -> Photo:
    """A row of `photos`."""
    return Photo(
        id=row.id,
        practice=row.practice,
        name=row.name,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        media_type=row.media_type,
        source=Source(row.source),
        captured_at=row.captured_at,
        received_at=row.received_at,
        state=PhotoState(row.state),
        hold_reason=HoldReason(row.hold_reason) if row.hold_reason else None,
        hold_sentence=row.hold_sentence,
        next_attempt_at=row.next_attempt_at,
        failing_since=row.failing_since,
        attempts=row.attempts,
        bytes_key=row.bytes_key,
        assigned=target_from_columns(
            row.assigned_patient, row.assigned_type, row.assigned_clinic, row.assigned_station
        ),
        mapping_version=row.mapping_version,
        place=Place(row.order_at, row.order_key, row.is_placed),
        may_be_late=row.may_be_late,
        bytes_gone_at=row.bytes_gone_at,
        claim=row.claimed_by,
    )


def new_photo(upload: NewUpload, sha256: str, size_bytes: int, bytes_key: str, at: datetime) -> dict[str, Any]:
    """The columns of a photo that has just arrived: queued, due at once, not offered."""
    return {
        "practice": upload.practice,
        "name": upload.name,
        "check_key": check_key(upload.name),
        "sha256": sha256,
        "size_bytes": size_bytes,
        "media_type": upload.media_type,
        "source": upload.source.value,
        "captured_at": upload.captured_at,
        "received_at": at,
        "state": PhotoState.QUEUED.value,
        "next_attempt_at": at,
        "attempts": 0,
        "bytes_key": bytes_key,
        "offered": False,
    }


def place_columns(place: Place) -> dict[str, Any]:
    """The columns of a photo's place."""
    return {"order_at": place.order_at, "order_key": place.order_key, "is_placed": place.is_placed}


def event(row: sa.Row[Any]) -> Event:
    """A row of `events`."""
    before = PhotoState(row.from_state) if row.from_state else None
    return Event(row.photo_id, row.at, before, PhotoState(row.to_state), row.reason, row.detail, row.actor)


def event_columns(record: Event) -> dict[str, Any]:
    """The columns of an event."""
    return {
        "photo_id": record.photo_id,
        "at": record.at,
        "from_state": record.from_state and record.from_state.value,
        "to_state": record.to_state.value,
        "reason": record.reason,
        "detail": record.detail,
        "actor": record.actor,
    }


def attempt(row: sa.Row[Any]) -> Attempt:
    """A row of `attempts`."""
    return Attempt(
        id=row.id,
        photo_id=row.photo_id,
        number=row.number,
        started_at=row.started_at,
        target=_target(row),
        data_sha256=row.data_sha256,
        data_length=row.data_length,
        outcome=Outcome(row.outcome) if row.outcome else None,
        looks=row.looks,
    )


def receipt(row: sa.Row[Any]) -> Receipt:
    """A row of `receipts`."""
    return Receipt(
        photo_id=row.photo_id,
        chart=row.chart,
        image_id=row.image_id,
        target=_target(row),
        data_sha256=row.data_sha256,
        data_length=row.data_length,
        read_back=row.read_back,
        delivered_at=row.delivered_at,
    )


def receipt_columns(record: Receipt) -> dict[str, Any]:
    """The columns of a receipt."""
    return target_columns(record.target) | {
        "photo_id": record.photo_id,
        "chart": chart_key(record.chart),
        "image_id": record.image_id,
        "data_sha256": record.data_sha256,
        "data_length": record.data_length,
        "read_back": record.read_back,
        "delivered_at": record.delivered_at,
    }


def target_columns(target: ChartTarget, prefix: str = "") -> dict[str, Any]:
    """A chart target as four columns."""
    return {
        f"{prefix}patient": target.patient,
        f"{prefix}type": target.type.value,
        f"{prefix}clinic": target.clinic,
        f"{prefix}station": target.station,
    }


def _target(row: sa.Row[Any]) -> ChartTarget:
    return ChartTarget(row.patient, ImageType(row.type), row.clinic, row.station)
