"""Who did what, by the JSON door: all of it, whoever wrote it down, as pages and as one export."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from doing_site import DoingSite, signed_in

from bridge.photos import AuditRecord
from bridge.sandbox import SandboxServer
from bridge_runner import make_config, running_bridge
from phone import picture

ROOT = "command line, root"
LINES = "application/x-ndjson"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DoingSite]:
    with (
        SandboxServer() as chart,
        running_bridge(make_config(tmp_path, chart.url, more="staff: {allow: [bridge], admins: [nurse]}")) as bridge,
    ):
        yield signed_in(bridge, chart)


def exported(site: DoingSite, query: str = "") -> list[dict[str, Any]]:
    answer = site.ask("GET", f"events/export{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, LINES)
    return [json.loads(line) for line in answer.content.splitlines()]


def chart_key(site: DoingSite) -> str:
    (chart,) = list(site.bridge.charting.charts)
    return chart.key


def test_what_was_done_here_and_at_the_command_line_is_one_list(site: DoingSite) -> None:
    photo = site.held()
    site.bridge.store.retry(photo.id, ROOT)
    assert site.ask("POST", f"photos/{photo.id}/assign", json={"patient": 3, "type": "Xray"}).status_code == 200
    events = site.ask("GET", "events").json()["events"]
    assert [(each["who"], each["action"], each["photo_id"]) for each in events] == [
        ("nurse", "assigned", photo.id),
        (ROOT, "retried", photo.id),
    ]
    assert [each["patient"] for each in events] == [3, 3]
    assert len({each["id"] for each in events}) == 2
    page = site.ask("GET", "events?limit=1").json()
    assert site.ask("GET", f"events?before={page['next']}").json()["events"] == events[1:]


def test_an_export_has_all_that_is_meant_and_is_an_event_itself(site: DoingSite) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    records = [AuditRecord(at, chart_key(site), "jose", "", "seen", n + 1, 5 if n % 2 else 6) for n in range(1201)]
    site.bridge.store.note_all(records)
    found = exported(site, "?who=jose&patient=5")
    assert len(found) == len({each["id"] for each in found}) == 600
    assert {(each["who"], each["patient"]) for each in found} == {("jose", 5)}
    whole = exported(site)
    assert len(whole) == 1203
    assert [(each["who"], each["action"], each["patient"], each["reason"]) for each in whole[:2]] == [
        ("nurse", "exported", None, ""),
        ("nurse", "exported", 5, "patient 5, who jose"),
    ]


def test_an_export_goes_out_bit_by_bit_as_it_is_read(site: DoingSite) -> None:
    at = datetime.now(UTC)
    reason = "x" * 5000
    records = [AuditRecord(at, chart_key(site), "jose", "", "deleted", n + 1, 5, reason=reason) for n in range(2000)]
    site.bridge.store.note_all(records)
    with site.ask("GET", "events/export", stream=True) as answer:
        assert "Content-Length" not in answer.headers
        assert sum(len(piece) for piece in answer.iter_content(65536)) > 2000 * 5000


def test_an_export_that_breaks_off_does_not_look_whole(site: DoingSite) -> None:
    records = [
        AuditRecord(datetime.now(UTC), chart_key(site), "jose", "", "deleted", n + 1, 5, reason="x" * 20_000)
        for n in range(2000)
    ]
    site.bridge.store.note_all(records)
    with site.ask("GET", "events/export", stream=True) as answer:
        pieces = answer.iter_content(65536)
        next(pieces)
        with site.bridge.store.writing() as connection:
            connection.execute(sa.text("ALTER TABLE audit RENAME TO elsewhere"))
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(pieces)


def test_only_admins_export_and_who_may_not_leaves_no_event(site: DoingSite) -> None:
    staff = signed_in(site.bridge, site.chart, "bridge", "bridge-pass")
    assert staff.ask("GET", "events/export").status_code == 403
    assert site.ask("GET", "events/export", token="x").status_code == 401
    assert site.ask("GET", "events/export?action=flown").status_code == 400
    assert site.ask("GET", "events").json()["events"] == []


def test_a_look_at_a_photo_is_found_by_the_patient_it_went_to(site: DoingSite) -> None:
    photo = site.held(content=picture(7))
    assert site.ask("GET", f"photos/{photo.id}/preview").status_code == 200
    assert site.ask("GET", "events?patient=3").json()["events"] == []
    assert site.ask("POST", f"photos/{photo.id}/assign", json={"patient": 3, "type": "Xray"}).status_code == 200
    found = site.ask("GET", "events?patient=3").json()["events"]
    assert [each["action"] for each in found] == ["assigned", "seen"]
