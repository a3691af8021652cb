"""Keeps this bridge's claims alive while its workers carry photos, and takes over those of bridges that are gone."""

import logging
import threading
from collections.abc import Callable

from bridge.photos import Store, StoreError

_RENEW_SECONDS = 15.0
"""A lease is for 60 seconds, so three renewals may fail before another bridge takes a photo over."""
_log = logging.getLogger(__name__)


class ClaimKeeper:
    """Renews until stopped; `wake` is called when photos of another bridge have come back to the queue."""

    def __init__(self, store: Store, wake: Callable[[], object], every_seconds: float = _RENEW_SECONDS) -> None:
        self._store = store
        self._wake = wake
        self._every_seconds = every_seconds
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

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            try:
                taken_over = self._store.renew()
            except StoreError as error:
                _log.warning("event=claims-not-renewed reason=%r", str(error))
                continue
            if taken_over:
                _log.info("event=taken-over photos=%d", taken_over)
                self._wake()
