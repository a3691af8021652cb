"""Finds patients by name, number, old number or CURP, with what a person needs to be sure who it is."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from bridge.charting.chart_reader import ChartReader
from bridge.charting.name_search import closeness, folded, matches, parts_to_ask, words_of
from bridge.charting.refusals import RefusedError
from bridge.targets import ImageType
from bridge.tscharts import ChartPatient, TimedCache

MOST_CANDIDATES = 150
"""How many patients are looked at for one question; a search that means more is to be narrowed."""

_KEEP_SECONDS = 60.0
_KEEP_HEADSHOT_SECONDS = 15.0
_MOST_WORDS = 6
_LARGEST_OLD_ID = 2**31 - 1
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_CURP = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{6,18}", re.ASCII)
_NO_PATIENT = "The chart has no patient of this number; look for the patient by name."
_NO_LETTERS = "Give a part of the name with at least two letters, or a number, or a CURP."


@dataclass(frozen=True)
class PatientObject:
    """A patient as people see one. Names may be ""; `headshot` is the newest headshot's image id, None when there is
    none; `old_id` is the number in the chart before this one.
    """

    id: int
    name: str = field(repr=False)
    first: str = field(repr=False)
    middle: str = field(repr=False)
    paternal_last: str = field(repr=False)
    maternal_last: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: str = field(repr=False)
    curp: str = field(repr=False)
    old_id: int | None
    headshot: int | None


@dataclass(frozen=True)
class FoundPatients:
    """Patients, the closest first. `is_complete`: there are no others; else the search is to be narrowed."""

    patients: tuple[PatientObject, ...]
    is_complete: bool


class PatientFinder:
    """Looks for patients and remembers them for a minute. For any thread. `clock` gives seconds.

    Every method raises RefusedError. All of a chart's users see all its patients, so what was read for one is shown to
    another, whose token was checked.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._patients: TimedCache[tuple[str, int], ChartPatient] = TimedCache(clock, 5000)
        self._answers: TimedCache[tuple[str, str, str], tuple[int, ...]] = TimedCache(clock, 2000)
        self._headshots: TimedCache[tuple[str, int], int | None] = TimedCache(clock, 5000)

    def patient(self, reader: ChartReader, patient_id: int) -> PatientObject:
        """One patient. Raises RefusedError (404)."""
        found = self._read(reader, patient_id)
        if found is None:
            raise RefusedError(404, _NO_PATIENT)
        return _object(found, self._newest_headshot(reader, patient_id))

    def find(self, reader: ChartReader, text: str, limit: int) -> FoundPatients:
        """The patients that a text may mean: words of names in any order, without accents and case; a number or an old
        number; a CURP or a part of one. Raises RefusedError (400) for a text that could mean everyone.
        """
        text = text.strip()
        if _NUMBER.fullmatch(text):
            found, is_complete = self._numbered(reader, int(text)), True
        elif _CURP.fullmatch(text):
            found, is_complete = self._read_all(reader, self._ask(reader, "curp", text.upper()))
        else:
            found, is_complete = self._named(reader, text)
        shown = tuple(_object(each, self._headshot(reader, each.id)) for each in found[:limit])
        return FoundPatients(shown, is_complete and len(found) <= limit)

    def _numbered(self, reader: ChartReader, number: int) -> list[ChartPatient]:
        by_id = [self._read(reader, number)] if number else []
        old = self._ask(reader, "oldid", str(number)) if 0 < number <= _LARGEST_OLD_ID else ()
        return [each for each in (*by_id, *(self._read(reader, each) for each in old if each != number)) if each]

    def _named(self, reader: ChartReader, text: str) -> tuple[list[ChartPatient], bool]:
        words = words_of(text)[:_MOST_WORDS]
        if not any(len(word) >= 2 for word in words):
            raise RefusedError(400, _NO_LETTERS)
        found, is_complete = self._read_all(reader, self._candidates(reader, words))
        fitting = [each for each in found if matches(words, _names(each))]
        fitting.sort(key=lambda each: (closeness(words, _names(each)), folded(each.full_name), each.id))
        return fitting, is_complete

    def _candidates(self, reader: ChartReader, words: tuple[str, ...]) -> tuple[int, ...]:
        """Everyone whose names hold a part of each word; the longest words narrow it most, so they come first."""
        there: set[int] | None = None
        for word in sorted(words, key=len, reverse=True):
            for spellings in parts_to_ask(word):
                if there is not None and len(there) <= len(spellings):
                    break
                asked = {each for spelt in spellings for each in self._ask(reader, "name", spelt)}
                there = asked if there is None else there & asked
        return tuple(sorted(there or ()))

    def _ask(self, reader: ChartReader, field_name: str, text: str) -> tuple[int, ...]:
        key = (reader.chart.key, field_name, text)
        known = self._answers.get(key)
        if known is not None:
            return known.value
        found = tuple(reader.patient_ids(**{field_name: text}))
        self._answers.put(key, found, _KEEP_SECONDS)
        return found

    def _read_all(self, reader: ChartReader, ids: tuple[int, ...]) -> tuple[list[ChartPatient], bool]:
        found = (self._read(reader, each) for each in ids[:MOST_CANDIDATES])
        return [each for each in found if each is not None], len(ids) <= MOST_CANDIDATES

    def _read(self, reader: ChartReader, patient_id: int) -> ChartPatient | None:
        key = (reader.chart.key, patient_id)
        known = self._patients.get(key)
        if known is not None:
            return known.value
        found = reader.patient(patient_id)
        if found is not None:
            self._patients.put(key, found, _KEEP_SECONDS)
        return found

    def _headshot(self, reader: ChartReader, patient_id: int) -> int | None:
        known = self._headshots.get((reader.chart.key, patient_id))
        return known.value if known is not None else self._newest_headshot(reader, patient_id)

    def _newest_headshot(self, reader: ChartReader, patient_id: int) -> int | None:
        newest = next(iter(reader.image_ids(patient_id, type=ImageType.HEADSHOT.value)), None)
        self._headshots.put((reader.chart.key, patient_id), newest, _KEEP_HEADSHOT_SECONDS)
        return newest


def _object(patient: ChartPatient, headshot: int | None) -> PatientObject:
    return PatientObject(
        id=patient.id,
        name=patient.full_name,
        first=patient.first,
        middle=patient.middle,
        paternal_last=patient.paternal_last,
        maternal_last=patient.maternal_last,
        birth_date=patient.dob,
        sex=patient.gender,
        curp=patient.curp,
        old_id=patient.oldid,
        headshot=headshot,
    )


def _names(patient: ChartPatient) -> tuple[str, ...]:
    return patient.first, patient.middle, patient.paternal_last, patient.maternal_last
