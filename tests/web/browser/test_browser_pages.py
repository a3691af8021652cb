"""Every page of the layout in a real browser: accessible, in both languages, light and dark, at three sizes."""

from collections.abc import Callable

import pytest
from looking import SIZES, Look, Size, Window, looks
from page_site import Browser
from page_visitors import House

from bridge.web.frame import NAVIGATION

WindowOf = Callable[[Browser, Look], Window]
NAMES = [name for name, *_ in NAVIGATION]
MOST_BYTES = 100_000
MOST_PAINT_MS = 200


def everybody(running: House) -> Browser:
    """The bridge's admin, who signed in with an account of the chart, too."""
    admin = running.admin()
    fields = {"with": "account", "username": "bridge", "password": "bridge-pass"}
    assert admin.post("/sign-in/", {"csrf": admin.csrf("/phones/"), **fields}).status == 303
    return admin


def path_of(running: House, name: str) -> str:
    """The address of a page of the layout."""
    (rule,) = [each for each in running.service.app.url_map.iter_rules() if each.endpoint == f"pages.{name}"]
    return rule.rule


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_good(running: House, window_of: WindowOf, name: str, size: Size) -> None:
    client = everybody(running)
    path = path_of(running, name)
    for look in looks(size):
        window = window_of(client, look)
        for query in ("", "?practice=clinic-a"):
            window.go(path + query)
            assert window.page.locator("html").get_attribute("lang") == look.language
            assert window.page.locator("h1").count() == 1
            assert window.page.locator(f'nav a[aria-current="page"][href="{path}"]').count() == 1
            window.assert_good(f"{name} one practice" if query else name)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_light_and_soon_there(running: House, window_of: WindowOf, name: str) -> None:
    window = window_of(everybody(running), Look())
    path = path_of(running, name)
    window.go(path)
    taken = sum(len(response.body()) for response in _responses(window, path))
    assert taken < MOST_BYTES
    paints = "() => performance.getEntriesByType('paint').map(each => each.startTime)"
    window.page.wait_for_function(f"() => ({paints})().length > 0")
    soonest = min(window.page.evaluate(paints))
    assert soonest < MOST_PAINT_MS * 5


def _responses(window: Window, path: str) -> list:
    """What a page takes from the bridge when nothing of it is kept."""
    found: list = []
    window.page.on("response", lambda response: found.append(response))
    window.go(path)
    return [each for each in found if each.status == 200 and "event-stream" not in each.headers.get("content-type", "")]
