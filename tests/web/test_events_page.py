"""The page of events: who did what, narrowed by a form, page by page, and saved as a table (bridge/web/events*.py)."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from page_site import Browser

from bridge.admission import Purpose
from bridge.photos import AuditRecord
from bridge.sandbox import SandboxServer
from bridge.service import Service, admission_of
from bridge_runner import make_config, running_bridge
from noted import noted

NOON = datetime(2026, 11, 21, 20, tzinfo=UTC)
STAFF = "staff: {allow: [bridge], admins: [nurse]}"


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("events")
    with SandboxServer() as chart, running_bridge(make_config(folder, chart.url, more=STAFF)) as running:
        (key,) = [each.key for each in running.charting.charts]
        records = [
            AuditRecord(NOON + timedelta(minutes=n), key, "jose", "", "seen", n + 1, 5 + n % 2) for n in range(120)
        ]
        odd = AuditRecord(NOON + timedelta(days=1), key, "<b>x</b>", "", "deleted", 7, 9, reason='=1+"</q><script>')
        strange = AuditRecord(NOON - timedelta(days=5), key, None, "feedbeef", "moved", 8, 9)
        running.store.note_all([*records, odd, strange])
        yield running


def signed_in(bridge: Service, username: str = "nurse") -> Browser:
    browser = Browser(bridge.web.port)
    fields = {"with": "account", "username": username, "password": f"{username}-pass"}
    assert browser.press("/sign-in/", **fields).status == 303
    return browser


@pytest.fixture(scope="module")
def admin(bridge: Service) -> Browser:
    return signed_in(bridge)


def deeds(page: str) -> list[str]:
    """Each event's text, spaces joined."""
    found = re.findall(r'<li class="event">(.*?)</li>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", each)).split()) for each in found]


def shown(browser: Browser, **asked: str) -> str:
    answer = browser.get(f"/events/?{urlencode(asked)}")
    assert answer.status == 200, answer.body.decode()
    return answer.body.decode()


def test_events_are_told_the_newest_first_in_the_clinic_s_time(admin: Browser) -> None:
    page = shown(admin)
    found = deeds(page)
    assert len(found) == 50
    assert found[0].startswith("12:00:00 <b>x</b> deleted image 7 patient 9")
    assert found[1] == "13:59:00 jose looked at image 120 patient 6"
    assert "America/Los_Angeles" in page
    assert re.findall(r"<h2[^>]*><time[^>]*>([^<]*)", page) == ["2026-11-22", "2026-11-21"]
    assert "<b>" not in page
    assert "<script>" not in page


def test_pages_lead_on_to_the_last_event(admin: Browser) -> None:
    found, targets = [], ["/events/?who=jose"]
    for target in targets:
        page = admin.get(target).body.decode()
        found += deeds(page)
        targets += [unescape(each) for each in re.findall(r'rel="next" href="([^"]*)"', page)]
    assert len(targets) == 3
    assert len(found) == len(set(found)) == 120


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({"who": "<b>x</b>"}, 1),
        ({"who": "feedbeef"}, 1),
        ({"action": "moved"}, 1),
        ({"patient": "9"}, 2),
        ({"photo": "1"}, 0),
        ({"first": "2026-11-22", "last": "2026-11-22"}, 1),
        ({"last": "2026-11-16"}, 1),
        ({"who": "", "action": "", "patient": "", "photo": "", "first": "", "last": "2026-11-16"}, 1),
    ],
)
def test_a_form_narrows_what_is_shown(admin: Browser, asked: dict[str, str], number: int) -> None:
    page = shown(admin, **asked)
    assert len(deeds(page)) == number
    for value in filter(None, asked.values()):
        assert unescape(page).count(value) >= 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"patient": "x"}, "by number"),
        ({"photo": "0"}, "by number"),
        ({"first": "21.11.2026"}, "A day is written"),
        ({"first": "2026-11-22", "last": "2026-11-21"}, "before the first"),
        ({"action": "flown"}, "no such action"),
        ({"who": "x" * 151}, "150 letters"),
    ],
)
def test_what_cannot_be_meant_is_said_beside_the_form(admin: Browser, asked: dict[str, str], words: str) -> None:
    answer = admin.get(f"/events/?{urlencode(asked)}")
    assert answer.status == 400
    page = answer.body.decode()
    assert words in page
    assert 'name="patient"' in page
    assert deeds(page) == []


def test_from_the_events_of_a_patient_it_is_one_step_to_the_patients_pictures(admin: Browser) -> None:
    link = 'href="/patients/5/">Pictures of patient 5</a>'
    assert link in shown(admin, patient="5")
    assert link not in shown(admin, who="jose")


def test_the_page_speaks_spanish(admin: Browser) -> None:
    page = admin.get("/events/?who=jose", Accept_Language="es-MX,es").body.decode()
    assert '<html lang="es"' in page
    assert deeds(page)[0] == "13:59:00 jose vio imagen 120 paciente 6"


def test_all_that_is_meant_is_saved_as_a_table_and_that_is_an_event(admin: Browser) -> None:
    answer = admin.press("/events/", who="jose", patient="5")
    assert answer.status == 405
    answer = admin.post("/events/export/", {"csrf": admin.csrf("/events/"), "who": "jose", "patient": "5"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert re.fullmatch(r'attachment; filename="events-[-0-9]+\.csv"', answer.headers["content-disposition"])
    assert answer.body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    assert rows[0][0] == "Time (America/Los_Angeles)"
    assert len(rows) == 61
    assert rows[1][:5] == ["2026-11-21 13:58:00", "2026-11-21T21:58:00.000+00:00", "jose", "looked at", "5"]
    found = deeds(shown(admin, action="exported"))
    assert found[0].endswith("nurse exported events patient 5 patient 5, who jose")


def test_a_table_can_be_had_only_by_our_own_form(bridge: Service, admin: Browser) -> None:
    before = len(noted(bridge.store, action="exported"))
    assert admin.post("/events/export/", {"csrf": "x"}).status == 400
    assert admin.get("/events/export/").status == 405
    assert len(noted(bridge.store, action="exported")) == before


def test_a_filter_that_does_not_fit_gives_no_table(bridge: Service, admin: Browser) -> None:
    answer = admin.post("/events/export/", {"csrf": admin.csrf("/events/"), "patient": "x"})
    assert answer.status == 400
    assert "by number" in answer.body.decode()


def test_events_are_for_admins_by_their_account_alone(bridge: Service) -> None:
    assert Browser(bridge.web.port).get("/events/").headers["location"].startswith("/sign-in/")
    staff = signed_in(bridge, "bridge")
    assert staff.get("/events/").status == 403
    assert "/events/" not in staff.get("/phones/?practice=clinic-a").body.decode()
    ticket = Browser(bridge.web.port)
    made = admission_of(bridge.config, bridge.store).ticket(Purpose.PAGES).reveal()
    assert ticket.get(f"/sign-in/?{urlencode({'ticket': made})}").status == 303
    refused = ticket.get("/events/")
    assert refused.status == 403
    assert "staff.admins" in refused.body.decode()


def test_a_page_is_small(admin: Browser) -> None:
    assert len(admin.get("/events/").body) < 60_000
