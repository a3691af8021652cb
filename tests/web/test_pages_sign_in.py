"""Signing in and out, over real sockets: by ticket and by a practice's password, and all that is no way in."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from page_site import (
    CLINIC_A,
    CLINIC_B,
    CLINIC_C,
    OTHER_HASH,
    OTHER_PASSWORD,
    PASSWORD,
    ZONE,
    Browser,
    Site,
    site,
)
from shared_notes import MemoryNotes

from bridge.admission import Admission, Purpose
from bridge.web import PagePractice, PageSettings
from bridge.web.ended_sessions import EndedSessions
from bridge.web.guessing import MOST_OF_A_NETWORK
from bridge.web.staff import SignedIn
from bridge.web.visitors import SESSION_SECONDS, FrontDesk

PROTECTED = ["/phones/", "/phones/qr.png", "/phones/qr.svg", "/logs/"]


def nobody(_account: SignedIn) -> None:
    """No account of the chart is let in."""


def is_shut_out(browser: Browser) -> bool:
    """Whether a browser is led to the sign-in page."""
    answer = browser.get("/phones/")
    return (answer.status, answer.headers.get("location")) == (303, "/sign-in/")


@pytest.mark.parametrize("path", PROTECTED)
def test_strangers_are_led_to_the_sign_in_page(bridge: Site, path: str) -> None:
    for query in ("", "?practice=clinic-a", "?practice=nowhere"):
        answer = bridge.browser().get(path + query)
        assert (answer.status, answer.headers["location"], answer.body) == (303, "/sign-in/", b"")


def test_the_own_address_of_the_machine_is_no_way_in(bridge: Site) -> None:
    assert is_shut_out(bridge.browser("127.0.0.1"))


def test_a_ticket_signs_the_admin_in_once(bridge: Site) -> None:
    ticket, admin = bridge.ticket(), bridge.browser()
    answer = admin.get(ticket)
    assert (answer.status, answer.headers["location"]) == (303, "/phones/")
    assert not is_shut_out(admin)
    second = bridge.browser()
    again = second.get(ticket)
    assert again.status == 403
    assert b"was used already, or is older than ten minutes" in again.body
    assert is_shut_out(second)


def test_looking_ahead_uses_no_ticket_up(bridge: Site) -> None:
    ticket, browser = bridge.ticket(), bridge.browser()
    browser.ask("HEAD", ticket)
    browser.ask("OPTIONS", ticket)
    browser.get(ticket, Sec_Purpose="prefetch;prerender")
    assert is_shut_out(browser)
    assert browser.get(ticket).status == 303
    assert not is_shut_out(browser)


@pytest.mark.parametrize("ticket", ["", "x", "a.b", "%00", "%ED%A0%80", "x" * 5000])
def test_what_is_no_ticket_opens_nothing(bridge: Site, ticket: str) -> None:
    browser = bridge.browser()
    assert browser.get(f"/sign-in/?ticket={ticket}").status == 403
    assert is_shut_out(browser)


def test_a_ticket_that_ran_out_or_is_for_codes_opens_nothing(bridge: Site) -> None:
    old = Admission(bridge.key, lambda: 1_000_000_000)
    for ticket in (old.ticket(Purpose.PAGES), bridge.admission.ticket(Purpose.PAIRING)):
        browser = bridge.browser()
        assert browser.get(f"/sign-in/?ticket={ticket.reveal()}").status == 403
        assert is_shut_out(browser)


def test_a_password_signs_its_practice_in(bridge: Site) -> None:
    browser = bridge.browser()
    answer = browser.sign_in("clinic-a", PASSWORD)
    assert (answer.status, answer.headers["location"]) == (303, "/phones/")
    assert b"clinic-a" in browser.get("/phones/").body


@pytest.mark.parametrize(
    ("practice", "password"),
    [
        ("clinic-a", OTHER_PASSWORD),
        ("clinic-a", ""),
        ("clinic-b", PASSWORD),
        ("clinic-c", ""),
        ("clinic-c", PASSWORD),
        ("nowhere", PASSWORD),
        ("", PASSWORD),
        ("clinic-a", PASSWORD + "x" * 5000),
    ],
)
def test_wrong_names_and_passwords_are_refused_in_the_same_words(bridge: Site, practice: str, password: str) -> None:
    browser = bridge.browser("127.0.0.9")
    answer = browser.sign_in(practice, password)
    assert answer.status == 403
    assert b"check the clinic&#39;s name and the password" in answer.body
    assert not any(name in answer.body for name in (b"clinic-a", b"clinic-b", b"clinic-c"))
    assert is_shut_out(browser)


def test_the_sign_in_page_names_no_practice(bridge: Site) -> None:
    assert b"clinic-" not in bridge.browser().get("/sign-in/").body


def test_a_bridge_of_one_practice_asks_for_no_name(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as bridge:
        browser = bridge.browser()
        assert b'name="practice"' not in browser.get("/sign-in/").body
        assert browser.press("/sign-in/", password=PASSWORD).status == 303
        assert not is_shut_out(browser)


def test_without_passwords_there_is_no_form_for_one_and_practices_let_nobody_in(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_C) as bridge:
        browser = bridge.browser()
        assert b'id="password"' not in browser.get("/sign-in/").body
        assert browser.post("/sign-in/", {"practice": "clinic-c", "password": ""}).status == 400
        assert is_shut_out(browser)
        assert not is_shut_out(bridge.admin())


@pytest.mark.parametrize("csrf", [None, "", "x", "ü"])
def test_a_sign_in_from_elsewhere_is_refused(bridge: Site, csrf: str | None) -> None:
    browser = bridge.browser()
    browser.get("/sign-in/")
    fields = {"practice": "clinic-a", "password": PASSWORD} | ({} if csrf is None else {"csrf": csrf})
    assert browser.post("/sign-in/", fields).status == 400
    assert is_shut_out(browser)


def test_the_form_token_of_another_browser_is_refused(bridge: Site) -> None:
    other, browser = bridge.browser(), bridge.browser()
    browser.get("/sign-in/")
    fields = {"practice": "clinic-a", "password": PASSWORD, "csrf": other.csrf()}
    assert browser.post("/sign-in/", fields).status == 400


def test_the_form_token_is_a_new_one_after_signing_in(bridge: Site) -> None:
    browser = bridge.browser()
    before = browser.csrf()
    browser.sign_in("clinic-a", PASSWORD)
    assert browser.csrf("/phones/") != before


def test_a_forged_or_changed_session_opens_nothing(bridge: Site) -> None:
    member = bridge.member()
    ((name, value),) = member.cookies.items()
    app = Flask("forger")
    app.secret_key = b"guess"
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    forged = str(serializer.dumps({"visitor": {"practice": None, "mark": "", "until": 9_999_999_999}}))
    payload, rest = value[1:].partition(".")[::2]
    for cookie in (forged, f".{payload}x.{rest}", f".{payload[:-2]}.{rest}", value[:-2], "", "." * 4000, "\xff"):
        assert is_shut_out(Browser(bridge.port, cookies={name: cookie}))
    assert not is_shut_out(Browser(bridge.port, cookies={name: value}))


def test_a_session_of_another_bridge_opens_nothing(bridge: Site, tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as other:
        ((other_name, value),) = other.admin().cookies.items()
    ((name, _),) = bridge.admin().cookies.items()
    assert other_name != name
    assert is_shut_out(Browser(bridge.port, cookies={name: value}))


def test_signing_out_takes_the_session_away(bridge: Site) -> None:
    browser = bridge.member()
    answer = browser.post("/sign-out/", {"csrf": browser.csrf("/phones/")})
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/")
    assert is_shut_out(browser)


def test_a_copy_of_the_cookie_is_of_no_use_after_signing_out(bridge: Site) -> None:
    for browser, other in ((bridge.member(), bridge.member()), (bridge.admin(), bridge.admin())):
        copy = Browser(bridge.port, cookies=dict(browser.cookies))
        assert not is_shut_out(copy)
        browser.post("/sign-out/", {"csrf": browser.csrf("/phones/?practice=clinic-a")})
        assert is_shut_out(copy)
        assert not is_shut_out(other)


def test_a_copy_of_the_cookie_is_of_no_use_after_a_restart_either(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as bridge:
        browser, other = bridge.admin(), bridge.admin()
        copy = dict(browser.cookies)
        browser.post("/sign-out/", {"csrf": browser.csrf("/phones/?practice=clinic-a")})
    with site(tmp_path, CLINIC_A) as bridge:
        assert is_shut_out(Browser(bridge.port, cookies=copy))
        assert not is_shut_out(Browser(bridge.port, cookies=dict(other.cookies)))


def test_an_ended_session_is_remembered_until_it_runs_out() -> None:
    seconds = 1_000_000_000.0
    ended = EndedSessions(MemoryNotes(), lambda: seconds)
    desk = FrontDesk(PageSettings((CLINIC_A,)), Admission(b"k" * 32, lambda: seconds), nobody, ended, lambda: seconds)
    record = desk.record_for_practice("clinic-a")
    assert desk.visitor(record) is not None
    desk.end(record)
    for later in (0, SESSION_SECONDS - 1, SESSION_SECONDS + 1):
        seconds = 1_000_000_000.0 + later
        assert desk.visitor(record) is None
    desk.end({})
    assert desk.visitor({"practice": None, "mark": "", "until": 9_999_999_999}) is None


def test_a_session_stands_until_it_is_ended_or_runs_out() -> None:
    seconds = 1_000_000_000.0
    ended = EndedSessions(MemoryNotes(), lambda: seconds)
    desk = FrontDesk(PageSettings((CLINIC_A,)), Admission(b"k" * 32, lambda: seconds), nobody, ended, lambda: seconds)
    ended, other = desk.record_for_practice("clinic-a"), desk.record_for_practice("clinic-a")
    desk.end(ended)
    assert (desk.stands(ended), desk.stands(other)) == (False, True)
    seconds += SESSION_SECONDS
    assert not desk.stands(other)


def test_the_cookie_stays_longer_than_its_session_so_that_its_end_can_be_told(bridge: Site) -> None:
    cookie = bridge.browser().get(bridge.ticket()).headers["set-cookie"]
    (expires,) = re.findall(r"Expires=([^;]+)", cookie)
    kept = parsedate_to_datetime(expires) - datetime.now(UTC)
    assert kept.total_seconds() > SESSION_SECONDS + 24 * 3600


def test_signing_out_takes_a_form_of_ours(bridge: Site) -> None:
    browser = bridge.member()
    assert browser.post("/sign-out/", {}).status == 400
    assert browser.get("/sign-out/").status == 405
    assert not is_shut_out(browser)


def test_another_password_ends_the_sessions_of_the_old_one(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, CLINIC_B) as before:
        member, admin = before.member(), before.admin()
    for changed in (PagePractice("clinic-a", ZONE, OTHER_HASH), PagePractice("clinic-a", ZONE), CLINIC_C):
        with site(tmp_path, changed, CLINIC_B) as after:
            assert is_shut_out(Browser(after.port, cookies=member.cookies))
            assert not is_shut_out(Browser(after.port, cookies=admin.cookies))


def test_a_restart_with_the_same_password_keeps_people_signed_in(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as before:
        cookies = before.member().cookies
    with site(tmp_path, CLINIC_A) as after:
        assert not is_shut_out(Browser(after.port, cookies=cookies))


@pytest.mark.parametrize("way", ["settings", "web-server", "plain"])
def test_the_cookie_is_out_of_reach_and_secure_over_https(tmp_path: Path, way: str) -> None:
    headers = {"X_Forwarded_Proto": "https"} if way == "web-server" else {}
    with site(tmp_path, CLINIC_A, secure_cookies=way == "settings") as bridge:
        cookie = bridge.browser().get(bridge.ticket(), **headers).headers["set-cookie"]
    name, attributes = cookie.partition("=")[0], {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
    assert ("Secure" in attributes) is (way != "plain")
    assert name.startswith("__Host-bridge-" if way != "plain" else "bridge-")
    assert not any(part.startswith("Domain") for part in attributes)


def test_a_guesser_is_not_heard_for_long_and_others_get_in(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, CLINIC_B) as bridge:
        guesser, other = bridge.browser("127.0.0.66"), bridge.browser("127.0.0.7")
        statuses = [guesser.sign_in("clinic-a", f"wrong guess {number}").status for number in range(12)]
        assert statuses == [403] * MOST_OF_A_NETWORK + [429] * 2
        right = guesser.sign_in("clinic-a", PASSWORD)
        assert right.status == 429
        assert right.headers["retry-after"] == "3600"
        assert b"perhaps from someone else" in right.body
        assert is_shut_out(guesser)
        assert other.sign_in("clinic-a", PASSWORD).status == 303
        assert guesser.get(bridge.ticket()).status == 303


def test_behind_a_web_server_each_guesser_counts_by_himself(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as bridge:

        def guess(password: str, forwarded: str) -> int:
            browser = bridge.browser()
            fields = {"csrf": browser.csrf(), "password": password}
            return browser.post("/sign-in/", fields, X_Forwarded_For=forwarded).status

        for number in range(MOST_OF_A_NETWORK):
            assert guess("wrong guess", f"10.0.0.{number}, 203.0.113.66") == 403
        assert guess(PASSWORD, "10.0.0.99, 203.0.113.66") == 429
        assert guess(PASSWORD, "203.0.113.7") == 303


def test_a_form_too_large_is_refused_and_not_read(bridge: Site) -> None:
    browser = bridge.browser()
    answer = browser.post("/sign-in/", {"csrf": browser.csrf(), "password": "x" * 100_000})
    assert answer.status == 413
    assert re.search(rb'role="alert">The bridge did not understand', answer.body)


def test_passwords_and_tickets_are_not_logged(bridge: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        ticket = bridge.ticket()
        bridge.browser().get(ticket)
        bridge.browser().sign_in("clinic-a", "a secret that is wrong")
    assert "secret that is wrong" not in caplog.text
    assert ticket.partition("=")[2] not in caplog.text
