"""Answers as recorded of tscharts, and a mocked chart to give them."""

from typing import Any

import requests_mock

from bridge.targets import ChartTarget, ImageType
from bridge.tscharts import prepare_post

BASE = "https://chart.example.org/tscharts/v1/"
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
EMPTY = {"content": b"", "headers": HTML}
NOT_FOUND = {"text": '{"detail":"Not found."}', "headers": JSON}
PAGE = {"text": "<!doctype html><title>Welcome</title>", "headers": HTML}
POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2), b"picture")
LARGE_POST = prepare_post(ChartTarget(1, ImageType.HEADSHOT, 2), bytes(400_000))


def give(chart: requests_mock.Mocker, path: str, text: str = "", method: str = "GET", **more: Any) -> None:
    """Let the chart answer a request with JSON text, or as `more` says."""
    chart.register_uri(method, BASE + path, **({"text": text, "headers": JSON} | more if text else more))


def query(chart: requests_mock.Mocker) -> dict[str, list[str]]:
    """The parameters of the last request."""
    last = chart.last_request
    assert last is not None
    return dict(last.qs)
