"""Signing in at the JSON door, and who did what, for admins."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from json_site import PROBLEM, JsonSite, picture, posted, running_json_door

from bridge.charting import StaffSettings
from bridge.charting.guesses import MOST_OF_BOTH
from bridge.sandbox import SandboxServer


class EchoMaker:
    """Gives files back as they are."""

    def preview(self, file: bytes, edge: int, /) -> bytes:
        return file[: edge * 1000]


STAFF = StaffSettings(frozenset({"bridge"}), frozenset({"nurse"}))


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def site(chart: SandboxServer, tmp_path: Path) -> Iterator[JsonSite]:
    with running_json_door({"clinic": chart}, tmp_path, EchoMaker(), staff=STAFF) as running:
        yield running


def _signs_in(site: JsonSite, username: str, password: str) -> requests.Response:
    return site.ask("POST", "login/", json={"username": username, "password": password})


def _token(site: JsonSite, username: str) -> str:
    answer = _signs_in(site, username, f"{username}-pass")
    assert answer.status_code == 200
    return str(answer.json()["token"])


def test_an_account_of_the_chart_gives_its_token(site: JsonSite, chart: SandboxServer) -> None:
    answer = _signs_in(site, "bridge", "bridge-pass")
    assert (answer.status_code, answer.json()) == (200, {"token": chart.token("bridge"), "username": "bridge"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("username", "password"), [("bridge", "wrong"), ("nobody", "x"), ("inactive", "inactive-pass")]
)
def test_a_wrong_password_is_401(site: JsonSite, username: str, password: str) -> None:
    answer = _signs_in(site, username, password)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM)
    assert "password" in answer.json()["detail"]


def test_who_is_not_on_the_list_is_403_once_the_password_was_right(site: JsonSite, chart: SandboxServer) -> None:
    assert _signs_in(site, "nopin", "wrong").status_code == 401
    answer = _signs_in(site, "nopin", "nopin-pass")
    assert answer.status_code == 403
    assert chart.token("nopin") not in answer.text
    assert site.ask("GET", "patients/1", chart.token("nopin")).status_code == 401


def test_guesses_are_limited(site: JsonSite) -> None:
    for number in range(MOST_OF_BOTH):
        assert _signs_in(site, "bridge", f"guess-{number}").status_code == 401
    answer = _signs_in(site, "BRIDGE", "bridge-pass")
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, PROBLEM)
    assert answer.headers["Retry-After"] == "3600"
    assert _signs_in(site, "nurse", "nurse-pass").status_code == 200


@pytest.mark.parametrize("body", [{}, {"username": "bridge"}, {"username": 5, "password": "x"}, {"pin": "1234"}])
def test_what_is_no_account_is_400(site: JsonSite, body: dict[str, object]) -> None:
    assert site.ask("POST", "login/", json=body).status_code == 400


def test_only_admins_see_what_people_did(site: JsonSite) -> None:
    assert site.ask("GET", "events", _token(site, "bridge")).status_code == 403
    assert site.ask("GET", "events").status_code == 401
    assert site.ask("GET", "events", _token(site, "nurse")).json() == {"events": [], "next": None}


def test_events_say_who_what_and_when_and_can_be_narrowed(site: JsonSite, chart: SandboxServer) -> None:
    staff, admin = _token(site, "bridge"), _token(site, "nurse")
    ids = [posted(chart, picture(), patient) for patient in (1, 2, 1)]
    for image_id in ids:
        site.ask("GET", f"images/{image_id}/file", staff)
    site.ask("GET", f"images/{ids[1]}/thumbnail", admin)

    def found(**wanted: object) -> list[int]:
        answer = site.ask("GET", "events", admin, params=wanted)
        assert answer.status_code == 200
        return [each["image_id"] for each in answer.json()["events"]]

    newest = site.ask("GET", "events", admin, params={"limit": 1}).json()
    (event,) = newest["events"]
    assert (event["who"], event["action"], event["image_id"], event["patient"]) == ("nurse", "seen", ids[1], 2)
    assert abs(datetime.fromisoformat(event["at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert found(before=newest["next"]) == ids[::-1]
    assert found(who="bridge") == ids[::-1]
    assert found(patient=1) == [ids[2], ids[0]]
    assert found(image=ids[1]) == [ids[1], ids[1]]
    assert found(action="seen", since=event["at"]) == [ids[1]]
    assert found(until="2020-01-01T00:00:00") == []
    assert found(photo=1) == []


@pytest.mark.parametrize(
    "wanted",
    [
        "since=yesterday",
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        "action=flown",
        "patient=x",
        "before=0",
        "who=",
        "limit=1000",
    ],
)
def test_an_odd_question_for_events_is_400(site: JsonSite, wanted: str) -> None:
    assert site.ask("GET", f"events?{wanted}", _token(site, "nurse")).status_code == 400


def test_a_chart_that_answers_oddly_is_502(tmp_path: Path) -> None:
    with (
        SandboxServer(allowed_hosts=("chart.example.org",)) as odd,
        running_json_door({"clinic": odd}, tmp_path, EchoMaker()) as site,
    ):
        answer = site.ask("GET", "patients/1", "x")
        assert (answer.status_code, answer.headers["Content-Type"]) == (502, PROBLEM)
