"""Turns an answer that is not what was asked for into a ChartError (contract/tscharts.md)."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import Answer, Call
from bridge.tscharts.errors import (
    ChartAddressError,
    ChartAnswerError,
    ChartBusyError,
    ChartError,
    ChartForbiddenError,
    ChartNotFoundError,
    ChartPortalError,
    ChartRefusedError,
    ChartServerError,
    ChartTokenError,
    ChartTooLargeError,
)

LARGE_BODY_BYTES = 500_000
"""From this size of body on, status 400 is taken for "too large": tscharts answers so above its own limit."""

_LONGEST_WAIT_SECONDS = 3600.0
_BUSY = frozenset({408, 425, 429, 503})
_MIDDLEBOX = frozenset({407, 511})


def refusal(call: Call, answer: Answer, account: ChartAccount) -> ChartError:
    """The ChartError for an answer whose status is not 200, or that is no JSON though its status is 200."""
    kind = _kind(call, answer)
    return kind(
        _sentence(kind, answer, account),
        outcome_unknown=call.changes and _may_be_done(answer.status),
        status=answer.status,
        retry_after_seconds=_retry_after_seconds(answer),
        body_bytes=call.body_bytes,
    )


def server_time(answer: Answer) -> datetime | None:
    """The UTC time in an answer's Date header, None when it has none that can be read."""
    return _http_date(answer.date)


def _kind(call: Call, answer: Answer) -> type[ChartError]:
    status = answer.status
    if status in _BUSY:
        return ChartBusyError
    if status == 200 or 300 <= status < 400 or status in _MIDDLEBOX:
        return ChartPortalError
    if status >= 500:
        return ChartServerError
    if status < 400:
        return ChartAnswerError
    return _kind_of_refusal(call, answer)


def _kind_of_refusal(call: Call, answer: Answer) -> type[ChartError]:
    """For 4xx. tscharts' own 400, 401, 403 and 404 are empty or JSON; a page comes from something before it."""
    if answer.status == 413 or (answer.status == 400 and call.body_bytes > LARGE_BODY_BYTES):
        return ChartTooLargeError
    if answer.status in (401, 403):
        account_error = ChartTokenError if answer.status == 401 else ChartForbiddenError
        return ChartPortalError if answer.is_page else account_error
    if answer.status in (400, 404) and answer.is_page:
        return ChartAddressError
    return ChartNotFoundError if answer.status == 404 else ChartRefusedError


def _may_be_done(status: int) -> bool:
    """Whether a request may have been carried out although its answer is not the wanted one."""
    return (status >= 500 and status != 511) or 200 <= status < 300


def _sentence(kind: type[ChartError], answer: Answer, account: ChartAccount) -> str | None:
    """A sentence that says more than the error's own, or None."""
    if 300 <= answer.status < 400:
        return _elsewhere(answer.location, account)
    if kind is ChartAddressError:
        return (
            f"A web server at {account.origin} answered, but not as the chart (status {answer.status}); check the "
            "chart's address, and that the chart's ALLOWED_HOSTS setting names this host."
        )
    if kind is ChartServerError or kind is ChartRefusedError:
        default = str(kind())
        return default.replace("5xx", str(answer.status)).replace("4xx", str(answer.status))
    return None


def _elsewhere(location: str, account: ChartAccount) -> str | None:
    """What to do about a redirect. Only its scheme and host are told."""
    try:
        there, here = urlsplit(location), urlsplit(account.url)
        if there.scheme == "https" and here.scheme == "http" and there.hostname == here.hostname:
            return f"The chart server wants secure connections; change its address to https://{there.hostname}."
    except ValueError:
        return None
    return None


def _retry_after_seconds(answer: Answer) -> float | None:
    """Retry-After (RFC 9110, 10.2.3) as seconds from now, at most an hour; a date is read by the server's clock."""
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_WAIT_SECONDS)
    then = _http_date(text)
    if then is None:
        return None
    seconds = (then - (_http_date(answer.date) or datetime.now(UTC))).total_seconds()
    return max(0.0, min(math.ceil(seconds), _LONGEST_WAIT_SECONDS))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
