"""One day at a clinic, by the clinic's own clocks, and what became of its photos. Knows no web framework."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bridge.photos import DayPhoto, Outage, PhotoState, Span
from bridge.targets import ImageType

_HOUR_SECONDS = 3600
_USUAL_HOURS = (7, 18)
"""Shown also when nothing came then; others only when something did."""


@dataclass(frozen=True)
class ClinicDay:
    """A date where a clinic is."""

    date: date
    zone: ZoneInfo

    @classmethod
    def at(cls, moment: datetime, zone: ZoneInfo) -> "ClinicDay":
        """The day that an aware time belongs to there."""
        return cls(moment.astimezone(zone).date(), zone)

    @property
    def begins(self) -> datetime:
        """Its first moment, UTC."""
        return datetime.combine(self.date, time(), self.zone).astimezone(UTC)

    @property
    def ends(self) -> datetime:
        """The first moment of the next day, UTC: 23 to 25 hours later."""
        return datetime.combine(self.date + timedelta(days=1), time(), self.zone).astimezone(UTC)

    @property
    def hours(self) -> int:
        """How many hours it has, one that is not whole counted too."""
        return math.ceil((self.ends - self.begins).total_seconds() / _HOUR_SECONDS)

    def span(self, practice: str) -> Span:
        """A practice's photos that arrived on it."""
        return Span(practice, self.begins, self.ends)

    def hour_of(self, moment: datetime) -> float:
        """How many hours after its beginning a time is, at least 0 and at most its end."""
        hours = (moment - self.begins).total_seconds() / _HOUR_SECONDS
        return min(max(hours, 0.0), float(self.hours))

    def clock(self, moment: datetime, form: str = "%H:%M") -> str:
        """What the clinic's clocks show then."""
        return f"{moment.astimezone(self.zone):{form}}"


@dataclass(frozen=True)
class HourFigures:
    """An hour's arrivals, as they stand now. `begins` is what clocks show; `waits_seconds` is from upload to chart, of
    those that are there.
    """

    begins: str
    states: dict[PhotoState, int]
    waits_seconds: tuple[float, ...]

    @property
    def total(self) -> int:
        """How many arrived."""
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        """How many wait, or are on the way."""
        return self.states[PhotoState.QUEUED] + self.states[PhotoState.SENDING]

    @property
    def in_chart(self) -> int:
        """How many are in the chart."""
        return self.states[PhotoState.DELIVERED]

    @property
    def aside(self) -> int:
        """How many are held, or were discarded by a person."""
        return self.states[PhotoState.HELD] + self.states[PhotoState.DISCARDED]

    @property
    def median_seconds(self) -> float | None:
        """Half of them took no longer than this."""
        return statistics.median(self.waits_seconds) if self.waits_seconds else None

    @property
    def slowest_seconds(self) -> float | None:
        """None took longer."""
        return max(self.waits_seconds, default=None)


@dataclass(frozen=True)
class PlaceFigures:
    """A station's photos of the day by type. `station` None: no station was said; type None: the name says no type."""

    station: str | None
    types: dict[ImageType | None, int]

    @property
    def total(self) -> int:
        """How many."""
        return sum(self.types.values())


@dataclass(frozen=True)
class OutageFigures:
    """An outage on the day: in hours since its beginning, and as clocks showed. `until` is "" while it lasts."""

    first_hour: float
    last_hour: float
    since: str
    until: str
    sentence: str


@dataclass(frozen=True)
class DayFigures:
    """What the plots of a day show. `first_hour` is that of `hours[0]`, counted from the day's beginning."""

    first_hour: int
    hours: tuple[HourFigures, ...]
    places: tuple[PlaceFigures, ...]
    outages: tuple[OutageFigures, ...]

    @property
    def total(self) -> int:
        """How many photos arrived."""
        return sum(hour.total for hour in self.hours)

    @property
    def types(self) -> tuple[ImageType | None, ...]:
        """The types that there are photos of, in the chart's order; None, for no type, last."""
        found = {kind for place in self.places for kind in place.types}
        return (*[kind for kind in ImageType if kind in found], *([None] if None in found else []))


def day_figures(
    day: ClinicDay, photos: Sequence[DayPhoto], outages: Sequence[Outage], stations: dict[int, str], now: datetime
) -> DayFigures:
    """The figures of a day's photos and outages. `stations` are the names of the chart's ids, as far as known."""
    spells = tuple(_outage(day, each, now) for each in outages)
    buckets: list[list[DayPhoto]] = [[] for _ in range(day.hours)]
    for photo in photos:
        buckets[min(int(day.hour_of(photo.received_at)), day.hours - 1)].append(photo)
    used = [number for number, bucket in enumerate(buckets) if bucket]
    used += [int(hour) for each in spells for hour in (each.first_hour, each.last_hour)]
    first = min([_USUAL_HOURS[0], *used])
    last = min(max([_USUAL_HOURS[1], *used]), day.hours - 1)
    hours = tuple(_hour(day, number, buckets[number]) for number in range(first, last + 1))
    return DayFigures(first, hours, _places(photos, stations), spells)


def _hour(day: ClinicDay, number: int, photos: Iterable[DayPhoto]) -> HourFigures:
    states = dict.fromkeys(PhotoState, 0)
    waits = []
    for photo in photos:
        states[photo.state] += 1
        if photo.delivered_at is not None:
            waits.append(max(0.0, (photo.delivered_at - photo.received_at).total_seconds()))
    return HourFigures(day.clock(day.begins + timedelta(hours=number)), states, tuple(waits))


def _places(photos: Iterable[DayPhoto], stations: dict[int, str]) -> tuple[PlaceFigures, ...]:
    found: dict[str | None, dict[ImageType | None, int]] = {}
    for photo in photos:
        name = None if photo.station is None else stations.get(photo.station, f"#{photo.station}")
        types = found.setdefault(name, {})
        types[photo.type] = types.get(photo.type, 0) + 1
    places = [PlaceFigures(name, types) for name, types in found.items()]
    return tuple(sorted(places, key=lambda place: (place.station is None, -place.total, place.station or "")))


def _outage(day: ClinicDay, outage: Outage, now: datetime) -> OutageFigures:
    end = outage.ended_at or now
    form = "%H:%M" if outage.began_at >= day.begins else "%Y-%m-%d %H:%M"
    return OutageFigures(
        first_hour=day.hour_of(outage.began_at),
        last_hour=day.hour_of(end),
        since=day.clock(outage.began_at, form),
        until="" if outage.ended_at is None else day.clock(end, "%H:%M" if end < day.ends else "%Y-%m-%d %H:%M"),
        sentence=outage.sentence,
    )
