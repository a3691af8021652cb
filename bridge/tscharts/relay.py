"""Passes callers' own requests on to the chart, with their own token, and the chart's answers back in pieces."""

from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import requests
import urllib3

from bridge.alarms import Alarms
from bridge.tscharts.account import ChartAccount
from bridge.tscharts.calls import Call
from bridge.tscharts.errors import ChartAnswerError, ChartError
from bridge.tscharts.failures import failure
from bridge.tscharts.places import Places
from bridge.tscharts.wire import Attempt, Cutter, Wires

_PIECE_BYTES = 64 * 1024
_ANSWER_SECONDS = 600.0
"""Time for an answer to go on to a caller whose line is thin."""

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OWN_HEADERS = ("Accept", "Accept-Encoding", "User-Agent")
"""What requests would add where the caller said nothing."""

PROBE_PATH = "image/0/"
"""An image that nobody has: 404 for users, 401 for all others (contract/tscharts.md)."""

_WITHOUT_BODY = frozenset({204, 304})
_BREAKS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


@dataclass(frozen=True)
class RelayRequest:
    """A request to pass on. `path` follows `/tscharts/v1/`, with its query as it was sent. It must hold no `.` or `..`
    between slashes: those would lead elsewhere. `chunked`: the body goes in chunks, without a Content-Length.
    """

    method: str
    path: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    chunked: bool = False

    def header(self, name: str) -> str:
        """A header's value, "" when it is absent."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")


class RelayAnswer:
    """The chart's answer, its body still on the way: `status`, `reason`, and all `headers` in their order.

    To be closed, best as a context manager; `pieces` read to the end leaves the connection ready for the next request.
    """

    def __init__(self, response: requests.Response, failed: Callable[[Exception], ChartError], done: Any) -> None:
        self._raw = response.raw
        self._failed = failed
        self._done = done
        self.status = response.status_code
        self.reason = str(response.reason or "")
        self.headers: tuple[tuple[str, str], ...] = tuple(self._raw.headers.iteritems())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def header(self, name: str) -> str:
        """A header's value, "" when it is absent."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")

    def pieces(self) -> Iterator[bytes]:
        """The body in pieces of at most 64 KiB, as the chart sent it. Raises ChartLostError when it breaks off."""
        try:
            yield from self._raw.stream(_PIECE_BYTES, decode_content=False)
        except _BREAKS as error:
            raise self._failed(error) from error

    def read(self, most_bytes: int) -> bytes:
        """The whole body. Raises ChartAnswerError when it is larger, ChartLostError when it breaks off."""
        parts: list[bytes] = []
        for piece in self.pieces():
            parts.append(piece)
            if sum(map(len, parts)) > most_bytes:
                raise ChartAnswerError(status=self.status)
        return b"".join(parts)

    def close(self) -> None:
        """End it. A body that was not read to its end takes its connection along."""
        self._raw.close()
        self._done()


class ChartRelay:
    """Passes requests on to the server of a chart account, and never with that account's own token or password.

    Any number of threads may share it; each keeps one connection open. `places` are how many may wait for the server at
    the same time; None: any number.
    """

    def __init__(self, account: ChartAccount, places: Places | None = None) -> None:
        self.account = account
        self._places = places
        self._wires = Wires(account)
        self._cutter = Cutter()
        self._alarms = Alarms()

    @property
    def base(self) -> str:
        """The address that a request's path follows; it ends in `/tscharts/v1/`."""
        return self.account.base

    def open(self, request: RelayRequest) -> RelayAnswer:
        """Send a request, once, and give the answer as soon as its headers are here, whatever its status.

        Raises ChartBusyError at once when all places are taken, ChartUnreachableError when nothing was sent,
        ChartLostError when the connection broke later (see its `outcome_unknown`).
        """
        if self._places is None:
            return self._opened(request, _nothing)
        authorization = request.header("Authorization")
        give_back = self._places.take(authorization)
        try:
            answer = self._opened(request, give_back)
        except BaseException:
            give_back()
            raise
        if _is_let_in(request, answer.status):
            self._places.let_in(authorization)
        return answer

    def _opened(self, request: RelayRequest, ended: Callable[[], None]) -> RelayAnswer:
        call = Call(request.method, "", body=request.body, changes=request.method in _CHANGING)
        account, context = self.account, copy_context()
        seconds = call.limit_seconds(account.connect_timeout_seconds, account.read_timeout_seconds) + _ANSWER_SECONDS
        attempt = Attempt(seconds, self._cutter, self._alarms)
        context.run(attempt.__enter__)

        def done() -> None:
            context.run(attempt.__exit__, None, None, None)

        def all_done() -> None:
            done()
            ended()

        def failed(error: Exception) -> ChartError:
            return failure(error, attempt, call, account)

        try:
            response = context.run(self._send, request)
            return _answer(request, response, failed, _once(all_done))
        except _BREAKS as error:
            done()
            raise failed(error) from error
        except BaseException:
            done()
            raise

    def close(self) -> None:
        """Close the connections that are kept open; a later request opens new ones."""
        self._wires.close()

    def cut(self) -> None:
        """End all requests at once, and for good; for any thread."""
        self._cutter.cut()

    def _send(self, request: RelayRequest) -> requests.Response:
        headers: dict[str, bytes | None] = dict.fromkeys(_OWN_HEADERS)
        headers.update({name.title(): value.encode("latin-1").strip() for name, value in request.headers})
        body = iter([request.body]) if request.chunked and request.body else request.body
        return self._wires.here().open(request.method, request.path, data=body, headers=headers)


def _answer(
    request: RelayRequest, response: requests.Response, failed: Callable[[Exception], ChartError], done: Any
) -> RelayAnswer:
    """The answer, if its headers are whole: a connection's end ends them, too, and tscharts states every length."""
    answer = RelayAnswer(response, failed, done)
    stated = answer.header("Content-Length").strip().isdigit() or answer.header("Transfer-Encoding")
    if not stated and answer.status not in _WITHOUT_BODY:
        response.close()
        raise requests.ConnectionError("cut before the end of the headers")
    if request.method == "HEAD" or answer.header("Content-Length").strip() == "0":
        response.raw.read(1)
    return answer


def _is_let_in(request: RelayRequest, status: int) -> bool:
    """Whether only users get this answer: addresses that tscharts does not have are 404 for everyone."""
    is_open = request.method == "OPTIONS" or request.path.startswith("login")
    return not is_open and (status in (200, 206) or (status == 404 and request.path == PROBE_PATH))


def _nothing() -> None:
    """For who holds no place."""


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """The action, for its first call alone."""
    left = [action]

    def do() -> None:
        if left:
            left.pop()()

    return do
