"""The engines of the store, for tests that run on each."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from postgres_stores import postgres_database

from bridge.photos import PostgresStore, SqliteStore

NAMES = ("sqlite", "postgres")
S = TypeVar("S", bound=SqliteStore)
P = TypeVar("P", bound=PostgresStore)


@contextlib.contextmanager
def opened_store(engine: str, folder: Path, sqlite: Callable[[Path], S], postgres: Callable[..., P]) -> Iterator[S | P]:
    """An empty store of the engine of this name, made by one of the two, for as long as the block runs."""
    if engine == "sqlite":
        with contextlib.closing(sqlite(folder)) as in_folder:
            yield in_folder
        return
    with postgres_database() as url, contextlib.closing(postgres(url, folder)) as in_database:
        yield in_database
