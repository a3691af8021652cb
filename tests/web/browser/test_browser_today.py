"""Today in a real browser: live, on every screen, in both languages and themes, and on paper."""

import time
from collections.abc import Callable
from typing import NoReturn

import pytest
from looking import LAPTOP, PHONE, SIZES, Look, Size, Window, looks
from page_site import Browser
from page_visitors import House

from bridge.photos import PhotoState
from bridge.tscharts import ChartClient, ChartUnreachableError
from bridge_runner import GUID
from phone import picture, post_photo, wait_until

WindowOf = Callable[[Browser, Look], Window]


def send(running: House, patient: int | str, number: int) -> None:
    """Upload a photo."""
    name = f"#{GUID}-#{patient}-xray-21-Nov-2026-10-{number // 60:02}-{number % 60:02}.jpg"
    assert post_photo(running.port, name, picture(number)).status == 200


def stands(running: House, state: PhotoState) -> int:
    """How many photos stand so."""
    return running.service.store.counts("clinic-a")[state]


@pytest.fixture
def filled(running: House) -> House:
    """A bridge on whose day something happened: photos in the chart and held, and an outage."""
    if not stands(running, PhotoState.DELIVERED):
        for number, patient in enumerate((1, 2, 3, "nobody")):
            send(running, patient, number)
        wait_until(lambda: stands(running, PhotoState.DELIVERED) == 3 and stands(running, PhotoState.HELD) == 1, 30)
        running.service.store.set_trouble("clinic-a", "The chart does not answer; check that it runs.")
        running.service.store.set_trouble("clinic-a", None)
    return running


def shown(window: Window, state: str) -> int:
    """A count that the page shows."""
    return int(window.page.locator(f'[data-count="{state}"]').inner_text())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_a_day_on_which_something_happened_is_good(filled: House, window_of: WindowOf, size: Size) -> None:
    member = filled.member()
    for look in looks(size):
        window = window_of(member, look)
        window.go("/today/")
        window.page.wait_for_selector('.live[data-state="on"]')
        assert window.page.locator("svg.plot").count() == 3
        assert window.page.locator(".plot rect.outage").count() == 2
        window.page.locator("summary").first.click()
        window.assert_good("today full")


def test_an_upload_shows_within_a_second_without_loading_the_page_anew(filled: House, window_of: WindowOf) -> None:
    window = window_of(filled.member(), Look())
    window.go("/today/")
    window.page.wait_for_selector('.live[data-state="on"]')
    number, filed = len(window.page.locator("tbody tr[data-photo]").all()), shown(window, "delivered")
    window.page.evaluate("() => { window.isStillHere = true; }")
    took = []
    for photo in range(1, 4):
        send(filled, 5, 100 + number + photo)
        began = time.monotonic()
        window.page.wait_for_function(
            "rows => document.querySelectorAll('tbody tr[data-photo]').length >= rows", arg=number + photo, polling=20
        )
        took.append(time.monotonic() - began)
        window.page.wait_for_function(
            "filed => Number(document.querySelector('[data-count=delivered]').textContent) >= filed", arg=filed + photo
        )
    first = window.page.locator("tbody tr[data-photo]").first
    first.locator("text=In the chart").wait_for()
    assert first.locator(".kind").inner_text() == "X-ray"
    total = str(shown(window, "delivered"))
    window.page.wait_for_function(
        "total => [...document.querySelectorAll('#plots tbody td')].some(each => each.textContent === total)", arg=total
    )
    assert window.page.evaluate("() => window.isStillHere")
    assert min(took) < 1.0
    assert window.wrongs == []


def test_trouble_shows_and_goes_by_itself_in_spanish_too(
    filled: House, window_of: WindowOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge asks a chart that is away, again and again, and shows what it finds: as text, whatever it is."""

    def away(_client: ChartClient) -> NoReturn:
        raise ChartUnreachableError("<b>The chart</b> does not answer.")

    window = window_of(filled.member(), Look(PHONE, "es"))
    window.go("/today/")
    window.page.wait_for_selector('.live[data-state="on"]')
    with monkeypatch.context() as outage:
        outage.setattr(ChartClient, "check", away)
        filled.service.store.set_trouble("clinic-a", "<b>The chart</b> does not answer.")
        window.page.wait_for_selector("#trouble:not([hidden])")
        assert "El expediente no recibe nada por ahora" in window.text()
        assert "<b>The chart</b> does not answer." in window.text()
        window.assert_good("today trouble")
    window.page.wait_for_selector("#trouble", state="hidden")


def test_without_scripts_the_page_is_read_and_says_that_it_is_not_live(filled: House, window_of: WindowOf) -> None:
    window = window_of(filled.member(), Look())
    window.page.route("**/*.js", lambda route: route.abort())
    window.go("/today/")
    assert "Not live" in window.text()
    assert window.page.locator("svg.plot").count() == 3
    window.page.get_by_role("link", name="←").click()
    window.page.wait_for_selector("#none")
    assert "No photo arrived on this day." in window.text()


def test_a_page_that_nobody_sees_lets_go_of_its_stream(filled: House, window_of: WindowOf) -> None:
    window = window_of(filled.member(), Look())
    window.go("/today/")
    window.page.wait_for_selector('.live[data-state="on"]')
    streams = filled.service.today.streams
    wait_until(lambda: streams.count == 1)
    hide = "() => { Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true}); "
    hide += "document.dispatchEvent(new Event('visibilitychange')); }"
    window.page.evaluate(hide % "hidden")
    wait_until(lambda: streams.count == 0)
    window.page.evaluate(hide % "visible")
    wait_until(lambda: streams.count == 1)
    window.page.wait_for_selector('.live[data-state="on"]')


def test_printed_it_has_its_plots_and_tables_and_no_buttons(filled: House, window_of: WindowOf) -> None:
    window = window_of(filled.member(), Look(LAPTOP))
    window.go("/today/")
    window.page.emulate_media(media="print")
    window.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert window.page.locator("svg.plot").evaluate_all("plots => plots.every(each => each.checkVisibility())")
    assert window.page.locator("#plots table").evaluate_all("tables => tables.every(each => each.checkVisibility())")
    assert not window.page.locator("button").evaluate_all("all => all.some(each => each.checkVisibility())")
    window.picture("today print")
    window.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert not window.page.locator("#plots table").first.is_visible()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_health_is_good_whatever_it_says(filled: House, window_of: WindowOf, size: Size) -> None:
    admin = filled.admin()
    for look in looks(size):
        window = window_of(admin, look)
        window.go("/health/")
        window.page.wait_for_selector(".finding")
        window.assert_good("health found")
