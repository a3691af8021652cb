"""A whole bridge, from a config to running threads: builds the rooms, wires them, starts and stops them."""

import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint

from bridge.admission import Admission, Purpose, SharedTickets
from bridge.announcing import CHART_AWAY, Announcer, notice_settings
from bridge.app import create_app
from bridge.charting import KeptAudit, Mover
from bridge.charting_doors import ChartingDoors
from bridge.copies import CopyKeeper
from bridge.delivery import Courier, Deliverer, Desk, Keeping, LateLooks, LookAhead, Pictures, Releases, placing
from bridge.findings import Finding
from bridge.imaging import Workshop
from bridge.logs import RecentLines
from bridge.mapping import MappingShelf
from bridge.medimage import (
    Checks,
    CodeBook,
    MemoryCodeBook,
    Offers,
    PairedReader,
    PairingDesk,
    PairingService,
    PairingSettings,
    ProxyReader,
    Reception,
    Senders,
    SharedCodeBook,
    ask_for_code,
    medimage_blueprint,
    pairing_blueprint,
    practice_with_token,
    read_blueprint,
)
from bridge.network import own_address, web_proxy_for
from bridge.notices import Notifier
from bridge.photos import Chores, Store, StoreError, open_store
from bridge.reaching import chart_account, read_settings, read_source
from bridge.server import WebServer
from bridge.settings import Config, PracticeSettings, ServerSettings, kept_mapping
from bridge.tscharts import ChartClient, ChartDirectory
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

if TYPE_CHECKING:
    from bridge.scheduler import Clock

_log = logging.getLogger(__name__)
_TICK_SECONDS = 1.0
_HOUSEWORK_SECONDS = 3.0
"""Between runs of what nobody waits for. A run that finds nothing to do costs half a millisecond of the processor."""

_MAPPING_LOOK_SECONDS = 1.0
_DRIVES_LOOK_SECONDS = 10.0
_PROXY_LOOK_SECONDS = 5.0
_SENDERS_SECONDS = 5.0
_JOB_SECONDS = 60.0
_LINES_LOOK_SECONDS = 60.0
_CONNECT_SECONDS, _ANSWER_SECONDS = 4.0, 6.0
"""How long the page about the bridge's health waits for servers: somebody looks at it meanwhile."""


