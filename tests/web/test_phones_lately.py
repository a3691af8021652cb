"""Which phones sent lately, on the page about phones (bridge/web/phones_lately.py)."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from page_site import Browser

from bridge.admission import Purpose
from bridge.photos import SqliteStore
from bridge.sandbox import SandboxServer
from bridge.service import Service, admission_of
from bridge.web.phones_lately import letters
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until

GALAXY = {"User-Agent": "Dalvik/2.1.0 (Linux; U; Android 10; SM-A505F)"}
MOTO = {"User-Agent": "Dalvik/2.1.0 (Linux; U; Android 9; moto g(7))"}
IPHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 16_1 like Mac OS X)"}


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Service]:
    with SandboxServer() as chart, running_bridge(make_config(tmp_path, chart.url)) as running:
        yield running


def send(bridge: Service, number: int, headers: dict[str, str], guid: str = GUID) -> None:
    name = f"#{guid}-#3-#Xray-21-Nov-2026-10-11-12.jpg"
    assert post_photo(bridge.web.port, name, picture(number), headers).status == 200


def admin(bridge: Service) -> Browser:
    browser = Browser(bridge.web.port)
    ticket = admission_of(bridge.config, bridge.store).ticket(Purpose.PAGES).reveal()
    assert browser.get(f"/sign-in/?ticket={ticket}").status == 303
    return browser


def lately(browser: Browser, practice: str = "clinic-a", **headers: str) -> list[list[str]]:
    """The rows of the tables, without the times."""
    page = browser.get(f"/phones/?practice={practice}", **headers).body.decode()
    section = page.partition('<section class="card lately"')[2].partition("</section>")[0]
    assert section
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th><td[^>]*>(.*?)</td>", section)
    return sorted([unescape(label), photos] for label, photos in rows)


def test_each_phone_has_a_letter_and_the_number_of_its_photos(bridge: Service) -> None:
    browser = admin(bridge)
    assert lately(browser) == []
    send(bridge, 1, GALAXY)
    bridge.senders.write()
    send(bridge, 2, GALAXY)
    send(bridge, 3, MOTO)
    send(bridge, 4, IPHONE)
    send(bridge, 5, IPHONE, OTHER_GUID)
    wait_until(lambda: len(lately(browser)) == 3)
    assert lately(browser) == [["Android phone A", "2"], ["Android phone B", "1"], ["iPhone A", "1"]]
    assert lately(browser, "clinic-b") == [["iPhone A", "1"]]
    assert lately(browser, Accept_Language="es")[0] == ["Teléfono Android A", "2"]


def test_a_photo_that_is_sent_again_counts_once_and_one_that_is_refused_not_at_all(bridge: Service) -> None:
    browser = admin(bridge)
    for _ in range(3):
        send(bridge, 1, GALAXY)
    name = "#aaaaaaaaaaaaaaaaaa-#3-#Xray.jpg"
    assert post_photo(bridge.web.port, name, picture(2), MOTO).status == 400
    bridge.senders.write()
    assert lately(browser) == [["Android phone A", "1"]]


def test_what_was_counted_last_is_kept_when_the_bridge_stops(tmp_path: Path) -> None:
    with SandboxServer() as chart:
        config = make_config(tmp_path, chart.url)
        with running_bridge(config) as bridge:
            send(bridge, 1, GALAXY)
        with running_bridge(config) as bridge:
            assert lately(admin(bridge)) == [["Android phone A", "1"]]
            assert isinstance(bridge.store, SqliteStore)


@pytest.mark.parametrize(("number", "written"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (53, "BA"), (702, "ZZ")])
def test_letters_count_on_after_z(number: int, written: str) -> None:
    assert letters(number) == written
