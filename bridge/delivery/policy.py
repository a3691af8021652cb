"""The retry policy: from the facts of a failure to a decision. Pure; nothing is sent or slept here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bridge.holds import Hold, HoldReason
from bridge.photos import BRIDGE, Event
from bridge.settings import DeliverySettings
from bridge.tscharts import (
    ChartBusyError,
    ChartClockError,
    ChartError,
    ChartForbiddenError,
    ChartImageUnreadableError,
    ChartLoginError,
    ChartNotFoundError,
    ChartPortalError,
    ChartRefusedError,
    ChartServerError,
    ChartTokenError,
    ChartTooLargeError,
    ChartUnreachableError,
)

_GATEWAY_STATUSES = (502, 503, 504)
_ACCOUNT_SECONDS = 60.0
_FEWEST_WAITS = 20

FAILED = "failed"
"""The reason in the history of a photo that failed by itself and is tried again."""


@dataclass(frozen=True)
class TryLater:
    """This photo waits; others go on."""

    seconds: float


@dataclass(frozen=True)
class ChartAway:
    """Every photo of the practice waits, and one probe goes out in at least so many seconds."""

    at_least_seconds: float
    sentence: str


@dataclass(frozen=True)
class HoldPhoto:
    """A person must look at this photo."""

    hold: Hold


Decision = TryLater | ChartAway | HoldPhoto


@dataclass(frozen=True)
class Failure:
    """A failed delivery: the error, the tries so far, the `failing_seconds` of it, a number in [0, 1)."""

    error: ChartError
    attempts: int
    failing_seconds: float
    luck: float


def decide(failure: Failure, settings: DeliverySettings) -> Decision:
    """What to do after a failure (design section 6)."""
    error = failure.error
    if isinstance(error, ChartLoginError | ChartTokenError | ChartForbiddenError):
        return ChartAway(_ACCOUNT_SECONDS, str(error))
    if isinstance(error, ChartBusyError):
        return ChartAway(error.retry_after_seconds or 0.0, str(error))
    if isinstance(error, ChartUnreachableError | ChartPortalError | ChartClockError) or _is_gateway(error):
        return ChartAway(0.0, str(error))
    hold = _permanent(error)
    if hold is not None:
        return HoldPhoto(hold)
    if failure.failing_seconds > settings.hold_after_days * 86400:
        return HoldPhoto(_tried_too_long(settings))
    return TryLater(backoff_seconds(failure.attempts, failure.luck, settings))


def failing_seconds(failed_at: Sequence[datetime], settings: DeliverySettings) -> float:
    """For how long a photo has failed by itself, from the times at which it did, by this computer's clock.

    Of the time between two of them at most a twentieth of what holds a photo counts. So a clock that is set, or a
    bridge that does not run for weeks, holds none, and none is held before the bridge has tried it some twenty times.
    """
    most = settings.hold_after_days * 86400 / _FEWEST_WAITS
    waits = ((later - earlier).total_seconds() for earlier, later in pairwise(failed_at))
    return sum(min(max(wait, 0.0), most) for wait in waits)


def own_failures(events: Iterable[Event]) -> list[datetime]:
    """When a photo failed by itself, not the chart as a whole, since a person last touched it; from its history."""
    since = list(events)
    last = max((number for number, event in enumerate(since, 1) if event.actor != BRIDGE), default=0)
    return [event.at for event in since[last:] if event.reason == FAILED]


def backoff_seconds(attempts: int, luck: float, settings: DeliverySettings) -> float:
    """Doubling from the first wait to the longest, spread by half so that photos do not come back all at once."""
    whole = min(settings.retry_longest_seconds, settings.retry_first_seconds * 2.0 ** min(attempts - 1, 30))
    return whole * (0.5 + 0.5 * luck)


def _is_gateway(error: ChartError) -> bool:
    return isinstance(error, ChartServerError) and error.status in _GATEWAY_STATUSES


def _permanent(error: ChartError) -> Hold | None:
    if isinstance(error, ChartTooLargeError):
        return Hold(HoldReason.TOO_LARGE, _TOO_LARGE)
    if isinstance(error, ChartNotFoundError):
        return Hold(HoldReason.UNKNOWN_PATIENT, _NOT_FOUND)
    if isinstance(error, ChartImageUnreadableError):
        return Hold(HoldReason.CHART_DIFFERS, _UNREADABLE)
    if isinstance(error, ChartRefusedError):
        return Hold(HoldReason.CHART_REFUSED, f"{error} Assign the photo again by hand, or ask the chart's operator.")
    return None


def _tried_too_long(settings: DeliverySettings) -> Hold:
    return Hold(
        HoldReason.TRIED_TOO_LONG,
        f"The chart has failed on this photo for {settings.hold_after_days:g} days; "
        "ask the chart's operator what is wrong, then retry it.",
    )


_TOO_LARGE = (
    "The chart server refused this photo as too large, at every size that was tried; ask its operator to allow larger "
    "requests (`tscharts-bridge check` says how), then retry, which also tries smaller sizes."
)
_NOT_FOUND = (
    "The chart does not know this patient, clinic or station any more; "
    "check them in the chart and assign the photo by hand."
)
_UNREADABLE = (
    "The chart took the image but cannot give it back; ask the chart's operator to look at its disk, then retry."
)
