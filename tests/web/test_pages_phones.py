"""The page about phones: the address by hand, its QR code, and codes; and the same page when it is locked."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from page_site import BRIDGE, CLINIC_A, CLINIC_B, CLINIC_C, GUID, ZONE, Browser, Site, site
from PIL import Image

from bridge.medimage import MemoryCodeBook, PairingDesk, PairingService, ask_for_code
from bridge.photos import SqliteStore
from bridge.tags import GUID_PATTERN
from bridge.web import PagePractice
from bridge.web.phones import KeptCode, PhonePairing, shown_code

ADDRESS = re.compile(r'<code class="block">(http.*?)</code>')
CODE = re.compile(r'<strong class="code">([0-9A-Z]{4})</strong>')


def text(body: bytes) -> str:
    """A page's text, entities read, without the places where a line may end."""
    return unescape(body.decode().replace("<wbr>", ""))


def page_with_code(browser: Browser, path: str) -> str:
    """Get a code, and go where the button leads."""
    answer = browser.press(path, wish="code")
    assert answer.status == 303
    return text(browser.get(answer.headers["location"]).body)


def test_the_page_shows_the_address_for_entering_by_hand(bridge: Site) -> None:
    page = text(bridge.member().get("/phones/").body)
    assert ADDRESS.findall(page) == [f"{BRIDGE}/write/{GUID}"]
    assert "More Details" in page


def test_the_address_ends_a_line_before_its_path_and_not_within_a_word(bridge: Site) -> None:
    assert f"{BRIDGE}<wbr>/write/{GUID}</code>".encode() in bridge.member().get("/phones/").body


def test_the_page_says_what_a_phone_connected_by_hand_takes_for_transferred(bridge: Site) -> None:
    page = text(bridge.member().get("/phones/").body)
    assert "says “transferred” before the photo is in the chart" in page
    assert "the code is the better way" in page


def test_the_qr_code_is_of_that_address_as_svg_and_png(bridge: Site) -> None:
    member = bridge.member()
    desk = PairingDesk(bridge.store, bridge.book.open, BRIDGE)
    address = desk.address_of("clinic-a")
    assert address is not None
    assert address.text == f"{BRIDGE}/write/{GUID}"
    svg, png = member.get("/phones/qr.svg"), member.get("/phones/qr.png?practice=clinic-a")
    assert (svg.status, svg.headers["content-type"], svg.body) == (200, "image/svg+xml", address.svg_text().encode())
    assert ET.fromstring(svg.body).tag.endswith("svg")
    assert (png.status, png.headers["content-type"], png.body) == (200, "image/png", address.png_bytes())
    with Image.open(BytesIO(png.body)) as picture:
        assert picture.width == picture.height > 200
    assert 'src="/phones/qr.svg?practice=clinic-a"' in text(member.get("/phones/").body)


def test_the_button_shows_a_code_that_phones_can_use_and_until_when(bridge: Site) -> None:
    before = datetime.now(UTC)
    page = page_with_code(bridge.member(), "/phones/?practice=clinic-a")
    (code,) = CODE.findall(page)
    found = bridge.book.find(code, "127.0.0.1")
    assert found is not None
    assert found.write_address == f"{BRIDGE}/write/{GUID}"
    assert f"<strong>{found.expires_at.astimezone(ZONE):%H:%M}</strong>" in page
    assert "60 minutes from now" in page
    assert found.expires_at - before < timedelta(minutes=61)


def test_a_code_is_still_shown_after_a_reload_and_in_another_language(bridge: Site) -> None:
    admin = bridge.admin()
    page = "/phones/?practice=clinic-a"
    (code,) = CODE.findall(page_with_code(admin, page))
    admin.post("/preferences/", {"csrf": admin.csrf(page), "language": "es", "back": page})
    for _ in range(2):
        again = text(admin.get(page).body)
        assert CODE.findall(again) == [code]
        assert "minutos a partir de ahora" in again
    assert CODE.findall(text(admin.get("/phones/?practice=clinic-b").body)) == []
    assert CODE.findall(text(bridge.member().get("/phones/").body)) == []


