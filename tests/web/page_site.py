"""A running bridge with the pages alone, and browsers that look at it over real sockets."""

import contextlib
import http.client
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from bridge.admission import KEY_FILE, Admission, Purpose
from bridge.app import create_app
from bridge.charting import (
    Access,
    Catalogue,
    Chart,
    Charts,
    FileCache,
    FixedLimit,
    KeptAudit,
    KeptNames,
    Notes,
    StaffSettings,
    Thumbnails,
    reading_operations,
)
from bridge.findings import Finding
from bridge.imaging import Workshop
from bridge.logs import RecentLines
from bridge.mapping import MappingShelf
from bridge.medimage import MemoryCodeBook, PairingDesk
from bridge.passwords import hashed
from bridge.photos import SqliteStore, Store
from bridge.scheduler import start_clock
from bridge.secret import Secret
from bridge.server import WebServer
from bridge.settings import ServerSettings
from bridge.tags import safe_component
from bridge.tscharts import ChartAccount, ChartClient, ChartRelay, Places
from bridge.web import (
    EndedSessions,
    HealthBoard,
    Operations,
    PageMappings,
    PagePractice,
    PageSettings,
    PageSources,
    Today,
    pages_blueprint,
)
from bridge_runner import REPOSITORY
from phone import Answer

ZONE = ZoneInfo("America/Tijuana")
GUID = "uPSE4UWHmJ8XqFUqvf"
OTHER_GUID = "aB3dE5fG7hI9jK1lM3"
BRIDGE = "http://192.168.1.20:5566"
PASSWORD = "seven green kites"
OTHER_PASSWORD = "eleven blue boats"
HASH, OTHER_HASH = hashed(Secret(PASSWORD)), hashed(Secret(OTHER_PASSWORD))
CLINIC_A = PagePractice("clinic-a", ZONE, HASH)
CLINIC_B = PagePractice("clinic-b", ZONE, OTHER_HASH)
CLINIC_C = PagePractice("clinic-c", ZONE)
NO_CHART = "http://127.0.0.1:9"
GUIDS = {"clinic-a": GUID, "clinic-b": OTHER_GUID, "clinic-c": None}

_CSRF = re.compile(r'name="csrf" value="([^"]*)"')


@dataclass
class Browser:
    """Keeps cookies, and follows no redirects. `source` is its address."""

    port: int
    source: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, target: str, body: str | None = None, **headers: str) -> Answer:
        """One request; headers with `_` for `-`."""
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            own.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(self.source, 0))
        with contextlib.closing(connection):
            connection.request(method, target, body, own)
            response = connection.getresponse()
            pairs = response.getheaders()
            self._keep([value for name, value in pairs if name.lower() == "set-cookie"])
            return Answer(response.status, {name.lower(): value for name, value in pairs}, response.read())

    def get(self, target: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", target, **headers)

    def post(self, target: str, fields: dict[str, str], **headers: str) -> Answer:
        """POST a form as it stands."""
        return self.ask("POST", target, urlencode(fields), Content_Type="application/x-www-form-urlencoded", **headers)

    def press(self, target: str, **fields: str) -> Answer:
        """Open a page and send a form of it."""
        return self.post(target, {"csrf": self.csrf(target)} | fields)

    def csrf(self, target: str = "/sign-in/") -> str:
        """The token of a page's forms."""
        found = _CSRF.search(self.get(target).body.decode())
        assert found, f"no form on {target}"
        return unescape(found[1])

    def sign_in(self, practice: str, password: str) -> Answer:
        """With the password of a practice."""
        return self.press("/sign-in/", practice=practice, password=password)

    def _keep(self, cookies: list[str]) -> None:
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]


@dataclass(frozen=True)
class Site:
    """A running bridge with the pages."""

    port: int
    store: SqliteStore
    admission: Admission
    key: bytes
    lines: RecentLines
    book: MemoryCodeBook

    def browser(self, source: str = "127.0.0.1") -> Browser:
        """Somebody who is not signed in."""
        return Browser(self.port, source)

    def ticket(self) -> str:
        """The path of a new ticket."""
        return f"/sign-in/?ticket={quote(self.admission.ticket(Purpose.PAGES).reveal())}"

    def admin(self) -> Browser:
        """A browser with the admin signed in."""
        browser = self.browser()
        assert browser.get(self.ticket()).status == 303
        return browser

    def member(self, practice: str = "clinic-a", password: str = PASSWORD) -> Browser:
        """A browser with the people of a practice signed in."""
        browser = self.browser()
        assert browser.sign_in(practice, password).status == 303
        return browser


