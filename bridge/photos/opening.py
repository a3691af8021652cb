"""Opens the store that the config names."""

from functools import partial
from pathlib import Path

from bridge.photos.errors import StoreError
from bridge.photos.moving import MOVED, MOVING
from bridge.photos.postgres import PostgresStore
from bridge.photos.reserve import or_full, with_reserve
from bridge.photos.sqlite import SqliteStore
from bridge.photos.store import Store
from bridge.secret import Secret


def open_store(data_folder: Path, database: Secret | None = None, *, exclusive: bool = False) -> Store:
    """The store in PostgreSQL, given a libpq URL, else that in the data folder; `exclusive` for a bridge that serves.

    Raises StoreError; also when a bridge would serve what was moved away, or is not moved in to the end.
    """
    if database is not None:
        half_moved = "The photos were not moved into the database to the end; run `tscharts-bridge move-store` again."
        return _unless(PostgresStore(database, data_folder, exclusive=exclusive), exclusive, MOVING, half_moved)
    moved = f"The photos in {data_folder} were moved into a database; name it in the config under `database:`."
    making = partial(SqliteStore, data_folder, exclusive=exclusive)
    store = with_reserve(data_folder, making) if exclusive else or_full(data_folder, making)
    return _unless(store, exclusive, MOVED, moved)


def _unless(store: PostgresStore | SqliteStore, exclusive: bool, note: str, refusal: str) -> Store:
    """The store, unless there is something in this note."""
    if exclusive and store.shared_note(note):
        store.close()
        raise StoreError(refusal)
    return store