@pytest.mark.parametrize(("seconds_left", "is_shown"), [(1, True), (0, False)])
def test_a_code_is_shown_until_it_runs_out(bridge: Site, seconds_left: int, is_shown: bool) -> None:
    now = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
    pairing = PhonePairing(PairingDesk(bridge.store, bridge.book.open, BRIDGE), CLINIC_A, False, bridge.store)
    kept = KeptCode("clinic-a", "V7K2", now + timedelta(seconds=seconds_left))
    assert (pairing.shown(KeptCode.of(kept.values()), now) is not None) is is_shown


@pytest.mark.parametrize(
    ("seconds_left", "minutes"), [(3600, 60), (3541, 60), (61, 2), (60, 1), (1, 1), (0, 0), (-9, 0)]
)
def test_minutes_are_rounded_up_and_times_are_the_clinics(seconds_left: int, minutes: int) -> None:
    now = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
    made = KeptCode("clinic-a", "V7K2", now + timedelta(seconds=seconds_left))
    shown = shown_code(made, ZONE, now)
    assert shown.minutes == minutes
    assert shown.until == f"{made.expires_at - timedelta(hours=8):%H:%M}"


def test_the_first_code_of_a_practice_gives_it_an_address(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_C) as bridge:
        admin = bridge.admin()
        assert ADDRESS.findall(text(admin.get("/phones/").body)) == []
        assert admin.get("/phones/qr.png").status == 404
        page = page_with_code(admin, "/phones/")
        guid = bridge.store.guid_of("clinic-c")
        assert guid is not None
        assert GUID_PATTERN.fullmatch(guid)
        assert ADDRESS.findall(page) == [f"{BRIDGE}/write/{guid}"]
        assert bridge.book.find(CODE.findall(page)[0], "127.0.0.1")


def test_an_address_is_made_by_hand_without_any_service_and_once(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_C) as bridge:
        admin = bridge.admin()
        answer = admin.press("/phones/", wish="address")
        assert (answer.status, answer.headers["location"]) == (303, "/phones/?practice=clinic-c")
        guid = bridge.store.guid_of("clinic-c")
        page = text(admin.get(answer.headers["location"]).body)
        assert ADDRESS.findall(page) == [f"{BRIDGE}/write/{guid}"]
        assert 'value="address"' not in page
        admin.press("/phones/", wish="address")
        assert bridge.store.guid_of("clinic-c") == guid


def test_a_pairing_service_that_is_away_is_told_in_one_sentence_on_the_page(tmp_path: Path) -> None:
    service = PairingService("http://127.0.0.1:9/", connect_timeout_seconds=1)
    store = SqliteStore(tmp_path / "data")
    desk = PairingDesk(store, partial(ask_for_code, service), BRIDGE)
    with site(tmp_path, CLINIC_A, desk=desk) as bridge:
        answer = bridge.admin().press("/phones/", wish="code")
    store.close()
    assert answer.status == 503
    (sentence,) = re.findall(r'role="alert">([^<]*)<', text(answer.body))
    assert sentence.startswith("The pairing service at 127.0.0.1 cannot be reached")
    assert ADDRESS.findall(text(answer.body)) == [f"{BRIDGE}/write/{GUID}"]


def test_the_admin_chooses_among_several_practices_and_a_practice_does_not(bridge: Site) -> None:
    choice = text(bridge.admin().get("/phones/").body)
    links = re.findall(r'href="(/phones/\?practice=[^"]*)"', choice)
    assert links == [f"/phones/?practice=clinic-{each}" for each in "abc"]
    assert GUID not in choice
    assert "Choose another clinic" in text(bridge.admin().get(links[0]).body)
    assert "Choose another clinic" not in text(bridge.member().get("/phones/").body)


