"""From tags to a target reference or a hold, without asking the chart."""

from collections.abc import Iterable
from datetime import datetime

from bridge.holds import HoldReason
from bridge.mapping.curp import has_right_check_digit
from bridge.mapping.held import HeldError
from bridge.mapping.model import (
    ClinicReference,
    Kind,
    Mapping,
    Occasion,
    PatientReference,
    Resolution,
    Setting,
    Step,
    TargetReference,
)
from bridge.mapping.reading import Finding, quoted, read_words
from bridge.mapping.strangers import doubtful_words, may_be_of_patient
from bridge.tags import CUT_MARK, Tags, Word
from bridge.targets import ImageType

_NAME_ALONE = Occasion()


def resolve(tags: Tags, mapping: Mapping, occasion: Occasion = _NAME_ALONE) -> Resolution:
    """What a name says by this mapping: a reference, or a hold when it says too little or two things at once.

    A patient is never guessed: a number left over beside the patient, as in `12-345`, is a hold. The same thing
    said twice is said once. A station's word beats the type's station, which beats that of the time of day, that of
    the practice, and the default; a clinic's word beats that of the date. Settings by time and date are passed over
    when neither `occasion` nor the name says when the photo was taken.
    """
    return _Resolving(tags, mapping, occasion).resolution()


class _Resolving:
    """One name being resolved, and the steps so far."""

    def __init__(self, tags: Tags, mapping: Mapping, occasion: Occasion) -> None:
        self.tags = tags
        self.mapping = mapping
        self.practice = occasion.practice
        self.taken_at: datetime | None = occasion.taken_at or tags.captured_at
        self.reading = read_words(tags.words, mapping)
        self.steps = list(self.reading.steps)

    def resolution(self) -> Resolution:
        try:
            return Resolution(self._reference(), None, tuple(self.steps))
        except HeldError as held:
            return Resolution(None, held.hold, tuple(self.steps))

    def _reference(self) -> TargetReference:
        patient = self._patient()
        image_type = self._type()
        return TargetReference(patient, image_type, self._station(image_type), self._clinic())

    def _patient(self) -> PatientReference:
        if CUT_MARK in self.tags.name:
            raise HeldError(
                HoldReason.NO_PATIENT,
                "The file name is too long to be read whole, so none of it is used; assign the photo by hand.",
            )
        patients = self.reading.patients
        if self.reading.disputes:
            raise HeldError(HoldReason.AMBIGUOUS_PATIENT, _dispute(*self.reading.disputes[0]))
        if not patients:
            raise HeldError(HoldReason.NO_PATIENT, _no_patient(self.reading.left))
        _at_most_one(HoldReason.AMBIGUOUS_PATIENT, "patient", patients.values())
        patient, finding = patients.popitem()
        if mistyped := self._mistyped(patient):
            raise HeldError(HoldReason.AMBIGUOUS_PATIENT, _mistyped(mistyped))
        if self.tags.guid and may_be_of_patient(self.tags.guid, self.mapping):
            raise HeldError(HoldReason.AMBIGUOUS_PATIENT, _code_or_patient(self.tags.guid, finding))
        doubtful = doubtful_words(self.tags.words, self.reading, self.mapping)
        if doubtful:
            raise HeldError(HoldReason.AMBIGUOUS_PATIENT, _doubt(doubtful, finding))
        return patient

    def _mistyped(self, patient: PatientReference) -> Finding | None:
        """The finding of a CURP whose check digit is wrong and looked at by a rule that read it, wherever it stands."""
        checking = {rule.name for rule in self.mapping.patient_rules if rule.check_digit}
        checked = next((each for each in self.reading.findings_of(patient) if each.rule in checking), None)
        return checked if checked and not has_right_check_digit(patient.value) else None

    def _type(self) -> ImageType:
        said = self._said(Kind.TYPE, HoldReason.AMBIGUOUS_TYPE)
        if said:
            return ImageType(said)
        if self.mapping.default_type:
            return ImageType(self._filled("type", self.mapping.default_type, "by default"))
        words = " or ".join(f"`{known.lower()}`" for known in self.mapping.types)
        raise HeldError(
            HoldReason.NO_TYPE,
            f"The file name says no image type, such as {words}; assign the photo by hand with the right type.",
        )

    def _station(self, image_type: ImageType) -> str | None:
        said = self._said(Kind.STATION, HoldReason.AMBIGUOUS_STATION)
        if said:
            return said
        if image_type in self.mapping.type_stations:
            return self._filled("station", self.mapping.type_stations[image_type], f"for type {image_type}")
        if by_time := self._station_by_time():
            return by_time
        if by_practice := self.mapping.station_by_practice.get(self.practice):
            return self._filled("station", by_practice, f"for practice {self.practice}")
        default = self.mapping.default_station
        return self._filled("station", default, "by default") if default else None

    def _station_by_time(self) -> str | None:
        if self.taken_at is None:
            return None
        moment = self.taken_at.time()
        hours = next((each for each in self.mapping.station_by_time if each.covers(moment)), None)
        return self._filled("station", hours.station, f"by the time of day, {moment:%H:%M}") if hours else None

    def _clinic(self) -> ClinicReference | None:
        clinic = self._said(Kind.CLINIC, HoldReason.AMBIGUOUS_CLINIC)
        if clinic:
            return _clinic_reference(clinic)
        # A clinic that stands for the days beside the dates depends on the day as well.
        is_of_day = bool(self.mapping.clinic_dates)
        if by_date := self._clinic_by_date():
            return _clinic_reference(by_date, is_of_day)
        if self.mapping.clinic:
            return _clinic_reference(self._filled("clinic", self.mapping.clinic, "by setting"), is_of_day)
        return None

    def _clinic_by_date(self) -> str | None:
        if self.taken_at is None:
            return None
        day = self.taken_at.date()
        dates = next((each for each in self.mapping.clinic_dates if each.covers(day)), None)
        return self._filled("clinic", dates.clinic, f"by the date, {day.isoformat()}") if dates else None

    def _said(self, kind: Kind, reason: HoldReason) -> str | None:
        """The one value that words of the name say, None when they say none."""
        said = self.reading.entries(kind)
        _at_most_one(reason, _NOUNS[kind], said.values())
        return next(iter(said), None)

    def _filled(self, part: str, setting: Setting, why: str) -> str:
        self.steps.append(Step((), f"{part} {setting.value} {why}, line {setting.line}", part, setting.line))
        return setting.value


