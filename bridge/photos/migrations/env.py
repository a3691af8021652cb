"""alembic's entry: migrations run on the connection that `bridge.photos.migrate` hands over."""

from alembic import context

from bridge.photos.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
