"""A mocked chart and a client of it."""

from collections.abc import Iterator

import pytest
import requests_mock

from bridge.secret import Secret
from bridge.tscharts import ChartAccount, ChartClient


@pytest.fixture
def chart() -> Iterator[requests_mock.Mocker]:
    with requests_mock.Mocker(case_sensitive=True) as mocker:
        yield mocker


@pytest.fixture
def client() -> ChartClient:
    return ChartClient(ChartAccount("https://chart.example.org", token=Secret("abcdef")))
