"""A player of the photo app as it behaves in a browser (contract/medimage.md, "The app on the wire").

It keeps its own clock, which jumps from one thing to do to the next: `pace` is how many real seconds an app second
lasts. Waiting for an answer is real: one that has not come after `patience` real seconds comes too late for the app.
"""

import contextlib
import heapq
import http.client
import itertools
import json
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote

from phone import BOUNDARY, form

ORIGIN = "http://127.0.0.1:8080"
WHEN = "21-Nov-2026-10-11-12"

_ROOT_LIMIT = 5.0
_WIFI_LIMIT = 2.0
_CHECK_LIMIT = 5.0
_NOT_CONNECTED_AFTER = 6.0
_CONNECT_AGAIN_AFTER = 10.0
_CHECK_EVERY = 2.0
_QUICK_CHECKS = 11
_LONG_PAUSE = 60.0
_SLOW_EVERY = 30.0
_MOST_CHECKS = 111
_PREFLIGHT_KEPT = 5.0
_START = 0.2
_ROUND_TRIP = 0.01
"""App seconds that an exchange takes: as in the recordings, so that nothing happens at the same moment."""


class UnreadableError(Exception):
    """What a page sees when a connection broke, was refused, or the answer is not for its origin."""


class TooLateError(Exception):
    """No answer in time."""


@dataclass(frozen=True)
class Seen:
    """An answer that a page may read."""

    status: int
    content_type: str
    body: bytes

    @property
    def is_success(self) -> bool:
        """As the app's ajax calls judge: any 2xx, unless it says JSON and is none."""
        return 200 <= self.status < 300 and not self._is_broken_json()

    def _is_broken_json(self) -> bool:
        if "json" not in self.content_type or self.status == 204:
            return False
        try:
            json.loads(self.body)
        except ValueError:
            return True
        return False


@dataclass
class Browser:
    """Requests as Chromium makes them for a page: kept-alive connections, one more try when such a one turns out to
    be dropped, the same address not asked twice at once, and answers without a fitting CORS header withheld.
    """

    patience: float
    _idle: dict[int, http.client.HTTPConnection] = field(default_factory=dict)
    _unanswered: dict[tuple[int, str], http.client.HTTPConnection] = field(default_factory=dict)

    def ask(
        self, port: int, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Seen:
        """One request. Raises UnreadableError and TooLateError."""
        if method == "GET":
            self._wait_for_the_same(port, target)
        kept = self._idle.pop(port, None)
        sent = {"Origin": ORIGIN, "User-Agent": "Mozilla/5.0", "Accept": "*/*"} | (headers or {})
        try:
            try:
                return self._exchange(port, kept or self._connection(port), method, target, body, sent)
            except (OSError, http.client.HTTPException) as error:
                if kept is None or isinstance(error, TimeoutError):
                    raise
                return self._exchange(port, self._connection(port), method, target, body, sent)
        except TimeoutError:
            raise TooLateError from None
        except (OSError, http.client.HTTPException):
            raise UnreadableError from None

    def close(self) -> None:
        """Hang up everywhere."""
        for connection in (*self._idle.values(), *self._unanswered.values()):
            connection.close()

    def _connection(self, port: int) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=self.patience)

    def _exchange(
        self,
        port: int,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
    ) -> Seen:
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content = response.read()
        except TimeoutError:
            self._unanswered[port, target] = connection
            raise
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        if connection.sock is not None:
            self._idle[port] = connection
        if response.headers.get("Access-Control-Allow-Origin") not in ("*", ORIGIN):
            raise UnreadableError
        return Seen(response.status, response.headers.get("Content-Type", ""), content)

    def _wait_for_the_same(self, port: int, target: str) -> None:
        """A browser holds a request back while one of the same address is open."""
        connection = self._unanswered.get((port, target))
        if connection is None:
            return
        if not select.select([connection.sock], [], [], self.patience)[0]:
            raise TooLateError
        del self._unanswered[port, target]
        connection.close()


@dataclass(frozen=True)
class Server:
    """A server that the phone is connected to: through pairing, with the practice's guid, or over Wi-Fi. A Wi-Fi
    address may bring a guid too (`http://host:port/write/GUID`).
    """

    port: int
    guid: str | None = None
    is_wifi: bool = False


@dataclass
class Copy:
    """A photo that the phone still has. `stem` is its name before a guid comes in front."""

    number: int
    stem: str
    content: bytes
    name: str
    is_on_server: bool = False
    was_sent: bool = False
    is_stuck: bool = False
    checks: int = 0

    def multipart(self) -> bytes:
        """The body that the browser makes: raw UTF-8, and a quotation mark escaped."""
        return form(self.name.replace('"', "%22"), self.content)


