"""What a practice's people are told of trouble with its chart, once and not for every photo."""

import time
from collections.abc import Callable

from bridge.photos import Store
from bridge.tscharts import TimedCache

_WELL_SECONDS = 1.0
"""How long the store need not hear again that all is well: another bridge may have told of trouble meanwhile."""


class Trouble:
    """Tells the store of trouble, and that it is over. For any thread."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._well: TimedCache[str, bool] = TimedCache(clock)

    def tell(self, practice: str, sentence: str) -> bool:
        """There is trouble; whether this is news."""
        is_news = self._store.set_trouble(practice, sentence)
        self._well.clear()
        return is_news

    def is_over(self, practice: str) -> None:
        """The chart does its work."""
        if self._well.get(practice) is None:
            self._store.set_trouble(practice, None)
            self._well.put(practice, True, _WELL_SECONDS)
