"""Leases of claims and of jobs, what bridges share, photos' bytes in the database; long numbers on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LONG = {
    "photos": ["id"],
    "events": ["id", "photo_id"],
    "attempts": ["id", "photo_id"],
    "copies": ["photo_id"],
    "receipts": ["photo_id", "image_id"],
}
"""Numbers of rows and of chart images. SQLite's are long anyway."""


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("photos", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "photo_pieces",
        sa.Column("bytes_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bytes_key", "number", name="photo_pieces_key"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="leases_key"),
    )
    op.create_table(
        "shared",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="shared_key"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _suit_postgresql()


def _suit_postgresql() -> None:
    """Long numbers, also in the sequences that make them; and no try to compress what is compressed already."""
    for table, columns in _LONG.items():
        for column in columns:
            op.alter_column(table, column, type_=sa.BigInteger(), existing_nullable=False)
        if "id" in columns:
            op.execute(f"ALTER SEQUENCE {table}_id_seq AS bigint")
    op.execute("ALTER TABLE photo_pieces ALTER COLUMN data SET STORAGE EXTERNAL")
