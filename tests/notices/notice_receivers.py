"""Receivers of notices on real sockets, and the notices that tests tell."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bridge.notices import Notice, NoticeKind, NoticeSettings, Notifier, PatientDetails
from bridge.notices.worker import Pace

EVERYTHING = frozenset(NoticeKind)
HASTY = Pace(pauses_seconds=(0.05, 0.05), gather_seconds=0.2)
PRIVATE = PatientDetails("#4711-wound.jpg", 4711, "There is no patient 4711 in the chart.")


@dataclass(frozen=True)
class Heard:
    """One request that a receiver got."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, read as JSON."""
        return dict(json.loads(self.body))


@dataclass
class Receiver:
    """A web server that keeps what it is told, and answers with the next status of `statuses`, else 204."""

    statuses: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    url: str = ""
    hangs_until: threading.Event | None = None

    def wait_for(self, count: int) -> list[Heard]:
        """What was heard, once there were so many requests."""
        wait_until(lambda: len(self.heard) >= count)
        return self.heard


@contextlib.contextmanager
def receiving(*statuses: int, hangs_until: threading.Event | None = None) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver(list(statuses), hangs_until=hangs_until)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.heard.append(Heard(self.command, self.path, headers, body))
            if receiver.hangs_until is not None:
                receiver.hangs_until.wait(20)
            with contextlib.suppress(OSError):
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/notices"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def telling(
    *settings: NoticeSettings, pace: Pace = HASTY, ongoing: tuple[tuple[str | None, str], ...] = ()
) -> Iterator[Notifier]:
    """A notifier that runs until the block ends."""
    notifier = Notifier(settings, ongoing, pace)
    notifier.start()
    try:
        yield notifier
    finally:
        notifier.stop()


def wait_until(is_so: Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait until something is so. Raises AssertionError when it does not become so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def stored(photo: int = 17, practice: str = "clinic-a") -> Notice:
    """A photo that was stored."""
    return Notice(NoticeKind.STORED, practice, (photo,), details=PRIVATE)


def held(photo: int = 17, practice: str = "clinic-a", reason: str = "unknown-patient") -> Notice:
    """A photo that is held."""
    return Notice(NoticeKind.HELD, practice, (photo,), reason=reason, details=PRIVATE)


def outage(kind: NoticeKind, practice: str | None = "clinic-a", reason: str = "chart-away") -> Notice:
    """The beginning or the end of an outage."""
    return Notice(kind, practice, reason=reason, cause="The chart server cannot be reached.")