@dataclass
class BrowserApp:
    """The app on one phone. `servers` are tried in their order for each photo. `copies` is what it still keeps."""

    servers: Sequence[Server]
    pace: float = 0.005
    patience: float = 20.0
    puts_hash: bool = True
    now: float = 0.0
    copies: list[Copy] = field(default_factory=list)
    transferred: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._browser = Browser(self.patience)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._numbers = itertools.count(1)
        self._preflights: dict[int, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._browser.close()

    def take(self, typed: str, content: bytes, when: str = WHEN) -> Copy:
        """Take a photo with what was typed as the patient; it is sent when the app runs."""
        words = typed.replace(" ", "-") or "image"
        stem = f"{'#' if self.puts_hash else ''}{words}-{when}.jpg"
        copy = Copy(next(self._numbers), stem, content, stem)
        self.copies.append(copy)
        self._later(0, lambda: self._connect(copy, self.servers))
        return copy

    def look_for_server(self) -> None:
        """What setting a server by hand, or a scan, asks it before."""
        self._root(self.servers[0])

    def reopen(self) -> None:
        """Close the app and open it again: what is on the server is asked for at once, the rest is sent again."""
        self._agenda.clear()
        self._pass(self.now + _START)
        for copy in self.copies:
            copy.checks = 0
            self._later(0, self._beginning(copy))

    def run(self, seconds: float) -> None:
        """Let so many app seconds pass, or fewer when nothing is left to do."""
        self.run_until(self.now + seconds)

    def run_until(self, end: float) -> None:
        """Let the app's clock go on to `end`, or to the last thing to do."""
        while self._agenda and self._agenda[0][0] <= end:
            at, _, action = heapq.heappop(self._agenda)
            self._pass(at)
            action()

    def _pass(self, moment: float) -> None:
        time.sleep(max(0.0, moment - self.now) * self.pace)
        self.now = max(self.now, moment)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), action))

    def _beginning(self, copy: Copy) -> Callable[[], None]:
        if copy.is_on_server:
            return lambda: self._check(copy, self.servers[-1])
        if copy.was_sent:
            return lambda: self._upload(copy, self.servers[-1])
        return lambda: self._connect(copy, self.servers)

    def _connect(self, copy: Copy, servers: Sequence[Server]) -> None:
        server, started = servers[0], self.now
        if self._root(server):
            if not copy.is_stuck:
                self._upload(copy, server)
        elif len(servers) > 1:
            self._later(started + _WIFI_LIMIT - self.now, lambda: self._connect(copy, servers[1:]))
        else:
            # The real app keeps such a photo without its guid, and then never gets to send it.
            copy.is_stuck = True
            wait = started + _NOT_CONNECTED_AFTER + _CONNECT_AGAIN_AFTER - self.now
            self._later(wait, lambda: self._connect(copy, self.servers))

    def _root(self, server: Server) -> bool:
        try:
            seen = self._ask(server, "GET", "/")
        except UnreadableError:
            return False
        except TooLateError:
            self.now += _WIFI_LIMIT if server.is_wifi else _ROOT_LIMIT
            return not server.is_wifi
        return seen.status != 200 or bool(seen.body)

    def _upload(self, copy: Copy, server: Server) -> None:
        copy.name = f"#{server.guid}-{copy.stem}" if server.guid else copy.stem
        copy.was_sent = True
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        with contextlib.suppress(TooLateError):
            try:
                self._preflight(server)
                seen = self._ask(server, "POST", "/api/photo", copy.multipart(), kind)
            except UnreadableError:
                self.errors.append("error")
            else:
                self._uploaded(copy, server, seen)

    def _uploaded(self, copy: Copy, server: Server, seen: Seen) -> None:
        if not seen.is_success:
            self.errors.append(f"{seen.status} {seen.body.decode(errors='replace')}")
        elif server.is_wifi:
            self._forget(copy)
        else:
            copy.is_on_server = True
            self._later(_CHECK_EVERY, lambda: self._check(copy, server))

    def _preflight(self, server: Server) -> None:
        if self._preflights.get(server.port, 0.0) > self.now:
            return
        seen = self._ask(server, "OPTIONS", "/api/photo", headers={"Access-Control-Request-Method": "POST"})
        if not 200 <= seen.status < 300:
            raise UnreadableError
        self._preflights[server.port] = self.now + _PREFLIGHT_KEPT

    def _check(self, copy: Copy, server: Server) -> None:
        copy.checks += 1
        try:
            seen = self._ask(server, "GET", f"/check={quote(copy.name, safe=_UNESCAPED)}")
        except TooLateError:
            self.now += _CHECK_LIMIT
        except UnreadableError:
            pass
        else:
            if (seen.status, seen.body) == (200, b"false"):
                self._forget(copy)
                return
        if copy.checks < _MOST_CHECKS:
            self._later(_pause_after(copy.checks), lambda: self._check(copy, server))

    def _forget(self, copy: Copy) -> None:
        self.copies.remove(copy)
        self.transferred.append(copy.name)

    def _ask(
        self, server: Server, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Seen:
        try:
            return self._browser.ask(server.port, method, target, body, headers)
        finally:
            self.now += _ROUND_TRIP


_UNESCAPED = "!~*'()"
"""What `encodeURIComponent` leaves as it is, beside letters, digits and `-_.`."""


def _pause_after(checks: int) -> float:
    if checks == _QUICK_CHECKS:
        return _LONG_PAUSE
    return _CHECK_EVERY if checks < _QUICK_CHECKS else _SLOW_EVERY
