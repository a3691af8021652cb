"""Photos of the bridge by the JSON door: what is shown of them, and what people may do (bridge/charting/json_door)."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from doing_site import NAME, DoingSite, signed_in

from bridge.photos import PhotoState
from bridge.sandbox import SandboxServer
from bridge_runner import make_config, running_bridge
from phone import picture, wait_until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoingSite]:
    folder: Path = tmp_path_factory.mktemp("photos")
    with (
        SandboxServer() as chart,
        running_bridge(make_config(folder, chart.url, more="staff: {admins: [nurse]}")) as bridge,
    ):
        yield signed_in(bridge, chart)


@pytest.fixture
def photo(site: DoingSite, request: pytest.FixtureRequest) -> int:
    """A held photo of a test's own."""
    return site.held(NAME, content=picture(zlib.crc32(request.node.name.encode()))).id


class TestShowing:
    def test_a_page_has_the_newest_first_and_says_how_to_go_on(self, site: DoingSite) -> None:
        ids = [site.held(content=picture(number + 10)).id for number in range(3)]
        page = site.ask("GET", "photos?limit=2").json()
        assert [each["id"] for each in page["photos"]] == ids[:0:-1]
        assert page["next"] == ids[1]
        rest = site.ask("GET", f"photos?limit=100&before={page['next']}").json()
        assert rest["photos"][0]["id"] == ids[0]
        assert rest["next"] is None

    def test_photos_are_found_by_state_reason_practice_and_time(self, site: DoingSite, photo: int) -> None:
        at = datetime.fromisoformat(site.ask("GET", f"photos/{photo}").json()["received_at"])
        has_it = ["state=held", "reason=unknown-patient", "practice=clinic-a", f"since={at:%Y-%m-%dT%H:%M:%SZ}"]
        has_not = ["state=delivered", "reason=no-type", "practice=clinic-b", "practice=x", "until=2026-01-01T00:00:00Z"]
        for query in has_it + has_not:
            page = site.ask("GET", f"photos?{query}&limit=100").json()
            assert (photo in [each["id"] for each in page["photos"]]) == (query in has_it), query

    @pytest.mark.parametrize(
        "query", ["state=lost", "reason=x", "since=soon", "limit=0", "limit=101", "before=-1", "a=b"]
    )
    def test_what_does_not_fit_is_400_with_its_name(self, site: DoingSite, query: str) -> None:
        answer = site.ask("GET", f"photos?{query}")
        assert answer.status_code == 400
        assert f"`{query.partition('=')[0]}`" in answer.json()["detail"]

    def test_one_photo_is_shown_with_its_hold_its_history_and_its_receipt(self, site: DoingSite, photo: int) -> None:
        shown = site.ask("GET", f"photos/{photo}").json()
        assert shown["hold"] == {
            "reason": "unknown-patient",
            "sentence": "The chart has no patient with id 999; assign the photo.",
        }
        assert [each["to_state"] for each in shown["events"]] == ["queued", "held"]
        assert (shown["receipt"], shown["waiting_for"], shown["next_attempt_at"]) == (None, None, None)
        assert shown["captured_at"] == "2026-11-21T10:11:12"

    @pytest.mark.parametrize("path", ["999999", "0", "x", "999999/preview"])
    def test_a_photo_that_is_not_there_is_404(self, site: DoingSite, path: str) -> None:
        assert site.ask("GET", f"photos/{path}").status_code == 404

    def test_a_preview_is_a_jpeg_of_the_wanted_size_and_is_noted_before(self, site: DoingSite, photo: int) -> None:
        before = len(site.actions())
        answer = site.ask("GET", f"photos/{photo}/preview?edge=32")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert answer.content.startswith(b"\xff\xd8")
        assert site.actions()[before:] == [("seen", "nurse", None, photo, "")]
        again = site.ask("GET", f"photos/{photo}/preview?edge=15")
        assert again.status_code == 400

    def test_what_is_no_picture_has_no_preview(self, site: DoingSite) -> None:
        photo = site.held(content=b"no picture at all")
        answer = site.ask("GET", f"photos/{photo.id}/preview")
        assert answer.status_code == 422
        assert "cannot be shown" in answer.json()["detail"]

    def test_without_a_token_nothing_is_shown(self, site: DoingSite, photo: int) -> None:
        for path in ("photos", f"photos/{photo}", f"photos/{photo}/preview"):
            assert site.ask("GET", path, token="wrong").status_code == 401