@pytest.mark.parametrize("fields", [{}, {"wish": "x"}, {"wish": ""}])
def test_a_button_that_is_none_is_refused(bridge: Site, fields: dict[str, str]) -> None:
    answer = bridge.member().press("/phones/", **fields)
    assert answer.status == 400
    assert b"which button was pressed" in answer.body


@pytest.mark.parametrize("csrf", [{}, {"csrf": ""}, {"csrf": "x" * 32}])
@pytest.mark.parametrize("wish", ["code", "address"])
def test_a_button_that_another_site_presses_does_nothing(tmp_path: Path, csrf: dict[str, str], wish: str) -> None:
    with site(tmp_path, CLINIC_C) as bridge:
        admin = bridge.admin()
        admin.get("/phones/")
        assert admin.post("/phones/", csrf | {"wish": wish}).status == 400
        assert bridge.store.guid_of("clinic-c") is None


def test_nothing_is_made_by_get(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_C) as bridge:
        admin = bridge.admin()
        for wish in ("code", "address"):
            assert admin.get(f"/phones/?wish={wish}&csrf={admin.csrf('/phones/')}").status == 200
        assert bridge.store.guid_of("clinic-c") is None


def test_locked_pages_give_codes_of_a_practice_that_has_an_address(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, locked=True) as bridge:
        page = page_with_code(bridge.member(), "/phones/")
        assert CODE.search(page)


def test_locked_pages_make_no_address_in_any_way(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_C, locked=True) as bridge:
        admin = bridge.admin()
        page = text(admin.get("/phones/").body)
        assert 'name="wish"' not in page
        assert "tscharts-bridge pair --by-hand" in page
        csrf = admin.csrf("/phones/")
        for wish in ("code", "address"):
            answer = admin.post("/phones/", {"csrf": csrf, "wish": wish})
            assert answer.status == 403
            assert "These pages are locked" in text(answer.body)
        assert bridge.store.guid_of("clinic-c") is None


def test_an_address_that_no_qr_code_holds_is_told_and_not_raised(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, url="http://" + "x" * 3000) as bridge:
        answer = bridge.admin().get("/phones/qr.png")
    assert answer.status == 500
    assert b"This address is too long for a QR code; use a shorter server address." in answer.body


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a&b=c#d?e", "{{7*7}}", "ñandú/../x", "'"]
)
def test_a_hostile_practice_name_is_text_everywhere(tmp_path: Path, name: str) -> None:
    store = SqliteStore(tmp_path / "data")
    store.ensure_practices({name: GUID, "clinic-b": None})
    desk = PairingDesk(store, MemoryCodeBook().open, BRIDGE)
    with site(tmp_path, PagePractice(name, ZONE, CLINIC_A.password_hash), CLINIC_B, desk=desk) as bridge:
        admin = bridge.admin()
        choice = admin.get("/phones/").body.decode()
        link = unescape(re.findall(r'href="(/phones/\?practice=[^"]*)"', choice)[0])
        page = admin.get(link)
        assert page.status == 200
        for body in (choice, page.body.decode(), bridge.member(name).get("/phones/").body.decode()):
            assert "<script>" not in body
            assert "<img src=x" not in body
            assert name in unescape(body)
    store.close()


def test_a_hostile_address_is_text(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A, url='http://x"><script>alert(1)</script>') as bridge:
        assert "<script>" not in bridge.admin().get("/phones/").body.decode()


def test_two_who_press_at_once_get_one_address(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_C) as bridge:
        browsers: list[Browser] = [bridge.admin(), bridge.admin()]
        tokens = [each.csrf("/phones/") for each in browsers]
        pages = [
            text(each.post("/phones/", {"csrf": token, "wish": "code"}).body)
            for each, token in zip(browsers, tokens, strict=True)
        ]
        assert ADDRESS.findall(pages[0]) == ADDRESS.findall(pages[1])
