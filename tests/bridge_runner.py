"""Runs a whole bridge in a test: a real config.yaml in a folder, real threads, a real port."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from bridge.config import load_config
from bridge.service import Service
from bridge.settings import Config
from ports import free_port

GUID = "uPSE4UWHmJ8XqFUqvf"
OTHER_GUID = "aB3dE5fG7hI9jK1lM3"
REPOSITORY = Path(__file__).parent.parent

_CONFIG = """
data_folder: data
server: {{host: 127.0.0.1, port: {port}, threads: 24}}
uploads: {{{uploads}}}
delivery: {{{delivery}}}
chart: {{url: "{chart_url}", username: bridge, password_file: chart-password, connect_timeout_seconds: 5, {chart}}}
{more}
practices:
  - {{name: clinic-a, guid: {guid}, mapping: thousand-smiles.yaml, time_zone: America/Los_Angeles}}
  - {{name: clinic-b, guid: {other_guid}, mapping: thousand-smiles.yaml, time_zone: America/Los_Angeles}}
"""


def make_config(
    folder: Path,
    chart_url: str,
    *,
    uploads: str = "allow_unpaired: false",
    delivery: str = "retry_first_seconds: 0.2, retry_longest_seconds: 1",
    chart: str = "read_timeout_seconds: 5",
    port: int = 0,
    more: str = "",
) -> Config:
    """A config of two practices on one chart. The texts are flow YAML settings of their sections."""
    shutil.copy(REPOSITORY / "mappings" / "thousand-smiles.yaml", folder)
    (folder / "chart-password").write_text("bridge-pass\n")
    file = folder / "config.yaml"
    file.write_text(
        _CONFIG.format(
            port=port or free_port(),
            uploads=uploads,
            delivery=delivery,
            chart_url=chart_url,
            chart=chart,
            more=more,
            guid=GUID,
            other_guid=OTHER_GUID,
        )
    )
    return load_config(file)


@contextlib.contextmanager
def running_bridge(config: Config) -> Iterator[Service]:
    """A bridge that serves and delivers until the block ends."""
    service = Service(config)
    service.start()
    try:
        yield service
    finally:
        service.stop()
