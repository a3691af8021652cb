"""Databases with the store's tables on the PostgreSQL that this process's tests share."""

import contextlib
import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bridge.photos import PostgresStore
from bridge.secret import Secret
from postgres_server import shared_server


@contextlib.contextmanager
def postgres_database() -> Iterator[Secret]:
    """The URL of a database with empty tables, for as long as the block runs."""
    server = shared_server()
    name = server.new_database(_template())
    try:
        yield Secret(server.url(name))
    finally:
        server.drop(name)


@functools.cache
def _template() -> str:
    """A database to copy, which is faster than to make the tables each time."""
    server = shared_server()
    name = server.new_database()
    with tempfile.TemporaryDirectory() as folder:
        PostgresStore(Secret(server.url(name)), Path(folder)).close()
    return name
