"""What the chaos tests share: a chart, the engines, and a way to tell their figures."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clinic import chart_seed
from fleet import ENGINES, Engine
from scale import SEED

from bridge.sandbox import SandboxServer


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    """A chart with the clinic's patients and stations, in memory."""
    with SandboxServer(chart_seed()) as server:
        yield server


@pytest.fixture
def large_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for gigabytes: it is removed at once, not kept as pytest keeps its own."""
    folder = tmp_path / "large"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine in turn."""
    engine: Engine = request.param
    return engine


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Notes figures of a test for the table, and says them, the seed among them: it is shown when the test fails."""

    def note(**values: Any) -> None:
        for name, value in values.items():
            sys.stdout.write(f"{name} = {value}\n")
            record_property(name, value)

    note(seed=SEED)
    return note
