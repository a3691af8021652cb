"""The page of a practice's day: what it shows, and what it tells open pages as it happens. Knows no web framework."""

import json
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bridge.mapping import MappingShelf
from bridge.photos import PhotoState, Store
from bridge.tscharts import ChartClient
from bridge.web.settings import PagePractice
from bridge.web.streams import Streams
from bridge.web.today_day import ClinicDay, DayFigures, day_figures
from bridge.web.today_lines import LineMaker, PhotoLine, StationNames

MOST_LINES = 60
"""On one page."""

_SOON_SECONDS = 1.5
"""Of changes that several bridges make at once, one may show a moment after the count of changes has moved on."""

_AT_LEAST_SECONDS = 30.0
STALE_SECONDS = 2.0
"""How old figures may be where many pages ask for them again and again: counting a busy day costs more than all else.
Their scripts wait for longer than this before they ask, so that what they get has the change that they were told of.
"""

_FIGURES_SECONDS = 60.0
_MOST_DAYS = 50


@dataclass(frozen=True)
class DayState:
    """How a day stands: its photos by state, those of earlier days that are not done, what keeps photos from the chart
    at present (""), and the latest lines.
    """

    date: date
    counts: Mapping[PhotoState, int]
    earlier: Mapping[PhotoState, int]
    trouble: str
    lines: tuple[PhotoLine, ...]


class Today:
    """The days of practices. For any thread. To be closed before the web server stops. `now` gives aware times."""

    def __init__(
        self,
        store: Store,
        shelf: MappingShelf,
        charts: Mapping[str, ChartClient],
        practices: Iterable[PagePractice],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._now = now
        self._zones = {each.name: each.time_zone for each in practices}
        self._stations = StationNames(charts)
        self._lines = LineMaker(shelf, self._stations)
        self._figures: dict[tuple[str, date], _KeptFigures] = {}
        self._counting = {each: threading.Lock() for each in self._zones}
        feed = TodayFeed(store, lambda each: self.state(each, self.day_of(each)), lambda each: self.day_of(each).date)
        self.streams = Streams(feed)

    def day_of(self, practice: str, day: date | None = None) -> ClinicDay:
        """A day of a practice, today by its clocks if none is given."""
        zone = self._zones[practice]
        return ClinicDay(day, zone) if day else ClinicDay.at(self._now(), zone)

    def state(self, practice: str, day: ClinicDay, skip: int = 0) -> DayState:
        """How a day stands, with the lines after the latest `skip`. Raises StoreError."""
        span = day.span(practice)
        standing = self._store.standing(span)
        photos = self._store.day_photos(span, MOST_LINES, skip)
        return DayState(
            date=day.date,
            counts=standing.of_span,
            earlier=standing.earlier,
            trouble=self._store.troubles().get(practice, ""),
            lines=tuple(self._lines.line(practice, day, each) for each in photos),
        )

    def figures(self, practice: str, day: ClinicDay, stale_seconds: float = 0.0) -> DayFigures:
        """What the plots of a day show; made once for all who ask while nothing has changed, or who take what is not
        older than so many seconds. Raises StoreError.
        """
        key, names = (practice, day.date), self._stations.of(practice)
        with self._counting[practice]:
            change, moment = self._store.last_change(), time.monotonic()
            kept = self._figures.pop(key, None)
            if kept is None or not (kept.age(moment) < stale_seconds or kept.is_good(change, names, moment)):
                kept = _KeptFigures(self._count(practice, day, names), change, names, moment)
            self._figures[key] = kept
            for old in list(self._figures)[:-_MOST_DAYS]:
                self._figures.pop(old, None)
        return kept.figures

    def close(self) -> None:
        """End all streams, and ask charts no more."""
        self.streams.close()
        self._stations.close()

    def _count(self, practice: str, day: ClinicDay, names: dict[int, str]) -> DayFigures:
        span = day.span(practice)
        return day_figures(day, self._store.day_photos(span), self._store.outages(span), names, self._now())


@dataclass(frozen=True)
class _KeptFigures:
    figures: DayFigures
    change: tuple[int, ...]
    names: dict[int, str]
    made_at: float

    def age(self, moment: float) -> float:
        return moment - self.made_at

    def is_good(self, change: tuple[int, ...], names: dict[int, str], moment: float) -> bool:
        return change == self.change and names == self.names and self.age(moment) < _FIGURES_SECONDS


class TodayFeed:
    """Tells open pages what has changed, by practice (see `bridge.web.streams.Feed`). While nothing has, the store is
    asked for one number, for all pages together. `day_of` says which day a practice has.
    """

    def __init__(
        self,
        store: Store,
        state_of: Callable[[str], DayState],
        day_of: Callable[[str], date],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._state_of = state_of
        self._day_of = day_of
        self._clock = clock
        self._known: dict[str, DayState] = {}
        self._change: tuple[int, ...] = ()
        self._look_at = float("-inf")

    def whole(self, channel: str) -> str:
        """See Feed."""
        if channel not in self._known:
            self._known[channel] = self._state_of(channel)
        return message(self._known[channel])

    def news(self, channels: Collection[str]) -> dict[str, str]:
        """See Feed. What nobody listens to is forgotten. While a state cannot be had, nothing counts as told."""
        self._known = {name: state for name, state in self._known.items() if name in channels}
        change, now = self._store.last_change(), self._clock()
        has_changed = change != self._change
        is_due = has_changed or now >= self._look_at
        asked = [name for name, before in self._known.items() if is_due or before.date != self._day_of(name)]
        states = {name: self._state_of(name) for name in asked}
        found = {
            name: message(state, self._known[name]) for name, state in states.items() if state != self._known[name]
        }
        self._known |= states
        if is_due:
            self._change, self._look_at = change, now + (_SOON_SECONDS if has_changed else _AT_LEAST_SECONDS)
        return found


def message(state: DayState, before: DayState | None = None) -> str:
    """A state as JSON for the page's script: all lines, or those alone that are not as they were before."""
    is_whole = before is None or before.date != state.date
    known = set() if before is None or is_whole else set(before.lines)
    lines = [
        {"id": line.id, "at": line.at, "type": line.type, "station": line.station, "state": line.state.value}
        for line in state.lines
        if line not in known
    ]
    told = {
        "whole": is_whole,
        "day": state.date.isoformat(),
        "counts": {key.value: count for key, count in state.counts.items()},
        "earlier": {key.value: count for key, count in state.earlier.items()},
        "trouble": state.trouble,
        "lines": lines,
    }
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))
