"""A small memory of answers, each kept for its own time."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Found(Generic[Value]):
    """A remembered value, which may itself be None, and how old it is."""

    value: Value
    age_seconds: float


class TimedCache(Generic[Key, Value]):
    """Remembers at most `most` values; the one used longest ago goes first. For any thread.

    `clock` gives seconds that never go back, like `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float], most: int = 1024) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, tuple[Value, float, float]] = OrderedDict()

    def get(self, key: Key) -> Found[Value] | None:
        """What is remembered, None when nothing is or its time is over."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, since, until = entry
            now = self._clock()
            if now >= until:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return Found(value, now - since)

    def put(self, key: Key, value: Value, seconds: float) -> None:
        """Remember a value for so many seconds."""
        with self._lock:
            now = self._clock()
            self._entries[key] = (value, now, now + seconds)
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
