"""A store's shared notes in memory, which can be away, or full."""

from collections.abc import Callable

from bridge.photos import StoreError


class MemoryNotes:
    """See `bridge.photos.Store`."""

    def __init__(self) -> None:
        self.is_away = False
        self.is_full = False
        self.asked = 0
        self._notes: dict[str, bytes] = {}

    def shared_note(self, name: str) -> bytes:
        """What stands in a note."""
        self.asked += 1
        if self.is_away:
            raise StoreError("The store is away.")
        return self._notes.get(name, b"")

    def change_shared(self, name: str, change: Callable[[bytes], bytes]) -> bytes:
        """Change a note."""
        if self.is_full:
            raise StoreError("The disk is full.")
        self._notes[name] = change(self.shared_note(name))
        return self._notes[name]
