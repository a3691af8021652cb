"""What people's repairs of held uploads teach: which words, left unread by the mapping, go with which target."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from bridge.holds import HoldReason
from bridge.mapping.model import Key, Kind, Mapping, Occasion, PatientForm, PatientReference, Resolution
from bridge.mapping.past import PastUpload
from bridge.mapping.patients import key_of
from bridge.mapping.reading import Reading, quoted, read_words
from bridge.mapping.resolution import resolve
from bridge.tags import CUT_MARK, Tags, Word
from bridge.targets import ChartTarget, ImageType

MOST_WORDS = 4
"""So many words that stand together are taken for one alias at most."""

_FEWEST_LETTERS = 2
_GLUED = re.compile(r"([^\W\d_]+)([0-9]{1,9})")


class Repair(Protocol):
    """A held upload that a person gave a target, and who that was."""

    @property
    def upload(self) -> PastUpload:
        """The upload."""

    @property
    def target(self) -> ChartTarget:
        """Where it belongs."""

    @property
    def actor(self) -> str:
        """Who said so."""


class LessonKind(StrEnum):
    """What a word can turn out to be."""

    TYPE = "type"
    STATION = "station"
    PREFIX = "prefix"


Person = tuple[str, int]
"""A patient: the practice, and the number in its chart."""


@dataclass
class Evidence:
    """Repairs that teach the same: the uploads' numbers, who made them, and whose photos they were."""

    uploads: set[int] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    patients: set[Person] = field(default_factory=set)

    def add(self, repair: Repair) -> None:
        """Count one more."""
        self.uploads.add(repair.upload.id)
        self.actors.add(repair.actor)
        self.patients.add((repair.upload.practice, repair.target.patient))


@dataclass(frozen=True)
class Numbered:
    """A word right before a number, or grown together with it. `is_read` when the number is read as a patient."""

    repair: Repair
    number: int
    is_read: bool


@dataclass
class Phrase:
    """Words that were left unread, side by side, in repaired uploads; `spelt` and `shown` as people typed them.

    `stations` are those that people gave, by practice and number; `stations_anyway` what the mapping gives without a
    word for one.
    """

    spelt: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    types: set[ImageType] = field(default_factory=set)
    stations: set[tuple[str, int | None]] = field(default_factory=set)
    stations_anyway: set[str | None] = field(default_factory=set)
    by_type: Evidence = field(default_factory=Evidence)
    by_station: Evidence = field(default_factory=Evidence)
    numbers: list[Numbered] = field(default_factory=list)


class Lessons:
    """Reads repairs, by the mapping they were made under; `phrases` has what each phrase went with."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.phrases: dict[Key, Phrase] = {}

    def add(self, repair: Repair, tags: Tags, occasion: Occasion) -> None:
        """Learn from one repair."""
        if CUT_MARK in tags.name:
            return
        reading = read_words(tags.words, self.mapping)
        resolution = resolve(tags, self.mapping, occasion)
        teaches_type = _teaches_type(repair, reading, resolution, self.mapping)
        teaches_station = not teaches_type and _may_teach_station(repair, resolution, reading)
        for words in runs_of(reading.left):
            phrase = self._phrase(words)
            phrase.types.add(repair.target.type)
            phrase.stations.add((repair.upload.practice, repair.target.station))
            if teaches_type:
                phrase.by_type.add(repair)
            if teaches_station:
                phrase.by_station.add(repair)
                phrase.stations_anyway.add(resolution.reference.station if resolution.reference else None)
        for word, number, is_read in _numbered(tags.words, reading):
            self._phrase((word,)).numbers.append(Numbered(repair, number, is_read))

    def _phrase(self, words: tuple[Word, ...]) -> Phrase:
        phrase = self.phrases.setdefault(phrase_key(words), Phrase())
        phrase.spelt[" ".join(_plain(word).lower() for word in words)] += 1
        phrase.shown[quoted(words)] += 1
        return phrase


def runs_of(left: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """Every run of up to MOST_WORDS unread words that stand side by side and are made of letters alone."""
    for start in range(len(left)):
        for end in range(start, min(start + MOST_WORDS, len(left))):
            is_next = left[end].position == left[start].position + end - start
            if not is_next or not _is_usable(left[end]):
                break
            yield left[start : end + 1]


def phrase_key(words: tuple[Word, ...]) -> Key:
    """Words as aliases are compared."""
    return key_of("-".join(_plain(word) for word in words))


def _plain(word: Word) -> str:
    return word.text.rstrip(".,")


def _is_usable(word: Word) -> bool:
    """A number, or a code with a digit in it, may be a patient's, so it is never proposed."""
    return _plain(word).isalpha() and len(_plain(word)) >= _FEWEST_LETTERS


def _teaches_type(repair: Repair, reading: Reading, resolution: Resolution, mapping: Mapping) -> bool:
    """Whether a word for the type alone was missing, the patient being who the name said."""
    if reading.entries(Kind.TYPE) or not _is_patient_of(repair, reading):
        return False
    if resolution.hold is not None:
        return resolution.hold.reason is HoldReason.NO_TYPE
    return mapping.default_type is not None and mapping.default_type.value != repair.target.type


def _may_teach_station(repair: Repair, resolution: Resolution, reading: Reading) -> bool:
    """Whether the name said the type and no station, and the person gave one."""
    reference = resolution.reference
    if reference is None or repair.target.station is None or not _is_patient_of(repair, reading):
        return False
    is_said = bool(reading.entries(Kind.TYPE)) and not reading.entries(Kind.STATION)
    return is_said and reference.type is repair.target.type


def _is_patient_of(repair: Repair, reading: Reading) -> bool:
    """Whether the name names one patient, who may be the one it was assigned to."""
    named = list(reading.patients)
    return len(named) == 1 and _may_be(named[0], repair.target.patient)


def _may_be(reference: PatientReference, patient: int) -> bool:
    return reference.form is not PatientForm.ID or int(reference.value) == patient


def _numbered(words: tuple[Word, ...], reading: Reading) -> Iterator[tuple[Word, int, bool]]:
    """Unread words of letters right before a number, with it, and whether the number is read as a patient."""
    unread = {word.position for word in reading.left}
    for word, after in pairwise(words):
        number = _plain(after)
        is_number = number.isascii() and number.isdigit() and len(number) < 10
        if word.position in unread and _is_usable(word) and is_number:
            yield word, int(number), after.position not in unread
    for word in reading.left:
        glued = _GLUED.fullmatch(_plain(word))
        if glued and len(glued[1]) >= _FEWEST_LETTERS:
            yield Word(glued[1], word.tagged, word.position), int(glued[2]), False
