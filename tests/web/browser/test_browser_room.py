"""How pages use the room of a screen: what stands in a row, what fits without scrolling, what lines up."""

from collections.abc import Callable
from typing import Any

import pytest
from looking import LAPTOP, PHONE, SIZES, TABLET, Look, Size, Window
from page_site import Browser
from page_visitors import House
from patient_site import put

from bridge.photos import PhotoState
from bridge_runner import GUID
from phone import picture, post_photo, wait_until

WindowOf = Callable[[Browser, Look], Window]
ENDED = (PhotoState.DELIVERED, PhotoState.HELD)


@pytest.fixture(scope="module")
def admin(running: House) -> Browser:
    """Somebody to whom the layout shows all pages, on a day when photos arrived and one is held."""
    for number, patient in enumerate((1, 2, "nobody")):
        name = f"#{GUID}-#{patient}-#Audiogram-21-Nov-2026-10-00-{number:02}.jpg"
        assert post_photo(running.port, name, picture(number)).status == 200
    wait_until(lambda: sum(running.service.store.counts("clinic-a")[each] for each in ENDED) == 3, 30)
    return running.staff("bridge")


@pytest.fixture(scope="module")
def two(running: House) -> list[int]:
    """A headshot each of patients 3 and 5, and an X-ray of patient 3."""
    put(running.chart, 501, 5, "Headshot", size=(480, 640))
    return [
        put(running.chart, 502, 3, "Headshot", size=(480, 640)),
        put(running.chart, 503, 3, "Xray", size=(900, 1200)),
    ]


def box(window: Window, selector: str, which: int = 0) -> dict[str, Any]:
    """Where an element is."""
    found = window.page.locator(selector).nth(which).bounding_box()
    assert found is not None
    return dict(found)


def left_of_content(window: Window, selector: str) -> float:
    inside = "each => each.getBoundingClientRect().left + parseFloat(getComputedStyle(each).paddingLeft)"
    return float(window.page.locator(selector).first.evaluate(inside))


def test_the_layouts_links_stand_in_one_row_and_line_up_with_the_page(
    admin: Browser, window_of: WindowOf, two: list[int]
) -> None:
    window = window_of(admin, Look(LAPTOP, "es"))
    for path in ("/today/?practice=clinic-a", "/held/", "/events/", f"/patients/3/pictures/{two[1]}/"):
        window.go(path)
        assert window.page.locator(".pages a").count() == 8
        assert box(window, "header.top")["height"] < 70, path
        assert left_of_content(window, "header.top") == pytest.approx(left_of_content(window, "main"), abs=1), path
        assert window.page.locator(".pages").evaluate("each => each.scrollWidth <= each.clientWidth"), path


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_the_tools_of_a_large_picture_are_seen_with_all_of_it(
    admin: Browser, window_of: WindowOf, two: list[int], size: Size
) -> None:
    window = window_of(admin, Look(size, "es"))
    window.go(f"/patients/3/pictures/{two[1]}/")
    stage, tools = box(window, ".stage"), box(window, ".tools")
    assert tools["y"] + tools["height"] <= stage["y"] - 5
    assert stage["y"] + stage["height"] <= size.height
    window.go(f"/patients/3/compare?left={two[0]}&right={two[1]}")
    first, tools, facts = box(window, ".stage"), box(window, ".tools"), box(window, ".person-facts")
    assert facts["y"] + facts["height"] + 5 <= tools["y"]
    assert tools["y"] + tools["height"] <= first["y"] - 5
    window.page.locator("[data-zoom=in]").click()
    assert window.page.evaluate("scrollY") == 0


def test_before_a_move_both_people_have_room_on_a_tablet(admin: Browser, window_of: WindowOf, two: list[int]) -> None:
    window = window_of(admin, Look(TABLET, "es"))
    window.go(f"/patients/3/pictures/{two[1]}/move/5/")
    for which in (0, 1):
        assert box(window, ".identity", which)["width"] > 350
        face = box(window, ".identity img.face", which)
        assert (face["width"], face["height"]) == (160, 160)
    heights = window.page.locator(".identity .fact").evaluate_all("all => all.map(each => each.clientHeight)")
    assert max(heights) < 35


def test_the_days_photos_fit_on_a_phone_in_two_lines_each(admin: Browser, window_of: WindowOf) -> None:
    for language in ("en", "es"):
        window = window_of(admin, Look(PHONE, language))
        window.go("/today/?practice=clinic-a")
        assert window.page.locator("#lines").evaluate("each => each.scrollWidth <= each.clientWidth"), language
        assert window.page.locator("#lines").evaluate(
            "each => [...each.querySelectorAll('th, td')].every(cell => cell.checkVisibility())"
        )
        rows = window.page.locator("#lines tbody tr").evaluate_all("all => all.map(each => each.clientHeight)")
        assert max(rows) < 85, language


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_the_picture_that_is_moved_stays_in_its_card(
    admin: Browser, window_of: WindowOf, two: list[int], size: Size
) -> None:
    window = window_of(admin, Look(size))
    window.go(f"/patients/3/pictures/{two[1]}/move/5/")
    card, shown = box(window, ".subject"), box(window, ".subject img")
    assert card["x"] < shown["x"]
    assert shown["x"] + shown["width"] < card["x"] + card["width"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_plots_fill_their_cards(admin: Browser, window_of: WindowOf, size: Size) -> None:
    window = window_of(admin, Look(size))
    window.go("/today/?practice=clinic-a")
    for plot in window.page.locator("svg.plot").all():
        room = plot.evaluate(
            "each => { const style = getComputedStyle(each.parentElement); return each.parentElement.clientWidth"
            " - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - each.clientWidth; }"
        )
        assert room < 2
