"""What the form of the page of events means (bridge/web/events.py)."""

from zoneinfo import ZoneInfo

import pytest

from bridge.charting import Action, RefusedError
from bridge.web.events import ACTIONS, EventFilter, shown_days

TIJUANA, MEXICO = ZoneInfo("America/Tijuana"), ZoneInfo("America/Mexico_City")
SEEN = {"who": "maria", "token_mark": "", "action": "seen", "image_id": 1, "patient": 2, "photo_id": None, "reason": ""}


def asked(**fields: str) -> EventFilter:
    return EventFilter.of(fields, [TIJUANA, MEXICO])


def test_a_day_is_the_clinic_s_whatever_its_length() -> None:
    query = asked(first="2026-11-01", last="2026-11-01").query()
    assert (query["since"], query["until"]) == ("2026-11-01T00:00:00-07:00", "2026-11-02T00:00:00-08:00")


def test_of_several_zones_the_first_counts_unless_another_is_named() -> None:
    assert asked().zone == TIJUANA
    assert asked(zone="Europe/Paris").zone == TIJUANA
    assert asked(zone="America/Mexico_City", last="2026-11-21").query()["until"] == "2026-11-22T00:00:00-06:00"


def test_empty_fields_and_spaces_mean_all() -> None:
    assert not asked(who=" ", patient="").is_narrow
    assert asked(who=" maria ").values == {"who": "maria", "zone": "America/Tijuana"}
    assert set(asked().query().values()) == {None}


@pytest.mark.parametrize("day", ["20261121", "2026-W47-6", "2026-11-31", "0001-01-01", "9999-12-31", "today"])
def test_what_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(RefusedError) as refused:
        asked(last=day).query()
    assert refused.value.status == 400


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "٣", "1" * 16, "x"])
def test_what_is_no_number_is_refused(number: str) -> None:
    for field in ("patient", "photo"):
        with pytest.raises(RefusedError):
            asked(**{field: number}).query()


def test_every_action_has_words() -> None:
    assert set(ACTIONS) == {each.value for each in Action}


def test_events_are_told_by_the_clinic_s_days() -> None:
    told = [{**SEEN, "at": at} for at in ("2026-11-22T08:00:00+00:00", "2026-11-22T07:59:59+00:00")]
    days = shown_days(told, TIJUANA)
    assert [(each.day.isoformat(), f"{each.rows[0].event.at:%H:%M:%S}") for each in days] == [
        ("2026-11-22", "00:00:00"),
        ("2026-11-21", "23:59:59"),
    ]


@pytest.mark.parametrize(
    ("who", "mark", "shown"),
    [
        ("maria", "0123abcd", "maria"),
        (None, "0123abcd", "somebody who signed in elsewhere (0123abcd)"),
        ("command line, anna", "", "command line, anna"),
    ],
)
def test_people_are_told_by_their_name_or_apart_by_a_mark(who: str | None, mark: str, shown: str) -> None:
    told = {**SEEN, "at": "2026-11-22T08:00:00+00:00", "who": who, "token_mark": mark}
    ((row,),) = [each.rows for each in shown_days([told], TIJUANA)]
    assert row.event.who == shown


def test_looks_one_after_another_at_one_patient_s_pictures_are_one_row() -> None:
    at = "2026-11-22T08:00:00+00:00"
    looks = [{**SEEN, "at": at, "image_id": number} for number in range(9, 6, -1)]
    others = [{**SEEN, "at": at, "patient": 3}, {**SEEN, "at": at, "patient": 3, "who": "jose"}]
    deleted = [{**SEEN, "at": at, "action": "deleted", "image_id": number} for number in (5, 4)]
    (day,) = shown_days([*looks, *others, *deleted, {**SEEN, "at": at}], TIJUANA)
    assert [(each.event.image, [other.image for other in each.others]) for each in day.rows] == [
        (9, [8, 7]),
        (1, []),
        (1, []),
        (5, []),
        (4, []),
        (1, []),
    ]
