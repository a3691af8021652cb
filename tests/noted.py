"""What the charting doors noted, read straight from the store's table."""

from dataclasses import fields

import sqlalchemy as sa

from bridge.photos import AuditRecord
from bridge.photos.charting_tables import audit
from bridge.photos.sql import SqlStore

_COLUMNS = [audit.c[field.name] for field in fields(AuditRecord)]


def noted(store: SqlStore, **having: str | int) -> list[AuditRecord]:
    """The audit records with these values in their columns, the oldest first."""
    wanted = sa.select(*_COLUMNS).where(*(audit.c[name] == value for name, value in having.items()))
    with store.reading() as connection:
        return [AuditRecord(**row) for row in connection.execute(wanted.order_by(audit.c.id)).mappings()]
