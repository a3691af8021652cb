"""What the tests of moves share, and the workshop of those with pictures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from json_site import JsonSite, running_json_door
from move_site import OTHER, RIGHT, WRONG, Site

from bridge.imaging import Workshop
from bridge.sandbox import SandboxServer


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    """A chart of each test's own."""
    with SandboxServer() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, chart: SandboxServer) -> Iterator[Site]:
    """A mover's store and chart, where the three patients have no images."""
    site = Site(tmp_path, chart)
    for image in site.images(RIGHT, WRONG, OTHER):
        site.client.delete_image(image.id)
    yield site
    site.close()


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """A process that works on pictures."""
    with Workshop(workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def roomy_chart() -> Iterator[SandboxServer]:
    """A chart that takes large pictures."""
    with SandboxServer(body_limit_bytes=16_000_000) as running:
        yield running


@pytest.fixture(scope="module")
def roomy_site(
    roomy_chart: SandboxServer, workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JsonSite]:
    """A JSON door in front of that chart."""
    with running_json_door({"clinic": roomy_chart}, tmp_path_factory.mktemp("store"), workshop) as running:
        yield running