class TestDoing:
    def test_a_held_photo_is_assigned_and_goes_to_the_chart(self, site: DoingSite, photo: int) -> None:
        answer = site.ask("POST", f"photos/{photo}/assign", json={"patient": 5, "type": "Xray", "clinic": 2})
        assert answer.status_code == 200, answer.text
        assert answer.json()["assigned"] == {"patient": 5, "type": "Xray", "clinic": 2, "station": None}
        assert ("assigned", "nurse", None, photo, "") in site.actions()
        wait_until(lambda: site.bridge.store.photo(photo).state is PhotoState.DELIVERED)
        shown = site.ask("GET", f"photos/{photo}").json()
        assert shown["receipt"]["target"] == answer.json()["assigned"]
        assert [each["actor"] for each in shown["events"] if each["reason"] == "assigned"] == ["nurse"]
        again = site.ask("POST", f"photos/{photo}/assign", json={"patient": 5, "type": "Xray"})
        assert again.status_code == 409
        assert "is `delivered` by now" in again.json()["detail"]

    @pytest.mark.parametrize(
        ("place", "words"),
        [
            ({"patient": 999_999, "type": "Xray", "clinic": "none"}, "is not assigned, so correct that"),
            ({"patient": 5, "type": "Xray", "station": "Moon", "clinic": "none"}, "is not assigned, so correct that"),
            ({"patient": 5, "type": "Xray", "clinic": 999_999}, "is not assigned, so correct that"),
            ({"patient": 5, "type": "Selfie"}, "`type`"),
            ({"patient": 5, "type": "Xray", "clinic": "soon"}, "`clinic`"),
            ({"type": "Xray"}, "`patient`"),
        ],
    )
    def test_a_place_that_is_not_in_the_chart_is_400(
        self, site: DoingSite, photo: int, place: dict[str, object], words: str
    ) -> None:
        answer = site.ask("POST", f"photos/{photo}/assign", json=place)
        assert answer.status_code == 400
        assert words in answer.json()["detail"]
        assert site.bridge.store.photo(photo).state is PhotoState.HELD

    def test_a_held_photo_is_tried_again(self, site: DoingSite, photo: int) -> None:
        answer = site.ask("POST", f"photos/{photo}/retry", json={"as_is": True})
        assert (answer.status_code, answer.json()["state"]) == (200, "queued")
        assert site.bridge.store.is_wanted_as_is(site.bridge.store.photo(photo))
        assert ("retried", "nurse", None, photo, "") in site.actions()

    def test_a_photo_is_discarded_for_good_with_a_reason(self, site: DoingSite, photo: int) -> None:
        for body in ({}, {"reason": "  "}, {"reason": 5}):
            assert site.ask("POST", f"photos/{photo}/discard", json=body).status_code == 400
        answer = site.ask("POST", f"photos/{photo}/discard", json={"reason": "taken by mistake"})
        assert (answer.status_code, answer.json()["state"]) == (200, "discarded")
        assert ("discarded", "nurse", None, photo, "taken by mistake") in site.actions()
        for action in ("discard", "retry"):
            body = {"reason": "again"} if action == "discard" else {}
            assert site.ask("POST", f"photos/{photo}/{action}", json=body).status_code == 409

    def test_strangers_do_nothing(self, site: DoingSite, photo: int) -> None:
        for action in ("assign", "retry", "discard"):
            assert site.ask("POST", f"photos/{photo}/{action}", token="wrong", json={}).status_code == 401
        assert site.bridge.store.photo(photo).state is PhotoState.HELD


