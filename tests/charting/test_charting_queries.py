"""Questions for a list that the chart would fail at, or answer with everyone's images."""

from collections.abc import Iterator

import pytest
import requests
from charting_site import ALL_OFF, Site, running_door

from bridge.sandbox import SandboxServer


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer) -> Iterator[Site]:
    with running_door({"clinic": chart}) as running:
        running.post(chart.token("bridge"), patient=1, clinic=2)
        running.post(chart.token("bridge"), patient=123, data="REVG")
        yield running


NARROWED_BY_NOTHING = (
    "?patient=0",
    "?patient=",
    "?patient=0&type=Headshot",
    "?patient=&clinic=2",
    "?patient=0&newest=true",
    "?patient=+0+",
    "?clinic=0",
    "?station=",
    "?clinicid=1",
    "?PATIENT=6&type=Xray",
    "?patient=1&patient=0",
)
AS_THE_CHART_DOES = (
    "",
    "?sort=true",
    "?type=Headshot",
    "?newest=true",
    "?patient=1",
    "?patient=1&clinic=0",
    "?patient=1&clinicid=7",
    "?clinic=2&limit=1",
    "?patient=%201%20",
    "?patient=-1",
    "?patient=99999999999999999999",
    "?patient=0&patient=1",
    "?format=json",
)


@pytest.mark.parametrize("query", NARROWED_BY_NOTHING)
def test_what_would_list_everyone_is_refused_with_a_sentence(chart: SandboxServer, site: Site, query: str) -> None:
    answer = site.ask("GET", f"image/{query}", chart.token("bridge"))
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 400
    assert answer.json()["detail"].endswith("every patient.")
    assert site.ask("HEAD", f"image/{query}", chart.token("bridge")).status_code == 400


@pytest.mark.parametrize("query", ["?patient=abc", "?patient=1&clinic=1.5", "?station=x&sort=garbage", "?patient=٣x"])
def test_what_is_no_number_is_refused_with_a_sentence(chart: SandboxServer, site: Site, query: str) -> None:
    answer = site.ask("GET", f"image/{query}", chart.token("bridge"))
    assert answer.status_code == 400
    assert "must be a whole number" in answer.json()["detail"]


@pytest.mark.parametrize("query", AS_THE_CHART_DOES)
def test_other_questions_are_answered_as_by_the_chart(chart: SandboxServer, site: Site, query: str) -> None:
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    own = requests.get(f"{chart.url}/tscharts/v1/image/{query}", headers=headers, timeout=5)
    answer = site.ask("GET", f"image/{query}", chart.token("bridge"))
    assert (answer.status_code, answer.content) == (own.status_code, own.content)


@pytest.mark.parametrize("query", ["?patient=0", "?patient=abc"])
def test_only_those_the_chart_knows_hear_why(site: Site, query: str) -> None:
    for token in (None, "nonsense"):
        answer = site.ask("GET", f"image/{query}", token)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_great_many_parameters_are_refused(chart: SandboxServer, site: Site) -> None:
    answer = site.ask("GET", "image/?" + "&".join(f"a{number}" for number in range(1200)), chart.token("bridge"))
    assert answer.status_code == 400


def test_the_switches_bring_the_charts_own_answers_back(chart: SandboxServer) -> None:
    with running_door({"clinic": chart}, door=ALL_OFF) as plain:
        plain.post(chart.token("bridge"))
        assert plain.ask("GET", "image/?patient=abc", chart.token("bridge")).status_code == 500
        ids = [image.id for image in chart.images()]
        assert plain.ask("GET", "image/?patient=0", chart.token("bridge")).json() == ids
