"""Which settings of a mapping file could have filled in a type, station or clinic and did not, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.mapping.model import ClinicDates, Kind, Mapping, Occasion, Setting, StationHours
from bridge.mapping.passed_over import PassedOver
from bridge.targets import ImageType

_NO_TIME = "neither the name nor anybody says when the photo was taken"


@dataclass(frozen=True)
class _Rung:
    """A setting that may fill in what no word says. `miss` says why it does not fit this photo; "" when it does."""

    name: str
    setting: Setting
    miss: str = ""


def passed_settings(
    kind: Kind, image_type: ImageType | None, mapping: Mapping, occasion: Occasion, *, is_said: bool
) -> tuple[PassedOver, ...]:
    """Those of one kind, where a word of the name says it (`is_said`) or a setting does. `image_type`: the photo's."""
    rungs = list(_RUNGS[kind](image_type, mapping, occasion))
    fitting = [rung for rung in rungs if not rung.miss]
    first = None if is_said or not fitting else fitting[0]
    before = "a word of the name" if is_said else first.name if first else ""
    return tuple(
        PassedOver(rung.name, rung.setting.line, rung.miss or f"{before} goes first")
        for rung in rungs
        if rung is not first
    )


def _types(_type: ImageType | None, mapping: Mapping, _occasion: Occasion) -> Iterator[_Rung]:
    if mapping.default_type:
        yield _Rung(f"the default type {mapping.default_type.value}", mapping.default_type)


def _stations(image_type: ImageType | None, mapping: Mapping, occasion: Occasion) -> Iterator[_Rung]:
    of_type = mapping.type_stations.get(image_type) if image_type else None
    if of_type:
        yield _Rung(f"station {of_type.value} for type {image_type}", of_type)
    for hours in mapping.station_by_time:
        name = f"station {hours.station.value} from {hours.start:%H:%M} until {hours.end:%H:%M}"
        yield _Rung(name, hours.station, _not_within(hours, occasion.taken_at))
    of_practice = mapping.station_by_practice.get(occasion.practice)
    if of_practice:
        yield _Rung(f"station {of_practice.value} for practice {occasion.practice}", of_practice)
    if mapping.default_station:
        yield _Rung(f"the default station {mapping.default_station.value}", mapping.default_station)


def _clinics(_type: ImageType | None, mapping: Mapping, occasion: Occasion) -> Iterator[_Rung]:
    for dates in mapping.clinic_dates:
        days = f"{dates.first}" if dates.first == dates.last else f"{dates.first} to {dates.last}"
        yield _Rung(f"clinic {dates.clinic.value} for {days}", dates.clinic, _not_on(dates, occasion.taken_at))
    if mapping.clinic:
        yield _Rung(f"clinic {mapping.clinic.value} by setting", mapping.clinic)


_RUNGS = {Kind.TYPE: _types, Kind.STATION: _stations, Kind.CLINIC: _clinics}


def _not_within(hours: StationHours, taken_at: datetime | None) -> str:
    if taken_at is None:
        return _NO_TIME
    return "" if hours.covers(taken_at.time()) else f"the photo was taken at {taken_at:%H:%M}"


def _not_on(dates: ClinicDates, taken_at: datetime | None) -> str:
    if taken_at is None:
        return _NO_TIME
    return "" if dates.covers(taken_at.date()) else f"the photo was taken on {taken_at.date()}"
