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
_MOST = 10_000
_KEPT_SECONDS = 86_400.0
"""Beyond the time when a session would have run out: clocks of other bridges may be behind."""


class SharedNotes(Protocol):
    """What a store gives its bridges in common (`bridge.photos.Store`)."""

    def shared_note(self, name: str) -> bytes:
        """What stands in a note. Raises StoreError."""

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """Change a note, and tell what it is then. Raises StoreError."""


class EndedSessions:
    """The names of sessions that were ended, each until it would have run out; times are seconds since 1970.

    For any thread, and never raises. Looking one up asks nobody: what another bridge ended is known here after the next
    `refresh`. While the store is away, what is known goes on, and what is ended meanwhile is noted when it is back.
    """

    def __init__(self, notes: SharedNotes, now: Callable[[], float] = time.time) -> None:
        self._notes = notes
        self._now = now
        self._known: dict[str, float] = {}
        self._to_note: dict[str, float] = {}
        self._note = b""
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self.refresh()

    def __contains__(self, session: str) -> bool:
        with self._lock:
            return session in self._known or session in self._to_note

    def add(self, session: str, until: float) -> None:
        """A session has ended; it would have run out at `until`."""
        with self._lock:
            self._to_note[session] = until
        self.refresh()

    def refresh(self) -> None:
        """Note what was ended here, and see what was ended elsewhere; to be called every few seconds. Who finds another
        one at it leaves it to that one, or to the next.
        """
        if self._asking.acquire(blocking=False):
            try:
                self._exchange()
            finally:
                self._asking.release()

    def _exchange(self) -> None:
        with self._lock:
            own = dict(self._to_note)
        with contextlib.suppress(StoreError):
            if own:
                self._notes.change_shared(_NOTE, lambda note: self._changed(note, own))
                with self._lock:
                    self._known |= own
                    self._to_note = {name: until for name, until in self._to_note.items() if name not in own}
        with contextlib.suppress(StoreError):
            note = self._notes.shared_note(_NOTE)
            known = self._read(note) if note != self._note else self._known
            with self._lock:
                self._known, self._note = known, note

    def _changed(self, note: bytes, own: dict[str, float]) -> bytes:
        old = self._now() - _KEPT_SECONDS
        ended = {name: until for name, until in (self._read(note) | own).items() if until > old}
        return json.dumps(dict(list(ended.items())[-_MOST:])).encode()

    def _read(self, note: bytes) -> dict[str, float]:
        """What a note holds; what is known here where it is damaged, so that the next one who signs out mends it."""
        try:
            return {str(name): float(until) for name, until in json.loads(note or b"{}").items()}
        except (ValueError, TypeError, AttributeError):
            return self._known
