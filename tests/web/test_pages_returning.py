"""Where people find themselves: signed out meanwhile, back where they were, at no page at all, or refused."""

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from page_site import CLINIC_A, PASSWORD, Browser, Site, site
from page_visitors import House, house, sign_in
from sse import listening

from phone import Answer, ask, wait_until

PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
"""What browsers accept when a person goes somewhere."""

_BUTTON = re.compile(r'<a class="button[^"]*" href="([^"]*)">([^<]*)</a>')


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("returning")) as started:
        yield started


def signed_out_elsewhere(browser: Browser) -> Browser:
    """The same session, after a copy of it was signed out."""
    copy = Browser(browser.port, cookies=dict(browser.cookies))
    assert copy.post("/sign-out/", {"csrf": copy.csrf("/health/")}).status == 303
    return browser


def led(browser: Browser, path: str) -> str:
    """Where a browser is led that goes there."""
    answer = browser.get(path, Accept=PAGE)
    assert answer.status == 303, answer.body
    return answer.headers["location"]


def buttons(answer: Answer) -> dict[str, str]:
    """The ways on of a refusal: words and addresses."""
    content = answer.body.decode().partition("<main")[2]
    return {unescape(words): unescape(address) for address, words in _BUTTON.findall(content)}


@pytest.mark.parametrize(
    "path", ["/patients/12/", "/held/list/", "/today/?practice=clinic-a&day=2026-11-20", "/moves/3/"]
)
def test_after_signing_in_people_are_back_at_the_page_that_they_asked_for(running: House, path: str) -> None:
    stranger = running.stranger()
    assert led(stranger, path) == "/sign-in/"
    assert b"Sign in first; then the page that you asked for opens." in stranger.get("/sign-in/").body
    assert sign_in(stranger, "nurse", "nurse-pass").headers["location"] == path
    assert stranger.get("/sign-in/").headers["location"] == "/patients/"


def test_a_practices_people_and_the_admin_come_back_too(running: House) -> None:
    member, admin = running.stranger(), running.stranger()
    for browser in (member, admin):
        led(browser, "/mappings/?practice=clinic-a")
    assert member.sign_in("clinic-a", PASSWORD).headers["location"] == "/mappings/?practice=clinic-a"
    assert admin.get(running.ticket()).headers["location"] == "/mappings/?practice=clinic-a"


def test_a_page_that_is_not_for_who_signs_in_is_not_where_they_come_to(running: House) -> None:
    member = running.stranger()
    led(member, "/patients/12/")
    assert member.sign_in("clinic-a", PASSWORD).headers["location"] == "/phones/"


def test_a_session_that_has_ended_says_so_and_goes_on_where_it_was(running: House) -> None:
    nurse = signed_out_elsewhere(running.staff())
    assert led(nurse, "/held/17/") == "/sign-in/"
    assert b"Your session has ended; sign in again." in nurse.get("/sign-in/").body
    assert "Su sesión terminó; inicie sesión de nuevo." in nurse.get("/sign-in/", Accept_Language="es").body.decode()
    assert sign_in(nurse, "nurse", "nurse-pass").headers["location"] == "/held/17/"


def test_who_signs_out_is_told_of_no_end(running: House) -> None:
    nurse = running.staff()
    nurse.post("/sign-out/", {"csrf": nurse.csrf("/health/")})
    assert b'class="notice"' not in nurse.get("/sign-in/").body


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/held/17/", "/held/17/"),
        ("/held/undo/", "/held/"),
        ("/patients/5/pictures/7/delete", "/patients/5/pictures/7/delete"),
        ("/events/export/", "/events/"),
    ],
)
def test_an_act_that_came_too_late_is_not_done_and_leads_back_to_its_page(running: House, path: str, page: str) -> None:
    admin = running.staff("bridge")
    csrf = admin.csrf("/health/")
    answer = signed_out_elsewhere(admin).post(path, {"csrf": csrf, "reason": "x"}, Accept=PAGE, Origin="null")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/")
    assert b"what you sent last was not done" in admin.get("/sign-in/").body
    assert sign_in(admin, "bridge", "bridge-pass").headers["location"] == page


def test_a_form_without_any_session_leaves_no_cookie(running: House) -> None:
    answer = running.stranger().post("/held/17/", {"act": "discard"}, Accept=PAGE, Origin="https://evil.example")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/held/17/preview", "image/avif,image/webp,*/*;q=0.8"),
        ("/today/live/", "text/event-stream"),
        ("/today/plots/", "*/*"),
        ("/held/search/", "application/json"),
        ("//evil.example/", PAGE),
        ("/sign-in/?next=//evil.example/", PAGE),
        ("/sign-in/?next=https://evil.example/", PAGE),
    ],
)
def test_what_is_no_page_of_ours_is_nowhere_to_come_back_to(running: House, path: str, accept: str) -> None:
    stranger = running.stranger()
    stranger.get(path, Accept=accept)
    assert sign_in(stranger, "nurse", "nurse-pass").headers["location"] == "/patients/"


def test_a_query_is_kept_unless_it_is_too_long(running: House) -> None:
    for letters, kept in ((20, f"?q={'x' * 20}"), (2000, "")):
        stranger = running.stranger()
        led(stranger, f"/patients/?q={'x' * letters}")
        assert sign_in(stranger, "nurse", "nurse-pass").headers["location"] == f"/patients/{kept}"


