"""Images at the JSON door: as objects, their bytes, and their small pictures."""

import hashlib
import random
from datetime import UTC, datetime

import pybase64
import pytest
from json_site import PROBLEM, JsonSite, data_asked, deleted, got, picture, posted

from bridge.photos import NewUpload, Receipt, Source, SqliteStore
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.targets import ChartTarget, ImageType


@pytest.fixture(scope="module")
def chart(roomy_chart: SandboxServer) -> SandboxServer:
    return roomy_chart


@pytest.fixture(scope="module")
def site(roomy_site: JsonSite) -> JsonSite:
    return roomy_site


def test_a_patients_images_come_as_objects_the_newest_first(site: JsonSite, chart: SandboxServer) -> None:
    first, second = picture(30, 20), picture(40, 50, "PNG")
    ids = [posted(chart, first, 2, clinic=1, station=2), posted(chart, second, 2, type="Xray")]
    answer = got(site, chart, "images?patient=2")
    assert answer.status_code == 200
    page = answer.json()
    assert (page["total"], page["next"], [each["id"] for each in page["images"]]) == (2, None, ids[::-1])
    assert page["images"][1] == {
        "id": ids[0],
        "patient": 2,
        "type": "Headshot",
        "clinic": 1,
        "station": 2,
        "media_type": "image/jpeg",
        "size_bytes": len(first),
        "width": 30,
        "height": 20,
        "is_readable": True,
        "is_ours": False,
        "photo_id": None,
        "practice": None,
        "taken_at": None,
    }
    shown = page["images"][0]
    assert (shown["type"], shown["clinic"], shown["media_type"], shown["width"]) == ("Xray", None, "image/png", 40)
    assert got(site, chart, f"images/{ids[1]}").json() == shown
    assert [each["id"] for each in got(site, chart, "images?patient=2&type=Xray").json()["images"]] == [ids[1]]
    assert [each["id"] for each in got(site, chart, "images?patient=2&clinic=1").json()["images"]] == [ids[0]]


def test_data_is_asked_for_once(site: JsonSite, chart: SandboxServer) -> None:
    for _ in range(3):
        posted(chart, picture(), 3)
    before = data_asked(chart)
    pages = [got(site, chart, "images?patient=3").json() for _ in range(3)]
    assert pages[0] == pages[1] == pages[2]
    assert data_asked(chart) - before == 3


def test_pages_follow_each_other_without_gap_or_repeat(site: JsonSite, chart: SandboxServer) -> None:
    ids = [posted(chart, picture(), 4) for _ in range(7)]
    found, after = [], ""
    while True:
        page = got(site, chart, f"images?patient=4&limit=3{after}").json()
        found += [each["id"] for each in page["images"]]
        if page["next"] is None:
            break
        after = f"&before={page['next']}"
    assert found == ids[::-1]
    assert page["total"] == 7


def test_a_page_goes_on_after_an_image_that_was_deleted_meanwhile(site: JsonSite, chart: SandboxServer) -> None:
    ids = [posted(chart, picture(), 5) for _ in range(5)]
    page = got(site, chart, "images?patient=5&limit=2").json()
    deleted(chart, page["next"])
    rest = got(site, chart, f"images?patient=5&before={page['next']}").json()
    assert [each["id"] for each in rest["images"]] == ids[:3][::-1]


def test_a_patient_without_images_has_an_empty_page_and_an_unknown_one_is_404(
    site: JsonSite, chart: SandboxServer
) -> None:
    assert got(site, chart, "images?patient=9").json() == {"images": [], "total": 0, "next": None}
    answer = got(site, chart, "images?patient=987654")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)


@pytest.mark.parametrize(
    "query",
    ["", "patient=0", "patient=", "patient=x", "patient=1&type=headshot", "patient=1&clinic=0", "patient=1&a=1"],
)
def test_a_question_that_would_list_everyone_is_refused(site: JsonSite, chart: SandboxServer, query: str) -> None:
    before = len(chart.requests)
    assert got(site, chart, f"images?{query}").status_code == 400
    assert all("image/0/" in each.path for each in chart.requests[before:])


