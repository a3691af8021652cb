"""How many requests of callers may be at one chart server at the same time, so that one that hangs holds few threads.

People whom the chart knows have more places than those whom it does not know yet, or does not let in.
"""

import hashlib
import threading
import time
from collections.abc import Callable

from bridge.tscharts.cache import TimedCache
from bridge.tscharts.errors import ChartBusyError

_KNOWN_SECONDS = 60.0
_MOST_KNOWN = 10_000
_FULL = "Too many requests wait for the chart server, so nothing was sent; try again in a few seconds."


class Places:
    """So many places in all, of which `of_strangers` are for anybody. For any thread. `clock` gives seconds."""

    def __init__(self, most: int, of_strangers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._of_strangers = of_strangers
        self._lock = threading.Lock()
        self._taken = 0
        self._by_strangers = 0
        self._known: TimedCache[bytes, bool] = TimedCache(clock, _MOST_KNOWN)

    def take(self, authorization: str) -> Callable[[], None]:
        """Take a place for who brings this header, and give what gives it back. Raises ChartBusyError, at once."""
        is_stranger = self._known.get(_key(authorization)) is None
        with self._lock:
            if self._taken >= self._most or (is_stranger and self._by_strangers >= self._of_strangers):
                raise ChartBusyError(_FULL)
            self._taken += 1
            self._by_strangers += is_stranger

        def give_back() -> None:
            with self._lock:
                self._taken -= 1
                self._by_strangers -= is_stranger

        return give_back

    def let_in(self, authorization: str) -> None:
        """The chart has let in who brings this header: no stranger for a minute."""
        self._known.put(_key(authorization), True, _KNOWN_SECONDS)


def _key(authorization: str) -> bytes:
    """What stands for a header, from which nobody can get the token."""
    return hashlib.sha256(authorization.encode("utf-8", "surrogateescape")).digest()
