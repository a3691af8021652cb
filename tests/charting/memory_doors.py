"""What the charting doors remember, in this process: for doors without a store."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.charting import AuditEvent
from bridge.charting.repeats import REMEMBERED_SECONDS
from bridge.photos import KnownPost, PostState


class MemoryAudit:
    """An Audit of this process: the newest `most` events."""

    def __init__(self, most: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._events: deque[AuditEvent] = deque(maxlen=most)

    def note(self, event: AuditEvent) -> None:
        """See Audit."""
        with self._lock:
            self._events.append(event)

    def note_all(self, events: Sequence[AuditEvent]) -> None:
        """See Audit."""
        for event in events:
            self.note(event)

    def events(self) -> tuple[AuditEvent, ...]:
        """The events, the oldest first."""
        with self._lock:
            return tuple(self._events)


@dataclass(frozen=True)
class _Entry:
    state: PostState
    until: float
    image_id: int | None = None


class MemoryRepeats:
    """RepeatedPosts of this process, `most` at a time; the oldest that nobody has in hand goes first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def begin(self, digest: str) -> KnownPost:
        """See RepeatedPosts."""
        with self._lock:
            entry = self._entries.get(digest)
            if entry is not None and entry.state is not PostState.SENDING and self._clock() >= entry.until:
                entry = None
            if entry is not None and entry.state in (PostState.MADE, PostState.SENDING):
                return KnownPost(entry.state, entry.image_id)
            self._put(digest, PostState.SENDING)
            return KnownPost(PostState.OURS if entry is None else PostState.UNSETTLED)

    def is_in_hand(self, digest: str) -> bool:
        """See RepeatedPosts."""
        with self._lock:
            entry = self._entries.get(digest)
            return entry is not None and entry.state is PostState.SENDING

    def made(self, digest: str, image_id: int) -> None:
        """See RepeatedPosts."""
        with self._lock:
            self._put(digest, PostState.MADE, image_id)

    def not_made(self, digest: str) -> None:
        """See RepeatedPosts."""
        with self._lock:
            self._entries.pop(digest, None)

    def unsettled(self, digest: str) -> None:
        """See RepeatedPosts."""
        with self._lock:
            self._put(digest, PostState.UNSETTLED)

    def forget_image(self, image_id: int) -> None:
        """See RepeatedPosts."""
        with self._lock:
            for digest in [key for key, entry in self._entries.items() if entry.image_id == image_id]:
                del self._entries[digest]

    def _put(self, digest: str, state: PostState, image_id: int | None = None) -> None:
        self._entries[digest] = _Entry(state, self._clock() + REMEMBERED_SECONDS, image_id)
        self._entries.move_to_end(digest)
        idle = (key for key, entry in self._entries.items() if entry.state is not PostState.SENDING)
        while len(self._entries) > self._most and (oldest := next(idle, None)) is not None:
            del self._entries[oldest]
            idle = (key for key, entry in self._entries.items() if entry.state is not PostState.SENDING)