def test_a_live_page_hears_no_more_soon_after_signing_out(running: House) -> None:
    nurse, other = running.staff(), running.staff()
    with listening(nurse) as page, listening(other) as others:
        assert page.next()
        assert others.next()
        began = time.monotonic()
        signed_out_elsewhere(nurse)
        assert page.next() is None
        assert time.monotonic() - began < 5
        wait_until(lambda: running.service.today.streams.count == 1)


def test_with_the_ticket_alone_events_is_no_dead_end_and_an_account_is_one_press_away(running: House) -> None:
    admin = running.admin()
    page = admin.get("/phones/").body.decode()
    assert 'href="/events/"' not in page
    assert 'href="/sign-in/?with=account">Sign in with your account</a>' in page
    assert 'href="/sign-in/?with=account">' in running.member().get("/phones/").body.decode()
    sign_in_as_well = {"csrf": admin.csrf("/phones/"), "with": "account", "username": "nurse", "password": "nurse-pass"}
    assert admin.post("/sign-in/", sign_in_as_well).headers["location"] == "/patients/"
    page = admin.get("/phones/?practice=clinic-a").body.decode()
    assert 'href="/events/"' in page
    assert "with=account" not in page


def test_a_refused_page_that_needs_an_account_opens_once_there_is_one(running: House) -> None:
    admin = running.admin()
    refused = admin.get("/patients/12/", Accept=PAGE)
    assert buttons(refused)["Sign in with the chart account"] == "/sign-in/?with=account"
    fields = {"csrf": admin.csrf("/phones/"), "with": "account", "username": "nurse", "password": "nurse-pass"}
    assert admin.post("/sign-in/", fields).headers["location"] == "/patients/12/"


def test_the_bare_address_leads_a_person_to_the_pages_and_nobody_else(running: House) -> None:
    assert led(running.stranger(), "/") == "/sign-in/"
    plain = ask(running.port, "GET", "/")
    for accept in ("*/*", "text/plain, text/html", "application/json, text/html"):
        assert running.stranger().get("/", Accept=accept).body == plain.body
    script = running.stranger().get("/", Accept="text/html, */*; q=0.01", Origin="null")
    assert (script.status, script.body) == (200, plain.body)
    assert "access-control-allow-origin" in script.headers


@pytest.mark.parametrize("path", ["/patients/abc/", "/held/x/", "/fotos", "//evil.example/", "/%3Cscript%3E"])
def test_an_unknown_address_says_so_with_a_way_back(running: House, path: str) -> None:
    for browser, home in ((running.staff(), "/patients/"), (running.stranger(), "/sign-in/")):
        answer = browser.get(path, Accept=PAGE, Accept_Language="es")
        assert answer.status == 404
        assert "En esta dirección no hay nada para usted" in answer.body.decode()
        assert buttons(answer) == {"Volver al inicio": home}
        assert "content-security-policy" in answer.headers
        assert b"<script>" not in answer.body


def test_an_unknown_address_stays_a_plain_line_for_programs(running: House) -> None:
    for browser in (running.staff(), running.stranger()):
        answer = browser.get("/fotos", Accept="*/*")
        assert (answer.status, answer.headers["content-type"]) == (404, "text/plain")
        assert browser.ask("POST", "/fotos", Accept=PAGE).headers["content-type"] == "text/plain"


def test_an_address_of_a_form_says_that_it_opens_no_page(running: House) -> None:
    answer = running.staff().get("/held/undo/", Accept=PAGE)
    assert (answer.status, set(answer.headers["allow"].split(", "))) == (405, {"OPTIONS", "POST"})
    assert b"opens no page" in answer.body
    assert buttons(answer) == {"Back to the start": "/patients/"}


def test_a_refusal_leads_back_to_the_pages_that_it_is_of(running: House) -> None:
    nurse = running.staff()
    assert buttons(nurse.get("/held/999999/", Accept=PAGE)) == {
        "Back to “Held photos”": "/held/",
        "Back to the start": "/patients/",
    }
    gone = nurse.get("/today/?practice=clinic-a&day=never", Accept=PAGE)
    assert buttons(gone)["Back to “Today”"] == "/today/?practice=clinic-a"


def test_a_chart_that_is_away_can_be_tried_again_at_the_same_address(tmp_path: Path) -> None:
    with house(tmp_path) as started:
        nurse = started.staff()
        started.chart.stop()
        answer = nurse.get("/patients/12/", Accept=PAGE)
        assert answer.status == 502
        assert buttons(answer) == {"Try again": "", "Back to “Patients”": "/patients/"}
        posted = nurse.post("/patients/12/pictures/1/delete", {"csrf": nurse.csrf("/health/?practice=clinic-a")})
        assert posted.status >= 400
        assert "Try again" not in buttons(posted)


def test_a_wrong_password_of_the_only_clinic_speaks_of_no_name(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as one:
        answer = one.browser().sign_in("", "wrong")
        assert answer.status == 403
        assert b"not the clinic&#39;s password" in answer.body
        assert b"name" not in re.findall(rb'role="alert">([^<]*)<', answer.body)[0]


def test_a_wrong_password_of_one_of_several_speaks_of_the_name(bridge: Site) -> None:
    assert b"check the clinic&#39;s name and the password" in bridge.browser().sign_in("clinic-a", "wrong").body
