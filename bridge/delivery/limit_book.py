"""What is known of charts' limits, asked of the store once a second and not for every photo."""

import time
from collections.abc import Callable

from bridge.photos import LearnedLimit, Store
from bridge.tscharts import TimedCache

_REMEMBERED_SECONDS = 1.0


class LimitBook:
    """The learned limits of charts, by their addresses. For any thread. What another bridge of the store learns is
    known here a second later; until then a photo may be sent once more than needed, and no harm is done.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._known: TimedCache[str, LearnedLimit] = TimedCache(clock)

    def known(self, chart: str) -> LearnedLimit:
        """What is known of a chart."""
        found = self._known.get(chart)
        if found is not None:
            return found.value
        known = self._store.learned_limit(chart)
        self._known.put(chart, known, _REMEMBERED_SECONDS)
        return known

    def learn(self, chart: str, change: Callable[[LearnedLimit], LearnedLimit]) -> bool:
        """Have the store learn what `change` makes of what is known; whether there was anything to learn."""
        known = self.known(chart)
        if change(known) == known:
            return False
        has_learned = self._store.learn_limit(chart, change)
        self._known.clear()
        return has_learned
