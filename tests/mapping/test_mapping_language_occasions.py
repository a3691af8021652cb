"""Stations by practice and time of day, clinics by date: what a photo says beside its name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import Problem
from bridge.mapping import (
    ClinicReference,
    Mapping,
    Occasion,
    TargetReference,
    check_file,
    load_mapping,
    photo_occasion,
    resolve,
)
from bridge.tags import parse_name

Refuse = Callable[[str | bytes], tuple[Problem, ...]]
Write = Callable[[str | bytes], Path]
TIJUANA = ZoneInfo("America/Tijuana")

HEAD = "version: 1\npatient: {id: {form: id}}\ntypes: {Xray: {station: X-Ray}, Headshot: }\n"
RULES = (
    HEAD
    + """\
stations: {ENT: , X-Ray: , Registration: , Dental1: , Night: }
defaults:
  station: Dental1
  station_by_practice: {north: Registration}
  station_by_time:
    - {from: "08:00", until: "12:00", station: ENT}
    - {from: 22:30, until: 6:00, station: Night}
clinic:
  tags: {ensenada: 2, today-here: today}
  dates: {2026-11-21: 7, 2026-11-23..2026-11-25: 8, 2026-12-31: today}
  otherwise: 9
"""
)


@pytest.fixture
def mapping(write: Write) -> Mapping:
    return load_mapping(write(RULES))


def target(name: str, mapping: Mapping, occasion: Occasion | None = None) -> TargetReference:
    tags = parse_name(name)
    found = resolve(tags, mapping, occasion) if occasion else resolve(tags, mapping)
    assert found.reference is not None
    return found.reference


def at(text: str) -> Occasion:
    return Occasion(taken_at=datetime.fromisoformat(f"2026-11-21 {text}"))


@pytest.mark.parametrize(
    ("name", "occasion", "station"),
    [
        ("#1-headshot-dental1.jpg", Occasion("north", datetime(2026, 11, 21, 9)), "Dental1"),
        ("#1-xray-ent.jpg", Occasion("north", datetime(2026, 11, 21, 9)), "ENT"),
        ("#1-xray.jpg", Occasion("north", datetime(2026, 11, 21, 9)), "X-Ray"),
        ("#1-headshot.jpg", Occasion("north", datetime(2026, 11, 21, 9)), "ENT"),
        ("#1-headshot.jpg", Occasion("north", datetime(2026, 11, 21, 13)), "Registration"),
        ("#1-headshot.jpg", Occasion("north"), "Registration"),
        ("#1-headshot.jpg", Occasion("South", datetime(2026, 11, 21, 13)), "Dental1"),
        ("#1-headshot.jpg", Occasion(), "Dental1"),
    ],
    ids=["word", "word over type", "type", "time", "practice", "practice without a time", "default", "nothing"],
)
def test_a_word_beats_the_type_then_the_time_then_the_practice_then_the_default(
    name: str, occasion: Occasion, station: str, mapping: Mapping
) -> None:
    assert target(name, mapping, occasion).station == station


@pytest.mark.parametrize(
    ("moment", "station"),
    [
        ("07:59:59", "Dental1"),
        ("08:00:00", "ENT"),
        ("11:59:59.999999", "ENT"),
        ("12:00:00", "Dental1"),
        ("22:29:59", "Dental1"),
        ("22:30:00", "Night"),
        ("23:59:59", "Night"),
        ("00:00:00", "Night"),
        ("05:59:59", "Night"),
        ("06:00:00", "Dental1"),
    ],
)
def test_hours_include_their_beginning_but_not_their_end_and_may_pass_midnight(
    moment: str, station: str, mapping: Mapping
) -> None:
    assert target("#1-headshot.jpg", mapping, at(moment)).station == station


@pytest.mark.parametrize("moment", ["00:00:00", "12:00:00", "23:59:59"])
def test_hours_may_last_the_whole_day(moment: str, write: Write) -> None:
    hours = "defaults: {station_by_time: [{from: '00:00', until: '24:00', station: ENT}]}\n"
    assert target("#1-headshot.jpg", load_mapping(write(HEAD + hours)), at(moment)).station == "ENT"


def test_two_spans_that_touch_do_not_overlap(write: Write) -> None:
    hours = (
        "defaults:\n  station_by_time:\n  - {from: '18:00', until: '24:00', station: ENT}\n"
        "  - {from: '0:00', until: '8:00', station: Night}\n  - {from: '8:00', until: '18:00', station: Day}\n"
    )
    mapping = load_mapping(write(HEAD + hours))
    assert [target("#1-headshot.jpg", mapping, at(f"{hour:02}:30")).station for hour in (23, 7, 17)] == [
        "ENT",
        "Night",
        "Day",
    ]


@pytest.mark.parametrize(
    ("tail", "station"),
    [("21-Nov-2026-09-00-00", "ENT"), ("21-Nov-2026-12-00-00", "Dental1"), ("31-Feb-2026-09-00-00", "Dental1")],
)
def test_without_an_occasion_the_time_in_the_name_counts(tail: str, station: str, mapping: Mapping) -> None:
    assert target(f"#1-headshot-{tail}.jpg", mapping).station == station


@pytest.mark.parametrize(
    ("received", "station"),
    [
        ("2026-03-08T09:59:00Z", "Early"),
        ("2026-03-08T10:00:00Z", "Late"),
        ("2026-11-01T08:59:59Z", "Early"),
        ("2026-11-01T09:59:00Z", "Early"),
        ("2026-11-01T10:00:00Z", "Late"),
    ],
    ids=["before spring", "hour left out", "first one o'clock", "second one o'clock", "after autumn"],
)
def test_the_hours_are_those_of_the_clinics_clocks_through_summer_time(
    received: str, station: str, write: Write
) -> None:
    hours = (
        "defaults:\n  station_by_time:\n  - {from: '00:00', until: '02:00', station: Early}\n"
        "  - {from: '02:00', until: '24:00', station: Late}\n"
    )
    tags = parse_name("#1-headshot.jpg")
    occasion = photo_occasion(tags, "north", datetime.fromisoformat(received), TIJUANA)
    assert target("#1-headshot.jpg", load_mapping(write(HEAD + hours)), occasion).station == station


@pytest.mark.parametrize(
    ("name", "day", "clinic"),
    [
        ("#1-xray.jpg", "2026-11-20", ClinicReference(9, is_of_day=True)),
        ("#1-xray.jpg", "2026-11-21", ClinicReference(7, is_of_day=True)),
        ("#1-xray.jpg", "2026-11-22", ClinicReference(9, is_of_day=True)),
        ("#1-xray.jpg", "2026-11-23", ClinicReference(8, is_of_day=True)),
        ("#1-xray.jpg", "2026-11-25", ClinicReference(8, is_of_day=True)),
        ("#1-xray.jpg", "2026-11-26", ClinicReference(9, is_of_day=True)),
        ("#1-xray.jpg", "2026-12-31", ClinicReference(None, is_of_day=True)),
        ("#1-xray-ensenada.jpg", "2026-11-21", ClinicReference(2)),
        ("#1-xray-today-here.jpg", "2026-11-21", ClinicReference(None)),
    ],
)
def test_a_clinics_word_beats_the_date_and_the_date_what_is_otherwise(
    name: str, day: str, clinic: ClinicReference, mapping: Mapping
) -> None:
    assert target(name, mapping, Occasion(taken_at=datetime.fromisoformat(day))).clinic == clinic


def test_a_clinic_that_does_not_go_by_date_is_not_of_the_day(write: Write) -> None:
    mapping = load_mapping(write(HEAD + "clinic: {otherwise: 9}\n"))
    assert target("#1-xray.jpg", mapping, at("09:00")).clinic == ClinicReference(9)


def test_a_photo_whose_time_nobody_knows_goes_to_the_clinic_of_other_days(mapping: Mapping) -> None:
    assert str(target("#1-xray.jpg", mapping).clinic) == "9"


def test_the_day_of_an_occasion_is_never_one_that_is_still_to_come() -> None:
    received, now = datetime(2031, 1, 1, 20, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)
    occasion = photo_occasion(parse_name("#1-xray.jpg"), "north", received, TIJUANA, now)
    assert occasion == Occasion("north", datetime(2026, 11, 22, 12))


@pytest.mark.parametrize("hours_ahead", [-3, 0, 3])
def test_the_time_of_an_occasion_is_the_phones_on_the_day_itself(hours_ahead: int) -> None:
    now = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    taken = datetime(2026, 11, 21, 10) + timedelta(hours=hours_ahead)
    tags = parse_name(f"#1-xray-{taken:%d-%b-%Y-%H-%M-%S}.jpg")
    assert photo_occasion(tags, "north", now, TIJUANA, now) == Occasion("north", taken)


def test_the_steps_say_what_filled_in_station_and_clinic(mapping: Mapping) -> None:
    tags = parse_name("#1-headshot.jpg")
    by_time = resolve(tags, mapping, Occasion("north", datetime(2026, 11, 21, 9, 5)))
    by_practice = resolve(tags, mapping, Occasion("north", datetime(2026, 11, 22, 13)))
    assert [step.sentence for step in by_time.steps if not step.words] == [
        "station ENT by the time of day, 09:05, line 9",
        "clinic 7 by the date, 2026-11-21, line 13",
    ]
    assert [step.sentence for step in by_practice.steps if not step.words] == [
        "station Registration for practice north, line 7",
        "clinic 9 by setting, line 14",
    ]


TIMES = "defaults:\n  station_by_time:\n  - "
DATES = "clinic:\n  dates:\n    "


@pytest.mark.parametrize(
    ("setting", "line", "column", "field", "said"),
    [
        ("{from: '8', until: '9:00', station: A}", 6, 6, "[0].from", "must be a time of the day such as `08:00`"),
        ("{from: '24:00', until: '9:00', station: A}", 6, 6, "[0].from", "must be a time"),
        ("{from: '8:00', until: '24:01', station: A}", 6, 20, "[0].until", "at most `24:00`"),
        ("{from: '8:00', until: '8:60', station: A}", 6, 20, "[0].until", "must be a time"),
        ("{from: '8:00', until: '8:00', station: A}", 6, 20, "[0].until", "ends when it begins"),
        ("{from: '00:00', until: '00:00', station: A}", 6, 21, "[0].until", "`24:00` for the end of the day"),
        ("{from: '8:00', station: A}", 6, 5, "[0].until", "is missing; add it"),
        ("{from: '8:00', until: '9:00'}", 6, 5, "[0].station", "is missing; add it"),
        ("{form: '8:00', from: '8:00', until: '9:00', station: A}", 6, 6, "[0].form", "did you mean `from`?"),
        (
            "{from: '8:00', until: '10:00', station: A}\n  - {from: '9:59', until: '11:00', station: B}",
            7,
            5,
            "[1]",
            "09:59 to 11:00 overlaps with 08:00 to 10:00 on line 6; let one of the two end",
        ),
        (
            "{from: '22:00', until: '6:00', station: A}\n  - {from: '5:00', until: '7:00', station: B}",
            7,
            5,
            "[1]",
            "overlaps with 22:00 to 06:00 on line 6",
        ),
        (
            "{from: '20:00', until: '24:00', station: A}\n  - {from: '23:59', until: '0:01', station: B}",
            7,
            5,
            "[1]",
            "overlaps with 20:00 to 24:00 on line 6",
        ),
    ],
)
def test_wrong_hours_are_one_sentence_with_line_and_column(
    setting: str, line: int, column: int, field: str, said: str, problems_of: Refuse
) -> None:
    problem = problems_of(HEAD + TIMES + setting + "\n")[0]
    assert (problem.line, problem.column, problem.field) == (line, column, f"defaults.station_by_time{field}")
    assert said in problem.message


@pytest.mark.parametrize(
    ("setting", "line", "said"),
    [
        ("2026-11: 2", 6, "must be a day, `2026-11-21`, or `2026-11-21..2026-11-23`"),
        ("21.11.2026: 2", 6, "must be a day"),
        ("2026-11-21...2026-11-22: 2", 6, "must be a day"),
        ("2026-02-29: 2", 6, "`2026-02-29` is no day of the calendar"),
        ("2026-11-21..2026-13-01: 2", 6, "`2026-13-01` is no day of the calendar"),
        ("2026-11-22..2026-11-21: 2", 6, "ends before it begins"),
        ("2026-11-21: two", 6, "must be `today` or the number"),
        ("2026-11-21: 2\n    2026-11-21: 3", 7, "is written twice (first on line 6)"),
        ("2026-11-21: 2\n    2026-11-20..2026-11-21: 3", 7, "overlaps with 2026-11-21 on line 6"),
        ("2026-11-01..2026-11-30: 2\n    2026-11-21: 2", 7, "overlaps with 2026-11-01..2026-11-30 on line 6"),
    ],
)
def test_wrong_dates_are_one_sentence_with_line_and_column(
    setting: str, line: int, said: str, problems_of: Refuse
) -> None:
    (problem,) = problems_of(HEAD + DATES + setting + "\n")
    assert (problem.line, problem.column) == (line, 5)
    assert problem.field.startswith("clinic.dates.2")
    assert said in problem.message


def test_stations_of_practices_and_hours_are_among_those_listed(problems_of: Refuse) -> None:
    listed = "stations: {ENT: , X-Ray: }\ndefaults:\n  station_by_practice: {north: EMT}\n  station_by_time:\n"
    problems = problems_of(HEAD + listed + "  - {from: '8:00', until: '9:00', station: Ent}\n")
    assert [(problem.line, problem.field) for problem in problems] == [
        (6, "defaults.station_by_practice.north"),
        (8, "defaults.station_by_time[0].station"),
    ]
    assert all("did you mean `ENT`?" in problem.message for problem in problems)


def test_hours_without_a_list_of_stations_may_name_any(write: Write) -> None:
    assert check_file(write(HEAD + TIMES + "{from: '8:00', until: '9:00', station: Any}\n")).is_good
