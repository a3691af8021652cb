"""A whole bridge with held photos, its chart, and a nurse who is signed in to the pages."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from page_site import Browser

from bridge.holds import Hold, HoldReason
from bridge.photos import NewUpload, Photo, PhotoState, Source
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge.tags import parse_name
from bridge_runner import make_config, running_bridge
from phone import Answer, picture

HOLD = Hold(HoldReason.UNKNOWN_PATIENT, "The chart has no patient with id 132; assign the photo by hand.")

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class HeldSite:
    """The bridge, its chart, and what people see of its held photos."""

    bridge: Service
    chart: SandboxServer

    def browser(self, language: str = "en") -> Browser:
        """Somebody who is not signed in, with a language."""
        browser = Browser(self.bridge.web.port)
        browser.cookies["language"] = language
        return browser

    def nurse(self, language: str = "en") -> Browser:
        """A nurse whom the config names."""
        browser = self.browser(language)
        fields = {"with": "account", "username": "nurse", "password": "nurse-pass"}
        assert browser.press("/sign-in/", **fields).status == 303
        return browser

    def held(self, words: str = "#132-#rx", hold: Hold = HOLD, content: bytes | None = None) -> Photo:
        """A photo that waits for a person from the beginning; no two have one picture."""
        incoming = self.bridge.store.incoming()
        incoming.write(picture(next(_NUMBERS), (320, 240)) if content is None else content)
        tags = parse_name(f"{words}.jpg")
        upload = NewUpload("clinic-a", tags.name, Source.PHOTO_API, "image/jpeg", tags.captured_at)
        photo, _ = self.bridge.store.add(upload, incoming, hold=hold)
        return photo

    def empty(self) -> None:
        """Discard all that is held."""
        for photo in self.bridge.store.photos(states=[PhotoState.HELD], limit=1000):
            self.bridge.store.discard(photo.id, "a test", "it is over")


@contextlib.contextmanager
def held_site(folder: Path) -> Iterator[HeldSite]:
    """A bridge that knows the nurse, and its chart."""
    with (
        SandboxServer() as chart,
        running_bridge(make_config(folder, chart.url, more="staff: {allow: [nurse]}")) as bridge,
    ):
        yield HeldSite(bridge, chart)


def text_of(answer: Answer) -> str:
    """What stands on a page, without its marks."""
    body = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", answer.body.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())
