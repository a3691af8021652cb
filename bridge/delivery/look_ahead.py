"""Looks at pictures that wait while the chart is away: a damaged one is told of while it can be taken again.

What is found whole need not be decoded when the chart is back, so what has waited flows faster.
"""

import logging
from datetime import UTC, datetime, timedelta
from threading import Event

from bridge.delivery.pictures import Pictures
from bridge.imaging import WorkshopError
from bridge.photos import Photo, Store, StoreError

_log = logging.getLogger(__name__)
_WAITS = timedelta(seconds=3)
"""What waits for less may be on its way in a moment."""

_AT_ONCE = 20


class LookAhead:
    """Looks when `work` is called, at each photo once in an outage, by the order of arrival. It leaves out those that
    may be in the chart already: what is there is not held.
    """

    def __init__(self, store: Store, pictures: Pictures) -> None:
        self._store = store
        self.pictures = pictures
        self._stopping = Event()
        self._seen_id = 0

    def work(self) -> None:
        """Look at all that wait for a chart that is away; never raises. Ends early when the chart is back."""
        try:
            looked = 0
            while photos := self._next():
                for photo in photos:
                    self._look(photo)
                looked += len(photos)
            if looked:
                _log.info("event=looked-ahead photos=%d", looked)
        except (StoreError, WorkshopError) as error:
            _log.warning("event=not-looked-ahead reason=%r", str(error))

    def stop(self) -> None:
        """End after the picture in hand."""
        self._stopping.set()

    def _next(self) -> list[Photo]:
        """The next photos, of all practices; none while all charts do their work."""
        if self._stopping.is_set():
            return []
        if not self._store.troubles():
            self._seen_id = 0
            self.pictures.forget_done()
            return []
        return self._store.waiting_after(self._seen_id, datetime.now(UTC) - _WAITS, _AT_ONCE)

    def _look(self, photo: Photo) -> None:
        self._seen_id = photo.id
        hold = None if self._stopping.is_set() else self.pictures.look_at(photo)
        if hold is not None and self._store.hold_waiting(photo, hold):
            _log.warning("event=held photo=%d practice=%s reason=%s", photo.id, photo.practice, hold.reason)
