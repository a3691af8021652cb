"""One browser for all tests of a run, one bridge for those of a module, and windows that are closed after each."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from looking import Look, Window, window
from page_site import Browser as Client
from page_visitors import House, house
from playwright.sync_api import Browser, sync_playwright

from chromium import browser_program

WindowOf = Callable[[Client, Look], Window]
"""Opens a window as somebody, with a look."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's browser, without a screen."""
    program = browser_program()
    assert program, "no Chromium is installed, and these tests need one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A whole bridge, its chart, and two practices."""
    with house(tmp_path_factory.mktemp("bridge")) as started:
        yield started


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept."""
    named = os.environ.get("BRIDGE_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def window_of(chromium: Browser, running: House, pictures: Path) -> Iterator[WindowOf]:
    """Opens windows; they are closed at the test's end."""
    with contextlib.ExitStack() as closing:

        def opened(client: Client, look: Look) -> Window:
            made = window(chromium, running.url, client, look, pictures)
            closing.callback(made.page.context.close)
            return made

        yield opened
