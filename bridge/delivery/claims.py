"""Keeps this bridge's claims alive while its workers carry photos, and takes over those that nobody has in hand."""

import logging
import threading
from collections.abc import Callable

from bridge.photos import Photo, Store, StoreError

_RENEW_SECONDS = 15.0
"""A lease is for 60 seconds, so three renewals may fail before another bridge takes a photo over."""
_log = logging.getLogger(__name__)


class ClaimKeeper:
    """Renews what is in workers' hands, until stopped; `wake` is called when photos have come back to the queue: those
    of a bridge that is gone, or claims of this one that no worker ever heard of.
    """

    def __init__(self, store: Store, wake: Callable[[], object], every_seconds: float = _RENEW_SECONDS) -> None:
        self._store = store
        self._wake = wake
        self._every_seconds = every_seconds
        self._lock = threading.Lock()
        self._in_hand: set[str | None] = set()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="delivery-claims")
        self._thread.start()

    def stop(self) -> None:
        """End; to be called when no worker has a photo in hand any more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def took(self, photo: Photo) -> None:
        """A worker has this photo in hand now."""
        with self._lock:
            self._in_hand.add(photo.claim)

    def left(self, photo: Photo) -> None:
        """The worker is done with it, or has given it up."""
        with self._lock:
            self._in_hand.discard(photo.claim)

    def _names(self) -> list[str]:
        with self._lock:
            return [name for name in self._in_hand if name is not None]

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            try:
                taken_over = self._store.renew(self._names())
            except StoreError as error:
                _log.warning("event=claims-not-renewed reason=%r", str(error))
                continue
            if taken_over:
                _log.info("event=taken-over photos=%d", taken_over)
                self._wake()
