"""Which phones sent lately, as the page about phones shows it. Knows no web framework."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bridge.medimage import Sender, SenderDay, SenderKind
from bridge.web.languages import N_, _

_LABELS = {
    SenderKind.ANDROID: N_("Android phone %(letter)s"),
    SenderKind.IPHONE: N_("iPhone %(letter)s"),
    SenderKind.IPAD: N_("iPad %(letter)s"),
    SenderKind.COMPUTER: N_("Computer %(letter)s"),
    SenderKind.OTHER: N_("Phone or program %(letter)s"),
}
_ALL_OTHERS = N_("All others")


@dataclass(frozen=True)
class ShownSender:
    """A phone: what it is called for the day, how many photos it sent, and when the last one (the clinic's time)."""

    label: str
    photos: int
    last_at: datetime


@dataclass(frozen=True)
class ShownDay:
    """A day on which phones sent."""

    day: date
    is_today: bool
    photos: int
    senders: tuple[ShownSender, ...]


def shown_lately(days: list[SenderDay], zone: ZoneInfo, now: datetime) -> list[ShownDay]:
    """The last days with photos, the newest first, in the clinic's `zone`; `now` is aware."""
    today = now.astimezone(zone).date()
    return [
        ShownDay(
            each.day,
            each.day == today,
            sum(sender.photos for sender in each.senders),
            tuple(ShownSender(label(one), one.photos, one.last_at.astimezone(zone)) for one in each.senders),
        )
        for each in days
    ]


def label(sender: Sender) -> str:
    """What people read for a phone: its kind, and a letter that is its own for the day."""
    return _(_LABELS[sender.kind], letter=letters(sender.number)) if sender.number else _(_ALL_OTHERS)


def letters(number: int) -> str:
    """1 is A, 26 is Z, 27 is AA."""
    before, last = divmod(number - 1, 26)
    return (letters(before) if before else "") + chr(ord("A") + last)
