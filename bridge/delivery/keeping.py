"""Removes photos' bytes when nobody needs them any more: no image stays longer than its way to the chart takes.

It goes once the receipt is in, the practice's days are over, every copy is written and every MedImage server that was
to pull it has. What a person must look at stays until that person decides.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.photos import PhotoState, Store, StoreError
from bridge.settings import PracticeSettings

_log = logging.getLogger(__name__)
_AT_ONCE = 200


@dataclass(frozen=True)
class Keeping:
    """Keeps the bytes of these practices' photos for as long as each says, and no longer."""

    store: Store
    practices: Iterable[PracticeSettings]

    def work(self) -> None:
        """Remove what may go now; never raises. It is cheap when there is nothing, so that it may run each second."""
        try:
            for practice in self.practices:
                self._forget(practice.name, PhotoState.DELIVERED, practice.keep_days)
                self._forget(practice.name, PhotoState.DISCARDED, practice.keep_discarded_days)
        except StoreError as error:
            _log.error("event=store-trouble reason=%r", str(error))

    def _forget(self, practice: str, state: PhotoState, days: float) -> None:
        before = datetime.now(UTC) - timedelta(days=days)
        while photos := self.store.forgettable(practice, state, before, _AT_ONCE):
            self.store.forget_bytes(photos)
            _log.debug("event=bytes-removed practice=%s photos=%d", practice, len(photos))
            if len(photos) < _AT_ONCE:
                return
