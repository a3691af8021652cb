"""Small pictures of images at the JSON door: made once, and gone when the image is gone."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from json_site import JsonSite, data_asked, deleted, got, picture, posted, running_json_door
from PIL import Image

from bridge.imaging import Workshop
from bridge.sandbox import SandboxServer


@pytest.fixture(scope="module")
def chart(roomy_chart: SandboxServer) -> SandboxServer:
    return roomy_chart


@pytest.fixture(scope="module")
def site(roomy_site: JsonSite) -> JsonSite:
    return roomy_site


def test_a_thumbnail_is_a_small_jpeg_and_is_made_once(site: JsonSite, chart: SandboxServer) -> None:
    image_id = posted(chart, picture(900, 600, "PNG"))
    before = data_asked(chart)
    answers = [got(site, chart, f"images/{image_id}/thumbnail") for _ in range(3)]
    with Image.open(io.BytesIO(answers[0].content)) as small:
        assert (small.format, small.size) == ("JPEG", (256, 171))
    assert answers[0].content == answers[2].content
    assert answers[0].headers["Content-Type"] == "image/jpeg"
    assert answers[0].headers["Cache-Control"] == "private, no-cache"
    assert data_asked(chart) - before == 1


def test_a_thumbnail_in_the_cache_needs_a_good_token_all_the_same(site: JsonSite, chart: SandboxServer) -> None:
    path = f"images/{posted(chart, picture())}/thumbnail"
    assert got(site, chart, path).status_code == 200
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
        assert got(site, chart, f"images/{other}/thumbnail").status_code == 200
        one = _kept(site)
        assert got(site, chart, f"images/{image_id}/thumbnail").status_code == 200
        assert len(_kept(site)) == 2
        deleted(chart, image_id)
        got(site, chart, seen_in.format(image_id))
        assert _kept(site) == one
        assert got(site, chart, f"images/{image_id}/thumbnail").status_code == 404
        assert got(site, chart, f"images/{other}/thumbnail").status_code == 200
        deleted(chart, other)


def test_a_kept_thumbnail_of_other_bytes_than_the_image_has_is_not_shown(site: JsonSite, chart: SandboxServer) -> None:
    """A chart that was restored from its backup gives numbers again, and the new image may be known already."""
    image_id = posted(chart, picture())
    path = f"images/{image_id}/thumbnail"
    got(site, chart, path)
    site.store.remember_image(
        _address(chart), replace(site.store.image_facts(_address(chart), [image_id])[image_id], sha256="ab" * 32)
    )
    before = data_asked(chart)
    assert got(site, chart, path).status_code == 200
    assert data_asked(chart) == before + 1


def test_a_kept_thumbnail_asks_the_chart_once_in_some_seconds_whether_the_image_is_there(
    site: JsonSite, chart: SandboxServer
) -> None:
    path = f"images/{posted(chart, picture())}/thumbnail"
    got(site, chart, path)
    before = len(chart.requests)
    for _ in range(5):
        assert got(site, chart, path).status_code == 200
    asked = chart.requests[before:]
    assert [each.method for each in asked if "/image/0/" not in each.path] == ["HEAD"]


def test_a_picture_that_breaks_off_has_a_thumbnail_or_none_but_no_failure(site: JsonSite, chart: SandboxServer) -> None:
    whole = picture(300, 300)
    for cut in (len(whole) - 40, len(whole) // 2, 30):
        assert got(site, chart, f"images/{posted(chart, whole[:cut])}/thumbnail").status_code in (200, 422)
