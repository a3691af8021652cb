"""Bridges to upload to: one for paired phones alone, and one that also takes photos without a guid."""

from collections.abc import Iterator

import pytest

from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import make_config, running_bridge

OPEN = "allow_unpaired: true, unpaired_practice: clinic-b, max_upload_bytes: 200000, max_pixels: 1000000"


@pytest.fixture(scope="session")
def chart() -> Iterator[SandboxServer]:
    """A chart that works: nothing has to be tried again in the background."""
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="session")
def bridge(tmp_path_factory: pytest.TempPathFactory, chart: SandboxServer) -> Iterator[Service]:
    """A bridge with the usual settings."""
    with running_bridge(make_config(tmp_path_factory.mktemp("paired"), chart.url)) as service:
        yield service


@pytest.fixture(scope="session")
def open_bridge(tmp_path_factory: pytest.TempPathFactory, chart: SandboxServer) -> Iterator[Service]:
    """A bridge that takes photos without a guid from its own network, up to 200 000 bytes and a megapixel."""
    with running_bridge(make_config(tmp_path_factory.mktemp("open"), chart.url, uploads=OPEN)) as service:
        yield service
