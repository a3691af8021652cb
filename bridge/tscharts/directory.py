"""Who and what the chart knows, by name and number, remembered for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from bridge.tscharts.cache import TimedCache
from bridge.tscharts.client import ChartClient
from bridge.tscharts.errors import ChartNotFoundError
from bridge.tscharts.records import Clinic, Station
from bridge.tscharts.schemas import is_curp, is_id

Key = TypeVar("Key")

_MINUTES = 60.0
_KEEP_SECONDS = 5 * _MINUTES
_KEEP_NONE_SECONDS = 30.0
_KEEP_PATIENT_SECONDS = 60 * _MINUTES
_KEEP_NO_PATIENT_SECONDS = 10.0
_KEEP_SEARCH_SECONDS = 1 * _MINUTES
_KEEP_REGISTERED_SECONDS = 5 * _MINUTES
_KEEP_CONSENT_SECONDS = 1 * _MINUTES
_KEEP_REFUSED_SECONDS = 5.0
"""Somebody mends a missing registration or consent while others wait, so a no is soon asked about again."""


@dataclass(frozen=True)
class _Keep:
    """How long an answer is remembered."""

    yes_seconds: float
    no_seconds: float


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
        self._registered: TimedCache[tuple[int, int, date], bool] = TimedCache(clock)
        self._consents: TimedCache[tuple[int, int], bool] = TimedCache(clock)

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
        keep = _Keep(_KEEP_PATIENT_SECONDS, _KEEP_NO_PATIENT_SECONDS)
        return _is_so(self._patients, patient_id, keep, lambda: self._client.patient(patient_id) is not None)

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

    def is_registered(self, patient_id: int, clinic_id: int, day: date) -> bool:
        """Whether the patient was registered at the clinic on a day, by the chart server's own clock and zone.

        A yes is kept for minutes, a no for seconds (contract/tscharts.md, `register/`).
        """
        if not (is_id(patient_id) and is_id(clinic_id)):
            return False
        keep = _Keep(_KEEP_REGISTERED_SECONDS, _KEEP_REFUSED_SECONDS)
        key = (patient_id, clinic_id, day)
        return _is_so(self._registered, key, keep, lambda: self._ask_registered(*key))

    def has_photo_consent(self, patient_id: int, clinic_id: int) -> bool:
        """Whether the patient agreed to photos at the clinic; of several consents the one that was given last counts.

        A yes is kept for a minute, a no for seconds (public source of tscharts, `consent/`).
        """
        if not (is_id(patient_id) and is_id(clinic_id)):
            return False
        keep = _Keep(_KEEP_CONSENT_SECONDS, _KEEP_REFUSED_SECONDS)
        key = (patient_id, clinic_id)
        return _is_so(self._consents, key, keep, lambda: self._ask_consent(*key))

    def forget(self) -> None:
        """Forget everything, as when a person says that the chart has changed."""
        for cache in (self._stations, self._days, self._clinics, self._patients, self._searches):
            cache.clear()
        self._registered.clear()
        self._consents.clear()

    def _ask_registered(self, patient_id: int, clinic_id: int, day: date) -> bool:
        try:
            registrations = self._client.registrations(clinic_id, patient_id)
        except ChartNotFoundError:
            return False
        return any(
            (registration.patient, registration.clinic, registration.timein.date()) == (patient_id, clinic_id, day)
            for registration in registrations
        )

    def _ask_consent(self, patient_id: int, clinic_id: int) -> bool:
        consents = self._client.consents(clinic_id, patient_id)
        own = [consent for consent in consents if (consent.patient, consent.clinic) == (patient_id, clinic_id)]
        return bool(own) and max(own, key=lambda consent: consent.id).photo_consent

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


def _is_so(cache: TimedCache[Key, bool], key: Key, keep: _Keep, ask: Callable[[], bool]) -> bool:
    known = cache.get(key)
    if known is not None:
        return known.value
    answer = ask()
    cache.put(key, answer, keep.yes_seconds if answer else keep.no_seconds)
    return answer


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
