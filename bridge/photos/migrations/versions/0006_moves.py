"""Images that people move to another patient, step by step."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_NOT_OVER = sa.text("state IN ('asked', 'sending', 'copied', 'stuck')")
_DUE = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "moves",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("practice", sa.String(length=40), nullable=False),
        sa.Column("image_id", _NUMBER, nullable=False),
        sa.Column("patient", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("clinic", sa.Integer(), nullable=True),
        sa.Column("station", sa.Integer(), nullable=True),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("source_length", sa.Integer(), nullable=False),
        sa.Column("to_patient", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("token_mark", sa.String(length=20), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=True),
        sa.Column("data_length", sa.Integer(), nullable=True),
        sa.Column("mark", sa.Integer(), nullable=True),
        sa.Column("newest_before", _NUMBER, nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("new_image_id", _NUMBER, nullable=True),
        sa.Column("photo_id", _NUMBER, nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("claimed_by", sa.String(length=80), nullable=True),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="moves_photo_id_of_photos"),
        sa.ForeignKeyConstraint(["practice"], ["practices.name"], name="moves_practice_of_practices"),
        sa.PrimaryKeyConstraint("id", name="moves_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "moves_not_over",
        "moves",
        ["chart", "image_id"],
        unique=True,
        sqlite_where=_NOT_OVER,
        postgresql_where=_NOT_OVER,
    )
    op.create_index("moves_due", "moves", ["next_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_index("moves_by_image", "moves", ["chart", "image_id"])
    op.create_index("moves_by_new_image", "moves", ["chart", "new_image_id"])
