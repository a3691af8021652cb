"""Every page of the layout in a real browser: accessible, in both languages, light and dark, at three sizes."""

from collections.abc import Callable

import pytest
from looking import LAPTOP, PHONE, SIZES, Look, Size, Window, looks, two_looks
from page_site import Browser
from page_visitors import House
from playwright.sync_api import Response

from bridge.web.navigation import NAVIGATION

WindowOf = Callable[[Browser, Look], Window]
NAMES = [name for name, *_ in NAVIGATION]
MOST_BYTES = 100_000


def everybody(running: House) -> Browser:
    """The bridge's admin, who signed in with an account of the chart, too."""
    admin = running.admin()
    fields = {"with": "account", "username": "bridge", "password": "bridge-pass"}
    assert admin.post("/sign-in/", {"csrf": admin.csrf("/phones/"), **fields}).status == 303
    return admin


def path_of(running: House, name: str) -> str:
    """The address of a page of the layout."""
    rules = {each.endpoint: each.rule for each in running.service.app.url_map.iter_rules()}
    return rules[f"pages.{name}"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_good(running: House, window_of: WindowOf, name: str, size: Size) -> None:
    client = everybody(running)
    path = path_of(running, name)
    for look in looks(size) if size is LAPTOP else two_looks(size):
        window = window_of(client, look)
        window.go(f"{path}?practice=clinic-a")
        assert window.page.locator("html").get_attribute("lang") == look.language
        assert window.page.locator("h1").count() == 1
        assert window.page.locator(f'nav a[aria-current="page"][href="{path}"]').count() == 1
        window.assert_good(name)


@pytest.mark.parametrize("name", ["phones", "mappings", "today"])
def test_a_page_on_which_a_clinic_is_to_be_chosen_is_good(running: House, window_of: WindowOf, name: str) -> None:
    client = everybody(running)
    for look in two_looks(PHONE):
        window = window_of(client, look)
        window.go(path_of(running, name))
        window.assert_good(f"{name} choose")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_weighs_little_when_nothing_of_it_is_kept(running: House, window_of: WindowOf, name: str) -> None:
    window = window_of(everybody(running), Look())
    taken: list[Response] = []
    window.page.on("response", lambda response: taken.append(response))
    window.go(path_of(running, name))
    sizes = {each.url: len(each.body()) for each in taken if each.status == 200 and not _is_stream(each)}
    assert sum(sizes.values()) < MOST_BYTES, sizes


def _is_stream(response: Response) -> bool:
    """Whether an answer never ends by itself."""
    return "event-stream" in response.headers.get("content-type", "")
