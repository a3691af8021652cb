"""From a target reference to chart ids, through a directory of what the chart holds."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.holds import Hold, HoldReason
from bridge.mapping.held import HeldError
from bridge.mapping.model import (
    ClinicReference,
    Occasion,
    PatientForm,
    PatientReference,
    Requirement,
    TargetReference,
)
from bridge.mapping.requirements import RequirementDirectory, check_requirements
from bridge.tags import Tags
from bridge.targets import ChartTarget

_OLDEST = timedelta(days=400)
_ZONES = timedelta(hours=14)
"""So far may a phone be ahead because it keeps the time of where its owner lives."""


class ClinicLike(Protocol):
    """A clinic of the chart."""

    @property
    def id(self) -> int:
        """Its id in the chart."""


class Directory(RequirementDirectory, Protocol):
    """What `locate` asks the chart. Errors of the chart (unreachable, refused) pass through `locate`."""

    def station_id(self, name: str) -> int | None:
        """The id of the station with this exact name."""

    def clinic_on(self, day: date) -> ClinicLike | None:
        """The clinic that the chart gives for a day."""

    def clinic(self, clinic_id: int) -> ClinicLike | None:
        """The clinic with this id."""

    def patient_exists(self, patient_id: int) -> bool:
        """True when the chart has this patient."""

    def patients_by_curp(self, curp: str) -> Sequence[int]:
        """The ids of the patients with exactly this CURP, in any case."""

    def patients_by_oldid(self, oldid: int) -> Sequence[int]:
        """The ids of the patients with this number of the older system."""


_NOTHING: frozenset[Requirement] = frozenset()


def locate(
    reference: TargetReference, directory: Directory, today: date, require: frozenset[Requirement] = _NOTHING
) -> ChartTarget | Hold:
    """The chart target of a reference, or a hold when the chart has no such patient, station or clinic, or not what
    the mapping file requires of the patient.

    `today` is the photo's day in the clinic's time zone, as `clinic_day` gives it.
    """
    try:
        patient = _patient_id(reference.patient, directory)
        station = _station_id(reference.station, directory)
        clinic = _clinic_id(reference.clinic, directory, today)
        check_requirements(require, patient, clinic, directory, today)
    except HeldError as held:
        return held.hold
    return ChartTarget(patient, reference.type, clinic, station)


def clinic_day(tags: Tags, received_at: datetime, time_zone: ZoneInfo, now: datetime | None = None) -> date:
    """The day that `clinic: today` means for a photo: that of `taken_at`, and none that is still to come."""
    today = _local(now or received_at, time_zone).date()
    return min(taken_at(tags, received_at, time_zone, now).date(), today)


def photo_occasion(
    tags: Tags, practice: str, received_at: datetime, time_zone: ZoneInfo, now: datetime | None = None
) -> Occasion:
    """The occasion of a photo that came to a practice; its day is that of `clinic_day`."""
    moment, present = taken_at(tags, received_at, time_zone, now), _local(now or received_at, time_zone)
    return Occasion(practice, moment if moment.date() <= present.date() else present)


def taken_at(tags: Tags, received_at: datetime, time_zone: ZoneInfo, now: datetime | None = None) -> datetime:
    """When a photo was taken, by the clinic's clocks and without zone; else when it came in.

    `received_at` and `now` (the time of that when none is given) are UTC-aware. A photo can wait on a phone for days
    without a network and still belongs to the clinic it was taken at. When it came in counts when the phone says a
    later day, since nothing is photographed after it came in: its clock is ahead, or of another time zone. It counts
    too when the phone says more than 400 days before: an empty battery sets clocks back by decades, and clinics come
    round once a year. Whoever brings in old photos gives each file's own time as `received_at`.

    But when that later time has come since, and is further off than time zones are, it was this computer's clock that
    was behind as the photo came in.
    """
    captured, received = tags.captured_at, _local(received_at, time_zone)
    if captured is None:
        return received
    present = _local(now or received_at, time_zone)
    oldest = min(received, present).date() - _OLDEST
    came_by_a_slow_clock = received + _ZONES < captured <= present
    is_possible = oldest <= captured.date() <= received.date() or came_by_a_slow_clock
    return captured if is_possible else received


def is_told_by_phone(tags: Tags, received_at: datetime, time_zone: ZoneInfo) -> bool:
    """Whether the phone's time agrees with when the photo came in, so that two clocks say on which day it was taken."""
    return tags.captured_at is not None and taken_at(tags, received_at, time_zone) == tags.captured_at


def _local(moment: datetime, time_zone: ZoneInfo) -> datetime:
    return moment.astimezone(time_zone).replace(tzinfo=None)


def _patient_id(patient: PatientReference, directory: Directory) -> int:
    if patient.form is PatientForm.ID:
        found = [int(patient.value)] if directory.patient_exists(int(patient.value)) else []
    elif patient.form is PatientForm.CURP:
        found = sorted(set(directory.patients_by_curp(patient.value)))
    else:
        found = sorted(set(directory.patients_by_oldid(int(patient.value))))
    if not found:
        raise HeldError(
            HoldReason.UNKNOWN_PATIENT,
            f"The chart has no patient with {_shown(patient)}; assign the photo by hand, or register the patient and "
            "retry.",
        )
    if len(found) > 1:
        raise HeldError(
            HoldReason.AMBIGUOUS_PATIENT,
            f"The chart has {len(found)} patients with {_shown(patient)} (their ids: {', '.join(map(str, found))}); "
            "assign the photo by hand to the right one.",
        )
    return found[0]


def _shown(patient: PatientReference) -> str:
    return f"{_NOUNS[patient.form]} {patient.value}"


_NOUNS = {PatientForm.ID: "id", PatientForm.CURP: "CURP", PatientForm.OLDID: "old id"}


def _station_id(name: str | None, directory: Directory) -> int | None:
    if name is None:
        return None
    station = directory.station_id(name)
    if station is None:
        raise HeldError(
            HoldReason.UNKNOWN_STATION,
            f"The chart has no station named `{name}`; correct the name in the mapping file or add the station in the "
            "chart, then retry.",
        )
    return station


def _clinic_id(clinic: ClinicReference | None, directory: Directory, today: date) -> int | None:
    if clinic is None:
        return None
    found = directory.clinic_on(today) if clinic.id is None else directory.clinic(clinic.id)
    if found:
        return found.id
    if clinic.id is None:
        raise HeldError(
            HoldReason.NO_CLINIC_TODAY,
            f"The chart has no clinic on {today.isoformat()}; add the clinic in the chart and retry, or assign the "
            "photo by hand.",
        )
    raise HeldError(
        HoldReason.UNKNOWN_CLINIC,
        f"The chart has no clinic {clinic.id}; correct the number in the mapping file, then retry.",
    )
