"""What a mapping file says, and what it makes of a name: frozen dataclasses."""

from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from bridge.errors import Problem
from bridge.holds import Hold, HoldReason
from bridge.targets import USUAL_LIMITS, ImageType, PictureLimits

Key = tuple[str, ...]
"""Words folded for comparing: `X-Ray` is `("x", "ray")`."""


class PatientForm(StrEnum):
    """The ways to name a patient: the chart's own number, the CURP, the number of an older system."""

    ID = "id"
    CURP = "curp"
    OLDID = "oldid"


@dataclass(frozen=True)
class PatientReference:
    """A patient as a name gives it: `value` is digits without leading zeros, or a CURP in capitals."""

    form: PatientForm
    value: str

    def __str__(self) -> str:
        return f"{self.form} {self.value}"


@dataclass(frozen=True)
class ClinicReference:
    """A clinic by its chart id, or, where `id` is None, the one of the photo's day.

    `is_of_day` marks an id that was found by that day, so that a day in doubt makes it doubtful too.
    """

    id: int | None
    is_of_day: bool = False

    def __str__(self) -> str:
        return "today" if self.id is None else str(self.id)


@dataclass(frozen=True)
class TargetReference:
    """A chart target before the chart was asked: the station by name, the patient as named."""

    patient: PatientReference
    type: ImageType
    station: str | None
    clinic: ClinicReference | None


@dataclass(frozen=True)
class Occasion:
    """How a photo came, beside its name: the practice's name in the config, and when it was taken.

    `taken_at` is local time of the clinic, without zone. When it is None the time in the name counts.
    """

    practice: str = ""
    taken_at: datetime | None = None


class Requirement(StrEnum):
    """What the chart must hold of a patient before a photo is filed, where a mapping file asks for it."""

    REGISTERED_TODAY = "registered-today"
    PHOTO_CONSENT = "photo-consent"


@dataclass(frozen=True)
class Step:
    """One step of a resolution: the words taken (as typed), a sentence, and the rule's name and line.

    A word that no rule took is a step whose `rule` is "". A step without words filled in what no word said.
    """

    words: tuple[str, ...]
    sentence: str
    rule: str
    line: int | None


@dataclass(frozen=True)
class Resolution:
    """Either a reference or a hold, never both, and the steps to it."""

    reference: TargetReference | None
    hold: Hold | None
    steps: tuple[Step, ...]


class Kind(StrEnum):
    """What an alias can stand for."""

    TYPE = "type"
    STATION = "station"
    CLINIC = "clinic"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Entry:
    """One alias of the file, as written, and what it stands for. `value` is "" for an ignored word."""

    kind: Kind
    value: str
    alias: str
    line: int | None

    def __str__(self) -> str:
        return f"{self.kind} {self.value}" if self.value else "a word to ignore"


@dataclass(frozen=True)
class PatientRule:
    """One way of naming a patient. A number counts only after one of `prefixes`, when there are any.

    `pattern`, unless "", is a regular expression (RE2) for one word or several joined by `-`, whose one group is the
    number or CURP. With `check_digit` a CURP's last digit must fit the others.
    """

    name: str
    form: PatientForm
    prefixes: tuple[Key, ...]
    line: int | None
    pattern: str = ""
    check_digit: bool = False

    @property
    def is_plain(self) -> bool:
        """True when it reads a number or CURP that stands alone; other rules are read before such a one."""
        return not self.prefixes and not self.pattern


class LateHeadshots(StrEnum):
    """What becomes of a headshot that is older than one in the chart, where the one that came last is shown."""

    HOLD = "hold"
    SEND = "send"


@dataclass(frozen=True)
class Setting:
    """A value that the file fills in, and its line."""

    value: str
    line: int | None


@dataclass(frozen=True)
class StationHours:
    """The station of photos taken between two times of the day, `end` not included. Past midnight when `end` is not
    after `start`; `end` 00:00 is the midnight that ends the day.
    """

    start: time
    end: time
    station: Setting

    def covers(self, moment: time) -> bool:
        """Whether a local time of the day is within these hours."""
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True)
class ClinicDates:
    """The clinic of photos taken from the day `first` to the day `last`, both included."""

    first: date
    last: date
    clinic: Setting

    def covers(self, day: date) -> bool:
        """Whether a day is one of these."""
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Example:
    """A name and what the file's author expects of it. What is None is not compared; `none` means "not sent"."""

    name: str
    patient: PatientReference | None
    type: ImageType | None
    station: str | None
    clinic: str | None
    held: HoldReason | None
    line: int | None


@dataclass(frozen=True)
class Mapping:
    """A mapping file, checked. `version_hash` changes whenever the file's bytes do.

    `type_stations` says which station a type's photos belong to. `clinic` is `today`, an id, or None: not sent; it
    counts on days that are in none of `clinic_dates`. `station_by_practice` has the practices' names for keys.
    """

    file: Path
    version_hash: str
    patient_rules: tuple[PatientRule, ...]
    vocabulary: ReadOnlyMapping[Key, Entry]
    types: tuple[ImageType, ...]
    type_stations: ReadOnlyMapping[ImageType, Setting]
    type_limits: ReadOnlyMapping[ImageType, PictureLimits]
    clinic: Setting | None
    clinic_dates: tuple[ClinicDates, ...]
    default_type: Setting | None
    default_station: Setting | None
    station_by_practice: ReadOnlyMapping[str, Setting]
    station_by_time: tuple[StationHours, ...]
    require: frozenset[Requirement]
    late_headshots: LateHeadshots
    examples: tuple[Example, ...]
    warnings: tuple[Problem, ...]

    @cached_property
    def most_words(self) -> int:
        """The number of words of the longest alias."""
        return max(map(len, self.vocabulary), default=0)

    def limits_of(self, image_type: ImageType) -> PictureLimits:
        """How far pictures of a type may be made smaller, also of one that the file does not list."""
        return self.type_limits.get(image_type, USUAL_LIMITS[image_type])