def test_images_that_are_lost_empty_or_no_base64_stand_in_the_list(site: JsonSite, chart: SandboxServer) -> None:
    odd = [posted(chart, text, 6) for text in ("", "no base64!", "QQ=Q", '\ud83d\ude00 \\ "')]
    page = got(site, chart, "images?patient=6").json()
    assert [(each["id"], each["is_readable"], each["size_bytes"]) for each in page["images"]] == [
        (each, False, None) for each in odd[::-1]
    ]
    for each in odd:
        for what in ("file", "thumbnail"):
            answer = got(site, chart, f"images/{each}/{what}")
            assert (answer.status_code, answer.headers["Content-Type"]) == (422, PROBLEM)


def _spelt(original: bytes) -> list[str]:
    """The same bytes as clients write them."""
    plain = pybase64.b64encode(original).decode()
    return [
        plain,
        plain.rstrip("="),
        plain.replace("+", "-").replace("/", "_"),
        f"data:image/jpeg;base64,{plain}",
        f" {plain} ",
        f"{plain}\nQUJD",
    ]


@pytest.mark.parametrize("spelling", range(6))
@pytest.mark.parametrize("size", [0, 1, 2, 3, 190, 191, 192, 193, 700, 100_000])
def test_bytes_come_back_as_they_were_however_they_were_spelt(
    site: JsonSite, chart: SandboxServer, size: int, spelling: int
) -> None:
    original = b"\xff\xd8\xff" + random.Random(size).randbytes(size)
    image_id = posted(chart, _spelt(original)[spelling], 7)
    answer = got(site, chart, f"images/{image_id}/file")
    assert answer.status_code == 200
    assert answer.content == original
    assert answer.headers["ETag"] == f'"{hashlib.sha256(original).hexdigest()}"'


def test_a_picture_is_shown_privately_as_what_it_is(site: JsonSite, chart: SandboxServer) -> None:
    for kind, media_type in (("JPEG", "jpeg"), ("PNG", "png"), ("GIF", "gif"), ("WEBP", "webp")):
        headers = got(site, chart, f"images/{posted(chart, picture(kind=kind))}/file").headers
        assert headers["Content-Type"] == f"image/{media_type}"
        assert headers["Content-Disposition"].startswith("inline")
        assert headers["Cache-Control"] == "private, no-cache"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script>", b"%PDF-1.7\n", b"", b"<svg xmlns='x'/>", b"BM"]
)
def test_what_is_no_picture_is_given_as_a_file_to_keep(site: JsonSite, chart: SandboxServer, content: bytes) -> None:
    image_id = posted(chart, pybase64.b64encode(content).decode() or "====")
    answer = got(site, chart, f"images/{image_id}/file")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert got(site, chart, f"images/{image_id}/thumbnail").status_code == 422


