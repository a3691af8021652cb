"""Brings a database to this version's tables, by the alembic migrations in migrations/."""

import threading
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.photos.errors import StoreNewerError

_alembic = threading.Lock()
"""alembic keeps the migration under way in global variables."""


def upgrade(engine: sa.Engine, begun: Callable[[sa.Connection], object] = bool) -> None:
    """Run what is missing, in one transaction. Costs one small query when nothing is. Raises StoreNewerError.

    The caller sees to it that no other process does the same at the same time; `begun` is called first in the
    transaction, to wait for them there.
    """
    config = Config()
    config.set_main_option("script_location", (Path(__file__).parent / "migrations").as_posix().replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise StoreNewerError
    with _alembic, engine.connect() as connection, connection.begin():
        begun(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
