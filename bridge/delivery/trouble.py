"""What a practice's people are told of trouble with its chart, once and not for every photo.

What keeps one bridge from the chart is no trouble of the practice as long as another bridge delivers: people would be
told of an outage that begins and ends with every photo. It stands in that bridge's log alone.
"""

import logging
import time
from collections.abc import Callable

from bridge.photos import Store
from bridge.tscharts import TimedCache

_log = logging.getLogger(__name__)
_WELL_SECONDS = 1.0
"""How long the store need not hear again that all is well: another bridge may have told of trouble meanwhile."""


class Trouble:
    """Tells the store of trouble, and that it is over. For any thread."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._well: TimedCache[str, bool] = TimedCache(clock)
        self._own: dict[str, str] = {}

    def tell(self, practice: str, sentence: str) -> bool:
        """There is trouble; whether this is news. It is not, where another bridge delivers."""
        self._well.clear()
        if self._store.stop_delivering(practice):
            self._log_own(practice, sentence)
            return False
        self._own.pop(practice, None)
        return self._store.set_trouble(practice, sentence)

    def is_over(self, practice: str) -> None:
        """The chart does its work."""
        self._own.pop(practice, None)
        if self._well.get(practice) is None:
            self._store.say_delivering(practice)
            self._store.set_trouble(practice, None)
            self._well.put(practice, True, _WELL_SECONDS)

    def _log_own(self, practice: str, sentence: str) -> None:
        if self._own.get(practice) != sentence:
            self._own[practice] = sentence
            _log.warning("event=chart-away-from-here practice=%s reason=%r", practice, sentence)
