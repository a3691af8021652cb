"""Help for held photos by the JSON door: what can be undone, what a name says, whose it may be."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from doing_site import DoingSite, signed_in

from bridge.photos import PhotoState
from bridge.sandbox import SandboxServer
from bridge_runner import GUID, make_config, running_bridge
from phone import picture, wait_until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoingSite]:
    folder: Path = tmp_path_factory.mktemp("held")
    with (
        SandboxServer() as chart,
        running_bridge(make_config(folder, chart.url, more="staff: {admins: [nurse], allow: [bridge]}")) as bridge,
    ):
        yield signed_in(bridge, chart)


@pytest.fixture
def photo(site: DoingSite, request: pytest.FixtureRequest) -> int:
    """A held photo of a test's own."""
    return site.held(content=picture(zlib.crc32(request.node.name.encode()))).id


class TestWaiting:
    def test_what_is_put_off_is_told_and_can_be_undone(self, site: DoingSite, photo: int) -> None:
        place = {"patient": 5, "type": "Xray", "station": "X-Ray", "wait_seconds": 60}
        answer = site.ask("POST", f"photos/{photo}/assign", json=place)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["state"], told["assigned"]) == ("held", None)
        assert (told["pending"]["act"], told["pending"]["actor"]) == ("assign", "nurse")
        assert told["pending"]["target"] == {"patient": 5, "type": "Xray", "clinic": 2, "station": 3}
        left = datetime.fromisoformat(told["pending"]["due_at"]) - datetime.now(UTC)
        assert 50 < left.total_seconds() <= 60
        undone = site.ask("POST", f"photos/{photo}/undo")
        assert (undone.status_code, undone.json()["pending"], undone.json()["state"]) == (200, None, "held")
        mine = [(action, who) for action, who, _, about, _ in site.actions() if about == photo]
        assert mine == [("assigned", "nurse"), ("undone", "nurse")]
        assert [each["to_state"] for each in site.ask("GET", f"photos/{photo}").json()["events"]] == ["queued", "held"]

    def test_it_is_done_when_nobody_undoes_it(self, site: DoingSite, photo: int) -> None:
        place = {"patient": 5, "type": "Surgery", "wait_seconds": 1}
        assert site.ask("POST", f"photos/{photo}/assign", json=place).status_code == 200
        wait_until(lambda: site.bridge.store.photo(photo).state is PhotoState.DELIVERED)
        assert site.ask("GET", f"photos/{photo}").json()["receipt"]["target"]["patient"] == 5
        late = site.ask("POST", f"photos/{photo}/undo")
        assert (late.status_code, "is done, or was taken back" in late.json()["detail"]) == (409, True)

    def test_a_discard_waits_too_so_that_the_phone_keeps_its_copy_until_then(self, site: DoingSite, photo: int) -> None:
        body = {"reason": "a thumb", "wait_seconds": 1}
        assert site.ask("POST", f"photos/{photo}/discard", json=body).json()["state"] == "held"
        wait_until(lambda: site.bridge.store.photo(photo).state is PhotoState.DISCARDED)
        assert site.bridge.store.events(photo)[-1].detail == "a thumb"

    def test_who_comes_second_is_told(self, site: DoingSite, photo: int) -> None:
        assert site.ask("POST", f"photos/{photo}/retry", json={"wait_seconds": 60}).status_code == 200
        for path, body in (
            ("discard", {"reason": "x", "wait_seconds": 60}),
            ("discard", {"reason": "x"}),
            ("retry", {}),
            ("assign", {"patient": 5, "type": "Xray"}),
        ):
            second = site.ask("POST", f"photos/{photo}/{path}", json=body)
            assert (second.status_code, "`nurse` has just said" in second.json()["detail"]) == (409, True)
        assert site.ask("POST", f"photos/{photo}/undo").status_code == 200

    @pytest.mark.parametrize("wait", [-1, 601, 1.5, "60", None])
    def test_a_wait_that_does_not_fit_is_400(self, site: DoingSite, photo: int, wait: object) -> None:
        answer = site.ask("POST", f"photos/{photo}/retry", json={"wait_seconds": wait})
        assert (answer.status_code, "`wait_seconds`" in answer.json()["detail"]) == (400, True)

    def test_a_place_that_is_not_there_is_refused_at_once(self, site: DoingSite, photo: int) -> None:
        place = {"patient": 999_999, "type": "Xray", "wait_seconds": 60}
        assert site.ask("POST", f"photos/{photo}/assign", json=place).status_code == 400
        assert site.ask("GET", f"photos/{photo}").json()["pending"] is None

    def test_lists_tell_those_of_which_something_was_said(self, site: DoingSite, photo: int) -> None:
        def ids(query: str) -> list[int]:
            return [each["id"] for each in site.ask("GET", f"photos?state=held&limit=100&{query}").json()["photos"]]

        assert photo in ids("pending=false")
        site.ask("POST", f"photos/{photo}/retry", json={"wait_seconds": 60})
        assert photo in ids("pending=true")
        assert photo not in ids("pending=false")
        assert photo in ids("")
        assert site.ask("GET", "photos?pending=perhaps").status_code == 400
        site.ask("POST", f"photos/{photo}/undo")


