"""Finds patients by name, number, old number or CURP, with what a person needs to be sure who it is."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from bridge.charting.chart_reader import ChartReader, no_patient
from bridge.charting.name_search import closeness, folded, matches, parts_to_ask
from bridge.charting.patient_question import TOO_MANY, Question, question_of
from bridge.targets import ImageType
from bridge.tscharts import ChartPatient, TimedCache

MOST_CANDIDATES = 150
"""How many patients are looked at for one question; a search that means more is to be narrowed."""

_SEARCH_SECONDS = 15.0
"""How long one question may take; then there may be others."""

_KEEP_SECONDS = 60.0
_KEEP_HEADSHOT_SECONDS = 15.0
_LARGEST_OLD_ID = 2**31 - 1


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
    """Patients, the closest first. `is_complete`: there are no others; else the search is to be narrowed. `hint` says
    what to try where nobody was found.
    """

    patients: tuple[PatientObject, ...]
    is_complete: bool
    hint: str | None = None


class PatientFinder:
    """Looks for patients and remembers them for a minute. For any thread. `clock` gives seconds.

    Every method raises RefusedError. All of a chart's users see all its patients, so what was read for one is shown to
    another, whose token was checked.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._patients: TimedCache[tuple[str, int], ChartPatient] = TimedCache(clock, 5000)
        self._answers: TimedCache[tuple[str, str, str], tuple[int, ...]] = TimedCache(clock, 2000)
        self._headshots: TimedCache[tuple[str, int], int | None] = TimedCache(clock, 5000)

    def patient(self, reader: ChartReader, patient_id: int) -> PatientObject:
        """One patient. Raises RefusedError (404)."""
        found = self._read(reader, patient_id)
        if found is None:
            raise no_patient()
        return _object(found, self._newest_headshot(reader, patient_id))

    def record(self, reader: ChartReader, patient_id: int) -> ChartPatient | None:
        """One patient as the chart has them, read a minute ago at most; None when there is none."""
        return self._read(reader, patient_id)

    def object(self, reader: ChartReader, patient_id: int) -> PatientObject | None:
        """One patient as people see them, read a minute ago at most; None when there is none."""
        found = self._read(reader, patient_id)
        return None if found is None else _object(found, self._headshot(reader, patient_id))

    def find(self, reader: ChartReader, text: str, limit: int) -> FoundPatients:
        """The patients that a text may mean: words of names in any order, without accents and case, with or without a
        number; a number or an old number; a CURP or a part of one. Raises RefusedError (400) for a text that could mean
        everyone.
        """
        asked, until = question_of(text), self._clock() + _SEARCH_SECONDS
        if asked.is_number:
            found, is_complete = self._numbered(reader, asked.numbers[0]), True
        elif asked.is_curp:
            found, is_complete = self._of_curp(reader, asked, until)
        else:
            found, is_complete = self._named(reader, asked, until)
            if not found and is_complete and asked.may_be_curp:
                found, is_complete = self._of_curp(reader, asked, until)
        return self._shown(reader, asked, found, limit, is_complete, until)

    def _shown(
        self,
        reader: ChartReader,
        asked: Question,
        found: list[ChartPatient],
        limit: int,
        is_complete: bool,
        until: float,
    ) -> FoundPatients:
        """The first of those found, as many as can be shown in time."""
        shown: list[PatientObject] = []
        for each in found[:limit]:
            if shown and self._clock() > until:
                break
            shown.append(_object(each, self._headshot(reader, each.id)))
        is_complete = is_complete and len(shown) == len(found)
        hint = None if shown else asked.hint if is_complete else TOO_MANY
        return FoundPatients(tuple(shown), is_complete, hint)

    def _numbered(self, reader: ChartReader, number: int) -> list[ChartPatient]:
        by_id = [self._read(reader, number)] if number else []
        old = self._ask(reader, "oldid", str(number)) if 0 < number <= _LARGEST_OLD_ID else ()
        return [each for each in (*by_id, *(self._read(reader, each) for each in old if each != number)) if each]

    def _of_curp(self, reader: ChartReader, asked: Question, until: float) -> tuple[list[ChartPatient], bool]:
        return self._read_all(reader, self._ask(reader, "curp", asked.joined.upper()), until)

    def _named(self, reader: ChartReader, asked: Question, until: float) -> tuple[list[ChartPatient], bool]:
        """Those whose names hold all words, and whose number, or old number, every number is."""
        if asked.numbers:
            found, is_complete = self._numbered(reader, asked.numbers[0]), True
        else:
            found, is_complete = self._read_all(reader, self._candidates(reader, asked.words, until), until)
        words = asked.words
        fitting = [each for each in found if matches(words, _names(each)) and _has_numbers(each, asked.numbers)]
        fitting.sort(key=lambda each: (closeness(words, _names(each)), folded(each.full_name), each.id))
        return fitting, is_complete

    def _candidates(self, reader: ChartReader, words: tuple[str, ...], until: float) -> tuple[int, ...]:
        """Everyone whose names hold a part of each word; the longest words narrow it most, so they come first. When
        the chart is slow, fewer parts are asked for, and more people looked at.
        """
        there: set[int] | None = None
        for word in sorted(words, key=len, reverse=True):
            for spellings in parts_to_ask(word):
                if there is not None and (len(there) <= len(spellings) or self._clock() > until):
                    break
                asked = {each for spelt in spellings for each in self._ask(reader, "name", spelt)}
                there = asked if there is None else there & asked
        return tuple(there or ())

    def _ask(self, reader: ChartReader, field_name: str, text: str) -> tuple[int, ...]:
        key = (reader.chart.key, field_name, text)
        known = self._answers.get(key)
        if known is not None:
            return known.value
        found = tuple(reader.patient_ids(**{field_name: text}))
        self._answers.put(key, found, _KEEP_SECONDS)
        return found

    def _read_all(self, reader: ChartReader, ids: Iterable[int], until: float) -> tuple[list[ChartPatient], bool]:
        """The newest of these patients, as many as can be looked at; and whether they are all."""
        newest = sorted(ids, reverse=True)
        found: list[ChartPatient | None] = []
        for each in newest[:MOST_CANDIDATES]:
            if found and self._clock() > until:
                break
            found.append(self._read(reader, each))
        return [each for each in found if each is not None], len(found) == len(newest)

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


def _has_numbers(patient: ChartPatient, numbers: tuple[int, ...]) -> bool:
    return all(number in (patient.id, patient.oldid) for number in numbers)
