"""What one target is still to be told: a bounded queue that gathers held photos."""

import threading
import time
from collections import deque

from bridge.notices.notice import Notice, NoticeKind, gathered

_MOST_GATHERED = 10_000


class Outbox:
    """A queue for one reader. Notices of held photos wait `gather_seconds` from the first one of their practice, and
    leave as one. All others leave in their order; at most `limit` of them wait.
    """

    def __init__(self, limit: int, gather_seconds: float) -> None:
        self._limit = limit
        self._gather_seconds = gather_seconds
        self._queue: deque[Notice] = deque()
        self._piles: dict[str | None, list[Notice]] = {}
        self._due: dict[str | None, float] = {}
        self._closed = False
        self._changed = threading.Condition()

    def put(self, notice: Notice) -> Notice | None:
        """Add a notice; never waits. Gives back the notice that had to go for it, the oldest, or None."""
        with self._changed:
            if self._closed:
                return notice
            if notice.kind is NoticeKind.HELD:
                dropped = self._pile(notice)
            else:
                dropped = self._queue.popleft() if len(self._queue) >= self._limit else None
                self._queue.append(notice)
            self._changed.notify()
            return dropped

    def take(self) -> Notice | None:
        """The next notice, when there is one; None when the outbox is closed and empty."""
        with self._changed:
            while (notice := self._next()) is None:
                if self._closed:
                    return None
                self._changed.wait(self._wait_seconds())
            return notice

    def close(self) -> None:
        """Take nothing more in; what is gathered leaves at once."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def clear(self) -> None:
        """Drop all that waits."""
        with self._changed:
            self._queue.clear()
            self._piles.clear()
            self._due.clear()

    def _pile(self, notice: Notice) -> Notice | None:
        pile = self._piles.setdefault(notice.practice, [])
        self._due.setdefault(notice.practice, time.monotonic() + self._gather_seconds)
        pile.append(notice)
        return pile.pop(0) if len(pile) > _MOST_GATHERED else None

    def _next(self) -> Notice | None:
        now = time.monotonic()
        for practice, due in self._due.items():
            if self._closed or due <= now:
                del self._due[practice]
                return gathered(self._piles.pop(practice))
        return self._queue.popleft() if self._queue else None

    def _wait_seconds(self) -> float | None:
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None
