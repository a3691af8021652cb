"""Words about patients' pictures, in the language that is spoken: days, types, sizes, reasons."""

from datetime import date
from typing import Any

from bridge.web.languages import N_, _
from bridge.web.patient import Picture, Visit

_MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_TYPES = {
    "Headshot": N_("Headshot"),
    "Xray": N_("X-ray"),
    "Surgery": N_("Surgery"),
    "Audiogram": N_("Audiogram"),
}
_SEXES = {"Female": N_("Female"), "Male": N_("Male")}
_DELETING = (N_("Blurred or too dark"), N_("The same picture twice"), N_("Not a picture of a patient"))
_MOVING = (N_("Taken of the wrong patient"), N_("The number was mistyped"))


def day_in_words(day: date) -> str:
    """`21 November 2026`."""
    return _("%(day)s %(month)s %(year)s", day=day.day, month=_(_MONTHS[day.month - 1]), year=day.year)


def visit_in_words(visit: Visit) -> str:
    """When, and where if that is known."""
    if visit.start is None or visit.end is None:
        return _("Day not known")
    days = _days_in_words(visit.start, visit.end)
    return f"{days}, {visit.location}" if visit.location else days


def _days_in_words(start: date, end: date) -> str:
    """`21 November 2026`, `20 to 22 November 2026`."""
    if start == end:
        return day_in_words(start)
    is_one_month = (start.year, start.month) == (end.year, end.month)
    first = str(start.day) if is_one_month else day_in_words(start)
    return _("%(first)s to %(last)s", first=first, last=day_in_words(end))


def type_in_words(kind: str | None) -> str:
    """An image type of the chart."""
    return _(_TYPES[kind]) if kind in _TYPES else _("Type not known")


def sex_in_words(sex: str) -> str:
    """As the chart has it; "" for nothing."""
    return _(_SEXES[sex]) if sex in _SEXES else sex


def size_in_words(size_bytes: int) -> str:
    """`700 kB`, `1.4 MB`."""
    return f"{-(-size_bytes // 1000)} kB" if size_bytes < 1_000_000 else f"{size_bytes / 1_000_000:.1f} MB"


def picture_in_words(picture: Picture) -> str:
    """What a picture is, for those who do not see it."""
    when = f"{day_in_words(picture.taken_at.date())}, {picture.taken_at:%H:%M}" if picture.taken_at else ""
    when = when or visit_in_words(picture.visit)
    return f"{type_in_words(picture.type)}, {when}"


def words() -> dict[str, Any]:
    """All of these, for templates."""
    return {
        "day_in_words": day_in_words,
        "visit_in_words": visit_in_words,
        "type_in_words": type_in_words,
        "sex_in_words": sex_in_words,
        "size_in_words": size_in_words,
        "picture_in_words": picture_in_words,
        "types": tuple(_TYPES),
        "reasons_to_delete": [_(each) for each in _DELETING],
        "reasons_to_move": [_(each) for each in _MOVING],
    }
