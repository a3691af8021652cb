"""From file names to references and holds: bridge/mapping/resolution.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.holds import HoldReason
from bridge.mapping import Mapping, Resolution, TargetReference, load_mapping, resolve
from bridge.tags import parse_name

GUID = "uPSE4UWHmJ8XqFUqvf"
TAIL = "21-Nov-2026-10-11-12.jpg"
HEAD = "version: 1\npatient: {id: {form: id}}\n"


def resolution(typed: str, mapping: Mapping) -> Resolution:
    return resolve(parse_name(f"#{GUID}-#{typed.replace(' ', '-')}-{TAIL}"), mapping)


def target(typed: str, mapping: Mapping) -> TargetReference:
    found = resolution(typed, mapping)
    assert found.hold is None
    assert found.reference is not None
    return found.reference


@pytest.mark.parametrize(
    ("typed", "patient"),
    [
        ("123 face", "id 123"),
        ("face #123", "id 123"),
        ("0123 face", "id 123"),
        ("123. face", "id 123"),
        ("123, face", "id 123"),
        ("123 face 123", "id 123"),
        ("123 face 0123", "id 123"),
        ("999999999 face", "id 999999999"),
        ("GALM150314MBCRPR01 face", "curp GALM150314MBCRPR01"),
        ("galm150314mbcrpr01 face", "curp GALM150314MBCRPR01"),
        ("FOVC080229HBCLGR07 face", "curp FOVC080229HBCLGR07"),
        ("old 1001 face", "oldid 1001"),
        ("Old-01001 face", "oldid 1001"),
        ("viejo1001 face", "oldid 1001"),
        ("#face #VIEJO #1001", "oldid 1001"),
    ],
)
def test_a_patient_is_read_in_each_form(typed: str, patient: str, mapping: Mapping) -> None:
    assert str(target(typed, mapping).patient) == patient


@pytest.mark.parametrize(
    ("typed", "image_type", "station"),
    [
        ("123 face", "Headshot", "Registration"),
        ("123 CARA", "Headshot", "Registration"),
        ("123 headshot", "Headshot", "Registration"),
        ("123 X-Ray", "Xray", "X-Ray"),
        ("123 x #ray", "Xray", "X-Ray"),
        ("123 xray", "Xray", "X-Ray"),
        ("rayos x 123", "Xray", "X-Ray"),
        ("123 RADIOGRAFIA", "Xray", "X-Ray"),
        ("123 radiografi\u0301a", "Xray", "X-Ray"),
        ("123 xray Xray x-ray", "Xray", "X-Ray"),
        ("123 surgery", "Surgery", None),
        ("123 surgery ent", "Surgery", "ENT"),
        ("123 face dental", "Headshot", "Dental1"),
        ("123 face dental 1", "Headshot", "Dental1"),
        ("123 face dental1", "Headshot", "Dental1"),
        ("123 xray dental", "Xray", "Dental1"),
        ("123 face dental DENTAL", "Headshot", "Dental1"),
        ("dental 1 123 face", "Headshot", "Dental1"),
    ],
)
def test_words_say_type_and_station(typed: str, image_type: str, station: str | None, mapping: Mapping) -> None:
    found = target(typed, mapping)
    assert (found.patient.value, found.type, found.station) == ("123", image_type, station)


@pytest.mark.parametrize(
    ("typed", "clinic"), [("123 face", "today"), ("123 face ensenada", "2"), ("Tijuana 123 face tijuana", "3")]
)
def test_a_clinic_goes_by_tag_or_else_by_day(typed: str, clinic: str, mapping: Mapping) -> None:
    assert str(target(typed, mapping).clinic) == clinic


@pytest.mark.parametrize(
    ("setting", "clinic"), [("", None), ("clinic: today\n", "today"), ("clinic: 7\n", "7")], ids=["none", "today", "id"]
)
def test_a_clinic_can_be_fixed_or_not_sent(setting: str, clinic: str | None, write: Callable[[str], Path]) -> None:
    found = target("123 headshot", load_mapping(write(HEAD + "types: {Headshot: }\n" + setting)))
    assert (str(found.clinic) if found.clinic else None) == clinic


@pytest.mark.parametrize(
    ("typed", "reason", "said"),
    [
        ("face", HoldReason.NO_PATIENT, "no patient"),
        ("image", HoldReason.NO_PATIENT, "no patient"),
        ("moles John face", HoldReason.NO_PATIENT, "`#moles`, `John`"),
        ("0 face", HoldReason.NO_PATIENT, "`#0`"),
        ("1234567890 face", HoldReason.NO_PATIENT, "`#1234567890`"),
        ("12² face", HoldReason.NO_PATIENT, "`#12²`"),
        ("１２３ face", HoldReason.NO_PATIENT, "`#１２３`"),
        ("old face", HoldReason.NO_PATIENT, "`#old`"),
        ("GALM151314MBCRPR01 face", HoldReason.NO_PATIENT, "`#GALM151314MBCRPR01`"),
        ("FOVC090229HBCLGR07 face", HoldReason.NO_PATIENT, "`#FOVC090229HBCLGR07`"),
        ("12-345 face", HoldReason.AMBIGUOUS_PATIENT, "`#12` is id 12 and `345` is id 345"),
        ("12/345 face", HoldReason.AMBIGUOUS_PATIENT, "`345` is id 345"),
        ("123 old 1001 face", HoldReason.AMBIGUOUS_PATIENT, "`old-1001` is oldid 1001"),
        ("123 GALM150314MBCRPR01 face", HoldReason.AMBIGUOUS_PATIENT, "`GALM150314MBCRPR01` is curp"),
        ("123 0 face", HoldReason.AMBIGUOUS_PATIENT, "`0` beside `#123`"),
        ("123 4b face", HoldReason.AMBIGUOUS_PATIENT, "`4b` beside `#123`"),
        ("123 face old", HoldReason.AMBIGUOUS_PATIENT, "`old` beside `#123`"),
        ("old face 123", HoldReason.AMBIGUOUS_PATIENT, "`#old` beside `123`"),
        ("GALM150314-MBCRPR-01 face", HoldReason.AMBIGUOUS_PATIENT, "`#GALM150314` beside `01`"),
        ("123", HoldReason.NO_TYPE, "`headshot` or `xray` or `surgery`"),
        ("123 dental", HoldReason.NO_TYPE, "no image type"),
        ("123 face xray", HoldReason.AMBIGUOUS_TYPE, "`face` is type Headshot and `xray` is type Xray"),
        ("123 face dental ent", HoldReason.AMBIGUOUS_STATION, "`dental` is station Dental1 and `ent` is station ENT"),
        ("123 face ensenada tijuana", HoldReason.AMBIGUOUS_CLINIC, "`ensenada` is clinic 2"),
    ],
)
def test_a_name_that_says_too_little_or_two_things_is_held(
    typed: str, reason: HoldReason, said: str, mapping: Mapping
) -> None:
    found = resolution(typed, mapping)
    assert found.reference is None
    assert found.hold is not None
    assert found.hold.reason is reason
    assert said in found.hold.sentence
    assert "assign the photo by hand" in found.hold.sentence


def test_a_name_too_long_to_be_kept_whole_is_held(mapping: Mapping) -> None:
    found = resolution(f"123 face {'x ' * 200}", mapping)
    assert found.hold is not None
    assert found.hold.reason is HoldReason.NO_PATIENT
    assert "too long" in found.hold.sentence


def test_an_old_number_is_never_taken_for_the_charts_number_whatever_the_order_of_rules(
    write: Callable[[str], Path],
) -> None:
    rules = ["  id: {form: id}\n", "  old: {form: oldid, prefix: [no viejo, old]}\n"]
    for order in (rules, rules[::-1]):
        mapping = load_mapping(write("version: 1\npatient:\n" + "".join(order) + "types: {Xray: }\n"))
        assert str(target("no viejo 55 xray", mapping).patient) == "oldid 55"
        assert str(target("no viejo55 xray", mapping).patient) == "oldid 55"
        assert str(target("old55 xray", mapping).patient) == "oldid 55"
        assert resolution("viejo 55 xray", mapping).hold is not None


def test_a_bare_number_can_be_an_old_number_when_the_chart_number_has_a_prefix(write: Callable[[str], Path]) -> None:
    mapping = load_mapping(
        write("version: 1\npatient: {id: {form: id, prefix: [chart]}, old: {form: oldid}}\ntypes: {Xray: }\n")
    )
    assert str(target("55 xray", mapping).patient) == "oldid 55"
    assert str(target("chart 55 xray", mapping).patient) == "id 55"


def test_defaults_fill_in_what_no_word_says(write: Callable[[str], Path]) -> None:
    mapping = load_mapping(
        write(HEAD + "types: {Headshot: , Xray: {station: X-Ray}}\ndefaults: {type: Headshot, station: ENT}\n")
    )
    assert (target("123", mapping).type, target("123", mapping).station) == ("Headshot", "ENT")
    assert (target("123 xray", mapping).type, target("123 xray", mapping).station) == ("Xray", "X-Ray")


def test_a_longer_alias_wins_over_a_shorter_one_inside_it(write: Callable[[str], Path]) -> None:
    mapping = load_mapping(
        write(HEAD + "types: {Headshot: {aliases: [test]}, Audiogram: {aliases: [hearing test, hearing]}}\n")
    )
    assert target("123 hearing test", mapping).type == "Audiogram"
    assert target("123 test", mapping).type == "Headshot"


def test_a_mark_typed_as_a_word_is_no_patient_and_no_error(mapping: Mapping) -> None:
    assert str(target("123 . - , face", mapping).patient) == "id 123"


def test_the_steps_name_words_rules_and_lines_in_the_order_of_the_name(mapping: Mapping) -> None:
    sentences = [step.sentence for step in resolution("123 photo arm X-Ray", mapping).steps]
    assert sentences == [
        "`#123` read as patient id by rule `id`, line 3",
        "`photo` ignored, line 16",
        "`arm` is not used",
        "`X-Ray` read as type Xray by alias `x-ray`, line 8",
        "station X-Ray for type Xray, line 8",
        "clinic today by setting, line 15",
    ]