def _clinic_reference(clinic: str, is_of_day: bool = False) -> ClinicReference:
    return ClinicReference(None if clinic == "today" else int(clinic), is_of_day)


_NOUNS = {Kind.TYPE: "image type", Kind.STATION: "station", Kind.CLINIC: "clinic"}


def _at_most_one(reason: HoldReason, noun: str, findings: Iterable[Finding]) -> None:
    said = [f"{finding.shown} is {finding.means}" for finding in findings]
    if len(said) > 1:
        raise HeldError(
            reason,
            f"The file name says more than one {noun} ({' and '.join(said)}); assign the photo by hand.",
        )


def _no_patient(left: tuple[Word, ...]) -> str:
    unknown = ", ".join(quoted((word,)) for word in left)
    note = f" ({unknown}: not known as a patient)" if unknown else ""
    return f"The file name says no patient{note}; assign the photo by hand to its patient."


def _dispute(patient: Finding, alias: Finding) -> str:
    return (
        f"{patient.shown} may be {patient.means}, but {alias.shown} is {alias.means} too; check which patient is meant "
        "and assign the photo by hand."
    )


def _mistyped(finding: Finding) -> str:
    return (
        f"{finding.shown} has the shape of a CURP, but its last digit does not fit the rest: typed wrong? Check the "
        "patient's CURP and assign the photo by hand."
    )


def _code_or_patient(guid: str, finding: Finding) -> str:
    return (
        f"`#{guid}` stands where paired phones put the practice's code, but may say who the patient is, beside "
        f"{finding.shown} ({finding.means}); check which patient is meant and assign the photo by hand."
    )


def _doubt(doubtful: list[Word], finding: Finding) -> str:
    words = " and ".join(quoted((word,)) for word in doubtful)
    return (
        f"{words} beside {finding.shown} ({finding.means}) may be part of the patient's number; "
        "check which patient is meant and assign the photo by hand."
    )