class Service:
    """One running bridge. `start` returns when it serves; `stop` finishes what is in hand.

    Raises BridgeError when the data folder, a mapping file or the port cannot be used. A mapping file has to stand for
    `release_after_seconds` before it lets held photos go.
    """

    def __init__(self, config: Config, release_after_seconds: float = Releases.STANDS_SECONDS) -> None:
        self.config = config
        self.shelf = MappingShelf(
            {practice.name: practice.mapping for practice in config.practices},
            kept={practice.name: kept_mapping(config.data_folder, practice.name) for practice in config.practices},
        )
        self.store = open_store(config.data_folder, config.database, exclusive=True)
        self.store.ensure_practices({practice.name: practice.guid for practice in config.practices})
        self.shelf.keep()
        self._clients: list[ChartClient] = []
        self.workshop = Workshop(min(config.delivery.workers, os.cpu_count() or 1))
        pictures = Pictures(self.store, self.workshop, config.uploads.max_pixels, config.delivery.pdf_pages)
        courier = Courier(self.store, config.delivery, pictures)
        desks = {practice.name: self._desk(practice) for practice in config.practices}
        self.deliverer = Deliverer(self.store, desks, config.delivery, courier)
        self.store.set_places(placing(desks))
        looking = {practice.name: self._desk(practice) for practice in config.practices}
        self.late_looks = LateLooks(self.store, looking, config.delivery)
        moving = {practice.name: self._desk(practice) for practice in config.practices}
        self.mover = Mover(self.store, moving, config.delivery, KeptAudit(self.store))
        self.look_ahead = LookAhead(self.store, pictures)
        self.releases = Releases(self.store, desks, self.shelf.earlier, stands_seconds=release_after_seconds)
        self.keeping = Keeping(self.store, config.practices)
        self.reception = Reception(self.store, config.uploads, self.deliverer.arrived)
        zones = {practice.name: practice.time_zone for practice in config.practices}
        self.senders = Senders(self.store, zones, config.server.web_servers, partial(datetime.now, UTC))
        self.notifier = Notifier(
            tuple(notice_settings(each, web_proxy_for(each.url or "", config.web_proxy)) for each in config.notices),
            [(practice, CHART_AWAY) for practice in self.store.troubles()],
        )
        self.announcer = Announcer(self.notifier)
        self.store.set_listener(self.announcer)
        self.readers = [reader for practice in config.practices for reader in self._readers(practice)]
        self.copies = CopyKeeper(self.store, config.copies, self.store.guid_of, is_shared=len(config.practices) > 1)
        self.store.set_chores(self._chores)
        account_of = partial(chart_account, web_proxy=config.web_proxy)
        self.charting = ChartingDoors(config, self.store, self.workshop, self.shelf, account_of, self.mover)
        self.lines = RecentLines()
        self.page_charts = {practice.name: self._desk(practice).client for practice in config.practices}
        self.today = Today(self.store, self.shelf, self.page_charts, page_settings(config).practices)
        self.health = HealthBoard(partial(_look_at_health, config, self.store))
        self.ended = EndedSessions(self.store)
        self.app = create_app(self._doors())
        self.web = WebServer(self.app, config.server)
        self._warned: object = []

    def start(self) -> None:
        """Deliver, listen, and start the clock. What fails leaves nothing running."""
        try:
            self.lines.attach()
            self.notifier.start()
            self.workshop.start()
            self.deliverer.start()
            self.web.start()
        except BaseException:
            self._let_go()
            raise
        self.copies.look_for_drives()
        self._tell_of_mappings()
        jobs = {
            "wake": (_TICK_SECONDS, self.deliverer.wake),
            "mappings": (_MAPPING_LOOK_SECONDS, self._look_at_mappings),
            "copies": (_TICK_SECONDS, self.alone("copies", self.copies.work)),
            "late looks": (_TICK_SECONDS, self.alone("late looks", self.late_looks.work)),
            "moves": (_TICK_SECONDS, self.mover.work),
            "look ahead": (_HOUSEWORK_SECONDS, self.alone("look ahead", self.look_ahead.work)),
            "releases": (_HOUSEWORK_SECONDS, self.alone("releases", self.releases.work)),
            "keeping": (_HOUSEWORK_SECONDS, self.alone("keeping", self.keeping.work)),
            "lines": (_LINES_LOOK_SECONDS, self.alone("lines", self.store.mend_lines)),
            "senders": (_SENDERS_SECONDS, self.senders.write),
            "ended sessions": (_HOUSEWORK_SECONDS, self.ended.refresh),
            "drives": (_DRIVES_LOOK_SECONDS, self.copies.look_for_drives),
        }
        for name, (seconds, job) in self.charting.jobs().items():
            jobs[name] = (seconds, self.alone(name, job))
        for reader in self.readers:
            name = f"read {reader.key}"
            jobs[name] = (_PROXY_LOOK_SECONDS, self.alone(name, reader.poll))
        self._clock = _clock_of(jobs)
        _log.info("event=started address=%s practices=%d", self.web.url, len(self.config.practices))

    def stop(self) -> None:
        """Take no more requests, finish those in hand and the photos being sent, and let go of everything."""
        _log.info("event=stopping")
        self.late_looks.stop()
        self.look_ahead.stop()
        self.releases.stop()
        self.mover.stop()
        for reader in self.readers:
            reader.stop(0)
        for reader in self.readers:
            reader.stop()
        self._clock.shutdown(wait=True)
        self.today.close()
        with ThreadPoolExecutor() as together, self.charting.ending():
            list(together.map(lambda stop: stop(), (self.web.stop, self.deliverer.stop)))
        self._let_go()
        _log.info("event=stopped")

    def _let_go(self) -> None:
        """The store last: until no worker is left, no other bridge may have it."""
        self.deliverer.stop()
        self.today.close()
        self.health.close()
        self.charting.close()
        self.workshop.close()
        self.notifier.stop()
        self.senders.write()
        self.ended.refresh()
        for client in self._clients:
            client.close()
        self.store.close()
        self.lines.detach()

    def alone(self, name: str, job: Callable[[], object]) -> Callable[[], None]:
        """A job that one bridge of the store alone does, until it stops or is gone for a minute."""

        def do() -> None:
            try:
                is_ours = self.store.hold_lease(name, self.store.bridge_id, _JOB_SECONDS)
            except StoreError as error:
                _log.warning("event=job-not-done job=%r reason=%r", name.split()[0], str(error))
                return
            if is_ours:
                job()

        return do

    def _readers(self, practice: PracticeSettings) -> list[PairedReader]:
        """Readers of the proxies that a practice's photos wait at. Without a guid in the config, the paired one."""
        return [
            PairedReader(self.store, practice.name, url, partial(self._reader, practice, url))
            for url in practice.read_from
        ]

    def _reader(self, practice: PracticeSettings, url: str, guid: str) -> ProxyReader:
        source = read_source(self.config, practice, url, guid)
        settings = replace(read_settings(self.config), prepare=self.workshop.prepare)
        tell = partial(self.announcer.proxy_changed, practice.name, source.key)
        return ProxyReader(source, self.store, self.deliverer.wake, settings, tell=tell)

    def _doors(self) -> list[Blueprint]:
        uploads = self.config.uploads
        checks = Checks(self.store, uploads.unpaired_practice if uploads.allow_unpaired else None)
        return [
            medimage_blueprint(self.reception, checks, self.senders.sent),
            read_blueprint(checks, Offers(self.store)),
            *self._pairing_doors(),
            *self.charting.blueprints(),
        ]

    def _pairing_doors(self) -> list[Blueprint]:
        """The pairing routes, and the pages, which show the same codes."""
        config, pairing = self.config, self.config.pairing
        service = PairingService(pairing.service, web_proxy_for(pairing.service, config.web_proxy))
        settings = PairingSettings(
            public_address(config.server),
            pairing.own_service,
            service,
            pairing.codes_on_this_machine,
            config.server.web_servers,
        )
        book = self._code_book() if pairing.own_service else None
        desk = PairingDesk(self.store, book.open if book else partial(ask_for_code, service), settings.public_url)
        tokens = {each.name: each.api_token for each in config.practices if each.api_token}
        admission = admission_of(config, self.store)
        admits = partial(admission.admits, purpose=Purpose.PAIRING)
        mappings = PageMappings(self.shelf, self.page_charts)
        operations = Operations(self.charting.operations(), self.charting.charts, self.charting.access)
        sources = PageSources(desk, self.lines, mappings, operations, self.store, self.today, self.health, self.ended)
        return [
            pairing_blueprint(desk, partial(practice_with_token, tokens), book, settings, admits),
            pages_blueprint(page_settings(config), admission, sources),
        ]

    def _code_book(self) -> CodeBook:
        """The bridge's own codes; those of several machines are found on each."""
        if self.config.database is None:
            return MemoryCodeBook()
        return SharedCodeBook(partial(self.store.change_shared, "pairing codes"))

    def _chores(self, _practice: str) -> Chores:
        """What is to be done with an original that has just arrived."""
        return Chores(self.copies.folders(), self.config.serve_downloads)

    def _desk(self, practice: PracticeSettings) -> Desk:
        client = ChartClient(chart_account(practice.chart, self.config.web_proxy))
        self._clients.append(client)
        return Desk(
            practice=practice.name,
            chart=practice.chart,
            client=client,
            directory=ChartDirectory(client),
            mapping=partial(self.shelf.mapping_for, practice.name),
            time_zone=practice.time_zone,
        )

    def _look_at_mappings(self) -> None:
        self.shelf.look()
        self._tell_of_mappings()

    def _tell_of_mappings(self) -> None:
        """Log which edited mapping files have something wrong, once for each change."""
        wrong = [each for each in self.shelf.in_force() if each.problems]
        warned = [(each.practice, each.problems) for each in wrong]
        if warned == self._warned:
            return
        self._warned = warned
        for each in wrong:
            kind = "error" if each.is_broken else "warning"
            _log.warning(
                "event=mapping-problem practice=%s kind=%s problems=%d in-force=%s; see `mappings check`",
                each.practice,
                kind,
                len(each.problems),
                each.version,
            )
        if not wrong:
            _log.info("event=mappings-good")


