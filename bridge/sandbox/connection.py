"""One client's connection: its requests one after another, and the faults that strike them."""

import contextlib
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from bridge.sandbox import pages, wire
from bridge.sandbox.app import App, resource_word
from bridge.sandbox.faults import FaultKind, Faults, Taken
from bridge.sandbox.messages import Answer, detail
from bridge.sandbox.records import Records

_LATE = (FaultKind.LATE_AFTER_CUT, FaultKind.LATE_IN_SILENCE)


@dataclass(frozen=True)
class Front:
    """How the server stands on the network: bare, or behind nginx with a limit of its own."""

    behind_nginx: bool
    body_limit_bytes: int
    nginx_limit_bytes: int

    @property
    def limit_bytes(self) -> int:
        """The largest body that is read at all."""
        return self.nginx_limit_bytes if self.behind_nginx else self.body_limit_bytes

    def struck_by(self, taken: Taken) -> "Front":
        """The same front with the limit that a fault sets, if one does."""
        fault = taken.get(FaultKind.BODY_LIMIT)
        if fault is None:
            return self
        if self.behind_nginx:
            return replace(self, nginx_limit_bytes=fault.limit_bytes)
        return replace(self, body_limit_bytes=fault.limit_bytes)


@dataclass(frozen=True)
class Desk:
    """What all connections of a server share."""

    app: App
    front: Front
    faults: Faults
    clock: Callable[[], datetime]
    zone: ZoneInfo
    stopping: threading.Event = field(default_factory=threading.Event)
    records: Records = field(default_factory=Records)


class _CutError(Exception):
    """The connection ends here, by a fault or because the server stops."""


class Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, a thread for each, and can hang up on all of them."""

    request_queue_size = 128
    # On Windows the option would let two servers share one port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, address: tuple[str, int], desk: Desk) -> None:
        self.desk = desk
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, Connection)

    @contextlib.contextmanager
    def opened(self, connection: socket.socket) -> Iterator[None]:
        """Remember a connection while it is served."""
        with self._open_lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._open_lock:
                self._open.discard(connection)

    def hang_up(self) -> None:
        """End every open connection, in the middle of whatever it does."""
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Connection(socketserver.StreamRequestHandler):
    """Serves one client until it or the server ends the connection."""

    timeout = 60
    disable_nagle_algorithm = True
    server: Listener
    connection: socket.socket

    def handle(self) -> None:
        """Serve requests. A client that goes away or stops sending ends the connection without a word."""
        self._desk = self.server.desk
        with self.server.opened(self.connection), contextlib.suppress(OSError, _CutError):
            while not self._desk.stopping.is_set() and self._serve_one():
                pass

    def _serve_one(self) -> bool:
        try:
            head = wire.read_head(self.rfile)
            return head is not None and self._exchange(head)
        except wire.UnreadableRequestError as unreadable:
            self._write(unreadable.answer, self._desk.clock())
            wire.drain(self.connection)
            return False

    def _exchange(self, head: wire.Head) -> bool:
        """One request and its answer; whether the connection goes on."""
        taken = self._desk.faults.take(head.method, resource_word(head.path))
        self._wait(taken, FaultKind.SLOW_READ)
        front = self._desk.front.struck_by(taken)
        body = self._read_body(head, front)
        if FaultKind.CUT_BEFORE_STORING in taken:
            self._cut(head)
        answer = _instead(taken) or self._work(head, body, front, taken)
        if FaultKind.CUT_AFTER_STORING in taken:
            self._cut(head)
        self._wait(taken, FaultKind.SLOW_ANSWER)
        if FaultKind.CUT_ANSWER in taken:
            self._write(answer, self._moment(taken), half=True)
            self._cut(head)
        return self._finish(head, body, answer, self._moment(taken))

    def _read_body(self, head: wire.Head, front: Front) -> wire.Body:
        if head.headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return wire.read_body(head, self.rfile, front.limit_bytes, takes_chunks=front.behind_nginx)

    def _work(self, head: wire.Head, body: wire.Body, front: Front, taken: Taken) -> Answer:
        """What the chart answers, its work done; for the late faults that is after a while, and nobody hears it."""
        late = next((taken[kind] for kind in _LATE if kind in taken), None)
        if late is not None:
            self._pause(late.delay_seconds, first_hang_up=late.kind is FaultKind.LATE_AFTER_CUT)
        answer = self._ask(head, body, front, self._moment(taken))
        if late is not None:
            self._cut(head)
        return _altered(answer) if FaultKind.ALTERED_DATA in taken else answer

    def _ask(self, head: wire.Head, body: wire.Body, front: Front, moment: datetime) -> Answer:
        if front.behind_nginx and body.over_limit:
            return pages.gateway_page(413)
        too_large = body.over_limit or len(body.data) > front.body_limit_bytes
        local = moment.astimezone(self._desk.zone).replace(tzinfo=None)
        return self._desk.app.answer(head.request(b"" if too_large else body.data, too_large), local)

    def _finish(self, head: wire.Head, body: wire.Body, answer: Answer, moment: datetime) -> bool:
        keep_alive = self._desk.front.behind_nginx and not head.wants_close and not body.unread
        self._desk.records.add(head.method, head.target, answer.status)
        self._write(answer, moment, keep_alive=keep_alive, head_only=head.method == "HEAD")
        if body.unread:
            wire.drain(self.connection)
        return keep_alive

    def _write(
        self, answer: Answer, moment: datetime, *, keep_alive: bool = False, head_only: bool = False, half: bool = False
    ) -> None:
        head, body = wire.encoded(answer, moment=moment, keep_alive=keep_alive, head_only=head_only)
        self.wfile.write(head + (body[: len(body) // 2] if half else body))

    def _moment(self, taken: Taken) -> datetime:
        """Now by the server's clock, which may be wrong."""
        wrong = taken.get(FaultKind.CLOCK)
        offset = timedelta(seconds=wrong.offset_seconds if wrong else 0)
        return self._desk.clock().astimezone(UTC) + offset

    def _wait(self, taken: Taken, kind: FaultKind) -> None:
        if kind in taken:
            self._pause(taken[kind].delay_seconds)

    def _pause(self, seconds: float, *, first_hang_up: bool = False) -> None:
        """Wait; when the server stops meanwhile, end the connection with nothing done."""
        if first_hang_up:
            self.connection.shutdown(socket.SHUT_RDWR)
        if self._desk.stopping.wait(seconds):
            raise _CutError

    def _cut(self, head: wire.Head) -> NoReturn:
        self._desk.records.add(head.method, head.target, None)
        raise _CutError


def _instead(taken: Taken) -> Answer | None:
    """The answer that a fault gives in the chart's place, if any."""
    if FaultKind.PORTAL_PAGE in taken:
        return pages.portal()
    if FaultKind.PORTAL_REDIRECT in taken:
        return pages.portal_redirect(taken[FaultKind.PORTAL_REDIRECT].location)
    fault = taken.get(FaultKind.STATUS)
    if fault is None:
        return None
    if fault.status == 401:
        return detail(401, "Invalid token.").with_headers(("WWW-Authenticate", "Token"))
    answer = pages.gateway_page(fault.status)
    if fault.retry_after_seconds is None:
        return answer
    return answer.with_headers(("Retry-After", str(fault.retry_after_seconds)))


def _altered(answer: Answer) -> Answer:
    """The answer with one letter in the middle of its `data` changed."""
    data = answer.payload.get("data") if isinstance(answer.payload, dict) else None
    if not isinstance(answer.payload, dict) or not data:
        return answer
    middle = len(data) // 2
    letter = "A" if data[middle] != "A" else "B"
    return replace(answer, payload={**answer.payload, "data": data[:middle] + letter + data[middle + 1 :]})
