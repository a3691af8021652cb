"""A chart, a config of two practices on it, and commands."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cli_runs import Command, Ended, here

from bridge.sandbox import SandboxServer
from bridge.settings import Config
from bridge_runner import make_config


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process."""
    return partial(here, capsys)


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    """A running chart with its own patients."""
    with SandboxServer() as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, chart: SandboxServer) -> Config:
    """A config of two practices on the chart."""
    return make_config(tmp_path, chart.url, more="staff: {allow: [bridge]}")


@pytest.fixture
def bridge(command: Command, config: Config) -> Callable[..., Ended]:
    """Runs a command in this process with that config."""
    return partial(command, "--config", config.file)