def _clock_of(jobs: Mapping[str, tuple[float, Callable[[], object]]]) -> "Clock":
    """Start the clock. Phones need not wait for its library, as it starts when the bridge listens."""
    from bridge.scheduler import start_clock

    return start_clock(jobs)


def _look_at_health(config: Config, store: Store) -> list[Finding]:
    from bridge.health import Waits, look

    return look(config, store, Waits(_CONNECT_SECONDS, _ANSWER_SECONDS))


def page_settings(config: Config) -> PageSettings:
    """The pages' view of the settings."""
    practices = tuple(PagePractice(each.name, each.time_zone, each.page_password_hash) for each in config.practices)
    return PageSettings(practices, config.pages_locked, config.server.tls is not None, config.server.web_servers)


def admission_of(config: Config, store: Store) -> Admission:
    """What makes and takes tickets: with the data folder's key, or, on several machines, with one in their database."""
    if config.database is None:
        return Admission.in_folder(config.data_folder)
    return Admission(store.shared_key("admission"), tickets=SharedTickets(partial(store.change_shared, "tickets")))


def public_address(server: ServerSettings) -> str:
    """Where phones reach this bridge: as the config says, else this machine's own address in its network."""
    scheme = "https" if server.tls else "http"
    return server.public_url or f"{scheme}://{own_address()}:{server.port}"
