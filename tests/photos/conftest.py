"""The store under test, one for each engine."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import photo_makers
import pytest
from engines import NAMES, opened_store
from postgres_stores import postgres_database

from bridge.photos import PostgresStore, SqliteStore, Store
from bridge.secret import Secret
from postgres_server import PostgresServer


@pytest.fixture(params=NAMES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store that knows two practices."""
    with opened_store(request.param, tmp_path / "data", SqliteStore, PostgresStore) as opened:
        opened.ensure_practices(photo_makers.PRACTICES)
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def database() -> Iterator[Secret]:
    """The URL of a database with the store's tables."""
    with postgres_database() as url:
        yield url


@pytest.fixture
def open_store(database: Secret, tmp_path: Path) -> Iterator[Callable[..., PostgresStore]]:
    """Opens stores on one database as bridges on several machines do, each with a data folder of its own."""
    with contextlib.ExitStack() as opened:

        def opener(machine: str, url: Secret = database, **options: bool | float) -> PostgresStore:
            store = opened.enter_context(contextlib.closing(PostgresStore(url, tmp_path / machine, **options)))
            store.ensure_practices(photo_makers.PRACTICES)
            return store

        yield opener


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of these tests' own, to be stopped and started; what it has committed survives its end."""
    with PostgresServer({"max_connections": "30"}, is_durable=True) as started:
        yield started


@pytest.fixture
def own(server: PostgresServer) -> Secret:
    """A new database there."""
    return Secret(server.url(server.new_database()))
