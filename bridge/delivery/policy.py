"""The retry policy: from the facts of a failure to a decision. Pure; nothing is sent or slept here."""

from dataclasses import dataclass

from bridge.holds import Hold, HoldReason
from bridge.settings import DeliverySettings
from bridge.tscharts import (
    ChartBusyError,
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
    """A failed delivery: the error, the tries so far, the time since it first failed by itself, a number in [0, 1)."""

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
    if isinstance(error, ChartUnreachableError | ChartPortalError) or _is_gateway(error):
        return ChartAway(0.0, str(error))
    hold = _permanent(error)
    if hold is not None:
        return HoldPhoto(hold)
    if failure.failing_seconds > settings.hold_after_days * 86400:
        return HoldPhoto(_tried_too_long(settings))
    return TryLater(backoff_seconds(failure.attempts, failure.luck, settings))


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
