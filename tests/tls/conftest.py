"""A certificate for each test."""

from pathlib import Path

import pytest
from tls_server import NAMES

from bridge.tls import TlsSettings, make_self_signed


@pytest.fixture
def pair(tmp_path: Path) -> TlsSettings:
    """A new self-signed pair."""
    settings = TlsSettings.in_folder(tmp_path / "tls")
    make_self_signed(settings, NAMES)
    return settings
