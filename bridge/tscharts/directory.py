"""Who and what the chart knows, by name and number, remembered for a while."""

import time
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from bridge.tscharts.cache import TimedCache
from bridge.tscharts.client import ChartClient
from bridge.tscharts.records import Clinic, Station
from bridge.tscharts.schemas import is_curp, is_id

Key = TypeVar("Key")

_MINUTES = 60.0
_KEEP_SECONDS = 5 * _MINUTES
_KEEP_NONE_SECONDS = 30.0
_KEEP_PATIENT_SECONDS = 60 * _MINUTES
_KEEP_NO_PATIENT_SECONDS = 10.0
_KEEP_SEARCH_SECONDS = 1 * _MINUTES


class ChartDirectory:
    """Looks things up in one chart and remembers the answers, what is missing for a shorter time. For any thread.

    Every method raises the ChartError of the client when it has to ask; failures are not remembered. A number or text
    that no record can have is answered without asking.
    """

    def __init__(self, client: ChartClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._stations: TimedCache[str, tuple[Station, ...]] = TimedCache(clock)
        self._days: TimedCache[date, Clinic | None] = TimedCache(clock)
        self._clinics: TimedCache[int, Clinic | None] = TimedCache(clock)
        self._patients: TimedCache[int, bool] = TimedCache(clock)
        self._searches: TimedCache[tuple[str, str | int], tuple[int, ...]] = TimedCache(clock)

    def station_id(self, name: str) -> int | None:
        """The id of a station by its exact name, else by its name in any case; None for no or no single match.

        A name that is not found is asked for again when the list is older than half a minute.
        """
        found = _match(self._known_stations(_KEEP_SECONDS), name)
        return found if found is not None else _match(self._known_stations(_KEEP_NONE_SECONDS), name)

    def clinic_on(self, day: date) -> Clinic | None:
        """The clinic whose days include this one."""
        return _remembered(self._days, day, lambda: self._client.clinic_on(day))

    def clinic(self, clinic_id: int) -> Clinic | None:
        """A clinic by its id."""
        if not is_id(clinic_id):
            return None
        return _remembered(self._clinics, clinic_id, lambda: self._client.clinic(clinic_id))

    def patient_exists(self, patient_id: int) -> bool:
        """Whether the chart has a patient of this id."""
        if not is_id(patient_id):
            return False
        known = self._patients.get(patient_id)
        if known is not None:
            return known.value
        exists = self._client.patient(patient_id) is not None
        self._patients.put(patient_id, exists, _KEEP_PATIENT_SECONDS if exists else _KEEP_NO_PATIENT_SECONDS)
        return exists

    def patients_by_curp(self, curp: str) -> list[int]:
        """The ids of the patients with this CURP. That there are none is not remembered."""
        if not is_curp(curp):
            return []
        return self._search(("curp", curp.strip().casefold()), lambda: self._client.patient_ids_by_curp(curp))

    def patients_by_oldid(self, oldid: int) -> list[int]:
        """The ids of the patients with this old id. That there are none is not remembered."""
        if not is_id(oldid):
            return []
        return self._search(("oldid", oldid), lambda: self._client.patient_ids_by_oldid(oldid))

    def forget(self) -> None:
        """Forget everything, as when a person says that the chart has changed."""
        for cache in (self._stations, self._days, self._clinics, self._patients, self._searches):
            cache.clear()

    def _known_stations(self, oldest_seconds: float) -> tuple[Station, ...]:
        known = self._stations.get("all")
        if known is not None and known.age_seconds < oldest_seconds:
            return known.value
        stations = tuple(self._client.stations())
        self._stations.put("all", stations, _KEEP_SECONDS)
        return stations

    def _search(self, key: tuple[str, str | int], ask: Callable[[], list[int]]) -> list[int]:
        known = self._searches.get(key)
        if known is not None:
            return list(known.value)
        found = ask()
        if found:
            self._searches.put(key, tuple(found), _KEEP_SEARCH_SECONDS)
        return found


def _remembered(cache: TimedCache[Key, Clinic | None], key: Key, ask: Callable[[], Clinic | None]) -> Clinic | None:
    known = cache.get(key)
    if known is not None:
        return known.value
    clinic = ask()
    cache.put(key, clinic, _KEEP_NONE_SECONDS if clinic is None else _KEEP_SECONDS)
    return clinic


def _match(stations: tuple[Station, ...], name: str) -> int | None:
    """The one station of this name; a name that fits two is no answer."""
    wanted = name.strip()
    exact = [station.id for station in stations if station.name == wanted]
    loose = [station.id for station in stations if station.name.strip().casefold() == wanted.casefold()]
    fitting = exact or loose
    return fitting[0] if len(fitting) == 1 else None
