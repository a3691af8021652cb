"""What is seen and what is deleted through the tscharts-shaped door is on record, however it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from charting_site import Site, running_door
from doing_site import DoingSite, signed_in

from bridge.charting import Action
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge_runner import make_config, running_bridge
from phone import wait_until
from tscharts.chart_wire import answering, response, serving

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
OTHER_LAYOUT = b'{\n    "id": 7,\n    "patient": 12,\n    "data": "QUJD"\n}'


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def site(chart: SandboxServer) -> Iterator[Site]:
    with running_door({"clinic": chart}) as running:
        yield running


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoingSite]:
    """A whole bridge, where images are moved and small pictures are kept."""
    folder: Path = tmp_path_factory.mktemp("noted")
    with (
        SandboxServer(database=folder / "chart.db") as chart,
        running_bridge(make_config(folder, chart.url, more="staff: {admins: [nurse]}")) as bridge,
    ):
        yield signed_in(bridge, chart)


def noted(site: Site) -> list[tuple[Action, int | None, int | None, str]]:
    return [(each.action, each.image_id, each.patient, each.reason) for each in site.audit.events()]


def asked(whole: DoingSite, method: str, path: str, json: object = None) -> requests.Response:
    """One request of the nurse at the tscharts-shaped door."""
    return requests.request(
        method,
        f"{whole.url}/tscharts/v1/{path}",
        headers={"Authorization": f"Token {whole.token}"},
        timeout=20,
        json=json,
    )


def moved(whole: DoingSite, image_id: int, patient: int) -> requests.Response:
    return whole.ask("POST", f"images/{image_id}/move", json={"patient": patient, "reason": "wrong person"})


@pytest.mark.parametrize("query", ["", "&format=json"])
def test_a_page_for_browsers_is_noted_with_the_picture_that_it_holds(
    chart: SandboxServer, site: Site, query: str
) -> None:
    image_id = site.post(chart.token("nurse"), patient=5, data="cGFnZQ==").json()["id"]
    for path in (f"image/?patient=5&newest=true{query}", f"image/{image_id}/?{query}"):
        page = site.ask("GET", path, chart.token("nurse"), headers={"Accept": BROWSER})
        assert page.headers["Content-Type"].startswith("text/html")
        assert "cGFnZQ==" in page.text
    assert noted(site)[1:] == [(Action.SEEN, image_id, 5, "")] * 2


def test_a_list_as_a_page_is_no_look_at_a_picture(chart: SandboxServer, site: Site) -> None:
    site.post(chart.token("nurse"), patient=5)
    page = site.ask("GET", "image/?patient=5", chart.token("nurse"), headers={"Accept": BROWSER})
    assert (page.status_code, len(noted(site))) == (200, 1)


@pytest.mark.parametrize("status", ["200 OK", "206 Partial Content"])
def test_json_in_another_layout_and_parts_of_an_image_are_noted_too(status: str) -> None:
    whole = response(OTHER_LAYOUT, "Content-Type: application/json")
    answer = response(OTHER_LAYOUT, "Content-Type: application/json", status=status)
    with serving(answering(answer, whole), answering(whole)) as server, running_door({"clinic": server.url}) as site:
        assert site.ask("GET", "image/7/", "a-token").content == OTHER_LAYOUT
        assert noted(site) == [(Action.SEEN, 7, 12, "")]


def test_what_cannot_be_told_is_not_shown() -> None:
    page = response(b"<html>QUJD</html>", "Content-Type: text/html")
    with serving(answering(page, page), answering(page)) as server, running_door({"clinic": server.url}) as site:
        answer = site.ask("GET", "image/7/", "a-token")
        assert (answer.status_code, answer.headers["Content-Type"]) == (502, "application/problem+json")
        assert "cannot tell which picture" in answer.json()["detail"]
        assert noted(site) == []


@pytest.mark.parametrize("zeros", ["0", "0" * 25])
def test_zeros_before_an_images_number_hide_nothing(chart: SandboxServer, site: Site, zeros: str) -> None:
    token = chart.token("nurse")
    image_id = site.post(token, data="emVyb3M=").json()["id"]
    body = {"patient": 1, "type": "Headshot", "data": "emVyb3M="}
    posted = [site.ask("POST", f"image/{zeros}{image_id}/", token, json=body).json()["id"] for _ in range(2)]
    assert len(set(posted)) == 1
    assert site.ask("DELETE", f"image/{zeros}{image_id}/", token).status_code == 200
    assert noted(site) == [
        (Action.ADDED, image_id, 1, ""),
        (Action.ADDED, posted[0], 1, ""),
        (Action.DELETING, image_id, 1, ""),
        (Action.DELETED, image_id, 1, ""),
    ]


@pytest.mark.parametrize(
    "path", ["image/1/x/", "image//1/", "image/x/", f"image/{10**18}9/", "patient/1/x/", "clinic/"]
)
def test_deletions_at_addresses_that_say_nothing_go_nowhere(chart: SandboxServer, site: Site, path: str) -> None:
    before = len(chart.requests)
    answer = site.ask("DELETE", path, chart.token("nurse"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert len(chart.requests) == before


@pytest.mark.parametrize(("path", "patient"), [("patient/005/", 5), ("clinic/2/", None), ("station/1/", None)])
def test_what_images_belong_to_is_deleted_with_a_note_of_each_image(
    chart: SandboxServer, site: Site, path: str, patient: int | None
) -> None:
    token = chart.token("nurse")
    images = [
        site.post(token, patient=5, clinic=2, station=1, data=data).json()["id"]
        for data in ("b25l", "dHdv", "dHdvMg==")
    ]
    assert site.ask("DELETE", path, token).status_code == 200
    assert not set(images) & {image.id for image in chart.images()}
    kept = [each for each in noted(site) if each[0] is not Action.ADDED]
    plain = path.replace("00", "")
    whole = f"{plain} as a whole, with 3 images"
    for action in (Action.DELETING, Action.DELETED):
        own = [each for each in kept if each[0] is action]
        assert own[0] == (action, None, patient, whole)
        assert {each[1:] for each in own[1:]} == {(image, patient, f"along with {plain}") for image in images}


def test_what_is_not_there_or_may_not_be_deleted_is_not_noted_as_deleted(chart: SandboxServer, site: Site) -> None:
    for token in (chart.token("nurse"), "nonsense", None):
        assert site.ask("DELETE", "patient/99999/", token).status_code in (401, 404)
    assert noted(site) == []


class TestSmallPictures:
    def shown(self, whole: DoingSite, image_id: int) -> int:
        return whole.ask("GET", f"images/{image_id}/thumbnail").status_code

    def files(self, whole: DoingSite) -> int:
        return len(list((whole.bridge.config.data_folder / "thumbnails").iterdir()))

    @pytest.mark.parametrize("path", ["image/{}/", "patient/9/"])
    def test_go_with_an_image_that_is_deleted_at_this_door(self, whole: DoingSite, path: str) -> None:
        image_id = whole.put(30, patient=9)
        assert self.shown(whole, image_id) == 200
        before = self.files(whole)
        assert asked(whole, "DELETE", path.format(image_id)).status_code == 200
        assert (self.shown(whole, image_id), self.files(whole)) == (404, before - 1)

    def test_go_with_an_image_whose_move_ends_when_nobody_waits_any_more(self, whole: DoingSite) -> None:
        image_id = whole.put(31)
        assert self.shown(whole, image_id) == 200
        before = self.files(whole)
        whole.chart.faults.add(Fault(FaultKind.SLOW_ANSWER, "POST", "image", times=1, delay_seconds=4.5))
        told = moved(whole, image_id, 4)
        assert told.status_code == 202
        wait_until(lambda: whole.ask("GET", f"moves/{told.json()['id']}").json()["state"] == "moved", 20)
        assert self.files(whole) == before - 1


def test_an_image_that_is_just_being_moved_is_not_deleted(whole: DoingSite) -> None:
    image_id = whole.put(32)
    whole.chart.faults.add(Fault(FaultKind.CUT_BEFORE_STORING, "POST", "image"))
    number = moved(whole, image_id, 4).json()["id"]
    answer = asked(whole, "DELETE", f"image/{image_id}/")
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        f"Image {image_id} is just being moved (move {number}); look how that ends, then ask again.",
    )
    whole.chart.faults.clear()
    wait_until(lambda: whole.ask("GET", f"moves/{number}").json()["state"] == "moved", 20)
    assert asked(whole, "DELETE", f"image/{image_id}/").status_code == 404


def test_the_same_post_after_a_move_answers_with_the_image_where_it_is_now(whole: DoingSite) -> None:
    body = {"patient": 3, "type": "Surgery", "data": "bW92ZWQ="}
    image_id = asked(whole, "POST", "image/", json=body).json()["id"]
    second = moved(whole, image_id, 4).json()["new_image_id"]
    third = moved(whole, second, 5).json()["new_image_id"]
    assert asked(whole, "POST", "image/", json=body).json() == {"id": third}
    assert asked(whole, "DELETE", f"image/{third}/").status_code == 200
    again = asked(whole, "POST", "image/", json=body).json()["id"]
    assert [image.patient for image in whole.chart.images() if image.data == "bW92ZWQ="] == [3]
    assert again not in (image_id, second, third)
