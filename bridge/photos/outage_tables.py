"""The table of outages. It is part of `tables.metadata`."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from bridge.photos.tables import Number, UtcTime, index_where, metadata

IS_OPEN = "ended_at IS NULL"

outages = Table(
    "outages",
    metadata,
    Column("id", Number, primary_key=True),
    Column("practice", ForeignKey("practices.name"), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("sentence", Text, nullable=False),
    Index("outages_by_practice", "practice", "began_at"),
    index_where("outages_open", "practice", where=IS_OPEN, unique=True),
    sqlite_autoincrement=True,
)
"""When deliveries of a practice stopped, and when they flowed again; `sentence` is what was last said of it."""
