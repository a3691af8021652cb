"""Runs alembic's migrations. Imported only when there is one to run, or a newer one was run."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.photos.errors import StoreNewerError


def run_missing(engine: sa.Engine, begun: Callable[[sa.Connection], object]) -> None:
    """See `migrate.upgrade`."""
    config = Config()
    config.set_main_option("script_location", (Path(__file__).parent / "migrations").as_posix().replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise StoreNewerError
    with engine.connect() as connection, connection.begin():
        begun(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
