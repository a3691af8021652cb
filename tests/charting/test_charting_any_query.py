"""Whatever is asked for: the chart's own answer, or 400 with a sentence, and never everyone's images by mistake."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import requests
from charting_site import Site, running_door
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.sandbox import SandboxServer

NAMES = ["patient", "clinic", "station", "type", "sort", "newest", "format", "PATIENT", "clinicid", "", "patient "]
VALUES = [
    "",
    "0",
    "00",
    "-0",
    " 0",
    "1",
    "123",
    "9999",
    "-1",
    "1_0",
    "abc",
    "1.5",
    "٣",
    "Headshot",
    "true",
    "false",
    "9" * 30,
]
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=5)


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture(scope="module")
def site(chart: SandboxServer) -> Iterator[Site]:
    with running_door({"clinic": chart}) as running:
        for patient in (1, 123):
            for kind in ("Headshot", "Xray"):
                running.post(chart.token("bridge"), patient=patient, type=kind, clinic=2)
        yield running


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES)
def test_a_list_is_the_charts_own_or_refused(
    chart: SandboxServer, site: Site, parameters: list[tuple[str, str]]
) -> None:
    path = f"image/?{urlencode(parameters)}"
    headers = {"Authorization": f"Token {chart.token('bridge')}"}
    own = requests.get(f"{chart.url}/tscharts/v1/{path}", headers=headers, timeout=5)
    ours = site.ask("GET", path, chart.token("bridge"))
    if ours.headers["Content-Type"] == "application/problem+json":
        assert ours.status_code == 400
        assert ours.json()["detail"].endswith(".")
    else:
        assert (ours.status_code, ours.content) == (own.status_code, own.content)
        assert own.status_code != 500
        is_everyone = own.status_code == 200 and own.content == b"[1,2,3,4]"
        assert not is_everyone or not {name for name, _ in parameters} - {"type", "sort", "newest", "format"}
