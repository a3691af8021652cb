"""Opens the store that the config names."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.photos.errors import StoreError
from bridge.photos.reserve import or_full, with_reserve
from bridge.photos.sqlite import SqliteStore
from bridge.photos.store import Store
from bridge.secret import Secret

if TYPE_CHECKING:
    from bridge.photos.postgres import PostgresStore

MOVING = "moving"
"""The note in a database that says from which data folder a move has begun, and how that stood; empty at the end."""

MOVED = "moved"
"""The note in a data folder that says that its photos were moved."""


def open_store(data_folder: Path, database: Secret | None = None, *, exclusive: bool = False) -> Store:
    """The store in PostgreSQL, given a libpq URL, else that in the data folder; `exclusive` for a bridge that serves.

    Raises StoreError; also for what was moved away, or is not moved in to the end: what would be read there is not how
    things stand, and what would be done there is done to a copy that nobody serves.
    """
    if database is not None:
        # its driver takes long to import, and a data folder does not need it
        from bridge.photos.postgres import PostgresStore

        in_database = PostgresStore(database, data_folder, exclusive=exclusive)
        refuse_half_moved(in_database)
        return in_database
    making = partial(SqliteStore, data_folder, exclusive=exclusive)
    in_folder = with_reserve(data_folder, making) if exclusive else or_full(data_folder, making)
    refuse_moved_away(in_folder, data_folder)
    return in_folder


def refuse_half_moved(store: "PostgresStore") -> None:
    """Raise StoreError, with the store closed, when a move of photos into it has not come to its end."""
    half_moved = "The photos were not moved into the database to the end; run `tscharts-bridge move-store` again."
    _refuse(store, MOVING, half_moved)


def refuse_moved_away(store: SqliteStore, folder: Path) -> None:
    """Raise StoreError, with the store closed, when the photos of this data folder were moved into a database."""
    moved = f"The photos in {folder} were moved into a database; name it in the config under `database:`."
    _refuse(store, MOVED, moved)


def _refuse(store: "PostgresStore | SqliteStore", note: str, refusal: str) -> None:
    try:
        is_noted = bool(store.shared_note(note))
    except StoreError:
        store.close()
        raise
    if is_noted:
        store.close()
        raise StoreError(refusal)