def mapping_file(folder: Path, practice: str) -> Path:
    """Where `site` puts a practice's mapping file, unless there is one."""
    return folder / f"{safe_component(practice)}.yaml"


@contextlib.contextmanager
def page_mappings(folder: Path, practices: tuple[PagePractice, ...], chart_url: str) -> Iterator[PageMappings]:
    """A shelf with a mapping file for each practice, and a chart that all of them have."""
    files = {each.name: mapping_file(folder, each.name) for each in practices}
    for file in files.values():
        if not file.exists():
            shutil.copy(REPOSITORY / "mappings" / "minimal.yaml", file)
    with contextlib.closing(ChartClient(ChartAccount(chart_url, "bridge", Secret("bridge-pass")))) as client:
        shelf = MappingShelf(files)
        clock = start_clock({"mappings": (0.6, shelf.look)})
        try:
            yield PageMappings(shelf, dict.fromkeys(files, client))
        finally:
            clock.shutdown()


@contextlib.contextmanager
def page_operations(
    folder: Path, store: SqliteStore, practices: tuple[PagePractice, ...], chart_url: str, staff: StaffSettings
) -> Iterator[Operations]:
    """What staff look up in one chart that all practices have. No picture is made small: the workshop never starts."""
    relay = ChartRelay(ChartAccount(chart_url, "bridge", Secret("bridge-pass")), Places(6, 3))
    chart = Chart(frozenset(each.name for each in practices), relay, FixedLimit(1_000_000))
    access = Access(staff, KeptNames(store))
    thumbnails = Thumbnails(Catalogue(store), Workshop(1), FileCache(folder / "thumbnails"))
    with contextlib.closing(relay):
        known = reading_operations(access, store, Notes(KeptAudit(store)), thumbnails)
        yield Operations(known, Charts([chart]), access)


@contextlib.contextmanager
def page_sources(
    desk: PairingDesk,
    lines: RecentLines,
    mappings: PageMappings,
    operations: Operations,
    store: Store,
    practices: tuple[PagePractice, ...],
    look: Callable[[], Sequence[Finding]] = list,
) -> Iterator[PageSources]:
    """What the pages show, for as long as the block runs; `look` says how the bridge is."""
    with (
        contextlib.closing(Today(store, mappings.shelf, mappings.charts, practices)) as today,
        contextlib.closing(HealthBoard(look)) as health,
    ):
        yield PageSources(desk, lines, mappings, operations, store, today, health, EndedSessions(store))


@contextlib.contextmanager
def site(
    folder: Path,
    *practices: PagePractice,
    desk: PairingDesk | None = None,
    url: str = BRIDGE,
    chart_url: str = NO_CHART,
    staff: StaffSettings | None = None,
    look: Callable[[], Sequence[Finding]] = list,
    **settings: Any,
) -> Iterator[Site]:
    """A bridge of these practices; the settings are those of PageSettings."""
    store, book, lines = SqliteStore(folder / "data"), MemoryCodeBook(), RecentLines()
    store.ensure_practices({each.name: GUIDS.get(each.name) for each in practices})
    admission = Admission.in_folder(folder / "data")
    own_desk = desk or PairingDesk(store, book.open, url)
    with (
        page_mappings(folder, practices, chart_url) as mappings,
        page_operations(folder, store, practices, chart_url, staff or StaffSettings()) as operations,
        page_sources(own_desk, lines, mappings, operations, store, practices, look) as sources,
    ):
        blueprint = pages_blueprint(PageSettings(practices, **settings), admission, sources)
        web = WebServer(create_app([blueprint]), ServerSettings("127.0.0.1", 0, 12, 10))
        lines.attach()
        web.start()
        try:
            yield Site(web.port, store, admission, (folder / "data" / KEY_FILE).read_bytes(), lines, book)
        finally:
            web.stop()
            lines.detach()
            store.close()
