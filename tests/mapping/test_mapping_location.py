"""From references to chart ids: bridge/mapping/location.py."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.holds import Hold, HoldReason
from bridge.mapping import (
    ClinicReference,
    PatientForm,
    PatientReference,
    TargetReference,
    clinic_day,
    is_told_by_phone,
    locate,
    taken_at,
)
from bridge.tags import parse_name
from bridge.targets import ChartTarget, ImageType

TODAY = date(2026, 11, 21)
TIJUANA = ZoneInfo("America/Tijuana")


@dataclass(frozen=True)
class Clinic:
    id: int


class Chart:
    """A directory with two stations, one clinic day and a few invented patients."""

    def station_id(self, name: str) -> int | None:
        return {"X-Ray": 3, "ENT": 2}.get(name)

    def clinic_on(self, day: date) -> Clinic | None:
        return Clinic(2) if day == TODAY else None

    def clinic(self, clinic_id: int) -> Clinic | None:
        return Clinic(9) if clinic_id == 9 else None

    def patient_exists(self, patient_id: int) -> bool:
        return patient_id in (1, 2)

    def patients_by_curp(self, curp: str) -> list[int]:
        return {"GALM150314MBCRPR01": [1], "GARJ120701HBCRMS02": [8, 2, 8]}.get(curp, [])

    def patients_by_oldid(self, oldid: int) -> list[int]:
        return {1001: [1], 77: [2, 1]}.get(oldid, [])


class UnreachableChart(Chart):
    def patient_exists(self, patient_id: int) -> bool:
        raise ConnectionError


def reference(
    form: PatientForm, value: str, station: str | None = None, clinic: ClinicReference | None = None
) -> TargetReference:
    return TargetReference(PatientReference(form, value), ImageType.XRAY, station, clinic)


def held(found: ChartTarget | Hold) -> Hold:
    assert isinstance(found, Hold)
    return found


@pytest.mark.parametrize(
    ("form", "value"),
    [(PatientForm.ID, "1"), (PatientForm.CURP, "GALM150314MBCRPR01"), (PatientForm.OLDID, "1001")],
)
def test_a_patient_is_found_by_each_form(form: PatientForm, value: str) -> None:
    assert locate(reference(form, value), Chart(), TODAY) == ChartTarget(1, ImageType.XRAY)


def test_station_and_clinic_become_chart_ids() -> None:
    found = locate(reference(PatientForm.ID, "1", "X-Ray", ClinicReference(None)), Chart(), TODAY)
    assert found == ChartTarget(1, ImageType.XRAY, clinic=2, station=3)


def test_a_clinic_by_id_does_not_depend_on_the_day() -> None:
    found = locate(reference(PatientForm.ID, "1", clinic=ClinicReference(9)), Chart(), date(2020, 1, 1))
    assert found == ChartTarget(1, ImageType.XRAY, clinic=9)


@pytest.mark.parametrize(
    ("form", "value", "reason", "said"),
    [
        (PatientForm.ID, "99", HoldReason.UNKNOWN_PATIENT, "id 99"),
        (PatientForm.CURP, "HECA181225MBCRRN03", HoldReason.UNKNOWN_PATIENT, "CURP HECA181225MBCRRN03"),
        (PatientForm.OLDID, "5", HoldReason.UNKNOWN_PATIENT, "register the patient and retry"),
        (PatientForm.CURP, "GARJ120701HBCRMS02", HoldReason.AMBIGUOUS_PATIENT, "2 patients"),
        (PatientForm.OLDID, "77", HoldReason.AMBIGUOUS_PATIENT, "ids: 1, 2"),
    ],
)
def test_none_or_more_than_one_patient_is_a_hold(form: PatientForm, value: str, reason: HoldReason, said: str) -> None:
    hold = held(locate(reference(form, value), Chart(), TODAY))
    assert hold.reason is reason
    assert said in hold.sentence
    assert "assign the photo by hand" in hold.sentence


def test_an_unknown_station_is_a_hold_that_names_it() -> None:
    hold = held(locate(reference(PatientForm.ID, "1", "Xray"), Chart(), TODAY))
    assert hold.reason is HoldReason.UNKNOWN_STATION
    assert "`Xray`" in hold.sentence


def test_a_day_without_a_clinic_is_a_hold_that_names_the_day() -> None:
    hold = held(locate(reference(PatientForm.ID, "1", clinic=ClinicReference(None)), Chart(), date(2026, 11, 25)))
    assert hold.reason is HoldReason.NO_CLINIC_TODAY
    assert "2026-11-25" in hold.sentence


def test_an_unknown_clinic_is_a_hold_that_names_it() -> None:
    hold = held(locate(reference(PatientForm.ID, "1", clinic=ClinicReference(8)), Chart(), TODAY))
    assert hold.reason is HoldReason.UNKNOWN_CLINIC
    assert "no clinic 8" in hold.sentence


def test_a_chart_that_cannot_be_reached_is_not_taken_for_an_unknown_patient() -> None:
    with pytest.raises(ConnectionError):
        locate(reference(PatientForm.ID, "1"), UnreachableChart(), TODAY)


@pytest.mark.parametrize(
    ("tail", "day"),
    [
        ("", date(2026, 11, 21)),
        ("-21-Nov-2026-10-11-12", date(2026, 11, 21)),
        ("-18-Nov-2026-23-59-59", date(2026, 11, 18)),
        ("-22-Nov-2026-00-30-00", date(2026, 11, 21)),
        ("-21-Nov-2036-10-11-12", date(2026, 11, 21)),
        ("-01-Jan-1970-00-00-01", date(2026, 11, 21)),
        ("-20-Nov-2025-10-11-12", date(2025, 11, 20)),
        ("-31-Feb-2026-10-11-12", date(2026, 11, 21)),
    ],
    ids=["no time", "same day", "days before", "clock ahead", "years ahead", "reset clock", "a year ago", "no date"],
)
def test_the_clinic_day_is_the_day_of_the_photo_unless_the_phone_cannot_know_it(tail: str, day: date) -> None:
    received_at = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert clinic_day(parse_name(f"#123{tail}.jpg"), received_at, TIJUANA) == day


def test_the_clinic_day_is_counted_in_the_clinics_time_zone() -> None:
    tags = parse_name("#123.jpg")
    received_at = datetime(2026, 11, 22, 7, 59, tzinfo=UTC)
    assert clinic_day(tags, received_at, TIJUANA) == date(2026, 11, 21)
    assert clinic_day(tags, received_at.replace(hour=8), TIJUANA) == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("tail", "days_later", "day"),
    [
        ("-21-Nov-2026-10-11-12", 0, date(2026, 11, 20)),
        ("-21-Nov-2026-10-11-12", 3, date(2026, 11, 21)),
        ("-21-Nov-2026-04-00-00", 3, date(2026, 11, 20)),
        ("-29-Nov-2026-10-11-12", 3, date(2026, 11, 20)),
        ("", 3, date(2026, 11, 20)),
    ],
    ids=["still to come", "has come", "a time zone ahead", "still to come later", "no time"],
)
def test_a_phones_later_day_counts_once_it_has_come_as_this_clock_was_behind(
    tail: str, days_later: int, day: date
) -> None:
    received_at = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    now = received_at + timedelta(days=days_later)
    assert clinic_day(parse_name(f"#123{tail}.jpg"), received_at, TIJUANA, now) == day


def test_a_phone_is_right_however_far_behind_this_clock_was() -> None:
    received_at, now = datetime(2010, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
    assert taken_at(parse_name("#123-21-Nov-2026-10-11-12.jpg"), received_at, TIJUANA, now) == datetime(
        2026, 11, 21, 10, 11, 12
    )


@pytest.mark.parametrize(
    ("tail", "day"),
    [
        ("-21-Nov-2026-10-11-12", date(2026, 11, 21)),
        ("", date(2026, 11, 22)),
        ("-01-Jan-1970-00-00-01", date(2026, 11, 22)),
    ],
)
def test_no_photo_belongs_to_a_day_to_come_though_this_clock_was_years_ahead(tail: str, day: date) -> None:
    received_at, now = datetime(2031, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert clinic_day(parse_name(f"#123{tail}.jpg"), received_at, TIJUANA, now) == day


@pytest.mark.parametrize(
    ("tail", "is_told"),
    [("-21-Nov-2026-10-11-12", True), ("-20-Nov-2026-10-11-12", True), ("-22-Nov-2026-10-11-12", False), ("", False)],
)
def test_two_clocks_tell_the_day_when_the_phone_agrees_with_when_the_photo_came(tail: str, is_told: bool) -> None:
    received_at = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert is_told_by_phone(parse_name(f"#123{tail}.jpg"), received_at, TIJUANA) is is_told
