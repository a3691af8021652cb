"""The store's tables, the same for SQLite and PostgreSQL. migrations/ makes them; a test compares the two.

Which rows an index has is said for SQLite alone: to say it for PostgreSQL would import that dialect at every start.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)


class UtcTime(TypeDecorator[datetime]):
    """A UTC-aware time. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: it would be stored as something it is not."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the time back as UTC."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


Number = BigInteger().with_variant(Integer, "sqlite")
"""Numbers of rows and of chart images. SQLite makes numbers for rows only in a plain INTEGER, which is as long."""

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "fk": "%(table_name)s_%(column_0_name)s_of_%(referred_table_name)s",
        "pk": "%(table_name)s_key",
    }
)


def _target_columns(prefix: str = "", *, required: bool = False) -> list[Column[Any]]:
    return [
        Column(f"{prefix}patient", Integer, nullable=not required),
        Column(f"{prefix}type", String(20), nullable=not required),
        Column(f"{prefix}clinic", Integer),
        Column(f"{prefix}station", Integer),
    ]


practices = Table(
    "practices",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("guid", String(20), unique=True),
    Column("trouble", Text),
    Column("trouble_since", UtcTime),
    Column("created_at", UtcTime, nullable=False),
)


def index_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows alone. A query uses it when it says the same words."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where))


IN_LINE = "state IN ('queued', 'sending') AND order_key IS NOT NULL"
"""Photos that wait in their patient's line, or have their turn (bridge/photos/turns.py)."""

HAS_TURN = f"{IN_LINE} AND NOT waits"
QUEUED = "state = 'queued'"
TO_PLACE = f"{QUEUED} AND is_placed = false AND waits = false"
TO_SEND = f"{QUEUED} AND is_placed = true AND waits = false"
"""In words that lead SQLite to the right index: it takes the one with the most columns that are equal to something."""

BEING_PLACED = f"{HAS_TURN} AND NOT is_placed"
WITH_BYTES = "bytes_gone_at IS NULL"
TO_FORGET = f"done_at IS NOT NULL AND {WITH_BYTES}"
TO_LOOK = "look_at IS NOT NULL"
AT_COMMAND_LINE = "substr(actor, 1, 12) = 'command line'"

photos = Table(
    "photos",
    metadata,
    Column("id", Number, primary_key=True),
    Column("practice", ForeignKey("practices.name"), nullable=False),
    Column("name", Text, nullable=False),
    Column("check_key", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("source", String(20), nullable=False),
    Column("captured_at", DateTime(timezone=False)),
    Column("received_at", UtcTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("hold_reason", String(40)),
    Column("hold_sentence", Text),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("failing_since", UtcTime),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(80)),
    Column("lease_until", UtcTime),
    Column("bytes_key", String(64), nullable=False),
    Column("offered", Boolean, nullable=False),
    *_target_columns("assigned_"),
    Column("mapping_version", String(64)),
    Column("order_at", DateTime(timezone=False)),
    Column("order_key", Text),
    Column("is_placed", Boolean, nullable=False, server_default=false()),
    Column("waits", Boolean, nullable=False, server_default=false()),
    Column("line_day", Date),
    Column("line_rank", Integer),
    Column("may_be_late", Boolean, nullable=False, server_default=false()),
    Column("done_at", UtcTime),
    Column("bytes_gone_at", UtcTime),
    UniqueConstraint("practice", "name", "sha256"),
    index_where("photos_to_place", "is_placed", "waits", "next_attempt_at", "id", where=QUEUED),
    index_where("photos_being_placed", "practice", "order_at", where=BEING_PLACED),
    index_where("photos_to_send", "is_placed", "waits", "line_rank", "order_at", "id", where=QUEUED),
    index_where("photos_to_send_latest", "is_placed", "waits", "line_day", "id", where=QUEUED),
    index_where("photos_to_send_oldest", "is_placed", "waits", "order_at", "id", where=QUEUED),
    index_where("photos_in_line", "practice", "order_key", "order_at", "id", where=IN_LINE),
    index_where("photos_with_turn", "practice", "order_key", where=HAS_TURN, unique=True),
    index_where("photos_to_forget", "practice", "state", "done_at", where=TO_FORGET),
    index_where("photos_with_bytes", "bytes_key", where=WITH_BYTES),
    Index("photos_by_arrival", "practice", "received_at", "id"),
    Index("photos_by_state", "state", "id"),
    Index("photos_by_check_key", "check_key"),
    Index("photos_offered", "practice", "id", sqlite_where=text("offered = 1")),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    Column("id", Number, primary_key=True),
    Column("photo_id", ForeignKey("photos.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("actor", String(80), nullable=False),
    index_where("events_at_command_line", "at", "id", where=AT_COMMAND_LINE),
    sqlite_autoincrement=True,
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Number, primary_key=True),
    Column("photo_id", ForeignKey("photos.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    *_target_columns(required=True),
    Column("data_sha256", String(64), nullable=False),
    Column("data_length", Integer, nullable=False),
    Column("outcome", String(20)),
    Column("look_at", UtcTime),
    Column("looks", Integer, nullable=False, server_default="0"),
    index_where("attempts_to_look", "look_at", where=TO_LOOK),
    sqlite_autoincrement=True,
)

copies = Table(
    "copies",
    metadata,
    Column("photo_id", ForeignKey("photos.id"), primary_key=True, autoincrement=False),
    Column("folder", Text, primary_key=True),
    Column("due_at", UtcTime),
    Column("path", Text),
    Index("copies_due", "due_at", sqlite_where=text("due_at IS NOT NULL")),
)
"""Copies in folders: `due_at` until written, then the `path`; neither when the bytes were gone."""

chart_limits = Table(
    "chart_limits",
    metadata,
    Column("chart", Text, primary_key=True),
    Column("largest_taken_bytes", Integer),
    Column("smallest_refused_bytes", Integer),
    Column("refused_at", UtcTime),
    Column("probed_at", UtcTime),
)
"""What was learned about each chart server's largest request, by `charts.chart_key` of its address."""

receipts = Table(
    "receipts",
    metadata,
    Column("photo_id", ForeignKey("photos.id"), primary_key=True, autoincrement=False),
    Column("chart", Text, nullable=False),
    Column("image_id", Number, nullable=False),
    *_target_columns(required=True),
    Column("data_sha256", String(64), nullable=False),
    Column("data_length", Integer, nullable=False),
    Column("read_back", Boolean, nullable=False),
    Column("delivered_at", UtcTime, nullable=False),
    Column("order_at", DateTime(timezone=False)),
    Index("receipts_by_image", "chart", "image_id", unique=True),
    Index("receipts_by_patient", "chart", "patient", "type", "order_at"),
)

photo_pieces = Table(
    "photo_pieces",
    metadata,
    Column("bytes_key", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
"""Photos' bytes where they are kept in the database: pieces 0, 1, 2 of each key. With SQLite they are files."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("until", UtcTime, nullable=False),
)
"""Which bridge does a job that one alone may do, and until when unless it says so again."""

shared = Table(
    "shared",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""What all bridges of a store have in common besides photos: keys, tickets used up, open pairing codes."""
