"""Practices of the store that this bridge does not have: other bridges deliver for them, or nobody does any more."""

from collections.abc import Callable, Collection

from bridge.photos import Store

_LOOK_SECONDS = 60.0


class OtherPractices:
    """What is known of them; `own` are the practices that this bridge has, and `clock` gives
    monotonic seconds. For any thread."""

    def __init__(self, store: Store, own: Collection[str], clock: Callable[[], float]) -> None:
        self._store = store
        self._own = own
        self._clock = clock
        self._looks_at: float | None = None
        self._left_out: frozenset[str] = frozenset()

    def left_out(self) -> list[str]:
        """Those whose photos are to be left alone, looked up once a minute. Raises StoreError."""
        if self._looks_at is None or self._clock() >= self._looks_at:
            others = set(self._store.practices()).difference(self._own)
            self._left_out = frozenset(name for name in others if not self._store.is_nobodys(name))
            self._looks_at = self._clock() + _LOOK_SECONDS
        return list(self._left_out)

    def is_nobodys(self, practice: str) -> bool:
        """Whether nobody delivers for another practice. If not, its photos are left alone from now on."""
        if self._store.is_nobodys(practice):
            return True
        self._left_out |= {practice}
        return False
