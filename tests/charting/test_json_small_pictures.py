"""Small pictures of images at the JSON door: made once, and gone when the image is gone."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from json_site import JsonSite, deleted, picture, posted, running_json_door
from PIL import Image

from bridge.imaging import Workshop
from bridge.sandbox import SandboxServer


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer(body_limit_bytes=16_000_000) as running:
        yield running


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer, workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsonSite]:
    folder: Path = tmp_path_factory.mktemp("store")
    with running_json_door({"clinic": chart}, folder, workshop) as running:
        yield running


def _get(site: JsonSite, chart: SandboxServer, path: str, **options: object) -> requests.Response:
    return site.ask("GET", path, chart.token("bridge"), **options)


def _data_asked(chart: SandboxServer) -> int:
    """How often the chart was asked for an image with its data. Image 0 is asked for to judge tokens."""
    asked = [each.path for each in chart.requests if each.method == "GET" and "/image/" in each.path]
    return sum(path[-2].isdigit() and not path.endswith("/image/0/") for path in asked)


def test_a_thumbnail_is_a_small_jpeg_and_is_made_once(site: JsonSite, chart: SandboxServer) -> None:
    image_id = posted(chart, picture(900, 600, "PNG"))
    before = _data_asked(chart)
    answers = [_get(site, chart, f"images/{image_id}/thumbnail") for _ in range(3)]
    with Image.open(io.BytesIO(answers[0].content)) as small:
        assert (small.format, small.size) == ("JPEG", (256, 171))
    assert answers[0].content == answers[2].content
    assert answers[0].headers["Content-Type"] == "image/jpeg"
    assert answers[0].headers["Cache-Control"] == "private, no-cache"
    assert _data_asked(chart) - before == 1


def test_a_thumbnail_in_the_cache_needs_a_good_token_all_the_same(site: JsonSite, chart: SandboxServer) -> None:
    path = f"images/{posted(chart, picture())}/thumbnail"
    assert _get(site, chart, path).status_code == 200
    assert site.ask("GET", path).status_code == 401
    assert site.ask("GET", path, "nonsense").status_code == 401


def _address(chart: SandboxServer) -> str:
    return f"{chart.url}/tscharts/v1/"


def _kept(site: JsonSite) -> set[str]:
    """The small pictures on the disk."""
    return {path.name for path in site.thumbnails.iterdir()}


@pytest.mark.parametrize(
    "seen_in", ["images?patient=8", "images/{}", "images/{}/file", "images/{}/thumbnail"], ids=lambda path: path[7:]
)
def test_a_thumbnail_goes_from_the_disk_once_anybody_sees_that_the_image_is_gone(
    chart: SandboxServer, workshop: Workshop, tmp_path: Path, seen_in: str
) -> None:
    """Whoever deleted it, at the chart itself, a moment ago."""
    with running_json_door({"clinic": chart}, tmp_path, workshop) as site:
        other, image_id = posted(chart, picture(), 8), posted(chart, picture(), 8)
        assert _get(site, chart, f"images/{other}/thumbnail").status_code == 200
        one = _kept(site)
        assert _get(site, chart, f"images/{image_id}/thumbnail").status_code == 200
        assert len(_kept(site)) == 2
        deleted(chart, image_id)
        _get(site, chart, seen_in.format(image_id))
        assert _kept(site) == one
        assert _get(site, chart, f"images/{image_id}/thumbnail").status_code == 404
        assert _get(site, chart, f"images/{other}/thumbnail").status_code == 200
        deleted(chart, other)


def test_a_kept_thumbnail_of_other_bytes_than_the_image_has_is_not_shown(site: JsonSite, chart: SandboxServer) -> None:
    """A chart that was restored from its backup gives numbers again, and the new image may be known already."""
    image_id = posted(chart, picture())
    path = f"images/{image_id}/thumbnail"
    _get(site, chart, path)
    site.store.remember_image(
        _address(chart), replace(site.store.image_facts(_address(chart), [image_id])[image_id], sha256="ab" * 32)
    )
    before = _data_asked(chart)
    assert _get(site, chart, path).status_code == 200
    assert _data_asked(chart) == before + 1


def test_a_kept_thumbnail_asks_the_chart_once_in_some_seconds_whether_the_image_is_there(
    site: JsonSite, chart: SandboxServer
) -> None:
    path = f"images/{posted(chart, picture())}/thumbnail"
    _get(site, chart, path)
    before = len(chart.requests)
    for _ in range(5):
        assert _get(site, chart, path).status_code == 200
    asked = chart.requests[before:]
    assert [each.method for each in asked if "/image/0/" not in each.path] == ["HEAD"]


def test_a_picture_that_breaks_off_has_a_thumbnail_or_none_but_no_failure(site: JsonSite, chart: SandboxServer) -> None:
    whole = picture(300, 300)
    for cut in (len(whole) - 40, len(whole) // 2, 30):
        assert _get(site, chart, f"images/{posted(chart, whole[:cut])}/thumbnail").status_code in (200, 422)
