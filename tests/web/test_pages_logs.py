"""The log's last lines on a page."""

import logging
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from page_site import CLINIC_A, CLINIC_B, Browser, Site, site
from shared_notes import MemoryNotes

from bridge.admission import Admission
from bridge.logs import RecentLines
from bridge.secret import Secret
from bridge.web import PageSettings
from bridge.web.ended_sessions import EndedSessions
from bridge.web.visitors import FrontDesk

LINE = re.compile(r"<li>([^<]*)</li>")
log = logging.getLogger("bridge.test")


@pytest.fixture(autouse=True)
def info_is_logged() -> Iterator[None]:
    """As `serve` has it."""
    logger = logging.getLogger("bridge")
    before = logger.level
    logger.setLevel("INFO")
    yield
    logger.setLevel(before)


def lines(browser: Browser) -> list[str]:
    """What stands after the time, of the lines of this test."""
    page = browser.get("/logs/").body.decode()
    return [unescape(line).partition(" ")[2] for line in LINE.findall(page) if "event=test" in line]


def test_the_last_two_hundred_lines_are_shown_newest_first(bridge: Site) -> None:
    admin = bridge.admin()
    for number in range(230):
        log.info("event=test-count number=%d", number)
    assert lines(admin) == [f"INFO event=test-count number={number}" for number in range(229, 29, -1)]


def test_a_practice_sees_the_lines_that_name_it_and_no_other(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, CLINIC_B) as bridge:
        member, admin = bridge.member(), bridge.admin()
        log.info("event=test-own practice=clinic-a photo=1")
        log.info("event=test-other practice=clinic-b photo=2")
        log.info("event=test-longer practice=clinic-ab")
        log.info("event=test-none practices=2")
        log.info("event=test-quoted practice=clinic-b reason=%r", "x practice=clinic-a ")
        log.info("event=test-quoted-only answer=%r", "practice=clinic-a")
        log.info("event=test-two practice=clinic-b practice=clinic-a")
        for number in range(300):
            log.info("event=test-noise practice=clinic-b number=%d", number)
        assert lines(member) == ["INFO event=test-own practice=clinic-a photo=1"]
        assert len(lines(admin)) == 200


def test_what_is_logged_is_text_on_the_page(bridge: Site) -> None:
    log.info("event=test-hostile what=%s", "<script>alert(1)</script>")
    page = bridge.admin().get("/logs/").body.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_locked_pages_show_no_log_and_no_way_to_it(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, locked=True) as bridge:
        log.info("event=test-secret")
        for browser in (bridge.admin(), bridge.member()):
            answer = browser.get("/logs/")
            assert answer.status == 404
            assert b"show no log" in answer.body
            assert b"test-secret" not in answer.body
            assert b'href="/logs/"' not in browser.get("/phones/").body


def test_a_page_without_lines_says_so(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as before:
        cookies = before.member().cookies
    with site(tmp_path, CLINIC_A) as bridge:
        page = Browser(bridge.port, cookies=cookies).get("/logs/").body
        assert b"Nothing was logged of this clinic" in page


def test_who_comes_in_is_logged_and_wrong_passwords_without_what_was_typed(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, CLINIC_B) as bridge:
        bridge.member()
        bridge.browser().sign_in("clinic-typed-wrongly", "a wrong password")
        bridge.admin()
        told = [line.partition(" ")[2] for line in bridge.lines.last(10)]
    assert told == [
        "INFO event=signed-in practice=clinic-a",
        "WARNING event=password-wrong",
        "INFO event=signed-in who=admin",
    ]


def test_wrong_passwords_name_the_practice_and_guesses_at_names_cannot_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seconds = 1000.0
    ended = EndedSessions(MemoryNotes())
    desk = FrontDesk(PageSettings((CLINIC_A,)), Admission(b"k" * 32), lambda _account: None, ended, lambda: seconds)
    with caplog.at_level("INFO"):
        for at, name in ((1000.0, "x"), (1001.0, "y"), (1002.0, "clinic-a"), (1059.0, "z"), (1060.0, "x")):
            seconds = at
            desk.judge(name, Secret("a wrong password"), "192.168.1.7")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("bridge.")] == [
        "event=password-wrong",
        "event=password-wrong practice=clinic-a",
        "event=password-wrong",
    ]


def test_memory_holds_a_bounded_number_of_lines_and_only_while_it_listens() -> None:
    recent = RecentLines()
    recent.attach()
    for number in range(5100):
        log.info("event=test-bound number=%d", number)
    recent.detach()
    log.info("event=test-late")
    kept = recent.last(10_000)
    assert len(kept) == 5000
    assert kept[-1].endswith("number=5099")
    assert recent.last(0) == []


def test_lines_of_libraries_and_exceptions_are_kept_as_the_log_has_them() -> None:
    recent = RecentLines()
    recent.attach()
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").error("patient Ana in /tmp/x")
    log.error("event=test-broken", exc_info=ValueError("Ana"))
    recent.detach()
    first, second = recent.last(10)
    assert "event=library-message from=library" in first
    assert "event=test-broken error=ValueError" in second
    assert "Ana" not in first + second
