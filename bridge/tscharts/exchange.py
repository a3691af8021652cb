"""Sends one call and gives its answer, whatever the network does to it."""

import requests
import urllib3

from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import Answer, Call
from bridge.tscharts.errors import ChartAnswerError, ChartError, ChartLostError, ChartUnreachableError
from bridge.tscharts.failures import failure
from bridge.tscharts.wire import Attempt, Cutter, Progress, Wire

_PIECE_BYTES = 1024 * 1024
_REFUSAL_BYTES = 64 * 1024
_TELLING = frozenset({408, 413, 425, 429})
_STOPPED = "The bridge was stopped before the chart server had answered; it looks and tries again when it runs again."
_BREAKS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


def exchange(call: Call, token: str | None, wire: Wire, account: ChartAccount, cutter: Cutter | None = None) -> Answer:
    """Send a call over a thread's wire and read its answer, whatever its status. `cutter` may end it at any time.

    Raises ChartUnreachableError when nothing was sent, ChartLostError when the connection broke later, and
    ChartAnswerError when the answer is larger than any that tscharts gives.
    """
    limit = call.limit_seconds(account.connect_timeout_seconds, account.read_timeout_seconds)
    with Attempt(limit, cutter) as attempt:
        try:
            with wire.open(call.method, call.path, **_arguments(call, token)) as response:
                answer = _read(response, call)
                _check_whole(response, answer, attempt)
                return answer
        except _BREAKS as error:
            if attempt.is_cut:
                raise _stopped(attempt, call) from error
            raise failure(error, attempt, call, account) from error


def _stopped(attempt: Attempt, call: Call) -> ChartError:
    if attempt.progress is Progress.SENT:
        return ChartLostError(_STOPPED, outcome_unknown=call.changes, body_bytes=call.body_bytes)
    return ChartUnreachableError(_STOPPED, body_bytes=call.body_bytes)


def _arguments(call: Call, token: str | None) -> dict[str, object]:
    headers = {}
    if token is not None:
        headers["Authorization"] = f"Token {token}"
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return {"params": call.params, "data": call.body, "headers": headers}


def _read(response: requests.Response, call: Call) -> Answer:
    good = 200 <= response.status_code < 300
    body, whole = _body(response, call.largest_answer_bytes) if good else _page(response)
    if good and not whole:
        message = "The chart server's answer is far larger than any of tscharts; check the chart's address."
        raise ChartAnswerError(
            message, outcome_unknown=call.changes, status=response.status_code, body_bytes=call.body_bytes
        )
    headers = response.headers
    return Answer(
        status=response.status_code,
        body=body,
        whole=whole,
        content_type=headers.get("Content-Type", ""),
        location=headers.get("Location", ""),
        date=headers.get("Date", ""),
        retry_after=headers.get("Retry-After", ""),
    )


def _body(response: requests.Response, most_bytes: int) -> tuple[bytes, bool]:
    """The body and whether it is all of it; reading stops once there is more than `most_bytes`."""
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(min(_PIECE_BYTES, most_bytes + 1)):
        pieces.append(piece)
        size += len(piece)
        if size > most_bytes:
            return b"".join(pieces), False
    return b"".join(pieces), True


def _page(response: requests.Response) -> tuple[bytes, bool]:
    """The body of a refusal, or a beginning of it. It may break off where the status alone says enough."""
    try:
        return _body(response, _REFUSAL_BYTES)
    except _BREAKS:
        if response.status_code < 500 and response.status_code not in _TELLING:
            raise
        return b"", False


def _check_whole(response: requests.Response, answer: Answer, attempt: Attempt) -> None:
    """Raise what a cut connection raises when the answer only looks whole.

    The end of a connection also ends the headers, and a body without a stated length: a cut 404 page would look like
    tscharts' empty 404, "no such record". tscharts states every length.
    """
    stated = response.headers.get("Content-Length", "").strip().isdigit() or "Transfer-Encoding" in response.headers
    cut = attempt.progress is Progress.SENT and not answer.body and answer.whole and not stated
    if cut or attempt.expired or attempt.is_cut:
        raise requests.ConnectionError("cut before the end of the headers")
