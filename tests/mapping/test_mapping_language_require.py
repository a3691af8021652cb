"""What a mapping file requires of patients: bridge/mapping/requirements.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from bridge.errors import Problem
from bridge.holds import Hold, HoldReason
from bridge.mapping import (
    ClinicReference,
    PatientForm,
    PatientReference,
    Requirement,
    TargetReference,
    check_file,
    load_mapping,
    locate,
)
from bridge.targets import ChartTarget, ImageType

TODAY = date(2026, 11, 21)
HEAD = "version: 1\npatient: {id: {form: id}}\ntypes: {Xray: }\n"
BOTH = frozenset(Requirement)
Write = Callable[[str | bytes], Path]


@dataclass(frozen=True)
class Clinic:
    id: int


@dataclass
class Chart:
    """A chart of patients 1 to 4 and clinic 2: 1 and 2 are registered there today, 1 and 3 agreed to photos."""

    asked: list[str] = field(default_factory=list)

    def station_id(self, name: str) -> int | None:
        return 3 if name == "X-Ray" else None

    def clinic_on(self, day: date) -> Clinic | None:
        return Clinic(2) if day == TODAY else None

    def clinic(self, clinic_id: int) -> Clinic | None:
        return Clinic(2) if clinic_id == 2 else None

    def patient_exists(self, patient_id: int) -> bool:
        return patient_id in range(1, 5)

    def patients_by_curp(self, curp: str) -> list[int]:
        return []

    def patients_by_oldid(self, oldid: int) -> list[int]:
        return []

    def is_registered(self, patient_id: int, clinic_id: int, day: date) -> bool:
        self.asked.append("registered")
        return (patient_id, clinic_id, day) in {(1, 2, TODAY), (2, 2, TODAY)}

    def has_photo_consent(self, patient_id: int, clinic_id: int) -> bool:
        self.asked.append("consent")
        return (patient_id, clinic_id) in {(1, 2), (3, 2)}


def reference(patient: int, clinic: int | None = 2, station: str | None = None) -> TargetReference:
    place = None if clinic is None else ClinicReference(clinic or None)
    return TargetReference(PatientReference(PatientForm.ID, str(patient)), ImageType.XRAY, station, place)


def hold(found: ChartTarget | Hold) -> Hold:
    assert isinstance(found, Hold)
    return found


@pytest.mark.parametrize(
    ("require", "held"),
    [
        (frozenset(), {1: None, 2: None, 3: None, 4: None}),
        (
            frozenset({Requirement.REGISTERED_TODAY}),
            {1: None, 2: None, 3: HoldReason.NOT_REGISTERED, 4: HoldReason.NOT_REGISTERED},
        ),
        (
            frozenset({Requirement.PHOTO_CONSENT}),
            {1: None, 2: HoldReason.NO_CONSENT, 3: None, 4: HoldReason.NO_CONSENT},
        ),
        (BOTH, {1: None, 2: HoldReason.NO_CONSENT, 3: HoldReason.NOT_REGISTERED, 4: HoldReason.NOT_REGISTERED}),
    ],
    ids=["nothing", "registered", "consent", "both"],
)
def test_what_is_required_and_missing_is_a_hold(
    require: frozenset[Requirement], held: dict[int, HoldReason | None]
) -> None:
    for clinic in (2, 0):
        for patient, reason in held.items():
            found = locate(reference(patient, clinic), Chart(), TODAY, require)
            assert (found.reason if isinstance(found, Hold) else None) == reason


def test_the_sentences_name_patient_clinic_and_day_and_the_way_out() -> None:
    unregistered = hold(locate(reference(3), Chart(), TODAY, BOTH)).sentence
    assert "Patient 3 is not registered at clinic 2 on 2026-11-21" in unregistered
    assert "register the patient in the chart and retry" in unregistered
    unconsented = hold(locate(reference(2), Chart(), TODAY, BOTH)).sentence
    assert "no consent of patient 2 to photos at clinic 2" in unconsented
    assert "record the consent in the chart and retry" in unconsented


@pytest.mark.parametrize(
    ("requirement", "reason"),
    [
        (Requirement.REGISTERED_TODAY, HoldReason.NOT_REGISTERED),
        (Requirement.PHOTO_CONSENT, HoldReason.NO_CONSENT),
    ],
)
def test_without_a_clinic_it_is_held_and_the_sentence_says_which_setting_to_mend(
    requirement: Requirement, reason: HoldReason
) -> None:
    chart = Chart()
    found = hold(locate(reference(1, None), chart, TODAY, frozenset({requirement})))
    assert found.reason is reason
    assert "add `clinic: today` to the mapping file" in found.sentence
    assert f"take `{requirement}` from its `require`" in found.sentence
    assert chart.asked == []


def test_the_chart_is_asked_only_for_what_is_required_and_only_of_photos_that_have_a_place() -> None:
    chart = Chart()
    locate(reference(1), chart, TODAY)
    assert chart.asked == []
    assert hold(locate(reference(9), chart, TODAY, BOTH)).reason is HoldReason.UNKNOWN_PATIENT
    assert hold(locate(reference(1, station="ENT"), chart, TODAY, BOTH)).reason is HoldReason.UNKNOWN_STATION
    assert hold(locate(reference(1, 9), chart, TODAY, BOTH)).reason is HoldReason.UNKNOWN_CLINIC
    assert chart.asked == []
    locate(reference(1), chart, TODAY, frozenset({Requirement.PHOTO_CONSENT}))
    assert chart.asked == ["consent"]


@pytest.mark.parametrize(
    ("setting", "require"),
    [
        ("", set()),
        ("require: []\n", set()),
        ("require: [photo-consent]\n", {"photo-consent"}),
        ("require: [registered-today, photo-consent, photo-consent]\n", {"registered-today", "photo-consent"}),
    ],
)
def test_nothing_is_required_unless_the_file_says_so(setting: str, require: set[str], write: Write) -> None:
    assert load_mapping(write(HEAD + "clinic: today\n" + setting)).require == require


def test_what_can_never_be_looked_up_is_a_warning_at_its_line(write: Write) -> None:
    result = check_file(write(HEAD + "require:\n- photo-consent\n"))
    assert result.is_good
    warned = [problem for problem in result.problems if problem.field == "require"]
    assert [(problem.line, problem.warning) for problem in warned] == [(4, True)]
    assert "add `clinic: today`" in warned[0].message


@pytest.mark.parametrize(
    ("setting", "line", "said"),
    [
        ("require: [consent]\n", 5, "must be `registered-today` or `photo-consent`"),
        ("require: photo-consent\n", 5, "must be a list"),
        ("require:\n", 5, "is empty"),
        ("requires: [photo-consent]\n", 5, "did you mean `require`?"),
    ],
)
def test_a_requirement_that_does_not_exist_is_one_sentence_with_its_place(
    setting: str, line: int, said: str, problems_of: Callable[[str], tuple[Problem, ...]]
) -> None:
    (problem,) = problems_of(HEAD + "clinic: today\n" + setting)
    assert problem.line == line
    assert said in problem.message