def test_photos_of_practices_of_another_chart_are_not_there(tmp_path: Path) -> None:
    with SandboxServer() as chart, SandboxServer() as other:
        config = make_config(tmp_path, chart.url)
        text = config.file.read_text().replace(
            "{name: clinic-b,",
            f"{{name: clinic-b, chart: {{url: '{other.url}', username: bridge, password_file: chart-password}},",
        )
        more = "charting: {default_practice: clinic-a}\nstaff: {admins: [clinic-a/nurse, clinic-b/nurse]}"
        config.file.write_text(text.replace("\npractices:", f"\n{more}\npractices:"))
        from bridge.config import load_config

        with running_bridge(load_config(config.file)) as bridge:
            site = signed_in(bridge, chart)
            mine, theirs = site.held(), site.held(practice="clinic-b")
            assert [each["id"] for each in site.ask("GET", "photos").json()["photos"]] == [mine.id]
            assert site.ask("GET", f"photos/{theirs.id}").status_code == 404
            assert site.ask("POST", f"photos/{theirs.id}/discard", json={"reason": "x"}).status_code == 404
            token = signed_in(bridge, other, prefix="/p/clinic-b").token
            there = site.ask("GET", "photos", token, prefix="/p/clinic-b").json()["photos"]
            assert [each["id"] for each in there] == [theirs.id]


class TestWhoMay:
    """Photos and moves are the bridge's own, so that being a user of the chart is not enough."""

    ASKED = (
        ("GET", "photos"),
        ("GET", "photos/1"),
        ("GET", "photos/1/preview"),
        ("POST", "photos/1/assign"),
        ("POST", "photos/1/retry"),
        ("POST", "photos/1/discard"),
        ("POST", "images/1/move"),
        ("GET", "moves"),
        ("GET", "moves/1"),
    )

    @staticmethod
    def _answers(site: DoingSite, token: str | None = None) -> set[tuple[int, str]]:
        asked = [site.ask(method, path, token) for method, path in TestWhoMay.ASKED]
        return {(each.status_code, each.json()["detail"]) for each in asked}

    def test_where_staff_names_nobody_nobody_may(self, tmp_path: Path) -> None:
        with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url)) as bridge:
            site = signed_in(bridge, chart)
            photo = site.held()
            for token in (None, chart.token("bridge")):
                ((status, sentence),) = self._answers(site, token)
                assert status == 403
                assert "name them in `staff.allow`" in sentence
            body = {"reason": "mine now"}
            assert site.ask("POST", f"photos/{photo.id}/discard", json=body).status_code == 403
            assert bridge.store.photo(photo.id).state is PhotoState.HELD
            assert site.ask("GET", "images?patient=1").status_code == 200
            assert site.ask("GET", "patients/1").status_code == 200

    def test_those_whom_staff_names_may_and_others_may_not(self, tmp_path: Path) -> None:
        with SandboxServer() as chart:
            config = make_config(tmp_path, chart.url, more="staff: {allow: [nopin], admins: [nurse]}")
            with running_bridge(config) as bridge:
                admin, staff = signed_in(bridge, chart), signed_in(bridge, chart, "nopin", "nopin-pass")
                assert admin.ask("GET", "photos").status_code == staff.ask("GET", "photos").status_code == 200
                assert staff.ask("GET", "moves").status_code == 200

    def test_who_came_with_a_token_from_elsewhere_is_asked_to_sign_in(self, site: DoingSite) -> None:
        ((status, sentence),) = self._answers(site, site.chart.token("nopin"))
        assert status == 401
        assert "POST to /api/v1/login/" in sentence
        signed_in(site.bridge, site.chart, "nopin", "nopin-pass")
        ((status, sentence),) = self._answers(site, site.chart.token("nopin"))
        assert status == 403

    def test_an_address_with_a_practice_is_for_the_photos_of_that_practice(self, site: DoingSite) -> None:
        mine, theirs = site.held(content=picture(801)).id, site.held(practice="clinic-b", content=picture(802)).id
        for prefix, seen in (("", {mine, theirs}), ("/p/clinic-a", {mine}), ("/p/clinic-b", {theirs})):
            page = site.ask("GET", "photos?limit=100", prefix=prefix).json()
            assert {each["id"] for each in page["photos"]} & {mine, theirs} == seen
        assert site.ask("GET", "photos?practice=clinic-b", prefix="/p/clinic-a").json()["photos"] == []
        for path in (f"photos/{theirs}", f"photos/{theirs}/preview"):
            assert site.ask("GET", path, prefix="/p/clinic-a").status_code == 404
        gone = site.ask("POST", f"photos/{theirs}/discard", prefix="/p/clinic-a", json={"reason": "x"})
        assert gone.status_code == 404
        assert site.bridge.store.photo(theirs).state is PhotoState.HELD
