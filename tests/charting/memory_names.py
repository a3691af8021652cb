"""Whose tokens are, remembered in memory."""

import threading


class MemoryNames:
    """TokenNames of one test."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}

    def name_of(self, digest: str) -> str | None:
        """See TokenNames."""
        with self._lock:
            return self._names.get(digest)

    def learned(self, digest: str, username: str) -> None:
        """See TokenNames."""
        with self._lock:
            self._names[digest] = username
