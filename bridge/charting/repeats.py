"""Remembers image POSTs for an hour, so that one sent again by a client that timed out makes no second image."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

REMEMBERED_SECONDS = 3600.0


class State(Enum):
    """What is known of a POST. OURS: nothing, and the caller of `begin` sends it now. UNSETTLED: it was sent and nobody
    knows whether it arrived, and the caller of `begin` looks, then sends it if need be. SENDING: another one has it in
    hand. MADE: it made an image.
    """

    OURS = "ours"
    UNSETTLED = "unsettled"
    SENDING = "sending"
    MADE = "made"


@dataclass(frozen=True)
class Known:
    """What `begin` found; `image_id` for MADE alone."""

    state: State
    image_id: int | None = None


class RepeatedPosts(Protocol):
    """Remembers POSTs by their digests (64 hex digits), for `REMEMBERED_SECONDS`. For any thread, and, kept in a
    database, for any process: `begin` is one transaction. Whoever gets OURS or UNSETTLED has the POST in hand until
    they end it; one whose process died in between counts as unsettled.
    """

    def begin(self, digest: str) -> Known:
        """What is known; OURS and UNSETTLED put it in the caller's hand."""

    def is_in_hand(self, digest: str) -> bool:
        """Whether another one has it in hand; changes nothing."""

    def made(self, digest: str, image_id: int) -> None:
        """It made this image: it is no longer in hand."""

    def not_made(self, digest: str) -> None:
        """It made none, for certain: as if it had never come."""

    def unsettled(self, digest: str) -> None:
        """Nobody knows whether it made one."""

    def forget_image(self, image_id: int) -> None:
        """The image is gone from the chart: the same POST makes a new one. Of another chart's image of this number,
        too, it may be forgotten.
        """


@dataclass(frozen=True)
class _Entry:
    state: State
    until: float
    image_id: int | None = None


class MemoryRepeats:
    """RepeatedPosts of this process, `most` at a time; the oldest that nobody has in hand goes first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def begin(self, digest: str) -> Known:
        """See RepeatedPosts."""
        with self._lock:
            entry = self._entries.get(digest)
            if entry is not None and entry.state is not State.SENDING and self._clock() >= entry.until:
                entry = None
            if entry is not None and entry.state in (State.MADE, State.SENDING):
                return Known(entry.state, entry.image_id)
            self._put(digest, State.SENDING)
            return Known(State.OURS if entry is None else State.UNSETTLED)

    def is_in_hand(self, digest: str) -> bool:
        """See RepeatedPosts."""
        with self._lock:
            entry = self._entries.get(digest)
            return entry is not None and entry.state is State.SENDING

    def made(self, digest: str, image_id: int) -> None:
        """See RepeatedPosts."""
        with self._lock:
            self._put(digest, State.MADE, image_id)

    def not_made(self, digest: str) -> None:
        """See RepeatedPosts."""
        with self._lock:
            self._entries.pop(digest, None)

    def unsettled(self, digest: str) -> None:
        """See RepeatedPosts."""
        with self._lock:
            self._put(digest, State.UNSETTLED)

    def forget_image(self, image_id: int) -> None:
        """See RepeatedPosts."""
        with self._lock:
            for digest in [key for key, entry in self._entries.items() if entry.image_id == image_id]:
                del self._entries[digest]

    def _put(self, digest: str, state: State, image_id: int | None = None) -> None:
        self._entries[digest] = _Entry(state, self._clock() + REMEMBERED_SECONDS, image_id)
        self._entries.move_to_end(digest)
        idle = (key for key, entry in self._entries.items() if entry.state is not State.SENDING)
        while len(self._entries) > self._most and (oldest := next(idle, None)) is not None:
            del self._entries[oldest]
            idle = (key for key, entry in self._entries.items() if entry.state is not State.SENDING)
