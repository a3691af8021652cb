"""Words about patients' pictures, in English and Spanish."""

import re
from collections.abc import Iterator
from datetime import date, datetime

import pytest

from bridge.web.languages import speak
from bridge.web.patient import Picture, Visit, days_of
from bridge.web.patient_words import (
    day_in_words,
    picture_in_words,
    size_in_words,
    type_in_words,
    visit_in_words,
)

CLINIC = Visit(date(2026, 11, 20), date(2026, 11, 22), "Ensenada")
LONG_CLINIC = Visit(date(2026, 11, 30), date(2026, 12, 2), "Ensenada")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Tests that speak Spanish leave English behind them."""
    speak("en")
    yield
    speak("en")


def a_picture(number: int, kind: str | None = "Xray", visit: Visit = CLINIC, size: tuple[int, int] = (1, 1)) -> Picture:
    return Picture(number, 5, kind, visit, None, None, "image/jpeg", 1, *size, is_readable=True)


def test_days_and_clinics_are_said_as_people_say_them() -> None:
    assert day_in_words(date(2026, 11, 1)) == "1 November 2026"
    assert visit_in_words(CLINIC) == "20 to 22 November 2026, Ensenada"
    assert visit_in_words(LONG_CLINIC) == "30 November 2026 to 2 December 2026, Ensenada"
    assert visit_in_words(Visit()) == "Day not known"


def test_and_in_spanish() -> None:
    speak("es")
    assert day_in_words(date(2026, 11, 1)) == "1 de noviembre de 2026"
    assert visit_in_words(CLINIC) == "20 al 22 de noviembre de 2026, Ensenada"
    assert type_in_words("Xray") == "Radiografía"
    assert type_in_words(None) == "Tipo desconocido"


def test_sizes_are_said_in_units_that_people_know() -> None:
    assert [size_in_words(each) for each in (1, 700_000, 1_430_000)] == ["1 kB", "700 kB", "1.4 MB"]


def test_a_picture_is_described_by_its_type_and_time() -> None:
    taken = Picture(1, 5, "Surgery", CLINIC, None, datetime(2026, 11, 21, 9, 5), None, None, None, None, True)
    assert picture_in_words(taken) == "Surgery, 21 November 2026, 09:05"
    assert picture_in_words(a_picture(2)) == "X-ray, 20 to 22 November 2026, Ensenada"


def test_pictures_of_a_visit_stand_together_by_type_in_the_order_of_the_newest() -> None:
    other = Visit(date(2026, 11, 23), date(2026, 11, 23))
    pictures = [
        a_picture(9),
        a_picture(8, "Headshot", other),
        a_picture(7, "Headshot"),
        a_picture(6),
        a_picture(5, None),
    ]
    days = [
        (day.visit, [(kind, [each.id for each in group]) for kind, group in day.groups]) for day in days_of(pictures)
    ]
    assert days == [
        (CLINIC, [("Headshot", [7]), ("Xray", [9, 6]), (None, [5])]),
        (other, [("Headshot", [8])]),
    ]


@pytest.mark.parametrize(
    ("size", "small"), [((4000, 3000), (256, 192)), ((60, 40), (60, 40)), ((10, 9000), (1, 256)), ((0, 5), None)]
)
def test_a_small_picture_has_the_room_that_it_takes(size: tuple[int, int], small: tuple[int, int] | None) -> None:
    assert a_picture(1, size=size).small_size == small


def test_no_file_is_called_by_a_name_of_a_person() -> None:
    assert re.fullmatch(r"picture-1\.jpg", a_picture(1).file_name)
