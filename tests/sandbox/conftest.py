"""A running sandbox, and a client signed in to it."""

from collections.abc import Iterator

import pytest
from sandbox_client import Chart

from bridge.sandbox import SandboxServer


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def chart(server: SandboxServer) -> Chart:
    return Chart(server)
