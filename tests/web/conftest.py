"""A bridge of three practices, two of them with passwords, for tests that leave it as it was."""

from collections.abc import Iterator

import pytest
from page_site import CLINIC_A, CLINIC_B, CLINIC_C, Site, site


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("pages"), CLINIC_A, CLINIC_B, CLINIC_C) as running:
        yield running
