"""Removes photos' bytes when nobody needs them any more: no image stays longer than its way to the chart takes.

It goes once the receipt is in, the practice's days are over, every copy is written and every MedImage server that was
to pull it has. What a person must look at stays until that person decides.

A practice that is not in the config any more has said no days, and nobody can pull its photos: what is delivered or
discarded goes after a week, so that a slip in the config, or another machine's, costs nothing that was to be kept.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bridge.photos import PhotoState, Store, StoreError
from bridge.settings import PracticeSettings

_log = logging.getLogger(__name__)
_AT_ONCE = 200
_PRACTICES_AT_ONCE = 20
"""So many are looked at in one run; of more, the others in the next ones, so that a thousand at rest cost no more."""

LEFT_BEHIND_DAYS = 7.0
"""How long delivered and discarded photos of a practice stay that is not in the config."""


@dataclass(frozen=True)
class Keeping:
    """Keeps the bytes of these practices' photos for as long as each says, and no longer; of all others, for a week."""

    store: Store
    practices: Iterable[PracticeSettings]
    _told: set[str] = field(default_factory=set)
    _in_turn: deque[PracticeSettings] = field(default_factory=deque)

    def work(self) -> None:
        """Remove what may go now; never raises. It is cheap when there is nothing, so that it may run often."""
        try:
            for practice in self._next_practices():
                self._forget(practice.name, PhotoState.DELIVERED, practice.keep_days)
                self._forget(practice.name, PhotoState.DISCARDED, practice.keep_discarded_days)
            for name in self._left_behind():
                self._tell(name)
                for state in (PhotoState.DELIVERED, PhotoState.DISCARDED):
                    self._forget(name, state, LEFT_BEHIND_DAYS, even_offered=True)
        except StoreError as error:
            _log.error("event=store-trouble reason=%r", str(error))

    def _next_practices(self) -> Iterator[PracticeSettings]:
        if not self._in_turn:
            self._in_turn.extend(self.practices)
        for _ in range(min(_PRACTICES_AT_ONCE, len(self._in_turn))):
            yield self._in_turn.popleft()

    def _left_behind(self) -> list[str]:
        """Practices that the store has photos of, and that are not in the config."""
        configured = {practice.name for practice in self.practices}
        return [name for name in self.store.practices() if name not in configured]

    def _tell(self, practice: str) -> None:
        """Log once how many photos of such a practice wait for a person; they are listed as held, too."""
        if practice in self._told:
            return
        self._told.add(practice)
        if held := self.store.counts(practice)[PhotoState.HELD]:
            _log.warning("event=practice-not-in-config practice=%s held=%d", practice, held)

    def _forget(self, practice: str, state: PhotoState, days: float, *, even_offered: bool = False) -> None:
        before = datetime.now(UTC) - timedelta(days=days)
        while photos := self.store.forgettable(practice, state, before, _AT_ONCE, even_offered=even_offered):
            self.store.forget_bytes(photos)
            _log.debug("event=bytes-removed practice=%s photos=%d", practice, len(photos))
            if len(photos) < _AT_ONCE:
                return
