"""Sessions that were ended before they ran out, remembered by all bridges of a store and over restarts.

A session is a signed cookie (`bridge.web.visitors`), so whoever kept a copy of it would be let in until it runs out.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from typing import Protocol

from bridge.photos import StoreError

_NOTE = "ended-sessions"
_LOOK_SECONDS = 2.0
"""What another bridge ended, this one knows so much later."""

_MOST = 10_000


class SharedNotes(Protocol):
    """What a store gives its bridges in common (`bridge.photos.Store`)."""

    def shared_note(self, name: str) -> bytes:
        """What stands in a note. Raises StoreError."""

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """Change a note, and tell what it is then. Raises StoreError."""


class EndedSessions:
    """The names of sessions that were ended, each until it would have run out; times are seconds since 1970.

    For any thread, and never raises: while the store is away, what is known here goes on, and what is ended meanwhile
    is noted as soon as the store is back.
    """

    def __init__(
        self,
        notes: SharedNotes,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notes = notes
        self._now = now
        self._clock = clock
        self._known: dict[str, float] = {}
        self._to_note: dict[str, float] = {}
        self._note: bytes | None = None
        self._look_at = float("-inf")
        self._looking = threading.Lock()
        self._lock = threading.Lock()

    def add(self, session: str, until: float) -> None:
        """A session has ended; it would have run out at `until`."""
        with self._lock:
            self._to_note[session] = until
        with self._looking:
            self._look()

    def __contains__(self, session: str) -> bool:
        if self._clock() >= self._look_at and self._looking.acquire(blocking=self._note is None):
            try:
                self._look()
            finally:
                self._looking.release()
        with self._lock:
            return session in self._known or session in self._to_note

    def _look(self) -> None:
        with self._lock:
            own = dict(self._to_note)
        with contextlib.suppress(StoreError):
            note = self._notes.change_shared(_NOTE, self._with(own)) if own else self._notes.shared_note(_NOTE)
            self._take(note, own)
        self._look_at = self._clock() + _LOOK_SECONDS

    def _take(self, note: bytes, noted: dict[str, float]) -> None:
        known = self._known if note == self._note else _read(note)
        with self._lock:
            self._known, self._note = known, note
            self._to_note = {name: until for name, until in self._to_note.items() if name not in noted}

    def _with(self, own: dict[str, float]) -> Callable[[bytes], bytes]:
        def changed(note: bytes) -> bytes:
            now = self._now()
            ended = {name: until for name, until in (_read(note) | own).items() if now < until}
            return json.dumps(dict(list(ended.items())[-_MOST:])).encode()

        return changed


def _read(note: bytes) -> dict[str, float]:
    ended: dict[str, float] = json.loads(note or b"{}")
    return ended
