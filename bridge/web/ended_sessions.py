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

    For any thread, and never raises: while the store is away, what is known here goes on, and what is ended meanwhile
    is noted when it is back.
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
        self._note = b""
        self._is_wanted = False
        self._looking = threading.Lock()
        self._lock = threading.Lock()
        self._read()

    def add(self, session: str, until: float) -> None:
        """A session has ended; it would have run out at `until`."""
        with self._lock:
            self._to_note[session] = until
        with self._looking:
            self._write()

    def knows(self, session: str) -> bool:
        """Whether it has ended, as far as this bridge knows. It asks nobody."""
        self._is_wanted = True
        with self._lock:
            return session in self._known or session in self._to_note

    def has(self, session: str) -> bool:
        """Whether it has ended, at whichever bridge. Of many who ask at once, one waits for the store's answer."""
        if self._clock() >= self._look_at and self._looking.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._looking.release()
        return self.knows(session)

    def refresh(self) -> None:
        """Note what could not be noted, and see what others ended, if anybody wants to know; every few seconds."""
        with self._looking:
            if self._to_note:
                self._write()
            elif self._is_wanted:
                self._read()
            self._is_wanted = False

    def _read(self) -> None:
        with contextlib.suppress(StoreError):
            self._take(self._notes.shared_note(_NOTE), {})
        self._look_at = self._clock() + _LOOK_SECONDS

    def _write(self) -> None:
        with self._lock:
            own = dict(self._to_note)
        with contextlib.suppress(StoreError):
            self._take(self._notes.change_shared(_NOTE, lambda note: self._changed(note, own)), own)

    def _take(self, note: bytes, noted: dict[str, float]) -> None:
        known = self._known if note == self._note else _ended(note)
        with self._lock:
            self._known, self._note = known, note
            self._to_note = {name: until for name, until in self._to_note.items() if name not in noted}

    def _changed(self, note: bytes, own: dict[str, float]) -> bytes:
        old = self._now() - _KEPT_SECONDS
        ended = {name: until for name, until in (_ended(note) | own).items() if until > old}
        return json.dumps(dict(list(ended.items())[-_MOST:])).encode()


def _ended(note: bytes) -> dict[str, float]:
    """What a note holds; nothing where it is damaged, so that the next one who signs out mends it."""
    try:
        ended: dict[str, float] = json.loads(note or b"{}")
    except ValueError:
        return {}
    return ended
