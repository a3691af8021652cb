"""A photo as the day's page shows it, in one line. It names no patient: not all who see the page have an account of the
chart. Knows no web framework.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bridge.mapping import MappingShelf, TargetReference, photo_occasion, resolve
from bridge.photos import DayPhoto, PhotoState
from bridge.tags import parse_name
from bridge.tscharts import ChartClient, ChartError, TimedCache
from bridge.web.today_day import ClinicDay

_log = logging.getLogger(__name__)
_KEEP_SECONDS = 600.0
_MOST_NAMES = 2048
_ASK_AGAIN_SECONDS = 30.0


@dataclass(frozen=True)
class PhotoLine:
    """A photo's number, when it arrived by the clinic's clocks, its type as the chart calls it, its station, and how it
    stands. `type` and `station` are "" where neither the chart nor the name says one.
    """

    id: int
    at: str
    type: str
    station: str
    state: PhotoState


class StationNames:
    """What charts call their stations, by their ids. Charts are asked elsewhere, so that nobody waits for one that is
    away: until they have answered, nothing is known. For any thread.
    """

    def __init__(self, charts: Mapping[str, ChartClient], clock: Callable[[], float] = time.monotonic) -> None:
        self._charts = charts
        self._clock = clock
        self._names: dict[str, dict[int, str]] = {}
        self._ask_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._asking = ThreadPoolExecutor(1, "stations")

    def of(self, practice: str) -> dict[int, str]:
        """The names of a practice's chart."""
        with self._lock:
            is_due = self._clock() >= self._ask_at.get(practice, float("-inf"))
            if is_due:
                self._ask_at[practice] = self._clock() + _ASK_AGAIN_SECONDS
                self._asking.submit(self._ask, practice)
            return self._names.get(practice, {})

    def close(self) -> None:
        """Ask no more. What is being asked is cut."""
        with self._lock:
            self._ask_at = dict.fromkeys(self._charts, float("inf"))
        for client in self._charts.values():
            client.cut()
        self._asking.shutdown(cancel_futures=True)

    def _ask(self, practice: str) -> None:
        try:
            names = {each.id: each.name for each in self._charts[practice].stations()}
        except ChartError:
            _log.info("event=stations-not-known practice=%s", practice)
            return
        with self._lock:
            self._names[practice] = names
            self._ask_at[practice] = max(self._ask_at[practice], self._clock() + _KEEP_SECONDS)


class LineMaker:
    """Makes lines. What names say is remembered: the same ones are shown again and again. For any thread."""

    def __init__(
        self, shelf: MappingShelf, stations: StationNames, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shelf = shelf
        self._stations = stations
        self._said: TimedCache[tuple[int, str], TargetReference | None] = TimedCache(clock, _MOST_NAMES)

    def line(self, practice: str, day: ClinicDay, photo: DayPhoto) -> PhotoLine:
        """The line of a practice's photo."""
        said = self._reference(practice, day, photo)
        kind = photo.type or (said.type if said else None)
        station = self._station(practice, photo, said)
        return PhotoLine(photo.id, day.clock(photo.received_at), kind.value if kind else "", station, photo.state)

    def _station(self, practice: str, photo: DayPhoto, said: TargetReference | None) -> str:
        if photo.station is not None:
            return self._stations.of(practice).get(photo.station, f"#{photo.station}")
        is_filed = photo.state is PhotoState.DELIVERED
        return "" if is_filed or said is None else said.station or ""

    def _reference(self, practice: str, day: ClinicDay, photo: DayPhoto) -> TargetReference | None:
        mapping = self._shelf.mapping_for(practice)
        key = (photo.id, mapping.version_hash)
        found = self._said.get(key)
        if found is not None:
            return found.value
        tags = parse_name(photo.name)
        said = resolve(tags, mapping, photo_occasion(tags, practice, photo.received_at, day.zone)).reference
        self._said.put(key, said, _KEEP_SECONDS)
        return said
