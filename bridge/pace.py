"""How fast a connection moves: counted while a thread waits on it, and judged from outside.

Two judgements. Too slow: whoever brings less than `SLOWEST_BYTES_PER_SECOND` over half a minute, or no whole head in
it; a phone on the weakest Wi-Fi brings ten times that. Dawdling: as slow over a few seconds, or sending on after its
answer; that is let be while there are threads for all.
"""

import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any

SLOWEST_BYTES_PER_SECOND = 500
PATIENCE_SECONDS = 30.0
SHORT_PATIENCE_SECONDS = 5.0


class Phase(Enum):
    """Where a request is: its head is read, its body is read or its answer sent, or it is over but still coming in."""

    HEAD = "head"
    BODY = "body"
    OVER = "over"


class Pace:
    """The pace of one connection's present request. `clock` gives monotonic seconds.

    Counted by the thread that serves it, judged by another one. Time in which the bridge itself is at work does not
    count: each `look` that finds nobody waiting on the connection begins anew.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.phase = Phase.HEAD
        self.is_waiting = False
        self.is_sending = False
        self.is_cut = False
        self._clock = clock
        self._moved_bytes = 0
        self.begin()

    def begin(self) -> None:
        """A request begins."""
        self.phase = Phase.HEAD
        self._began = self._clock()
        self._marks = deque([(self._began, self._moved_bytes)])

    def moved(self, count: int) -> None:
        """So many bytes came in or went out."""
        self._moved_bytes += count

    def look(self) -> None:
        """Take note of how far it is; to be called more often than every `SHORT_PATIENCE_SECONDS`."""
        now, marks = self._clock(), self._marks
        if not self.is_waiting:
            marks.clear()
        marks.append((now, self._moved_bytes))
        while len(marks) > 1 and marks[1][0] <= now - PATIENCE_SECONDS:
            marks.popleft()

    def rate_over(self, seconds: float) -> float | None:
        """Bytes a second over at least the last so many seconds; None when it has not been waited for that long."""
        now = self._clock()
        for when, moved_bytes in reversed(self._marks):
            if when <= now - seconds:
                return (self._moved_bytes - moved_bytes) / (now - when)
        return None

    @property
    def is_too_slow(self) -> bool:
        """Whether nobody should wait for it any longer."""
        if self.phase is Phase.HEAD:
            return self.is_waiting and self._clock() - self._began > PATIENCE_SECONDS
        return self.is_waiting and _is_slow(self.rate_over(PATIENCE_SECONDS))

    @property
    def is_dawdling(self) -> bool:
        """Whether its thread may go to somebody who waits for one."""
        slow = self.phase is Phase.OVER or _is_slow(self.rate_over(SHORT_PATIENCE_SECONDS))
        return self.is_waiting and slow


class PacedSocket:
    """A socket as far as cheroot's files use one, which tells a pace of all that moves."""

    def __init__(self, sock: Any, pace: Pace) -> None:
        self._socket = sock
        self._pace = pace

    def recv_into(self, buffer: Any) -> int:
        """Receive. Raises TimeoutError when the connection was cut meanwhile, as when it had stalled."""
        count = self._wait(self._socket.recv_into, buffer)
        if self._pace.is_cut:
            raise TimeoutError("timed out")
        return count

    def send(self, data: Any) -> int:
        """Send what goes out at once."""
        self._pace.is_sending = True
        try:
            return self._wait(self._socket.send, data)
        finally:
            self._pace.is_sending = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def _wait(self, move: Callable[[Any], int], data: Any) -> int:
        self._pace.is_waiting = True
        try:
            count = move(data)
        finally:
            self._pace.is_waiting = False
        self._pace.moved(count)
        return count


def _is_slow(rate: float | None) -> bool:
    return rate is not None and rate < SLOWEST_BYTES_PER_SECOND
