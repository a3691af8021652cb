"""Later looks are counted, as the times of attempts say little once a clock was set."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count; what is being looked for begins anew, which only means looks more than needed."""
    op.add_column("attempts", sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
