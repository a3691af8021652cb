"""Rows of moves as records, and records as columns."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.photos import rows
from bridge.photos.charts import chart_key
from bridge.photos.move_records import Move, MoveState, NewMove, Sending
from bridge.targets import ChartTarget, ImageType


def new_columns(new: NewMove, at: datetime, photo_id: int | None) -> dict[str, Any]:
    """The columns of a move that is begun now, due at once."""
    return rows.target_columns(new.source) | {
        "chart": chart_key(new.chart),
        "practice": new.practice,
        "image_id": new.image_id,
        "source_sha256": new.source_sha256,
        "source_length": new.source_length,
        "to_patient": new.to_patient,
        "reason": new.reason,
        "asked_by": new.asked_by,
        "token_mark": new.token_mark,
        "asked_at": at,
        "state": MoveState.ASKED.value,
        "sends": 0,
        "tries": 0,
        "next_at": at,
        "photo_id": photo_id,
    }


def move(row: sa.Row[Any]) -> Move:
    """A row of `moves`."""
    sending = None
    if row.data_sha256 is not None:
        sending = Sending(row.data_sha256, row.data_length, row.mark, row.newest_before)
    return Move(
        id=row.id,
        wanted=_wanted(row),
        state=MoveState(row.state),
        asked_at=row.asked_at,
        sending=sending,
        sends=row.sends,
        sent_at=row.sent_at,
        new_image_id=row.new_image_id,
        photo_id=row.photo_id,
        trouble=row.trouble,
        tries=row.tries,
        next_at=row.next_at,
        ended_at=row.ended_at,
        claim=row.claimed_by,
    )


def _wanted(row: sa.Row[Any]) -> NewMove:
    return NewMove(
        chart=row.chart,
        practice=row.practice,
        image_id=row.image_id,
        source=ChartTarget(row.patient, ImageType(row.type), row.clinic, row.station),
        source_sha256=row.source_sha256,
        source_length=row.source_length,
        to_patient=row.to_patient,
        reason=row.reason,
        asked_by=row.asked_by,
        token_mark=row.token_mark,
    )
