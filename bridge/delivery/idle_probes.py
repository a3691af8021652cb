"""Asks charts that were away whether they are back, when no photo waits any more whose delivery would show it."""

import threading
from collections.abc import Callable

from bridge.photos import PhotoState, Store

NO_PHOTO = 0
"""What a probe without a photo goes through a gate as: photos are numbered from 1."""

_LOOK_SECONDS = 1.0
_WAITING = (PhotoState.QUEUED, PhotoState.SENDING)


class IdleProbes:
    """Probes when `work` is called, from one thread at a time, so that charts that hang take one worker alone.

    `probe` asks a practice's chart, unless its gate says that it is too early; whether it asked.
    """

    def __init__(self, store: Store, probe: Callable[[str], bool], clock: Callable[[], float]) -> None:
        self._store = store
        self._probe = probe
        self._clock = clock
        self._turn = threading.Lock()
        self._looks_at: float | None = None

    def work(self) -> None:
        """Ask the chart of one practice that has trouble and of which nothing waits. Raises StoreError."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._looks_at is None or self._clock() >= self._looks_at:
                self._looks_at = self._clock() + _LOOK_SECONDS
                self._look()
        finally:
            self._turn.release()

    def _look(self) -> None:
        for practice in self._store.troubles():
            waits = self._store.photos(states=_WAITING, practice=practice, limit=1)
            if not waits and self._probe(practice):
                return
