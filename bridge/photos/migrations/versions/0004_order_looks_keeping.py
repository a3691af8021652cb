"""Order for each patient and type, later looks for late arrivals, and bytes that go when they are not needed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IN_LINE = "state IN ('queued', 'sending') AND order_key IS NOT NULL"
_HAS_TURN = f"{_IN_LINE} AND NOT waits"
_QUEUED = "state = 'queued'"
_READY = ["is_placed", "waits"]
_INDEXES = (
    ("photos_to_place", [*_READY, "next_attempt_at", "id"], _QUEUED),
    ("photos_being_placed", ["practice", "order_at"], f"{_HAS_TURN} AND NOT is_placed"),
    ("photos_to_send", [*_READY, "line_rank", "order_at", "id"], _QUEUED),
    ("photos_to_send_latest", [*_READY, "line_day", "id"], _QUEUED),
    ("photos_to_send_oldest", [*_READY, "order_at", "id"], _QUEUED),
    ("photos_in_line", ["practice", "order_key", "order_at", "id"], _IN_LINE),
    ("photos_to_forget", ["practice", "state", "done_at"], "done_at IS NOT NULL AND bytes_gone_at IS NULL"),
    ("photos_with_bytes", ["bytes_key"], "bytes_gone_at IS NULL"),
)
_FILL = (
    "UPDATE photos SET order_at = COALESCE(captured_at, received_at)",
    "UPDATE photos SET done_at = (SELECT delivered_at FROM receipts WHERE photo_id = photos.id)"
    " WHERE state = 'delivered'",
    "UPDATE photos SET done_at = (SELECT MAX(at) FROM events WHERE photo_id = photos.id) WHERE state = 'discarded'",
    "UPDATE receipts SET order_at = (SELECT order_at FROM photos WHERE id = receipts.photo_id)",
)
"""Photos that wait are not in a line yet; they are placed when they are next taken up."""


def upgrade() -> None:
    """Make the columns and indexes, and fill in what is known of photos that are there already."""
    op.drop_index("photos_due", "photos")
    for column in _photo_columns():
        op.add_column("photos", column)
    op.add_column("attempts", sa.Column("look_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipts", sa.Column("order_at", sa.DateTime(), nullable=True))
    for statement in _FILL:
        op.execute(statement)
    for name, columns, where in _INDEXES:
        _index(name, "photos", columns, where)
    _index("photos_with_turn", "photos", ["practice", "order_key"], _HAS_TURN, unique=True)
    _index("attempts_to_look", "attempts", ["look_at"], "look_at IS NOT NULL")
    op.create_index("receipts_by_patient", "receipts", ["chart", "patient", "type", "order_at"])


def _photo_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("order_at", sa.DateTime(), nullable=True),
        sa.Column("order_key", sa.Text(), nullable=True),
        sa.Column("is_placed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("waits", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("line_day", sa.Date(), nullable=True),
        sa.Column("line_rank", sa.Integer(), nullable=True),
        sa.Column("may_be_late", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bytes_gone_at", sa.DateTime(timezone=True), nullable=True),
    ]


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
