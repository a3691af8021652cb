"""What a test can make go wrong, for some requests or for all, a number of times or until cleared."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong. The fields of `Fault` that a kind looks at stand in brackets."""

    SLOW_READ = "slow-read"
    """Waits before it reads the body [delay_seconds]; a client that gives up meanwhile has stored its image still."""
    SLOW_ANSWER = "slow-answer"
    """Does the work at once and waits before it answers [delay_seconds]."""
    STATUS = "status"
    """Reads the request, does nothing, answers a status [status, retry_after_seconds]."""
    CUT_BEFORE_STORING = "cut-before-storing"
    """Reads the request and hangs up; nothing is stored."""
    CUT_AFTER_STORING = "cut-after-storing"
    """Does the work and hangs up without an answer."""
    CUT_ANSWER = "cut-answer"
    """Does the work, announces the whole answer and hangs up in the middle of its body."""
    LATE_AFTER_CUT = "late-after-cut"
    """Hangs up at once, and does the work later [delay_seconds]."""
    LATE_IN_SILENCE = "late-in-silence"
    """Says nothing, does the work later [delay_seconds], then hangs up."""
    BODY_LIMIT = "body-limit"
    """Another limit for the body [limit_bytes]: 413 behind nginx, 400 direct."""
    PORTAL_PAGE = "portal-page"
    """A captive portal answers in the chart's place: 200 and an HTML page."""
    PORTAL_REDIRECT = "portal-redirect"
    """A captive portal answers in the chart's place: 302 [location]."""
    CLOCK = "clock"
    """The server's clock is wrong [offset_seconds], for days, image times and the Date header."""
    ALTERED_DATA = "altered-data"
    """An image's `data` comes back with one letter changed."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and for which requests.

    `method` ("POST") and `resource` (the word after `/tscharts/v1/`: "image", "login") choose the requests; None
    means any, any path included. `times` is the number of requests it lasts; None means until cleared.
    """

    kind: FaultKind
    method: str | None = None
    resource: str | None = None
    times: int | None = None
    delay_seconds: float = 0.0
    offset_seconds: float = 0.0
    status: int = 500
    retry_after_seconds: int | None = None
    limit_bytes: int = 0
    location: str = "http://portal.invalid/login"

    def strikes(self, method: str, resource: str) -> bool:
        """Whether this fault is meant for such a request."""
        return self.method in (None, method) and self.resource in (None, resource)


Taken = Mapping[FaultKind, Fault]
"""The faults that strike one request, one of each kind."""


class Faults:
    """The faults now switched on. Safe to change from any thread while the server runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Switch a fault on. Of several of one kind, the first added that strikes a request counts."""
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Switch every fault off. Requests already struck go on as they began."""
        with self._lock:
            self._left.clear()

    def active(self) -> tuple[Fault, ...]:
        """The faults still switched on, in the order they were added."""
        with self._lock:
            return tuple(fault for fault, _ in self._left)

    def take(self, method: str, resource: str) -> Taken:
        """The faults that strike this request, each counted down by one."""
        taken: dict[FaultKind, Fault] = {}
        with self._lock:
            left: list[tuple[Fault, int | None]] = []
            for fault, times in self._left:
                strikes = fault.kind not in taken and fault.strikes(method, resource)
                if strikes:
                    taken[fault.kind] = fault
                    times = times - 1 if times is not None else None
                if times is None or times > 0:
                    left.append((fault, times))
            self._left = left
        return taken
