"""Brings a database to this version's tables, by the alembic migrations in migrations/."""

import threading
from collections.abc import Callable

import sqlalchemy as sa

HEAD = "0011"
"""The newest migration. Kept here because nearly every start finds it, and alembic takes long to import."""

_alembic = threading.Lock()
"""alembic keeps the migration under way in global variables."""


def upgrade(engine: sa.Engine, begun: Callable[[sa.Connection], object] = bool) -> None:
    """Run what is missing, in one transaction. Costs two small queries when nothing is. Raises StoreNewerError.

    The caller sees to it that no other process does the same at the same time; `begun` is called first in the
    transaction, to wait for them there.
    """
    if _revisions(engine) == [HEAD]:
        return
    from bridge.photos.migrating import run_missing

    with _alembic:
        run_missing(engine, begun)


def _revisions(engine: sa.Engine) -> list[str]:
    """At which migration the database is, as alembic's own table says; empty for a new database."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return []
        return list(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))
