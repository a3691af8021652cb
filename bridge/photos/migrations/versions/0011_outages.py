"""Outages are kept when they are over, and a day's photos are found without looking at all others."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Make the table, with the outages of now, and the index."""
    op.create_table(
        "outages",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("practice", sa.String(length=40), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["practice"], ["practices.name"], name="outages_practice_of_practices"),
        sa.PrimaryKeyConstraint("id", name="outages_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("outages_by_practice", "outages", ["practice", "began_at"])
    op.create_index("outages_open", "outages", ["practice"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.execute(
        "INSERT INTO outages (practice, began_at, sentence)"
        " SELECT name, trouble_since, trouble FROM practices WHERE trouble IS NOT NULL AND trouble_since IS NOT NULL"
    )
    op.create_index("photos_by_arrival", "photos", ["practice", "received_at", "id"])
