"""What most tests of deliveries start with: a chart that keeps its data over a restart, and a bridge of two clinics."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import make_config, running_bridge


@pytest.fixture
def chart(tmp_path: Path) -> Iterator[SandboxServer]:
    """An empty chart."""
    with SandboxServer(database=tmp_path / "chart.db") as server:
        yield server


@pytest.fixture
def bridge(tmp_path: Path, chart: SandboxServer) -> Iterator[Service]:
    """A running bridge of that chart."""
    with running_bridge(make_config(tmp_path, chart.url)) as service:
        yield service
