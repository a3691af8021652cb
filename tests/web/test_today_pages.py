"""The page of a day, on a whole bridge with a chart: live, by the clinic's clocks, and without any patient's name."""

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from page_site import CLINIC_A, CLINIC_B, PASSWORD, Browser, Site, site
from sse import Listener, listening

from bridge.admission import Purpose
from bridge.photos import NewUpload, PhotoState, Source
from bridge.photos.tables import photos
from bridge.sandbox import SandboxServer
from bridge.service import Service, admission_of
from bridge.settings import Config
from bridge.web.streams import Streams
from bridge_runner import GUID, OTHER_GUID, make_config, running_bridge
from phone import picture, post_photo, wait_until
from postgres_server import new_database

HOSTILE = "<script>alert(1)</script>-Ana-Perez"
TRIES = 5
"""Of what is timed; the quickest counts, as other work may be in the way of one."""


@dataclass
class Hall:
    """A bridge that runs, its chart, and a browser with the admin signed in."""

    service: Service
    chart: SandboxServer
    admin: Browser

    def send(self, patient: int | str, number: int = 0, guid: str = GUID) -> None:
        """Upload a photo."""
        name = f"#{guid}-#{patient}-xray-21-Nov-2026-10-11-{number % 60:02}.jpg"
        assert post_photo(self.service.web.port, name, picture(number)).status == 200

    def page(self, query: str = "practice=clinic-a") -> str:
        """Today's page."""
        answer = self.admin.get(f"/today/?{query}")
        assert answer.status == 200, answer.body
        return answer.body.decode()

    def counts(self) -> dict[PhotoState, int]:
        """What the store says."""
        return self.service.store.counts("clinic-a")


def admin_of(service: Service, config: Config) -> Browser:
    browser = Browser(service.web.port)
    ticket = admission_of(config, service.store).ticket(Purpose.PAGES).reveal()
    assert browser.get(f"/sign-in/?ticket={ticket}").status == 303
    return browser


@contextlib.contextmanager
def hall(folder: Path, chart: SandboxServer, more: str = "") -> Iterator[Hall]:
    config = make_config(folder, chart.url, more=more)
    with running_bridge(config) as service:
        yield Hall(service, chart, admin_of(service, config))


@contextlib.contextmanager
def two_halls(folder: Path, chart: SandboxServer) -> Iterator[list[Hall]]:
    """Two bridges of one database."""
    with new_database() as url, contextlib.ExitStack() as running:
        halls = []
        for number in range(2):
            own = folder / str(number)
            own.mkdir()
            (own / "database-url").write_text(url)
            halls.append(running.enter_context(hall(own, chart, "database: {url_file: database-url}")))
        yield halls


