"""The tables of what the charting doors remember, and of what people do there. They are part of `tables.metadata`."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from bridge.photos.tables import Number, UtcTime, index_where, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("chart", Text, nullable=False),
    Column("who", Text),
    Column("token_mark", String(20), nullable=False),
    Column("action", String(20), nullable=False),
    Column("image_id", Number),
    Column("patient", Number),
    Column("photo_id", ForeignKey("photos.id")),
    Column("reason", Text, nullable=False),
    Index("audit_by_at", "at", "id"),
    Index("audit_by_image", "image_id", "id"),
    Index("audit_by_patient", "patient", "id"),
    Index("audit_by_who", "who", "id"),
    sqlite_autoincrement=True,
)
"""Who looked at which picture, and who changed what. Rows are added, never changed, never removed."""

POST_SENDING = "state = 'sending'"

repeated_posts = Table(
    "repeated_posts",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("image_id", Number),
    Column("held_by", String(80), nullable=False),
    Column("lease_until", UtcTime),
    Column("changed_at", UtcTime, nullable=False),
    index_where("repeated_posts_sending", "held_by", where=POST_SENDING),
    Index("repeated_posts_by_image", "image_id"),
    Index("repeated_posts_by_time", "changed_at"),
)
"""Image POSTs of the last hour by their digests. While `sending`, `held_by` is the bridge that has it in hand."""

token_names = Table(
    "token_names",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("username", Text, nullable=False),
    Column("learned_at", UtcTime, nullable=False),
)
"""Whose tokens are, by their digests."""
