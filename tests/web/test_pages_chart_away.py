"""What staff can do while the chart is away: all that is the bridge's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from held_site import HeldSite
from page_site import Browser
from page_visitors import House, house

from bridge.charting import access
from bridge.sandbox.faults import Fault, FaultKind


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A bridge that asks the chart for each look whether somebody's token is good."""
    monkeypatch.setattr(access, "REMEMBERED_SECONDS", 0.0)
    with house(tmp_path) as started:
        yield started


@pytest.fixture
def site(running: House) -> HeldSite:
    """The same, for held photos."""
    return HeldSite(running.service, running.chart)


@pytest.fixture
def admin(running: House) -> Browser:
    """One of the bridge's admins, who signed in before the chart went."""
    return running.staff("bridge")


def test_held_photos_and_events_are_seen_and_helped(site: HeldSite, admin: Browser) -> None:
    photo = site.held()
    site.chart.stop()
    for path in ("/held/", f"/held/{photo.id}/", "/held/list/", f"/held/{photo.id}/preview", "/today/", "/events/"):
        assert admin.get(path).status == 200, path
    for wanted in ({"act": "retry"}, {"act": "discard", "why": "blurred"}):
        assert admin.post(f"/held/{photo.id}/", {"csrf": admin.csrf("/held/list/"), **wanted}).status == 303
        assert admin.post("/held/undo/", {"csrf": admin.csrf("/held/list/"), "photo": str(photo.id)}).status == 303


def test_what_is_the_charts_is_refused_in_a_sentence(site: HeldSite, admin: Browser) -> None:
    site.chart.stop()
    answer = admin.get("/patients/5/")
    assert (answer.status, b"cannot be reached" in answer.body) == (502, True)


def test_who_never_signed_in_does_not_come_in(site: HeldSite, running: House) -> None:
    site.held()
    site.chart.stop()
    assert running.member().get("/held/").status == 403
    assert running.stranger().get("/held/").status == 303


@pytest.mark.parametrize(
    "path", ["/today/", "/phones/", "/mappings/", "/health/", "/logs/", "/today/live/?practice=clinic-a"]
)
def test_an_account_that_the_chart_does_not_accept_any_more_sees_no_page(
    site: HeldSite, admin: Browser, path: str
) -> None:
    site.chart.faults.add(Fault(FaultKind.STATUS, resource="image", status=401))
    assert admin.get(path).headers["location"].startswith("/sign-in/")
