"""The page that says whether all is well: the words of `check`, who sees which, and how often anybody is asked."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import pytest
from page_site import CLINIC_A, CLINIC_B, OTHER_PASSWORD, PASSWORD, Browser, Site, site

from bridge.admission import Purpose
from bridge.findings import Finding, Status
from bridge.health import look
from bridge.sandbox import Fault, FaultKind, SandboxServer
from bridge.service import admission_of
from bridge.web.health import ADVICE, NAMES, HealthBoard, kind_of
from bridge_runner import make_config, running_bridge
from phone import wait_until

GOOD = Finding("disk", Status.GOOD, "9.0 GiB free for photos")
OF_ALL = Finding("config", Status.GOOD, "/etc/bridge/config.yaml is complete; its practices: clinic-a, clinic-b")
OF_A = Finding("chart clinic-a", Status.GOOD, "https://chart.example.org answers", "clinic-a")
OF_B = Finding("chart clinic-b", Status.BAD, "Nothing takes a connection at <b>; check it.", "clinic-b")
NOTE = Finding("staff", Status.WARNING, "every user of the chart may look up images")
ALL = [GOOD, OF_ALL, OF_A, OF_B, NOTE]


@dataclass
class Look:
    """What is found; `gate` keeps it waiting."""

    findings: list[Finding] = field(default_factory=lambda: list(ALL))
    gate: threading.Event = field(default_factory=threading.Event)
    times: int = 0

    def __call__(self) -> list[Finding]:
        self.times += 1
        assert self.gate.wait(20)
        return self.findings


@pytest.fixture
def looking() -> Look:
    found = Look()
    found.gate.set()
    return found


@pytest.fixture
def bridge(tmp_path: Path, looking: Look) -> Iterator[Site]:
    """A bridge of two practices of which these things are found."""
    with site(tmp_path, CLINIC_A, CLINIC_B, look=looking) as running:
        yield running


def page_of(browser: Browser) -> str:
    answer = browser.get("/health/")
    assert answer.status == 200
    return unescape(answer.body.decode())


def test_the_admin_sees_everything_what_is_worst_first(bridge: Site) -> None:
    page = page_of(bridge.admin())
    places = [page.index(finding.sentence) for finding in (OF_B, NOTE, GOOD, OF_ALL, OF_A)]
    assert places == sorted(places)
    assert "Something has to be mended" in page
    assert b"&lt;b&gt;" in bridge.admin().get("/health/").body


def test_a_practices_people_see_what_is_theirs_and_nothing_that_names_others(bridge: Site) -> None:
    page = page_of(bridge.member())
    assert OF_A.sentence in page
    assert GOOD.sentence in page
    assert "clinic-b" not in page
    assert "/etc/bridge" not in page
    assert "All is well." in page
    other = page_of(bridge.member("clinic-b", OTHER_PASSWORD))
    assert OF_B.sentence in other
    assert "clinic-a" not in other
    assert bridge.browser().get("/health/").status == 303


def test_people_of_the_only_practice_see_everything(tmp_path: Path, looking: Look) -> None:
    looking.findings = [GOOD, OF_ALL]
    with site(tmp_path, CLINIC_A, look=looking) as running:
        member = running.browser()
        member.press("/sign-in/", password=PASSWORD)
        assert OF_ALL.sentence in page_of(member)


def test_however_often_it_is_loaded_one_look_serves_all_for_a_while(bridge: Site, looking: Look) -> None:
    for browser in (bridge.admin(), bridge.member()):
        for _ in range(10):
            page_of(browser)
    assert looking.times == 1


def test_a_look_that_takes_long_keeps_nobody_waiting(tmp_path: Path) -> None:
    slow = Look()
    board = HealthBoard(slow, wait_seconds=0.05)
    try:
        began = time.monotonic()
        assert [board.seen().findings for _ in range(5)] == [None] * 5
        assert board.seen().is_looking
        assert time.monotonic() - began < 3
        slow.gate.set()
        wait_until(lambda: board.seen().findings == tuple(ALL))
        assert slow.times == 1
    finally:
        slow.gate.set()
        board.close()


def test_while_it_is_looked_at_again_the_last_answer_stands_with_its_age() -> None:
    now = [100.0]
    found = Look()
    found.gate.set()
    board = HealthBoard(found, wait_seconds=0.05, clock=lambda: now[0])
    try:
        wait_until(lambda: board.seen().findings is not None)
        found.gate.clear()
        now[0] += 14
        assert not board.seen().is_looking
        now[0] += 6
        seen = board.seen()
        assert (seen.findings, seen.age_seconds, seen.is_looking) == (tuple(ALL), 20.0, True)
        assert found.times == 2
    finally:
        found.gate.set()
        board.close()


def test_who_presses_to_have_it_looked_at_again_gets_a_new_look() -> None:
    now = [100.0]
    found = Look()
    found.gate.set()
    with contextlib.closing(HealthBoard(found, clock=lambda: now[0])) as board:
        board.seen()
        for seconds, times in ((1, 1), (2, 2), (1, 2)):
            now[0] += seconds
            board.seen(is_pressed=True)
            assert found.times == times


def test_what_is_held_or_wrong_in_a_mapping_file_leads_to_its_page(bridge: Site, looking: Look) -> None:
    looking.findings = [
        Finding("photos", Status.WARNING, "2 held; see `tscharts-bridge photos list`"),
        Finding("mapping clinic-a", Status.WARNING, "`crup` is not a form", "clinic-a"),
    ]
    page = bridge.admin().get("/health/?again=1").body.decode()
    assert "<code>crup</code> is not a form" in page
    assert 'class="button quiet" href="/mappings/"' in page
    assert 'class="button quiet" href="/held/"' not in page


def test_a_fault_of_the_bridge_itself_leaves_the_page_standing() -> None:
    def fail() -> list[Finding]:
        raise RuntimeError("a patient's name")

    with contextlib.closing(HealthBoard(fail)) as board:
        assert board.seen().findings is None


def test_it_says_the_words_of_check_on_a_whole_bridge(tmp_path: Path) -> None:
    with SandboxServer() as chart:
        config = make_config(tmp_path, chart.url)
        with running_bridge(config) as service:
            browser = Browser(service.web.port)
            ticket = admission_of(config, service.store).ticket(Purpose.PAGES).reveal()
            browser.get(f"/sign-in/?ticket={ticket}")
            page = page_of(browser).replace("<code>", "`").replace("</code>", "`")
            told = look(config)
            for finding in told:
                if kind_of(finding) != "disk":
                    assert finding.sentence in page
            assert {kind_of(finding) for finding in told} <= set(NAMES)
            assert {"version", "chart", "clock", "disk", "photos", "mapping", "clinic"} <= set(map(kind_of, told))


def test_a_chart_that_hangs_holds_up_neither_the_page_nor_the_bridges_end(tmp_path: Path) -> None:
    with SandboxServer() as chart:
        config = make_config(tmp_path, chart.url)
        with running_bridge(config) as service:
            browser = Browser(service.web.port)
            ticket = admission_of(config, service.store).ticket(Purpose.PAGES).reveal()
            browser.get(f"/sign-in/?ticket={ticket}")
            chart.faults.add(Fault(FaultKind.SLOW_ANSWER, delay_seconds=8))
            began = time.monotonic()
            answer = browser.get("/health/")
            assert time.monotonic() - began < 5
            assert b"is looking at everything" in answer.body
            assert answer.headers["refresh"] == "3; url=/health/"
            began = time.monotonic()
        assert time.monotonic() - began < 20


def test_every_kind_that_can_be_wrong_says_in_short_what_to_do() -> None:
    assert set(ADVICE) == set(NAMES) - {"version", "config"}


def test_in_spanish_it_says_what_to_do_beside_the_words_of_check(bridge: Site) -> None:
    admin = bridge.admin()
    admin.cookies["language"] = "es"
    page = page_of(admin)
    assert "Hay algo que resolver." in page
    assert "El expediente no responde o rechaza la cuenta del puente" in page
    assert f'lang="en">{OF_B.sentence}' in page
