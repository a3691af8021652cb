"""Who is served next when there are more requests than threads, and who loses a thread to them.

No address takes the last eighth of the threads, so that one address cannot keep out all others, and the address that
holds the fewest is served first. While requests wait, the slowest connections are cut, first those of the address that
holds the most: many clinics may stand behind one address, so no address is refused for its number alone.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from bridge.pace import SHORT_PATIENCE_SECONDS, Pace, Phase

_log = logging.getLogger(__name__)
_MOST_WAITING = 256
_LOOK_SECONDS = 0.5
_TELL_SECONDS = 60.0


class Guest(Hashable, Protocol):
    """A connection that wants to be served."""

    remote_addr: str
    pace: Pace

    def cut(self) -> None:
        """End what its thread waits for."""

    def close(self) -> None:
        """Close it."""


G = TypeVar("G", bound=Guest)


class Turns(Generic[G]):
    """Gives at most `threads` guests at a time to `serve`, which must not wait. For any thread."""

    def __init__(self, threads: int, serve: Callable[[G], None]) -> None:
        self._threads = threads
        self._most_of_one_address = threads - max(1, threads // 8)
        self._serve = serve
        self._lock = threading.Lock()
        self._serving: set[G] = set()
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, deque[G]] = {}
        self._is_closed = False

    def ask(self, guest: G) -> None:
        """Serve a guest as soon as it is its turn. Closes one of the address that asks most when too many wait."""
        with self._lock:
            self._waiting.setdefault(guest.remote_addr, deque()).append(guest)
            self._serve_next()
            refused = self._too_many()
        for each in refused:
            each.close()

    def done(self, guest: G) -> None:
        """A guest was served, or is gone. Nothing happens for one that was not being served."""
        with self._lock:
            if guest in self._serving:
                self._serving.remove(guest)
                self._held[guest.remote_addr] -= 1
                self._held += Counter()
                self._serve_next()

    def close(self) -> None:
        """Close those who wait, and all who ask later. Those being served are left to end."""
        with self._lock:
            self._is_closed = True
            refused = self._too_many()
        for each in refused:
            each.close()

    def state(self) -> tuple[list[G], int]:
        """Those being served, and how many wait."""
        with self._lock:
            return list(self._serving), self._number_waiting()

    def _serve_next(self) -> None:
        while not self._is_closed and (address := self._next_address()) is not None:
            guest = self._waiting[address].popleft()
            if not self._waiting[address]:
                del self._waiting[address]
            self._serving.add(guest)
            self._held[address] += 1
            self._serve(guest)

    def _next_address(self) -> str | None:
        if len(self._serving) >= self._threads:
            return None
        address = min(self._waiting, key=lambda each: self._held[each], default=None)
        return None if address is None or self._held[address] >= self._most_of_one_address else address

    def _too_many(self) -> list[G]:
        refused = []
        most = 0 if self._is_closed else _MOST_WAITING
        while self._number_waiting() > most:
            address = max(self._waiting, key=lambda each: len(self._waiting[each]))
            refused.append(self._waiting[address].pop())
            if not self._waiting[address]:
                del self._waiting[address]
        return refused

    def _number_waiting(self) -> int:
        return sum(map(len, self._waiting.values()))


class Patience(Generic[G]):
    """Looks at all who are served, twice a second, and cuts those that nobody should wait for."""

    def __init__(self, turns: Turns[G]) -> None:
        self._turns = turns
        self._ends: float | None = None
        self._cut = 0
        self._tell_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="patience", daemon=True)

    def start(self) -> None:
        """Look, in a thread of its own, until stopped."""
        self._thread.start()

    def end_in(self, seconds: float) -> None:
        """From so many seconds on, cut all who are waited for: the server stops."""
        self._ends = time.monotonic() + seconds

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Look once."""
        served, waiting = self._turns.state()
        for each in served:
            each.pace.look()
        is_over = self._ends is not None and time.monotonic() >= self._ends
        leaving = [each for each in served if each.pace.is_waiting and (is_over or each.pace.is_cut)]
        leaving += [each for each in served if each.pace.is_too_slow]
        for each in {*leaving, *whom_to_cut(served, waiting)}:
            self._cut += not each.pace.is_cut
            each.cut()
        self._tell()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            self.look()

    def _tell(self) -> None:
        """One line a minute, however many there are."""
        if self._cut and time.monotonic() >= self._tell_at:
            _log.warning("event=slow-connections-cut connections=%d", self._cut)
            self._cut, self._tell_at = 0, time.monotonic() + _TELL_SECONDS


def whom_to_cut(served: list[G], waiting: int) -> list[G]:
    """Of those being served, the ones to lose their thread to so many who wait for one: those that dawdle, first any
    that have their answer already, then of the address that holds the most the slowest.
    """
    if not waiting:
        return []
    held = Counter(each.remote_addr for each in served)

    def order(guest: G) -> tuple[bool, int, float]:
        return (
            guest.pace.phase is not Phase.OVER,
            -held[guest.remote_addr],
            guest.pace.rate_over(SHORT_PATIENCE_SECONDS) or 0.0,
        )

    return sorted((each for each in served if each.pace.is_dawdling and not each.pace.is_cut), key=order)[:waiting]
