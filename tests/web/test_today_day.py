"""A clinic's day and its figures, hours by the clinic's own clocks, and where plots put them. No store, no bridge."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.photos import DayPhoto, Outage, PhotoState
from bridge.targets import ImageType
from bridge.web.today_day import ClinicDay, day_figures
from bridge.web.today_plots import WIDTH, Plot, duration, hours_plot, places_plot, waits_plot

TIJUANA = ZoneInfo("America/Tijuana")
DAY = ClinicDay(date(2026, 11, 21), TIJUANA)
NOW = datetime(2026, 11, 21, 23, tzinfo=UTC)
STATIONS = {4: "X-Ray", 5: "Dental"}


def photo(
    number: int,
    hour: float,
    state: PhotoState = PhotoState.QUEUED,
    kind: ImageType | None = ImageType.XRAY,
    station: int | None = None,
    wait_seconds: float | None = None,
) -> DayPhoto:
    """One that arrived so many hours after the day began."""
    at = DAY.begins + timedelta(hours=hour)
    delivered = None if wait_seconds is None else at + timedelta(seconds=wait_seconds)
    return DayPhoto(number, f"{number}.jpg", at, state, None, kind, station, delivered)


def filed(number: int, hour: float, wait_seconds: float, station: int = 4) -> DayPhoto:
    return photo(number, hour, PhotoState.DELIVERED, ImageType.XRAY, station, wait_seconds)


PHOTOS = [
    filed(1, 8.1, 1.0),
    filed(2, 8.5, 3.0),
    filed(3, 8.9, 90.0, station=5),
    photo(4, 9.0),
    photo(5, 9.99, PhotoState.SENDING),
    photo(6, 20.0, PhotoState.HELD, None),
    photo(7, 20.5, PhotoState.DISCARDED),
]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 11, 21), 24), (date(2026, 3, 8), 23), (date(2026, 11, 1), 25)], ids=str
)
def test_a_day_begins_and_ends_by_the_clinics_clocks_also_when_they_are_changed(day: date, hours: int) -> None:
    clinic = ClinicDay(day, TIJUANA)
    assert clinic.hours == hours
    assert clinic.ends - clinic.begins == timedelta(hours=hours)
    assert clinic.clock(clinic.begins) == "00:00"
    assert ClinicDay.at(clinic.begins, TIJUANA) == clinic
    assert ClinicDay.at(clinic.begins - timedelta(microseconds=1), TIJUANA).date == day - timedelta(days=1)


def test_each_hour_counts_what_arrived_in_it_and_how_long_it_took() -> None:
    figures = day_figures(DAY, PHOTOS, [], STATIONS, NOW)
    hours = {hour.begins: hour for hour in figures.hours}
    assert (figures.total, figures.first_hour) == (7, 7)
    assert list(hours) == [f"{hour:02}:00" for hour in range(7, 21)]
    assert (hours["08:00"].in_chart, hours["08:00"].median_seconds, hours["08:00"].slowest_seconds) == (3, 3.0, 90.0)
    assert (hours["09:00"].total, hours["09:00"].waiting, hours["09:00"].median_seconds) == (2, 2, None)
    assert hours["20:00"].aside == 2


def test_stations_come_largest_first_and_those_without_one_last() -> None:
    figures = day_figures(DAY, PHOTOS, [], {4: "X-Ray"}, NOW)
    assert [(place.station, place.total) for place in figures.places] == [("X-Ray", 2), ("#5", 1), (None, 4)]
    assert figures.types == (ImageType.XRAY, None)
    assert figures.places[-1].types == {ImageType.XRAY: 3, None: 1}


def test_outages_stand_where_they_were_and_the_plot_reaches_to_them() -> None:
    outages = [
        Outage(DAY.begins - timedelta(hours=2), DAY.begins + timedelta(hours=1.5), "It did not answer."),
        Outage(DAY.begins + timedelta(hours=13), None, "It refuses the account."),
    ]
    figures = day_figures(DAY, [], outages, {}, DAY.begins + timedelta(hours=14))
    first, second = figures.outages
    assert (first.since, first.until, first.first_hour, first.last_hour) == ("2026-11-20 22:00", "01:30", 0.0, 1.5)
    assert (second.since, second.until, second.first_hour, second.last_hour) == ("13:00", "", 13.0, 14.0)
    assert figures.first_hour == 0
    box, _ = hours_plot(figures).outages
    assert box.x < hours_plot(figures).outages[1].x
    assert box.width > 0


@pytest.mark.parametrize("photos", [[], PHOTOS, [filed(number, 10, 10.0**number) for number in range(9)]])
def test_what_is_drawn_lies_within_the_plot(photos: list[DayPhoto]) -> None:
    outages = [Outage(DAY.begins - timedelta(days=3), None, "It did not answer.")]
    figures = day_figures(DAY, photos, outages, STATIONS, DAY.ends + timedelta(days=2))
    for plot in (hours_plot(figures), waits_plot(figures), places_plot(figures, "Nowhere")):
        assert_within(plot)


def assert_within(plot: Plot) -> None:
    for box in (*plot.boxes, *plot.outages):
        assert 0 <= box.x <= box.x + box.width <= WIDTH + 0.2, box
        assert 0 <= box.y <= box.y + box.height <= plot.height + 0.2, box
    assert all(0 <= each.x <= WIDTH and 0 <= each.y <= plot.height for each in plot.words)


def test_bars_are_as_high_as_their_numbers() -> None:
    plot = hours_plot(day_figures(DAY, PHOTOS, [], STATIONS, NOW))
    heights = {(box.kind, box.x): box.height for box in plot.boxes}
    (three,) = [height for (kind, _), height in heights.items() if kind == "filed"]
    two = max(height for (kind, _), height in heights.items() if kind == "pending")
    assert three / two == pytest.approx(1.5, abs=0.01)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.04, "0 s"),
        (0.8, "0.8 s"),
        (12.4, "12 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
        (3599.7, "1 h"),
    ],
)
def test_times_are_said_in_two_parts_at_most(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said
