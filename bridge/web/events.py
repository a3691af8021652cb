"""What the page of events shows: who did what, narrowed as people ask. Knows no web framework."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from bridge.charting import Action, RefusedError
from bridge.web.languages import N_, _

ACTIONS: Mapping[str, str] = {
    Action.SEEN.value: N_("looked at"),
    Action.ADDED.value: N_("added"),
    Action.DELETING.value: N_("asked to delete"),
    Action.DELETED.value: N_("deleted"),
    Action.MOVING.value: N_("asked to move"),
    Action.MOVED.value: N_("moved"),
    Action.ASSIGNED.value: N_("assigned"),
    Action.RETRIED.value: N_("sent again"),
    Action.DISCARDED.value: N_("discarded"),
    Action.UNDONE.value: N_("took back"),
    Action.EXPORTED.value: N_("exported events"),
}
"""What people read for each action."""

_COMMAND_LINE = "command line"
_MOST_DIGITS = 15
_LONGEST_NAME = 150
_NO_DAY = N_("A day is written as 2026-11-21; correct it, or leave it out.")
_NO_NUMBER = N_("A patient and a photo are asked for by number, as 123; correct it, or leave it out.")
_NO_ACTION = N_("There is no such action; choose one from the list.")
_NO_NAME = N_(
    "A person is asked for by the name of their account, of at most 150 letters; correct it, or leave it out."
)
_BACKWARDS = N_("The last day is before the first one; change one of the two.")


@dataclass(frozen=True)
class EventFilter:
    """Which events are meant: texts as they were typed, "" for all. The days are those of `zone`, and both count."""

    zone: ZoneInfo
    who: str = ""
    action: str = ""
    patient: str = ""
    photo: str = ""
    first: str = ""
    last: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str], zones: Sequence[ZoneInfo]) -> "EventFilter":
        """What somebody asks, or its fields as far as they can be read. `zones` are those to choose from, the first one
        where none is named.
        """
        named = [zone for zone in zones if zone.key == asked.get("zone")]
        fields = ("who", "action", "patient", "photo", "first", "last")
        return cls(named[0] if named else zones[0], **{name: asked.get(name, "").strip() for name in fields})

    @property
    def values(self) -> dict[str, str]:
        """What is asked, for an address or a form."""
        fields = ("who", "action", "patient", "photo", "first", "last")
        return {name: value for name in fields if (value := getattr(self, name))} | {"zone": self.zone.key}

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return len(self.values) > 1

    def query(self) -> dict[str, object]:
        """The same for the operations that show events. Raises RefusedError (400) for what cannot be meant."""
        _require(not self.action or self.action in ACTIONS, _NO_ACTION)
        _require(len(self.who) <= _LONGEST_NAME and self.who.isprintable(), _NO_NAME)
        for number in (self.patient, self.photo):
            _require(not number or _is_number(number), _NO_NUMBER)
        first, last = _day(self.first), _day(self.last)
        _require(not (first and last) or first <= last, _BACKWARDS)
        return {
            "who": self.who or None,
            "action": self.action or None,
            "patient": self.patient or None,
            "photo": self.photo or None,
            "since": _start(first, self.zone),
            "until": _start(last + timedelta(days=1) if last else None, self.zone),
        }


@dataclass(frozen=True)
class ShownEvent:
    """One thing that somebody did. `at` is in the clinic's zone; `who` is what people read, and `by` what asks for all
    of the same person.
    """

    at: datetime
    who: str
    by: str
    is_known: bool
    action: str
    deed: str
    image: int | None
    patient: int | None
    photo: int | None
    reason: str


@dataclass(frozen=True)
class EventRow:
    """An event; and, of looks that came one after another at one patient's pictures, or at photos that are no
    patient's yet, those before it (`others`).
    """

    event: ShownEvent
    others: tuple[ShownEvent, ...] = ()


@dataclass(frozen=True)
class EventDay:
    """A day of the clinic with what was done on it, the newest first."""

    day: date
    rows: tuple[EventRow, ...]


def shown_days(events: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> list[EventDay]:
    """Events, as the operations tell them, by days."""
    shown = [shown_event(each, zone) for each in events]
    days = groupby(shown, key=lambda each: each.at.date())
    return [EventDay(day, tuple(_rows(of_day))) for day, of_day in days]


def _rows(events: Iterable[ShownEvent]) -> Iterator[EventRow]:
    for run, together in groupby(events, key=lambda each: (each.by, each.action, each.patient)):
        if run[1] == Action.SEEN:
            first, *others = together
            yield EventRow(first, tuple(others))
        else:
            yield from map(EventRow, together)


def shown_event(told: Mapping[str, Any], zone: ZoneInfo) -> ShownEvent:
    """An event, as the operations tell it."""
    name = told["who"]
    return ShownEvent(
        at=datetime.fromisoformat(told["at"]).astimezone(zone),
        who=person(name, told["token_mark"]),
        by=name or told["token_mark"],
        is_known=name is not None,
        action=told["action"],
        deed=_(ACTIONS.get(told["action"], told["action"])),
        image=told["image_id"],
        patient=told["patient"],
        photo=told["photo_id"],
        reason=told["reason"],
    )


def person(name: str | None, mark: str) -> str:
    """Who it was: a name, or what tells those apart who signed in elsewhere."""
    if name is None:
        return _("somebody who signed in elsewhere (%(mark)s)", mark=mark)
    if name.startswith(_COMMAND_LINE):
        return _("command line") + name.removeprefix(_COMMAND_LINE)
    return name


def _require(is_so: object, sentence: str) -> None:
    if not is_so:
        raise RefusedError(400, sentence)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and not text.startswith("0")


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, _NO_DAY) from None
    _require(1971 <= day.year <= 8999 and text == day.isoformat(), _NO_DAY)
    return day


def _start(day: date | None, zone: ZoneInfo) -> str | None:
    """The first moment of a day there."""
    return None if day is None else datetime.combine(day, time(), zone).isoformat()
