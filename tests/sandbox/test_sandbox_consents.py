"""Consents, as the chart's own client library makes, finds and deletes them; the answers are those of its source."""

from typing import Any

import pytest
from sandbox_client import Chart
from tschartslib.consent.consent import CreateConsent, DeleteConsent, GetConsent

from bridge.sandbox import SandboxServer

GIVEN = {"registration": 11, "patient": 123, "clinic": 2, "general_consent": True, "photo_consent": False}


def at(server: SandboxServer) -> tuple[str, int, str]:
    return "127.0.0.1", server.port, server.token("bridge")


def create(server: SandboxServer, given: dict[str, Any]) -> tuple[int, Any]:
    status, answer = CreateConsent(*at(server), dict(given)).send(timeout=5)
    return status, answer


def test_the_charts_own_library_makes_finds_and_deletes_a_consent(server: SandboxServer) -> None:
    assert create(server, GIVEN) == (200, {"id": 1})
    kept = {"id": 1, **GIVEN}
    by_id = GetConsent(*at(server))
    by_id.setId(1)
    assert by_id.send(timeout=5) == (200, kept)
    by_all = GetConsent(*at(server))
    by_all.setRegistration(11)
    by_all.setPatient(123)
    by_all.setClinic(2)
    assert by_all.send(timeout=5) == (200, [kept])
    assert DeleteConsent(*at(server), 1).send(timeout=5) == (200, {})
    assert by_id.send(timeout=5)[0] == 404
    assert by_all.send(timeout=5) == (200, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"registration": 999},
        {"patient": 999},
        {"clinic": 999},
        {"patient": 1},
        {"clinic": 1},
        {"registration": "eleven"},
        {"general_consent": 123},
        {"photo_consent": "yes"},
        {"photo_consent": None},
        {"hello": True},
    ],
)
def test_a_consent_that_fits_no_registration_or_says_neither_yes_nor_no_is_400(
    server: SandboxServer, wrong: dict[str, Any]
) -> None:
    assert create(server, GIVEN | wrong)[0] == 400
    assert Chart(server).get("consent/?clinic=2").json() == []


@pytest.mark.parametrize("missing", GIVEN)
def test_a_consent_must_say_everything(server: SandboxServer, missing: str) -> None:
    assert create(server, {name: value for name, value in GIVEN.items() if name != missing})[0] == 400


def test_a_registration_has_one_consent(server: SandboxServer) -> None:
    assert create(server, GIVEN)[0] == 200
    assert create(server, GIVEN | {"photo_consent": True})[0] == 400


@pytest.mark.parametrize("query", ["patient=999&clinic=2", "clinic=0", "registration=abc", "patient=-1"])
def test_what_no_row_has_is_404_with_an_empty_body(chart: Chart, query: str) -> None:
    answer = chart.get(f"consent/?{query}")
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_search_without_any_id_is_400_and_a_missing_consent_404(chart: Chart) -> None:
    assert chart.get("consent/").status_code == chart.get("consent/?patient=").status_code == 400
    missing = chart.get("consent/5/")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Not found."})


def test_consents_go_with_their_registration_and_cannot_be_changed(server: SandboxServer, chart: Chart) -> None:
    create(server, GIVEN)
    changed = chart.call("PUT", "consent/1/", json=GIVEN)
    assert (changed.status_code, changed.headers["Allow"]) == (405, "GET, POST, DELETE, HEAD, OPTIONS")
    assert chart.call("DELETE", "register/11/").status_code == 200
    assert chart.get("consent/1/").status_code == 404


def test_consents_are_for_those_who_are_signed_in(chart: Chart) -> None:
    assert chart.call("GET", "consent/?clinic=2", headers={}).status_code == 401
