"""A whole bridge, from a config to running threads: builds the rooms, wires them, starts and stops them."""

import logging
from functools import partial

from bridge.app import create_app
from bridge.delivery import Courier, Deliverer, Desk
from bridge.mapping import MappingShelf
from bridge.medimage import Reception
from bridge.photos import SqliteStore
from bridge.scheduler import start_clock
from bridge.server import WebServer
from bridge.settings import ChartSettings, Config, PracticeSettings
from bridge.tscharts import ChartAccount, ChartClient, ChartDirectory

_log = logging.getLogger(__name__)
_TICK_SECONDS = 1.0
_MAPPING_LOOK_SECONDS = 5.0


class Service:
    """One running bridge. `start` returns when it serves; `stop` finishes what is in hand.

    Raises BridgeError when the data folder, a mapping file or the port cannot be used.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.shelf = MappingShelf({practice.name: practice.mapping for practice in config.practices})
        self.store = SqliteStore(config.data_folder, exclusive=True)
        self.store.ensure_practices({practice.name: practice.guid for practice in config.practices})
        self._clients: list[ChartClient] = []
        courier = Courier(self.store, config.delivery, config.uploads.max_pixels)
        desks = {practice.name: self._desk(practice) for practice in config.practices}
        self.deliverer = Deliverer(self.store, desks, config.delivery, courier)
        self.reception = Reception(self.store, config.uploads, self.deliverer.wake)
        self.web = WebServer(create_app(self.reception), config.server)
        self._warned: object = ()

    def start(self) -> None:
        """Listen, deliver, and start the clock."""
        try:
            self.web.start()
        except BaseException:
            self.store.close()
            raise
        self.deliverer.start()
        jobs = {
            "wake": (_TICK_SECONDS, self.deliverer.wake),
            "mappings": (_MAPPING_LOOK_SECONDS, self._look_at_mappings),
        }
        self._clock = start_clock(jobs)
        _log.info("event=started address=%s practices=%d", self.web.url, len(self.config.practices))

    def stop(self) -> None:
        """Take no more requests, finish those in hand and the photos being sent, and let go of everything."""
        self._clock.shutdown(wait=False)
        self.web.stop()
        self.deliverer.stop()
        for client in self._clients:
            client.close()
        self.store.close()
        _log.info("event=stopped")

    def _desk(self, practice: PracticeSettings) -> Desk:
        client = ChartClient(chart_account(practice.chart))
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
        """Log what is wrong with edited mapping files, once for each change."""
        warnings = self.shelf.warnings()
        if warnings == self._warned:
            return
        self._warned = warnings
        for practice, problems in warnings:
            for problem in problems:
                _log.warning("event=mapping-problem practice=%s problem=%r", practice, str(problem))
        if not warnings:
            _log.info("event=mappings-good")


def chart_account(chart: ChartSettings) -> ChartAccount:
    """The client's view of the chart settings."""
    return ChartAccount(
        url=chart.url,
        username=chart.username,
        password=chart.password,
        token=chart.token,
        verify_tls=chart.verify_tls,
        connect_timeout_seconds=chart.connect_timeout_seconds,
        read_timeout_seconds=chart.read_timeout_seconds,
    )
