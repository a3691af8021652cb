"""`/mappings/`: which mapping files are in force, what is wrong with them, and what they make of a name."""

from datetime import datetime

from flask import Response, request

from bridge.charting import RefusedError
from bridge.tags import NAME_LIMIT
from bridge.web.frame import Frame, page
from bridge.web.languages import N_, _
from bridge.web.mappings import PageMappings, Trial
from bridge.web.settings import PagePractice
from bridge.web.visitors import Visitor, Who

_NO_PRACTICE = N_("The bridge did not understand for which clinic a name was tried; go back and choose one.")
_NO_NAME = N_("Type the name of a photo, as the phone sends it, and try again.")
_NO_TIME = N_("This is no time; write it as 2026-11-21 10:30, or leave it empty for now.")
_TIMES = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


def add_mappings(frame: Frame, mappings: PageMappings) -> None:
    """The page. A practice's people see their own mapping; nobody sees who a patient is."""

    def show(visitor: Visitor) -> Response:
        practice = frame.chosen_practice(visitor)
        if request.method != "POST":
            return _page(frame, visitor, mappings, practice)
        if practice is None:
            raise RefusedError(400, _NO_PRACTICE)
        return _try_name(frame, visitor, mappings, practice)

    frame.add("/mappings/", "mappings", show, "GET", "POST")


def _try_name(frame: Frame, visitor: Visitor, mappings: PageMappings, practice: PagePractice) -> Response:
    name, time = request.form.get("name", "").strip(), request.form.get("at", "").strip()
    at = _moment(time)
    if not name or (time and at is None):
        return _page(frame, visitor, mappings, practice, 400, sentence=_(_NO_TIME if name else _NO_NAME))
    ask_chart = "chart" in request.form and _may_ask_chart(visitor)
    trial = mappings.tried(practice, name, at, ask_chart=ask_chart)
    return _page(frame, visitor, mappings, practice, trial=trial, at=time)


def _may_ask_chart(visitor: Visitor) -> bool:
    """Names can be tried one after another, which would tell who the clinic's patients are."""
    return visitor.is_admin or visitor.may_come(Who.NAMED)


def _page(
    frame: Frame,
    visitor: Visitor,
    mappings: PageMappings,
    practice: PagePractice | None,
    status: int = 200,
    *,
    trial: Trial | None = None,
    at: str = "",
    sentence: str = "",
) -> Response:
    practices = frame.practices_of(visitor)
    return page(
        "mappings.html",
        status,
        shown=[mappings.shown(each) for each in ([practice] if practice else practices)],
        practice=practice.name if practice else None,
        several=len(practices) > 1,
        longest_name=NAME_LIMIT,
        trial=trial,
        at=at,
        may_ask_chart=_may_ask_chart(visitor),
        asks_chart=request.method != "POST" or "chart" in request.form,
        sentence=sentence,
    )


def _moment(text: str) -> datetime | None:
    """The local time that was typed, or None."""
    for form in _TIMES:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
