"""What is known of images in the charts, so that their data need not be asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "image_facts",
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("image_id", _NUMBER, nullable=False),
        sa.Column("patient", _NUMBER, nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("clinic", _NUMBER, nullable=True),
        sa.Column("station", _NUMBER, nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", _NUMBER, nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chart", "image_id", name="image_facts_key"),
    )
    op.create_index("image_facts_by_patient", "image_facts", ["chart", "patient"])
