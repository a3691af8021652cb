"""How many requests about images a chart gets from this bridge at once."""

import threading
from collections import defaultdict


class ChartPlaces:
    """Places at charts, `at_once` at each, by the charts' addresses. For any thread.

    There are more workers than places, so that a chart gets the next picture while others are still made ready, and
    never more than it was said to take.
    """

    def __init__(self, at_once: int) -> None:
        self._lock = threading.Lock()
        self._places: defaultdict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(at_once)
        )

    def at(self, chart: str) -> threading.BoundedSemaphore:
        """A place at a chart, to be held as a context manager; one waits until there is one."""
        with self._lock:
            return self._places[chart]
