"""The store under test, one for each engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import photo_makers
import pytest

from bridge.photos import SqliteStore, Store

ENGINES: dict[str, Callable[[Path], Store]] = {"sqlite": SqliteStore}


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store that knows two practices."""
    opened = ENGINES[request.param](tmp_path / "data")
    opened.ensure_practices(photo_makers.PRACTICES)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"
