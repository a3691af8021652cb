"""What the sandbox was asked, for tests to look at."""

import threading
from collections import deque
from typing import NamedTuple

_MOST_RECORDS = 10_000


class RequestRecord(NamedTuple):
    """One request the sandbox got: its method, path and query as sent, and the status; None when it was cut off."""

    method: str
    path: str
    status: int | None


class Records:
    """The newest 10 000 requests, in the order of their answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: deque[RequestRecord] = deque(maxlen=_MOST_RECORDS)

    def add(self, method: str, path: str, status: int | None) -> None:
        """Record a request."""
        with self._lock:
            self._newest.append(RequestRecord(method, path, status))

    def all(self) -> tuple[RequestRecord, ...]:
        """The requests so far."""
        with self._lock:
            return tuple(self._newest)
