"""What was learned about each chart server's largest request; one spelling of each chart's address."""

import sqlalchemy as sa
from alembic import op

from bridge.photos.charts import chart_key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_RESPELL = sa.text(
    "UPDATE receipts SET chart = :key WHERE chart = :chart AND NOT EXISTS "
    "(SELECT 1 FROM receipts AS other WHERE other.chart = :key AND other.image_id = receipts.image_id)"
)
"""An image that has two receipts by two spellings keeps the second as it is: an image has one receipt."""


def upgrade() -> None:
    """Make the table, and spell the charts of receipts as the store does from here on."""
    op.create_table(
        "chart_limits",
        sa.Column("chart", sa.Text(), nullable=False),
        sa.Column("largest_taken_bytes", sa.Integer(), nullable=True),
        sa.Column("smallest_refused_bytes", sa.Integer(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chart", name="chart_limits_key"),
    )
    connection = op.get_bind()
    for chart in connection.scalars(sa.text("SELECT DISTINCT chart FROM receipts")).all():
        if chart_key(chart) != chart:
            connection.execute(_RESPELL, {"key": chart_key(chart), "chart": chart})
