"""The table of what people said to held photos and may still take back. It is part of `tables.metadata`."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from bridge.photos.tables import UtcTime, metadata

pending_acts = Table(
    "pending_acts",
    metadata,
    Column("photo_id", ForeignKey("photos.id"), primary_key=True, autoincrement=False),
    Column("act", String(20), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
    Column("patient", Integer),
    Column("type", String(20)),
    Column("clinic", Integer),
    Column("station", Integer),
    Column("reason", Text, nullable=False),
)
"""A photo has one act at most. It goes in the transaction that does it, or that takes the photo out of `held`."""
