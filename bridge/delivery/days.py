"""The day that `clinic: today`, or clinics by date, mean for a photo, unless it is in doubt because this computer's
clock may be wrong.

The day comes from the phone's clock, if it agrees with this computer's. If it does not, or if the name has no time,
this computer's clock alone would say it; then the chart's clock (the Date header of its answers) is asked too. When
that says another day, no photo of the practice is filed by a day any more until the clocks agree: better late than at
another clinic. A chart whose clock is wrong stops nothing as long as phones and this computer agree.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from bridge.delivery.desk import Desk
from bridge.mapping import ClinicReference, TargetReference, clinic_day, is_told_by_phone
from bridge.photos import Photo
from bridge.tags import parse_name
from bridge.tscharts import ChartClockError, TimedCache

_CLOSE = timedelta(minutes=10)
_SAME = timedelta(minutes=5)
_DOUBT_SECONDS = 3600.0
"""How long the practice's photos wait for a photo in doubt that has not been tried again."""


class ClinicDays:
    """Gives photos their days. One serves all workers. `now` gives the time of this computer, UTC."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._doubts: TimedCache[str, timedelta] = TimedCache(time.monotonic)

    def of(self, photo: Photo, desk: Desk, reference: TargetReference) -> date:
        """The day of a photo. Raises ChartClockError when it must wait for the clocks, ChartError."""
        tags, zone, now = parse_name(photo.name), desk.time_zone, self._now()
        day = clinic_day(tags, photo.received_at, zone, now)
        if reference.clinic is None or not _goes_by_day(reference.clinic):
            return day
        doubt = self._doubts.get(desk.practice)
        if doubt is None and photo.received_at <= now and is_told_by_phone(tags, photo.received_at, zone):
            return day
        behind = self._behind(desk)
        if abs(behind) < _CLOSE:
            self._doubts.put(desk.practice, behind, 0.0)
            return day
        if doubt is None and clinic_day(tags, photo.received_at + behind, zone, now + behind) == day:
            return day
        # Told once: what the first doubt said, as long as it is the same one.
        told = doubt.value if doubt is not None and abs(doubt.value - behind) < _SAME else behind
        self._doubts.put(desk.practice, told, _DOUBT_SECONDS)
        raise ChartClockError(clocks_apart(told))

    def _behind(self, desk: Desk) -> timedelta:
        """How far this computer's clock is behind the chart's; nothing when the chart does not tell the time."""
        at_the_chart = desk.client.server_time()
        return at_the_chart - self._now() if at_the_chart is not None else timedelta()


def _goes_by_day(clinic: ClinicReference) -> bool:
    return clinic.id is None or clinic.is_of_day


def clocks_apart(behind: timedelta) -> str:
    """What people are told when this computer's clock is so far behind the chart's, or ahead when that is negative."""
    return (_BEHIND if behind > timedelta() else _AHEAD).format(_in_words(abs(behind)))


def _in_words(span: timedelta) -> str:
    hours = round(span / timedelta(hours=1))
    if hours < 2:
        return f"{round(span / timedelta(minutes=1))} minutes"
    return f"{hours} hours" if hours < 48 else f"{round(span / timedelta(days=1))} days"


_BEHIND = (
    "This computer's clock is {} behind the chart server's, so it is not sure to which clinic day photos belong; set "
    "the clock that is wrong, and they are sent."
)
_AHEAD = (
    "This computer's clock is {} ahead of the chart server's, so it is not sure to which clinic day photos belong; set "
    "the clock that is wrong, and they are sent."
)
