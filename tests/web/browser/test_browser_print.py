"""What is printed: dark ink on white paper whatever the screen's colours are, no buttons, no page nearly empty."""

import re
from collections.abc import Callable

import pytest
from looking import LAPTOP, PHONE, Look, Window
from page_site import Browser
from page_visitors import House

from bridge.photos import PhotoState
from bridge_runner import GUID
from phone import picture, post_photo, wait_until

WindowOf = Callable[[Browser, Look], Window]
PHOTOS = 30
LIGHTNESS = """each => { const [r, g, b] = getComputedStyle(each).%s.match(/[\\d.]+/g).map(Number);
    return (r + g + b) / 3; }"""
OVER_THE_EDGE = """() => [...document.querySelectorAll("table")].filter(each => each.checkVisibility())
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"""
BUTTONS = "() => [...document.querySelectorAll('button, .button, form')].filter(each => each.checkVisibility()).length"


@pytest.fixture(scope="module")
def filled(running: House) -> House:
    """A day with thirty photos, one of which is held."""
    for number in range(PHOTOS):
        name = f"#{GUID}-#{number % 6 or 'nobody'}-xray-21-Nov-2026-10-00-{number:02}.jpg"
        assert post_photo(running.port, name, picture(number)).status == 200
    ended = (PhotoState.DELIVERED, PhotoState.HELD)
    wait_until(lambda: sum(running.service.store.counts("clinic-a")[each] for each in ended) == PHOTOS, 60)
    return running


def printed(window: Window, path: str) -> int:
    """Open a page and make it ready for paper; how many sheets it takes."""
    window.go(path)
    window.page.emulate_media(media="print", color_scheme="dark")
    window.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    return len(re.findall(rb"/Type\s*/Page\b", window.page.pdf(format="Letter")))


def lightness(window: Window, selector: str, of: str) -> float:
    """Of 255; the first element's."""
    return float(window.page.locator(selector).first.evaluate(LIGHTNESS % of))


@pytest.mark.parametrize("theme", ["auto", "dark"])
def test_dark_screens_print_dark_words_on_white(filled: House, window_of: WindowOf, theme: str) -> None:
    member = filled.member()
    member.cookies["theme"] = theme
    window = window_of(member, Look(theme="dark"))
    window.go("/today/")
    assert lightness(window, "main td", "color") > 200
    printed(window, "/today/")
    for selector in ("main h1", "main td", ".count dt", ".keys li"):
        assert lightness(window, selector, "color") < 110, selector
    for drawn in (".plot text", ".plot .filed"):
        assert lightness(window, drawn, "fill") < 110, drawn
    assert lightness(window, ".count", "backgroundColor") == 255


def test_a_day_of_thirty_photos_takes_two_sheets(filled: House, window_of: WindowOf) -> None:
    window = window_of(filled.member(), Look())
    assert printed(window, "/today/") == 2
    assert window.page.evaluate(BUTTONS) == 0


@pytest.mark.parametrize("path", ["/today/", "/events/", "/held/", "/held/list/", "/patients/1/", "/health/"])
def test_no_table_is_cut_and_no_button_is_printed(filled: House, window_of: WindowOf, path: str) -> None:
    window = window_of(filled.staff("bridge"), Look(PHONE, "es"))
    target = f"{path}?practice=clinic-a" if path == "/today/" else path
    assert printed(window, target) <= 3
    assert window.page.evaluate(OVER_THE_EDGE) == 0
    assert window.page.evaluate(BUTTONS) == 0
    clipping = "all => all.filter(each => getComputedStyle(each).overflowX !== 'visible').length"
    assert window.page.locator(".scroll").evaluate_all(clipping) == 0


def test_a_held_photo_takes_one_sheet(filled: House, window_of: WindowOf) -> None:
    assert printed(window_of(filled.staff(), Look(LAPTOP)), "/held/") == 1
