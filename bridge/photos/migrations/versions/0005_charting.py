"""What the charting doors remember: who looked at what, image POSTs of the last hour, and whose tokens are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SENDING = "state = 'sending'"


def upgrade() -> None:
    """Make the tables."""
    _make_audit()
    op.create_table(
        "repeated_posts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("image_id", _NUMBER, nullable=True),
        sa.Column("held_by", sa.String(length=80), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="repeated_posts_key"),
    )
    op.create_index("repeated_posts_by_image", "repeated_posts", ["image_id"])
    op.create_index("repeated_posts_by_time", "repeated_posts", ["changed_at"])
    where = sa.text(_SENDING)
    op.create_index("repeated_posts_sending", "repeated_posts", ["held_by"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "token_names",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="token_names_key"),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("token_mark", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("image_id", _NUMBER, nullable=True),
        sa.Column("patient", _NUMBER, nullable=True),
        sa.Column("photo_id", _NUMBER, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="audit_photo_id_of_photos"),
        sa.PrimaryKeyConstraint("id", name="audit_key"),
        sqlite_autoincrement=True,
    )
    for name, column in (("at", "at"), ("image", "image_id"), ("patient", "patient"), ("who", "who")):
        op.create_index(f"audit_by_{name}", "audit", [column, "id"])
