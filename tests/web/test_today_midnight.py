"""What open pages of today are told: the new day at midnight, once; and what could not be told is told later."""

import json
from datetime import date, timedelta
from typing import cast

import pytest

from bridge.photos import PhotoState, Store, StoreError
from bridge.web.today import DayState, TodayFeed

FIRST = date(2026, 11, 21)


class Days:
    """A practice's days, all of them empty."""

    def __init__(self) -> None:
        self.day = FIRST
        self.lost = ""
        self.trouble = ""
        self.changes = 0

    def state(self, practice: str) -> DayState:
        """How the day stands. Raises StoreError for the lost one's."""
        if practice == self.lost:
            raise StoreError("The store is away.")
        nothing = dict.fromkeys(PhotoState, 0)
        return DayState(self.day, nothing, nothing, self.trouble, ())

    def last_change(self) -> tuple[int, ...]:
        """As the store counts them."""
        return (self.changes,)


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def feed(days: Days) -> TodayFeed:
    """What tells of them, with a clock that stands."""
    return TodayFeed(cast(Store, days), days.state, lambda _practice: days.day, lambda: 0.0)


def told(message: str) -> tuple[str, bool]:
    """The day of a message, and whether it is whole."""
    said = json.loads(message)
    return said["day"], said["whole"]


def test_open_pages_are_told_of_the_new_day_at_once_and_once(feed: TodayFeed, days: Days) -> None:
    assert told(feed.whole("clinic-a")) == ("2026-11-21", True)
    assert feed.news(["clinic-a"]) == {}
    days.day += timedelta(days=1)
    news = feed.news(["clinic-a"])
    assert told(news["clinic-a"]) == ("2026-11-22", True)
    assert feed.news(["clinic-a"]) == {}


def test_who_comes_after_midnight_is_told_of_the_day_that_is(feed: TodayFeed, days: Days) -> None:
    feed.whole("clinic-a")
    feed.news(["clinic-a"])
    days.day += timedelta(days=1)
    feed.news(["clinic-a"])
    assert told(feed.whole("clinic-a")) == ("2026-11-22", True)


def test_a_practice_whose_day_cannot_be_had_costs_no_other_its_news(feed: TodayFeed, days: Days) -> None:
    practices = ["clinic-a", "clinic-b"]
    for practice in practices:
        feed.whole(practice)
    feed.news(practices)
    days.trouble, days.changes, days.lost = "chart-away", 1, "clinic-b"
    for _ in range(2):
        with pytest.raises(StoreError):
            feed.news(practices)
    days.lost = ""
    assert set(feed.news(practices)) == set(practices)
