"""Pages in a real browser: at three sizes, in both languages, light and dark; what is wrong with one, and pictures."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from page_site import Browser as Client
from playwright.sync_api import Browser, ConsoleMessage, Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LEAST_TOUCH_PIXELS = 44
LONGEST_MS = 15_000
_SMALL_TARGETS = """least => [...document.querySelectorAll("button, .button, nav a, select, summary, input")]
    .filter(each => each.type !== "hidden" && each.checkVisibility())
    .map(each => (each.matches("[type=checkbox], [type=radio]") && each.closest("label")) || each)
    .filter(each => Math.round(each.getBoundingClientRect().height) < least)
    .map(each => each.outerHTML.slice(0, 120))"""


@dataclass(frozen=True)
class Size:
    """A screen, in CSS pixels."""

    name: str
    width: int
    height: int
    is_touch: bool


PHONE = Size("phone", 390, 844, True)
TABLET = Size("tablet", 820, 1180, True)
LAPTOP = Size("laptop", 1366, 768, False)
SIZES = (PHONE, TABLET, LAPTOP)


@dataclass(frozen=True)
class Look:
    """How somebody sees the pages."""

    size: Size = LAPTOP
    language: str = "en"
    theme: str = "light"

    def __str__(self) -> str:
        return f"{self.size.name}-{self.language}-{self.theme}"


def looks(size: Size) -> Iterator[Look]:
    """Every look at this size."""
    for language, theme in itertools.product(("en", "es"), ("light", "dark")):
        yield Look(size, language, theme)


def two_looks(size: Size) -> tuple[Look, Look]:
    """Both languages and both themes at this size, for what takes several steps."""
    return Look(size), Look(size, "es", "dark")


@dataclass
class Window:
    """A window of the browser, signed in as somebody. `wrongs` are errors of scripts, and what the policy refused."""

    page: Page
    look: Look
    pictures: Path
    wrongs: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page and wait for its scripts."""
        self.page.goto(path, wait_until="load")

    def press(self, name: str) -> None:
        """Press a button, by its words."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def key(self, *keys: str) -> None:
        """Press keys, one after another."""
        for each in keys:
            self.page.keyboard.press(each)

    def picture(self, name: str) -> None:
        """Keep how it looks."""
        words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.page.screenshot(path=self.pictures / f"{words}-{self.look}.png", full_page=True)

    def assert_good(self, name: str) -> None:
        """The page as it is now is accessible (WCAG 2.2 AA, as far as a program can tell), no wider than the screen, of
        targets large enough for fingers, and without errors; and keep how it looks.
        """
        self.picture(name)
        assert self.violations() == [], f"{name} {self.look}"
        wide = self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} {self.look} is {wide} px wider than the screen"
        assert self.page.evaluate(_SMALL_TARGETS, LEAST_TOUCH_PIXELS) == [], f"{name} {self.look}"
        assert self.wrongs == [], f"{name} {self.look}"

    def violations(self) -> list[str]:
        """What axe-core finds, one line each."""
        self.page.evaluate(AXE)
        found: dict[str, Any] = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", STANDARDS
        )
        return [
            f"{each['id']}: {node['html'][:160]} ({node.get('failureSummary', '')})"
            for each in found["violations"]
            for node in each["nodes"]
        ]


def window(browser: Browser, url: str, client: Client, look: Look, pictures: Path) -> Window:
    """A new window with a client's session. To be closed with its context."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": look.size.width, "height": look.size.height},
        has_touch=look.size.is_touch,
        is_mobile=look.size is PHONE,
        locale="es-MX" if look.language == "es" else "en-US",
        color_scheme="dark" if look.theme == "dark" else "light",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in client.cookies.items()])
    context.set_default_timeout(LONGEST_MS)
    opened = Window(context.new_page(), look, pictures)
    opened.page.on("console", _noting(opened))
    opened.page.on("pageerror", lambda error: opened.wrongs.append(str(error)))
    return opened


def _noting(opened: Window) -> Callable[[ConsoleMessage], None]:
    """Keeps what the browser complains of; an answer that is a refusal is no fault of the page."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            opened.wrongs.append(message.text)

    return note
