"""Waits for POSTs that another request has in hand: few for each, and without a write to the database."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.charting.refusals import RefusedError
from bridge.charting.repeats import RepeatedPosts
from bridge.photos import KnownPost, PostState

_MOST_OF_ONE = 2
_MOST = 16
_LOOK_SECONDS = 0.05
_WAIT_SECONDS = 60.0
_STILL_SENDING = "The same image is still on its way to the chart; send it again in a minute to hear what became of it."


class Waiting:
    """Those who wait hold a thread each, so of the same POST two wait, and 16 in all. For any thread."""

    def __init__(self, repeats: RepeatedPosts) -> None:
        self._repeats = repeats
        self._lock = threading.Lock()
        self._waiters: Counter[str] = Counter()

    def until_free(self, digest: str) -> KnownPost:
        """What is known of a POST, once nobody else has it in hand. Raises RefusedError (503) for whom there is no
        room, and after a minute; StoreError.
        """
        known = self._repeats.begin(digest)
        if known.state is not PostState.SENDING:
            return known
        ends = time.monotonic() + _WAIT_SECONDS
        with self._place(digest):
            while known.state is PostState.SENDING:
                self._wait(digest, ends)
                known = self._repeats.begin(digest)
        return known

    def _wait(self, digest: str, ends: float) -> None:
        while self._repeats.is_in_hand(digest):
            if time.monotonic() > ends:
                raise _still_sending()
            time.sleep(_LOOK_SECONDS)

    @contextmanager
    def _place(self, digest: str) -> Iterator[None]:
        with self._lock:
            if self._waiters[digest] >= _MOST_OF_ONE or self._waiters.total() >= _MOST:
                raise _still_sending()
            self._waiters[digest] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiters[digest] -= 1
                self._waiters += Counter()


def _still_sending() -> RefusedError:
    return RefusedError(503, _STILL_SENDING, ("Retry-After", "30"))
