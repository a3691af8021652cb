"""Who did what, and which phones sent lately, in a real browser: read, narrowed, followed and saved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from looking import LAPTOP, SIZES, Look, Size, Window, looks
from page_site import Browser
from page_visitors import House

from bridge.photos import AuditRecord
from bridge_runner import GUID
from phone import picture, post_photo

WindowOf = Callable[[Browser, Look], Window]
HOSTILE = '=HYPERLINK("http://x")<img src=x onerror=alert(1)>'
AGENTS = ("Dalvik/2.1.0 (Linux; U; Android 10; SM-A505F)", "Mozilla/5.0 (iPhone; CPU iPhone OS 16_1)", "Android 9")


@pytest.fixture(scope="module")
def admin(running: House) -> Browser:
    """One of the bridge's admins, in a bridge where people did things."""
    (key,) = [each.key for each in running.service.charting.charts]
    now = datetime.now(UTC)
    looked = [AuditRecord(now - timedelta(minutes=n), key, "nurse", "", "seen", 40 + n, 3 + n // 30) for n in range(70)]
    told = [
        AuditRecord(now - timedelta(seconds=5), key, "maria", "", "deleted", 7, 3, reason=HOSTILE),
        AuditRecord(now - timedelta(seconds=9), key, None, "0123abcd", "moved", 8, 4, reason="his brother's"),
    ]
    running.service.store.note_all([*looked, *told])
    return running.staff("bridge")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_events_are_good_to_read(admin: Browser, window_of: WindowOf, size: Size) -> None:
    for look in looks(size):
        window = window_of(admin, look)
        window.go("/events/")
        assert HOSTILE in window.text()
        window.assert_good("events told")
        window.page.locator("summary").first.click()
        assert window.page.locator(".others[open] li").count() > 10
        window.assert_good("events opened")
        assert window.page.evaluate("document.documentElement.scrollWidth") <= size.width
        window.go("/events/?first=yesterday")
        window.assert_good("events wrong")


def test_events_are_narrowed_and_followed_by_keyboard_alone(admin: Browser, window_of: WindowOf) -> None:
    window = window_of(admin, Look())
    window.go("/events/")
    window.page.locator("#who").focus()
    window.page.keyboard.type("maria")
    window.key("Enter")
    window.page.wait_for_url("**/events/?who=maria**")
    assert window.page.locator(".event").count() == 1
    window.page.get_by_role("link", name="patient 3").focus()
    window.key("Enter")
    window.page.wait_for_url("**patient=3**")
    assert window.page.locator("#patient").input_value() == "3"
    window.page.get_by_role("link", name="Show all").focus()
    window.key("Enter")
    window.page.wait_for_url("**/events/?zone=**")
    assert window.page.locator("#who").input_value() == ""


def test_all_that_is_meant_is_saved_as_a_file(admin: Browser, window_of: WindowOf, tmp_path: Path) -> None:
    window = window_of(admin, Look(LAPTOP, "es"))
    window.go("/events/?who=maria")
    with window.page.expect_download() as started:
        window.press("Guardar todos estos como tabla (CSV)")
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert file.suffix == ".csv"
    head, row = file.read_text("utf-8-sig").splitlines()
    assert head.startswith("Hora (America/Los_Angeles),Hora (UTC),Persona,")
    assert row.endswith(""",maria,borró,3,7,,"'=HYPERLINK(""http://x"")<img src=x onerror=alert(1)>\"""")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_the_phones_that_sent_are_shown_with_their_photos(running: House, window_of: WindowOf, size: Size) -> None:
    for number, agent in enumerate(AGENTS):
        name = f"#{GUID}-#3-#Xray-21-Nov-2026-10-11-1{number}.jpg"
        assert post_photo(running.port, name, picture(number), {"User-Agent": agent}).status == 200
    running.service.senders.write()
    member = running.member()
    for look in looks(size):
        window = window_of(member, look)
        window.go("/phones/")
        phones = window.page.locator(".lately tbody th").all_inner_texts()
        told = "Teléfono Android A" if look.language == "es" else "Android phone A"
        assert told in phones
        assert len(phones) == len(AGENTS)
        assert window.page.evaluate("document.documentElement.scrollWidth") <= size.width
        window.assert_good("phones lately")