class TestCounting:
    def test_all_are_counted_by_reason_and_a_photo_has_its_place(self, site: DoingSite, photo: int) -> None:
        older = site.ask("GET", f"held-photos?photo={photo}").json()["place"]["next_older"]
        newer = site.held(content=picture(zlib.crc32(b"a newer one"))).id
        told = site.ask("GET", f"held-photos?photo={photo}").json()
        assert told["place"] == {"waits": True, "newer": 1, "next_newer": newer, "next_older": older}
        known = site.ask("GET", "photos?state=held&pending=false&limit=100").json()["photos"]
        assert sum(each["count"] for each in told["reasons"]) == len(known)
        among = site.ask("GET", f"held-photos?photo={photo}&reason=too-large").json()["place"]
        assert among == {"waits": False, "newer": 0, "next_newer": None, "next_older": None}
        assert site.ask("GET", "held-photos").json()["place"] is None

    @pytest.mark.parametrize("query", ["photo=x", "reason=boredom", "photo=0"])
    def test_what_does_not_fit_is_400(self, site: DoingSite, query: str) -> None:
        assert site.ask("GET", f"held-photos?{query}").status_code == 400


class TestAsIs:
    def test_a_place_can_be_given_to_a_damaged_photo_that_is_sent_as_it_is(self, site: DoingSite, photo: int) -> None:
        place = {"patient": 5, "type": "Xray", "as_is": True}
        told = site.ask("POST", f"photos/{photo}/assign", json={**place, "wait_seconds": 60}).json()
        assert (told["pending"]["act"], told["pending"]["target"]["patient"]) == ("send-as-is", 5)
        site.ask("POST", f"photos/{photo}/undo")
        assert site.ask("POST", f"photos/{photo}/assign", json=place).json()["assigned"]["patient"] == 5
        events = site.ask("GET", f"photos/{photo}").json()["events"]
        assert "sent as it is" in [each["reason"] for each in events]


class TestHelping:
    def test_a_name_is_explained_word_by_word(self, site: DoingSite) -> None:
        named = site.held(f"#{GUID}-#1001-#rx-#garcia-21-Nov-2026-10-11-12.jpg", content=picture(901)).id
        told = site.ask("GET", f"photos/{named}/explanation").json()
        means = {" ".join(each["words"]): each["means"] for each in told["steps"]}
        assert means["#1001"] == {"kind": "id", "value": "1001"}
        assert means["#rx"] == {"kind": "type", "value": "Xray"}
        assert means["#garcia"] is None
        assert told["type_stations"]["Xray"] == "X-Ray"
        assert told["taken_at"].startswith("2026-11-21")

    def test_likely_patients_have_what_a_person_needs_to_be_sure(self, site: DoingSite) -> None:
        named = site.held(f"#{GUID}-#132-#rx.jpg", content=picture(902)).id
        found = site.ask("GET", f"photos/{named}/likely-patients").json()["patients"]
        first = found[0]
        assert (first["id"], first["number_slip"], first["is_registered"]) == (123, "swapped", True)
        assert (first["name"], first["birth_date"]) == ("Abril Camacho Rivas", "2015-11-16")

    def test_a_name_alone_finds_who_is_registered(self, site: DoingSite) -> None:
        named = site.held(f"#{GUID}-#renata-#valdes-#cara.jpg", content=picture(903)).id
        found = site.ask("GET", f"photos/{named}/likely-patients").json()["patients"]
        assert [(each["id"], each["fits_name"]) for each in found] == [(3, True)]

    def test_only_named_staff_are_helped(self, site: DoingSite, photo: int) -> None:
        for method, path in (("GET", "explanation"), ("GET", "likely-patients"), ("POST", "undo")):
            assert site.ask(method, f"photos/{photo}/{path}", token="wrong").status_code == 401
            assert site.ask(method, f"photos/999999/{path}").status_code == (404)
