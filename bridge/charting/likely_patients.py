"""Whose a photo may be that its name does not say well: by slips in numbers, and by who is at the clinic that day."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from bridge.charting.chart_reader import ChartReader
from bridge.charting.name_search import words_of
from bridge.charting.patient_finder import PatientFinder, PatientObject
from bridge.charting.slips import Slip, slip_between
from bridge.tscharts import ChartPatient, Clinic, TimedCache

MOST_SHOWN = 8

_KEEP_SECONDS = 60.0
_KEEP_NAMES_SECONDS = 600.0
_NAMES_SECONDS = 2.0
"""How long names of those who are registered are read for one photo; the rest are read for the next."""

_MOST_REGISTERED = 1000
_LONGEST_NUMBER = 10
_MOST_HINTS = 6
_SHORTEST_WORD = 3
_SHORTEST_WITH_SLIP = 4
_NUMBER = re.compile(r"[0-9]+", re.ASCII)

_OF_NUMBER = {Slip.NONE: 100, Slip.SWAPPED: 45, Slip.WRONG: 35, Slip.EXTRA: 34, Slip.MISSING: 30}
_OF_WORD = {Slip.NONE: 25}
_OF_WORD_WITH_SLIP = 18
_REGISTERED = 40
"""Points: a swapped pair of digits alone is likelier than a missing one of a patient who is not even here; who is here
and has a like number is likelier than both.
"""


@dataclass(frozen=True)
class Hints:
    """What a photo's name gives: its numbers, as digits, and its words that may be names; and its day."""

    numbers: tuple[str, ...] = field(repr=False)
    words: tuple[str, ...] = field(repr=False)
    day: date


@dataclass(frozen=True)
class LikelyPatient:
    """A patient whose the photo may be. `number_slip`: how the patient's number became the one in the name, None when
    it is far from it; `fits_name`: whether words of the name are, or are nearly, the patient's.
    """

    patient: PatientObject
    number_slip: Slip | None
    fits_name: bool
    is_registered: bool


def hints_of(words: Iterable[str], unused: Iterable[str], day: date) -> Hints:
    """What words of a name hint at: digits in any of them; names only in those that no rule of the mapping took."""
    numbers = [each.lstrip("0") for word in words for each in _NUMBER.findall(word)]
    names = [each for word in unused for each in words_of(word) if len(each) >= _SHORTEST_WORD and each.isalpha()]
    kept = [each for each in dict.fromkeys(numbers) if 0 < len(each) <= _LONGEST_NUMBER]
    return Hints(tuple(kept[:_MOST_HINTS]), tuple(dict.fromkeys(names))[:_MOST_HINTS], day)


class LikelyPatients:
    """Finds them. For any thread. `clock` gives seconds that never go back.

    Everyone's numbers are asked for once a minute, with one request: so nobody is asked for who is not there.
    """

    def __init__(self, finder: PatientFinder, clock: Callable[[], float] = time.monotonic) -> None:
        self._finder = finder
        self._clock = clock
        self._everyone: TimedCache[str, frozenset[int]] = TimedCache(clock)
        self._clinics: TimedCache[str, tuple[Clinic, ...]] = TimedCache(clock)
        self._registered: TimedCache[tuple[str, int], tuple[int, ...]] = TimedCache(clock)
        self._names: TimedCache[tuple[str, int], tuple[str, ...]] = TimedCache(clock, 5000)

    def find(self, reader: ChartReader, hints: Hints) -> tuple[LikelyPatient, ...]:
        """The likeliest first, MOST_SHOWN at most. Raises RefusedError when the chart does not say."""
        registered = self._here(reader, hints.day)
        slips = self._by_number(reader, hints.numbers)
        fitting = self._by_name(reader, registered, hints.words) if hints.words else {}
        points = {each: _OF_NUMBER[slip] for each, slip in slips.items()}
        for each, of_words in fitting.items():
            points[each] = points.get(each, 0) + of_words
        here = frozenset(registered)
        ranked = sorted(points, key=lambda each: (-points[each] - _REGISTERED * (each in here), each))
        shown = ((each, self._finder.object(reader, each)) for each in ranked[:MOST_SHOWN])
        return tuple(
            LikelyPatient(patient, slips.get(each), each in fitting, each in here) for each, patient in shown if patient
        )

    def _by_number(self, reader: ChartReader, numbers: tuple[str, ...]) -> dict[int, Slip]:
        """Everyone whose number is one slip away from one of these. A slip of one digit alone could be anybody."""
        found: dict[int, Slip] = {}
        everyone = self._all(reader) if numbers else frozenset()
        for number in numbers:
            for each in everyone:
                slip = slip_between(number, str(each))
                if slip is None or (len(number) == 1 and slip is not Slip.NONE):
                    continue
                if each not in found or _OF_NUMBER[slip] > _OF_NUMBER[found[each]]:
                    found[each] = slip
        return found

    def _by_name(self, reader: ChartReader, registered: tuple[int, ...], words: tuple[str, ...]) -> dict[int, int]:
        """The points of those who are registered and have such names."""
        until = self._clock() + _NAMES_SECONDS
        found: dict[int, int] = {}
        for each in registered[:_MOST_REGISTERED]:
            names = self._names_of(reader, each, until)
            points = sum(max((_word_points(word, name) for name in names), default=0) for word in words)
            if points:
                found[each] = points
        return found

    def _names_of(self, reader: ChartReader, patient_id: int, until: float) -> tuple[str, ...]:
        key = (reader.chart.key, patient_id)
        known = self._names.get(key)
        if known is not None:
            return known.value
        if self._clock() > until:
            return ()
        patient = self._finder.record(reader, patient_id)
        names = _names(patient) if patient else ()
        self._names.put(key, names, _KEEP_NAMES_SECONDS)
        return names

    def _here(self, reader: ChartReader, day: date) -> tuple[int, ...]:
        """Who is registered at the clinic of a day; nobody when there is none."""
        clinic = next((each for each in self._all_clinics(reader) if each.covers(day)), None)
        if clinic is None:
            return ()
        key = (reader.chart.key, clinic.id)
        known = self._registered.get(key)
        if known is not None:
            return known.value
        found = tuple(reader.registered_at(clinic.id))
        self._registered.put(key, found, _KEEP_SECONDS)
        return found

    def _all_clinics(self, reader: ChartReader) -> tuple[Clinic, ...]:
        known = self._clinics.get(reader.chart.key)
        if known is not None:
            return known.value
        found = tuple(reader.clinics())
        self._clinics.put(reader.chart.key, found, _KEEP_SECONDS)
        return found

    def _all(self, reader: ChartReader) -> frozenset[int]:
        known = self._everyone.get(reader.chart.key)
        if known is not None:
            return known.value
        found = frozenset(reader.all_patient_ids())
        self._everyone.put(reader.chart.key, found, _KEEP_SECONDS)
        return found


def _names(patient: ChartPatient) -> tuple[str, ...]:
    given = (patient.first, patient.middle, patient.paternal_last, patient.maternal_last)
    return tuple(word for name in given for word in words_of(name))


def _word_points(word: str, name: str) -> int:
    slip = slip_between(word, name)
    if slip is None or (slip is not Slip.NONE and min(len(word), len(name)) < _SHORTEST_WITH_SLIP):
        return 0
    return _OF_WORD.get(slip, _OF_WORD_WITH_SLIP)
