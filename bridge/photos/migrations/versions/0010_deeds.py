"""What people did to photos at the command line is found without reading every photo's history."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_AT_COMMAND_LINE = sa.text("substr(actor, 1, 12) = 'command line'")


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "events_at_command_line",
        "events",
        ["at", "id"],
        sqlite_where=_AT_COMMAND_LINE,
        postgresql_where=_AT_COMMAND_LINE,
    )
