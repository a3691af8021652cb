"""The settings of a mapping file that go by practice, time of the day and date."""

from collections.abc import Iterator
from datetime import date, time
from itertools import combinations
from typing import Any

from bridge.mapping.findings import Findings
from bridge.mapping.model import ClinicDates, Setting, StationHours
from bridge.mapping.stations import read_station
from bridge.yamlfile import KeyPath

_DAY_MINUTES = 24 * 60


def read_station_by_practice(data: dict[str, Any], findings: Findings) -> dict[str, Setting]:
    """The stations of photos that no word, type or time of day gives one, by the practice's name."""
    path = ("defaults", "station_by_practice")
    given = data["defaults"]["station_by_practice"]
    return {practice: read_station(data, name, (*path, practice), findings) for practice, name in given.items()}


def read_station_hours(data: dict[str, Any], findings: Findings) -> tuple[StationHours, ...]:
    """The stations by the time of day; what is wrong or overlaps goes to `findings`."""
    place: KeyPath = ("defaults", "station_by_time")
    given = data["defaults"]["station_by_time"]
    hours = [_hours(data, each, (*place, index), findings) for index, each in enumerate(given)]
    for (_, first), (index, second) in combinations(enumerate(hours), 2):
        if _minutes(first) & _minutes(second):
            message = (
                f"{_shown_hours(second)} overlaps with {_shown_hours(first)} on line {first.station.line}; let one of "
                "the two end where the other begins"
            )
            findings.error((*place, index), message)
    return tuple(hours)


def read_clinic_dates(data: dict[str, Any], findings: Findings) -> tuple[ClinicDates, ...]:
    """The clinics by the photo's day; what is wrong or overlaps goes to `findings`."""
    found = list(_all_dates((data["clinic"] or {}).get("dates", {}), findings))
    for (_, first), (days, second) in combinations(found, 2):
        if first.first <= second.last and second.first <= first.last:
            message = (
                f"overlaps with {_shown_dates(first)} on line {first.clinic.line}; change one of the two so that each "
                "day has one clinic"
            )
            findings.error(("clinic", "dates", days), message)
    return tuple(dates for _, dates in found)


def _hours(data: dict[str, Any], given: dict[str, Any], path: KeyPath, findings: Findings) -> StationHours:
    station = read_station(data, given["station"], (*path, "station"), findings)
    hours = StationHours(_time(given["start"]), _time(given["end"]), Setting(station.value, findings.line(path)))
    if hours.start == hours.end and given["end"] != "24:00":
        message = f"ends when it begins; write another time than {given['start']}, or `24:00` for the end of the day"
        findings.error((*path, "until"), message)
    return hours


def _time(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour) % 24, int(minute))


def _minutes(hours: StationHours) -> set[int]:
    """The minutes of the day within the hours."""
    start, end = (each.hour * 60 + each.minute for each in (hours.start, hours.end))
    return set(range(start, end)) if start < end else {*range(start, _DAY_MINUTES), *range(end)}


def _shown_hours(hours: StationHours) -> str:
    return f"{hours.start:%H:%M} to {'24:00' if hours.end == time() else f'{hours.end:%H:%M}'}"


def _all_dates(given: dict[str, str], findings: Findings) -> Iterator[tuple[str, ClinicDates]]:
    for days, clinic in given.items():
        path = ("clinic", "dates", days)
        bounds = [_date(day, path, findings) for day in days.split("..")]
        first, last = bounds[0], bounds[-1]
        if first is None or last is None:
            continue
        if last < first:
            findings.error(path, "ends before it begins; write the earlier day first")
            continue
        yield days, ClinicDates(first, last, Setting(clinic, findings.line(path)))


def _date(text: str, path: KeyPath, findings: Findings) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        findings.error(path, f"`{text}` is no day of the calendar; write year, month and day, such as 2026-11-21")
        return None


def _shown_dates(dates: ClinicDates) -> str:
    return f"{dates.first}" if dates.first == dates.last else f"{dates.first}..{dates.last}"