def test_parts_of_a_file_are_given(site: JsonSite, chart: SandboxServer) -> None:
    original = picture(400, 300)
    path, size = f"images/{posted(chart, original)}/file", len(original)
    etag = got(site, chart, path).headers["ETag"]
    wanted = {
        "bytes=0-9": (0, 10),
        "bytes=10-": (10, size),
        "bytes=-5": (size - 5, size),
        f"bytes=5-{10**17}": (5, size),
    }
    for said, (start, end) in wanted.items():
        answer = got(site, chart, path, headers={"Range": said, "If-Range": etag})
        assert (answer.status_code, answer.content) == (206, original[start:end])
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.headers["Content-Length"] == str(end - start)
    for said in ("bytes=9-5", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", ""):
        assert got(site, chart, path, headers={"Range": said}).content == original
    assert got(site, chart, path, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).content == original
    for said in (f"bytes={size}-", "bytes=-0"):
        answer = got(site, chart, path, headers={"Range": said})
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_file_that_the_caller_has_is_not_sent_again(site: JsonSite, chart: SandboxServer) -> None:
    for what in ("file", "thumbnail"):
        path = f"images/{posted(chart, picture())}/{what}"
        etag = got(site, chart, path).headers["ETag"]
        for said in (etag, f"W/{etag}", f'"x", {etag}', "*"):
            answer = got(site, chart, path, headers={"If-None-Match": said})
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
        assert got(site, chart, path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_the_head_of_a_file_is_as_the_file(site: JsonSite, chart: SandboxServer) -> None:
    original = picture()
    answer = site.ask("HEAD", f"images/{posted(chart, original)}/file", chart.token("bridge"))
    assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, str(len(original)), b"")


def test_an_image_that_is_not_there_is_404(site: JsonSite, chart: SandboxServer) -> None:
    image_id = posted(chart, picture())
    for what in ("", "/file", "/thumbnail"):
        assert got(site, chart, f"images/987654{what}").status_code == 404
        assert got(site, chart, f"images/{image_id}{what}").status_code == 200
    deleted(chart, image_id)
    for what in ("", "/file", "/thumbnail"):
        assert got(site, chart, f"images/{image_id}{what}").status_code == 404


def test_every_look_is_noted_with_who_and_whose(site: JsonSite, chart: SandboxServer) -> None:
    image_id = posted(chart, picture(), 10)
    site.ask("POST", "login/", json={"username": "bridge", "password": "bridge-pass"})
    before = len(site.audited())
    got(site, chart, "images?patient=10")
    got(site, chart, f"images/{image_id}")
    assert len(site.audited()) == before
    for what in ("file", "thumbnail", "thumbnail"):
        got(site, chart, f"images/{image_id}/{what}")
    seen = site.audited()[before:]
    assert [(each.who, each.action, each.image_id, each.patient) for each in seen] == [
        ("bridge", "seen", image_id, 10)
    ] * 3


def _sent(store: SqliteStore, chart: SandboxServer, image_id: int) -> int:
    """A photo of this bridge that became this image."""
    store.ensure_practices({"clinic": None})
    incoming = store.incoming()
    incoming.write(b"a picture")
    taken = datetime.fromisoformat("2026-11-20T09:30:00")
    store.add(NewUpload("clinic", "10.jpg", Source.PHOTO_API, "image/jpeg", taken), incoming)
    incoming.discard()
    photo = store.claim("test")
    assert photo is not None
    target = ChartTarget(1, ImageType.HEADSHOT)
    attempt = store.start_attempt(photo, target, "0" * 64, 1)
    store.deliver(photo, Receipt(photo.id, chart.url, image_id, target, "0" * 64, 1, True, datetime.now(UTC)), attempt)
    return photo.id


def test_images_that_this_bridge_sent_say_so(site: JsonSite, chart: SandboxServer) -> None:
    image_id = posted(chart, picture(), 11)
    photo_id = _sent(site.store, chart, image_id)
    shown = got(site, chart, f"images/{image_id}").json()
    assert (shown["is_ours"], shown["photo_id"], shown["practice"]) == (True, photo_id, "clinic")
    assert shown["taken_at"] == "2026-11-20T09:30:00"


@pytest.mark.parametrize("kind", [FaultKind.CUT_ANSWER, FaultKind.PORTAL_PAGE, FaultKind.PORTAL_REDIRECT])
@pytest.mark.parametrize("what", ["", "/file", "/thumbnail"])
def test_a_chart_that_breaks_off_or_is_not_reached_gives_no_half_picture(
    site: JsonSite, chart: SandboxServer, kind: FaultKind, what: str
) -> None:
    image_id = posted(chart, picture(700, 500))
    assert got(site, chart, "patients/1").status_code == 200
    chart.faults.add(Fault(kind, "GET", "image"))
    try:
        answer = got(site, chart, f"images/{image_id}{what}")
    finally:
        chart.faults.clear()
    assert (answer.status_code in (502, 504), answer.headers["Content-Type"]) == (True, PROBLEM)
    assert got(site, chart, f"images/{image_id}{what}").status_code == 200


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_page_in_the_charts_place_does_not_say_that_an_image_is_gone(
    site: JsonSite, chart: SandboxServer, status: int
) -> None:
    image_id = posted(chart, picture())
    assert got(site, chart, f"images/{image_id}/thumbnail").status_code == 200
    chart.faults.add(Fault(FaultKind.STATUS, None, "image", status=status))
    try:
        answers = [got(site, chart, f"images/{image_id}{what}").status_code for what in ("", "/file")]
    finally:
        chart.faults.clear()
    assert answers == [502, 502]
    assert got(site, chart, f"images/{image_id}/thumbnail").status_code == 200
