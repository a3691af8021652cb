"""The table of images that people move to another patient. It is part of `tables.metadata`."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from bridge.photos.tables import Number, UtcTime, index_where, metadata

NOT_OVER = "state IN ('asked', 'sending', 'copied', 'stuck')"

moves = Table(
    "moves",
    metadata,
    Column("id", Number, primary_key=True),
    Column("chart", Text, nullable=False),
    Column("practice", ForeignKey("practices.name"), nullable=False),
    Column("image_id", Number, nullable=False),
    Column("patient", Integer, nullable=False),
    Column("type", String(20), nullable=False),
    Column("clinic", Integer),
    Column("station", Integer),
    Column("source_sha256", String(64), nullable=False),
    Column("source_length", Integer, nullable=False),
    Column("to_patient", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text),
    Column("token_mark", String(20), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("data_sha256", String(64)),
    Column("data_length", Integer),
    Column("mark", Integer),
    Column("newest_before", Number),
    Column("sends", Integer, nullable=False),
    Column("sent_at", UtcTime),
    Column("new_image_id", Number),
    Column("photo_id", ForeignKey("photos.id")),
    Column("trouble", Text),
    Column("tries", Integer, nullable=False),
    Column("next_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("claimed_by", String(80)),
    Column("lease_until", UtcTime),
    index_where("moves_not_over", "chart", "image_id", where=NOT_OVER, unique=True),
    index_where("moves_due", "next_at", where="next_at IS NOT NULL"),
    Index("moves_by_image", "chart", "image_id"),
    Index("moves_by_new_image", "chart", "new_image_id"),
    sqlite_autoincrement=True,
)
"""One row a move. What says where the picture was is the chart's own; the target has the same type, clinic, station."""
