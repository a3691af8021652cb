"""Whose a photo may be: slips of numbers and names, and who is registered (bridge/charting/likely_patients.py)."""

from collections.abc import Iterator
from datetime import date

import pytest
from charting_site import relay_to
from hypothesis import given
from hypothesis import strategies as st

from bridge.charting import Chart, ChartReader, FixedLimit, PatientFinder
from bridge.charting.likely_patients import MOST_SHOWN, Hints, LikelyPatient, LikelyPatients, hints_of
from bridge.charting.slips import Slip, slip_between
from bridge.sandbox import SandboxServer
from crowded_chart import crowded_chart

TODAY = date.today()
LONG_AGO = date(2001, 1, 1)


class TestSlips:
    @pytest.mark.parametrize(
        ("typed", "meant", "slip"),
        [
            ("1024", "1024", Slip.NONE),
            ("1042", "1024", Slip.SWAPPED),
            ("2014", "1024", None),
            ("0124", "1024", Slip.SWAPPED),
            ("1025", "1024", Slip.WRONG),
            ("9024", "1024", Slip.WRONG),
            ("9025", "1024", None),
            ("10244", "1024", Slip.EXTRA),
            ("10924", "1024", Slip.EXTRA),
            ("91024", "1024", Slip.EXTRA),
            ("102", "1024", Slip.MISSING),
            ("124", "1024", Slip.MISSING),
            ("024", "1024", Slip.MISSING),
            ("12", "1024", None),
            ("", "1", Slip.MISSING),
        ],
    )
    def test_one_slip_is_told(self, typed: str, meant: str, slip: Slip | None) -> None:
        assert slip_between(typed, meant) is slip

    @given(st.text("0123456789", min_size=1, max_size=6), st.data())
    def test_whatever_one_finger_does_is_found(self, meant: str, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(meant) - 1))
        digit = data.draw(st.sampled_from("0123456789"))
        ways = {
            meant[:place] + meant[place + 1 :],
            meant[:place] + digit + meant[place:],
            meant[:place] + digit + meant[place + 1 :],
            meant[:place] + meant[place : place + 2][::-1] + meant[place + 2 :],
        }
        assert all(slip_between(each, meant) is not None for each in ways)

    @given(st.text("012", max_size=5), st.text("012", max_size=5))
    def test_it_is_the_same_both_ways_but_for_what_is_too_many(self, one: str, other: str) -> None:
        turned = {Slip.EXTRA: Slip.MISSING, Slip.MISSING: Slip.EXTRA}
        there = slip_between(one, other)
        assert slip_between(other, one) is turned.get(there, there) if there else slip_between(other, one) is None


class TestHints:
    def test_numbers_come_from_all_words_and_names_from_those_that_no_rule_took(self) -> None:
        hints = hints_of(["p0123", "xray", "García"], ["#García", "de", "x9"], TODAY)
        assert (hints.numbers, hints.words) == (("123",), ("garcia",))

    def test_a_hostile_name_gives_few_hints(self) -> None:
        words = [f"{number}" for number in range(1, 200)] + ["9" * 200]
        names = [chr(ord("a") + number % 26) * 5 for number in range(200)]
        hints = hints_of(words, names, TODAY)
        assert len(hints.numbers) <= 6
        assert len(hints.words) <= 6


def names(number: int) -> dict[str, str]:
    first = ("Alicia", "Bruno", "Carla", "Dario", "Elena")[number % 5]
    return {"first": first, "paternal_last": f"Ruiz{number % 7}", "maternal_last": "Solano"}


@pytest.fixture(scope="module")
def chart() -> Iterator[SandboxServer]:
    with crowded_chart(names) as running:
        yield running


@pytest.fixture
def reader(chart: SandboxServer) -> Iterator[ChartReader]:
    relay = relay_to(chart.url)
    try:
        yield ChartReader(Chart(frozenset({"clinic"}), relay, FixedLimit(1000)), f"Token {chart.token('bridge')}")
    finally:
        relay.close()


def likely(reader: ChartReader, numbers: str = "", words: str = "", day: date = TODAY) -> list[LikelyPatient]:
    finder = LikelyPatients(PatientFinder())
    return list(finder.find(reader, Hints(tuple(numbers.split()), tuple(words.split()), day)))


def test_the_number_itself_comes_before_all_slips(reader: ChartReader) -> None:
    found = likely(reader, "1023")
    assert (found[0].patient.id, found[0].number_slip, found[0].is_registered) == (1023, Slip.NONE, False)


def test_those_who_are_registered_come_before_those_who_are_not(reader: ChartReader) -> None:
    here = [each.is_registered for each in likely(reader, "1115")[1:]]
    assert set(here) == {True, False}
    assert here == sorted(here, reverse=True)


def test_a_swapped_pair_comes_before_a_wrong_digit(reader: ChartReader) -> None:
    found = likely(reader, "1042")
    assert found[0].number_slip is Slip.NONE
    slips = [each.number_slip for each in found if each.is_registered and each.number_slip is not Slip.NONE]
    assert slips[0] is Slip.SWAPPED
    assert set(slips[1:]) == {Slip.WRONG}


def test_names_are_looked_for_among_those_who_are_registered(reader: ChartReader) -> None:
    found = likely(reader, words="solanno ruiz3")
    assert found
    assert all(each.fits_name and each.is_registered for each in found)
    assert all("Ruiz3" in each.patient.name for each in found[:3])


def test_a_number_and_a_name_together_are_the_likeliest(reader: ChartReader) -> None:
    found = likely(reader, "1012", words="carla")[0]
    assert found.patient.id == 1012
    near = likely(reader, "2014", words="elena")[0]
    assert (near.patient.id, near.fits_name, near.number_slip) == (1014, True, Slip.WRONG)


def test_nobody_is_likely_where_the_name_says_nothing(reader: ChartReader) -> None:
    assert likely(reader) == []


def test_without_a_clinic_that_day_numbers_still_help(reader: ChartReader) -> None:
    found = likely(reader, "1025", day=LONG_AGO)
    assert found[0].patient.id == 1025
    assert not any(each.is_registered for each in found)


def test_no_more_are_shown_than_a_person_can_look_at(reader: ChartReader) -> None:
    assert len(likely(reader, "1111", words="solano")) == MOST_SHOWN


def test_the_chart_is_asked_once_a_minute_for_everyone(reader: ChartReader, chart: SandboxServer) -> None:
    finder = LikelyPatients(PatientFinder())
    for number in ("1023", "1032", "1203"):
        finder.find(reader, Hints((number,), (), TODAY))
    asked = [each.path for each in chart.requests if each.path.endswith("/patient/")]
    before = len(asked)
    finder.find(reader, Hints(("1024",), (), TODAY))
    assert len([each.path for each in chart.requests if each.path.endswith("/patient/")]) == before
