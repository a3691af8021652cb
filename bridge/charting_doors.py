"""The charting doors of a running bridge: built from its config, over its store, its workshop and its charts."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial

from flask import Blueprint

from bridge.charting import (
    Access,
    Catalogue,
    Chart,
    ChartingSettings,
    Charts,
    FileCache,
    Handbook,
    KeptAudit,
    KeptNames,
    KeptPosts,
    LearnedBodyLimit,
    Mover,
    Notes,
    Operation,
    Thumbnails,
    charting_blueprint,
    do_due_acts,
    doing_operations,
    json_blueprint,
    reading_operations,
)
from bridge.imaging import Workshop
from bridge.mapping import MappingShelf
from bridge.photos import Store, chart_key
from bridge.settings import ChartSettings, Config, PracticeSettings
from bridge.targets import ImageType, PictureLimits
from bridge.tscharts import ChartAccount, ChartRelay, Places

_OLD_POSTS_SECONDS = 60.0
_DUE_ACTS_SECONDS = 1.0
_STOP_SECONDS = 4.0


class ChartingDoors:
    """The doors and what they share. `account_of` is the client's view of chart settings, `mover` moves images. To be
    closed at the end.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        workshop: Workshop,
        shelf: MappingShelf,
        account_of: Callable[[ChartSettings], ChartAccount],
        mover: Mover,
    ) -> None:
        self.settings = ChartingSettings(
            config.charting, config.server.web_servers, config.uploads.max_upload_bytes, config.uploads.max_pixels
        )
        self.access = Access(config.staff, KeptNames(store))
        self.audit = KeptAudit(store)
        self.repeats = KeptPosts(store)
        self.charts = Charts(
            [_chart(practices, store, shelf, account_of, _places(config)) for practices in _by_chart(config)],
            config.charting.default_practice,
        )
        self.notes = Notes(self.audit)
        self.thumbnails = Thumbnails(Catalogue(store), workshop, FileCache(config.data_folder / "thumbnails"))
        self._store = store
        self._mover = mover
        mover.tells(self.thumbnails.forget_at)
        self._workshop = workshop

    def blueprints(self) -> list[Blueprint]:
        """The routes of all charting doors."""
        return [
            charting_blueprint(
                self.settings,
                self.charts,
                access=self.access,
                audit=self.audit,
                repeats=self.repeats,
                pictures=self._workshop,
                moves=self._store,
                gone=self.thumbnails.forget,
            ),
            json_blueprint(Handbook(self.operations()).operations, self.charts, self.access, self.settings),
        ]

    def operations(self) -> list[Operation]:
        """What the JSON door can do."""
        doing = (self._store, self._mover, self._workshop, self.audit, self.repeats, self.thumbnails)
        return [
            *reading_operations(self.access, self._store, self.notes, self.thumbnails),
            *doing_operations(*doing),
        ]

    def jobs(self) -> dict[str, tuple[float, Callable[[], object]]]:
        """What one bridge of the store does from time to time: seconds between, and the job, by name."""
        return {
            "old posts": (_OLD_POSTS_SECONDS, self._store.forget_old_posts),
            "acts": (_DUE_ACTS_SECONDS, partial(do_due_acts, self._store)),
        }

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """While the block waits for the requests in hand: those that take longer than a few seconds are cut."""
        late = threading.Timer(_STOP_SECONDS, self._cut)
        late.start()
        try:
            yield
        finally:
            late.cancel()
            late.join()

    def close(self) -> None:
        """Let go of the charts; nothing more can be asked of them."""
        self._cut()
        for chart in self.charts:
            chart.relay.close()

    def _cut(self) -> None:
        for chart in self.charts:
            chart.relay.cut()


def _by_chart(config: Config) -> list[list[PracticeSettings]]:
    """The practices of each chart server, however its address is written."""
    found: dict[str, list[PracticeSettings]] = {}
    for practice in config.practices:
        found.setdefault(chart_key(practice.chart.url), []).append(practice)
    return list(found.values())


def _places(config: Config) -> Places:
    """How many requests of callers one chart may hold. All charts together never hold more than half of the server's
    threads: phones must get through when charts hang.
    """
    most = max(2, config.server.threads // 2 // max(2, len(_by_chart(config))))
    return Places(most, max(1, most // 2))


def _chart(
    practices: list[PracticeSettings],
    store: Store,
    shelf: MappingShelf,
    account_of: Callable[[ChartSettings], ChartAccount],
    places: Places,
) -> Chart:
    """One chart server, reached and with pictures made as the first of its practices says."""
    first = practices[0]

    def limits_of(kind: ImageType) -> PictureLimits:
        return shelf.mapping_for(first.name).limits_of(kind)

    return Chart(
        practices=frozenset(practice.name for practice in practices),
        relay=ChartRelay(account_of(first.chart), places),
        body_limit=LearnedBodyLimit(store, first.chart.url, first.chart.body_limit_bytes),
        limits_of=limits_of,
    )