@pytest.fixture
def chart() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def opened(tmp_path: Path, chart: SandboxServer) -> Iterator[Hall]:
    with hall(tmp_path, chart) as running:
        yield running


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bridge of two practices that delivers nothing."""
    with site(tmp_path_factory.mktemp("today"), CLINIC_A, CLINIC_B) as running:
        yield running


def rows(page: str) -> list[list[str]]:
    """The lines of photos: the texts of each."""

    class Lines(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[list[str]] = []
            self.is_in = False

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            if tag == "tr":
                self.is_in = bool(dict(attributes).get("data-photo"))
                if self.is_in:
                    self.found.append([])

        def handle_endtag(self, tag: str) -> None:
            self.is_in = self.is_in and tag != "tr"

        def handle_data(self, data: str) -> None:
            if self.is_in and data.strip():
                self.found[-1].append(data.strip())

    lines = Lines()
    lines.feed(page)
    return lines.found


def count(page: str, state: str) -> int:
    found = re.search(rf'data-count="{state}">(\d+)<', page)
    assert found
    return int(found[1])


def until_delivered(page: Listener, told: dict[str, Any], photos: int) -> dict[str, Any]:
    """The message that tells of so many photos in the chart, from this one on."""
    return told if told["counts"]["delivered"] == photos else page.until(delivered=photos)[0]


def test_an_upload_shows_within_a_second_and_then_its_way_to_the_chart(opened: Hall) -> None:
    with listening(opened.admin) as page:
        first = page.next()
        assert first is not None
        assert (first["whole"], first["lines"], first["counts"]["queued"]) == (True, [], 0)
        took = []
        for photo in range(1, TRIES + 1):
            began = time.monotonic()
            opened.send(1, photo)
            told = page.until_line(photo)
            took.append(time.monotonic() - began)
            assert not told["whole"]
            (line,) = (each for each in until_delivered(page, told, photo)["lines"] if each["id"] == photo)
            assert (line["state"], line["type"]) == ("delivered", "Xray")
            assert line["station"]
        assert min(took) < 1.0


def test_the_page_shows_counts_lines_and_plots_of_the_day(opened: Hall) -> None:
    opened.send(1)
    opened.send(99_999_999, 1)
    wait_until(lambda: opened.counts()[PhotoState.DELIVERED] == opened.counts()[PhotoState.HELD] == 1)
    page = opened.page()
    assert (count(page, "delivered"), count(page, "held"), count(page, "queued")) == (1, 1, 0)
    held, filed = rows(page)
    assert (held[0], filed[0]) == ("2", "1")
    assert held[2] == "Held"
    assert filed[2] == "In the chart"
    assert filed[3] == "X-ray"
    assert page.count('<svg class="plot"') == 3
    assert page.count("<summary>As a table</summary>") == 3
    assert 'class="filed"' in page
    assert 'class="set-by"' in page
    assert 'class="median"' in page


def test_stations_are_called_as_in_the_chart_as_soon_as_it_has_said_so(tmp_path: Path) -> None:
    with SandboxServer() as chart, hall(tmp_path, chart) as opened:
        opened.send(1)
        wait_until(lambda: opened.counts()[PhotoState.DELIVERED] == 1)
        wait_until(lambda: "#" not in rows(opened.page())[0][4])
        assert rows(opened.page())[0][4] == "X-Ray"


def test_an_outage_is_told_at_once_and_drawn_where_it_was(opened: Hall) -> None:
    with listening(opened.admin) as page:
        page.next()
        opened.chart.stop()
        opened.send(1)
        told, _ = page.until(queued=1)
        while told["trouble"] == "":
            told = page.next() or {}
        assert 'class="outage"' in opened.page()
        assert "since " in opened.page()
        opened.chart.start()
        told, _ = page.until(delivered=1)
        while told["trouble"] != "":
            told = page.next() or {}
    shown = opened.page()
    assert "When the chart took nothing" in shown
    assert "and still" not in shown


def test_no_name_of_a_photo_is_on_the_page_nor_in_its_stream(opened: Hall) -> None:
    with listening(opened.admin) as page:
        page.next()
        opened.send(HOSTILE)
        told, _ = page.until(held=1)
    for text in (str(told), opened.page(), opened.admin.get("/today/plots/?practice=clinic-a").body.decode()):
        assert "Ana" not in text
        assert "alert(" not in text


def test_photos_of_other_practices_are_neither_counted_nor_told(opened: Hall) -> None:
    with listening(opened.admin) as page:
        page.next()
        opened.send(1, guid=OTHER_GUID)
        opened.send(2, 1)
        told, _ = page.until(delivered=1)
        assert [line["id"] for line in told["lines"]] == [2]
    assert [line[0] for line in rows(opened.page())] == ["2"]
    assert [line[0] for line in rows(opened.page("practice=clinic-b"))] == ["1"]


def test_a_photo_that_another_bridge_of_the_database_takes_shows_within_a_second(
    tmp_path: Path, chart: SandboxServer
) -> None:
    with two_halls(tmp_path, chart) as (here, there), listening(here.admin) as page:
        page.next()
        took = []
        for photo in range(1, TRIES + 1):
            began = time.monotonic()
            there.send(1, photo)
            told = page.until_line(photo)
            took.append(time.monotonic() - began)
            until_delivered(page, told, photo)
        assert min(took) < 1.0


def test_who_signs_out_at_one_bridge_of_the_database_is_out_at_the_others(tmp_path: Path, chart: SandboxServer) -> None:
    with two_halls(tmp_path, chart) as (here, there):
        copy = Browser(there.service.web.port, cookies=dict(here.admin.cookies))
        assert copy.get("/today/?practice=clinic-a").status == 200
        token = here.admin.csrf("/today/?practice=clinic-a")
        assert here.admin.post("/sign-out/", {"csrf": token}).status == 303
        wait_until(lambda: copy.get("/today/?practice=clinic-a").status == 303)
        assert there.page()


def test_stopping_the_bridge_ends_the_streams_and_takes_no_longer_for_them(
    tmp_path: Path, chart: SandboxServer
) -> None:
    with contextlib.ExitStack() as open_pages:
        with hall(tmp_path, chart) as opened:
            pages = [open_pages.enter_context(listening(opened.admin)) for _ in range(30)]
            assert all(page.next() for page in pages)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        assert all(page.next() is None for page in pages)


def cost_of(seconds: float) -> float:
    """What share of a core this process, the bridge with it, takes over so many seconds."""
    began, spent = time.monotonic(), time.process_time()
    time.sleep(seconds)
    return (time.process_time() - spent) / (time.monotonic() - began)


def test_fifty_open_pages_cost_under_a_twentieth_of_a_core_while_nothing_happens_and_each_is_told(
    opened: Hall,
) -> None:
    alone = cost_of(3)
    with contextlib.ExitStack() as open_pages:
        pages = [open_pages.enter_context(listening(opened.admin)) for _ in range(50)]
        assert all(page.next() for page in pages)
        together = cost_of(4)
        took = []
        for photo in range(1, TRIES + 1):
            began = time.monotonic()
            opened.send(1, photo)
            all_told = [page.until_line(photo) for page in pages]
            took.append(time.monotonic() - began)
            assert not any(told["whole"] for told in all_told)
            for page, told in zip(pages, all_told, strict=True):
                until_delivered(page, told, photo)
    assert together - alone < 0.05
    assert min(took) < 1.0


def test_a_page_for_which_there_is_no_room_is_told_to_look_for_itself(
    opened: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(Streams, "has_room", lambda _streams, channel: asked.append(channel))
    answer = opened.admin.get("/today/live/?practice=clinic-a")
    assert (answer.status, b"Too many pages are open" in answer.body, asked) == (503, True, ["clinic-a"])


def test_another_day_is_shown_as_it_ended_and_is_not_live(still: Site) -> None:
    member = still.member()
    today = datetime.now(CLINIC_A.time_zone).date()
    page = member.get(f"/today/?day={today - timedelta(days=1)}").body.decode()
    assert "data-live" not in page
    assert "No photo arrived on this day." in page
    assert f"day={today}" in page
    live = member.get("/today/").body.decode()
    assert 'data-live="/today/live/?practice=clinic-a"' in live
    assert "<strong>clinic-a</strong>" in live
    for link in re.findall(r'href="(/today/[^"]*)"', live):
        assert member.get(unescape(link)).status == 200, link
    assert f"day={today - timedelta(days=1)}" in live
    assert f"day={today + timedelta(days=1)}" not in live


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "1999-12-31", "9999-12-31", "2026-11-21T10:00", "%00"])
def test_what_is_no_day_is_refused_in_a_sentence(still: Site, day: str) -> None:
    for path in ("/today/", "/today/plots/"):
        answer = still.member().get(f"{path}?day={day}")
        assert answer.status == 400
        assert b"write it as 2026-11-21" in answer.body


@pytest.mark.parametrize("path", ["/today/", "/today/plots/", "/today/live/"])
def test_another_practice_is_refused_as_one_that_is_not_there(still: Site, path: str) -> None:
    member = still.member()
    other, none = member.get(f"{path}?practice=clinic-b"), member.get(f"{path}?practice=nowhere")
    assert (other.status, other.body) == (none.status, none.body.replace(b"nowhere", b"clinic-b"))
    assert other.status == 404
    assert still.browser().get(path).status == 303


def test_the_admin_chooses_a_clinic_first_and_the_stream_needs_one(still: Site) -> None:
    page = still.admin().get("/today/").body.decode()
    assert "/today/?practice=clinic-a" in page
    assert "/today/?practice=clinic-b" in page
    assert still.admin().get("/today/live/").status == 400


def test_many_photos_come_in_pages(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as running:
        for number in range(130):
            add_photo(running, number)
        member = running.browser()
        member.press("/sign-in/", password=PASSWORD)
        numbers = []
        for page in range(3):
            shown = member.get(f"/today/?page={page}").body.decode()
            assert count(shown, "queued") == 130
            numbers += [int(line[0]) for line in rows(shown)]
            assert ("Earlier photos" in shown) == (page < 2)
            assert ("Later photos" in shown) == (page > 0)
        assert numbers == list(range(130, 0, -1))
        assert rows(member.get("/today/?page=99999999999").body.decode())


def add_photo(running: Site, number: int) -> None:
    incoming = running.store.incoming()
    incoming.write(b"a picture")
    running.store.add(NewUpload("clinic-a", f"{number}.jpg", Source.PHOTO_API, "image/jpeg", None), incoming)


def test_a_page_is_small_and_made_fast_on_a_day_of_five_thousand_photos(tmp_path: Path) -> None:
    with site(tmp_path, CLINIC_A) as running:
        add_photo(running, 0)
        with running.store.writing() as connection:
            (row,) = connection.execute(sa.select(photos)).mappings()
            values = [
                {**row, "id": number, "name": f"{number}.jpg", "bytes_key": f"{number:032}", "sha256": f"{number:064}"}
                for number in range(2, 5001)
            ]
            connection.execute(photos.insert(), values)
        member = running.browser()
        member.press("/sign-in/", password=PASSWORD)
        took = []
        for _ in range(TRIES):
            began = time.perf_counter()
            answer = member.get("/today/")
            took.append(time.perf_counter() - began)
        assert count(answer.body.decode(), "queued") == 5000
        looks = [f"/static/{name}" for name in ("bridge.css", "today.css", "js/today.js", "js/base.js")]
        assert len(answer.body) + sum(len(member.get(path).body) for path in looks) < 100_000
        assert min(took) < 0.2


def test_the_day_is_that_of_the_clinics_clocks(still: Site) -> None:
    page = still.member().get("/today/").body.decode()
    shown = re.search(r'data-day="([0-9-]+)"', page)
    assert shown
    assert shown[1] in {
        (datetime.now(UTC) + timedelta(seconds=late)).astimezone(CLINIC_A.time_zone).date().isoformat()
        for late in (-5, 0)
    }


def test_the_page_speaks_spanish(still: Site) -> None:
    member = still.member()
    member.cookies["language"] = "es"
    page = member.get("/today/").body.decode()
    assert "Hoy en" in page
    assert "En el expediente" in page
    assert "Por estación y tipo" not in page
    assert "Waiting" not in page
