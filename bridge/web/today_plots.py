"""A day's plots, drawn: where each bar, line and number goes. Colours and words are the template's. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.targets import ImageType
from bridge.web.today_day import DayFigures, HourFigures, OutageFigures

WIDTH = 440.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 6.0, 22.0, 28.0
_HEIGHT = 230.0
_ROW = 34.0
_STATION_WIDTH = 140.0
_TOTAL_ROOM = 44.0
_NAME_LETTERS = 15
_BAR_SHARE = 0.68
_STEPS_SECONDS = (1.0, 10.0, 60.0, 600.0, 3600.0, 36000.0)
"""Where the scale of waiting times has a line: 1 s to 10 h, each about ten times the one before."""


@dataclass(frozen=True)
class Box:
    """A filled box. `kind` names its class."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Rule:
    """A line across the plot, at a height."""

    y: float


@dataclass(frozen=True)
class Words:
    """A text at a place: it ends (`end`), begins (`start`) or has its middle there."""

    text: str
    x: float
    y: float
    anchor: str = "middle"


@dataclass(frozen=True)
class Plot:
    """A drawing of `width` by `height`; its parts lie over one another in this order."""

    height: float
    outages: tuple[Box, ...]
    rules: tuple[Rule, ...]
    boxes: tuple[Box, ...]
    words: tuple[Words, ...]
    width: float = WIDTH
    left: float = _LEFT
    right: float = WIDTH - _RIGHT


def hours_plot(figures: DayFigures) -> Plot:
    """Arrivals by hour: in the chart below, then waiting, then held or discarded."""
    top = _round_up(max((hour.total for hour in figures.hours), default=0))
    boxes, words = [], list(_hour_words(figures))
    for number, hour in enumerate(figures.hours):
        at = 0
        for kind, count in (("filed", hour.in_chart), ("pending", hour.waiting), ("set-by", hour.aside)):
            if count:
                boxes.append(_bar(figures, number, kind, at / top, (at + count) / top))
            at += count
        if hour.total:
            words.append(Words(str(hour.total), _middle(figures, number), _height(hour.total / top) - 5))
    ticks = sorted({0, top // 2, top} if top > 1 else {0, 1})
    words += [Words(str(tick), _LEFT - 8, _height(tick / top) + 4, "end") for tick in ticks]
    rules = tuple(Rule(_height(tick / top)) for tick in ticks)
    return Plot(_HEIGHT, _outages(figures), rules, tuple(boxes), tuple(words))


def waits_plot(figures: DayFigures) -> Plot:
    """From upload to chart, by the hour of arrival, on a scale on which each line is about ten times the one below:
    a box from the median to the slowest, and the median itself.
    """
    boxes: list[Box] = []
    for number, hour in enumerate(figures.hours):
        boxes += _wait(figures, number, hour)
    words = list(_hour_words(figures))
    words += [Words(duration(step), _LEFT - 8, _wait_height(step) + 4, "end") for step in _STEPS_SECONDS]
    rules = tuple(Rule(_wait_height(step)) for step in _STEPS_SECONDS)
    return Plot(_HEIGHT, _outages(figures), rules, tuple(boxes), tuple(words))


def places_plot(figures: DayFigures, nowhere: str) -> Plot:
    """Photos by station, each bar of its types. `nowhere` is what those without a station are called."""
    top = max((place.total for place in figures.places), default=0) or 1
    room = WIDTH - _STATION_WIDTH - _TOTAL_ROOM
    boxes, words = [], []
    for number, place in enumerate(figures.places):
        y, x = number * _ROW + 5, _STATION_WIDTH
        words.append(Words(_short(place.station or nowhere), x - 10, y + 17, "end"))
        for kind in figures.types:
            width = place.types.get(kind, 0) / top * room
            if width:
                boxes.append(Box(type_class(kind), round(x, 1), y, round(width, 1), _ROW - 10))
            x += width
        words.append(Words(str(place.total), round(x, 1) + 8, y + 17, "start"))
    return Plot(max(1, len(figures.places)) * _ROW, (), (), tuple(boxes), tuple(words), left=_STATION_WIDTH)


def type_class(kind: ImageType | None) -> str:
    """The class of a type's boxes."""
    return f"type-{kind.value.lower()}" if kind else "type-none"


def duration(seconds: float | None) -> str:
    """A time as people say it, in two parts at most: `0.8 s`, `12 s`, `3 min 5 s`, `2 h 10 min`; "" for None."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    for size, large, small, part in ((3600, "h", "min", 60), (60, "min", "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {large}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def _wait(figures: DayFigures, number: int, hour: HourFigures) -> Iterator[Box]:
    median, slowest = hour.median_seconds, hour.slowest_seconds
    if median is None or slowest is None:
        return
    low, high = _wait_height(median), _wait_height(slowest)
    x, width = _place(figures, number)
    yield Box("slowest", x, high, width, round(max(low - high, 2.0), 1))
    yield Box("median", x, round(low - 2, 1), width, 4.0)


def _wait_height(seconds: float) -> float:
    lowest, highest = _STEPS_SECONDS[0], _STEPS_SECONDS[-1]
    share = math.log(min(max(seconds, lowest), highest) / lowest) / math.log(highest / lowest)
    return _height(share)


def _outages(figures: DayFigures) -> tuple[Box, ...]:
    return tuple(_outage(figures, each) for each in figures.outages)


def _outage(figures: DayFigures, outage: OutageFigures) -> Box:
    last = figures.first_hour + len(figures.hours)
    start, end = (min(max(hour, figures.first_hour), last) for hour in (outage.first_hour, outage.last_hour))
    x = _across(figures, start - figures.first_hour)
    return Box(
        "outage",
        x,
        _TOP,
        max(2.0, round(_across(figures, end - figures.first_hour) - x, 1)),
        round(_HEIGHT - _BOTTOM - _TOP, 1),
    )


def _hour_words(figures: DayFigures) -> Iterator[Words]:
    """Under every hour, or every second one where they would touch."""
    step = 1 if len(figures.hours) <= 14 else 2
    for number in range(0, len(figures.hours), step):
        yield Words(figures.hours[number].begins.removesuffix(":00"), _middle(figures, number), _HEIGHT - 6)


def _bar(figures: DayFigures, number: int, kind: str, low: float, high: float) -> Box:
    x, width = _place(figures, number)
    top = _height(high)
    return Box(kind, x, top, width, round(_height(low) - top, 1))


def _place(figures: DayFigures, number: int) -> tuple[float, float]:
    """Where an hour's bar begins, and how wide it is."""
    room = _across(figures, 1) - _across(figures, 0)
    return round(_across(figures, number) + room * (1 - _BAR_SHARE) / 2, 1), round(room * _BAR_SHARE, 1)


def _middle(figures: DayFigures, number: int) -> float:
    return _across(figures, number + 0.5)


def _across(figures: DayFigures, hours: float) -> float:
    return round(_LEFT + hours / len(figures.hours) * (WIDTH - _LEFT - _RIGHT), 1)


def _height(share: float) -> float:
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP), 1)


def _round_up(number: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100 ..., so that the half is whole, too."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if number <= step * size:
                return step * size
        size *= 10


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LETTERS else f"{name[: _NAME_LETTERS - 1]}…"
