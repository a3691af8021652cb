"""Moving and deleting images by the JSON door of a whole bridge."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from doing_site import DoingSite, signed_in

from bridge.charting import removing
from bridge.charting.move_chain import check_not_moving
from bridge.photos import MoveStore
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge_runner import make_config, running_bridge
from phone import wait_until

RIGHT, WRONG, OTHER, NOBODY = 5, 3, 4, 999_999


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoingSite]:
    folder: Path = tmp_path_factory.mktemp("moves")
    with (
        SandboxServer(database=folder / "chart.db") as chart,
        running_bridge(make_config(folder, chart.url, more="staff: {admins: [nurse]}")) as bridge,
    ):
        yield signed_in(bridge, chart)


@pytest.fixture(autouse=True)
def quiet(site: DoingSite) -> Iterator[None]:
    yield
    site.chart.faults.clear()


def whose(site: DoingSite, *image_ids: int) -> list[int]:
    """The patients of those of these images that are in the chart."""
    return [each.patient for each in site.chart.images() if each.id in image_ids]


def move(site: DoingSite, image_id: int, patient: int = RIGHT, **options: str) -> requests.Response:
    """What the door says to somebody who moves an image."""
    return site.ask("POST", f"images/{image_id}/move", json={"patient": patient, "reason": "wrong person"}, **options)


class TestMoving:
    def test_an_image_is_moved_at_once_and_its_move_can_be_looked_at(self, site: DoingSite) -> None:
        image_id = site.put(1)
        answer = move(site, image_id)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["state"], told["patient"], told["to_patient"], told["type"]) == ("moved", WRONG, RIGHT, "Surgery")
        assert (told["asked_by"], told["reason"], told["trouble"]) == ("nurse", "wrong person", None)
        assert whose(site, image_id, told["new_image_id"]) == [RIGHT]
        assert site.ask("GET", f"moves/{told['id']}").json() == told
        assert move(site, image_id).json() == told
        assert site.actions()[-2:] == [
            ("moving", "nurse", image_id, None, "wrong person"),
            ("moved", "nurse", told["new_image_id"], None, "wrong person"),
        ]

    def test_moves_are_listed_by_state_the_newest_first(self, site: DoingSite) -> None:
        done = [move(site, site.put(number)).json() for number in (8, 9)]
        page = site.ask("GET", "moves?state=moved&limit=1").json()
        assert page == {"moves": [done[1]], "next": done[1]["id"]}
        assert site.ask("GET", f"moves?limit=1&before={page['next']}").json()["moves"] == [done[0]]
        assert site.ask("GET", "moves?state=stuck").json() == {"moves": [], "next": None}

    def test_one_that_is_slow_is_202_and_goes_on_by_itself(self, site: DoingSite) -> None:
        image_id = site.put(2)
        site.chart.faults.add(Fault(FaultKind.CUT_BEFORE_STORING, "POST", "image"))
        answer = move(site, image_id)
        assert answer.status_code == 202, answer.text
        told = answer.json()
        assert told["state"] == "sending"
        assert told["trouble"]
        assert move(site, image_id).status_code == 202
        other = move(site, image_id, OTHER)
        assert other.status_code == 409
        assert other.json()["detail"].startswith(f"Image {image_id} is just being moved to another patient (move ")
        deletion = site.ask("DELETE", f"images/{image_id}", json={"reason": "meanwhile"})
        assert deletion.status_code == 409
        site.chart.faults.clear()
        wait_until(lambda: site.ask("GET", f"moves/{told['id']}").json()["state"] == "moved")
        assert whose(site, image_id) == []

    @pytest.mark.parametrize(
        ("patient", "words"),
        [(NOBODY, "The chart has no patient 999999"), (WRONG, "is patient 3's already"), (0, "`patient`")],
    )
    def test_a_patient_who_does_not_fit_is_400_at_once(self, site: DoingSite, patient: int, words: str) -> None:
        image_id = site.put(3)
        answer = move(site, image_id, patient)
        assert answer.status_code == 400
        assert words in answer.json()["detail"]
        assert whose(site, image_id) == [WRONG]

    def test_a_reason_must_be_given(self, site: DoingSite) -> None:
        answer = site.ask("POST", f"images/{site.put(4)}/move", json={"patient": RIGHT})
        assert answer.status_code == 400
        assert "`reason`" in answer.json()["detail"]

    def test_what_is_not_there_is_404(self, site: DoingSite) -> None:
        assert move(site, NOBODY).status_code == 404
        assert site.ask("GET", "moves/999999").status_code == 404

    def test_a_chart_that_is_away_is_502_and_nothing_is_begun(self, site: DoingSite) -> None:
        image_id = site.put(5)
        site.chart.stop()
        try:
            assert move(site, image_id).status_code == 502
        finally:
            site.chart.start()

    def test_strangers_move_nothing(self, site: DoingSite) -> None:
        image_id = site.put(6)
        assert move(site, image_id, token="wrong").status_code == 401
        assert whose(site, image_id) == [WRONG]

    def test_a_practice_in_the_address_is_the_one_that_asks(self, site: DoingSite) -> None:
        told = move(site, site.put(7), prefix="/p/clinic-b").json()
        assert site.bridge.store.move(told["id"]).wanted.practice == "clinic-b"
        assert told["state"] == "moved"


class TestDeleting:
    def test_an_image_goes_with_a_reason_which_is_noted_before_and_after(self, site: DoingSite) -> None:
        image_id = site.put(20)
        assert site.ask("GET", f"images/{image_id}/thumbnail").status_code == 200
        answer = site.ask("DELETE", f"images/{image_id}", json={"reason": "blurred"})
        assert (answer.status_code, answer.json()) == (200, {"id": image_id, "deleted": True})
        assert whose(site, image_id) == []
        assert site.actions()[-2:] == [
            ("deleting", "nurse", image_id, None, "blurred"),
            ("deleted", "nurse", image_id, None, "blurred"),
        ]
        assert site.ask("GET", f"images/{image_id}/thumbnail").status_code == 404
        again = site.ask("DELETE", f"images/{image_id}", json={"reason": "blurred"})
        assert again.status_code == 404

    def test_without_a_reason_it_stays(self, site: DoingSite) -> None:
        image_id = site.put(21)
        for body in ({}, {"reason": ""}, {"reason": None}):
            assert site.ask("DELETE", f"images/{image_id}", json=body).status_code == 400
        assert whose(site, image_id) == [WRONG]

    def test_the_reason_may_stand_in_the_address(self, site: DoingSite) -> None:
        """Some libraries send no body with DELETE."""
        image_id = site.put(26)
        assert site.ask("DELETE", f"images/{image_id}?reason=%20").status_code == 400
        sentence = site.ask("DELETE", f"images/{image_id}").json()["detail"]
        assert "`reason` is missing" in sentence
        assert site.ask("DELETE", f"images/{image_id}?reason=too%20dark").status_code == 200
        assert site.actions()[-1] == ("deleted", "nurse", image_id, None, "too dark")

    def test_who_deletes_what_somebody_just_then_begins_to_move_is_told_where_it_may_be(
        self, site: DoingSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image_id, told = site.put(26), []

        def look_and_be_overtaken(moves: MoveStore, chart: str, image: int) -> None:
            check_not_moving(moves, chart, image)
            site.chart.faults.add(Fault(FaultKind.STATUS, method="DELETE", resource="image", status=502, times=1))
            told.append(move(site, image).json())

        monkeypatch.setattr(removing, "check_not_moving", look_and_be_overtaken)
        answer = site.ask("DELETE", f"images/{image_id}", json={"reason": "blurred"})
        assert answer.status_code == 409
        assert f"is deleted, but just then somebody began to move it to patient {RIGHT}" in answer.json()["detail"]
        wait_until(lambda: site.ask("GET", f"moves/{told[0]['id']}").json()["state"] == "moved")
        assert whose(site, image_id, site.bridge.store.move(told[0]["id"]).new_image_id or 0) == [RIGHT]

    def test_one_whose_file_is_lost_can_be_deleted(self, site: DoingSite) -> None:
        image_id = site.put(22)
        site.chart.lose_file(image_id)
        assert site.ask("DELETE", f"images/{image_id}", json={"reason": "lost"}).status_code == 200

    def test_strangers_delete_nothing(self, site: DoingSite) -> None:
        image_id = site.put(23)
        assert site.ask("DELETE", f"images/{image_id}", token="wrong", json={"reason": "x"}).status_code == 401
        assert whose(site, image_id) == [WRONG]

    def test_a_chart_that_is_odd_is_502(self, site: DoingSite) -> None:
        image_id = site.put(24)
        site.chart.faults.add(Fault(FaultKind.STATUS, "DELETE", "image", status=405))
        assert site.ask("DELETE", f"images/{image_id}", json={"reason": "x"}).status_code == 502
        assert whose(site, image_id) == [WRONG]
