"""How events stand in lines: looks that came one after another are one (bridge/web/events.py)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.web.events import EventRow, shown_days

NOON = datetime(2026, 11, 21, 20, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")


def told(*events: dict[str, Any]) -> list[EventRow]:
    """The lines of these events, the newest of which is the first."""
    common = {"who": "rosa", "token_mark": "", "action": "seen", "image_id": None, "patient": None, "photo_id": None}
    given = [
        {**common, "at": (NOON - timedelta(seconds=number)).isoformat(), "reason": "", **each}
        for number, each in enumerate(events)
    ]
    (day,) = shown_days(given, ZONE)
    return list(day.rows)


def test_looks_at_photos_are_one_line_as_those_at_a_patients_pictures_are() -> None:
    photos = [{"photo_id": 50 + number} for number in range(9)]
    pictures = [{"patient": 5, "image_id": number} for number in range(1, 4)]
    rows = told(*photos, *pictures)
    assert [(row.event.photo, len(row.others)) for row in rows] == [(50, 8), (None, 2)]
    assert [each.photo for each in rows[0].others] == list(range(51, 59))


def test_other_acts_on_photos_have_a_line_each_and_part_the_looks() -> None:
    rows = told({"photo_id": 1}, {"photo_id": 1, "action": "assigned"}, {"photo_id": 2, "action": "assigned"}, {})
    assert [(row.event.action, len(row.others)) for row in rows] == [
        ("seen", 0),
        ("assigned", 0),
        ("assigned", 0),
        ("seen", 0),
    ]


def test_looks_of_two_people_are_two_lines() -> None:
    assert len(told({"photo_id": 1}, {"photo_id": 1, "who": "jose"})) == 2
