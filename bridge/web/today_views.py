"""`/today/`: a practice's day, live."""

from datetime import date, timedelta
from typing import Any

from flask import Response, request

from bridge.charting import RefusedError
from bridge.photos import PhotoState
from bridge.targets import ImageType
from bridge.web.frame import Frame, page
from bridge.web.languages import N_, _
from bridge.web.settings import PagePractice
from bridge.web.streams import BEGINNING, TAKE_OVER
from bridge.web.today import MOST_LINES, STALE_SECONDS, DayState, Today
from bridge.web.today_day import ClinicDay
from bridge.web.today_plots import duration, hours_plot, places_plot, type_class, waits_plot
from bridge.web.visitors import Visitor, Who

_NO_DAY = N_("This is no day of a clinic; write it as 2026-11-21, or open today's page.")
_NO_PRACTICE = N_("The bridge did not understand of which clinic; go back and choose one.")
_NOT_LIVE = N_("Too many pages are open to be told of everything at once; reload this page now and then.")
_NO_STATION = N_("No station yet")
_YEARS = range(2000, 2200)
_MOST_PAGES = 10_000
_STATES = {
    PhotoState.QUEUED: N_("Waiting"),
    PhotoState.SENDING: N_("On the way"),
    PhotoState.DELIVERED: N_("In the chart"),
    PhotoState.HELD: N_("Held"),
    PhotoState.DISCARDED: N_("Discarded"),
}
_TYPES = {
    ImageType.HEADSHOT: N_("Headshot"),
    ImageType.XRAY: N_("X-ray"),
    ImageType.SURGERY: N_("Surgery"),
    ImageType.AUDIOGRAM: N_("Audiogram"),
    None: N_("No type"),
}


def add_today(frame: Frame, today: Today) -> None:
    """The page, its plots, and its stream of events."""

    def show(visitor: Visitor) -> Response:
        practice = frame.chosen_practice(visitor)
        if practice is None:
            return page("today_choose.html", practices=frame.practices_of(visitor))
        several = len(frame.practices_of(visitor)) > 1
        return _page(today, practice, several, may_help=visitor.may_come(Who.NAMED))

    def plots(visitor: Visitor) -> Response:
        practice = _chosen(frame, visitor)
        day = _day(today, practice)
        return page("today_plots.html", **_words(), **_drawn(today, practice, day, STALE_SECONDS))

    def live(visitor: Visitor) -> Response:
        practice = _chosen(frame, visitor)
        take_over = request.environ.get(TAKE_OVER)
        if take_over is None or not today.streams.has_room(practice.name):
            raise RefusedError(503, _NOT_LIVE)
        response = Response(iter((BEGINNING,)), content_type="text/event-stream; charset=utf-8")
        response.headers["X-Accel-Buffering"] = "no"
        if request.method == "GET":
            take_over(today.streams.taker(practice.name, frame.standing()))
        return response

    frame.add("/today/", "today", show)
    frame.add("/today/plots/", "today_plots", plots)
    frame.add("/today/live/", "today_live", live)


def _page(today: Today, practice: PagePractice, several: bool, *, may_help: bool) -> Response:
    day, number = _day(today, practice), _number()
    present = today.day_of(practice.name).date
    state = today.state(practice.name, day, number * MOST_LINES)
    return page(
        "today.html",
        practice=practice.name,
        several=several,
        may_help=may_help,
        state=state,
        number=number,
        has_more=_has_more(state, number),
        is_today=day.date == present,
        before=day.date - timedelta(days=1),
        after=day.date + timedelta(days=1) if day.date < present else None,
        **_words(),
        **_drawn(today, practice, day),
    )


def _chosen(frame: Frame, visitor: Visitor) -> PagePractice:
    practice = frame.chosen_practice(visitor)
    if practice is None:
        raise RefusedError(400, _NO_PRACTICE)
    return practice


def _day(today: Today, practice: PagePractice) -> ClinicDay:
    """The day that `?day=` names, else today. Raises RefusedError."""
    given = request.args.get("day", "")
    try:
        day = today.day_of(practice.name, date.fromisoformat(given) if given else None)
    except ValueError:
        raise RefusedError(400, _NO_DAY) from None
    if day.date.year not in _YEARS:
        raise RefusedError(400, _NO_DAY)
    return day


def _number() -> int:
    """Which page of lines is asked for, the latest being 0."""
    given = request.args.get("page", "")
    return min(int(given), _MOST_PAGES) if given.isascii() and given.isdigit() and len(given) < 9 else 0


def _has_more(state: DayState, number: int) -> bool:
    return sum(state.counts.values()) > number * MOST_LINES + len(state.lines)


def _words() -> dict[str, Any]:
    """What states and types are called in the language that is spoken, by the values that stand for them."""
    return {
        "states": {state.value: _(words) for state, words in _STATES.items()},
        "types": {kind.value if kind else "": _(words) for kind, words in _TYPES.items()},
    }


def _drawn(today: Today, practice: PagePractice, day: ClinicDay, stale_seconds: float = 0.0) -> dict[str, Any]:
    figures = today.figures(practice.name, day, stale_seconds)
    return {
        "day": day.date,
        "figures": figures,
        "hours": hours_plot(figures),
        "no_station": _(_NO_STATION),
        "places": places_plot(figures, _(_NO_STATION)),
        "waits": waits_plot(figures),
        "duration": duration,
        "type_class": type_class,
    }
