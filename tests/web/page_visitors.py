"""A whole bridge over a sandbox chart, and everybody who may look at its pages."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from page_site import HASH, PASSWORD, Browser

from bridge.admission import Admission, Purpose
from bridge.sandbox import SandboxServer
from bridge.service import Service
from bridge_runner import make_config, running_bridge
from phone import Answer

STAFF = "staff: {allow: [nurse, bridge], admins: [bridge]}"
"""The nurse may come in, and the user `bridge` is one of the bridge's admins."""


@dataclass(frozen=True)
class House:
    """A running bridge and its chart."""

    service: Service
    chart: SandboxServer

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.service.web.port

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def stranger(self) -> Browser:
        """Nobody yet."""
        return Browser(self.port)

    def ticket(self) -> str:
        """The path that lets the admin in, once."""
        admission = Admission.in_folder(self.service.config.data_folder)
        return f"/sign-in/?ticket={quote(admission.ticket(Purpose.PAGES).reveal())}"

    def admin(self) -> Browser:
        """The bridge's admin, by ticket."""
        browser = self.stranger()
        assert browser.get(self.ticket()).status == 303
        return browser

    def member(self, practice: str = "clinic-a") -> Browser:
        """The people of a practice, by its password."""
        browser = self.stranger()
        assert browser.sign_in(practice, PASSWORD).status == 303
        return browser

    def staff(self, username: str = "nurse") -> Browser:
        """Somebody with an account of the chart."""
        browser = self.stranger()
        assert sign_in(browser, username, f"{username}-pass").status == 303
        return browser

    def everybody(self) -> dict[str, Browser]:
        """One browser of each kind."""
        return {
            "stranger": self.stranger(),
            "member": self.member(),
            "nurse": self.staff(),
            "chart admin": self.staff("bridge"),
            "admin": self.admin(),
        }


def sign_in(browser: Browser, username: str, password: str, **fields: str) -> Answer:
    """With an account of the chart."""
    return browser.press("/sign-in/", **{"with": "account"}, username=username, password=password, **fields)


@contextlib.contextmanager
def house(folder: Path, staff: str = STAFF) -> Iterator[House]:
    """A bridge of two practices, one of them with a password, and its chart."""
    with SandboxServer() as chart, house_of(chart, folder, staff) as started:
        yield started


@contextlib.contextmanager
def house_of(chart: SandboxServer, folder: Path, staff: str = STAFF) -> Iterator[House]:
    """The same over this chart."""
    config = make_config(folder, chart.url, more=f"{staff}\npairing: {{own_service: true}}")
    first, *others = config.practices
    config = replace(config, practices=(replace(first, page_password_hash=HASH), *others))
    with running_bridge(config) as service:
        yield House(service, chart)
